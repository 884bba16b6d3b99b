//! What is being found out about a command.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::{Command, Reach};
use crate::effect::{Effect, EffectKind, Zone};
use crate::plan::Spawn;
use crate::verdict::{Finding, Span, Verdict};
use crate::word::Word;

use super::scope::shown;

/// More of a kind are not kept; a verdict is kept always.
const MOST: usize = 512;

#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) verdict: Verdict,
    pub(super) findings: Vec<Finding>,
    pub(super) effects: Vec<Effect>,
    /// Whether something ran that may leave anything behind, without an effect that says so.
    pub(super) builds: bool,
    pub(super) commands: Vec<Command>,
    /// What a simple command of the line comes to, by its place; none where it comes to more than one thing.
    pub(super) spawns: BTreeMap<(u32, u32), Option<Spawn>>,
    /// What is to be put in after the program of a command, by its place; none where that differs.
    pub(super) insertions: BTreeMap<(u32, u32), Option<Vec<String>>>,
    seen: BTreeSet<(Verdict, String, String)>,
}

impl Report {
    pub(super) fn find(&mut self, verdict: Verdict, code: &str, span: Option<Span>, text: String) {
        self.finding(Finding {
            verdict,
            code: code.to_owned(),
            span,
            text,
        });
    }

    pub(super) fn finding(&mut self, finding: Finding) {
        self.verdict = self.verdict.max(finding.verdict);
        let key = (finding.verdict, finding.code.clone(), finding.text.clone());
        if self.findings.len() < MOST && self.seen.insert(key) {
            self.findings.push(finding);
        }
    }

    pub(super) fn effect(&mut self, effect: Effect) {
        if self.effects.len() < MOST && !self.effects.contains(&effect) {
            self.effects.push(effect);
        }
    }

    /// Says of what was found from there on that it is not done on this machine.
    pub(super) fn place_elsewhere(&mut self, first: usize) {
        for effect in self.effects.iter_mut().skip(first) {
            if effect.zone != Zone::Elsewhere {
                effect.zone = Zone::Elsewhere;
                effect.text.push_str(", not on this machine");
            }
        }
    }

    pub(super) fn command(&mut self, argv: &[Word], span: Option<Span>, reach: Reach) {
        if self.commands.len() >= MOST {
            return;
        }
        let command = Command {
            argv: argv.iter().map(shown).collect(),
            exact: argv.iter().all(|word| word.known().is_some()),
            span,
            reach,
        };
        if self.commands.last() != Some(&command) {
            self.commands.push(command);
        }
    }

    pub(super) fn spawn(&mut self, at: Span, spawn: Option<Spawn>) {
        let key = (at.start, at.end);
        match self.spawns.get_mut(&key) {
            None => {
                self.spawns.insert(key, spawn);
            }
            Some(known) if *known == spawn => {}
            Some(known) => *known = None,
        }
    }

    /// Whether anything was changed so far, or something run that may change anything.
    pub(super) fn changes(&self) -> bool {
        use EffectKind as K;
        let looks =
            |effect: &Effect| matches!(effect.kind, K::Read | K::List | K::Signal | K::Environment);
        self.builds || !self.effects.iter().all(looks)
    }

    pub(super) fn insertion(&mut self, at: Span, words: Vec<String>) {
        let key = (at.start, at.end);
        match self.insertions.get_mut(&key) {
            None => {
                self.insertions.insert(key, Some(words));
            }
            Some(Some(known)) if *known == words => {}
            Some(known) => *known = None,
        }
    }
}
