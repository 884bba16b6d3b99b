//! What goes on when a command has ended: a process that left its group (`setsid`) is not ended with it, and may still
//! read what was judged. The command counts as running for as long as there is such a one.
//!
//! Such processes are known by the mark that they begin with, as Linux shows it. One that put another in its place, or
//! none (`env -i`), is known in a program that takes in orphans: its parent is gone, so it is a child of this one or
//! below such a child, in a group of its own, and began after the command did. Whose it was of several commands nobody
//! can tell then, so that it counts for each of them. On another system none is found.

use std::collections::HashMap;
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
    let looked = tokio::task::spawn_blocking(move || is_any_left(held.mark(), held.began()));
    looked.await.unwrap_or(false)
}

/// When a command that is started now begins, in what Linux counts the begin of processes in. None where those without
/// a mark are not known anyway.
pub(super) fn now() -> Option<u64> {
    // A clock would have to be the system's own since it went up; what has just begun knows it.
    let read = || std::fs::read_to_string("/proc/thread-self/stat").ok();
    if !super::orphans::adopts_orphans() {
        return None;
    }
    let stat = std::thread::spawn(read).join().ok()??;
    Process::of(&stat).map(|own| own.began)
}

fn is_any_left(mark: &str, began: Option<u64>) -> bool {
    let all = processes();
    let wanted = format!("{}={mark}", super::RUN_MARK);
    let is_of_it = |(pid, process): (&u32, &Process)| match mark_of(*pid) {
        Some(found) => found == wanted,
        None => began.is_some_and(|began| process.began >= began && is_adopted(*pid, &all)),
    };
    all.iter().any(|one| is_of_it(one) && !is_killed(*one.0))
}

/// A process as its `stat` has it.
struct Process {
    is_dead: bool,
    parent: u32,
    group: u32,
    began: u64,
}

impl Process {
    /// proc(5): after the name, which ends at the last bracket, come the state, the parent, the group, and as the
    /// twentieth the time it began.
    fn of(stat: &str) -> Option<Self> {
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        Some(Self {
            is_dead: matches!(*fields.first()?, "Z" | "X"),
            parent: fields.get(1)?.parse().ok()?,
            group: fields.get(2)?.parse().ok()?,
            began: fields.get(19)?.parse().ok()?,
        })
    }
}

fn processes() -> HashMap<u32, Process> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let read = |pid: u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        Some((pid, Process::of(&stat)?))
    };
    let alive = pids
        .filter_map(read)
        .filter(|(_, process)| !process.is_dead);
    alive.collect()
}

/// Whether one without a mark is below this program and no run of which it is known is between. What this program starts
/// for itself stays in its group.
fn is_adopted(pid: u32, all: &HashMap<u32, Process>) -> bool {
    let own = std::process::id();
    let of = |pid: u32| all.get(&pid);
    let is_in_own_group = of(own).map(|own| own.group) == of(pid).map(|one| one.group);
    let mut above = of(pid).map(|one| one.parent);
    // The table is read while it changes, so that it may have a circle.
    for _ in 0..64 {
        match above {
            Some(parent) if parent == own => return pid != own && !is_in_own_group,
            Some(parent) if mark_of(parent).is_none() => above = of(parent).map(|one| one.parent),
            _ => return false,
        }
    }
    false
}

/// The mark that a process began with. Of others' processes it cannot be read. Of the dead it is empty.
fn mark_of(pid: u32) -> Option<String> {
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let mut variables = environment.split(|byte| *byte == 0);
    let found = variables.find(|variable| {
        let rest = variable.strip_prefix(super::RUN_MARK.as_bytes());
        rest.is_some_and(|rest| rest.first() == Some(&b'='))
    })?;
    Some(String::from_utf8_lossy(found).into_owned())
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
        assert!(!is_any_left(&mark, None));
        let mut child = std::process::Command::new("sleep")
            .arg("60")
            .env(super::super::RUN_MARK, &mark)
            .spawn()
            .unwrap();
        assert!(is_any_left(&mark, None));
        assert!(!is_any_left(&format!("{mark}0"), None), "another run's");
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!is_any_left(&mark, None));
    }
}
