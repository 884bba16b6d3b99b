//! What a skill says of itself for programs: the `metadata` of its front matter, as published, and whether this machine
//! has what it needs.

use std::path::Path;

use serde_json::Value;

/// The `metadata`, read under the names that publishers use for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SkillAbout {
    pub emoji: Option<String>,
    pub homepage: Option<String>,
    /// Offered whatever it needs.
    pub always: bool,
    pub primary_env: Option<String>,
    pub needs: Needs,
}

/// What a skill needs, or what of it is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Programs, all of them.
    pub bins: Vec<String>,
    /// Programs, one of them.
    pub any_bins: Vec<String>,
    /// Variables of the environment.
    pub env: Vec<String>,
    /// Systems, one of them, as `linux`, `darwin`, `win32`.
    pub os: Vec<String>,
}

/// What there is.
pub struct Host<'a> {
    /// The value of `PATH`.
    pub path: Option<&'a std::ffi::OsStr>,
    pub has_variable: &'a dyn Fn(&str) -> bool,
    pub os: &'a str,
}

const NAMES: &[&str] = &["openclaw", "clawdbot", "gatehouse"];

impl SkillAbout {
    pub(super) fn read(metadata: Option<&str>, homepage: Option<String>) -> Self {
        let parsed: Value = metadata
            .and_then(|text| serde_json::from_str(text).ok())
            .unwrap_or_default();
        let own = NAMES.iter().find_map(|name| parsed.get(name));
        let own = own.unwrap_or(&Value::Null);
        let text = |name: &str| own[name].as_str().map(str::to_owned);
        Self {
            emoji: text("emoji"),
            homepage: homepage.or_else(|| text("homepage")),
            always: own["always"] == true,
            primary_env: text("primaryEnv"),
            needs: Needs {
                bins: names(&own["requires"]["bins"]),
                any_bins: names(&own["requires"]["anyBins"]),
                env: names(&own["requires"]["env"]),
                os: names(&own["os"]),
            },
        }
    }

    /// What of its needs is not there. Looks at files; not for an async thread.
    pub fn missing(&self, host: &Host<'_>) -> Needs {
        if self.always {
            return Needs::default();
        }
        let has = |program: &String| is_program(host.path, program);
        let without = |list: &[String], has: &dyn Fn(&String) -> bool| {
            list.iter().filter(|name| !has(name)).cloned().collect()
        };
        let needs = &self.needs;
        let one_of = |list: &[String], any: bool| if any { Vec::new() } else { list.to_vec() };
        Needs {
            bins: without(&needs.bins, &has),
            any_bins: one_of(&needs.any_bins, needs.any_bins.iter().any(has)),
            env: without(&needs.env, &|name| (host.has_variable)(name)),
            os: one_of(&needs.os, needs.os.iter().any(|os| os == host.os)),
        }
    }
}

impl Needs {
    pub fn is_empty(&self) -> bool {
        let all = [&self.bins, &self.any_bins, &self.env, &self.os];
        all.into_iter().all(Vec::is_empty)
    }
}

impl<'a> Host<'a> {
    /// This machine, with the environment of this process.
    pub fn here(path: Option<&'a std::ffi::OsStr>) -> Self {
        Self {
            path,
            has_variable: &|name: &str| {
                std::env::var_os(name).is_some_and(|value| !value.is_empty())
            },
            os: match std::env::consts::OS {
                "macos" => "darwin",
                "windows" => "win32",
                other => other,
            },
        }
    }
}

fn names(list: &Value) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn is_program(path: Option<&std::ffi::OsStr>, name: &str) -> bool {
    let is_name = !name.is_empty() && Path::new(name).file_name() == Some(name.as_ref());
    let folders = path.map(std::env::split_paths).into_iter().flatten();
    is_name
        && folders
            .into_iter()
            .any(|folder| folder.join(name).is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEATHER: &str = r#"{"openclaw": {"emoji": "W", "os": ["linux", "darwin"], "primaryEnv": "KEY",
        "requires": {"bins": ["sh", "no-such-program"], "anyBins": ["nope", "sh"], "env": ["KEY"]}}}"#;

    fn missing(about: &SkillAbout, os: &str) -> Needs {
        about.missing(&Host {
            path: Some("/bin:/usr/bin".as_ref()),
            has_variable: &|name| name == "OTHER",
            os,
        })
    }

    #[test]
    fn what_a_skill_needs_and_what_of_it_is_missing_is_told() {
        let about = SkillAbout::read(Some(WEATHER), None);
        assert_eq!(about.emoji.as_deref(), Some("W"));
        let here = missing(&about, "linux");
        assert_eq!(
            (here.bins, here.env),
            (vec!["no-such-program".to_owned()], vec!["KEY".to_owned()])
        );
        assert!(here.any_bins.is_empty() && here.os.is_empty());
        assert_eq!(missing(&about, "win32").os, ["linux", "darwin"]);
    }

    #[test]
    fn what_is_always_offered_misses_nothing_and_nonsense_needs_nothing() {
        let always = WEATHER.replace("\"emoji\"", "\"always\": true, \"emoji\"");
        assert!(missing(&SkillAbout::read(Some(&always), None), "win32").is_empty());
        assert!(missing(&SkillAbout::read(Some("{oops"), None), "linux").is_empty());
    }
}
