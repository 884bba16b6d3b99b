//! PowerShell and cmd: cut into commands by rules of their own, held against a table of what is denied and a short
//! list of what only reads. Everything else asks.

use super::reader::{Reader, shown_word};
use super::{Reading, Runs};
use crate::verdict::{Finding, Verdict};
use crate::word::Word;
use crate::world::{Dialect, World};

/// Reads a line of PowerShell or of cmd.
pub fn read(_text: &str, _dialect: Dialect, _world: &World<'_>) -> Reading {
    Reading {
        findings: vec![Finding {
            verdict: Verdict::Ask,
            code: "foreign-shell".to_owned(),
            span: None,
            text: "It is not read yet.".to_owned(),
        }],
        known: true,
        ..Reading::default()
    }
}

/// A name that the table does not have.
pub(super) fn by_name(_name: &str, _args: &[Word], _reader: &mut Reader<'_>) {}

/// `pwsh -c LINE` from another shell.
pub(super) fn powershell_line(args: &[Word], reader: &mut Reader<'_>) {
    let text = args.iter().map(shown_word).collect::<Vec<_>>().join(" ");
    reader.out.runs.push(Runs::Script { text: Word::Known(text), dialect: Dialect::PowerShell, elsewhere: false });
}

/// `cmd /c LINE` from another shell.
pub(super) fn cmd_line(args: &[Word], reader: &mut Reader<'_>) {
    let text = args.iter().map(shown_word).collect::<Vec<_>>().join(" ");
    reader.out.runs.push(Runs::Script { text: Word::Known(text), dialect: Dialect::Cmd, elsewhere: false });
}
