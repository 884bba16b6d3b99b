//! What lies below a folder that is read as a whole: the files there that authenticate someone, by their names.
//!
//! Asked of the machine, folder by folder and no further than is bounded. Where nothing is known of the machine,
//! nothing is found, and the folder is judged by itself.

mod ignored;

use std::collections::{BTreeSet, VecDeque};

use super::glob::{matches, surely_matches};
use super::{Place, is_below, locate, locate_real, normalise, sets, trimmed};
use crate::effect::Zone;
use crate::world::{Entry, Extent, World};
use ignored::Ignored;

/// Names that are looked at for one folder. What reads them all takes longer than looking at them.
const MOST_NAMES: usize = 100_000;
/// Links that are followed for one folder: each is a question to the system.
const MOST_LINKS: usize = 512;
/// A person reads no more of them.
const MOST_FOUND: usize = 3;

/// What of a folder is read. The globs are of names, a star matches what is hidden.
#[derive(Debug, Clone, Default)]
pub(crate) struct Among {
    /// Only files of these names, where there are any.
    pub(crate) only: Vec<String>,
    /// A pattern of a whole path.
    pub(crate) path: Option<String>,
    pub(crate) without: Vec<String>,
    pub(crate) without_folders: Vec<String>,
    /// What is hidden is left out.
    pub(crate) but_hidden: bool,
    /// What `.gitignore` and the like name is left out.
    pub(crate) but_ignored: bool,
    /// Links are followed.
    pub(crate) follows: bool,
}

/// What of it authenticates someone, as far as it was looked through.
#[derive(Debug, Default)]
pub(super) struct Lies {
    pub(super) secrets: Vec<Place>,
    pub(super) too_much: bool,
}

/// Looks through a folder.
pub(super) fn secrets(folder: &Place, among: &Among, world: &World<'_>) -> Lies {
    if !is_looked_through(folder, world) {
        return Lies::default();
    }
    let mut walk = Walk {
        among,
        world,
        lies: Lies::default(),
        names: MOST_NAMES,
        links: MOST_LINKS,
        queue: VecDeque::new(),
        seen: BTreeSet::new(),
        ignored: Ignored::above(&folder.path, among.but_ignored, world),
    };
    walk.enter(folder.path.clone());
    while let Some(folder) = walk.queue.pop_front() {
        if walk.lies.secrets.len() >= MOST_FOUND || walk.lies.too_much {
            break;
        }
        walk.folder(&folder);
    }
    walk.lies
}

/// Below the home folder: what tools fetched, the keys of other people's tests among it.
#[rustfmt::skip]
const FETCHED: &[&str] = &[
    ".cargo/registry", ".cargo/git", ".rustup", "go/pkg/mod", ".m2/repository", ".npm", ".nvm", ".pyenv", ".rbenv", ".cache",
    ".local/lib", ".gradle/caches", ".local/share/pnpm", ".deno", ".bun/install/cache",
];

/// What the system brought along is not looked through, nor what tools fetched: there the lists of places say all.
fn is_looked_through(folder: &Place, world: &World<'_>) -> bool {
    match folder.zone {
        Zone::Workspace | Zone::Tmp => true,
        Zone::Home => !FETCHED
            .iter()
            .any(|own| is_below(&folder.path, &format!("{}/{own}", trimmed(&world.home)))),
        Zone::System => ["/srv", "/opt", "/mnt", "/media", "/data", "/app"]
            .iter()
            .any(|own| is_below(&folder.path, own)),
        Zone::Protected | Zone::Device | Zone::Elsewhere | Zone::Unknown => false,
    }
}

struct Walk<'a> {
    among: &'a Among,
    world: &'a World<'a>,
    lies: Lies,
    names: usize,
    links: usize,
    /// Folders that are still to be looked at: what lies near comes first.
    queue: VecDeque<String>,
    /// Folders that links led to.
    seen: BTreeSet<String>,
    ignored: Ignored,
}

impl Walk<'_> {
    fn folder(&mut self, folder: &str) {
        let listing = self.world.files.list(folder, self.names);
        self.names -= self.names.min(listing.entries.len());
        self.lies.too_much |= listing.extent == Extent::TooMuch;
        self.ignored.read(folder, &listing.entries, self.world);
        for entry in &listing.entries {
            let path = format!("{}/{}", folder.trim_end_matches('/'), entry.name);
            if !self.is_left_out(&path, entry) {
                self.entry(path, entry);
            }
        }
    }

    fn is_left_out(&self, path: &str, entry: &Entry) -> bool {
        // Who names files wants those that are hidden or left out elsewhere as well.
        if !entry.folder && !self.among.only.is_empty() {
            return false;
        }
        match self.ignored.says(path, entry.folder) {
            Some(ignored) => ignored,
            None => self.among.but_hidden && entry.name.starts_with('.'),
        }
    }

    fn entry(&mut self, path: String, entry: &Entry) {
        if entry.folder {
            return self.enter_named(path, &entry.name);
        }
        if !entry.link {
            return self.file(&path, &entry.name, || locate_real(&path, self.world));
        }
        if !self.among.follows {
            return;
        }
        if self.links == 0 {
            self.lies.too_much = true;
            return;
        }
        self.links -= 1;
        let Some(place) = locate(&path, None, self.world) else {
            return;
        };
        if self.world.files.is_dir(&place.path) == Some(true) {
            self.enter_named(place.path, &entry.name);
        } else {
            let led = super::name(&place.path).to_owned();
            self.file(&path, &entry.name, || place.clone());
            self.file(&path, &led, || place.clone());
        }
    }

    fn enter_named(&mut self, path: String, name: &str) {
        let without = &self.among.without_folders;
        if !without.iter().any(|glob| surely_fits(glob, name)) {
            self.enter(path);
        }
    }

    fn enter(&mut self, path: String) {
        let own = |own: &String| normalise(own, None).is_some_and(|own| own == path);
        if self.world.protected.iter().any(own) {
            let place = locate_real(&path, self.world);
            return self.found(place);
        }
        if !self.among.follows || self.seen.insert(path.clone()) {
            self.queue.push_back(path);
        }
    }

    fn file(&mut self, path: &str, name: &str, place: impl FnOnce() -> Place) {
        if !sets::secret_name(name) || !self.is_read(path, name) {
            return;
        }
        let place = place();
        if place.secret.is_some() {
            self.found(place);
        }
    }

    fn is_read(&self, path: &str, name: &str) -> bool {
        let Among { only, without, .. } = self.among;
        // What may match is read, what surely matches is left out.
        let lower = name.to_ascii_lowercase();
        let named = |glob: &String| fits(&glob.to_ascii_lowercase(), &lower);
        (only.is_empty() || only.iter().any(named))
            && !without.iter().any(|glob| surely_fits(glob, name))
            && self
                .among
                .path
                .as_ref()
                .is_none_or(|glob| matches(glob, path))
    }

    fn found(&mut self, place: Place) {
        let known = self.lies.secrets.iter().any(|one| one.path == place.path);
        if !known && self.lies.secrets.len() < MOST_FOUND {
            self.lies.secrets.push(place);
        }
    }
}

/// Whether a glob of a name matches, where a star matches a dot at the front as well.
fn fits(glob: &str, name: &str) -> bool {
    matches(&format!("x{glob}"), &format!("x{name}"))
}

fn surely_fits(glob: &str, name: &str) -> bool {
    surely_matches(&format!("x{glob}"), &format!("x{name}"))
}
