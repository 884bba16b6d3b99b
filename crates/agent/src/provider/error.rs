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
    /// It failed too often a short while ago; not asked.
    #[error("the model provider failed repeatedly and is left alone for {} s", .0.as_secs())]
    CircuitOpen(Duration),
    /// No provider or model has this name.
    #[error("there is no model {0} in the configuration")]
    UnknownModel(String),
}

impl ProviderError {
    /// The same call may succeed a little later.
    pub fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Unreachable(_) | Self::Silent(_) | Self::Busy { .. } | Self::Unreadable(_)
        )
    }

    /// Another model may succeed with the same conversation.
    pub fn another_model_may_help(&self) -> bool {
        !matches!(self, Self::ContextOverflow(_))
    }
}
