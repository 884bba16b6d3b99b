//! What each event of the engine looks like on the wire: pure. The shapes are those recorded of the
//! published gateway; see `tests/snapshots/v4`.

use gatehouse_agent::event::CompactionPhase;
use gatehouse_agent::message::StopReason;
use gatehouse_agent::tools::ToolOutput;
use gatehouse_agent::{AbortCause, RunEventKind, RunOutcome, RunStatus};
use serde_json::{Value, json};

/// An `agent` event without what every one has.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct AgentPart {
    pub(super) stream: &'static str,
    pub(super) data: Value,
    /// For clients that can show tools alone.
    pub(super) tool: bool,
}

/// A `chat` event without what every one has.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ChatPart(pub(super) Value);

/// What one event of the engine is told as.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Told {
    pub(super) agent: Vec<AgentPart>,
    pub(super) chat: Option<ChatPart>,
}

/// Translates one event. `run_id` names the items of the answer; `ts` is the event's time.
pub(super) fn told(kind: &RunEventKind, run_id: &str, ts: u64) -> Told {
    match kind {
        RunEventKind::Started { started_at_ms } => Told::agent(
            "lifecycle",
            json!({"phase": "start", "startedAt": started_at_ms}),
        ),
        RunEventKind::Model { provider, model } => Told::agent(
            "lifecycle",
            json!({"phase": "model", "provider": provider, "model": model}),
        ),
        RunEventKind::Retry {
            attempt,
            delay_ms,
            reason,
        } => Told::agent(
            "lifecycle",
            json!({"phase": "retry", "attempt": attempt, "delayMs": delay_ms, "reason": reason}),
        ),
        RunEventKind::Assistant { item, text, delta } => Told {
            agent: vec![part(
                "assistant",
                json!({"text": text, "delta": delta, "itemId": format!("{run_id}:{item}")}),
            )],
            chat: Some(ChatPart(json!({
                "state": "delta",
                "deltaText": delta,
                "message": message(text, ts),
            }))),
        },
        RunEventKind::Thinking { text, delta, .. } => {
            Told::agent("thinking", json!({"text": text, "delta": delta}))
        }
        RunEventKind::Usage { usage } => Told::agent(
            "usage",
            json!({"inputTokens": usage.input, "outputTokens": usage.output}),
        ),
        RunEventKind::Compaction(phase) => Told::agent("compaction", compaction(phase)),
        RunEventKind::Ended(outcome) => ended(outcome, ts),
        RunEventKind::Merged { into } => merged(into, ts),
        // Waiting shows in the history's pending inputs.
        RunEventKind::Queued { .. } => Told::default(),
        tool => told_tool(tool, ts),
    }
}

fn told_tool(kind: &RunEventKind, ts: u64) -> Told {
    let agent = match kind {
        RunEventKind::ToolStart {
            call_id,
            name,
            arguments,
        } => vec![
            item(
                call_id,
                name,
                json!({"phase": "start", "status": "running", "startedAt": ts}),
            ),
            tool(json!({"phase": "start", "name": name, "toolCallId": call_id, "args": arguments})),
        ],
        RunEventKind::ToolUpdate {
            call_id,
            name,
            partial,
        } => vec![tool(json!({
            "phase": "update", "name": name, "toolCallId": call_id, "partialResult": output(partial),
        }))],
        RunEventKind::ToolResult {
            call_id,
            name,
            output: result,
        } => {
            let status = if result.is_error {
                "failed"
            } else {
                "completed"
            };
            vec![
                tool(json!({
                    "phase": "result", "name": name, "toolCallId": call_id,
                    "isError": result.is_error, "result": output(result),
                })),
                item(
                    call_id,
                    name,
                    json!({"phase": "end", "status": status, "endedAt": ts}),
                ),
            ]
        }
        _ => Vec::new(),
    };
    Told { agent, chat: None }
}

/// An input that another run took up ends here without an answer of its own: who waits for it waits no more.
fn merged(into: &str, ts: u64) -> Told {
    let data = json!({
        "phase": "end", "endedAt": ts, "stopReason": "merged", "aborted": false, "mergedInto": into,
    });
    Told {
        agent: vec![part("lifecycle", data)],
        chat: Some(ChatPart(json!({"state": "final", "stopReason": "merged"}))),
    }
}

