//! One delta from its publisher into the frames of every subscriber, without sockets: the hub, the outboxes,
//! and numbering.

mod support;

use std::future::poll_fn;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use gatehouse_gateway::Clock;
use gatehouse_gateway::broadcast::{
    Audience, ConnId, Delivery, Event, EventKind, Hub, Member, OutboxReader, Outgoing, Topic,
    outbox,
};
use gatehouse_protocol::model::presence::PresenceEntry;
use serde_json::json;
use tokio::runtime::Builder;

const CROWDS: [u64; 3] = [1, 100, 1_000];
const SESSION: &str = "agent:main:main";
/// In bytes; never reached here.
const LIMIT: usize = 50_000_000;

fn fan_out(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().enable_time().build();
    let runtime = runtime.expect("a runtime needs nothing but memory");
    let mut group = criterion.benchmark_group("fan out a delta");
    for crowd in CROWDS {
        let (hub, task) = Hub::start(Clock::system(), nobody());
        let hub_task = runtime.spawn(task);
        let mut readers = runtime.block_on(gather(&hub, crowd));
        group.throughput(Throughput::Elements(crowd));
        group.bench_function(BenchmarkId::from_parameter(crowd), |bencher| {
            bencher.iter(|| runtime.block_on(deliver(&hub, &mut readers)));
        });
        hub_task.abort();
    }
    group.finish();
}

/// A presence that says nothing.
fn nobody() -> PresenceEntry {
    serde_json::from_str("{}").expect("every part of a presence may be absent")
}

async fn gather(hub: &Hub, crowd: u64) -> Vec<OutboxReader> {
    let mut readers = Vec::new();
    for number in 0..crowd {
        let (outbox, reader) = outbox(LIMIT);
        let (caller, presence) = (support::caller(number), nobody());
        hub.join(Member {
            caller,
            outbox,
            presence,
        });
        let topic = Topic::Session(SESSION.to_owned());
        assert!(
            hub.subscribe(ConnId(number), topic).await,
            "it joined before"
        );
        readers.push(reader);
    }
    readers
}

/// Publishes one delta and takes it out everywhere; says how many bytes went out.
async fn deliver(hub: &Hub, readers: &mut [OutboxReader]) -> usize {
    let payload = json!({"runId": "r", "sessionKey": SESSION, "seq": 7, "state": "delta",
        "deltaText": "some words", "message": {"role": "assistant", "content": "some words".repeat(40)}});
    let event = Event::new(EventKind::CHAT, &payload).expect("a payload is JSON");
    let audience = Audience::Topics(vec![Topic::Session(SESSION.to_owned())]);
    hub.publish(event, audience, Delivery::DropIfSlow);
    let mut bytes = 0;
    for reader in readers {
        let item = poll_fn(|cx| reader.poll_next(cx)).await;
        if let Some(Outgoing::Event(event)) = item {
            bytes += event.frame(7).len();
        }
    }
    bytes
}

criterion_group!(benches, fan_out);
criterion_main!(benches);
