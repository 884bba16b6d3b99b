//! The tool `apply_patch`: changes to several files at once. All of them are worked out before the first is
//! written; a patch that does not fit changes nothing.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    arguments, blocking, hunk,
    patch::{self, Operation, PatchError},
    read_text,
};
use crate::{
    govern::{Effect, FileAccess, FileEffect},
    tools::{CallContext, Tool, ToolError, ToolOutput, ToolSpec},
    workspace::{Existing, LastLink, PathError, Workspace},
};

pub struct ApplyPatch;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    input: String,
}

impl From<PatchError> for ToolError {
    fn from(error: PatchError) -> Self {
        Self::Failed(error.to_string())
    }
}

#[async_trait]
impl Tool for ApplyPatch {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: "apply_patch",
            label: "Apply patch",
            description: "Change several files of the workspace with one patch: *** Begin Patch, then *** Add File:, *** Update File: (with @@ hunks, optional *** Move to:) or *** Delete File: sections, then *** End Patch.",
            parameters: json!({
                "type": "object",
                "required": ["input"],
                "properties": {
                    "input": { "type": "string", "description": "The whole patch, with its first and its last line." },
                },
            }),
        }
    }

    async fn resolve(&self, given: &Value, call: &CallContext) -> Result<Effect, ToolError> {
        let operations = patch::parse(&arguments::<Arguments>(given)?.input)?;
        let workspace = Workspace::new(&call.workspace)?;
        let mut paths = Vec::new();
        for operation in &operations {
            paths.extend(effects(&workspace, operation)?);
        }
        Ok(Effect::Files { paths })
    }

    async fn run(
        &self,
        effect: &Effect,
        given: &Value,
        call: &CallContext,
    ) -> Result<ToolOutput, ToolError> {
        let operations = patch::parse(&arguments::<Arguments>(given)?.input)?;
        let Effect::Files { paths } = effect.clone() else {
            return Err(ToolError::Failed("not a patch".into()));
        };
        blocking(call, move |workspace| {
            let mut plan = Plan::new(&workspace);
            let mut places = paths.iter().map(|effect| effect.path.as_path());
            for operation in &operations {
                plan.add(operation, &mut places)?;
            }
            plan.carry_out()
        })
        .await
    }
}

/// The places of an operation, in the order in which [`Plan::add`] takes them.
fn effects(workspace: &Workspace, operation: &Operation) -> Result<Vec<FileEffect>, ToolError> {
    let at = |path: &str, access, last| -> Result<FileEffect, ToolError> {
        let path = workspace.resolve(path, last)?;
        Ok(FileEffect { access, path })
    };
    let write = FileAccess::Write;
    Ok(match operation {
        Operation::Add { path, .. } => vec![at(path, write, LastLink::Keep)?],
        Operation::Delete { path } => vec![at(path, FileAccess::Delete, LastLink::Keep)?],
        Operation::Update {
            path,
            move_to: None,
            ..
        } => vec![at(path, write, LastLink::Follow)?],
        Operation::Update {
            path,
            move_to: Some(to),
            ..
        } => vec![
            at(path, FileAccess::Delete, LastLink::Follow)?,
            at(to, write, LastLink::Keep)?,
        ],
    })
}

/// What files will hold; none for one that will be gone.
struct Plan<'a> {
    workspace: &'a Workspace,
    files: BTreeMap<PathBuf, Option<String>>,
    /// Files that were there, and that the patch may therefore replace.
    known: Vec<PathBuf>,
    /// Where a file comes from that has moved, and keeps who may do what with it.
    moved: BTreeMap<PathBuf, PathBuf>,
    done: Vec<String>,
}

impl<'a> Plan<'a> {
    fn new(workspace: &'a Workspace) -> Self {
        Self {
            workspace,
            files: BTreeMap::new(),
            known: Vec::new(),
            moved: BTreeMap::new(),
            done: Vec::new(),
        }
    }

