//! Tools that run what files of the project say: files that the session or the line itself wrote.

use super::super::judge::{Held, Judge};
use super::super::scope::{Flow, Scope};
use super::redirect::WAS_THERE;
use crate::effect::{EffectKind, Target};
use crate::place;
use crate::programs::{self, Inputs, Reading, code};
use crate::word::{Piece, Word};

/// More names in a folder are not looked at.
const MOST_NAMES: usize = 512;

impl Judge<'_> {
    /// A tool that builds, tests or runs tasks.
    pub(super) fn built_from(&mut self, argv: &[Word], folder: Option<&str>, scope: &Scope) {
        let Some(inputs) = programs::inputs(argv) else {
            return;
        };
        let named = built_in(argv, folder);
        let folder = named.as_deref().or(folder);
        let workspace = self.world.workspace.as_str();
        // What it builds is in none of its words.
        self.report.builds = true;
        let here = |path: &&String| {
            place::is_below(path, workspace)
                || folder.is_some_and(|folder| place::is_below(path, folder))
        };
        let spelled = |(path, held): &(&String, &Held)| {
            here(path) && inputs.code(path) && is_spelled_out(held)
        };
        // Beside code of which nobody knows what it says, none is plain.
        let from_afar = |path: &String| here(&path) && inputs.code(path);
        let all_said = !self.taint.fetched.iter().any(from_afar)
            && !self.files.iter().any(|(path, held)| {
                here(&path) && inputs.code(path) && matches!(held.text, Word::Unknown(_))
            });
        let commands = |path: &&String| here(path) && inputs.commands(path);
        let code = self
            .files
            .iter()
            .filter(spelled)
            .find(|(path, held)| !(all_said && self.is_plain(path, held)))
            .map(|(path, _)| path.clone());
        let fetched = self.taint.fetched.iter().any(|path| commands(&path));
        let written = self
            .taint
            .written
            .iter()
            .filter(|path| commands(path))
            .find(|path| {
                !self.is_judged(path, folder) && !self.is_plain_makefile(path, argv, folder)
            })
            .cloned();
        let (unpacked, came) =
            folder.map_or((false, false), |folder| self.unpacked(folder, inputs));
        let cloned = folder.is_some_and(|folder| {
            self.is_below_a_download(&format!("{}/.", folder.trim_end_matches('/')))
        });
        if fetched || came || cloned {
            self.run_from(Flow {
                network: true,
                ..Flow::default()
            });
        }
        for path in [&written, &code].into_iter().flatten() {
            self.recipes(path, scope);
        }
        if let Some(path) = written {
            let text = format!("It runs what {path} says, which was written in this session.");
            self.ask("write-run", &text);
        } else if unpacked {
            self.ask("write-run", "It runs what was unpacked before.");
        } else if let Some(path) = code {
            let text = format!("It runs the code that the line itself puts into {path}.");
            self.ask("write-run", &text);
        }
    }

    /// Whether files that name commands came into a folder by no name of their own; whether they were fetched.
    fn unpacked(&self, folder: &str, inputs: &Inputs) -> (bool, bool) {
        let here = programs::inside(folder);
        let mut found = (false, false);
        for (begin, fetched) in self
            .left
            .iter()
            .filter(|(begin, _)| here.starts_with(*begin))
        {
            found.0 |= self.taint.below.contains_key(begin);
            found.1 |= fetched;
        }
        if self.taint.below.keys().any(|begin| here.starts_with(begin)) {
            let names = self.world.files.list(folder, MOST_NAMES).entries;
            let paths = names.iter().map(|entry| format!("{here}{}", entry.name));
            for path in paths.filter(|path| inputs.commands(path)) {
                let origin = self.origin(&path);
                found.0 |= origin.written && !self.is_judged(&path, Some(folder));
                found.1 |= origin.fetched;
            }
        }
        found
    }

    /// Whether the tasks of a manifest were read, so that what they run is judged by itself.
    fn is_judged(&self, path: &str, folder: Option<&str>) -> bool {
        let Some(folder) = folder else {
            return false;
        };
        let own = format!("{}/{}", folder.trim_end_matches('/'), programs::MANIFEST);
        path == own
            && self
                .as_left(|world| world.files.text(path))
                .is_some_and(|text| serde_json::from_str::<serde_json::Value>(&text).is_ok())
    }

    /// Whether the line says all of the code in a file, and that names nothing but what is the project's own.
    fn is_plain(&self, path: &str, held: &Held) -> bool {
        let from_the_line = Flow {
            names: held.flow.names,
            kept: held.flow.kept,
            ..Flow::default()
        };
        held.flow == from_the_line
            && said(&held.text)
                .is_some_and(|text| self.as_left(|world| code::is_plain(&text, path, world)))
    }

    /// Whether each rule of a makefile was read, so that what it runs is judged by itself.
    fn is_plain_makefile(&self, path: &str, argv: &[Word], folder: Option<&str>) -> bool {
        let (beside, name) = path.rsplit_once('/').unwrap_or_default();
        matches!(name, "Makefile" | "makefile" | "GNUmakefile")
            && folder.map(place::trimmed) == Some(beside)
            && !self.origin(path).fetched
            && self
                .as_left(|world| world.files.text(path))
                .is_some_and(|text| programs::is_plain_makefile(&text, argv))
    }

    /// Whether a compiler was given what the session wrote.
    pub(super) fn takes_written(&self, reading: &Reading) -> bool {
        reading.effects.iter().any(|effect| {
            let (EffectKind::Read, Target::Path(path)) = (effect.kind, &effect.target) else {
                return false;
            };
            self.taint.written.contains(path) || self.files.get(path).is_some_and(is_spelled_out)
        })
    }
}

/// `make -C FOLDER`: the folder whose files it takes, where an option names another than the one it runs in.
fn built_in(argv: &[Word], cwd: Option<&str>) -> Option<String> {
    const NAMES: &[&str] = &["-C", "--directory", "--prefix", "--cwd", "--dir"];
    let named = argv.iter().enumerate().skip(1).find_map(|(at, word)| {
        let text = word.known()?;
        match text.split_once('=') {
            Some((name, path)) if NAMES.contains(&name) => Some(path),
            _ if NAMES.contains(&text) => argv.get(at + 1)?.known(),
            _ => None,
        }
    })?;
    place::normalise(named, cwd)
}

/// Whether the line says what is in a file, and it is not nothing.
fn is_spelled_out(held: &Held) -> bool {
    match &held.text {
        Word::Known(text) => !text.trim().is_empty(),
        Word::Partial(_) => true,
        Word::Unknown(_) => held.flow.network || held.flow.decoded,
    }
}

/// All that the line puts into a file, where it says so: what was there before is not the line's.
fn said(text: &Word) -> Option<String> {
    let pieces = match text {
        Word::Known(text) => return Some(text.clone()),
        Word::Unknown(_) => return None,
        Word::Partial(pieces) => pieces.as_slice(),
    };
    let (first, added) = pieces.split_first()?;
    if !matches!(first, Piece::Unknown(why) if why == WAS_THERE) {
        return None;
    }
    let texts = added.iter().map(|piece| match piece {
        Piece::Text(text) => Some(text.as_str()),
        Piece::Pattern(_) | Piece::Unknown(_) => None,
    });
    texts.collect()
}
