//! Starting what was judged and opened: programs without a shell where the plan names them, else the shell with
//! the plan's own text, without its start files. The text that the model wrote is not read again.

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf, process::Stdio};

use gatehouse_policy::{Pipeline, Plan, Spawn};
use tokio::process::Command;

use super::{
    credentials, job, leavers,
    spawn::{self, Spawned},
};
use crate::{
    govern::ExecEffect,
    launch::{Launch, SHELL},
    secrets::Values,
    tools::ToolError,
};

/// The shell's words before its text: nothing of anyone's start files is read.
const PLAIN_SHELL: [&str; 3] = ["--noprofile", "--norc", "-c"];

/// One program with its words, ready to be started.
pub(super) struct Ready {
    /// What is started.
    program: PathBuf,
    /// What it is told that it is called.
    pub(super) name: String,
    words: Vec<String>,
    assignments: Vec<(String, String)>,
    values: Values,
    /// Open until it has started.
    #[cfg(target_os = "linux")]
    _script: Option<crate::launch::Copied>,
}

/// Starts a launch. What changed since it was opened does not run.
/// References are replaced by `values`.
pub(super) fn launch(
    launch: &Launch,
    effect: &ExecEffect,
    values: &Values,
) -> Result<Spawned, ToolError> {
    check(launch)?;
    launch.held().begin(leavers::now());
    let mut spawned = start(launch, effect, values)?;
    // An interpreter reads its script by the script's path. The command may have begun to write by now.
    if !launch.is_unchanged_by_others() {
        return Err(changed());
    }
    spawned.held = Some(launch.held());
    Ok(spawned)
}

fn check(launch: &Launch) -> Result<(), ToolError> {
    if launch.is_unchanged() {
        return Ok(());
    }
    Err(changed())
}

pub(super) fn changed() -> ToolError {
    ToolError::Failed(
        "a program or a script changed after it was looked at, so the command was stopped".into(),
    )
}

fn start(launch: &Launch, effect: &ExecEffect, values: &Values) -> Result<Spawned, ToolError> {
    if effect.pty {
        return on_a_terminal(launch, effect, values);
    }
    match launch.plan() {
        Plan::Direct { lists } => match only(lists) {
            Some(spawn) => one(launch, &Ready::direct(launch, spawn, values)?, effect),
            None => job::start(launch, lists, values),
        },
        Plan::Shell { text } => one(launch, &Ready::shell(launch, text, values)?, effect),
        Plan::Nothing => Err(nothing()),
    }
}

fn nothing() -> ToolError {
    ToolError::Failed("the command could not be read, so there is nothing to run".into())
}

/// The only program of a plan, where its exit is the plan's.
pub(super) fn only(lists: &[Pipeline]) -> Option<&Spawn> {
    match lists {
        [
            Pipeline {
                negated: false,
                spawns,
                ..
            },
        ] => match spawns.as_slice() {
            [spawn] => Some(spawn),
            _ => None,
        },
        _ => None,
    }
}

fn one(launch: &Launch, ready: &Ready, effect: &ExecEffect) -> Result<Spawned, ToolError> {
    let mut command = ready.command(launch);
    command
        .stdin(spawn::stdin_for(effect))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    #[cfg(unix)]
    command.process_group(0);
    spawn::started(&mut command, &ready.name)
}

/// A terminal's library closes every handle before the start, so all of it goes by path; it was compared before
/// and is compared after.
fn on_a_terminal(
    launch: &Launch,
    effect: &ExecEffect,
    values: &Values,
) -> Result<Spawned, ToolError> {
    let ready = match launch.plan() {
        Plan::Direct { lists } => match only(lists) {
            Some(spawn) => Ready::by_path(launch, spawn, values)?,
            None => Ready::shell(launch, &written(lists), values)?,
        },
        Plan::Shell { text } => Ready::shell(launch, text, values)?,
        Plan::Nothing => return Err(nothing()),
    };
    let path = launch.program_path(&ready.name).map(PathBuf::from);
    let exact = ExecEffect {
        argv: std::iter::once(ready.name.clone())
            .chain(ready.words.clone())
            .collect(),
        executable: path.unwrap_or(ready.program),
        ..effect.clone()
    };
    let mut environment = environment(launch, values);
    environment.extend(ready.assignments.iter().map(pair));
    super::pty::spawn(&exact, &environment)
}

