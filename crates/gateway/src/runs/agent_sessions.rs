//! The sessions as an agent's tools see them: those of its own agent, and no others.
//!
//! A message to another session goes through a task that owns the runs, because the tools belong to the engine
//! that they would have to hold.

use std::collections::HashMap;
use std::time::Duration;

use async_trait::async_trait;
use gatehouse_agent::tools::sessions::{self as tools, Caller, ChildSession, SessionError};
use gatehouse_agent::{Origin, QueueMode, Waited};
use gatehouse_store::gateway::{SessionFilter, SessionRow};
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Input, Runs, Submitted};
use crate::govern::Taints;
use crate::sessions::{Change, MOST_ABOVE, SessionName, Sessions, lineage_of, sends_are_denied};

/// Messages that may wait for the task.
const LETTERS: usize = 64;

/// What an agent is told that would wait for one which waits for it.
const IN_CIRCLE: &str = "That session waits for an answer of this one, so its answer cannot be waited for. It reads the \
    message when its turn is over.";

/// What the tools are given.
pub struct AgentSessions {
    sessions: Sessions,
    taints: Taints,
    letters: mpsc::Sender<Letter>,
}

/// The other end of it.
pub struct Post(mpsc::Receiver<Letter>);

struct Letter {
    /// The key of the session whose run sends it.
    from: String,
    input: Input,
    wait: Duration,
    answer: oneshot::Sender<Result<Value, String>>,
}

impl AgentSessions {
    pub(crate) fn new(sessions: Sessions, taints: Taints) -> (Self, Post) {
        let (letters, inbox) = mpsc::channel(LETTERS);
        let own = Self {
            sessions,
            taints,
            letters,
        };
        (own, Post(inbox))
    }

    /// What one session read is told to another.
    async fn hears(&self, session: &str, from: &str) -> Result<(), String> {
        let heard = self.taints.hears(session, from).await;
        heard.map_err(|error| error.to_string())
    }

    /// A session of the caller's agent.
    async fn own(&self, caller: &Caller, key: &str) -> Result<SessionRow, SessionError> {
        let name = self.sessions.name(key, Some(&caller.agent_id));
        let missing = || SessionError::Unknown(format!("there is no session {key} of this agent"));
        if name.agent != caller.agent_id {
            return Err(missing());
        }
        let row = self.sessions.store.session(&name.key).await;
        row.map_err(|error| error.to_string())?.ok_or_else(missing)
    }
}

impl Post {
    /// Delivers what agents send, until the gateway stops.
    pub async fn deliver(mut self, runs: Runs, stopping: CancellationToken) {
        let mut waits = Waits::default();
        let mut under_way = JoinSet::new();
        loop {
            tokio::select! {
                biased;
                // What is under way ends with the set.
                () = stopping.cancelled() => return,
                Some(done) = under_way.join_next() => match done {
                    Ok(number) => waits.end(number),
                    Err(error) => tracing::error!(%error, "a message to a session was not followed"),
                },
                letter = self.0.recv() => match letter {
                    None => return,
                    Some(letter) => {
                        let waiting = waits.begin(&letter);
                        let (runs, number) = (runs.clone(), waits.last);
                        under_way.spawn(async move {
                            one(runs, letter, waiting).await;
                            number
                        });
                    }
                },
            }
        }
    }
}

/// Which session waits for which one.
#[derive(Default)]
struct Waits {
    last: u64,
    open: HashMap<u64, (String, String)>,
}

/// Whether an answer can be waited for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waiting {
    Can,
    /// The other one waits for this one, if by way of others: neither would ever answer.
    InCircle,
}

impl Waits {
    fn begin(&mut self, letter: &Letter) -> Waiting {
        self.last += 1;
        let (from, to) = (&letter.from, &letter.input.name.key);
        if letter.wait.is_zero() {
            return Waiting::Can;
        }
        if self.leads(to, from) {
            return Waiting::InCircle;
        }
        self.open.insert(self.last, (from.clone(), to.clone()));
        Waiting::Can
    }

    fn end(&mut self, number: u64) {
        self.open.remove(&number);
    }

    /// Whether one session waits for another one, if by way of others.
    fn leads(&self, from: &str, to: &str) -> bool {
        let mut seen = vec![from];
        let mut at = 0;
        while let Some(&session) = seen.get(at) {
            if session == to {
                return true;
            }
            for (waits, waited_for) in self.open.values() {
                if waits == session && !seen.contains(&waited_for.as_str()) {
                    seen.push(waited_for);
                }
            }
            at += 1;
        }
        false
    }
}

