//! The machine as the line itself left it: the links that it made, and folders that it put something into.

use std::collections::BTreeMap;

use super::super::judge::{Held, Judge};
use crate::place;
use crate::programs::Invocation;
use crate::word::Word;
use crate::world::{Entry, Extent, Listing, Taint, World, WorldFiles};

/// Links that lead to links; more than any line needs.
const MOST_STEPS: u32 = 16;

impl Judge<'_> {
    /// Asks about the machine as the line left it.
    pub(super) fn as_left<T>(&self, ask: impl FnOnce(&World<'_>) -> T) -> T {
        if self.links.is_empty() && self.files.is_empty() {
            return ask(self.world);
        }
        let files = Left {
            links: &self.links,
            files: &self.files,
            world: self.world,
        };
        ask(&World {
            dialect: self.world.dialect,
            cwd: self.world.cwd.clone(),
            workspace: self.world.workspace.clone(),
            home: self.world.home.clone(),
            user: self.world.user.clone(),
            tmp: self.world.tmp.clone(),
            variables: self.world.variables.clone(),
            protected: self.world.protected.clone(),
            own_ports: self.world.own_ports.clone(),
            ignore_case: self.world.ignore_case,
            taint: self.named_like_options(),
            files: &files,
        })
    }

    /// Of what was done before, a program's reading asks no more than this; the rest is judged here.
    fn named_like_options(&self) -> Taint {
        let written = self.taint.written.iter();
        let named = written.filter(|path| place::name(path).starts_with('-'));
        Taint {
            written: named.cloned().collect(),
            ..Taint::default()
        }
    }

    /// `ln -s`: what later words of the line go through.
    pub(super) fn note_links(&mut self, argv: &[Word], invocation: &Invocation) {
        let words: Option<Vec<&str>> = argv.iter().map(Word::known).collect();
        let Some((program, args)) = words.as_deref().and_then(<[&str]>::split_first) else {
            return;
        };
        if !matches!(*program, "ln" | "gln" | "cp" | "install") {
            return;
        }
        // `install -m 755 FILE …`
        let mut before = "";
        let args: Vec<&str> = args
            .iter()
            .filter(|arg| {
                let valued = std::mem::replace(&mut before, arg);
                *program != "install" || !matches!(valued, "-m" | "-o" | "-g")
            })
            .copied()
            .collect();
        let links = *program != "install" && args.iter().any(|arg| is_symbolic(arg));
        if !links && !args.iter().any(|arg| is_a_program(arg)) {
            return;
        }
        let folder = invocation.cwd.as_deref();
        let mut into = args
            .windows(2)
            .find(|pair| pair[0] == "-t")
            .map(|pair| pair[1])
            .or_else(|| {
                args.iter()
                    .find_map(|arg| arg.strip_prefix("--target-directory="))
            });
        let mut targets: Vec<&str> = args
            .iter()
            .filter(|arg| !arg.starts_with('-') && Some(**arg) != into)
            .copied()
            .collect();
        if into.is_none() {
            into = if targets.len() > 1 {
                targets.pop()
            } else {
                Some(".")
            };
        }
        let Some(at) = into.and_then(|into| place::normalise(into, folder)) else {
            return;
        };
        for target in &targets {
            let inside = format!("{}/{}", at.trim_end_matches('/'), place::name(target));
            let holds = into.is_some_and(|into| into.ends_with('/') || into.ends_with('.'))
                || targets.len() > 1
                || self.is_folder(&at);
            if !holds {
                self.note_link(&at, target);
            }
            if holds || self.files.contains_key(&at) {
                self.note_link(&inside, target);
            }
        }
    }

    fn is_folder(&self, path: &str) -> bool {
        path == self.world.workspace
            || path == self.world.home
            || self.world.files.is_dir(path) == Some(true)
    }

    fn note_link(&mut self, link: &str, target: &str) {
        let beside = link.rsplit_once('/').map(|(folder, _)| folder);
        let beside = beside.map(|folder| if folder.is_empty() { "/" } else { folder });
        if let Some(target) = place::normalise(target, beside) {
            self.links.insert(link.to_owned(), target);
        }
    }
}

