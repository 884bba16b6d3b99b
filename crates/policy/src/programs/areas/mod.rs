//! The table, by areas.

mod archives;
mod backups;
mod below;
mod builds;
mod builtins;
mod cloud;
mod containers;
mod copies;
mod data;
mod files;
mod find;
mod git;
mod git_config;
mod lists;
mod makefiles;
mod markup;
mod network;
mod outward;
mod packages;
mod patches;
mod shells;
mod system;
mod tasks;
mod text;
mod tools;
mod wrappers;

pub(super) use builds::framework;
pub(super) use lists::counts;
pub(super) use makefiles::is_plain as is_plain_makefile;
pub(super) use outward::by_name as outward;
pub(super) use system::{is_ours, names_a_port};

use super::table::Program;

pub(super) fn all() -> impl Iterator<Item = &'static Program> {
    [
        archives::PROGRAMS,
        builds::PROGRAMS,
        builtins::PROGRAMS,
        cloud::PROGRAMS,
        containers::PROGRAMS,
        data::PROGRAMS,
        files::PROGRAMS,
        find::PROGRAMS,
        git::PROGRAMS,
        markup::PROGRAMS,
        network::PROGRAMS,
        packages::PROGRAMS,
        shells::PROGRAMS,
        system::PROGRAMS,
        text::PROGRAMS,
        tools::PROGRAMS,
        wrappers::PROGRAMS,
    ]
    .into_iter()
    .flatten()
}
