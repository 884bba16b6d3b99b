//! The channel of a session: its own, or for one that another session began, that one's. An agent that was written to
//! from a chat is not less so in a session that it began itself.

use std::sync::Arc;

use gatehouse_store::StoreError;
use gatehouse_store::gateway::GatewayStore;

use super::SessionName;
use super::kept::{Kept, Weight};

/// Sessions that begin sessions, as far as they are followed. The tools allow fewer.
const MOST: usize = 16;

/// How many sessions' channels are kept until something is written.
const KEPT: usize = 1_024;

/// The sessions' channels, as they are asked for with each call of a tool.
#[derive(Clone)]
pub(crate) struct Channels {
    store: Arc<dyn GatewayStore>,
    kept: Arc<Kept<Option<String>>>,
}

impl Weight for Option<String> {
    fn bytes(&self) -> usize {
        self.as_ref().map_or(0, String::len)
    }
}

impl Channels {
    pub(crate) fn new(store: Arc<dyn GatewayStore>) -> Self {
        let kept = Arc::new(Kept::at_most(KEPT));
        Self { store, kept }
    }

    /// None where it is not known.
    pub(crate) async fn of(&self, key: &str) -> Result<Option<String>, StoreError> {
        // Told before it is read: what is written meanwhile makes what is kept stale, never new.
        let revision = self.store.revision();
        if let Some(kept) = self.kept.get(key, revision) {
            return Ok((*kept).clone());
        }
        let channel = Arc::new(channel_of(&*self.store, key).await?);
        self.kept.put(key.to_owned(), revision, &channel);
        Ok((*channel).clone())
    }
}

/// None where it is not known.
pub(crate) async fn channel_of(
    store: &dyn GatewayStore,
    key: &str,
) -> Result<Option<String>, StoreError> {
    let mut key = key.to_owned();
    for _ in 0..MOST {
        let name = SessionName::new(&key, None, "main");
        if let Some(channel) = name.channel() {
            return Ok(Some(channel.to_owned()));
        }
        let row = store.session(&key).await?;
        let Some(above) = row.and_then(|row| row.spawned_by.or(row.parent)) else {
            return Ok(None);
        };
        key = above;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use gatehouse_store::gateway::{SessionRow, SessionStore, SqliteGatewayStore};

    use super::*;

    #[tokio::test]
    async fn a_session_that_another_began_has_the_channel_of_that_one() {
        let store = SqliteGatewayStore::in_memory().await.unwrap();
        for (key, by) in [
            ("agent:main:subagent:a", "agent:main:telegram:group:1"),
            ("agent:main:subagent:b", "agent:main:subagent:a"),
        ] {
            let row = SessionRow {
                key: key.to_owned(),
                session_id: key.to_owned(),
                agent: "main".to_owned(),
                overrides: "{}".to_owned(),
                extra: "{}".to_owned(),
                spawned_by: Some(by.to_owned()),
                ..SessionRow::default()
            };
            store.session_create(row).await.unwrap();
        }
        for (key, channel) in [
            ("agent:main:telegram:group:1", Some("telegram")),
            ("agent:main:subagent:b", Some("telegram")),
            ("agent:main:subagent:lost", None),
            ("agent:main:main", Some("webchat")),
        ] {
            let found = channel_of(&store, key).await.unwrap();
            assert_eq!(found.as_deref(), channel, "{key}");
        }
    }
}