async fn one(runs: Runs, mut letter: Letter, waiting: Waiting) {
    let wait = match waiting {
        Waiting::Can => letter.wait,
        Waiting::InCircle => Duration::ZERO,
    };
    let answer = match runs.submit(letter.input).await {
        Err(error) => Err(error.message),
        Ok(Submitted::Started(run) | Submitted::Known(run)) => {
            let waited = tokio::select! {
                waited = runs.engine.wait(&run, wait) => waited,
                // The run that asked was stopped.
                () = letter.answer.closed() => return,
            };
            Ok(told(waited, &run, waiting))
        }
    };
    // The run that asked may have been stopped.
    let _ = letter.answer.send(answer);
}

fn told(waited: Waited, run: &str, waiting: Waiting) -> Value {
    let mut answer = match waited {
        Waited::Ended(outcome) => json!({
            "status": "ok", "runId": run, "reply": outcome.text, "error": outcome.error,
        }),
        Waited::Pending | Waited::Unknown => json!({"status": "accepted", "runId": run}),
    };
    if waiting == Waiting::InCircle {
        answer["note"] = json!(IN_CIRCLE);
    }
    answer
}

#[async_trait]
impl tools::Sessions for AgentSessions {
    async fn list(&self, caller: &Caller, params: &Value) -> Result<Value, SessionError> {
        let limit = params["limit"].as_u64().unwrap_or(50).clamp(1, 200);
        let since = params["activeMinutes"].as_i64();
        let kinds = params["kinds"].as_array().filter(|kinds| !kinds.is_empty());
        let filter = SessionFilter {
            agent: Some(caller.agent_id.clone()),
            archived: Some(false),
            search: params["search"].as_str().map(str::to_owned),
            updated_since: since.map(|minutes| {
                self.sessions
                    .now()
                    .saturating_sub(minutes.saturating_mul(60_000))
            }),
            // A list of some kinds is picked from all.
            limit: kinds
                .is_none()
                .then_some(u32::try_from(limit).ok())
                .flatten(),
            ..SessionFilter::default()
        };
        let list = self.sessions.store.sessions(&filter).await;
        let list = list.map_err(|error| error.to_string())?;
        let wanted = |row: &&SessionRow| {
            let name = self.sessions.name(&row.key, None);
            kinds.is_none_or(|kinds| kinds.iter().any(|kind| is_of(&name, kind)))
        };
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let mut rows = Vec::new();
        for row in list.rows.iter().filter(wanted) {
            if rows.len() == most {
                break;
            }
            let unheard = self.taints.may_tell(&row.key, &caller.session_key).await;
            let unheard = unheard.map_err(|error| error.to_string())?;
            // To be found by words is to be told that they were said.
            let is_told = !unheard
                || filter
                    .search
                    .as_ref()
                    .is_none_or(|text| is_named(row, text));
            if is_told {
                rows.push(brief(row, !unheard));
            }
        }
        Ok(json!({"count": rows.len(), "sessions": rows}))
    }

    async fn history(
        &self,
        caller: &Caller,
        key: &str,
        params: &Value,
    ) -> Result<Value, SessionError> {
        let row = self.own(caller, key).await?;
        let limit = params["limit"].as_u64().unwrap_or(20).clamp(1, 100);
        let limit = u32::try_from(limit).unwrap_or(20);
        let page = self
            .sessions
            .store
            .entries_page(&row.key, None, limit)
            .await;
        let page = page.map_err(|error| error.to_string())?;
        self.hears(&caller.session_key, &row.key).await?;
        let with_tools = params["includeTools"] == true;
        let shown = page
            .entries
            .iter()
            .filter(|entry| with_tools || entry.role != "toolResult");
        let messages: Vec<Value> = shown
            .filter_map(|entry| serde_json::from_str(&entry.json).ok())
            .collect();
        Ok(json!({"sessionKey": row.key, "messages": messages}))
    }

    async fn send(
        &self,
        caller: &Caller,
        key: &str,
        message: &str,
        wait: Duration,
    ) -> Result<Value, SessionError> {
        let row = self.own(caller, key).await?;
        if row.key == caller.session_key {
            return Err("a session cannot send to itself".into());
        }
        if sends_are_denied(&row) {
            return Err(format!("nothing may be said in the session {}", row.key).into());
        }
        self.hears(&row.key, &caller.session_key).await?;
        let from = row.key.clone();
        let name = SessionName {
            key: row.key,
            agent: row.agent,
        };
        let text = format!("[from session {}]\n\n{message}", caller.session_key);
        let mut input = Input::text(name, Uuid::new_v4().to_string(), text);
        input.queue = QueueMode::Followup;
        input.origin = Origin::Gateway;
        input.budget = caller.budget.clone();
        input.told_by = vec![caller.session_key.clone()];
        input.told_by.extend(caller.told_by.iter().cloned());
        let (answer, told) = oneshot::channel();
        let letter = Letter {
            from: caller.session_key.clone(),
            input,
            wait,
            answer,
        };
        let gone = || "the gateway is stopping".to_owned();
        self.letters.send(letter).await.map_err(|_| gone())?;
        let answered = told.await.unwrap_or_else(|_| Err(gone()));
        self.hears(&caller.session_key, &from).await?;
        Ok(answered?)
    }

