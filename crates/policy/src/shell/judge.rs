//! The one that goes through a tree, in the order in which it would run, and notes what it would do.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::parser::{Unread, parse_caged};
use super::prescan;
use super::report::Report;
use super::scope::{Flow, Guessed};
use super::syntax::Script;
use crate::analysis::Reach;
use crate::programs::Stdin;
use crate::verdict::{Finding, Span, Verdict};
use crate::word::{Piece, Word};
use crate::world::{Dialect, NoFiles, Taint, World};

/// Steps that one analysis may take: nodes of the tree, words, results of braces, commands that are run by others.
/// The longest line of the labelled file takes 40; a script of 60 KB about 9,000.
const BUDGET: u32 = 40_000;
/// A longer output is not followed.
const LONGEST: usize = 64 * 1024;
/// How deep commands may be run by commands.
pub(super) const DEEPEST_RUN: u32 = 8;
/// How deep the tree may be gone into, functions and scripts together. Bounds the stack.
const DEEPEST_TREE: u32 = 72;

/// What a command reads.
#[derive(Debug, Clone)]
pub(super) struct Input {
    pub(super) from: Stdin,
    pub(super) flow: Flow,
}

impl Input {
    pub(super) fn inherited() -> Self {
        Self {
            from: Stdin::Inherited,
            flow: Flow::default(),
        }
    }

    pub(super) fn output(output: &Output) -> Self {
        let from = match output.word() {
            Word::Unknown(why)
                if why != crate::programs::GATEWAY_PROCESS && why != crate::programs::REVISION =>
            {
                Stdin::Pipe
            }
            word => Stdin::Text(word),
        };
        Self {
            from,
            flow: output.flow,
        }
    }
}

/// What a command writes to its output.
#[derive(Debug, Clone, Default)]
pub(super) struct Output {
    pub(super) pieces: Vec<Piece>,
    pub(super) flow: Flow,
}

impl Output {
    pub(super) fn unknown(flow: Flow) -> Self {
        Self {
            pieces: vec![Piece::Unknown("output".to_owned())],
            flow,
        }
    }

    pub(super) fn text(text: String, flow: Flow) -> Self {
        Self {
            pieces: vec![Piece::Text(text)],
            flow,
        }
    }

    pub(super) fn append(&mut self, mut other: Self) {
        let names = other.flow.names && (self.pieces.is_empty() || self.flow.names);
        let kept = other.flow.kept && (self.pieces.is_empty() || self.flow.kept);
        self.flow.join(other.flow);
        (self.flow.names, self.flow.kept) = (names, kept);
        self.pieces.append(&mut other.pieces);
        let length = |piece: &Piece| match piece {
            Piece::Text(text) | Piece::Pattern(text) | Piece::Unknown(text) => text.len(),
        };
        if self.pieces.len() > 64 || self.pieces.iter().map(length).sum::<usize>() > LONGEST {
            self.pieces = vec![Piece::Unknown("output".to_owned())];
        }
    }

    pub(super) fn word(&self) -> Word {
        super::scope::word_of(self.pieces.clone())
    }
}

/// A file that the line wrote.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) text: Word,
    pub(super) flow: Flow,
}

pub(super) struct Judge<'w> {
    /// Where the command at hand runs.
    pub(super) world: &'w World<'w>,
    /// Another machine, or a container, where some of them run.
    there: &'w OnceCell<World<'static>>,
    pub(super) report: Report,
    pub(super) taint: Taint,
    steps: u32,
    tree: u32,
    pub(super) run: u32,
    pub(super) reach: Reach,
    /// The place of the command at hand; all that it runs in turn is shown there.
    pub(super) span: Option<Span>,
    /// Whether places in the text at hand are places in the original.
    pub(super) placed: bool,
    /// Where the words of the expansion at hand come from.
    pub(super) flow: Flow,
    pub(super) files: BTreeMap<String, Held>,
    pub(super) links: BTreeMap<String, String>,
    /// What the line left behind without naming it, by how its paths begin; whether it was fetched or decoded.
    pub(super) left: BTreeMap<String, bool>,
    /// Functions that are being run.
    pub(super) calls: Vec<String>,
    pub(super) guess: Guess,
    pub(super) guessed: Guessed,
    /// Commands that read what the command at hand writes: `> >(…)`.
    pub(super) readers: Vec<Script>,
    /// How many pipelines and background commands the tree is within.
    pub(super) multiplied: u32,
    /// Where each word of the command at hand comes from.
    pub(super) word_flows: Vec<Flow>,
    /// Whether the line has changed something, or may have, before the command at hand.
    pub(super) changed: bool,
    /// The words of the command at hand and where they stand.
    pub(super) words: Vec<(String, Span)>,
    /// Substitutions so far; names their files.
    pub(super) descriptors: u32,
}

