//! Transcripts in the store. A message is written as clients are going to read it, and told to those who
//! follow its session as soon as it is kept.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use gatehouse_agent::journal::{
    BegunRun, Compaction, Journal, JournalError, ModelCall, NewInput, Point,
};
use gatehouse_agent::message::{Content, Message};
use gatehouse_agent::provider::Purpose;
use gatehouse_store::StoreError;
use gatehouse_store::gateway::{
    Draft, Entry, Follows, NewEntry, RunRecord, TokenUsage, UsageRecord, WaitingInput,
};
use gatehouse_vault::Redactor;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{asked, tellers};
use crate::day;
use crate::sessions::Sessions;

/// Keeps transcripts in the store.
pub struct StoreJournal {
    sessions: Sessions,
    redactor: Redactor,
    /// The session of each run that goes on, by key.
    begun: Mutex<HashMap<String, Begun>>,
}

/// What a run works on.
struct Begun {
    /// Its id, since a key can come to name another one.
    session_id: String,
    /// The entries that the run knows, in their order. What somebody else adds meanwhile is not among them.
    known: Vec<String>,
}

const NOT_KEPT: &str = "could not keep the input";

/// Why a run's words are not kept any more.
const GONE: &str = "its session was reset or deleted";

impl StoreJournal {
    /// What is kept goes through the redactor first.
    pub fn new(sessions: Sessions, redactor: Redactor) -> Self {
        Self {
            sessions,
            redactor,
            begun: Mutex::default(),
        }
    }

    fn clean(&self, text: String) -> String {
        match self.redactor.redact(&text) {
            Cow::Owned(clean) => clean,
            Cow::Borrowed(_) => text,
        }
    }

    fn waiting(&self, input: &NewInput<'_>) -> WaitingInput {
        let mut json = written(input.message, input.run_id);
        tellers::put(&mut json, &input.request.told_by);
        asked::put(&mut json, input.request);
        WaitingInput {
            id: input.run_id.to_owned(),
            key: input.session_key.to_owned(),
            at: self.sessions.now(),
            json: self.clean(json.to_string()),
        }
    }

    /// The number of the entry; none where the session of the run is not there any more.
    async fn add(&self, key: &str, entry: NewEntry) -> Result<Option<i64>, StoreError> {
        let Some(session_id) = self.session_of(key) else {
            return Ok(None);
        };
        let id = entry.id.clone();
        let added = self
            .sessions
            .store
            .entries_append_in(key, &session_id, vec![entry]);
        let number = added.await?.and_then(|numbers| numbers.first().copied());
        if number.is_some() {
            self.change_known(key, |known| known.push(id));
        }
        Ok(number)
    }

    fn begun(&self) -> MutexGuard<'_, HashMap<String, Begun>> {
        self.begun.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn session_of(&self, key: &str) -> Option<String> {
        let begun = self.begun();
        begun.get(key).map(|begun| begun.session_id.clone())
    }

    fn change_known(&self, key: &str, change: impl FnOnce(&mut Vec<String>)) {
        if let Some(begun) = self.begun().get_mut(key) {
            change(&mut begun.known);
        }
    }
}

#[async_trait]
impl Journal for StoreJournal {
    async fn accept(&self, input: &NewInput<'_>) -> Result<(), JournalError> {
        let kept = self.sessions.store.input_put(self.waiting(input)).await;
        kept.map_err(|error| JournalError::new(NOT_KEPT, error))
    }

    async fn accept_after(
        &self,
        point: &Point,
        input: &NewInput<'_>,
    ) -> Result<bool, JournalError> {
        let follows = Follows {
            session_id: point.session_id.clone(),
            entry: point.entry.clone(),
        };
        let input = self.waiting(input);
        let kept = self.sessions.store.input_put_after(input, follows).await;
        kept.map_err(|error| JournalError::new(NOT_KEPT, error))
    }

