//! What the code does to its arguments, so that whoever knows them can judge them.

use super::Seen;
use crate::place::Access;
use crate::programs::reader::Reader;

/// The names by which code looks at what it is called with.
pub(super) fn is_arguments(name: &str) -> bool {
    matches!(
        name,
        "ARGV" | "@ARGV" | "$ARGV" | "argv" | "$argv" | "shift" | "ARGF"
    )
}

pub(super) fn note(reader: &mut Reader<'_>, seen: &Seen) {
    if !seen.arguments {
        return;
    }
    reader.code_runs_arguments |= seen.runs_unknown;
    if seen.writes_unknown {
        reader.code_changes_arguments.push(Access::Write);
    }
    if let Some(all) = seen.deletes_unknown {
        let access = if all {
            Access::DeleteAll
        } else {
            Access::Delete
        };
        reader.code_changes_arguments.push(access);
    }
}
