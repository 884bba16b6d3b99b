//! `policy`: try what a policy makes of commands, check a document, simulate a change. Only the simulation needs a
//! gateway: its record is where past actions are.

mod check;
mod corpus;
mod simulate;
mod test;
mod trial;

use std::io::Read;
use std::path::Path;

use super::Context;
use crate::args::{PolicyAction, PolicyArgs};
use crate::failure::Failure;

/// The largest file that is read, in bytes.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

pub(super) async fn run(context: &mut Context<'_>, args: PolicyArgs) -> Result<(), Failure> {
    match args.action {
        PolicyAction::Check {
            on,
            corpus: Some(file),
            ..
        } => corpus::run(context, &on, &file),
        PolicyAction::Check { on, command, .. } => check::run(context, &on, &command),
        PolicyAction::Explain { on, command } => check::explain(context, &on, &command),
        PolicyAction::Test { file, roles } => test::run(context, &file, roles.as_deref()),
        PolicyAction::Simulate {
            since,
            document,
            limit,
        } => simulate::run(context, args.target, since, document.as_deref(), limit).await,
    }
}

/// The text of a file; `-` is stdin.
fn read_text(file: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let named = |error: std::io::Error| {
        Failure::usage(format!("{} cannot be read: {error}", file.display()))
    };
    if file == Path::new("-") {
        std::io::stdin()
            .take(MAX_BYTES)
            .read_to_string(&mut text)
            .map_err(named)?;
    } else {
        let opened = std::fs::File::open(file).map_err(named)?;
        opened
            .take(MAX_BYTES)
            .read_to_string(&mut text)
            .map_err(named)?;
    }
    Ok(text)
}
