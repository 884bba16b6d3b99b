//! From a request's text to its answer's, through the whole table of methods: what a request costs beside
//! what its handler does. The gateway listens, and nobody connects.
#![allow(clippy::unwrap_used, reason = "a bench may end where it stands")]

mod support;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use gatehouse_gateway::auth::{AuthSettings, SharedSecret};
use gatehouse_gateway::config::Config;
use gatehouse_gateway::router::Cx;
use gatehouse_gateway::{Gateway, RunningGateway, StartOptions};
use gatehouse_protocol::serve::Request;
use tokio::runtime::Runtime;

/// A method that has nothing to do, one that reads the store, and one that does not exist.
const METHODS: [&str; 3] = ["health", "sessions.list", "no.such.method"];

fn routing(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let state = tempfile::tempdir().unwrap();
    let gateway = runtime.block_on(start(state.path()));
    let mut group = criterion.benchmark_group("answer a request");
    for method in METHODS {
        let text = format!(r#"{{"type":"req","id":"17","method":"{method}","params":{{}}}}"#);
        let caller = support::caller(1);
        group.bench_function(method, |bencher| {
            bencher.to_async(&runtime).iter(|| async {
                let app = gateway.app().clone();
                let caller = caller.clone();
                let cx = Cx::new(app, caller);
                let request = Request::parse(black_box(&text)).unwrap();
                let answering = gateway.app().methods.dispatch(cx, &request);
                answering.await
            });
        });
    }
    group.finish();
    runtime.block_on(gateway.stop("measured"));
}

async fn start(state: &std::path::Path) -> RunningGateway {
    let mut config = Config::default();
    config.gateway.port = 0;
    let auth = AuthSettings::Token(SharedSecret::of("a-token-for-a-bench"));
    let options = StartOptions::new(config, auth, state.to_owned());
    Gateway::start(options).await.unwrap()
}

criterion_group!(benches, routing);
criterion_main!(benches);
