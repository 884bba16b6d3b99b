//! From a command line to the commands it will run: what they are, what they do, and what is run in the end.
//!
//! - `prescan`: what no honest command holds, and what would be too much for a parser
//! - `parser`, `brush`, `lex`: from text to tree (`syntax`)
//! - `judge`, `run`, `expand`, `scope`: going through the tree as a shell would, noting instead of doing
//! - `unreadable`: text that is no command
//! - `emit`, `plan`: from tree to what runs
//!
//! What is proven harmless is allowed, what is catastrophic is denied, the rest is asked about.

mod beside;
mod brush;
mod emit;
mod expand;
mod judge;
mod lex;
mod parser;
mod plan;
mod prescan;
mod report;
mod run;
mod scope;
mod syntax;
mod unreadable;

use std::cell::OnceCell;

pub use self::beside::is_words_alone;

use self::judge::{Input, Judge};
use self::parser::Unread;
use self::prescan::Fault;
use self::scope::Scope;
use crate::analysis::Analysis;
use crate::plan::{Pipeline, Plan, Spawn, Stage};
use crate::programs::foreign;
use crate::verdict::{Span, Verdict};
use crate::world::{Dialect, World};

/// Reads a command line and judges it.
pub fn analyse(command: &str, world: &World<'_>) -> Analysis {
    let there = OnceCell::new();
    let mut judge = Judge::new(world, &there);
    judge.span = Some(span(0, command.len()));
    let plan = match world.dialect {
        Dialect::Posix => posix(command, &mut judge),
        other => in_another_shell(command, other, &mut judge),
    };
    finish(judge, plan)
}

fn posix(command: &str, judge: &mut Judge<'_>) -> Plan {
    let nesting = match prescan::scan(command) {
        Ok(nesting) => nesting,
        Err(fault) => {
            faulty(command, fault, judge);
            return Plan::Nothing;
        }
    };
    let script = match parser::parse_caged(command, nesting) {
        Ok(script) => script,
        Err(why) => {
            judge.unreadable(command, &why);
            return Plan::Nothing;
        }
    };
    let mut scope = Scope::new(judge.world);
    judge.script(&script, &mut scope, &Input::inherited());
    judge.at_the_end(&scope);
    in_words_of_another_shell(command, judge);
    plan::plan(&script, &judge.report)
}

/// A line of PowerShell that this shell can read too is denied where the other one would be.
fn in_words_of_another_shell(command: &str, judge: &mut Judge<'_>) {
    let commands = &judge.report.commands;
    let has_a_path = foreign::has_a_path(command);
    let other = |command: &crate::analysis::Command| {
        let name = command
            .argv
            .first()
            .is_some_and(|name| foreign::is_name(name));
        name || foreign::shows_a_file(&command.argv)
            || has_a_path && foreign::is_alias(&command.argv)
    };
    let of_theirs = command.contains("$env:");
    if !of_theirs && !commands.iter().any(other) {
        return;
    }
    let reading = foreign::read(command, Dialect::PowerShell, judge.world);
    let denied = reading.findings.into_iter();
    for finding in denied.filter(|finding| finding.verdict == Verdict::Deny) {
        judge.finding(finding);
    }
}

/// A text that no parser is given. It is asked about, and denied where what is left of it would be.
fn faulty(command: &str, fault: Fault, judge: &mut Judge<'_>) {
    judge.ask(fault.code(), &fault.says());
    judge.placed = false;
    if !matches!(fault, Fault::Invisible(_)) {
        return judge.unreadable(command, &Unread(fault.says()));
    }
    let visible = prescan::visible(command);
    let Ok(nesting) = prescan::scan(&visible) else {
        return judge.unreadable(&visible, &Unread(fault.says()));
    };
    match parser::parse_caged(&visible, nesting) {
        Ok(script) => {
            let mut scope = Scope::new(judge.world);
            judge.script(&script, &mut scope, &Input::inherited());
        }
        Err(why) => judge.unreadable(&visible, &why),
    }
}

fn in_another_shell(command: &str, dialect: Dialect, judge: &mut Judge<'_>) -> Plan {
    let reading = foreign::read(command, dialect, judge.world);
    for finding in reading.findings {
        judge.finding(finding);
    }
    for effect in reading.effects {
        judge.report.effect(effect);
    }
    let scope = Scope::new(judge.world);
    judge.run_all(
        reading.runs,
        &scope,
        &Input::inherited(),
        Default::default(),
    );
    if !reading.known {
        judge.ask("unknown-command", "It is not known what it does.");
    }
    // The other shell is a program like any other, and the text is its argument.
    let argv = match dialect {
        Dialect::Cmd => vec!["cmd", "/d", "/c", command],
        _ => vec![
            "powershell",
            "-NoProfile",
            "-NonInteractive",
            "-Command",
            command,
        ],
    };
    let spawn = Spawn {
        argv: argv.into_iter().map(str::to_owned).collect(),
        assignments: Vec::new(),
    };
    Plan::Direct {
        lists: vec![Pipeline {
            when: Stage::Always,
            negated: false,
            spawns: vec![spawn],
        }],
    }
}

fn finish(judge: Judge<'_>, plan: Plan) -> Analysis {
    let steps = judge.steps();
    let mut report = judge.report;
    report
        .findings
        .sort_by_key(|finding| std::cmp::Reverse(finding.verdict));
    let verdict = match plan {
        // What cannot run needs no leave, and gets none.
        Plan::Nothing => report.verdict.max(Verdict::Ask),
        _ => report.verdict,
    };
    Analysis {
        verdict,
        findings: report.findings,
        effects: report.effects,
        commands: report.commands,
        plan,
        taint: judge.taint,
        steps,
    }
}

/// A place, from bytes to bytes. A command is at most 64 KiB long.
fn span(start: usize, end: usize) -> Span {
    Span {
        start: u32::try_from(start).unwrap_or(u32::MAX),
        end: u32::try_from(end).unwrap_or(u32::MAX),
    }
}

#[cfg(test)]
mod tests;
