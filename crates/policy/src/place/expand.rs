//! What a pattern of a shell matches on this machine, links followed.

use super::glob::{is_search, matches};
use super::{Place, locate, locate_real};
use crate::world::{Extent, World};

/// Names that are looked at for one pattern; a large `node_modules` has about 2,000.
const MOST_NAMES: usize = 20_000;
/// Links that are followed for one pattern: each is a question to the system.
const MOST_LINKS: usize = 512;

/// The places that a pattern is known to match.
pub(super) struct Expansion {
    pub(super) places: Vec<Place>,
    pub(super) extent: Extent,
}

/// Whether a part of a path is a pattern.
pub(super) fn is_pattern(part: &str) -> bool {
    part.contains(['*', '?', '[', '\\'])
}

/// Expands the parts of a pattern below a folder. With `own_link`, what is done to the last part is done to
/// a link itself and not to what it leads to.
pub(super) fn expand(folder: &str, rest: &str, own_link: bool, world: &World<'_>) -> Expansion {
    let mut expansion = Expansion {
        places: vec![locate_real(folder, world)],
        extent: Extent::Whole,
    };
    if is_search(rest) {
        expansion.extent = Extent::Unknown;
        return expansion;
    }
    let parts: Vec<&str> = rest.split('/').filter(|part| !part.is_empty()).collect();
    let mut left = Left {
        names: MOST_NAMES,
        links: MOST_LINKS,
    };
    for (at, part) in parts.iter().enumerate() {
        let follow = !own_link || at + 1 < parts.len();
        expansion = step(&expansion, part, follow, &mut left, world);
    }
    expansion
}

struct Left {
    names: usize,
    links: usize,
}

fn step(
    before: &Expansion,
    part: &str,
    follow: bool,
    left: &mut Left,
    world: &World<'_>,
) -> Expansion {
    let mut next = Expansion {
        places: Vec::new(),
        extent: before.extent,
    };
    for folder in &before.places {
        let at = |name: &str| format!("{}/{name}", folder.path.trim_end_matches('/'));
        if !is_pattern(part) {
            next.places.push(place(&at(part), follow, world));
            continue;
        }
        let listing = world.files.list(&folder.path, left.names);
        left.names = left.names.saturating_sub(listing.entries.len());
        next.extent = next.extent.max(listing.extent);
        for entry in listing.entries {
            if !matches(part, &entry.name) {
                continue;
            }
            let link = entry.link && follow;
            if link && left.links == 0 {
                next.extent = Extent::TooMuch;
                continue;
            }
            left.links -= usize::from(link);
            next.places.push(place(&at(&entry.name), link, world));
        }
    }
    next
}

fn place(path: &str, follow: bool, world: &World<'_>) -> Place {
    follow
        .then(|| locate(path, None, world))
        .flatten()
        .unwrap_or_else(|| locate_real(path, world))
}