    async fn withdraw(&self, _key: &str, run_id: &str) -> Result<(), JournalError> {
        let gone = self.sessions.store.input_remove(run_id).await;
        gone.map(drop)
            .map_err(|error| JournalError::new("could not forget the input", error))
    }

    async fn begin(&self, run: &BegunRun<'_>) -> Result<(), JournalError> {
        let failed = |error| JournalError::new("could not note that the run begins", error);
        // A session that only the engine knows until now, such as a sub-agent's, is to show that it runs.
        let name = self.sessions.name(run.session_key, Some(run.agent_id));
        let (row, _) = self.sessions.ensure(&name, "run").await.map_err(failed)?;
        let key = run.session_key.to_owned();
        let begun = Begun {
            session_id: row.session_id,
            known: Vec::new(),
        };
        self.begun().insert(key, begun);
        let at = i64::try_from(run.started_at_ms).unwrap_or(i64::MAX);
        let record = RunRecord::begun(run.run_id, run.session_key, run.agent_id, at);
        let begun = self.sessions.store.run_begin(record).await;
        begun.map(drop).map_err(failed)
    }

    async fn told_by(&self, key: &str) -> Result<Vec<String>, JournalError> {
        let failed = |error| JournalError::new("could not read whose words it follows", error);
        let Some(session_id) = self.session_of(key) else {
            return Ok(Vec::new());
        };
        let told_by = tellers::of(&*self.sessions.store, &session_id).await;
        told_by.map_err(failed)
    }

    async fn keep_told_by(&self, key: &str, told_by: &[String]) -> Result<(), JournalError> {
        let failed = |error| JournalError::new("could not keep whose words it follows", error);
        let Some(session_id) = self.session_of(key) else {
            return Err(JournalError::new(
                "could not keep whose words it follows",
                GONE,
            ));
        };
        let kept = tellers::keep(&*self.sessions.store, &session_id, told_by).await;
        kept.map_err(failed)
    }

    async fn end(&self, key: &str, _run_id: &str) {
        self.begun().remove(key);
    }

    async fn load(&self, key: &str) -> Result<Vec<Message>, JournalError> {
        let failed = |error| JournalError::new("could not read the transcript", error);
        let entries = self.sessions.store.entries(key).await.map_err(failed)?;
        let ids = entries.iter().map(|entry| entry.id.clone()).collect();
        self.change_known(key, |known| *known = ids);
        entries.iter().map(read).collect()
    }

    async fn append(&self, key: &str, run_id: &str, message: &Message) -> Result<(), JournalError> {
        let failed = |error| JournalError::new("could not write the transcript", error);
        let entry = new_entry(message, run_id, Uuid::new_v4().to_string());
        let entry = NewEntry {
            json: self.clean(entry.json),
            text: self.clean(entry.text),
            ..entry
        };
        let Some(seq) = self.add(key, entry.clone()).await.map_err(failed)? else {
            return Err(JournalError::new("could not write the transcript", GONE));
        };
        let row = self.sessions.store.session(key).await.map_err(failed)?;
        if let Some(row) = row {
            let shown = shown(&entry, seq);
            self.sessions.said(&row, &shown, &entry.id, seq);
        }
        Ok(())
    }

    async fn draft(&self, key: &str, run_id: &str, message: &Message) -> Result<(), JournalError> {
        let failed = |error| JournalError::new("could not keep the answer while it grows", error);
        let Some(session_id) = self.session_of(key) else {
            return Ok(());
        };
        let draft = Draft {
            key: key.to_owned(),
            session_id,
            run: run_id.to_owned(),
            json: self.clean(written(message, run_id).to_string()),
        };
        self.sessions.store.draft_put(draft).await.map_err(failed)
    }

    async fn charge(&self, call: &ModelCall<'_>) {
        let key = call.session_key;
        let at = i64::try_from(call.at_ms).unwrap_or(i64::MAX);
        let usage = UsageRecord {
            at,
            day: day::utc(at),
            session: key.to_owned(),
            agent: self.sessions.name(key, None).agent,
            run: call.run_id.to_owned(),
            provider: call.model.provider.clone(),
            model: call.model.model.clone(),
            tokens: tokens(call),
        };
        if let Err(error) = self.sessions.store.usage_add(usage).await {
            tracing::error!(%error, key, "usage could not be recorded");
        }
    }

