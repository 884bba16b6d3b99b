//! Processes whose parent is gone. A process that forks twice is nobody's child any more, and with a cleared
//! environment it has no mark of a run either. Linux lets this process take such orphans in, so that whatever a run
//! started stays below it, by whatever way it left.
//!
//! For a program that is a gateway and starts nothing that has to reach it: every process below it counts as a run's.

/// Takes in orphans from now on, for as long as this process lives, and ends the wait of those that have died.
/// Without Linux it does nothing.
pub fn adopt_orphans() {
    #[cfg(target_os = "linux")]
    linux::adopt();
}

/// Whether orphans are taken in, so that every process below this one is known.
pub fn adopts_orphans() -> bool {
    #[cfg(target_os = "linux")]
    return linux::ADOPTS.load(std::sync::atomic::Ordering::Relaxed);
    #[cfg(not(target_os = "linux"))]
    false
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeSet;
    use std::fs;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::thread;
    use std::time::Duration;

    use rustix::process::{Pid, WaitOptions, getpid, set_child_subreaper, waitpid};

    pub(super) static ADOPTS: AtomicBool = AtomicBool::new(false);

    /// How often the dead are looked for. One that is somebody's here is waited for long before it is seen twice.
    const ROUND: Duration = Duration::from_secs(60);

    pub(super) fn adopt() {
        // Only whether there is one counts.
        if let Err(error) = set_child_subreaper(Some(getpid())) {
            tracing::warn!(%error, "processes that leave a run cannot be followed");
            return;
        }
        if ADOPTS.swap(true, Ordering::Relaxed) {
            return;
        }
        let reaper = thread::Builder::new().name("orphans".to_owned());
        if let Err(error) = reaper.spawn(|| reap(ROUND)) {
            tracing::warn!(%error, "processes that died after their run stay listed");
        }
    }

    fn reap(round: Duration) {
        let mut seen = BTreeSet::new();
        loop {
            thread::sleep(round);
            seen = reap_once(&seen);
        }
    }

    /// Ends the wait of those that were dead already the last time. Says who is dead now.
    pub(super) fn reap_once(seen: &BTreeSet<Dead>) -> BTreeSet<Dead> {
        let dead = dead_children();
        for one in dead.intersection(seen) {
            let pid = i32::try_from(one.pid).ok().and_then(Pid::from_raw);
            // One that somebody waited for meanwhile is what was wanted.
            let _ = waitpid(pid, WaitOptions::NOHANG);
        }
        dead
    }

    /// A process, and when it began: numbers are used again.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub(super) struct Dead {
        pub(super) pid: u32,
        began: u64,
    }

    fn dead_children() -> BTreeSet<Dead> {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter_map(|pid| dead_child(pid, std::process::id()))
            .collect()
    }

    fn dead_child(pid: u32, of: u32) -> Option<Dead> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // proc(5): after the name, which ends at the last bracket, come the state, the parent, and as the twentieth
        // the time it began.
        let after = stat.rsplit_once(')')?.1;
        let fields: Vec<&str> = after.split_whitespace().collect();
        let is_dead = fields.first() == Some(&"Z");
        let parent: u32 = fields.get(1)?.parse().ok()?;
        let began = fields.get(19)?.parse().ok()?;
        (is_dead && parent == of).then_some(Dead { pid, began })
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn one_that_died_and_that_nobody_waits_for_is_gone_at_the_second_look() {
            let mut child = std::process::Command::new("true").spawn().unwrap();
            let pid = child.id();
            let is_listed = |dead: &BTreeSet<Dead>| dead.iter().any(|one| one.pid == pid);
            let mut first = BTreeSet::new();
            while !is_listed(&first) {
                first = reap_once(&BTreeSet::new());
            }
            let second = reap_once(&first);
            assert!(is_listed(&second), "it was there at the second look");
            assert!(!is_listed(&reap_once(&second)), "and is gone after it");
            assert!(child.wait().is_err(), "there is nobody to wait for");
        }
    }
}
