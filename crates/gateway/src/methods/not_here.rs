//! What a change of a session can say in the published words and this gateway cannot do: refused, where doing without it
//! would be something else than was asked for. Other methods' parameters are looked at in `router/unread`.

use serde_json::{Map, Value};

use crate::router::{MethodError, asks_for_something, not_available};

/// Fields that widen or narrow what a session may do, or that tell what the caller saw of one of them, and that this
/// gateway does not have.
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
    "inheritedToolPolicyVersion",
    "completionOwnerSessionKey",
    "expectedMarkedUnreadAt",
    "ttlMinutes",
];

/// Refuses the first of these names that asks for something.
pub(super) fn refuse(names: &[&str], sent: &Map<String, Value>) -> Result<(), MethodError> {
    let asks = |name: &&&str| sent.get(**name).is_some_and(asks_for_something);
    match names.iter().find(asks) {
        Some(name) => Err(not_available(name)),
        None => Ok(()),
    }
}

/// Rows of this gateway have no such revision, so that nobody can have seen one.
pub(super) fn no_revisions() -> MethodError {
    MethodError::invalid("this gateway has no lifecycle revisions; name the session's id instead")
}
