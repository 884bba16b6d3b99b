//! The table, by areas.

mod builds;
mod builtins;
mod copies;
mod files;
mod find;
mod network;
mod packages;
mod shells;
mod tasks;
mod text;
mod wrappers;

use super::table::Program;

pub(super) fn all() -> impl Iterator<Item = &'static Program> {
    [
        builds::PROGRAMS,
        builtins::PROGRAMS,
        files::PROGRAMS,
        find::PROGRAMS,
        network::PROGRAMS,
        packages::PROGRAMS,
        shells::PROGRAMS,
        text::PROGRAMS,
        wrappers::PROGRAMS,
    ]
    .into_iter()
    .flatten()
}
