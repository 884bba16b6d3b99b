//! What goes on when a command has ended: a process that left its group (`setsid`) is not ended with it, and may still
//! read what was judged. The command counts as running for as long as there is such a one.
//!
//! Such processes are known by the mark that they begin with, as Linux shows it. One that put another in its place, or
//! none, is not found; neither is any on another system.

use std::sync::Arc;
use std::time::Duration;

use crate::launch::Held;

/// How often is looked whether they are still there.
const ROUND: Duration = Duration::from_secs(1);

/// Lets go of a command that has ended: now, where nobody asks whether it runs, or when the last of its processes is
/// gone.
pub(super) fn let_go(held: Option<Arc<Held>>) {
    let Some(held) = held.filter(|held| Held::is_watched(held)) else {
        return;
    };
    if cfg!(target_os = "linux") {
        tokio::spawn(async move {
            while Held::is_watched(&held) && is_left(&held).await {
                tokio::time::sleep(ROUND).await;
            }
        });
    }
}

/// Whether a process of it is there. Looking reads files.
async fn is_left(held: &Arc<Held>) -> bool {
    let held = held.clone();
    let looked = tokio::task::spawn_blocking(move || is_any_marked(held.mark()));
    looked.await.unwrap_or(false)
}

fn is_any_marked(mark: &str) -> bool {
    let wanted = format!("{}={mark}", super::RUN_MARK);
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let mut pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.any(|pid| {
        // Of others' processes it cannot be read, and they do not come from a run. Of the dead it is empty.
        let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let mut variables = environment.split(|byte| *byte == 0);
        variables.any(|variable| variable == wanted.as_bytes())
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_its_mark_until_it_ends() {
        let mark = format!("test-{}", std::process::id());
        assert!(!is_any_marked(&mark));
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .env(super::super::RUN_MARK, &mark)
            .spawn()
            .unwrap();
        assert!(is_any_marked(&mark));
        assert!(!is_any_marked(&format!("{mark}0")), "another run's");
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!is_any_marked(&mark));
    }
}
