//! A run as it goes: its words as they grow, what it waits for, which run took it up, and how it ended.

use std::cell::Cell;
use std::time::Duration;

use gatehouse_client::{Connection, ConnectionEvent};
use gatehouse_protocol::GatewayEvent;
use gatehouse_protocol::event::{AgentData, AgentEvent, ChatEvent, ChatState};
use gatehouse_protocol::methods::{ChatHistoryGet, ChatHistoryParams};
use gatehouse_protocol::model::message::MessageRole;
use gatehouse_protocol::untrusted::{one_line, prose};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Answer;
use crate::commands::Context;
use crate::dial::Link;
use crate::failure::{Failure, FailureKind};

/// Within this, the last words of a run that has ended are here, if they come at all.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// How much of the history is looked through for an answer.
const RECENT: u32 = 20;

/// Follows a run that was begun just now.
pub(super) async fn new(
    context: &mut Context<'_>,
    link: &mut Link,
    session: String,
    run_id: String,
) -> Result<Answer, Failure> {
    follow(context, link, session, run_id, &Cell::new(Instant::now())).await
}

/// `heard` is when the gateway last said something of the run.
async fn follow(
    context: &mut Context<'_>,
    link: &mut Link,
    session: String,
    run_id: String,
    heard: &Cell<Instant>,
) -> Result<Answer, Failure> {
    let mut run = Following::of(run_id);
    loop {
        let event = match link.events.recv().await {
            Some(ConnectionEvent::Event { event, .. }) => event,
            Some(ConnectionEvent::Down { .. }) | None => return Err(lost(&session)),
            Some(_) => continue,
        };
        let chat = match event {
            GatewayEvent::Chat(chat) if chat.run_id == run.id => chat,
            GatewayEvent::Agent(agent) if agent.run_id == run.id => {
                run.hears(&agent);
                continue;
            }
            GatewayEvent::ExecApprovalRequested(approval) => {
                if approval.request.run_id.as_deref() == Some(run.id.as_str()) {
                    waits(context, &approval.id, approval.request.command.as_deref());
                }
                continue;
            }
            _ => continue,
        };
        heard.set(Instant::now());
        let Some(state) = &chat.state else {
            continue;
        };
        let ended = matches!(
            state,
            ChatState::Final | ChatState::Aborted | ChatState::Error
        );
        if !ended && *state != ChatState::Delta {
            continue;
        }
        let state = state.as_str().to_owned();
        let news = grow(&mut run.text, &chat);
        if !context.output.is_json() {
            context.output.piece(&prose(&news))?;
        }
        if !ended {
            continue;
        }
        if is_taken(&chat) {
            context
                .output
                .note("the session is busy: this was taken into the run that is at work");
            if let Some(into) = run.taken_by.take() {
                run = Following::of(into);
                continue;
            }
        }
        return Ok(Answer {
            session,
            run_id: run.id,
            state,
            text: run.text,
            stop_reason: chat.stop_reason.clone(),
            error: chat.error_message.clone(),
        });
    }
}

/// The input ended without an answer of its own, because another run reads it.
fn is_taken(chat: &ChatEvent) -> bool {
    chat.stop_reason.as_deref() == Some("merged")
}

/// What is known of the run that is followed.
struct Following {
    id: String,
    text: String,
    taken_by: Option<String>,
}

impl Following {
    fn of(id: String) -> Self {
        Self {
            id,
            text: String::new(),
            taken_by: None,
        }
    }

    fn hears(&mut self, event: &AgentEvent) {
        if let AgentData::Lifecycle(data) = &event.data {
            self.taken_by = data.merged_into.clone().or(self.taken_by.take());
        }
    }
}

/// Follows a run that was there before: it may have ended already, and then nothing more is told of it.
pub(super) async fn known(
    context: &mut Context<'_>,
    link: &mut Link,
    session: String,
    run_id: String,
) -> Result<Answer, Failure> {
    context
        .output
        .note("this was said already and is not said again; its answer follows");
    let heard = Cell::new(Instant::now());
    let ending = ending(
        link.connection.clone(),
        run_id.clone(),
        link.patience(),
        &heard,
    );
    let ended = tokio::select! {
        biased;
        answer = follow(context, link, session.clone(), run_id.clone(), &heard) => return answer,
        ended = ending => ended?,
    };
    let Some(ended) = ended else {
        return Err(at_work(&session));
    };
    let text = last_words(link, &session).await?;
    if !context.output.is_json() {
        context.output.piece(&prose(&text))?;
    }
    let error = ended["error"].as_str().map(str::to_owned);
    let state = if error.is_some() { "error" } else { "final" };
    Ok(Answer {
        session,
        run_id,
        state: state.to_owned(),
        text,
        stop_reason: ended["stopReason"].as_str().map(str::to_owned),
        error,
    })
}

/// How a run ended; none when it has not, and nothing was heard of it for so long.
async fn ending(
    connection: Connection,
    run_id: String,
    patience: Duration,
    heard: &Cell<Instant>,
) -> Result<Option<Value>, Failure> {
    // Well within the time after which a request is given up.
    let each = (patience / 4).min(Duration::from_secs(5));
    let params =
        json!({"runId": run_id, "timeoutMs": u64::try_from(each.as_millis()).unwrap_or(0)});
    while heard.get().elapsed() < patience {
        let answer = connection.call("agent.wait", &params).await?;
        if answer["endedAt"].is_number() || answer["status"] != "timeout" {
            tokio::time::sleep(LAST_WORDS).await;
            return Ok(Some(answer));
        }
    }
    Ok(None)
}

