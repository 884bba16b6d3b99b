//! The automata that look for secrets, and a reader that walks one over a text.

use std::sync::Arc;

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, BuildError};

use super::forms::{Form, Forms};
use super::masked::Masked;

/// What is looked for. Without any secret there is nothing.
#[derive(Default)]
pub(super) struct Patterns {
    automata: Vec<Searcher>,
}

/// One automaton and how it is read with.
#[derive(Clone)]
struct Searcher {
    automaton: Arc<NFA>,
    start: StateID,
    skips_space: bool,
}

impl Patterns {
    pub(super) fn of<'a>(secrets: impl Iterator<Item = &'a Masked>) -> Result<Self, BuildError> {
        let mut forms = Forms::default();
        for secret in secrets {
            forms.add(secret.reveal().expose());
        }
        let forms = forms.sorted();
        let mut automata = Vec::new();
        for (forms, skips_space) in [(&forms.exact, false), (&forms.loose, true)] {
            if !forms.is_empty() {
                automata.push(Searcher::build(forms, skips_space)?);
            }
        }
        Ok(Self { automata })
    }

    /// Whether there is a secret in it.
    pub(super) fn find(&self, bytes: &[u8]) -> bool {
        self.automata.iter().any(|one| one.find(bytes))
    }

    /// A reader for each automaton, at the beginning of a text.
    pub(super) fn readers(&self) -> Vec<Reader> {
        let reader = |one: &Searcher| Reader {
            state: one.start,
            searcher: one.clone(),
            read: Vec::new(),
        };
        self.automata.iter().map(reader).collect()
    }
}

impl Searcher {
    fn build(forms: &[Form], skips_space: bool) -> Result<Self, BuildError> {
        // A prefilter would keep the patterns in one piece. The kind of match is the default, which reports
        // every pattern that ends at a place.
        let automaton = NFA::builder()
            .prefilter(false)
            .build(forms.iter().map(|form| form.as_slice()))?;
        let start = automaton.start_state(Anchored::No);
        let start = start.expect("both kinds of start are built by default");
        Ok(Self {
            automaton: Arc::new(automaton),
            start,
            skips_space,
        })
    }

    fn skips(&self, byte: u8) -> bool {
        self.skips_space && byte.is_ascii_whitespace()
    }

    fn next(&self, state: StateID, byte: u8) -> StateID {
        self.automaton.next_state(Anchored::No, state, byte)
    }

    fn find(&self, bytes: &[u8]) -> bool {
        let mut state = self.start;
        bytes.iter().filter(|byte| !self.skips(**byte)).any(|byte| {
            state = self.next(state, *byte);
            self.automaton.is_match(state)
        })
    }

    /// The length of the longest pattern that ends in this state.
    fn longest(&self, state: StateID) -> Option<usize> {
        if !self.automaton.is_match(state) {
            return None;
        }
        let lengths = (0..self.automaton.match_len(state))
            .map(|index| self.automaton.match_pattern(state, index))
            .map(|pattern| self.automaton.pattern_len(pattern));
        lengths.max()
    }
}

/// Walks an automaton over a text that comes in pieces.
pub(super) struct Reader {
    searcher: Searcher,
    state: StateID,
    /// Where the bytes stand that were read and may yet be a part of a secret, oldest first.
    read: Vec<usize>,
}

impl Reader {
    /// Takes a byte that stands at `at`; gives where the longest secret begins that it ends.
    pub(super) fn take(&mut self, byte: u8, at: usize) -> Option<usize> {
        if self.searcher.skips(byte) {
            return None;
        }
        self.state = self.searcher.next(self.state, byte);
        self.read.push(at);
        let length = self.searcher.longest(self.state)?;
        let first = self.read.len().checked_sub(length)?;
        self.read.get(first).copied()
    }

    /// From where on a secret may have begun that is not yet whole. `text` is what the positions mean.
    pub(super) fn undecided(&mut self, text: &[u8]) -> usize {
        let depth = self.depth(text);
        self.read.drain(..self.read.len() - depth);
        self.read.first().copied().unwrap_or(text.len())
    }

    /// The first `count` bytes of the text are gone.
    pub(super) fn forget(&mut self, count: usize) {
        for at in &mut self.read {
            *at -= count;
        }
    }

    /// How many of the last bytes are the beginning of a pattern: the fewest that lead to the same state. More
    /// lead there too, so it can be halved towards; it is small nearly always, so it is doubled up to first.
    fn depth(&self, text: &[u8]) -> usize {
        if self.state == self.searcher.start {
            return 0;
        }
        let leads_here = |count: usize| {
            let last = &self.read[self.read.len() - count..];
            let step = |state, at: &usize| self.searcher.next(state, text[*at]);
            last.iter().fold(self.searcher.start, step) == self.state
        };
        let most = self.read.len();
        let mut enough = 1;
        while enough < most && !leads_here(enough) {
            enough = (enough * 2).min(most);
        }
        let mut too_few = enough / 2;
        while enough - too_few > 1 {
            let middle = too_few + (enough - too_few) / 2;
            if leads_here(middle) {
                enough = middle;
            } else {
                too_few = middle;
            }
        }
        enough.min(most)
    }
}
