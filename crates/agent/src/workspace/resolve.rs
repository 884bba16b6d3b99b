//! From a path to the place it means, also when the end of it does not exist yet.

use std::{
    collections::VecDeque,
    ffi::OsString,
    path::{Component, Path, PathBuf},
};

use super::{LastLink, PathError};

/// Links followed on one path; the limit of Linux (`path_resolution(7)`).
const MOST_LINKS: usize = 40;

/// A step that is still to be taken.
enum Step {
    Root(PathBuf),
    Up,
    Into(OsString),
}

/// Follows every link of an absolute path. `..` is taken where the links lead, as the system does.
pub(super) fn resolve(path: &Path, last: LastLink) -> Result<PathBuf, PathError> {
    let mut steps: VecDeque<Step> = steps(path).collect();
    let mut place = PathBuf::new();
    let mut links = 0;
    while let Some(step) = steps.pop_front() {
        let name = match step {
            Step::Root(root) => {
                place.push(root);
                continue;
            }
            Step::Up => {
                go_up(&mut place)?;
                continue;
            }
            Step::Into(name) => name,
        };
        place.push(name);
        if steps.is_empty() && last == LastLink::Keep {
            break;
        }
        let Ok(target) = place.read_link() else {
            continue;
        };
        links += 1;
        if links > MOST_LINKS {
            return Err(PathError::TooManyLinks(path.to_owned()));
        }
        place.pop();
        let mut ahead: VecDeque<Step> = self::steps(&target).collect();
        ahead.append(&mut steps);
        steps = ahead;
    }
    Ok(place)
}

fn steps(path: &Path) -> impl Iterator<Item = Step> + '_ {
    path.components().filter_map(|component| match component {
        Component::Prefix(prefix) => Some(Step::Root(PathBuf::from(prefix.as_os_str()))),
        Component::RootDir => Some(Step::Root(PathBuf::from(component.as_os_str()))),
        Component::CurDir => None,
        Component::ParentDir => Some(Step::Up),
        Component::Normal(name) => Some(Step::Into(name.to_owned())),
    })
}

/// Only from a folder that is there: what `missing/..` means depends on what will be made.
fn go_up(place: &mut PathBuf) -> Result<(), PathError> {
    if !place.is_dir() {
        return Err(PathError::Malformed(place.join("..").display().to_string()));
    }
    place.pop();
    Ok(())
}
