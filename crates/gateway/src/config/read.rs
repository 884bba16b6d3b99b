//! From the text of a file to a configuration: parse, bring older names up to date, check, resolve references
//! to the environment. Nothing is written here.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use gatehouse_policy::rules::{Json5Fault, nesting};

use super::sections::ROOT;
use super::{Config, ConfigError, Mistake, check, migrate, rules, twice};

/// Variables of the environment, passed in.
pub type Env = BTreeMap<String, String>;

/// A configuration that was read, and what was found on the way.
#[derive(Clone)]
pub struct Reading {
    pub config: Config,
    /// What belongs into the file now: as it was read, in today's names, without secrets in the clear.
    pub source: Value,
    /// What was brought up to date, one sentence each. Empty when the file may stay as it is.
    pub changes: Vec<String>,
}

/// The largest file that is read, in bytes.
pub(crate) const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// Reads a configuration from a text. `path` is only for messages.
pub fn read(text: &str, path: &Path, env: &Env) -> Result<Reading, ConfigError> {
    read_value(parse(text, path)?, env)
}

/// JSON5, of a depth that the parser survives.
pub(super) fn parse(text: &str, path: &Path) -> Result<Value, ConfigError> {
    let syntax = |message: String| ConfigError::Syntax {
        path: path.to_owned(),
        message,
    };
    let text = if text.trim().is_empty() { "{}" } else { text };
    if nesting(text) > MAX_NESTING {
        return Err(syntax("nested too deep".to_owned()));
    }
    let value = json5::from_str(text).map_err(|error| {
        let Json5Fault { line, column, what } = Json5Fault::of(&error, text);
        syntax(format!("{what} at line {line} column {column}"))
    })?;
    match twice::mistakes(text) {
        twice if twice.is_empty() => Ok(value),
        twice => Err(ConfigError::Mistakes(twice)),
    }
}

/// Brings up to date, checks and resolves a parsed configuration.
pub(crate) fn read_value(mut source: Value, env: &Env) -> Result<Reading, ConfigError> {
    let changes = migrate::bring_up_to_date(&mut source);
    let mut raw = source.clone();
    let mut unset = Vec::new();
    resolve(&mut raw, env, &mut Vec::new(), &mut unset);
    // What stands behind a reference has to fit as well.
    let mut mistakes = check::mistakes(&ROOT, &raw);
    mistakes.extend(rules::mistakes(&raw));
    mistakes.extend(unset);
    if !mistakes.is_empty() {
        return Err(ConfigError::Mistakes(mistakes));
    }
    let mut config: Config = serde_json::from_value(raw.clone()).map_err(|error| {
        // The check above knows every shape that the types know; what it missed is still only a mistake.
        ConfigError::Mistakes(vec![Mistake {
            path: "the configuration".to_owned(),
            problem: error.to_string(),
            suggestion: None,
        }])
    })?;
    config.raw = raw;
    Ok(Reading {
        config,
        source,
        changes,
    })
}

/// Deeper than any configuration; the parser is recursive.
const MAX_NESTING: usize = 64;

/// Replaces `${NAME}` in texts by what the environment says. A name that is not set is a mistake.
fn resolve(value: &mut Value, env: &Env, path: &mut Vec<String>, mistakes: &mut Vec<Mistake>) {
    match value {
        Value::String(text) if text.contains("${") => match substituted(text, env) {
            Ok(resolved) => *text = resolved,
            Err(name) => mistakes.push(Mistake {
                path: path.join("."),
                problem: format!("refers to ${{{name}}}, which the environment does not set"),
                suggestion: None,
            }),
        },
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                path.push(index.to_string());
                resolve(item, env, path, mistakes);
                path.pop();
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields.iter_mut() {
                path.push(name.clone());
                resolve(field, env, path, mistakes);
                path.pop();
            }
        }
        _ => {}
    }
}

/// `$${` stands for itself. Only upper-case names are variables, as in the published gateway.
fn substituted(text: &str, env: &Env) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, after) = rest.split_at(at);
        let Some(end) = after.find('}') else { break };
        let name = &after[2..end];
        let is_name = !name.is_empty()
            && name
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        if let Some(kept) = before.strip_suffix('$') {
            out.push_str(kept);
            out.push_str(&after[..=end]);
        } else if is_name {
            out.push_str(before);
            out.push_str(env.get(name).ok_or_else(|| name.to_owned())?);
        } else {
            out.push_str(before);
            out.push_str(&after[..=end]);
        }
        rest = &after[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env() -> Env {
        Env::from([("KEY".to_owned(), "k-1".to_owned())])
    }

    fn reading(text: &str) -> Result<Reading, ConfigError> {
        read(text, Path::new("gatehouse.json"), &env())
    }

    #[test]
    fn json5_with_comments_and_a_reference_to_the_environment_is_read() {
        let text = "{ // mine\n gateway: {port: 1234, bind: 'lan',}, models: {providers: {p: {apiKey: '${KEY}'}}} }";
        let read = reading(text).unwrap();
        assert_eq!(read.config.gateway.port, 1234);
        assert_eq!(read.config.at("models.providers.p.apiKey").unwrap(), "k-1");
        assert_eq!(read.source["models"]["providers"]["p"]["apiKey"], "${KEY}");
        assert!(read.changes.is_empty());
    }

    #[test]
    fn a_section_that_is_there_twice_is_a_mistake_and_not_half_read() {
        let text = "{gateway: {auth: {mode: 'password'}}, gateway: {port: 1}}";
        let Err(ConfigError::Mistakes(mistakes)) = reading(text) else {
            panic!("a mistake");
        };
        assert_eq!(mistakes[0].path, "gateway");
    }

    #[test]
    fn a_variable_that_is_not_set_is_a_mistake_with_its_path() {
        let Err(ConfigError::Mistakes(mistakes)) =
            reading("{models: {providers: {p: {apiKey: '${NOT_SET}'}}}}")
        else {
            panic!("a mistake");
        };
        assert_eq!(mistakes[0].path, "models.providers.p.apiKey");
    }

    #[test]
    fn an_escaped_reference_and_lower_case_stay_as_they_are() {
        assert_eq!(
            substituted("a $${KEY} ${key} ${KEY}", &env()).unwrap(),
            "a ${KEY} ${key} k-1"
        );
    }

    #[test]
    fn a_file_that_ends_too_soon_is_wrong_at_its_end() {
        let told = reading("{\n  gateway: {\n    port: 1,\n").err().unwrap();
        assert!(told.to_string().contains("line 3 column 13"), "{told}");
    }

    #[test]
    fn an_empty_file_is_the_default_and_nonsense_is_told() {
        assert_eq!(reading(" \n").unwrap().config.gateway.port, 18789);
        assert!(matches!(reading("{oops"), Err(ConfigError::Syntax { .. })));
        assert!(matches!(reading("[1]"), Err(ConfigError::Mistakes(_))));
        let deep = "[".repeat(100_000);
        assert!(matches!(reading(&deep), Err(ConfigError::Syntax { .. })));
    }
}