fn ended(outcome: &RunOutcome, ts: u64) -> Told {
    let started = outcome.started_at_ms;
    let stop = stop_word(outcome);
    let failed = !matches!(outcome.status, RunStatus::Done | RunStatus::Aborted(_));
    let aborted = matches!(outcome.status, RunStatus::Aborted(_));
    let mut data = json!({
        "phase": if failed { "error" } else { "end" },
        "startedAt": started,
        "endedAt": outcome.ended_at_ms,
        "stopReason": stop,
        "aborted": aborted,
    });
    if let Some(error) = outcome.error.as_deref().filter(|_| failed) {
        data["error"] = json!(error);
    }
    if aborted {
        data["status"] = json!("cancelled");
    }
    let mut chat = json!({
        "state": if failed { "error" } else if aborted { "aborted" } else { "final" },
        "stopReason": stop,
    });
    if failed {
        chat["errorMessage"] = json!(outcome.error.as_deref().unwrap_or("the run failed"));
        chat["errorKind"] = json!(error_kind(outcome));
    }
    if !outcome.text.is_empty() && !outcome.silent {
        chat["message"] = message(&outcome.text, ts);
    }
    Told {
        agent: vec![part("lifecycle", data)],
        chat: Some(ChatPart(chat)),
    }
}

/// Why a run ended, in the published gateway's word.
pub(super) fn stop_word(outcome: &RunOutcome) -> &'static str {
    match (outcome.status, outcome.stop_reason) {
        (RunStatus::Aborted(AbortCause::Requested), _) => "rpc",
        (RunStatus::Aborted(AbortCause::Interrupted), _) => "interrupted",
        (RunStatus::Aborted(AbortCause::Shutdown), _) => "shutdown",
        (RunStatus::TimedOut, _) => "timeout",
        (RunStatus::Dropped, _) => "dropped",
        (RunStatus::Failed, _) => "error",
        (RunStatus::Done, StopReason::Length) => "length",
        (RunStatus::Done, _) => "stop",
    }
}

fn error_kind(outcome: &RunOutcome) -> &'static str {
    match (outcome.status, outcome.stop_reason) {
        (RunStatus::TimedOut, _) => "timeout",
        (_, StopReason::Refused) => "refusal",
        _ => "unknown",
    }
}

fn compaction(phase: &CompactionPhase) -> Value {
    match phase {
        CompactionPhase::Started { tokens_before } => {
            json!({"phase": "start", "tokensBefore": tokens_before})
        }
        CompactionPhase::Done {
            tokens_before,
            tokens_after,
        } => json!({
            "phase": "end", "completed": true, "willRetry": false,
            "tokensBefore": tokens_before, "tokensAfter": tokens_after,
        }),
        CompactionPhase::Failed { reason } => {
            json!({"phase": "end", "completed": false, "willRetry": false, "reason": reason})
        }
    }
}

/// The answer so far, as a message.
pub(super) fn message(text: &str, ts: u64) -> Value {
    json!({
        "role": "assistant",
        "content": [{"type": "text", "text": text}],
        "timestamp": ts,
    })
}

fn output(output: &ToolOutput) -> Value {
    let mut value = json!({"content": output.content});
    if let Some(details) = &output.details {
        value["details"] = details.clone();
    }
    value
}

fn item(call_id: &str, name: &str, mut data: Value) -> AgentPart {
    data["itemId"] = json!(format!("tool:{call_id}"));
    data["toolCallId"] = json!(call_id);
    data["kind"] = json!("tool");
    data["name"] = json!(name);
    data["title"] = json!(name);
    part("item", data)
}

fn tool(data: Value) -> AgentPart {
    AgentPart {
        tool: true,
        ..part("tool", data)
    }
}

fn part(stream: &'static str, data: Value) -> AgentPart {
    AgentPart {
        stream,
        data,
        tool: false,
    }
}

impl Told {
    fn agent(stream: &'static str, data: Value) -> Self {
        Self {
            agent: vec![part(stream, data)],
            chat: None,
        }
    }
}
