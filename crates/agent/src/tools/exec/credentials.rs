//! References to credentials in a command: values of variables, and words of programs that start without a shell.
//!
//! In a text for a shell a value could end a word or begin a command, so it is never put there: the call sets a
//! variable to the reference, and the command uses the variable.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
};

use gatehouse_policy::{Pipeline, Plan};

use super::launch::only;
use crate::{
    govern::ExecEffect,
    launch::Launch,
    secrets::{CredentialUse, Values, has_reference},
    tools::{CallContext, ToolError},
};

/// The tool that credentials are bound to.
const TOOL: &str = "exec";

/// The values for a command that goes to the shell as it is.
pub(super) async fn for_shell(
    effect: &ExecEffect,
    env: &BTreeMap<String, String>,
    call: &CallContext,
) -> Result<Values, ToolError> {
    not_in_a_shell(&effect.command)?;
    let texts: Vec<&str> = env.values().map(String::as_str).collect();
    taken(&texts, call).await
}

/// The values for what was judged and opened.
pub(super) async fn for_launch(
    launch: &Launch,
    effect: &ExecEffect,
    call: &CallContext,
) -> Result<Values, ToolError> {
    taken(&texts(launch, effect)?, call).await
}

/// Where a launch may refer to a credential.
///
/// # Errors
/// It refers to one in a text for a shell.
pub fn texts<'l>(launch: &'l Launch, effect: &ExecEffect) -> Result<Vec<&'l str>, ToolError> {
    let environment = launch.environment().values();
    let mut texts: Vec<&str> = environment.filter_map(|value| value.to_str()).collect();
    match launch.plan() {
        // On a terminal, several programs are a text for the shell.
        Plan::Direct { lists } if effect.pty && only(lists).is_none() => {
            let mut words = lists.iter().flat_map(words);
            words.try_for_each(not_in_a_shell)?;
        }
        Plan::Direct { lists } => texts.extend(lists.iter().flat_map(words)),
        Plan::Shell { text } => not_in_a_shell(text)?,
        Plan::Nothing => {}
    }
    Ok(texts)
}

fn words(pipeline: &Pipeline) -> impl Iterator<Item = &str> {
    pipeline.spawns.iter().flat_map(|spawn| {
        let values = spawn.assignments.iter().map(|(_, value)| value.as_str());
        spawn.argv.iter().map(String::as_str).chain(values)
    })
}

async fn taken(texts: &[&str], call: &CallContext) -> Result<Values, ToolError> {
    let usage = CredentialUse::of(TOOL, None, call);
    call.secrets.values(texts, &usage).await
}

fn not_in_a_shell(text: &str) -> Result<(), ToolError> {
    if !has_reference(text) {
        return Ok(());
    }
    Err(ToolError::Arguments(
        "this command needs a shell, and a credential is not put into a shell's text: set a variable to the \
         reference in the argument `env` and use that variable in the command"
            .into(),
    ))
}

/// Variables by name and value, with values put in.
pub(super) fn filled(env: &BTreeMap<String, String>, values: &Values) -> BTreeMap<String, String> {
    let fill = |(name, value): (&String, &String)| (name.clone(), values.fill(value).to_string());
    env.iter().map(fill).collect()
}

pub(super) fn filled_pairs(pairs: &[(String, String)], values: &Values) -> Vec<(String, String)> {
    let fill = |(name, value): &(String, String)| (name.clone(), values.fill(value).to_string());
    pairs.iter().map(fill).collect()
}

pub(super) fn filled_environment(
    env: &BTreeMap<OsString, OsString>,
    values: &Values,
) -> BTreeMap<OsString, OsString> {
    let fill = |value: &OsStr| match value.to_str() {
        Some(text) => OsString::from(values.fill(text).as_str()),
        None => value.to_owned(),
    };
    env.iter()
        .map(|(name, value)| (name.clone(), fill(value)))
        .collect()
}

#[cfg(all(test, unix))]
mod tests {
    use std::sync::Arc;

    use serde_json::{Value, json};
    use tokio_util::sync::CancellationToken;

    use crate::{
        secrets::tests::One,
        tools::{
            CallContext, Tool, ToolError, ToolOutput,
            exec::{Exec, ExecOptions},
        },
    };

    const VALUE: &str = "a \"value\" with $signs; and 'quotes'";

    fn call(folder: &std::path::Path) -> CallContext {
        let one = One {
            name: "key",
            value: VALUE,
            tool: "exec",
            host: None,
        };
        CallContext {
            agent_id: Arc::from("main"),
            session_key: Arc::from("agent:main:main"),
            run_id: Arc::from("run"),
            tool_call_id: "call".into(),
            workspace: folder.canonicalize().unwrap(),
            depth: 0,
            cancel: CancellationToken::new(),
            progress: Arc::new(|_| {}),
            engine: None,
            secrets: one.secrets(),
            budget: Default::default(),
            told_by: Arc::default(),
            seat: Default::default(),
        }
    }

    async fn exec(given: Value) -> Result<ToolOutput, ToolError> {
        let folder = tempfile::tempdir().unwrap();
        let call = call(folder.path());
        let exec = Exec::new(ExecOptions::new(std::env::vars_os()));
        let effect = exec.resolve(&given, &call).await?;
        let shown = serde_json::to_string(&effect).unwrap();
        assert!(
            !shown.contains("signs"),
            "what is judged has the name alone"
        );
        exec.run(&effect, &given, &call).await
    }

    #[tokio::test]
    async fn a_variable_gets_the_value_and_the_output_does_not_show_it() {
        let command = "printf %s \"$KEY\" | wc -c; echo \"<$KEY>\"";
        let given = json!({"command": command, "env": {"KEY": "{{cred:key}}"}});
        let output = exec(given).await.unwrap();
        let told = output.plain();
        assert!(told.contains(&VALUE.len().to_string()), "{told}");
        assert!(told.contains("<[redacted]>"), "{told}");
        let details = output.details.unwrap().to_string();
        assert!(!details.contains("signs"), "{details}");
    }

    #[tokio::test]
    async fn a_text_for_the_shell_takes_no_value() {
        let given = json!({"command": "echo {{cred:key}}"});
        let refused = exec(given).await.unwrap_err().to_string();
        assert!(refused.contains("the argument `env`"), "{refused}");
    }

    #[tokio::test]
    async fn what_is_not_given_is_not_run() {
        let given = json!({"command": "echo it-ran", "env": {"KEY": "{{cred:other}}"}});
        let refused = exec(given).await.unwrap_err().to_string();
        assert_eq!(refused, "there is no such credential");
    }
}