/// How an unset variable is taken: for empty, or for unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guess {
    Unknown,
    Empty,
}

/// A path that nothing is below.
const NOWHERE: &str = "/\0";

/// What is known of another machine: its people and its system are laid out as here, and nothing there is the agent's.
fn elsewhere(here: &World<'_>) -> World<'static> {
    World {
        dialect: Dialect::Posix,
        cwd: NOWHERE.to_owned(),
        workspace: NOWHERE.to_owned(),
        home: here.home.clone(),
        user: here.user.clone(),
        tmp: Vec::new(),
        variables: BTreeMap::new(),
        protected: here.protected.clone(),
        own_ports: Vec::new(),
        ignore_case: here.ignore_case,
        taint: Taint::default(),
        files: &NoFiles,
    }
}

impl<'w> Judge<'w> {
    pub(super) fn new(world: &'w World<'w>, there: &'w OnceCell<World<'static>>) -> Self {
        Self {
            world,
            there,
            report: Report::default(),
            taint: world.taint.clone(),
            steps: 0,
            tree: 0,
            run: 0,
            reach: Reach::Direct,
            span: None,
            placed: true,
            flow: Flow::default(),
            files: BTreeMap::new(),
            links: BTreeMap::new(),
            left: BTreeMap::new(),
            calls: Vec::new(),
            guess: Guess::Unknown,
            guessed: Guessed::default(),
            readers: Vec::new(),
            multiplied: 0,
            word_flows: Vec::new(),
            changed: false,
            words: Vec::new(),
            descriptors: 0,
        }
    }

    /// Goes to another machine, or into a container. What to come back to.
    pub(super) fn leave(&mut self) -> &'w World<'w> {
        let here = self.world;
        let there: &'w World<'static> = self.there.get_or_init(|| elsewhere(here));
        std::mem::replace(&mut self.world, there)
    }

    pub(super) fn steps(&self) -> u32 {
        self.steps
    }

    /// Takes a step; false when there are none left.
    pub(super) fn step(&mut self) -> bool {
        if self.steps >= BUDGET {
            self.ask("budget", "There is too much in it to look through.");
            return false;
        }
        self.steps += 1;
        true
    }

    /// Takes the steps that many words cost.
    pub(super) fn charge(&mut self, words: usize) {
        let cost = u32::try_from(words / 4).unwrap_or(u32::MAX);
        self.steps = self.steps.saturating_add(cost).min(BUDGET);
    }

    /// Goes one level down the tree; false when it is too deep. Either way the caller comes up again.
    pub(super) fn descend(&mut self) -> bool {
        self.tree += 1;
        if self.tree > DEEPEST_TREE {
            self.ask("too-nested", "Too much in it is nested.");
            return false;
        }
        self.step()
    }

    pub(super) fn ascend(&mut self) {
        self.tree = self.tree.saturating_sub(1);
    }

    pub(super) fn ask(&mut self, code: &str, text: &str) {
        self.report
            .find(Verdict::Ask, code, self.span, text.to_owned());
    }

    pub(super) fn deny(&mut self, code: &str, text: &str) {
        self.report
            .find(Verdict::Deny, code, self.span, text.to_owned());
    }

    pub(super) fn finding(&mut self, mut finding: Finding) {
        if finding.span.is_none() {
            finding.span = self.span;
        }
        self.report.finding(finding);
    }

    /// Enters the place of a node, where it has one of its own.
    pub(super) fn enter(&mut self, at: super::syntax::At) -> Option<Span> {
        let before = self.span;
        if self.placed
            && let Some(span) = at.0
        {
            self.span = Some(span);
        }
        before
    }

    /// Reads a text that is to be run.
    pub(super) fn parse(&mut self, text: &str) -> Result<Script, Unread> {
        let nesting = prescan::scan(text).map_err(|fault| Unread(fault.says()))?;
        self.charge(text.len() / 16);
        parse_caged(text, nesting)
    }
}
