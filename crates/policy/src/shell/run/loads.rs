//! Code that is run without being named as a file that is run: modules, the main file of a folder, an interpreter that
//! the first line of a file names.

use std::ops::Bound;

use super::super::judge::{Input, Judge};
use super::super::scope::{Flow, Scope};
use crate::place;
use crate::programs::{self, Invocation, Load, Runs, Stdin};
use crate::word::Word;

/// Endings of code that a module may have.
#[rustfmt::skip]
const ENDINGS: &[&str] = &[
    ".py", ".pyc", ".so", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".node", ".rb", ".php", ".lua", ".pl", ".pm",
];

/// Programs whose scripts are read here, where the first line of a file names them.
const READ: &[&str] = &["awk", "gawk", "mawk", "nawk", "sed", "gsed", "jq", "gojq"];

impl Judge<'_> {
    /// Code that a command's own code brings in.
    pub(super) fn loaded(&mut self, loads: &[Load]) {
        for load in loads {
            let own = |rest: &str| is_module(rest) || (rest.is_empty() && !load.known);
            if let Some(path) = self.written_as(&load.stem, own) {
                self.runs_written(&path);
            } else if !load.known {
                let origin = self.origin(&load.stem);
                if origin.fresh || origin.fetched {
                    self.runs_written(&load.stem);
                }
            }
        }
    }

    /// A file that was written whose path begins so and goes on as it must.
    fn written_as(&self, begin: &str, goes_on: impl Fn(&str) -> bool) -> Option<String> {
        let from = (Bound::Included(begin), Bound::Unbounded);
        let near = |path: &&String| path.starts_with(begin);
        let written = self.taint.written.range::<str, _>(from).take_while(near);
        let fetched = self.taint.fetched.range::<str, _>(from).take_while(near);
        let held = self.files.range::<str, _>(from).map(|(path, _)| path);
        let mut all = written.chain(fetched).chain(held.take_while(near));
        all.find(|path| goes_on(&path[begin.len()..]) && !self.is_empty(path))
            .cloned()
    }

    /// Whether the line itself made a file with nothing in it.
    fn is_empty(&self, path: &str) -> bool {
        let held = self.files.get(path).and_then(|held| held.text.known());
        held.is_some_and(|text| text.trim().is_empty())
    }

    fn runs_written(&mut self, path: &str) {
        let mut flow = Flow {
            network: self.origin(path).fetched,
            ..Flow::default()
        };
        if let Some(held) = self.files.get(path) {
            flow.join(held.flow);
        }
        self.run_from(flow);
        let text = format!("It runs the code of {path}, which was written before.");
        self.ask("write-run", &text);
    }

    /// A folder that is run has a file that is run first, and the others beside it.
    pub(super) fn main_of(&mut self, path: &Word, scope: &Scope) {
        let Some(path) = path.known().and_then(|path| self.absolute(path, scope)) else {
            return;
        };
        let led = self.origin(&path).led;
        for folder in std::iter::once(path).chain(led) {
            if let Some(path) = self.written_as(&folder, is_inside) {
                return self.runs_written(&path);
            }
        }
    }

    /// `#!/usr/bin/awk -f`: the file is read as that program reads it.
    pub(super) fn by_its_first_line(&mut self, path: &Word, scope: &Scope) {
        let Some(path) = path.known().and_then(|path| self.absolute(path, scope)) else {
            return;
        };
        let Some(text) = self.as_left(|world| world.files.text(&path)) else {
            return;
        };
        let Some(line) = text.lines().next().and_then(|line| line.strip_prefix("#!")) else {
            return;
        };
        let mut words: Vec<&str> = line.split_whitespace().collect();
        let begin = words
            .iter()
            .position(|word| READ.contains(&place::name(word)));
        let Some(begin) = begin else {
            return;
        };
        words.drain(..begin);
        words.push(&path);
        let invocation = Invocation {
            argv: words.into_iter().map(Word::from).collect(),
            cwd: scope.folder().map(str::to_owned),
            stdin: Stdin::Inherited,
        };
        let reading = self.as_left(|world| programs::read(&invocation, world));
        for finding in reading.findings {
            self.finding(finding);
        }
        for effect in reading.effects {
            self.report.effect(effect);
        }
        let mut scripts = reading.runs;
        scripts.retain(|run| !matches!(run, Runs::File { .. } | Runs::Code { .. }));
        self.run_all(scripts, scope, &Input::inherited(), Flow::default());
    }
}

/// Whether a file has this behind the name of a module that it is, or that it is a part of.
fn is_module(rest: &str) -> bool {
    ENDINGS.contains(&rest) || is_inside(rest)
}

/// Whether it is code in the folder of that name.
fn is_inside(rest: &str) -> bool {
    rest.starts_with('/') && ENDINGS.iter().any(|ending| rest.ends_with(ending))
}
