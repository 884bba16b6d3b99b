//! Hands a file or an address to whatever opens such a thing on this computer, and says where nothing did.
//!
//! A launcher such as `xdg-open` starts well in any case, and fails a moment later where no program is set for what it
//! was given. So it is watched for that moment: a press that does nothing and says nothing is worse than a refusal.

use std::io;
use std::process::{Command, Stdio};
use std::time::Duration;

/// A launcher that runs for longer has found a program, and some run it in their own place.
const FAILS_WITHIN: Duration = Duration::from_secs(2);

/// Opens it with the first launcher that takes it.
///
/// # Errors
/// When there is no launcher, or each one failed: what the last one said.
pub(crate) async fn open(what: impl AsRef<std::ffi::OsStr>) -> io::Result<()> {
    with_any(open::commands(what)).await
}

async fn with_any(launchers: impl IntoIterator<Item = Command>) -> io::Result<()> {
    let mut failed = io::Error::from(io::ErrorKind::NotFound);
    for launcher in launchers {
        match with(launcher).await {
            Ok(()) => return Ok(()),
            // That another one is not installed says less than how this one failed.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

async fn with(mut launcher: Command) -> io::Result<()> {
    let quiet = launcher.stdin(Stdio::null()).stdout(Stdio::null());
    quiet.stderr(Stdio::null());
    // What it opens goes on when a terminal ends this app.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut launcher, 0);
    let program = launcher.get_program().to_string_lossy().into_owned();
    let mut running = tokio::process::Command::from(launcher).spawn()?;
    match tokio::time::timeout(FAILS_WITHIN, running.wait()).await {
        Ok(ended) => match ended? {
            status if status.success() => Ok(()),
            status => Err(io::Error::other(format!("{program}: {status}"))),
        },
        Err(_) => Ok(()),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[tokio::test]
    async fn a_launcher_that_fails_opened_nothing_and_the_next_one_is_tried() {
        assert!(with_any([sh("exit 3"), sh("exit 0")]).await.is_ok());
        let missing = Command::new("a-launcher-that-nobody-has");
        let error = with_any([sh("exit 3"), missing]).await.unwrap_err();
        assert!(error.to_string().contains("sh: exit status: 3"), "{error}");
    }

    #[tokio::test]
    async fn where_there_is_no_launcher_that_is_said() {
        let missing = Command::new("a-launcher-that-nobody-has");
        let error = with_any([missing]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
    }

    #[tokio::test]
    async fn a_launcher_that_runs_on_has_opened_it() {
        assert!(with_any([sh("exec sleep 5")]).await.is_ok());
    }
}
