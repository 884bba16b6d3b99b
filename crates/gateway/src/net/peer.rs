//! A process that an agent's run started has no business with the gateway that governs it: its connection is
//! refused. Best effort, beside the policy that denies a command which names the gateway's port, and beside the
//! environment that holds no token.
//!
//! Linux alone tells which process has a socket: from its number in `/proc/net/tcp` to the process that holds it.
//! The processes of runs are those that begin with the mark of one, and all below them; in a program that takes in
//! orphans they are all processes below this one, whatever environment they gave themselves.

use std::net::SocketAddr;

/// Whether the other end of a connection is a process of an agent's run.
#[cfg(target_os = "linux")]
pub(super) async fn is_of_a_run(from: SocketAddr, to: SocketAddr) -> bool {
    // Another machine's processes are not ours to know; and before the first run there are none.
    if !from.ip().to_canonical().is_loopback() || !gatehouse_agent::tools::exec::has_started() {
        return false;
    }
    let looked = tokio::task::spawn_blocking(move || linux::is_of_a_run(from, to)).await;
    looked.unwrap_or(false)
}

#[cfg(not(target_os = "linux"))]
pub(super) async fn is_of_a_run(_: SocketAddr, _: SocketAddr) -> bool {
    false
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::{HashMap, HashSet};
    use std::fs;
    use std::net::SocketAddr;

    use gatehouse_agent::tools::exec::{RUN_MARK, adopts_orphans};

    pub(super) fn is_of_a_run(from: SocketAddr, to: SocketAddr) -> bool {
        let Some(inode) = socket(from.port(), to.port()) else {
            return false;
        };
        let wanted = format!("socket:[{inode}]");
        processes_of_runs()
            .into_iter()
            .any(|pid| holds(pid, &wanted))
    }

    /// The number of the socket whose own port is `from` and whose other end is `to`.
    fn socket(from: u16, to: u16) -> Option<u64> {
        ["/proc/net/tcp", "/proc/net/tcp6"]
            .iter()
            .find_map(|table| {
                let text = fs::read_to_string(table).ok()?;
                text.lines().skip(1).find_map(|line| {
                    let fields: Vec<&str> = line.split_whitespace().collect();
                    let ends = (port(fields.get(1)?)?, port(fields.get(2)?)?);
                    let inode: u64 = fields.get(9)?.parse().ok()?;
                    (ends == (from, to) && inode > 0).then_some(inode)
                })
            })
    }

    fn port(end: &str) -> Option<u16> {
        u16::from_str_radix(end.rsplit_once(':')?.1, 16).ok()
    }

    /// Those with the mark of a run, in a program that takes in orphans its children, and all below them.
    fn processes_of_runs() -> HashSet<u32> {
        let own = std::process::id();
        let ours = adopts_orphans().then_some(own);
        let mut parents: HashMap<u32, u32> = HashMap::new();
        let mut found: HashSet<u32> = HashSet::new();
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        for pid in entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()) {
            let parent = parent(pid);
            if let Some(parent) = parent {
                parents.insert(pid, parent);
            }
            let is_ours = ours.is_some() && parent == ours;
            if pid != own && (is_ours || is_marked(pid)) {
                found.insert(pid);
            }
        }
        if found.is_empty() {
            return found;
        }
        for pid in parents.keys() {
            let mut above = Some(pid);
            // A cycle cannot be, but the table is read while it changes.
            for _ in 0..64 {
                let Some(one) = above else { break };
                if found.contains(one) {
                    found.insert(*pid);
                    break;
                }
                above = parents.get(one);
            }
        }
        found
    }

    fn parent(pid: u32) -> Option<u32> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name before it can hold anything but ends at the last bracket.
        let after = stat.rsplit_once(')')?.1;
        after.split_whitespace().nth(1)?.parse().ok()
    }

    /// The environment that a process began with. Others' cannot be read, and do not come from a run.
    fn is_marked(pid: u32) -> bool {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let mut variables = environment.split(|byte| *byte == 0);
        variables.any(|variable| {
            let rest = variable.strip_prefix(RUN_MARK.as_bytes());
            rest.is_some_and(|rest| rest.first() == Some(&b'='))
        })
    }

    fn holds(pid: u32, wanted: &str) -> bool {
        let handles = fs::read_dir(format!("/proc/{pid}/fd"))
            .into_iter()
            .flatten();
        handles.flatten().any(|handle| {
            fs::read_link(handle.path()).is_ok_and(|target| target.as_os_str() == wanted)
        })
    }
}
