//! The table, by areas.

mod builtins;
mod copies;
mod files;
mod text;
mod wrappers;

use super::table::Program;

pub(super) fn all() -> impl Iterator<Item = &'static Program> {
    [
        builtins::PROGRAMS,
        files::PROGRAMS,
        text::PROGRAMS,
        wrappers::PROGRAMS,
    ]
    .into_iter()
    .flatten()
}
