//! Completions and man pages, out of the definition.

use std::path::Path;

use clap::CommandFactory;
use clap_complete::Shell;
use serde_json::json;

use super::Context;
use crate::args::Cli;
use crate::failure::{Failure, FailureKind};

pub(super) fn completions(context: &mut Context<'_>, shell: Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "gatehouse", &mut script);
    context.output.raw(&script)
}

pub(super) fn man(context: &mut Context<'_>, folder: &Path) -> Result<(), Failure> {
    let written = std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), folder));
    written.map_err(|error| {
        let message = format!(
            "man pages cannot be written to {}: {error}",
            folder.display()
        );
        Failure::new(FailureKind::General, "io", message).next("name a folder of yours")
    })?;
    if context.output.is_json() {
        return context.output.value(&json!({ "folder": folder }));
    }
    context
        .output
        .note(&format!("man pages are in {}", folder.display()));
    Ok(())
}
