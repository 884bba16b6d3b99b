//! Where a session comes from: the sessions that began it, and its channel, which is its own or for one that another
//! session began, that one's. An agent that was written to from a chat is not less so in a session that it began itself.

use std::collections::BTreeSet;
use std::sync::Arc;

use gatehouse_policy::Teller;
use gatehouse_store::StoreError;
use gatehouse_store::gateway::GatewayStore;

use super::SessionName;
use super::kept::{Kept, Weight};

/// Where a session comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Lineage {
    /// None where it is not known.
    pub(crate) channel: Option<String>,
    /// The keys of those that began it, the nearest first.
    pub(crate) above: Vec<String>,
}

/// How many sessions may have begun one another before an agent begins one more: each is looked at for every call of the
/// last, and a session that is written to can begin others as if it were the first.
pub(crate) const MOST_ABOVE: usize = 64;

/// How many sessions' origins are kept until something is written.
const KEPT: usize = 1_024;

/// Where sessions come from, as it is asked for with each call of a tool.
#[derive(Clone)]
pub(crate) struct Lineages {
    store: Arc<dyn GatewayStore>,
    kept: Arc<Kept<Lineage>>,
}

impl Weight for Lineage {
    fn bytes(&self) -> usize {
        self.channel
            .iter()
            .chain(&self.above)
            .map(String::len)
            .sum()
    }
}

impl Lineages {
    pub(crate) fn new(store: Arc<dyn GatewayStore>) -> Self {
        let kept = Arc::new(Kept::at_most(KEPT));
        Self { store, kept }
    }

    pub(crate) async fn of(&self, key: &str) -> Result<Lineage, StoreError> {
        // Told before it is read: what is written meanwhile makes what is kept stale, never new.
        let revision = self.store.revision();
        if let Some(kept) = self.kept.get(key, revision) {
            return Ok((*kept).clone());
        }
        let lineage = Arc::new(lineage_of(&*self.store, key).await?);
        self.kept.put(key.to_owned(), revision, &lineage);
        Ok((*lineage).clone())
    }

    /// Where those come from whose words are followed.
    pub(crate) async fn tellers(&self, keys: &[String]) -> Result<Vec<Teller>, StoreError> {
        let mut tellers = Vec::with_capacity(keys.len());
        for key in keys {
            let Lineage { channel, above } = self.of(key).await?;
            let session = key.clone();
            tellers.push(Teller {
                session,
                channel,
                above,
            });
        }
        Ok(tellers)
    }
}

/// Where a session comes from. One that has a channel of its own was begun by no other.
pub(crate) async fn lineage_of(store: &dyn GatewayStore, key: &str) -> Result<Lineage, StoreError> {
    let mut lineage = Lineage::default();
    let mut key = key.to_owned();
    // To the first one, however far that is: whoever got out of sight of it would be held to nothing. Each is met once,
    // also where a damaged store has them begin each other.
    let mut met = BTreeSet::new();
    while met.insert(key.clone()) {
        let name = SessionName::new(&key, None, "main");
        if let Some(channel) = name.channel() {
            lineage.channel = Some(channel.to_owned());
            break;
        }
        let row = store.session(&key).await?;
        let Some(above) = row.and_then(|row| row.spawned_by.or(row.parent)) else {
            break;
        };
        lineage.above.push(above.clone());
        key = above;
    }
    Ok(lineage)
}

#[cfg(test)]
mod tests {
    use gatehouse_store::gateway::{SessionRow, SessionStore, SqliteGatewayStore};

    use super::*;

    async fn begun(store: &SqliteGatewayStore, key: &str, by: &str) {
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

    #[tokio::test]
    async fn nobody_gets_out_of_sight_of_the_first_by_beginning_many() {
        let store = SqliteGatewayStore::in_memory().await.unwrap();
        let chat = "agent:main:telegram:group:1";
        let key = |n: usize| match n {
            0 => chat.to_owned(),
            n => format!("agent:main:subagent:{n}"),
        };
        for n in 1..=40 {
            begun(&store, &key(n), &key(n - 1)).await;
        }
        let found = lineage_of(&store, &key(40)).await.unwrap();
        assert_eq!(found.channel.as_deref(), Some("telegram"));
        assert_eq!(found.above.last().unwrap(), chat);
        assert_eq!(found.above.len(), 40);
    }

    #[tokio::test]
    async fn those_that_began_each_other_have_an_end() {
        let store = SqliteGatewayStore::in_memory().await.unwrap();
        let (one, other) = ("agent:main:subagent:1", "agent:main:subagent:2");
        begun(&store, one, other).await;
        begun(&store, other, one).await;
        let found = lineage_of(&store, one).await.unwrap();
        assert_eq!(found.above, [other, one]);
    }

    #[tokio::test]
    async fn a_session_that_another_began_comes_from_that_one_and_has_its_channel() {
        let store = SqliteGatewayStore::in_memory().await.unwrap();
        begun(
            &store,
            "agent:main:subagent:a",
            "agent:main:telegram:group:1",
        )
        .await;
        begun(&store, "agent:main:subagent:b", "agent:main:subagent:a").await;
        let (chat, between) = ("agent:main:telegram:group:1", "agent:main:subagent:a");
        for (key, channel, above) in [
            (chat, Some("telegram"), vec![]),
            (
                "agent:main:subagent:b",
                Some("telegram"),
                vec![between, chat],
            ),
            ("agent:main:subagent:lost", None, vec![]),
            ("agent:main:main", Some("webchat"), vec![]),
        ] {
            let found = lineage_of(&store, key).await.unwrap();
            assert_eq!(found.channel.as_deref(), channel, "{key}");
            assert_eq!(found.above, above, "{key}");
        }
    }
}
