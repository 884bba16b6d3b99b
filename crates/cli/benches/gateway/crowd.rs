//! A thousand clients at once: what they cost when nothing happens, and how long one delta takes to reach all.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};

use crate::{
    figures::{Figures, Outcome, What},
    measure::median,
    memory, runs,
    subject::Subject,
    wire::{Door, Frame, Wire},
};

const SESSION: &str = "agent:main:measured-crowd";
const CLIENTS: usize = 1_000;
/// How long the clients may take to connect; then it is measured with those that are in.
const CONNECT_LIMIT: Duration = Duration::from_secs(90);
const RUN_LIMIT: Duration = Duration::from_secs(120);
const WORDS: usize = 100;
/// Between two words, so that each delta can be told from the next.
const GAP: Duration = Duration::from_millis(40);

/// When each delta of the run came, by its number.
type Heard = HashMap<u64, Instant>;

/// A client that listens until the run is over.
struct Listener {
    subscribed: oneshot::Receiver<()>,
    heard: JoinHandle<Result<Heard, String>>,
    begin: oneshot::Sender<()>,
}

pub(crate) async fn measure(subject: &Subject, figures: &mut Figures) {
    let door = Door::of(subject);
    let (listeners, stopped_by) = gather(&door).await;
    let count = listeners.len();
    if count < CLIENTS {
        let reason = stopped_by.unwrap_or_else(|| format!("{CONNECT_LIMIT:?} were over"));
        figures.note(format!("{count} clients instead of {CLIENTS}: {reason}"));
    }
    if count == 0 {
        return;
    }
    figures.put(What::Crowd, Ok(memory(subject)));
    let spread = fan_out(subject, &door, listeners, figures).await;
    figures.put(What::FanOut, spread);
}

async fn gather(door: &Door) -> (Vec<Listener>, Option<String>) {
    let begun = Instant::now();
    let mut listeners = Vec::new();
    while listeners.len() < CLIENTS && begun.elapsed() < CONNECT_LIMIT {
        match door.enter().await {
            Ok(wire) => listeners.push(listen(wire)),
            Err(reason) => return (listeners, Some(reason)),
        }
    }
    (listeners, None)
}

/// Reads what comes from the start on, so that nothing piles up; subscribes when told to.
fn listen(mut wire: Wire) -> Listener {
    let (begin, begins) = oneshot::channel::<()>();
    let (ready, subscribed) = oneshot::channel();
    let heard = tokio::spawn(async move {
        idle(&mut wire, begins).await?;
        let params = json!({ "key": SESSION });
        wire.call("sessions.messages.subscribe", &params).await?;
        // Whoever waits for it may have given up.
        let _ = ready.send(());
        deltas(&mut wire).await
    });
    Listener {
        subscribed,
        heard,
        begin,
    }
}

async fn idle(wire: &mut Wire, mut begins: oneshot::Receiver<()>) -> Result<(), String> {
    loop {
        tokio::select! {
            begun = &mut begins => return begun.map_err(|_| "it was given up".to_owned()),
            text = wire.receive() => drop(text?),
        }
    }
}

async fn deltas(wire: &mut Wire) -> Result<Heard, String> {
    let mut heard = Heard::new();
    loop {
        let text = wire.receive().await?;
        let at = Instant::now();
        let frame: Frame<'_> = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        match runs::chat(&frame) {
            Some(chat) if chat.state == "delta" => {
                heard.entry(chat.seq).or_insert(at);
            }
            Some(chat) if chat.state != "status" => return Ok(heard),
            _ => {}
        }
    }
}

/// The median over the deltas, in milliseconds.
async fn fan_out(
    subject: &Subject,
    door: &Door,
    listeners: Vec<Listener>,
    figures: &mut Figures,
) -> Outcome {
    let mut sender = door.enter().await?;
    sender
        .call("sessions.create", &json!({ "key": SESSION }))
        .await?;
    let mut hearing = Vec::new();
    for listener in listeners {
        // A listener that ended already says so when it is joined.
        let _ = listener.begin.send(());
        let _ = listener.subscribed.await;
        hearing.push(listener.heard);
    }
    subject.model().set_gap(GAP);
    runs::send(&mut sender, SESSION, &format!("stream: {WORDS}")).await?;
    let reader = tokio::spawn(async move { while sender.receive().await.is_ok() {} });
    let mut all = Vec::new();
    for listener in hearing {
        let heard = timeout(RUN_LIMIT, listener).await;
        let heard = heard.map_err(|_| format!("the run took longer than {RUN_LIMIT:?}"))?;
        all.push(heard.expect("a listener does not panic")?);
    }
    reader.abort();
    spread(&all, figures)
}

/// Of each delta that everybody heard, the time from the first to the last.
fn spread(all: &[Heard], figures: &mut Figures) -> Outcome {
    let mut times: HashMap<u64, Vec<Instant>> = HashMap::new();
    for (seq, at) in all.iter().flatten() {
        times.entry(*seq).or_default().push(*at);
    }
    let told = times.len();
    let complete = times.into_values().filter(|times| times.len() == all.len());
    let spreads: Vec<f64> = complete.filter_map(|times| between(&times)).collect();
    figures.note(format!(
        "a run of {WORDS} words became {told} deltas for {} subscribers, of which all heard {}",
        all.len(),
        spreads.len()
    ));
    if spreads.is_empty() {
        return Err("no delta reached every subscriber".to_owned());
    }
    Ok(median(spreads))
}

fn between(times: &[Instant]) -> Option<f64> {
    let (first, last) = (times.iter().min()?, times.iter().max()?);
    Some(last.duration_since(*first).as_secs_f64() * 1000.0)
}