/// The plan's environment, with the folder it begins in and the marks of a run.
fn environment(launch: &Launch, values: &Values) -> BTreeMap<OsString, OsString> {
    let mut all = credentials::filled_environment(launch.environment(), values);
    all.insert("PWD".into(), launch.folder_name().into());
    all.extend(spawn::marks(launch.held().mark()));
    all
}

fn pair((name, value): &(String, String)) -> (OsString, OsString) {
    (name.into(), value.into())
}

impl Ready {
    pub(super) fn direct(
        launch: &Launch,
        spawn: &Spawn,
        values: &Values,
    ) -> Result<Self, ToolError> {
        Self::by_path(launch, spawn, values)?.with_a_copy(launch, &spawn.argv)
    }

    /// One whose turn comes after others: a program that was not there before is looked for once more, as the line
    /// may have installed it.
    pub(super) fn later(
        launch: &Launch,
        spawn: &Spawn,
        values: &Values,
    ) -> Result<Self, ToolError> {
        let name = spawn.argv.first().ok_or_else(nothing)?;
        let program = launch.program(name).or_else(|| launch.appeared(name));
        Self::of(program, spawn, values)?
            .by_a_shell(launch)
            .with_a_copy(launch, &spawn.argv)
    }

    fn by_path(launch: &Launch, spawn: &Spawn, values: &Values) -> Result<Self, ToolError> {
        let name = spawn.argv.first().ok_or_else(nothing)?;
        Ok(Self::of(launch.program(name), spawn, values)?.by_a_shell(launch))
    }

    /// As a shell does it with text that the system does not start.
    fn by_a_shell(mut self, launch: &Launch) -> Self {
        let text = launch.for_a_shell(&self.name).map(PathBuf::from);
        if let (Some(text), Some(shell)) = (text, launch.program(SHELL)) {
            self.words.insert(0, text.to_string_lossy().into_owned());
            self.program = shell;
            SHELL.clone_into(&mut self.name);
        }
        self
    }

    fn of(program: Option<PathBuf>, spawn: &Spawn, values: &Values) -> Result<Self, ToolError> {
        let Some((name, words)) = spawn.argv.split_first() else {
            return Err(nothing());
        };
        let Some(program) = program else {
            return Err(ToolError::Failed(format!("{name}: command not found")));
        };
        let words = words.iter().map(|word| values.fill(word).to_string());
        Ok(Self {
            program,
            name: name.clone(),
            words: words.collect(),
            assignments: credentials::filled_pairs(&spawn.assignments, values),
            values: values.clone(),
            #[cfg(target_os = "linux")]
            _script: None,
        })
    }

    /// With the script as it was opened, in place of its path, where that means the same.
    #[cfg(target_os = "linux")]
    fn with_a_copy(mut self, launch: &Launch, argv: &[String]) -> Result<Self, ToolError> {
        let copied = launch
            .copied_script(argv)
            .map_err(|error| ToolError::io(format!("cannot use the script {}", argv[1]), error))?;
        if let (Some(copied), Some(word)) = (&copied, self.words.first_mut()) {
            *word = copied.path();
        }
        self._script = copied;
        Ok(self)
    }

    #[cfg(not(target_os = "linux"))]
    fn with_a_copy(self, _: &Launch, _: &[String]) -> Result<Self, ToolError> {
        Ok(self)
    }

