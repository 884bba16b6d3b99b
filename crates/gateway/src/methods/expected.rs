//! What a message was written after: the published fields by which a client says what it saw of a session, so that
//! nothing is said into a conversation that has gone on without it.

use gatehouse_agent::Point;
use gatehouse_store::gateway::Follows;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::session_write::changed_since;
use crate::router::{Cx, MethodError};
use crate::runs::conversation_went_on;
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
    /// Refuses where the session is another by now, for the input of this id.
    pub(super) async fn check(
        &self,
        cx: &Cx,
        name: &SessionName,
        input: &str,
    ) -> Result<(), MethodError> {
        self.routing_is(cx)?;
        self.settings_are_none()?;
        if self.leaf.is_some() {
            return self.leaf_is(cx, name, input).await;
        }
        let row = cx.app.store.session(&name.key).await?;
        match &self.session_id {
            Some(id) if row.is_none_or(|row| row.session_id != *id) => Err(changed_since()),
            _ => Ok(()),
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

    /// What the caller saw last, for whoever keeps the message: only with that is nothing said in between.
    pub(super) fn point(&self) -> Option<Point> {
        self.leaf.as_ref().map(|entry| Point {
            session_id: self.session_id.clone(),
            entry: entry.clone(),
        })
    }

    /// As published: the leaf is the last entry, or, for a caller that names the session's id, any of its entries.
    async fn leaf_is(&self, cx: &Cx, name: &SessionName, input: &str) -> Result<(), MethodError> {
        let follows = Follows {
            session_id: self.session_id.clone(),
            entry: self.leaf.clone().flatten(),
        };
        let store = &cx.app.store;
        match store.input_follows(&name.key, input, &follows).await? {
            true => Ok(()),
            false => Err(conversation_went_on()),
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
