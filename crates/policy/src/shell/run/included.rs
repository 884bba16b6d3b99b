//! Files that a compiler reads because the code that it is given says so: `#include`, `.incbin`, `include_str!`.
//!
//! Only code that the line itself holds is looked at; what lies in the workspace is read when it is written.

use super::super::judge::{Input, Judge};
use super::super::scope::{Flow, Scope};
use crate::effect::{EffectKind, Target};
use crate::place::{self, Access};
use crate::programs::{Reading, Stdin};
use crate::word::Word;

#[rustfmt::skip]
const COMPILERS: &[&str] = &[
    "gcc", "g++", "cc", "c++", "clang", "clang++", "cpp", "clang-cpp", "tcc", "as", "gas", "nasm", "yasm", "gfortran",
    "rustc", "groff", "troff", "nroff", "soelim", "mandoc", "dtc", "glslc",
];

/// What stands before the name of a file that is read.
const MARKS: &[&str] = &["include", "incbin", "#embed", "#import", "# embed", ".so "];

/// Of longer code no more is looked through.
const LONGEST: usize = 16 * 1024;

impl Judge<'_> {
    /// Touches the files that code brings in; what they carry.
    pub(super) fn included(
        &mut self,
        argv: &[Word],
        reading: &Reading,
        input: &Input,
        scope: &Scope,
    ) -> Flow {
        let name = place::name(argv.first().and_then(Word::known).unwrap_or_default());
        if !COMPILERS.contains(&name) && !name.ends_with("-gcc") {
            return Flow::default();
        }
        let mut paths: Vec<Word> = Vec::new();
        if let Stdin::Text(Word::Known(code)) = &input.from {
            paths.extend(named_in(code));
        }
        for effect in &reading.effects {
            if let (EffectKind::Read, Target::Path(path)) = (effect.kind, &effect.target)
                && let Some(code) = self.files.get(path).and_then(|held| held.text.known())
            {
                paths.extend(named_in(code));
            }
        }
        let mut flow = Flow::default();
        for path in paths {
            flow.join(self.touch(&path, Access::Read, scope));
        }
        flow
    }
}

/// Paths that lead out of the folder of the code.
fn named_in(code: &str) -> Vec<Word> {
    let lines = code.lines().take_while({
        let mut length = 0;
        move |line| {
            length += line.len();
            length <= LONGEST
        }
    });
    let marked = lines.filter(|line| MARKS.iter().any(|mark| line.contains(mark)));
    let words = marked.flat_map(|line| line.split(['"', '<', '>', '\'', ' ', '\t', '(', ')']));
    let leads_out = |word: &&str| word.starts_with(['/', '~']) || word.contains("..");
    words.filter(leads_out).map(Word::from).collect()
}
