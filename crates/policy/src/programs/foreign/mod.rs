//! PowerShell and cmd.

use super::Reading;
use super::reader::Reader;
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
