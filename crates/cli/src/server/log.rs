//! The log of a headless gateway: lines on stderr, with every known secret taken out. `GATEHOUSE_LOG` filters it, in
//! the way of `RUST_LOG`.

use std::io::IsTerminal;

use gatehouse_vault::Redactor;
use tracing_subscriber::EnvFilter;

use crate::environment::Environment;

/// Starts it. `json`: a line of JSON for each event.
pub(crate) fn start(environment: &Environment, redactor: &Redactor, json: bool) {
    let wanted = environment.get("GATEHOUSE_LOG").unwrap_or("info");
    let filter = EnvFilter::try_new(wanted).unwrap_or_else(|_| EnvFilter::new("info"));
    let redactor = redactor.clone();
    let colour = std::io::stderr().is_terminal() && environment.get("NO_COLOR").is_none();
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(colour && !json)
        .with_writer(move || redactor.writer(std::io::stderr()));
    // A second start in one process keeps the first one's log.
    let _ = if json {
        log.json().try_init()
    } else {
        log.try_init()
    };
}
