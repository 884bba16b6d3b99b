//! Redacts a text that comes in chunks: a secret is found wherever the border between two falls.
//!
//! What may be the beginning of a secret is held back until it is decided, and nothing else is.

use std::ops::Range;
use std::sync::Arc;

use super::patterns::{Patterns, Reader};
use super::{REDACTED, Redactor};

/// Takes secrets out of chunks. At the end, [`RedactingStream::finish`] gives what was held back.
pub struct RedactingStream {
    redactor: Redactor,
    patterns: Arc<Patterns>,
    readers: Vec<Reader>,
    /// What is not decided yet.
    held: Vec<u8>,
    /// Where secrets stand in it: in order, none touching inside of another.
    covered: Vec<Range<usize>>,
    /// The first of them has been told already.
    told: bool,
}

impl RedactingStream {
    pub(super) fn new(redactor: Redactor) -> Self {
        let patterns = redactor.patterns();
        Self {
            readers: patterns.readers(),
            patterns,
            redactor,
            held: Vec::new(),
            covered: Vec::new(),
            told: false,
        }
    }

    /// Takes the next chunk and adds to `out` what is decided.
    pub fn push(&mut self, chunk: &[u8], out: &mut Vec<u8>) {
        self.follow();
        if self.readers.is_empty() {
            out.append(&mut self.held);
            out.extend_from_slice(chunk);
            return;
        }
        self.read(chunk);
        let held = &self.held;
        let undecided = self.readers.iter_mut().map(|one| one.undecided(held)).min();
        self.release(undecided.unwrap_or(self.held.len()), out);
    }

    /// Ends the text and adds the rest to `out`. The stream may then be used for another one.
    pub fn finish(&mut self, out: &mut Vec<u8>) {
        self.readers = self.patterns.readers();
        self.release(self.held.len(), out);
    }

    /// Takes over what the redactor learned meanwhile: what is held is read again.
    fn follow(&mut self) {
        let patterns = self.redactor.patterns();
        if Arc::ptr_eq(&patterns, &self.patterns) {
            return;
        }
        self.readers = patterns.readers();
        self.patterns = patterns;
        self.covered.truncate(usize::from(self.told));
        let held = std::mem::take(&mut self.held);
        self.read(&held);
    }

    fn read(&mut self, chunk: &[u8]) {
        self.held.reserve(chunk.len());
        for &byte in chunk {
            let at = self.held.len();
            self.held.push(byte);
            for reader in &mut self.readers {
                if let Some(start) = reader.take(byte, at) {
                    cover(&mut self.covered, start..at + 1);
                }
            }
        }
    }

    /// Gives the first `count` bytes that are held.
    fn release(&mut self, count: usize, out: &mut Vec<u8>) {
        let mut at = 0;
        let mut left = Vec::new();
        for (index, range) in self.covered.drain(..).enumerate() {
            if range.start >= count {
                left.push(range.start - count..range.end - count);
                continue;
            }
            out.extend_from_slice(&self.held[at..range.start]);
            if !(index == 0 && std::mem::take(&mut self.told)) {
                out.extend_from_slice(REDACTED.as_bytes());
            }
            at = range.end.min(count);
            if range.end > count {
                // It has been told, and may still grow together with one that is not whole yet.
                left.push(0..range.end - count);
                self.told = true;
            }
        }
        out.extend_from_slice(&self.held[at..count]);
        self.covered = left;
        self.held.drain(..count);
        self.readers.iter_mut().for_each(|one| one.forget(count));
    }
}

/// Adds a place, together with those that it overlaps.
fn cover(covered: &mut Vec<Range<usize>>, mut place: Range<usize>) {
    while let Some(last) = covered.last()
        && last.end > place.start
    {
        place.start = place.start.min(last.start);
        place.end = place.end.max(last.end);
        covered.pop();
    }
    covered.push(place);
}
