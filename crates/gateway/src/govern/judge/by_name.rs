//! Programs that a line names without a path, and that are found in a folder in which an agent can write: `bin` of a
//! virtual environment, `node_modules/.bin`. What a name stands for is known to the search path alone, so that it is
//! looked up here: a file that was written is the same question by its name as by its path.

use std::path::{Path, PathBuf};

use gatehouse_policy::{Command, Effect, EffectKind, Finding, Taint, Target, Verdict, WorldFiles};

use super::running::is_change;
use crate::world::MachineFiles;

/// What speaks against the programs of a line. `search` is where the line looks for them, in its order.
pub(super) fn written(
    commands: &[Command],
    effects: &[Effect],
    search: &[PathBuf],
    cwd: &Path,
    taint: &Taint,
) -> Option<Finding> {
    let changes: Vec<&str> = effects.iter().filter_map(put).collect();
    let Taint {
        written,
        fetched,
        below,
        ..
    } = taint;
    if changes.is_empty() && written.is_empty() && fetched.is_empty() && below.is_empty() {
        return None;
    }
    let names = commands.iter().filter_map(|command| command.argv.first());
    let mut names = names.filter(|name| !name.is_empty() && !name.contains('/'));
    let path = names.find_map(|name| found(name, search, cwd, &changes, taint))?;
    Some(Finding {
        verdict: Verdict::Ask,
        code: "write-run".to_owned(),
        span: None,
        text: format!(
            "runs {}, which was written in this session or another",
            path.display()
        ),
    })
}

/// The file that a name stands for, if it was written before, or is put there by the line itself.
fn found(
    name: &str,
    search: &[PathBuf],
    cwd: &Path,
    changes: &[&str],
    taint: &Taint,
) -> Option<PathBuf> {
    for folder in search {
        let folder = cwd.join(folder);
        let path = folder.join(name);
        let is_there = is_program(&path);
        if !is_there && changes.is_empty() {
            continue;
        }
        let beside = folder.canonicalize().map(|folder| folder.join(name)).ok();
        let real = path.canonicalize().ok();
        let names = [Some(&path), beside.as_ref(), real.as_ref()];
        let mut names = names.into_iter().flatten();
        let is_put = |path: &PathBuf| changes.iter().any(|change| Path::new(change) == path);
        if names.clone().any(is_put) {
            return Some(path.clone());
        }
        if is_there {
            // The first of that name is the one.
            let comes_from_an_agent = names.any(|path| was_written(path, taint));
            return comes_from_an_agent.then(|| path.clone());
        }
    }
    None
}

fn was_written(path: &Path, taint: &Taint) -> bool {
    let Some(path) = path.to_str() else {
        return false;
    };
    let came_below = taint.below.iter().any(|(begin, below)| {
        let changed = |since| MachineFiles.changed_since(path, since);
        path.starts_with(begin) && below.since.is_some_and(changed)
    });
    came_below || taint.written.contains(path) || taint.fetched.contains(path)
}

/// Where something is put.
fn put(effect: &Effect) -> Option<&str> {
    match &effect.target {
        Target::Path(path) if is_change(effect) && effect.kind != EffectKind::Delete => {
            Some(path.as_str())
        }
        _ => None,
    }
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    path.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}
