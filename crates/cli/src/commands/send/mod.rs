//! `send`: one message and its answer, printed as it grows.
//!
//! What the agent wants decided meanwhile is told on stderr; deciding is `approvals`' business. When the connection
//! breaks under the run this says so and stops: the run goes on at the gateway, and sending again would say it twice.

use std::io::Read;

use gatehouse_client::ConnectionEvent;
use gatehouse_protocol::GatewayEvent;
use gatehouse_protocol::event::{ChatEvent, ChatState};
use gatehouse_protocol::methods::{
    ChatSend, ChatSendParams, MessagesSubscribe, MessagesSubscribeParams,
};
use gatehouse_protocol::untrusted::{one_line, prose};
use serde::Serialize;

use super::Context;
use crate::args::SendArgs;
use crate::dial::Link;
use crate::failure::{Failure, FailureKind};

const MAX_MESSAGE: u64 = 10 * 1024 * 1024;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    session: String,
    run_id: String,
    /// `final`, `aborted` or `error`.
    state: String,
    text: String,
    error: Option<String>,
}

pub(super) async fn run(context: &mut Context<'_>, args: SendArgs) -> Result<(), Failure> {
    let message = message(args.text)?;
    let mut link = context.link(args.target).await?;
    let answer = converse(context, &mut link, args.session, message).await?;
    link.close().await;
    finish(context, &answer)
}

/// Says something and prints the answer as it grows.
pub(super) async fn converse(
    context: &mut Context<'_>,
    link: &mut Link,
    session: String,
    message: String,
) -> Result<Answer, Failure> {
    let watched = MessagesSubscribeParams {
        key: session.clone(),
        ..MessagesSubscribeParams::default()
    };
    link.read::<MessagesSubscribe>(watched).await?;
    let said = ChatSendParams {
        session_key: session.clone(),
        message,
        idempotency_key: uuid::Uuid::new_v4().to_string(),
        ..ChatSendParams::default()
    };
    let run_id = said.idempotency_key.clone();
    let sent = link.read::<ChatSend>(said).await?;
    let run_id = sent.run_id.unwrap_or(run_id);
    follow(context, link, session, run_id).await
}

fn message(given: String) -> Result<String, Failure> {
    if given != "-" {
        return Ok(given);
    }
    let mut text = String::new();
    std::io::stdin()
        .take(MAX_MESSAGE)
        .read_to_string(&mut text)?;
    Ok(text)
}

async fn follow(
    context: &mut Context<'_>,
    link: &mut Link,
    session: String,
    run_id: String,
) -> Result<Answer, Failure> {
    let mut text = String::new();
    loop {
        let chat = match link.events.recv().await {
            Some(ConnectionEvent::Event { event, .. }) => match event {
                GatewayEvent::Chat(chat) if chat.run_id == run_id => chat,
                GatewayEvent::ExecApprovalRequested(approval) => {
                    if approval.request.run_id.as_deref() == Some(run_id.as_str()) {
                        waits(context, &approval.id, approval.request.command.as_deref());
                    }
                    continue;
                }
                _ => continue,
            },
            Some(ConnectionEvent::Down { .. }) | None => return Err(lost(&session)),
            Some(_) => continue,
        };
        let ended = match &chat.state {
            Some(ChatState::Delta) => None,
            Some(state @ (ChatState::Final | ChatState::Aborted | ChatState::Error)) => {
                Some(state.as_str().to_owned())
            }
            _ => continue,
        };
        let news = grow(&mut text, &chat);
        if !context.output.is_json() {
            context.output.piece(&prose(&news))?;
        }
        if let Some(state) = ended {
            let error = chat.error_message.clone();
            return Ok(Answer {
                session,
                run_id,
                state,
                text,
                error,
            });
        }
    }
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

fn waits(context: &Context<'_>, id: &str, command: Option<&str>) {
    let id = one_line(id, 100);
    let command = one_line(command.unwrap_or("a command"), 400);
    context.output.note(&format!(
        "waits for a decision: {command}\n  gatehouse approvals allow {id}   gatehouse approvals deny {id}"
    ));
}

pub(super) fn finish(context: &mut Context<'_>, answer: &Answer) -> Result<(), Failure> {
    if context.output.is_json() {
        context.output.value(answer)?;
    } else {
        context.output.line("")?;
    }
    let error = answer.error.as_deref().map(|error| one_line(error, 400));
    match answer.state.as_str() {
        "error" => Err(Failure::new(
            FailureKind::General,
            "runFailed",
            error.unwrap_or_else(|| "the run failed".to_owned()),
        )),
        "aborted" => Err(Failure::new(
            FailureKind::General,
            "runAborted",
            "the run was stopped",
        )),
        _ => Ok(()),
    }
}

fn lost(session: &str) -> Failure {
    let session = one_line(session, 200);
    Failure::new(
        FailureKind::Unreachable,
        "disconnected",
        "the connection broke; the run goes on at the gateway",
    )
    .next(format!(
        "do not send it again: read `gatehouse sessions history '{session}'`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

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