    async fn status(&self, caller: &Caller, key: &str) -> Result<Value, SessionError> {
        let mine = self
            .sessions
            .name(&caller.session_key, Some(&caller.agent_id));
        let asked = self.sessions.name(key, Some(&caller.agent_id));
        if asked != mine {
            let row = self.own(caller, key).await?;
            self.hears(&caller.session_key, &row.key).await?;
            return Ok(Value::Object(self.sessions.wire(&row)));
        }
        // One in which nothing was said yet is there all the same for who is in it.
        let row = self.sessions.store.session(&mine.key).await;
        let row = row.map_err(|error| error.to_string())?;
        let row = row.unwrap_or_else(|| self.sessions.new_row(&mine, "tool"));
        Ok(Value::Object(self.sessions.wire(&row)))
    }

    async fn create_child(&self, _: &Caller, child: &ChildSession) -> Result<(), String> {
        let name = self
            .sessions
            .name(&child.session_key, Some(&child.agent_id));
        let mut row = self.sessions.new_row(&name, "spawn");
        let lineage = lineage_of(&*self.sessions.store, &child.parent).await;
        if lineage.map_err(|error| error.to_string())?.above.len() >= MOST_ABOVE {
            let text =
                format!("{MOST_ABOVE} sessions have begun one another here, which is the most");
            return Err(text);
        }
        row.label = child.label.clone();
        row.parent = Some(child.parent.clone());
        row.spawned_by = Some(child.parent.clone());
        row.depth = i64::from(child.depth);
        let made = self.sessions.store.session_create(row.clone()).await;
        match made.map_err(|error| error.to_string())? {
            Some(_) => Err(format!("there is a session {} already", name.key)),
            None => {
                // Before its run begins: its task may tell what was read, and its answer what it reads.
                let begun = self.taints.begins(&child.parent, &name.key).await;
                begun.map_err(|error| error.to_string())?;
                self.sessions.publish(&row, &Change::Reason("create"));
                Ok(())
            }
        }
    }
}

/// The published words for kinds of sessions, in whatever case.
fn is_of(name: &SessionName, kind: &Value) -> bool {
    let kind = kind.as_str().unwrap_or_default().to_lowercase();
    let class = name.classification();
    match kind.as_str() {
        "group" => name.kind() == "group",
        "other" => class == "chat" && name.kind() != "group",
        kind => class == kind,
    }
}

/// Whether a search finds a session by what it is called.
fn is_named(row: &SessionRow, text: &str) -> bool {
    let names = [
        Some(&row.key),
        row.label.as_ref(),
        row.display_name.as_ref(),
    ];
    let text = text.to_lowercase();
    names
        .into_iter()
        .flatten()
        .any(|name| name.to_lowercase().contains(&text))
}

/// The last words of a session are left out where they may hold what whoever asks has not heard of: a list is read
/// for what there is, and who wants to know more reads the history, which counts.
fn brief(row: &SessionRow, with_last_words: bool) -> Value {
    let preview = row.preview.as_ref().filter(|_| with_last_words);
    json!({
        "key": row.key, "label": row.label, "displayName": row.display_name, "kind": row.kind,
        "updatedAt": row.updated_at, "lastMessagePreview": preview,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(from: &str, to: &str, seconds: u64) -> Letter {
        let name = SessionName {
            key: to.to_owned(),
            agent: "main".to_owned(),
        };
        Letter {
            from: from.to_owned(),
            input: Input::text(name, "r".to_owned(), "text"),
            wait: Duration::from_secs(seconds),
            answer: oneshot::channel().0,
        }
    }

    #[test]
    fn nobody_waits_for_a_session_that_waits_for_it() {
        let mut waits = Waits::default();
        let can = |waits: &mut Waits, from: &str, to: &str, seconds: u64| {
            let waiting = waits.begin(&letter(from, to, seconds));
            (waiting == Waiting::Can, waits.last)
        };
        assert!(can(&mut waits, "a", "b", 5).0);
        let (waits_too, second) = can(&mut waits, "b", "c", 5);
        assert!(waits_too);
        assert!(!can(&mut waits, "c", "a", 5).0, "by way of the other");
        assert!(!can(&mut waits, "b", "a", 5).0);
        assert!(
            can(&mut waits, "c", "a", 0).0,
            "whoever does not wait may send"
        );
        assert!(can(&mut waits, "d", "a", 5).0);
        waits.end(second);
        assert!(waits.begin(&letter("c", "a", 5)) == Waiting::Can);
    }
}
