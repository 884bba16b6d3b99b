//! The ways a model call fails, and what may be done about each.

use std::time::Duration;

use thiserror::Error;

/// A model call failed.
#[derive(Clone, Debug, Error)]
pub enum ProviderError {
    /// The provider could not be reached, or the connection broke.
    #[error("the model provider cannot be reached: {0}")]
    Unreachable(String),
    /// It said nothing for too long.
    #[error("the model provider sent nothing for {} s", .0.as_secs())]
    Silent(Duration),
    /// It is busy or limits the rate.
    #[error("the model provider is busy (status {status}): {message}")]
    Busy {
        status: u16,
        message: String,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
    /// Something went wrong at its side.
    #[error("the model provider failed (status {status}): {message}")]
    Broken { status: u16, message: String },
    /// It began to answer, and then sent an error.
    #[error("the model provider ended its answer with an error: {0}")]
    BrokeOff(String),
    /// It does not accept the key.
    #[error("the model provider refused the credentials (status {status}): {message}")]
    Unauthorized { status: u16, message: String },
    /// Its key is a credential that may not be used now; it was not asked.
    #[error("the key of the model provider cannot be used: {0}")]
    KeyRefused(String),
    /// The context is larger than the model takes.
    #[error("the conversation is too long for the model: {0}")]
    ContextOverflow(String),
    /// It refused the request for another reason.
    #[error("the model provider refused the request: {0}")]
    Refused(String),
    /// Its answer makes no sense.
    #[error("the model provider's answer cannot be read: {0}")]
    Unreadable(String),
    /// It holds its answer back, all or the rest of it.
    #[error("the provider withheld the answer")]
    Withheld,
    /// Its answer has no word in it.
    #[error("the model answered nothing")]
    Nothing,
    /// The longest answer was reached before the first word of it: by thinking, most often.
    #[error("the model answered nothing: the length limit was reached before its first word")]
    CutAtOnce,
    /// It failed too often a short while ago; not asked.
    #[error(
        "{provider} failed repeatedly and is tried again in {} s; the last failure: {last}",
        seconds(.wait)
    )]
    CircuitOpen {
        provider: String,
        /// In words.
        last: String,
        wait: Duration,
    },
    /// No provider or model has this name.
    #[error("there is no model {0} in the configuration")]
    UnknownModel(String),
}

impl ProviderError {
    /// The stream is over, and its answer is not.
    pub(crate) fn ended_early() -> Self {
        Self::Unreadable("the stream ended before the answer did".to_owned())
    }

    /// The same call may succeed a little later.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_)
                | Self::Silent(_)
                | Self::Busy { .. }
                | Self::Broken { .. }
                | Self::BrokeOff(_)
                | Self::Unreadable(_)
        )
    }
}

/// Whole seconds, never fewer than there are.
fn seconds(wait: &Duration) -> u64 {
    wait.as_millis()
        .div_ceil(1_000)
        .try_into()
        .unwrap_or(u64::MAX)
}