    fn add<'p>(
        &mut self,
        operation: &Operation,
        places: &mut impl Iterator<Item = &'p Path>,
    ) -> Result<(), ToolError> {
        let changed = || ToolError::Failed("the patch is not the one that was allowed".into());
        let place = places.next().ok_or_else(changed)?;
        match operation {
            Operation::Add { text, .. } => {
                self.must_be_free(place)?;
                self.put(place, text.clone(), "A");
            }
            Operation::Delete { .. } => {
                self.note_existing(place)?;
                self.remove(place);
                self.say("D", place);
            }
            Operation::Update {
                path,
                move_to,
                hunks,
            } => {
                let old = self.current(place)?;
                let new = hunk::apply(path, &old, hunks)?;
                if move_to.is_none() {
                    self.put(place, new, "M");
                    return Ok(());
                }
                let target = places.next().ok_or_else(changed)?;
                if target != place {
                    self.must_be_free(target)?;
                    self.remove(place);
                    let from = self.moved.remove(place);
                    let from = from.unwrap_or_else(|| place.to_owned());
                    self.moved.insert(target.to_owned(), from);
                }
                self.put(target, new, "M");
            }
        }
        Ok(())
    }

    fn current(&mut self, place: &Path) -> Result<String, ToolError> {
        match self.files.get(place) {
            Some(Some(text)) => Ok(text.clone()),
            Some(None) => Err(self.missing(place)),
            None => {
                self.known.push(place.to_owned());
                read_text(self.workspace, place)
            }
        }
    }

    /// A file or link that can be removed.
    fn note_existing(&mut self, place: &Path) -> Result<(), ToolError> {
        match self.files.get(place) {
            Some(Some(_)) => return Ok(()),
            Some(None) => return Err(self.missing(place)),
            None => {}
        }
        let Ok(there) = place.symlink_metadata() else {
            return Err(self.missing(place));
        };
        if there.is_dir() {
            let shown = self.workspace.shown(place).display();
            let text = format!("{shown} is a folder; a patch deletes files only, one by one");
            return Err(ToolError::Failed(text));
        }
        self.known.push(place.to_owned());
        Ok(())
    }

    fn must_be_free(&self, place: &Path) -> Result<(), ToolError> {
        let planned = self.files.get(place);
        let there = planned.map_or_else(|| place.symlink_metadata().is_ok(), Option::is_some);
        if there {
            return Err(PathError::Exists(place.to_owned()).into());
        }
        self.must_have_a_folder(place)
    }

    /// Nothing on the way to a new file may be a file.
    fn must_have_a_folder(&self, place: &Path) -> Result<(), ToolError> {
        for above in place.ancestors().skip(1) {
            let planned = matches!(self.files.get(above), Some(Some(_)));
            let there = above.symlink_metadata().ok();
            if planned || there.as_ref().is_some_and(|there| !there.is_dir()) {
                let shown = self.workspace.shown(above).display();
                let text = format!("{shown} is no folder, so nothing can be put into it");
                return Err(ToolError::Failed(text));
            }
        }
        Ok(())
    }

    fn missing(&self, place: &Path) -> ToolError {
        let shown = self.workspace.shown(place).display();
        ToolError::Failed(format!("{shown} is not there"))
    }

    fn put(&mut self, place: &Path, text: String, letter: &str) {
        self.files.insert(place.to_owned(), Some(text));
        self.say(letter, place);
    }

    fn remove(&mut self, place: &Path) {
        self.files.insert(place.to_owned(), None);
    }

    fn say(&mut self, letter: &str, place: &Path) {
        let shown = self.workspace.shown(place).display();
        self.done.push(format!("{letter} {shown}"));
    }

    /// New texts first, so that a failure on the way loses none.
    fn carry_out(self) -> Result<ToolOutput, ToolError> {
        for (path, text) in &self.files {
            let Some(text) = text else { continue };
            let existing = if self.known.contains(path) {
                Existing::Replace
            } else {
                Existing::Refuse
            };
            let like = self.moved.get(path).map_or(path, |from| from);
            self.workspace
                .write_like(path, text.as_bytes(), existing, like)?;
        }
        for (path, text) in &self.files {
            if text.is_none() && self.known.contains(path) {
                self.workspace.remove(path)?;
            }
        }
        let text = format!("Changed files:\n{}", self.done.join("\n"));
        Ok(ToolOutput::text(text))
    }
}
