//! Where the shell is: `cd`, `pushd`, `popd`.

use super::super::judge::Judge;
use super::super::scope::Scope;
use super::super::syntax::{Item, Kind, Part};
use crate::place;
use crate::word::Word;

impl Judge<'_> {
    pub(super) fn change_folder(&mut self, args: &[Word], scope: &mut Scope) {
        let target = args
            .iter()
            .find(|word| !matches!(word.known(), Some("-L" | "-P" | "-e" | "-@" | "--" | "-n")));
        let previous = scope.folder().map(str::to_owned);
        let next: Vec<Option<String>> = match target {
            None => match self.variable("HOME", scope).words.first() {
                Some(Word::Known(home)) => vec![place::normalise(home, None)],
                _ => vec![None],
            },
            Some(Word::Known(text)) if text == "-" => {
                let set = scope
                    .variables
                    .get("OLDPWD")
                    .map(|value| value.words.as_slice());
                match set {
                    Some([Word::Known(folder)]) => vec![place::normalise(folder, scope.folder())],
                    Some(_) => vec![None],
                    None => vec![scope.previous.clone()],
                }
            }
            Some(Word::Known(text)) if text.is_empty() => scope.folders.clone(),
            Some(Word::Known(text)) => {
                let folders = scope.folders.iter();
                folders
                    .map(|folder| place::normalise(text, folder.as_deref()))
                    .collect()
            }
            Some(_) => vec![None],
        };
        scope.folders = next;
        scope.previous = previous;
    }

    pub(super) fn push_folder(&mut self, args: &[Word], scope: &mut Scope) {
        let here = scope.folder().map(str::to_owned);
        match args.first().and_then(Word::known) {
            Some(text) if text.starts_with(['+', '-']) && text.len() > 1 => {
                scope.folders = vec![None];
            }
            None if args.is_empty() => match scope.stack.pop() {
                Some(folder) => {
                    scope.stack.push(here);
                    scope.folders = vec![folder];
                }
                None => self.ask("folder", "It changes to a folder that is not known."),
            },
            _ => {
                scope.stack.push(here);
                self.change_folder(args, scope);
            }
        }
    }

    pub(super) fn pop_folder(&mut self, args: &[Word], scope: &mut Scope) {
        scope.folders = match scope.stack.pop() {
            Some(folder) if args.is_empty() => vec![folder],
            _ => vec![None],
        };
    }

    /// After `cd x;` the shell may still be where it was, unless the folder is surely there.
    pub(super) fn may_have_failed(&mut self, item: &Item, start: &Scope, scope: &mut Scope) {
        if scope.folders == start.folders {
            return;
        }
        let changes = std::iter::once(&item.first)
            .chain(item.rest.iter().map(|(_, pipeline)| pipeline))
            .any(|pipeline| {
                pipeline.commands.len() == 1 && changes_folder(&pipeline.commands[0].kind)
            });
        let sure = scope.folders.iter().all(|folder| match folder {
            Some(folder) => self.surely_there(folder),
            None => false,
        });
        if changes && !sure {
            for folder in &start.folders {
                scope.add_folder(folder.clone());
            }
        }
    }

    fn surely_there(&self, folder: &str) -> bool {
        let world = self.world;
        folder == "/"
            || folder == world.home
            || folder == world.workspace
            || folder == world.cwd
            || world.tmp.iter().any(|tmp| tmp == folder)
            || world.files.is_dir(folder) == Some(true)
    }
}

fn changes_folder(kind: &Kind) -> bool {
    match kind {
        Kind::Simple(simple) => !matches!(
            simple.words.first().map(|word| word.parts.as_slice()),
            None | Some([Part::Text(_)])
        ) || simple.words.first().is_some_and(|word| {
            matches!(word.parts.as_slice(), [Part::Text(name)] if matches!(name.as_str(), "cd" | "chdir" | "pushd" | "popd" | "builtin" | "command"))
        }),
        _ => true,
    }
}
