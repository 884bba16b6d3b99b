//! The signal that ends a run early, with the reason that came first.

use std::sync::OnceLock;

use tokio_util::sync::CancellationToken;

use super::request::{AbortCause, RunStatus};

/// Why a run ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StopCause {
    Abort(AbortCause),
    TimedOut,
}

impl StopCause {
    pub(crate) fn status(self) -> RunStatus {
        match self {
            Self::Abort(cause) => RunStatus::Aborted(cause),
            Self::TimedOut => RunStatus::TimedOut,
        }
    }

    /// For the transcript.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::Abort(AbortCause::Requested) => "The run was stopped on request.",
            Self::Abort(AbortCause::Interrupted) => "The run was stopped for a newer message.",
            Self::Abort(AbortCause::Shutdown) => "The run was stopped because the gateway stops.",
            Self::TimedOut => "The run reached its time limit.",
        }
    }
}

/// Shared by a run and those who may stop it.
#[derive(Default)]
pub(crate) struct StopSignal {
    token: CancellationToken,
    cause: OnceLock<StopCause>,
}

impl StopSignal {
    /// The first cause stays.
    pub(crate) fn stop(&self, cause: StopCause) {
        let _ = self.cause.set(cause);
        self.token.cancel();
    }

    pub(crate) fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Why it was stopped, if it was.
    pub(crate) fn cause(&self) -> Option<StopCause> {
        self.cause.get().copied()
    }
}
