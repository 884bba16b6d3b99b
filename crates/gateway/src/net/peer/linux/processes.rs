//! Which processes there are, which of them are of runs, and what they have open.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::thread;
use std::time::Duration;

use gatehouse_agent::tools::exec::{RUN_MARK, adopts_orphans};

/// Whether nobody but root can tell what a process has open: one of another user (`sudo`), one whose program may
/// not be read or that asked for it (prctl(2), `PR_SET_DUMPABLE`), and one whose first thread has ended.
pub(super) fn hides(pid: u32) -> bool {
    let stat = status(pid).unwrap_or_default();
    if stat.trim_start().starts_with('Z') {
        let threads = fs::read_dir(format!("/proc/{pid}/task"));
        return threads.is_ok_and(|threads| threads.count() > 1);
    }
    let handles = fs::read_dir(format!("/proc/{pid}/fd"));
    handles.is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
}

pub(super) fn processes() -> HashSet<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    pids.collect()
}

pub(super) fn held_by(processes: &HashSet<u32>) -> HashSet<u64> {
    let mut held = HashSet::new();
    for pid in processes {
        let handles = fs::read_dir(format!("/proc/{pid}/fd"));
        for handle in handles.into_iter().flatten().flatten() {
            let target = fs::read_link(handle.path()).unwrap_or_default();
            held.extend(target.to_str().and_then(number));
        }
    }
    held
}

fn number(handle: &str) -> Option<u64> {
    let number = handle.strip_prefix("socket:[")?;
    number.strip_suffix(']')?.parse().ok()
}

/// Those with the mark of a run, in a program that takes in orphans its children, and all below them.
pub(super) fn processes_of_runs() -> HashSet<u32> {
    let own = std::process::id();
    let parents: HashMap<u32, Option<u32>> = processes()
        .into_iter()
        .filter(|pid| *pid != own)
        .map(|pid| (pid, parent(pid)))
        .collect();
    let mut found = HashSet::new();
    if adopts_orphans() {
        let children = parents
            .iter()
            .filter(|(_, parent)| **parent == Some(own))
            .map(|(pid, _)| *pid);
        found.extend(children);
        add_those_below(&mut found, &parents);
    }
    // Those found need not be looked at.
    let others = parents.keys().filter(|pid| !found.contains(pid));
    let marked = marked(others.copied().collect());
    found.extend(marked);
    add_those_below(&mut found, &parents);
    found
}

fn add_those_below(found: &mut HashSet<u32>, parents: &HashMap<u32, Option<u32>>) {
    if found.is_empty() {
        return;
    }
    for pid in parents.keys() {
        let mut above = Some(*pid);
        // A cycle cannot be, but the table is read while it changes.
        for _ in 0..64 {
            let Some(one) = above else { break };
            if found.contains(&one) {
                found.insert(*pid);
                break;
            }
            above = parents.get(&one).copied().flatten();
        }
    }
}

fn parent(pid: u32) -> Option<u32> {
    let stat = status(pid)?;
    stat.split_whitespace().nth(1)?.parse().ok()
}

/// What proc(5) tells in `stat`, from the state on. The name before it can hold anything but ends at the last
/// bracket.
fn status(pid: u32) -> Option<String> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    Some(stat.rsplit_once(')')?.1.to_owned())
}

/// How often those are looked at again that do not show their environment, and how long is waited between.
const LOOKS: u32 = 100;
const BETWEEN: Duration = Duration::from_millis(1);

/// Which of them began with the mark. Who never shows its environment is taken for marked.
fn marked(mut unseen: Vec<u32>) -> Vec<u32> {
    let mut found = Vec::new();
    for look in 0..LOOKS {
        if look > 0 {
            thread::sleep(BETWEEN);
        }
        unseen.retain(|pid| match is_marked(*pid) {
            Some(is_marked) => {
                if is_marked {
                    found.push(*pid);
                }
                false
            }
            None => true,
        });
        if unseen.is_empty() {
            break;
        }
    }
    found.extend(unseen);
    found
}

/// Whether a process began with the mark. None between two programs: the one's environment is gone, or gone while
/// it was read, and the other's is not there yet.
fn is_marked(pid: u32) -> Option<bool> {
    // Others' cannot be read, and do not come from a run.
    let Ok(environment) = fs::read(format!("/proc/{pid}/environ")) else {
        return Some(false);
    };
    let mut variables = environment.split(|byte| *byte == 0);
    let is_mark = |variable: &[u8]| {
        let rest = variable.strip_prefix(RUN_MARK.as_bytes());
        rest.is_some_and(|rest| rest.first() == Some(&b'='))
    };
    if variables.any(is_mark) {
        return Some(true);
    }
    // The system's own have no program, nor have those that ended.
    let is_whole = fs::read_link(format!("/proc/{pid}/exe")).is_err()
        || length_of_environment(pid).is_none_or(|length| length == Some(environment.len()));
    is_whole.then_some(false)
}

/// How long the environment is that a process began with. None where there is no process, and of one that is just
/// beginning.
fn length_of_environment(pid: u32) -> Option<Option<usize>> {
    let stat = status(pid)?;
    let fields: Vec<&str> = stat.split_whitespace().collect();
    let at = |place: usize| fields.get(place)?.parse::<usize>().ok();
    // Where its code begins is noted last.
    if at(CODE)? == 0 {
        return Some(None);
    }
    Some(at(ENVIRONMENT + 1)?.checked_sub(at(ENVIRONMENT)?))
}

/// Where `stat` tells, counted from the state, at which address a program's code begins, and its environment; where
/// that ends comes after it.
const CODE: usize = 23;
const ENVIRONMENT: usize = 47;
