//! Where files come from: what a line, or what was done before it, left behind without naming it.

use std::ops::Bound;

use super::super::judge::{Held, Input, Judge};
use super::super::scope::Flow;
use crate::effect::{Effect, EffectKind, Target};
use crate::place;
use crate::programs::{self, Invocation, Leaves, NamedFiles, Reading, Stdin};
use crate::word::Word;
use crate::world::Below;

/// What is known of where a file comes from.
pub(super) struct Origin {
    /// Where it lies, where links on the way lead elsewhere than its path says.
    pub(super) led: Option<String>,
    /// It was written before.
    pub(super) written: bool,
    /// It came from the network, or was decoded.
    pub(super) fetched: bool,
    /// The line itself may have left it there, so that what is there now says nothing of it.
    pub(super) fresh: bool,
}

impl Judge<'_> {
    pub(super) fn origin(&self, path: &str) -> Origin {
        let led = self.as_left(|world| world.files.resolve(path));
        let led = led.filter(|led| led != path && !path.starts_with("/dev/"));
        let mut origin = Origin {
            led: None,
            written: false,
            fetched: false,
            fresh: false,
        };
        self.comes_from(path, &mut origin);
        if let Some(led) = led {
            self.comes_from(&led, &mut origin);
            origin.led = Some(led);
        }
        origin
    }

    fn comes_from(&self, path: &str, origin: &mut Origin) {
        origin.written |= self.taint.written.contains(path);
        origin.fetched |= self.taint.fetched.contains(path) || self.is_below_a_download(path);
        for (_, fetched) in self
            .left
            .iter()
            .filter(|(begin, _)| path.starts_with(*begin))
        {
            origin.fresh = true;
            origin.fetched |= fetched;
        }
        let root = inside(&self.world.workspace);
        for (begin, below) in &self.taint.below {
            let changed = |since| self.world.files.changed_since(path, since);
            if !path.starts_with(begin) || !below.since.is_some_and(changed) {
                continue;
            }
            origin.written = true;
            // Of all that has changed in a workspace since, most did not come out of an archive.
            origin.fetched |= below.fetched && !root.starts_with(begin);
        }
    }

    /// Whether the line itself put something from the network into a folder above.
    pub(super) fn is_below_a_download(&self, path: &str) -> bool {
        let mut above = path.rsplit_once('/').map(|(above, _)| above);
        while let Some(folder) = above {
            if self.files.get(folder).is_some_and(|held| held.flow.network) {
                return true;
            }
            above = folder.rsplit_once('/').map(|(above, _)| above);
        }
        false
    }

    /// Whether a file of the workspace was there before, so that neither the line nor the session decides what it says.
    pub(super) fn was_there(&self, path: &str) -> bool {
        let origin = self.origin(path);
        place::is_below(
            origin.led.as_deref().unwrap_or(path),
            place::trimmed(&self.world.workspace),
        ) && !(origin.written || origin.fetched || origin.fresh || self.files.contains_key(path))
    }

    /// Whether a program writes lines of files that were there before, and nothing else.
    pub(super) fn passes_what_was_kept(
        &self,
        reading: &Reading,
        input: &Input,
        invocation: &Invocation,
    ) -> bool {
        let io = reading.io;
        let told =
            io.prints_arguments || io.emits_network || io.decodes || !reading.runs.is_empty();
        if !io.passes_input || told {
            return false;
        }
        let read: Vec<&Target> = reading
            .effects
            .iter()
            .filter(|effect| effect.kind == EffectKind::Read)
            .map(|effect| &effect.target)
            .collect();
        if read.is_empty() {
            return match &input.from {
                Stdin::Pipe => input.flow.kept,
                Stdin::File(file) => {
                    let path = file
                        .known()
                        .and_then(|file| place::normalise(file, invocation.cwd.as_deref()));
                    path.is_some_and(|path| self.was_there(&path))
                }
                Stdin::Inherited | Stdin::Text(_) => false,
            };
        }
        read.iter().all(|target| match target {
            Target::Path(path) => self.was_there(path),
            _ => false,
        }) && !invocation.argv.iter().any(|word| word.known() == Some("-"))
    }

    /// Notes what a command leaves behind where its words do not say what that is.
    pub(super) fn note_leaves(
        &mut self,
        invocation: &Invocation,
        reading: &Reading,
        input: &Input,
        mut flow: Flow,
    ) {
        let leaves = programs::leaves(
            &invocation.argv,
            &reading.effects,
            reading.io.decodes,
            invocation.cwd.as_deref(),
            &self.world.workspace,
        );
        self.copy_along(&reading.effects);
        if leaves == Leaves::default() {
            return;
        }
        let folder = invocation.cwd.as_deref();
        let (kept, fetched) = self.takes_in(&reading.effects, input, folder);
        flow.network |= fetched;
        for begin in &leaves.begins {
            self.leave_below(begin, flow, kept);
        }
        for file in leaves.files {
            self.leave_file(file, flow, kept);
        }
        if let Some(named) = &leaves.named {
            let text = self.text_of_input(input, folder);
            self.leave_named(named, text, flow, kept);
        }
    }

    /// Whether what a command takes in was written before, or is not known; whether it was fetched.
    fn takes_in(&self, effects: &[Effect], input: &Input, folder: Option<&str>) -> (bool, bool) {
        let mut taken: Vec<String> = effects
            .iter()
            .filter_map(|effect| match (effect.kind, &effect.target) {
                (EffectKind::Read, Target::Path(path)) => Some(path.clone()),
                _ => None,
            })
            .collect();
        let mut written = match &input.from {
            Stdin::Inherited => false,
            Stdin::Text(text) => text.known() != Some(""),
            Stdin::Pipe => true,
            Stdin::File(path) => match path.known().and_then(|path| place::normalise(path, folder))
            {
                Some(path) => {
                    taken.push(path);
                    false
                }
                None => true,
            },
        };
        let mut fetched = false;
        for path in &taken {
            let origin = self.origin(path);
            written |= origin.written || self.files.contains_key(path);
            fetched |= origin.fetched;
        }
        (written, fetched)
    }

    /// A file that is left where no word says so. It is remembered where it is no better than what was written.
    fn leave_file(&mut self, path: String, flow: Flow, kept: bool) {
        let fetched = flow.network || flow.decoded;
        if fetched {
            self.taint.fetched.insert(path.clone());
        }
        if kept || fetched {
            self.taint.written.insert(path.clone());
        }
        let text = Word::Unknown("a file".to_owned());
        self.files.insert(path, Held { text, flow });
    }

    fn leave_below(&mut self, begin: &str, flow: Flow, kept: bool) {
        let fetched = flow.network || flow.decoded;
        *self.left.entry(begin.to_owned()).or_default() |= fetched;
        if kept || fetched {
            let since = None;
            self.taint.lies_below(begin, Below { fetched, since });
        }
        for (_, held) in self
            .files
            .iter_mut()
            .filter(|(path, _)| path.starts_with(begin))
        {
            held.text = Word::Unknown("a file".to_owned());
            held.flow.join(flow);
        }
    }

    /// What a patch or an encoded text names; anything in its folder where it cannot be read.
    fn leave_named(&mut self, named: &NamedFiles, given: Option<String>, flow: Flow, kept: bool) {
        let texts: Vec<Option<String>> = match named.texts.as_slice() {
            [] => vec![given],
            files => files
                .iter()
                .map(|file| self.as_left(|world| world.files.text(file)))
                .collect(),
        };
        for text in texts {
            let names = text.as_deref().map(programs::named_by_a_text);
            for folder in &named.folders {
                match &names {
                    Some(names) if !names.is_empty() => {
                        let paths = names.iter().flat_map(|name| stripped(name));
                        for path in paths.filter_map(|name| place::normalise(name, Some(folder))) {
                            self.leave_file(path, flow, kept);
                        }
                    }
                    _ => self.leave_below(&inside(folder), flow, kept),
                }
            }
        }
    }

    fn text_of_input(&self, input: &Input, folder: Option<&str>) -> Option<String> {
        match &input.from {
            Stdin::Text(text) => text.known().map(str::to_owned),
            Stdin::File(path) => {
                let path = place::normalise(path.known()?, folder)?;
                self.as_left(|world| world.files.text(&path))
            }
            Stdin::Inherited | Stdin::Pipe => None,
        }
    }

    /// What was written below a folder is so below the folder that it is copied or moved to.
    fn copy_along(&mut self, effects: &[Effect]) {
        let places = |kinds: &[EffectKind]| -> Vec<String> {
            let of_kind = effects.iter().filter(|effect| kinds.contains(&effect.kind));
            of_kind
                .filter_map(|effect| match &effect.target {
                    Target::Path(path) | Target::Below(path) => Some(path.clone()),
                    _ => None,
                })
                .collect()
        };
        let to = places(&[EffectKind::Write, EffectKind::Create]);
        if to.is_empty() {
            return;
        }
        let mut from = places(&[EffectKind::Read]);
        from.retain(|folder| self.holds_what_was_written(&inside(folder)));
        if from.len().saturating_mul(to.len()) > MOST_COPIES {
            return self.ask(
                "too-many-files",
                "It copies more folders than are followed.",
            );
        }
        for source in &from {
            for target in &to {
                self.copy_below(&inside(source), &inside(target));
                let within = format!("{}{}", inside(target), place::name(source));
                self.copy_below(&inside(source), &inside(&within));
            }
        }
    }

    fn holds_what_was_written(&self, folder: &str) -> bool {
        let near = |path: &String| path.starts_with(folder);
        let from = || (Bound::Included(folder), Bound::Unbounded);
        self.taint
            .written
            .range::<str, _>(from())
            .next()
            .is_some_and(near)
            || self
                .taint
                .fetched
                .range::<str, _>(from())
                .next()
                .is_some_and(near)
            || self
                .files
                .range::<str, _>(from())
                .next()
                .is_some_and(|(path, _)| near(path))
            || self
                .left
                .keys()
                .chain(self.taint.below.keys())
                .any(|begin| near(begin) || folder.starts_with(begin.as_str()))
    }

    fn copy_below(&mut self, from: &str, to: &str) {
        if from == to || to.starts_with(from) {
            return;
        }
        let moved = |path: &String| Some(format!("{to}{}", path.strip_prefix(from)?));
        let written: Vec<String> = self.taint.written.iter().filter_map(moved).collect();
        let fetched: Vec<String> = self.taint.fetched.iter().filter_map(moved).collect();
        let held: Vec<(String, Held)> = self
            .files
            .iter()
            .filter_map(|(path, held)| Some((moved(path)?, held.clone())))
            .collect();
        // Of what lies above the folder, the folder has a part.
        let part = |begin: &String| match from.starts_with(begin.as_str()) {
            true => Some(to.to_owned()),
            false => moved(begin),
        };
        let left: Vec<(String, bool)> = self
            .left
            .iter()
            .filter_map(|(begin, fetched)| Some((part(begin)?, *fetched)))
            .collect();
        let below: Vec<(String, Below)> = self
            .taint
            .below
            .iter()
            .filter_map(|(begin, below)| Some((part(begin)?, *below)))
            .collect();
        self.charge(written.len() + held.len() + left.len());
        // What the line wrote is not what lies there any more.
        for path in written.iter().chain(&fetched) {
            if let Some(one) = self.files.get_mut(path) {
                one.text = Word::Unknown("a file".to_owned());
            }
        }
        self.taint.written.extend(written);
        self.taint.fetched.extend(fetched);
        self.files.extend(held);
        for (begin, fetched) in left {
            *self.left.entry(begin).or_default() |= fetched;
        }
        for (begin, below) in below {
            self.taint.lies_below(&begin, below);
        }
    }
}

/// More pairs of places in one command are not followed.
const MOST_COPIES: usize = 1_024;

fn inside(folder: &str) -> String {
    programs::inside(folder)
}

/// A name of a patch, with as many folders taken off as it may be applied with.
fn stripped(name: &str) -> impl Iterator<Item = &str> {
    let cuts = name.match_indices('/').map(|(at, _)| at + 1);
    std::iter::once(0).chain(cuts).map(|at| &name[at..])
}
