//! `gatehouse`: the headless gateway and every operation from a terminal.
//!
//! This file only wires: definition (`args`) → target and credentials (`dial`) → one command (`commands`) →
//! what is printed (`output`). Every failure is a [`failure::Failure`] with an exit status and a next step.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod args;
mod commands;
mod dial;
mod environment;
mod failure;
mod output;
mod problem_words;
mod server;

use std::process::ExitCode;

use clap::Parser;

use args::Cli;
use environment::Environment;
use failure::Failure;
use output::Output;

/// A gateway allocates in many small pieces from two threads at once, for which this one takes less time than the
/// system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // Where it cannot be helped, a command works all the same.
    let _ = gatehouse_vault::process::leave_no_core_dumps();
    let environment = Environment::of_this_process();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return misused(&error, &environment),
    };
    let mut output = Output::to_terminal(cli.json, &environment);
    let command = match cli.placed() {
        Ok(command) => command,
        Err(failure) => return failed(&failure, &output),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(commands::run(command, &environment, &mut output)),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failed(&failure, &output),
    }
}

fn failed(failure: &Failure, output: &Output) -> ExitCode {
    output.failure(failure);
    ExitCode::from(failure.kind.status())
}

/// A line that is no command, or one that asks for help.
fn misused(error: &clap::Error, environment: &Environment) -> ExitCode {
    let wants_json = std::env::args_os()
        .take_while(|argument| argument != "--")
        .any(|argument| argument == "--json");
    if !wants_json || !error.use_stderr() {
        error.exit();
    }
    let words = error.to_string();
    let mut parts = words.split("\n\n");
    let what = parts.next().unwrap_or_default();
    let what = what.trim_start_matches("error: ").trim();
    let failure = Failure::usage(what).next("`--help` behind the command has its options");
    failed(&failure, &Output::to_terminal(true, environment))
}