    fn shell(launch: &Launch, text: &str, values: &Values) -> Result<Self, ToolError> {
        let Some(program) = launch.program(SHELL) else {
            return Err(ToolError::Failed(format!("there is no {SHELL} to run it")));
        };
        let words = PLAIN_SHELL.iter().copied().chain([text]);
        Ok(Self {
            program,
            name: SHELL.to_owned(),
            words: words.map(str::to_owned).collect(),
            assignments: Vec::new(),
            values: values.clone(),
            #[cfg(target_os = "linux")]
            _script: None,
        })
    }

    pub(super) fn command(&self, launch: &Launch) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.words)
            .current_dir(launch.folder())
            .env_clear()
            .envs(environment(launch, &self.values))
            .envs(self.assignments.iter().map(pair))
            .kill_on_drop(true);
        #[cfg(unix)]
        command.arg0(&self.name);
        command
    }
}

/// A plan as a line to read.
pub(super) fn shown(plan: &Plan) -> String {
    match plan {
        Plan::Direct { lists } => joined(lists, readable),
        Plan::Shell { text } => text.clone(),
        Plan::Nothing => String::new(),
    }
}

fn readable(spawn: &Spawn) -> String {
    let assignments = spawn.assignments.iter();
    let assignments = assignments.map(|(name, value)| format!("{name}={}", bare(value)));
    let words = spawn.argv.iter().map(|word| bare(word));
    assignments.chain(words).collect::<Vec<_>>().join(" ")
}

/// Quoted where a shell would take it for something else.
fn bare(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    quoted(word)
}

/// A plan as text for a shell: each word quoted, so that it means itself.
fn written(lists: &[Pipeline]) -> String {
    joined(lists, spawn_text)
}

fn joined(lists: &[Pipeline], spawn_text: fn(&Spawn) -> String) -> String {
    use gatehouse_policy::Stage;
    let mut text = String::new();
    for (n, pipeline) in lists.iter().enumerate() {
        if n > 0 {
            text.push_str(match pipeline.when {
                Stage::Always => "; ",
                Stage::OnSuccess => " && ",
                Stage::OnFailure => " || ",
            });
        }
        if pipeline.negated {
            text.push_str("! ");
        }
        let spawns: Vec<String> = pipeline.spawns.iter().map(spawn_text).collect();
        text.push_str(&spawns.join(" | "));
    }
    text
}

fn spawn_text(spawn: &Spawn) -> String {
    let assignments = spawn.assignments.iter();
    let assignments = assignments.map(|(name, value)| format!("{name}={}", quoted(value)));
    // `command` keeps a function or an alias from standing in for the program.
    let words = spawn.argv.iter().map(|word| quoted(word));
    let all: Vec<String> = assignments
        .chain(["command".to_owned()])
        .chain(words)
        .collect();
    all.join(" ")
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_is_shown_as_a_line_that_can_be_read() {
        let less = Spawn {
            argv: vec!["less".into(), "-N".into(), "my notes".into()],
            assignments: vec![("A".into(), "1".into())],
        };
        let plan = Plan::Direct {
            lists: vec![Pipeline {
                when: gatehouse_policy::Stage::Always,
                negated: false,
                spawns: vec![less],
            }],
        };
        assert_eq!(shown(&plan), "A=1 less -N 'my notes'");
        let text = Plan::Shell {
            text: "a; b".into(),
        };
        assert_eq!(shown(&text), "a; b");
    }

    #[test]
    fn a_plan_as_text_means_itself() {
        let spawn = |words: &[&str]| Spawn {
            argv: words.iter().map(|word| (*word).to_owned()).collect(),
            assignments: Vec::new(),
        };
        let lists = [
            Pipeline {
                when: gatehouse_policy::Stage::Always,
                negated: true,
                spawns: vec![spawn(&["echo", "it's $HOME"]), spawn(&["cat"])],
            },
            Pipeline {
                when: gatehouse_policy::Stage::OnSuccess,
                negated: false,
                spawns: vec![spawn(&["true"])],
            },
        ];
        assert_eq!(
            written(&lists),
            r"! command 'echo' 'it'\''s $HOME' | command 'cat' && command 'true'"
        );
    }
}