/// What the agent said last in a session.
async fn last_words(link: &Link, session: &str) -> Result<String, Failure> {
    let params = ChatHistoryParams {
        session_key: session.to_owned(),
        limit: Some(RECENT),
        ..ChatHistoryParams::default()
    };
    let history = link.read::<ChatHistoryGet>(params).await?;
    let mut messages = history.messages.items.iter().rev();
    let last = messages.find(|message| message.role == Some(MessageRole::Assistant));
    Ok(last.map(|last| last.content.text()).unwrap_or_default())
}

fn at_work(session: &str) -> Failure {
    let session = one_line(session, 200);
    Failure::new(
        FailureKind::Unreachable,
        "timedOut",
        "the same was said a moment ago, and the run that reads it is still at work",
    )
    .next(format!(
        "its answer will be in `gatehouse sessions history '{session}'`; --timeout waits longer"
    ))
}

/// Takes what an event adds to the text, and returns what is new of it for a reader who cannot take back
/// what was printed: when the text was replaced, all of it on a line of its own.
fn grow(text: &mut String, chat: &ChatEvent) -> String {
    let whole = chat.message.as_ref().map(|message| message.content.text());
    match (whole, &chat.delta_text) {
        (Some(whole), _) if whole.starts_with(text.as_str()) => {
            let news = whole[text.len()..].to_owned();
            *text = whole;
            news
        }
        // An end without words of its own: what was streamed stands.
        (Some(whole), None) if whole.is_empty() => String::new(),
        (Some(whole), _) => {
            *text = whole;
            format!("\n{text}")
        }
        (None, Some(delta)) if !chat.replace => {
            text.push_str(delta);
            delta.clone()
        }
        (None, Some(delta)) => {
            text.clone_from(delta);
            format!("\n{delta}")
        }
        (None, None) => String::new(),
    }
}

/// Characters of what waits that a note has room for.
const NOTED: usize = 400;

fn waits(context: &Context<'_>, id: &str, command: Option<&str>) {
    let id = one_line(id, 100);
    context
        .output
        .note(&told_of_waiting(&id, command.unwrap_or("a command")));
}

/// How to allow it is told only where all of it was shown.
fn told_of_waiting(id: &str, command: &str) -> String {
    let shown = one_line(command, NOTED);
    let next = if command.len() <= NOTED && !command.contains('\n') {
        format!("gatehouse approvals allow {id}   gatehouse approvals deny {id}")
    } else {
        format!("gatehouse approvals list   shows all of it; gatehouse approvals deny {id}")
    };
    format!("waits for a decision: {shown}\n  {next}")
}

fn lost(session: &str) -> Failure {
    let session = one_line(session, 200);
    Failure::new(
        FailureKind::Unreachable,
        "disconnected",
        "the connection broke; the run may go on at the gateway",
    )
    .next(format!(
        "do not send it again: read `gatehouse sessions history '{session}'`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn how_to_allow_it_is_told_only_where_all_of_it_was_shown() {
        let allows = |command: &str| told_of_waiting("a", command).contains("approvals allow");
        assert!(allows("touch a"));
        assert!(!allows("write a\ncontent: b"));
        assert!(!allows(&format!("echo {}; rm b", "x".repeat(NOTED))));
    }

    fn chat(value: serde_json::Value) -> ChatEvent {
        serde_json::from_value(value).unwrap()
    }

    fn print_all(events: &[serde_json::Value]) -> (String, String) {
        let mut text = String::new();
        let printed = events
            .iter()
            .map(|event| grow(&mut text, &chat(event.clone())))
            .collect();
        (text, printed)
    }

    #[test]
    fn pieces_of_either_protocol_make_the_same_text() {
        let v4 = [
            json!({"runId": "r", "state": "delta", "deltaText": "Hel"}),
            json!({"runId": "r", "state": "delta", "deltaText": "lo", "message": {"role": "assistant", "content": "Hello"}}),
            json!({"runId": "r", "state": "final", "message": {"role": "assistant", "content": "Hello."}}),
        ];
        assert_eq!(print_all(&v4), ("Hello.".into(), "Hello.".into()));
        let v3 = [
            json!({"runId": "r", "state": "delta", "message": {"content": "Hel"}}),
            json!({"runId": "r", "state": "final", "message": {"content": "Hello."}}),
        ];
        assert_eq!(print_all(&v3), ("Hello.".into(), "Hello.".into()));
    }

    #[test]
    fn a_text_that_was_replaced_is_printed_again_whole() {
        let events = [
            json!({"runId": "r", "state": "delta", "deltaText": "draft"}),
            json!({"runId": "r", "state": "delta", "deltaText": "final", "replace": true}),
        ];
        assert_eq!(print_all(&events), ("final".into(), "draft\nfinal".into()));
    }

    #[test]
    fn an_end_without_a_message_keeps_what_was_streamed() {
        let events = [
            json!({"runId": "r", "state": "delta", "deltaText": "all"}),
            json!({"runId": "r", "state": "aborted"}),
        ];
        assert_eq!(print_all(&events), ("all".into(), "all".into()));
    }
}
