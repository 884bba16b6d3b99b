//! What is typed into a program that runs already. The verdict that let the program run was about its words, and
//! these are new ones: a shell runs them, a pager does after a `!`, and what most programs make of their input nobody
//! here knows. So they are asked about, and have to be looked at unless the program is known to take them for text.

use crate::analysis::Command;
use crate::effect::Effect;
use crate::place;
use crate::shell;
use crate::verdict::{Finding, Verdict};
use crate::world::{Taint, World};

use super::baseline::finding;

/// What a program is given to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fed {
    pub findings: Vec<Finding>,
    /// Those of the text, where a shell reads it.
    pub effects: Vec<Effect>,
    pub commands: Vec<Command>,
    pub taint: Taint,
}

/// A finding that no glance settles: the text may be commands.
pub(super) const COMMANDS: &str = "fed-commands";

/// They run each line that they read, and their words are those of `shell`.
const SHELLS: &[&str] = &[
    "sh", "bash", "zsh", "dash", "ksh", "mksh", "ash", "yash", "rbash",
];

/// They take their input for text and for nothing else.
#[rustfmt::skip]
const TAKE_TEXT: &[&str] = &[
    "cat", "tac", "nl", "rev", "tee", "sort", "uniq", "wc", "head", "tail", "cut", "tr", "fold", "fmt", "column", "grep", "jq",
    "base64", "md5sum", "sha1sum", "sha256sum", "sha512sum", "xxd", "od", "read", "echo", "printf", "test", "[", "true",
    "false", ":", "sleep", "cd", "pwd", "date",
];

/// Judges what is typed into a program that was started as `command`.
pub fn feed(command: &str, data: &str, world: &World<'_>) -> Fed {
    let mut fed = Fed {
        findings: Vec::new(),
        effects: Vec::new(),
        commands: Vec::new(),
        taint: world.taint.clone(),
    };
    let text = format!("types {} into {}", shown(data), shown(command));
    fed.findings.push(finding(Verdict::Ask, "fed-input", text));
    let started = shell::analyse(command, world).commands;
    let takes = |names: &[&str], command: &Command| {
        let name = command.argv.first().map(|name| place::name(name));
        name.is_some_and(|name| names.contains(&name))
    };
    let is_shell = started.iter().any(|one| takes(SHELLS, one));
    let mut others = started
        .iter()
        .filter(|one| !takes(TAKE_TEXT, one) && !takes(SHELLS, one));
    if started.is_empty() || others.next().is_some() {
        fed.commands("It may run what is typed into it: a pager, an editor or a console does.");
    }
    if is_shell {
        fed.shell(data, world);
    }
    fed
}

impl Fed {
    fn commands(&mut self, text: &str) {
        self.findings.push(finding(Verdict::Ask, COMMANDS, text));
    }

    /// Where the shell stands by now, and what names mean there, nobody knows; what is denied here is denied there too.
    fn shell(&mut self, data: &str, world: &World<'_>) {
        let keys = |c: char| c.is_control() && !matches!(c, '\n' | '\r');
        if data.contains(keys) {
            self.commands("It presses keys of which nobody knows what a shell does at them.");
        } else if !data.ends_with(['\n', '\r']) || data.trim().is_empty() {
            self.commands("It is a part of a line: what the whole line runs is not known.");
        }
        let lines = data.replace("\r\n", "\n").replace('\r', "\n");
        if lines.trim().is_empty() {
            return;
        }
        let analysis = shell::analyse(&lines, world);
        if analysis.verdict > Verdict::Allow {
            self.commands("The shell runs what is typed into it.");
        }
        // Places in the lines are no places in what is shown.
        let analysis = analysis.unplaced();
        self.findings.extend(analysis.findings);
        self.effects.extend(analysis.effects);
        self.commands.extend(analysis.commands);
        self.taint = analysis.taint;
    }
}

/// A text as it is typed: what cannot be seen is written out.
fn shown(text: &str) -> String {
    format!("{text:?}")
}
