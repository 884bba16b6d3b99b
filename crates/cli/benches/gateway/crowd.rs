//! A thousand clients at once: what they cost when nothing happens, and how long one delta takes to reach all.
//!
//! The clients share the machine with the gateway: on few processors, reading from a thousand sockets takes much of
//! the time between the first of them and the last, whoever wrote. So it is also told how long the gateway itself was
//! on a processor for a delta, in the kernel's part of writing as well.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::{sync::oneshot, task::JoinHandle, time::timeout};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::{
    figures::{Figures, What},
    measure::{median, tree_processor_time},
    memory, runs,
    subject::Subject,
    wire::{Door, Frame, Wire},
};

/// What every delta says, and nothing else that comes before the end of a run: told apart without reading the rest.
const DELTA: &str = r#""state":"delta""#;

const SESSION: &str = "agent:main:measured-crowd";
const CLIENTS: usize = 1_000;
/// How long the clients may take to connect; then it is measured with those that are in.
const CONNECT_LIMIT: Duration = Duration::from_secs(90);
const RUN_LIMIT: Duration = Duration::from_secs(120);
const WORDS: usize = 100;
/// Between two words, so that each delta can be told from the next.
const GAP: Duration = Duration::from_millis(40);

/// What a fan-out took, in milliseconds.
struct FanOut {
    /// From the first client to the last, the median over the deltas.
    spread: f64,
    /// Of the gateway's processes, for each delta.
    work: f64,
}

/// When each delta of the run came, by its number.
type Heard = HashMap<u64, Instant>;

/// A client that listens until the run is over.
struct Listener {
    subscribed: oneshot::Receiver<()>,
    heard: JoinHandle<Result<Vec<(Instant, Utf8Bytes)>, String>>,
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
    match fan_out(subject, &door, listeners, figures).await {
        Ok(FanOut { spread, work }) => {
            figures.put(What::FanOut, Ok(spread));
            figures.put(What::FanOutWork, Ok(work));
        }
        Err(reason) => {
            figures.put(What::FanOut, Err(reason.clone()));
            figures.put(What::FanOutWork, Err(reason));
        }
    }
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

/// They are read when the run is over, so that reading one does not hold up the next client.
async fn deltas(wire: &mut Wire) -> Result<Vec<(Instant, Utf8Bytes)>, String> {
    let mut heard = Vec::new();
    loop {
        let text = wire.receive().await?;
        if text.contains(DELTA) {
            heard.push((Instant::now(), text));
            continue;
        }
        let frame: Frame<'_> = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        if runs::chat(&frame).is_some_and(|chat| chat.state != "status") {
            return Ok(heard);
        }
    }
}

async fn fan_out(
    subject: &Subject,
    door: &Door,
    listeners: Vec<Listener>,
    figures: &mut Figures,
) -> Result<FanOut, String> {
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
    let before = tree_processor_time(subject.process_id());
    runs::send(&mut sender, SESSION, &format!("stream: {WORDS}")).await?;
    let reader = tokio::spawn(async move { while sender.receive().await.is_ok() {} });
    let mut all = Vec::new();
    for listener in hearing {
        let heard = timeout(RUN_LIMIT, listener).await;
        let heard = heard.map_err(|_| format!("the run took longer than {RUN_LIMIT:?}"))?;
        all.push(heard.expect("a listener does not panic")?);
    }
    let took = tree_processor_time(subject.process_id()).saturating_sub(before);
    reader.abort();
    let all: Vec<Heard> = all.iter().map(|texts| told(texts)).collect();
    let (spread, deltas) = spread(&all, figures)?;
    let work = took.as_secs_f64() * 1000.0 / deltas;
    Ok(FanOut { spread, work })
}

/// When each delta was heard.
fn told(texts: &[(Instant, Utf8Bytes)]) -> Heard {
    let mut heard = Heard::new();
    for (at, text) in texts {
        let frame = serde_json::from_str::<Frame<'_>>(text);
        let seq = frame.ok().and_then(|frame| Some(runs::chat(&frame)?.seq));
        if let Some(seq) = seq {
            heard.entry(seq).or_insert(*at);
        }
    }
    heard
}

/// Of each delta that everybody heard, the time from the first to the last: the median, and how many deltas there were.
fn spread(all: &[Heard], figures: &mut Figures) -> Result<(f64, f64), String> {
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
    Ok((median(spreads), told as f64))
}

fn between(times: &[Instant]) -> Option<f64> {
    let (first, last) = (times.iter().min()?, times.iter().max()?);
    Some(last.duration_since(*first).as_secs_f64() * 1000.0)
}
