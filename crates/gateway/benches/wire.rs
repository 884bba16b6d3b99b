//! What every frame costs: reading a request, writing an answer, and one event for many connections.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use gatehouse_protocol::serve::{self, Request};
use serde_json::{Value, json};

fn requests(c: &mut Criterion) {
    let text = r#"{"type":"req","id":"0b6a4c8e","method":"sessions.list","params":{"limit":50,"includeGlobal":true}}"#;
    c.bench_function("read a request", |b| {
        b.iter(|| Request::parse(black_box(text)));
    });
}

fn answers(c: &mut Criterion) {
    let row = json!({"key": "agent:main:main", "kind": "direct", "updatedAt": 1_795_255_636_915_u64, "model": "m"});
    let payload = json!({"count": 50, "sessions": vec![row; 50]});
    c.bench_function("write an answer of fifty rows", |b| {
        b.iter(|| serve::reply("0b6a4c8e", black_box(&payload)));
    });
}

/// The number that each connection adds to a shared event.
fn fan_out(c: &mut Criterion) {
    let payload: Value = json!({"runId": "r", "state": "delta", "deltaText": "word ", "message": {"text": "x".repeat(400)}});
    let Ok(body) = serve::event_body("chat", &payload) else {
        return;
    };
    let mut group = c.benchmark_group("fan out one event");
    for connections in [1_u64, 100, 1000] {
        group.throughput(Throughput::Elements(connections));
        let id = BenchmarkId::from_parameter(connections);
        group.bench_with_input(id, &connections, |b, &connections| {
            b.iter(|| {
                for seq in 0..connections {
                    black_box(serve::event_frame(black_box(&body), seq, ""));
                }
            });
        });
    }
}

criterion_group!(wire, requests, answers, fan_out);
criterion_main!(wire);
