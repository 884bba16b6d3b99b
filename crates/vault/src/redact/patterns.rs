//! The automata that look for secrets, and a reader that walks one over a text.

use std::sync::Arc;

use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::nfa::contiguous::NFA;
use aho_corasick::{Anchored, BuildError};

use super::forms::{Form, Forms};
use super::layout::{Columns, Layout, Part};
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
    reads: Reads,
}

/// What of a text is read.
#[derive(Clone, Copy)]
enum Reads {
    All,
    /// All but white space.
    Loose,
    /// The digits of a dump.
    Dump(Layout),
    /// All that stands behind the addresses of a dump.
    Columns(Columns),
}

impl Patterns {
    pub(super) fn of<'a>(secrets: impl Iterator<Item = &'a Masked>) -> Result<Self, BuildError> {
        let mut forms = Forms::default();
        for secret in secrets {
            forms.add(secret.reveal().expose());
        }
        let forms = forms.sorted();
        let mut automata = Vec::new();
        if !forms.exact.is_empty() {
            automata.push(Searcher::build(&forms.exact, Reads::All)?);
        }
        if !forms.loose.is_empty() {
            let loose = Searcher::build(&forms.loose, Reads::Loose)?;
            for reads in [
                Reads::Dump(Layout::default()),
                Reads::Columns(Columns::default()),
            ] {
                automata.push(Searcher {
                    reads,
                    ..loose.clone()
                });
            }
            automata.push(loose);
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
            beside: None,
            skipped: 0,
        };
        self.automata.iter().map(reader).collect()
    }
}

impl Searcher {
    fn build(forms: &[Form], reads: Reads) -> Result<Self, BuildError> {
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
            reads,
        })
    }

    fn next(&self, state: StateID, byte: u8) -> StateID {
        self.automaton.next_state(Anchored::No, state, byte)
    }

    fn find(&self, bytes: &[u8]) -> bool {
        let (mut state, mut reads) = (self.start, self.reads);
        bytes.iter().any(|byte| match reads.take(*byte) {
            Part::Read => {
                state = self.next(state, *byte);
                self.automaton.is_match(state)
            }
            Part::Beside | Part::LineEnd => false,
            Part::Foreign => {
                state = self.start;
                false
            }
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

impl Reads {
    /// What a byte is to the search: a part of what may be a secret, as a digit is, or not.
    fn take(&mut self, byte: u8) -> Part {
        match self {
            Self::Loose if byte.is_ascii_whitespace() => Part::Beside,
            Self::All | Self::Loose => Part::Read,
            Self::Dump(layout) => layout.take(byte),
            Self::Columns(columns) => columns.take(byte),
        }
    }
}

/// What stands beside the digits in a dump, at most: more than any of the programs writes. After a secret was found in a
/// line, the rest of the line has it once more as characters, and so much of it is taken out as well.
const LONGEST_REST: usize = 1_024;

/// Walks an automaton over a text that comes in pieces.
pub(super) struct Reader {
    searcher: Searcher,
    state: StateID,
    /// Where the bytes stand that were read and may yet be a part of a secret, oldest first.
    read: Vec<usize>,
    /// In a line of a dump that held the end of a secret: where that secret begins, and how much of the rest of the
    /// line is still to be taken out.
    beside: Option<(usize, usize)>,
    /// How many bytes were not read since one was.
    skipped: usize,
}

impl Reader {
    /// Takes a byte that stands at `at`; gives where the longest secret begins that it ends.
    pub(super) fn take(&mut self, byte: u8, at: usize) -> Option<usize> {
        match self.searcher.reads.take(byte) {
            Part::Read => self.read(byte, at).or_else(|| self.rest_of_line()),
            Part::Beside => self.skip().and_then(Self::rest_of_line),
            Part::LineEnd => {
                self.beside = None;
                self.skip().and(None)
            }
            Part::Foreign => self.reset(),
        }
    }

    /// Goes on behind a byte that is none of what is read, unless there were too many.
    fn skip(&mut self) -> Option<&mut Self> {
        let bounded = matches!(self.searcher.reads, Reads::Dump(_) | Reads::Columns(_));
        self.skipped += 1;
        if bounded && self.skipped > LONGEST_REST {
            self.reset();
            return None;
        }
        Some(self)
    }

    fn reset(&mut self) -> Option<usize> {
        self.state = self.searcher.start;
        self.read.clear();
        self.beside = None;
        None
    }

    fn read(&mut self, byte: u8, at: usize) -> Option<usize> {
        self.skipped = 0;
        self.state = self.searcher.next(self.state, byte);
        self.read.push(at);
        let length = self.searcher.longest(self.state)?;
        let first = self.read.len().checked_sub(length)?;
        let begins = self.read.get(first).copied()?;
        if matches!(self.searcher.reads, Reads::Dump(_)) {
            self.beside = Some((begins, LONGEST_REST));
        }
        Some(begins)
    }

    fn rest_of_line(&mut self) -> Option<usize> {
        let (begins, left) = self.beside?;
        self.beside = left.checked_sub(1).map(|left| (begins, left));
        Some(begins)
    }

    /// From where on a secret may have begun that is not yet whole. `text` is what the positions mean.
    pub(super) fn undecided(&mut self, text: &[u8]) -> usize {
        let depth = self.depth(text);
        self.read.drain(..self.read.len() - depth);
        let open = self.read.first().copied().unwrap_or(text.len());
        let beside = self.beside.map_or(text.len(), |(begins, _)| begins);
        open.min(beside)
    }

    /// The first `count` bytes of the text are gone.
    pub(super) fn forget(&mut self, count: usize) {
        for at in &mut self.read {
            *at -= count;
        }
        if let Some((begins, _)) = &mut self.beside {
            *begins -= count;
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
