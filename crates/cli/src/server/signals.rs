//! What tells a process to end.

use crate::failure::Failure;

/// Waits until somebody wants it to end, and says how they said so.
#[cfg(unix)]
pub(crate) async fn signalled() -> Result<&'static str, Failure> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => {
            interrupted?;
            Ok("interrupted")
        }
        _ = terminate.recv() => Ok("asked to end"),
        _ = hang_up.recv() => Ok("the terminal went away"),
    }
}

#[cfg(not(unix))]
pub(crate) async fn signalled() -> Result<&'static str, Failure> {
    tokio::signal::ctrl_c().await?;
    Ok("interrupted")
}
