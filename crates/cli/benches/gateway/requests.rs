//! Connects, and the two requests that every client makes all the time.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::{
    figures::{Figures, Outcome, What},
    measure::percentile,
    subject::Subject,
    wire::{Door, Wire},
};

/// How long each rate is measured.
const SPAN: Duration = Duration::from_secs(4);
/// At most so many single requests; fewer when the span is over before.
const SINGLE: usize = 1_000;
/// The published gateway refuses a few hundred at once.
const IN_FLIGHT: usize = 32;
/// Clients that connect at the same time.
const CONNECTING: usize = 8;

const SESSIONS: usize = 50;
const MESSAGES: usize = 100;
/// The session with the messages.
pub(crate) const SESSION: &str = "agent:main:measured";

/// Whole handshakes a second.
pub(crate) async fn connects(subject: &Subject) -> Outcome {
    let door = Door::of(subject);
    // The first one pairs the device.
    door.enter().await?;
    let begun = Instant::now();
    let mut clients = tokio::task::JoinSet::new();
    for _ in 0..CONNECTING {
        let door = door.clone();
        clients.spawn(async move {
            let mut entered = 0_u32;
            while begun.elapsed() < SPAN {
                door.enter().await?;
                entered += 1;
            }
            Ok::<u32, String>(entered)
        });
    }
    let mut entered = 0;
    while let Some(client) = clients.join_next().await {
        entered += client.expect("a client does not panic")?;
    }
    Ok(f64::from(entered) / begun.elapsed().as_secs_f64())
}

/// Fills the gateway with what is asked for, through its API, and asks.
pub(crate) async fn lists_and_histories(subject: &Subject, figures: &mut Figures) {
    let list = r#"{"limit":50}"#.to_owned();
    let history = json!({ "sessionKey": SESSION, "limit": MESSAGES }).to_string();
    let wire = fill(subject).await;
    let mut wire = match wire {
        Ok(wire) => wire,
        Err(reason) => return figures.note(format!("no sessions could be made: {reason}")),
    };
    let list_lines = [What::ListMedian, What::ListSlow, What::ListRate];
    request(&mut wire, "sessions.list", &list, list_lines, figures).await;
    let history_lines = [What::HistoryMedian, What::HistorySlow, What::HistoryRate];
    request(&mut wire, "chat.history", &history, history_lines, figures).await;
}

async fn fill(subject: &Subject) -> Result<Wire, String> {
    let mut wire = Door::of(subject).enter().await?;
    wire.call("sessions.create", &json!({ "key": SESSION }))
        .await?;
    for number in 1..SESSIONS {
        let key = format!("agent:main:other-{number}");
        wire.call("sessions.create", &json!({ "key": key })).await?;
    }
    for number in 0..MESSAGES {
        let message = format!(
            "Message {number}. {}",
            "Some words of an answer. ".repeat(12)
        );
        let params = json!({ "sessionKey": SESSION, "message": message });
        wire.call("chat.inject", &params).await?;
    }
    Ok(wire)
}

async fn request(
    wire: &mut Wire,
    method: &str,
    params: &str,
    [median, slow, rate]: [What; 3],
    figures: &mut Figures,
) {
    let latencies = latencies(wire, method, params).await;
    figures.put(
        median,
        latencies.clone().map(|mut all| percentile(&mut all, 0.5)),
    );
    figures.put(slow, latencies.map(|mut all| percentile(&mut all, 0.95)));
    figures.put(rate, pipelined(wire, method, params).await);
}

/// One after the other, in milliseconds.
async fn latencies(wire: &mut Wire, method: &str, params: &str) -> Result<Vec<f64>, String> {
    for _ in 0..10 {
        wire.ask(method, params).await?;
    }
    let begun = Instant::now();
    let mut taken = Vec::new();
    while taken.len() < SINGLE && (begun.elapsed() < SPAN || taken.len() < 50) {
        let asked = Instant::now();
        wire.ask(method, params).await?;
        taken.push(asked.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(taken)
}

/// Answers a second with always as many requests under way.
async fn pipelined(wire: &mut Wire, method: &str, params: &str) -> Outcome {
    let begun = Instant::now();
    for _ in 0..IN_FLIGHT {
        wire.feed(method, params).await?;
    }
    wire.flush().await?;
    let mut answered = 0_u32;
    while begun.elapsed() < SPAN {
        wire.answer().await?;
        answered += 1;
        wire.feed(method, params).await?;
        wire.flush().await?;
    }
    let taken = begun.elapsed().as_secs_f64();
    for _ in 0..IN_FLIGHT {
        wire.answer().await?;
    }
    Ok(f64::from(answered) / taken)
}
