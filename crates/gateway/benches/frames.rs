//! Reading a request frame and writing answers and events, without a socket.
#![allow(clippy::unwrap_used, reason = "a bench may end where it stands")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use gatehouse_protocol::serve::{self, Request};
use serde_json::json;

/// A list request, a message as people write them, and a paste of a megabyte.
const MESSAGES: [usize; 3] = [0, 2_000, 1_000_000];

fn parsing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse a request");
    for bytes in MESSAGES {
        let params = json!({"sessionKey": "agent:main:main", "message": "a \"word\" ".repeat(bytes / 9),
            "idempotencyKey": "0a1b"});
        let frame = json!({"type": "req", "id": "17", "method": "chat.send", "params": params});
        let text = frame.to_string();
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_with_input(
            BenchmarkId::from_parameter(text.len()),
            &text,
            |bencher, text| {
                bencher.iter(|| black_box(Request::parse(black_box(text)).is_ok()));
            },
        );
    }
    group.finish();
}

fn writing(criterion: &mut Criterion) {
    let message =
        json!({"role": "assistant", "content": [{"type": "text", "text": "word ".repeat(60)}]});
    let history = json!({"sessionKey": "agent:main:main", "messages": vec![message; 100]});
    criterion.bench_function("write an answer with 100 messages", |bencher| {
        bencher.iter(|| serve::reply("17", black_box(&history)).unwrap());
    });
    let body = serve::event_body(
        "chat",
        &json!({"runId": "r", "deltaText": "word ".repeat(20)}),
    );
    let body = body.unwrap();
    criterion.bench_function("number an event for one connection", |bencher| {
        bencher.iter(|| serve::event_frame(black_box(&body), 17, ""));
    });
}

criterion_group!(frames, parsing, writing);
criterion_main!(frames);
