//! Tools that read and write files of the workspace: `read`, `write`, `edit`, `apply_patch`, `ls`, `find` and
//! `grep`. Their effect names every file, resolved; they open nothing else.

mod apply_patch;
mod edit;
mod find;
mod grep;
mod hunk;
mod indent;
mod ls;
mod patch;
mod read;
mod walk;
mod write;

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::{CallContext, ToolError, Toolbox};
use crate::{
    govern::{Effect, FileAccess, FileEffect},
    workspace::{LastLink, PathError, Workspace},
};

pub(crate) use walk::files as files_below;

pub use apply_patch::ApplyPatch;
pub use edit::Edit;
pub use find::Find;
pub use grep::Grep;
pub use ls::Ls;
pub use read::Read;
pub use write::Write;

/// The largest file that a tool reads whole.
const LARGEST: u64 = 8 * 1024 * 1024;

/// Adds all of them.
pub fn add_to(toolbox: &mut Toolbox) {
    toolbox.add(Read);
    toolbox.add(Write);
    toolbox.add(Edit);
    toolbox.add(ApplyPatch);
    toolbox.add(Ls);
    toolbox.add(Find);
    toolbox.add(Grep);
}

impl From<PathError> for ToolError {
    fn from(error: PathError) -> Self {
        Self::Path(error.to_string())
    }
}

/// Reads arguments into the shape that a tool wants.
pub(crate) fn arguments<T: DeserializeOwned>(arguments: &Value) -> Result<T, ToolError> {
    serde_json::from_value(arguments.clone())
        .map_err(|error| ToolError::Arguments(format!("the arguments cannot be used: {error}")))
}

/// An effect on one path.
fn effect_on(call: &CallContext, path: &str, access: FileAccess) -> Result<Effect, ToolError> {
    let workspace = Workspace::new(&call.workspace)?;
    let path = workspace.resolve(path, LastLink::Follow)?;
    let paths = vec![FileEffect { access, path }];
    Ok(Effect::Files { paths })
}

/// The path of an effect on one path.
fn only_path(effect: &Effect) -> Result<PathBuf, ToolError> {
    match effect {
        Effect::Files { paths } if paths.len() == 1 => Ok(paths[0].path.clone()),
        _ => Err(ToolError::Failed("the call has no single path".into())),
    }
}

/// Work on files, off the async threads.
async fn blocking<T: Send + 'static>(
    call: &CallContext,
    work: impl FnOnce(Workspace) -> Result<T, ToolError> + Send + 'static,
) -> Result<T, ToolError> {
    let root = call.workspace.clone();
    let done = tokio::task::spawn_blocking(move || work(Workspace::new(&root)?)).await;
    done.unwrap_or_else(|_| {
        Err(ToolError::Failed(
            "the tool ended by an internal fault".into(),
        ))
    })
}

/// A text file, with a clear word about one that is none.
fn read_text(workspace: &Workspace, path: &Path) -> Result<String, ToolError> {
    let bytes = workspace.read(path, LARGEST)?;
    String::from_utf8(bytes).map_err(|_| {
        let shown = workspace.shown(path).display();
        ToolError::Failed(format!("{shown} is not a text file (UTF-8)"))
    })
}

#[cfg(all(test, unix))]
mod tests;