fn is_symbolic(arg: &str) -> bool {
    matches!(arg, "--symbolic" | "--symbolic-link")
        || (arg.starts_with('-') && !arg.starts_with("--") && arg.contains('s'))
}

/// A copy of a program of the system, or another name of it, does what the program does.
fn is_a_program(path: &str) -> bool {
    let folders = [
        "/bin/",
        "/usr/bin/",
        "/sbin/",
        "/usr/sbin/",
        "/usr/local/bin/",
    ];
    let name = folders.iter().find_map(|folder| path.strip_prefix(folder));
    name.is_some_and(crate::programs::is_known)
}

struct Left<'a> {
    links: &'a BTreeMap<String, String>,
    files: &'a BTreeMap<String, Held>,
    world: &'a World<'a>,
}

impl Left<'_> {
    /// Whether the line put something into a folder that nobody has looked at.
    fn changed(&self, folder: &str) -> bool {
        self.files.keys().any(|path| place::is_below(folder, path))
    }

    /// Where a path leads by the links of the line; none where it goes through none.
    fn led(&self, path: &str) -> Option<String> {
        let mut at = None;
        for _ in 0..MOST_STEPS {
            let from = at.as_deref().unwrap_or(path);
            let Some(next) = self.step(from) else {
                break;
            };
            at = Some(next);
        }
        at
    }

    fn step(&self, path: &str) -> Option<String> {
        let (link, target) = self
            .links
            .iter()
            .filter(|(link, target)| link != target && place::is_below(path, link))
            .max_by_key(|(link, _)| link.len())?;
        place::normalise(&format!("{target}{}", &path[link.len()..]), None)
    }

    /// Names that the links of the line give to a folder.
    fn made(&self, folder: &str) -> Vec<Entry> {
        let inside = |link: &String| {
            let rest = link
                .strip_prefix(folder.trim_end_matches('/'))?
                .strip_prefix('/')?;
            let (name, link) = match rest.split_once('/') {
                Some((name, _)) => (name, false),
                None => (rest, true),
            };
            Some(Entry {
                name: name.to_owned(),
                link,
                folder: !link,
            })
        };
        self.links.keys().filter_map(inside).collect()
    }
}

impl WorldFiles for Left<'_> {
    fn resolve(&self, path: &str) -> Option<String> {
        match self.led(path) {
            Some(led) => self.world.files.resolve(&led).or(Some(led)),
            None => self.world.files.resolve(path),
        }
    }

    fn text(&self, path: &str) -> Option<String> {
        let led = self.led(path);
        let at = led.as_deref().unwrap_or(path);
        match self.files.get(at).map(|held| &held.text) {
            // A file that is only touched keeps what it has.
            Some(Word::Known(text)) if text.is_empty() => self.world.files.text(at),
            Some(text) => text.known().map(str::to_owned),
            None => self.world.files.text(at),
        }
    }

    fn is_dir(&self, path: &str) -> Option<bool> {
        match self.led(path) {
            Some(led) => self.world.files.is_dir(&led),
            None => self.world.files.is_dir(path),
        }
    }

    fn matching(&self, pattern: &str) -> Option<Vec<String>> {
        self.world.files.matching(pattern)
    }

    fn changed_since(&self, path: &str, time: i64) -> bool {
        self.world.files.changed_since(path, time)
    }

    fn list(&self, folder: &str, most: usize) -> Listing {
        let led = self.led(folder);
        let at = led.as_deref().unwrap_or(folder);
        let mut listing = self.world.files.list(at, most);
        let mut made = self.made(folder);
        if at != folder {
            made.extend(self.made(at));
        }
        if self.changed(folder) || self.changed(at) {
            listing.extent = listing.extent.max(Extent::Unknown);
        }
        let anew = |entry: &Entry| made.iter().any(|one| one.name == entry.name);
        listing.entries.retain(|entry| !anew(entry));
        listing.entries.extend(made);
        listing
    }
}
