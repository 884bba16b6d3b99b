//! What goes on when a command has ended: a process that left its group (`setsid`) is not ended with it where it ends by
//! itself, and may still read what was judged. The command counts as running for as long as there is such a one. With a
//! command that is stopped it ends.
//!
//! Such processes are known by the mark that they begin with, as Linux shows it. One that put another in its place, or
//! none (`env -i`), is known in a program that takes in orphans: its parent is gone, so it is a child of this one or
//! below such a child, in a group of its own, and began after the command did. Whose it was of several commands nobody
//! can tell then, so that it counts for each of them. On another system none is found.

use std::collections::{HashMap, HashSet};
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

/// Ends what is left of a command that was stopped: with its group goes what left that. Of those that put another mark in
/// the place of theirs, or none, it ends the ones below one that has it: of the rest nobody can tell whose they are.
pub(super) async fn end(held: Option<&Arc<Held>>) {
    let Some(held) = held.filter(|_| cfg!(target_os = "linux")) else {
        return;
    };
    let mark = held.mark().to_owned();
    // One that cannot be ended is not waited for.
    let _ = tokio::task::spawn_blocking(move || end_all(&mark)).await;
}

/// Looks until there is none several times in a row: one may just have begun another, and one that puts another program
/// in its place shows no mark for a moment.
fn end_all(mark: &str) {
    const BETWEEN: Duration = Duration::from_millis(2);
    const MOST: u32 = 100;
    const QUIET: u32 = 5;
    let mut quiet = 0;
    for _ in 0..MOST {
        let found = marked_and_below(mark);
        quiet = if found.is_empty() { quiet + 1 } else { 0 };
        if quiet == QUIET {
            return;
        }
        found.into_iter().for_each(kill);
        std::thread::sleep(BETWEEN);
    }
}

fn marked_and_below(mark: &str) -> Vec<u32> {
    let all = processes();
    let wanted = format!("{}={mark}", super::RUN_MARK);
    let marked: HashSet<u32> = all
        .keys()
        .copied()
        .filter(|pid| mark_of(*pid).as_ref() == Some(&wanted))
        .collect();
    let is_of_it = |pid: u32| {
        let above = std::iter::successors(Some(pid), |one| all.get(one).map(|one| one.parent));
        // The table is read while it changes, so that it may have a circle.
        above.take(64).any(|one| marked.contains(&one))
    };
    let found = all.keys().copied().filter(|pid| is_of_it(*pid));
    found.filter(|pid| !is_killed(*pid)).collect()
}

#[cfg(unix)]
fn kill(pid: u32) {
    use rustix::process::{Pid, Signal, kill_process};
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // One that is gone already is what was wanted.
        let _ = kill_process(pid, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn kill(_: u32) {}

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
