//! Process trees, their memory, and medians.

use std::{
    collections::HashMap,
    fs,
    path::Path,
    time::{Duration, Instant},
};

/// The median of several runs.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    percentile(&mut values, 0.5)
}

/// The value below which this share of all lies.
pub(crate) fn percentile(values: &mut [f64], share: f64) -> f64 {
    assert!(!values.is_empty(), "nothing was measured");
    values.sort_by(f64::total_cmp);
    let last = values.len() - 1;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss
    )]
    let index = (last as f64 * share).round() as usize;
    values[index.min(last)]
}

/// Proportional set size of a process and all its descendants, in MB (1,000,000 bytes).
pub(crate) fn tree_pss_mb(root: u32) -> f64 {
    let children = children_by_parent();
    let mut waiting = vec![root];
    let mut kib = 0.0;
    while let Some(pid) = waiting.pop() {
        kib += pss_kib(pid).unwrap_or(0.0);
        waiting.extend(children.get(&pid).into_iter().flatten());
    }
    kib * 1024.0 / 1_000_000.0
}

/// The time that a process and all its descendants had on a processor so far.
pub(crate) fn tree_processor_time(root: u32) -> Duration {
    let children = children_by_parent();
    let mut waiting = vec![root];
    let mut ticks = 0;
    while let Some(pid) = waiting.pop() {
        ticks += processor_ticks(pid).unwrap_or(0);
        waiting.extend(children.get(&pid).into_iter().flatten());
    }
    // Linux tells them by hundreds of a second, whatever it counts by itself.
    Duration::from_millis(ticks * 10)
}

/// Names of the processes below a root, to see that the web processes are gone.
pub(crate) fn tree_names(root: u32) -> Vec<String> {
    let children = children_by_parent();
    let mut waiting = vec![root];
    let mut names = Vec::new();
    while let Some(pid) = waiting.pop() {
        if let Ok(name) = fs::read_to_string(format!("/proc/{pid}/comm")) {
            names.push(name.trim().to_owned());
        }
        waiting.extend(children.get(&pid).into_iter().flatten());
    }
    names
}

/// Waits until the tree's memory has settled: three readings a second apart within two percent.
pub(crate) fn settled_pss_mb(root: u32) -> f64 {
    let deadline = Instant::now() + Duration::from_secs(40);
    let mut last = [0.0f64; 3];
    loop {
        std::thread::sleep(Duration::from_secs(1));
        last.rotate_left(1);
        last[2] = tree_pss_mb(root);
        let (low, high) = (
            last[0].min(last[1]).min(last[2]),
            last[0].max(last[1]).max(last[2]),
        );
        if (low > 0.0 && (high - low) / high < 0.02) || Instant::now() > deadline {
            return last[2];
        }
    }
}

fn pss_kib(pid: u32) -> Option<f64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = rollup.lines().find(|line| line.starts_with("Pss:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

/// In its own code and in the kernel's: the twelfth and thirteenth field after the name.
fn processor_ticks(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit(')').next()?.split_whitespace().skip(11);
    let own: u64 = fields.next()?.parse().ok()?;
    let kernel: u64 = fields.next()?.parse().ok()?;
    Some(own + kernel)
}

fn children_by_parent() -> HashMap<u32, Vec<u32>> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    let entries = fs::read_dir(Path::new("/proc")).expect("/proc is there");
    for entry in entries.flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else {
            continue;
        };
        // The name is in parentheses and may hold spaces; the parent is the second field after it.
        let parent = stat
            .rsplit(')')
            .next()
            .and_then(|rest| rest.split_whitespace().nth(1)?.parse().ok());
        if let Some(parent) = parent {
            children.entry(parent).or_default().push(pid);
        }
    }
    children
}
