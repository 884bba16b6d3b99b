//! What an action is about to delete or overwrite, as far as its effects say.

use std::collections::BTreeMap;
use std::path::PathBuf;

use gatehouse_agent::Action;
use gatehouse_agent::govern::{Effect, FileAccess};
use gatehouse_policy::{EffectKind, Target, Zone};

use super::UndoWhat;

/// The most places that are kept for one action.
const MOST: usize = 64;

/// The places, each once; a folder that is deleted stands for all that is in it.
pub(in super::super) fn targets(
    action: &Action,
    effects: &[gatehouse_policy::Effect],
) -> Vec<(PathBuf, UndoWhat)> {
    let mut found: BTreeMap<PathBuf, UndoWhat> = BTreeMap::new();
    if let Effect::Files { paths } = &action.effect {
        for file in paths {
            let what = match file.access {
                FileAccess::Write => UndoWhat::Overwrote,
                FileAccess::Delete => UndoWhat::Deleted,
                FileAccess::Read | FileAccess::Search | FileAccess::List => continue,
            };
            found.insert(file.path.clone(), what);
        }
    }
    for effect in effects
        .iter()
        .filter(|effect| effect.zone == Zone::Workspace)
    {
        let what = match effect.kind {
            EffectKind::Delete => UndoWhat::Deleted,
            EffectKind::Write | EffectKind::Append | EffectKind::Create => UndoWhat::Overwrote,
            _ => continue,
        };
        if let Target::Path(path) | Target::Below(path) = &effect.target {
            let known = found.entry(PathBuf::from(path)).or_insert(what);
            if what == UndoWhat::Deleted {
                *known = what;
            }
        }
    }
    let mut kept: Vec<(PathBuf, UndoWhat)> = Vec::new();
    for (path, what) in found {
        // In the order of paths a folder comes before what is in it. Only one that is deleted stands for all of it.
        let stands_for = |(folder, done): &(PathBuf, UndoWhat)| {
            *done == UndoWhat::Deleted && *folder != action.workspace && path.starts_with(folder)
        };
        if !kept.iter().any(stands_for) {
            kept.push((path, what));
        }
    }
    kept.truncate(MOST);
    kept
}
