//! What the published parameters of sessions can say and this gateway cannot do: refused, where doing without it would be
//! something else than was asked for.

use serde_json::{Map, Value, json};

use crate::router::MethodError;

/// Fields of the published schema that decide where a session works, what it may do and what is kept of it, and that
/// this gateway does not have: a session without them would be another one than was asked for.
pub(super) const NOT_WHEN_MADE: &[&str] = &[
    "permissionMode",
    "toolOverrides",
    "incognito",
    "cwd",
    "worktree",
    "execNode",
    "forkFrom",
    "catalogId",
    "projectId",
    "projectGitUrl",
];

/// Refuses the first of these names that says something.
pub(super) fn refuse(names: &[&str], sent: &Map<String, Value>) -> Result<(), MethodError> {
    let says = |name: &&&str| sent.get(**name).is_some_and(|value| *value != json!(false));
    match names.iter().find(says) {
        Some(name) => Err(MethodError::invalid(format!(
            "{name} is not available on this gateway"
        ))),
        None => Ok(()),
    }
}

/// Fields of the published schema that widen what a session may do and that this gateway does not have.
/// So do those that narrow it, and those that tell what the caller saw of one of them.
pub(super) const NOT_WHEN_CHANGED: &[&str] = &[
    "elevatedLevel",
    "execHost",
    "execNode",
    "permissionMode",
    "expectedPermissionMode",
    "toolOverrides",
    "expectedToolOverrides",
    "inheritedToolAllow",
    "inheritedToolDeny",
];

/// Rows of this gateway have no such revision, so that nobody can have seen one.
pub(super) fn no_revisions() -> MethodError {
    MethodError::invalid("this gateway has no lifecycle revisions; name the session's id instead")
}
