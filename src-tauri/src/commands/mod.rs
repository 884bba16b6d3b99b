//! What the page may call, one file per area. A command takes typed input, calls the fleet or the shell,
//! and maps the error; anything more is in the wrong place.

pub(crate) mod app;
pub(crate) mod chat;
pub(crate) mod gateways;
pub(crate) mod governance;
pub(crate) mod inbox;
pub(crate) mod secrets;
pub(crate) mod sessions;

use gatehouse_fleet::view::CommandError;

/// What every command answers.
pub(crate) type Answer<T> = Result<T, CommandError>;

/// An error of the shell's own, for what is no business of the fleet.
pub(crate) fn refused(code: &str, message: impl Into<String>) -> CommandError {
    CommandError {
        code: code.to_owned(),
        message: message.into(),
        retryable: false,
    }
}
