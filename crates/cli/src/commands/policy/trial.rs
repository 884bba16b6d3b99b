//! A policy and a place, to try commands with, and no gateway: the real folders and files of this machine, or a place
//! that is the same everywhere.

use std::path::{Path, PathBuf};

use gatehouse_gateway::world::Surroundings;
use gatehouse_policy::authz::AgentRights;
use gatehouse_policy::decide::{Act, Context as Beside, Decision, Policy, Request, decide};
use gatehouse_policy::rules::Moment;
use gatehouse_policy::{Dialect, NoFiles, Taint, World, shell};
use serde_json::json;

use super::super::Context;
use super::read_text;
use crate::args::{On, ShellKind};
use crate::dial::DEFAULT_URL;
use crate::environment::now_ms;
use crate::failure::{Failure, FailureKind};

pub(super) struct Trial {
    policy: Policy,
    place: Place,
    dialect: Dialect,
    own_ports: Vec<u16>,
}

enum Place {
    /// A folder of this machine, with what lies in it.
    Real {
        around: Box<Surroundings>,
        cwd: PathBuf,
    },
    /// A workspace of somebody's that no file is read from, so that a labelled file gets the same verdicts wherever
    /// it is checked.
    StandIn,
}

const STAND_IN_HOME: &str = "/home/dev";
const STAND_IN_WORKSPACE: &str = "/home/dev/project";
const STAND_IN_STATES: [&str; 2] = ["/home/dev/.gatehouse", "/home/dev/.local/share/gatehouse"];

impl Trial {
    pub(super) fn new(context: &Context<'_>, on: &On) -> Result<Self, Failure> {
        let cwd = match &on.cwd {
            Some(folder) => folder.clone(),
            None => std::env::current_dir()?,
        };
        let cwd = cwd
            .canonicalize()
            .map_err(|error| Failure::usage(format!("{}: {error}", cwd.display())))?;
        let mut around = Surroundings::of(context.environment.variables());
        let own = context.environment.state_dir();
        around
            .protected
            .extend(own.map(|folder| folder.to_string_lossy().into_owned()));
        around.own_ports.extend(own_ports());
        let around = Box::new(around);
        Self::at(Place::Real { around, cwd }, on)
    }

    /// For a file of commands: in the folder that was named, else in a place that is the same everywhere.
    pub(super) fn for_many(context: &Context<'_>, on: &On) -> Result<Self, Failure> {
        match on.cwd {
            Some(_) => Self::new(context, on),
            None => Self::at(Place::StandIn, on),
        }
    }

    fn at(place: Place, on: &On) -> Result<Self, Failure> {
        Ok(Self {
            policy: policy(on.document.as_deref(), on.roles.as_deref())?,
            place,
            dialect: match on.dialect {
                ShellKind::Posix => Dialect::Posix,
                ShellKind::Powershell => Dialect::PowerShell,
                ShellKind::Cmd => Dialect::Cmd,
            },
            own_ports: own_ports(),
        })
    }

    fn world<'a>(&'a self, taint: &'a Taint) -> World<'a> {
        match &self.place {
            Place::Real { around, cwd } => around.world(self.dialect, cwd, cwd, taint),
            Place::StandIn => World {
                dialect: self.dialect,
                cwd: STAND_IN_WORKSPACE.to_owned(),
                workspace: STAND_IN_WORKSPACE.to_owned(),
                home: STAND_IN_HOME.to_owned(),
                user: "dev".to_owned(),
                tmp: vec!["/tmp".to_owned()],
                variables: Default::default(),
                protected: STAND_IN_STATES.map(str::to_owned).to_vec(),
                own_ports: self.own_ports.clone(),
                ignore_case: false,
                taint: taint.clone(),
                files: &NoFiles,
            },
        }
    }

    /// Each command is judged by itself, as the first of a session.
    pub(super) fn decide(&self, command: &str) -> Decision {
        let (rights, taint) = (AgentRights::default(), Taint::default());
        let world = self.world(&taint);
        let analysis = shell::analyse(command, &world);
        let arguments = json!({ "command": command });
        let request = Request {
            agent_id: "main",
            session_key: "agent:main:main",
            channel: None,
            tool: "exec",
            arguments: &arguments,
            act: Act::Command(&analysis),
        };
        let now = Moment {
            unix_ms: i64::try_from(now_ms()).unwrap_or(i64::MAX),
            // The system tells a process its offset only where no other thread runs; UTC is said in the reference.
            offset_minutes: 0,
        };
        let beside = Beside {
            now,
            ..Beside::new(&world.home, &world.workspace, &rights, &taint)
        };
        decide(&request, &self.policy, &beside)
    }
}

/// Where a gateway listens unless it was told otherwise.
fn own_ports() -> Vec<u16> {
    let port = DEFAULT_URL.rsplit(':').next();
    port.and_then(|port| port.parse().ok())
        .into_iter()
        .collect()
}

/// The policy of two files, or what a gateway begins with.
fn policy(document: Option<&Path>, roles: Option<&Path>) -> Result<Policy, Failure> {
    let text = document.map(read_text).transpose()?;
    let roles = roles.map(read_text).transpose()?;
    let text = text
        .as_deref()
        .unwrap_or(gatehouse_policy::decide::DEFAULT_DOCUMENT);
    Policy::load(text, roles.as_deref()).map_err(|problems| {
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        Failure::new(FailureKind::Configuration, "policy", told.join("\n"))
            .next("`gatehouse policy test FILE` checks a document")
    })
}

/// One argument is a command line as it is. Several are the words of one command: each is quoted where a shell would
/// read it otherwise.
pub(super) fn line(words: &[String]) -> String {
    if let [line] = words {
        return line.clone();
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:=@%+,".contains(c);
    let quoted = words.iter().map(|word| {
        if !word.is_empty() && word.chars().all(plain) {
            word.clone()
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    });
    quoted.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    #[test]
    fn one_argument_is_a_line_and_several_are_words() {
        let line =
            |words: &[&str]| super::line(&words.iter().map(|&w| w.to_owned()).collect::<Vec<_>>());
        assert_eq!(line(&["ls | wc"]), "ls | wc");
        assert_eq!(
            line(&["git", "commit", "-m", "it's a b"]),
            r"git commit -m 'it'\''s a b'"
        );
        assert_eq!(line(&["echo", "", "|"]), "echo '' '|'");
    }
}
