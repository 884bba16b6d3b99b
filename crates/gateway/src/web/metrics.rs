//! `GET /metrics` in the text format of Prometheus. Behind the gateway's authentication, except for this machine
//! where there is none.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, State};
use axum::http::HeaderMap;
use axum::response::Response;
use prometheus::{Encoder, IntCounter, IntCounterVec, IntGauge, Opts, Registry, TextEncoder};

use super::{Web, reply};
use crate::state::App;

/// What is counted while the gateway runs.
#[derive(Clone)]
pub(crate) struct Counters {
    registry: Registry,
    /// Handshakes, by how they ended: `ok` or the code of the refusal.
    handshakes: IntCounterVec,
    pub(crate) slow_consumers: IntCounter,
    requests: IntCounterVec,
    connections: IntGauge,
    uptime: IntGauge,
    resident: IntGauge,
}

impl Counters {
    pub(crate) fn new() -> Self {
        let vec = |name, help, label| IntCounterVec::new(Opts::new(name, help), &[label]);
        let known = "these names and labels are well-formed";
        let counters = Self {
            registry: Registry::new(),
            handshakes: vec(
                "gatehouse_handshakes_total",
                "Handshakes by outcome.",
                "outcome",
            )
            .expect(known),
            requests: vec("gatehouse_requests_total", "Requests by method.", "method")
                .expect(known),
            slow_consumers: IntCounter::new(
                "gatehouse_slow_consumers_total",
                "Connections closed as too slow.",
            )
            .expect(known),
            connections: IntGauge::new("gatehouse_connections", "Authenticated connections.")
                .expect(known),
            uptime: IntGauge::new("gatehouse_uptime_seconds", "Seconds since the start.")
                .expect(known),
            resident: IntGauge::new(
                "gatehouse_resident_bytes",
                "Resident memory of the process.",
            )
            .expect(known),
        };
        counters.register();
        counters
    }

    fn register(&self) {
        let all: [Box<dyn prometheus::core::Collector>; 6] = [
            Box::new(self.handshakes.clone()),
            Box::new(self.requests.clone()),
            Box::new(self.slow_consumers.clone()),
            Box::new(self.connections.clone()),
            Box::new(self.uptime.clone()),
            Box::new(self.resident.clone()),
        ];
        for one in all {
            self.registry
                .register(one)
                .expect("every name is registered once");
        }
    }

    pub(crate) fn handshake(&self, outcome: &str) {
        self.handshakes.with_label_values(&[outcome]).inc();
    }

    /// Only names of the table become labels: a client cannot make new ones.
    pub(crate) fn request(&self, method: &'static str) {
        self.requests.with_label_values(&[method]).inc();
    }

    pub(crate) fn opened(&self) {
        self.connections.inc();
    }

    pub(crate) fn ended(&self) {
        self.connections.dec();
    }

    fn text(&self, app: &App) -> Vec<u8> {
        let whole = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        self.uptime.set(whole(app.uptime_ms() / 1000));
        self.resident
            .set(whole(app.machine.resident_bytes().unwrap_or_default()));
        let mut text = Vec::new();
        // Writing to memory does not fail, and a metric that cannot be written is left out.
        let _ = TextEncoder::new().encode(&self.registry.gather(), &mut text);
        text
    }
}

pub(super) async fn serve(
    State(web): State<Web>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    match web.admit(from, &headers).await {
        Ok(_) => {
            let text = web.app.counters.text(&web.app);
            reply::bytes(200, "text/plain; version=0.0.4; charset=utf-8", text)
        }
        Err(refusal) => reply::unauthorized(&refusal),
    }
}
