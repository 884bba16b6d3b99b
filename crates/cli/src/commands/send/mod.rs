//! `send`: one message and its answer, printed as it grows.
//!
//! What the agent wants decided meanwhile is told on stderr; deciding is `approvals`' business. When the connection
//! breaks under the run this says so and stops: the run may go on at the gateway, and sending again would say it twice.

mod follow;

use std::io::Read;

use gatehouse_protocol::methods::{
    ChatSend, ChatSendParams, MessagesSubscribe, MessagesSubscribeParams,
};
use gatehouse_protocol::untrusted::one_line;
use serde::Serialize;

use super::Context;
use crate::args::SendArgs;
use crate::dial::Link;
use crate::failure::{Failure, FailureKind, RUN_ABORTED, RUN_FAILED};

const MAX_MESSAGE: u64 = 10 * 1024 * 1024;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Answer {
    session: String,
    run_id: String,
    /// `final`, `aborted` or `error`.
    state: String,
    text: String,
    /// Why the model stopped, in the gateway's word.
    stop_reason: Option<String>,
    error: Option<String>,
}

pub(super) async fn run(context: &mut Context<'_>, args: SendArgs) -> Result<(), Failure> {
    let message = message(args.text)?;
    let dial = context.dial(args.target)?.showing_approvals();
    let mut link = dial.connect(context.environment).await?;
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
    let own = said.idempotency_key.clone();
    let sent = link.read::<ChatSend>(said).await?;
    let run_id = sent.run_id.unwrap_or_else(|| own.clone());
    let is_own = run_id == own;
    match sent.status.as_deref() {
        // A word for the gateway itself, which no run answers.
        Some("ok") if is_own => Ok(Answer::empty(session, run_id)),
        Some("in_flight") => follow::known(context, link, session, run_id).await,
        _ if !is_own => follow::known(context, link, session, run_id).await,
        _ => follow::new(context, link, session, run_id).await,
    }
}

impl Answer {
    fn empty(session: String, run_id: String) -> Self {
        Self {
            session,
            run_id,
            state: "final".to_owned(),
            text: String::new(),
            stop_reason: None,
            error: None,
        }
    }
}

fn message(given: String) -> Result<String, Failure> {
    let mut text = given;
    if text == "-" {
        text.clear();
        std::io::stdin()
            .take(MAX_MESSAGE)
            .read_to_string(&mut text)?;
    }
    if text.trim().is_empty() {
        return Err(Failure::usage("there is nothing to say")
            .next("give the message behind the options, or `-` to read it from stdin"));
    }
    Ok(text)
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
            RUN_FAILED,
            error.unwrap_or_else(|| "the run failed".to_owned()),
        )),
        "aborted" => Err(Failure::new(
            FailureKind::General,
            RUN_ABORTED,
            "the run was stopped",
        )),
        _ => {
            if let Some(note) = answer.stop_reason.as_deref().and_then(incomplete) {
                context.output.note(&note);
            }
            Ok(())
        }
    }
}

/// What is to be known of an answer that did not end by itself. The words are those of this gateway, of the
/// published ones and of the providers behind them.
fn incomplete(stop_reason: &str) -> Option<String> {
    match stop_reason {
        "stop" | "end_turn" | "stop_sequence" | "completed" | "merged" => None,
        "length" | "max_tokens" => Some("the answer was cut at the length limit".to_owned()),
        other => Some(format!("the answer ended early: {}", one_line(other, 100))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_did_not_end_by_itself_says_so() {
        for whole in ["stop", "end_turn", "completed"] {
            assert_eq!(incomplete(whole), None, "{whole}");
        }
        let cut = incomplete("length").unwrap();
        assert_eq!(cut, "the answer was cut at the length limit");
        let other = incomplete("time\nout").unwrap();
        assert_eq!(other, "the answer ended early: time out");
    }
}
