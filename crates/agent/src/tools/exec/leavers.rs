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

/// How long those that were killed with their group have to be gone.
const DYING: Duration = Duration::from_millis(20);
const LOOKS: u32 = 5;

/// Lets go of a command that has ended: now, where nobody asks whether it runs or nothing is left of it, or else when the
/// last of its processes is gone.
pub(super) async fn let_go(held: Option<Arc<Held>>) {
    let Some(held) = held.filter(Held::is_watched) else {
        return;
    };
    if !cfg!(target_os = "linux") {
        return;
    }
    for _ in 0..LOOKS {
        if !is_left(&held).await {
            return;
        }
        tokio::time::sleep(DYING).await;
    }
    tokio::spawn(async move {
        while Held::is_watched(&held) && is_left(&held).await {
            tokio::time::sleep(ROUND).await;
        }
    });
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
        variables.any(|variable| variable == wanted.as_bytes()) && !is_killed(pid)
    })
}

/// Whether it has only to be let run to be gone: `SIGKILL` waits for it (proc(5), `SigPnd`).
fn is_killed(pid: u32) -> bool {
    const KILL: u64 = 1 << 8;
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let mut pending = status.lines().filter_map(|line| {
        let set = line
            .strip_prefix("SigPnd:")
            .or_else(|| line.strip_prefix("ShdPnd:"))?;
        u64::from_str_radix(set.trim(), 16).ok()
    });
    pending.any(|set| set & KILL != 0)
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
