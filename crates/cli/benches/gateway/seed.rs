//! Ten thousand sessions of a hundred messages, put straight into the store while the gateway is stopped: one
//! session that was made through the API, copied. So this knows nothing of how a message is kept.

use std::sync::Arc;

use gatehouse_store::gateway::{
    Entry, GatewayStore, NewEntry, SessionRow, SessionStore, SqliteGatewayStore, TranscriptStore,
};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{figures::Outcome, memory, requests::SESSION, subject::Subject, wire::Door};

const SESSIONS: usize = 10_000;
const WRITING: usize = 64;

/// Seeds the stopped gateway, starts it, has it list and read a little, and measures, in MB.
pub(crate) async fn memory_with_sessions(subject: &mut Subject) -> Outcome {
    let Subject::Own(own) = subject else {
        return Err("only our own store can be written to".to_owned());
    };
    own.stop();
    let store = SqliteGatewayStore::open(&own.state_dir(), 0).await;
    let store = Arc::new(store.map_err(|error| error.to_string())?);
    let seeded = seed(&store).await;
    store.close().await;
    drop(store);
    seeded?;
    subject.launch().await?;
    let mut wire = Door::of(subject).enter().await?;
    for number in 0..100 {
        wire.call(
            "sessions.list",
            &json!({ "limit": 50, "offset": number * 50 }),
        )
        .await?;
        let key = format!("{SESSION}-{}", number * 7);
        wire.call("chat.history", &json!({ "sessionKey": key, "limit": 100 }))
            .await?;
    }
    Ok(memory(subject))
}

async fn seed(store: &Arc<SqliteGatewayStore>) -> Result<(), String> {
    let row = store
        .session(SESSION)
        .await
        .map_err(|error| error.to_string())?;
    let row = row.ok_or("the session to copy is not there")?;
    let entries = store
        .entries(SESSION)
        .await
        .map_err(|error| error.to_string())?;
    let entries = Arc::new(entries);
    let mut writing = JoinSet::new();
    for number in 0..SESSIONS {
        if writing.len() == WRITING {
            written(writing.join_next().await)?;
        }
        let (store, entries) = (Arc::clone(store), Arc::clone(&entries));
        let row = copy_of(&row, number);
        writing.spawn(async move { add(&store, row, &entries, number).await });
    }
    while let Some(done) = writing.join_next().await {
        written(Some(done))?;
    }
    Ok(())
}

type Joined = Option<Result<Result<(), String>, tokio::task::JoinError>>;

fn written(joined: Joined) -> Result<(), String> {
    joined.map_or(Ok(()), |done| done.expect("writing does not panic"))
}

fn copy_of(row: &SessionRow, number: usize) -> SessionRow {
    SessionRow {
        key: format!("{SESSION}-{number}"),
        session_id: format!("{}-{number}", row.session_id),
        label: None,
        ..row.clone()
    }
}

async fn add(
    store: &SqliteGatewayStore,
    row: SessionRow,
    entries: &[Entry],
    number: usize,
) -> Result<(), String> {
    let key = row.key.clone();
    store
        .session_create(row)
        .await
        .map_err(|error| error.to_string())?;
    let entries = entries.iter().map(|entry| NewEntry {
        id: format!("{}-{number}", entry.id),
        at: entry.at,
        role: entry.role.clone(),
        run: None,
        input: None,
        json: entry.json.clone(),
        text: format!("message {} of session {number}", entry.seq),
    });
    let added = store.entries_append(&key, entries.collect()).await;
    added
        .map_err(|error| error.to_string())?
        .map(drop)
        .ok_or_else(|| format!("{key} is gone"))
}
