//! What a message was written after: the published fields by which a client says what it saw of a session, so that
//! nothing is said into a conversation that has gone on without it.

use gatehouse_store::gateway::SessionRow;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::session_write::changed_since;
use crate::router::{Cx, MethodError};
use crate::sessions::{SessionName, sends_are_denied};

/// What the caller saw.
#[derive(Debug, Clone, Default)]
pub(super) struct Seen {
    pub(super) session_id: Option<String>,
    /// The last entry; `Some(None)` where there was none yet.
    pub(super) leaf: Option<Option<String>>,
    pub(super) permission_mode: Option<String>,
    pub(super) tool_overrides: Option<Value>,
    pub(super) routing: Option<String>,
}

impl Seen {
    /// Refuses where the session is another by now.
    pub(super) async fn check(&self, cx: &Cx, name: &SessionName) -> Result<(), MethodError> {
        self.routing_is(cx)?;
        self.settings_are_none()?;
        let row = cx.app.store.session(&name.key).await?;
        let row = row.as_ref();
        match &self.leaf {
            Some(leaf) => self.leaf_is(cx, row, leaf.as_deref()).await,
            None => match &self.session_id {
                Some(id) if row.is_none_or(|row| row.session_id != *id) => Err(changed_since()),
                _ => Ok(()),
            },
        }
    }

    /// The published contract: who has a conversation of its own, what the main one is called, and whose it is.
    fn routing_is(&self, cx: &Cx) -> Result<(), MethodError> {
        let agent = cx.app.sessions.defaults().agent_id;
        let ours = format!("per-sender|main|{agent}");
        let seen = self.routing.as_deref().map(str::trim);
        match seen.is_none_or(|seen| seen.eq_ignore_ascii_case(&ours)) {
            true => Ok(()),
            false => Err(stale(
                "session routing changed; review and retry",
                "session-routing-changed",
            )),
        }
    }

    /// No session here has a permission mode or tools of its own, so that nobody can have seen one.
    fn settings_are_none(&self) -> Result<(), MethodError> {
        let tools = self.tool_overrides.as_ref();
        let no_tools =
            tools.is_none_or(|tools| tools.as_object().is_none_or(serde_json::Map::is_empty));
        match self.permission_mode.is_none() && no_tools {
            true => Ok(()),
            false => Err(stale(
                "Session settings changed before send. Retry.",
                "session-settings-changed",
            )),
        }
    }

    /// As published: the leaf is the last entry, or, for a caller that names the session's id, any of its entries.
    async fn leaf_is(
        &self,
        cx: &Cx,
        row: Option<&SessionRow>,
        leaf: Option<&str>,
    ) -> Result<(), MethodError> {
        let changed = || {
            stale(
                "active branch changed; review and retry",
                "active-leaf-changed",
            )
        };
        let id = row.map(|row| row.session_id.as_str());
        if self.session_id.is_some() && self.session_id.as_deref() != id {
            return Err(changed());
        }
        let (last, is_there) = match row {
            None => (None, false),
            Some(row) => {
                let page = cx.app.store.entries_page(&row.key, None, 1).await?;
                let last = page.entries.into_iter().next_back().map(|entry| entry.id);
                let is_there = match leaf {
                    Some(leaf) => cx.app.store.entry(&row.key, leaf).await?.is_some(),
                    None => true,
                };
                (last, is_there)
            }
        };
        let exact = last.as_deref() == leaf;
        match exact || (is_there && self.session_id.is_some()) {
            true => Ok(()),
            false => Err(changed()),
        }
    }
}

/// Refuses to say something in a session whose policy is that nothing is said; the published words.
pub(super) async fn may_send(cx: &Cx, name: &SessionName) -> Result<(), MethodError> {
    let row = cx.app.store.session(&name.key).await?;
    match row.is_some_and(|row| sends_are_denied(&row)) {
        true => Err(MethodError::invalid("send blocked by session policy")),
        false => Ok(()),
    }
}

fn stale(message: &str, reason: &str) -> MethodError {
    MethodError::invalid(message).with_details(json!({"reason": reason}))
}

/// Tells `null` from a field that is not there.
pub(super) fn field<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::<T>::deserialize(deserializer).map(Some)
}
