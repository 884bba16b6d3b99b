//! A gateway that floods the app with events through a real socket: the app goes on answering, its memory stays
//! bounded, and an approval in the midst of it is found and decided.
#![allow(clippy::unwrap_used, reason = "a test")]
#![cfg(target_os = "linux")]

#[path = "../../../tests/real/desk.rs"]
mod desk;

use std::time::{Duration, Instant};

use desk::Desk;
use gatehouse_fleet::view::{Decision, GatewayId, PhaseView};
use gatehouse_testkit::scripted_gateway::{Script, ScriptedGateway};

/// What waited for the flood to end would take minutes. How fast an answer is, is the benches' affair: tests are not
/// optimised, and share their cores.
const RESPONSIVE: Duration = Duration::from_secs(20);
/// Far below what the flood would take if any of it were kept: each event is some 250 bytes, and more once read.
const MOST_MEMORY: usize = 96 << 20;

/// Bytes of this process that are in memory.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = pages.split(' ').nth(1).unwrap().parse().unwrap();
    pages * 4096
}

/// What was seen of the app while the flood ran.
#[derive(Debug, Default)]
struct Seen {
    slowest: Duration,
    most_memory: usize,
    answers: u32,
}

impl Seen {
    async fn look(&mut self, desk: &Desk) {
        let begun = Instant::now();
        desk.fleet.inbox_snapshot().await;
        desk.fleet.sessions_snapshot().await;
        self.slowest = self.slowest.max(begun.elapsed());
        self.most_memory = self.most_memory.max(resident());
        self.answers += 1;
    }

    /// Looks until the item with this command stands as wanted.
    async fn until(
        &mut self,
        desk: &Desk,
        gateway: &GatewayId,
        command: &str,
        wanted: fn(&PhaseView) -> bool,
    ) {
        let begun = Instant::now();
        loop {
            self.look(desk).await;
            let items = desk.fleet.inbox_snapshot().await.items;
            let mut of = items.iter().filter(|i| i.gateway == *gateway);
            if of.any(|item| item.subject == command && wanted(&item.phase)) {
                return;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(1200),
                "{command} was lost: {self:?}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

async fn is_survived(events: u64) {
    let gateway = ScriptedGateway::start(Script::default()).await;
    let desk = Desk::new().await;
    let id = desk.join(&gateway.url(), "home", "secret").await;
    let (before, begun) = (resident(), Instant::now());
    gateway.flood(events);
    let mut seen = Seen::default();
    let is_waiting: fn(&PhaseView) -> bool = |p| matches!(p, PhaseView::Waiting { .. });
    seen.until(&desk, &id, "make step-1000", |_| true).await;
    let approval = gateway.ask("in the midst");
    seen.until(&desk, &id, "in the midst", is_waiting).await;
    let item = desk.waits(&id, "in the midst").await;
    desk.decide(&item, Decision::Deny).await.unwrap();
    seen.until(&desk, &id, "in the midst", |p| {
        matches!(p, PhaseView::Decided { .. })
    })
    .await;
    assert_eq!(gateway.record(&approval), (Some("deny".to_owned()), 1));

    let last = format!("make step-{}", events - 1000);
    seen.until(&desk, &id, &last, |p| {
        matches!(p, PhaseView::Decided { .. })
    })
    .await;
    let took = begun.elapsed();
    let grown = seen.most_memory.saturating_sub(before);
    assert!(grown < MOST_MEMORY, "{} MB more: {seen:?}", grown >> 20);
    assert!(seen.slowest < RESPONSIVE, "{seen:?}");
    let inbox = desk.fleet.inbox_snapshot().await;
    assert_eq!(inbox.waiting, 0, "all that came has gone");
    assert_eq!(inbox.overflow, []);
    let figures = format!(
        "{events} events in {took:?}, {} MB more, {seen:?}\n",
        grown >> 20
    );
    std::io::Write::write_all(&mut std::io::stderr(), figures.as_bytes()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_events_loses_no_approval_and_leaves_the_app_answering_and_small() {
    is_survived(50_000).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "minutes long: `cargo test -p gatehouse-fleet --test flood -- --ignored`"]
async fn a_million_events_lose_no_approval_and_leave_the_app_answering_and_small() {
    is_survived(1_000_000).await;
}