    async fn compact(
        &self,
        key: &str,
        run_id: &str,
        compaction: &Compaction,
    ) -> Result<(), JournalError> {
        let failed = |error| JournalError::new("could not compact the transcript", error);
        let gone = || JournalError::new("could not compact the transcript", GONE);
        let session_id = self.session_of(key).ok_or_else(gone)?;
        let count = compaction.replaced;
        let mut replaced = Vec::new();
        self.change_known(key, |known| {
            replaced.extend(known.iter().take(count).cloned())
        });
        let summary = new_entry(&compaction.summary, run_id, Uuid::new_v4().to_string());
        let (id, now) = (summary.id.clone(), self.sessions.now());
        let store = &self.sessions.store;
        let done = store.entries_replace(key, &session_id, "compaction", now, replaced, summary);
        done.await.map_err(failed)?.ok_or_else(gone)?;
        self.change_known(key, |known| {
            known.splice(..count.min(known.len()), [id]);
        });
        Ok(())
    }
}

/// A message as an entry.
pub(crate) fn new_entry(message: &Message, run_id: &str, id: String) -> NewEntry {
    let input = matches!(message, Message::User(_)).then(|| run_id.to_owned());
    let json = written(message, run_id);
    NewEntry {
        id,
        at: json["timestamp"].as_i64().unwrap_or_default(),
        role: json["role"].as_str().unwrap_or_default().to_owned(),
        run: Some(run_id.to_owned()),
        input,
        text: searchable(message),
        json: json.to_string(),
    }
}

/// The message as the published gateway sends it: a person's plain text is a bare string, under the key
/// that its client can recognise it by.
fn written(message: &Message, run_id: &str) -> Value {
    let mut value = serde_json::to_value(message).expect("a message has only string keys");
    if let Message::User(user) = message {
        if let [Content::Text { text }] = user.content.as_slice() {
            value["content"] = json!(text);
        }
        value["idempotencyKey"] = json!(format!("{run_id}:user"));
    }
    value
}

/// What a search finds a message by: what people and the agent said, not what tools printed.
fn searchable(message: &Message) -> String {
    match message {
        Message::User(_) | Message::Assistant(_) => message.text(),
        Message::ToolResult(_) | Message::CompactionSummary(_) => String::new(),
    }
}

fn read(entry: &Entry) -> Result<Message, JournalError> {
    serde_json::from_str(&entry.json).map_err(|error| {
        JournalError::new(format!("could not read the message {}", entry.id), error)
    })
}

/// The message of a new entry, as clients see it.
fn shown(entry: &NewEntry, seq: i64) -> Value {
    let mut value: Value = serde_json::from_str(&entry.json).unwrap_or_default();
    let mut meta = json!({"id": entry.id, "recordTimestampMs": entry.at, "seq": seq});
    if let Some(run) = &entry.run {
        meta["runId"] = json!(run);
    }
    value["__openclaw"] = meta;
    value
}

fn tokens(call: &ModelCall<'_>) -> TokenUsage {
    let usage = call.usage;
    let count = |tokens: u64| i64::try_from(tokens).unwrap_or(i64::MAX);
    let context = match call.purpose {
        Purpose::Reply => usage.input + usage.cache_read + usage.cache_write + usage.output,
        // It read a part of the conversation, as a text.
        Purpose::Compaction => 0,
    };
    TokenUsage {
        input: count(usage.input),
        output: count(usage.output),
        cache_read: count(usage.cache_read),
        cache_write: count(usage.cache_write),
        context: count(context),
        // A price of nothing and no known price look the same to the engine.
        cost_usd: (usage.cost.total > 0.0).then_some(usage.cost.total),
    }
}
