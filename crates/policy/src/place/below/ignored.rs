//! What `.gitignore`, `.ignore` and `.rgignore` leave out of a search. Patterns that are not understood leave out
//! nothing.

use super::super::{is_below, trimmed};
use crate::world::{Entry, World};

/// The files, the one that has more to say last.
const FILES: [&str; 3] = [".gitignore", ".ignore", ".rgignore"];
/// Lines that are kept in mind; no repository has more.
const MOST_LINES: usize = 2_000;

/// What was read of them on the way down.
#[derive(Debug, Default)]
pub(super) struct Ignored {
    lines: Vec<Line>,
    reads: bool,
    /// Whether git keeps what is looked through: else nobody reads `.gitignore`.
    git: bool,
}

#[derive(Debug)]
struct Line {
    /// The folder that it stands in.
    folder: String,
    glob: String,
    /// It takes back what others leave out.
    keeps: bool,
    folders_only: bool,
    /// It is of a path, not of a name at any depth.
    anchored: bool,
}

impl Ignored {
    /// What the folders above one have to say.
    pub(super) fn above(folder: &str, reads: bool, world: &World<'_>) -> Self {
        let mut all = Self {
            reads,
            ..Self::default()
        };
        if !reads {
            return all;
        }
        let mut above = Vec::new();
        let mut at = folder;
        loop {
            let git = format!("{}/.git", at.trim_end_matches('/'));
            all.git |= world.files.is_dir(&git) == Some(true) || world.files.text(&git).is_some();
            let Some((up, _)) = at.rsplit_once('/') else {
                break;
            };
            at = up;
            if is_below(trimmed(up), trimmed(&world.workspace)) {
                above.push(up.to_owned());
            }
        }
        for folder in above.iter().rev() {
            FILES.iter().for_each(|name| all.file(folder, name, world));
        }
        all
    }

    /// Adds what a folder itself has to say.
    pub(super) fn read(&mut self, folder: &str, entries: &[Entry], world: &World<'_>) {
        if !self.reads {
            return;
        }
        for name in FILES {
            if entries.iter().any(|entry| entry.name == name) {
                self.file(folder, name, world);
            }
        }
    }

    fn file(&mut self, folder: &str, name: &str, world: &World<'_>) {
        if name == ".gitignore" && !self.git {
            return;
        }
        let path = format!("{}/{name}", folder.trim_end_matches('/'));
        let text = world.files.text(&path).unwrap_or_default();
        let lines = text.lines().filter_map(|line| line_of(line, folder));
        let left = MOST_LINES.saturating_sub(self.lines.len());
        self.lines.extend(lines.take(left));
    }

    /// Whether a path is left out; none where nothing is said of it.
    pub(super) fn says(&self, path: &str, folder: bool) -> Option<bool> {
        let about = |line: &&Line| line.is_about(path, folder);
        self.lines.iter().rev().find(about).map(|line| !line.keeps)
    }
}

impl Line {
    fn is_about(&self, path: &str, folder: bool) -> bool {
        if self.folders_only && !folder {
            return false;
        }
        let Some(rest) = path
            .strip_prefix(self.folder.as_str())
            .and_then(|rest| rest.strip_prefix('/'))
        else {
            return false;
        };
        let of = if self.anchored {
            rest
        } else {
            rest.rsplit('/').next().unwrap_or(rest)
        };
        if self.keeps {
            super::fits(&self.glob, of)
        } else {
            super::surely_fits(&self.glob, of)
        }
    }
}

fn line_of(line: &str, folder: &str) -> Option<Line> {
    let line = line.trim_end();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    let (keeps, line) = match line.strip_prefix('!') {
        Some(line) => (true, line),
        None => (false, line),
    };
    let folders_only = line.ends_with('/');
    let line = line.trim_end_matches('/');
    let (anywhere, line) = match line.strip_prefix("**/") {
        Some(line) => (true, line),
        None => (false, line),
    };
    let anchored = line.contains('/');
    if anywhere && anchored && !keeps {
        return None;
    }
    // At any depth the name alone is held against it, which takes back more rather than less.
    let glob = match (keeps, anchored) {
        (true, true) => line.rsplit('/').next().unwrap_or(line),
        _ => line.trim_start_matches('/'),
    };
    Some(Line {
        folder: folder.trim_end_matches('/').to_owned(),
        glob: glob.to_owned(),
        keeps,
        folders_only: folders_only && !keeps,
        anchored: anchored && !keeps,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(lines: &[&str], path: &str, folder: bool) -> Option<bool> {
        let ignored = Ignored {
            lines: lines
                .iter()
                .filter_map(|line| line_of(line, "/ws"))
                .collect(),
            reads: true,
            git: true,
        };
        ignored.says(path, folder)
    }

    #[test]
    fn the_last_line_that_is_about_a_path_decides() {
        assert_eq!(says(&["*.key"], "/ws/a/x.key", false), Some(true));
        assert_eq!(
            says(&["*.key", "!x.key"], "/ws/a/x.key", false),
            Some(false)
        );
        assert_eq!(says(&["/a/x.key"], "/ws/a/x.key", false), Some(true));
        assert_eq!(says(&["/x.key"], "/ws/a/x.key", false), None);
        assert_eq!(says(&["target/"], "/ws/target", true), Some(true));
        assert_eq!(says(&["target/"], "/ws/target", false), None);
        assert_eq!(says(&["# .env", ""], "/ws/.env", false), None);
        assert_eq!(says(&["**/.env"], "/ws/a/b/.env", false), Some(true));
        assert_eq!(says(&["node_modules"], "/other/node_modules", true), None);
    }

    #[test]
    fn what_is_taken_back_in_one_place_is_taken_back_everywhere() {
        assert_eq!(
            says(&["*.key", "!/a/x.key"], "/ws/b/x.key", false),
            Some(false)
        );
    }
}
