//! A message on its way to the model.

use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;

use crate::{
    figures::Outcome,
    measure::median,
    subject::Subject,
    wire::{Door, Frame, Wire},
};

const SESSION: &str = "agent:main:measured-runs";
/// The published gateway takes seconds for its first.
const WARM_UP: u32 = 2;
const RUNS: u32 = 15;
const LIMIT: Duration = Duration::from_secs(60);

/// What a chat event says, as far as it is looked at here.
#[derive(Deserialize)]
pub(crate) struct ChatPayload<'a> {
    pub(crate) state: &'a str,
    #[serde(default)]
    pub(crate) seq: u64,
}

/// From the request on the wire to the model's endpoint having read the call, in milliseconds.
pub(crate) async fn send_to_model(subject: &Subject) -> Outcome {
    let mut wire = Door::of(subject).enter().await?;
    wire.call("sessions.create", &json!({ "key": SESSION }))
        .await?;
    wire.call("sessions.messages.subscribe", &json!({ "key": SESSION }))
        .await?;
    let mut taken = Vec::new();
    for run in 0..WARM_UP + RUNS {
        let mut calls = subject.model().calls();
        let sent = Instant::now();
        send(&mut wire, SESSION, &format!("hello number {run}")).await?;
        let called = timeout(LIMIT, calls.recv()).await;
        let called = called.map_err(|_| format!("the model was not called in {LIMIT:?}"))?;
        let called = called.map_err(|_| "the model ended")?;
        until_final(&mut wire).await?;
        if run >= WARM_UP {
            taken.push(called.duration_since(sent).as_secs_f64() * 1000.0);
        }
    }
    Ok(median(taken))
}

/// Sends a message; the answer is not waited for.
pub(crate) async fn send(wire: &mut Wire, session: &str, message: &str) -> Result<(), String> {
    let key = format!("bench-{session}-{message}");
    let params = json!({ "sessionKey": session, "message": message, "idempotencyKey": key });
    wire.feed("chat.send", &params.to_string()).await?;
    wire.flush().await
}

/// Reads on until a run is over. An answer that refuses is an error.
async fn until_final(wire: &mut Wire) -> Result<(), String> {
    loop {
        let text = wire.receive().await?;
        let frame: Frame<'_> = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        if frame.kind == "res" && !frame.ok {
            return Err(format!("it refused: {text}"));
        }
        match chat(&frame).map(|chat| chat.state) {
            Some("final") => return Ok(()),
            Some("error" | "aborted") => return Err(format!("the run failed: {text}")),
            _ => {}
        }
    }
}

/// What a frame says about a run's words, if it does.
pub(crate) fn chat<'a>(frame: &Frame<'a>) -> Option<ChatPayload<'a>> {
    let payload = frame.payload.filter(|_| frame.event == Some("chat"))?;
    serde_json::from_str(payload.get()).ok()
}
