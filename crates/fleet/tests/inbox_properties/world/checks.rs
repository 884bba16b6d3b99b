//! What must hold after each step, and when everything has come to rest.

use std::collections::BTreeMap;

use gatehouse_fleet::inbox::{InboxEvent, Item, Outcome, Phase, Verdict, item_key};
use gatehouse_fleet::view::{ItemKey, ItemKind};

use super::{Op, World};

impl World {
    pub(super) fn check_nothing_came_back(&self, ended: &BTreeMap<ItemKey, Item>) {
        for (key, before) in ended {
            let Some(after) = self.inbox.item(key) else {
                continue;
            };
            let newer = after.request.created_at > before.request.created_at;
            let was_gone = matches!(&before.phase, Phase::Ended { outcome, .. } if outcome.verdict == Verdict::Gone);
            assert!(
                !after.is_open() || newer || was_gone,
                "came back to life: {before:?} as {after:?}"
            );
        }
    }

    /// What the inbox shows as recorded is what the gateway recorded, and what it shows as not recorded is not.
    pub(super) fn check_records(&self) {
        for item in self.inbox.items() {
            let gateway = self.gateways.iter().find(|g| g.id == item.gateway);
            let gateway = gateway.unwrap();
            let record = &gateway.records[&item.request.id];
            if record.request.created_at != item.request.created_at {
                continue;
            }
            if is_not_recorded(item) {
                assert!(record.ended.is_none(), "offered again: {item:?}");
            }
            let Phase::Ended { outcome, recorded } = &item.phase else {
                continue;
            };
            let truth = record
                .ended
                .as_ref()
                .unwrap_or_else(|| panic!("ended here, pending there: {item:?}"));
            let told = matches!(outcome.verdict, Verdict::Decided(_));
            let must_match = *recorded && (gateway.durable || told);
            assert!(
                !must_match || outcome.verdict == truth.verdict,
                "{item:?} against {truth:?}"
            );
        }
    }

    pub(crate) fn come_to_rest(&mut self) {
        for g in 0..self.gateways.len() {
            self.connect(g);
        }
        for g in 0..self.gateways.len() {
            self.drain(g);
        }
        self.check_before_time_goes_by();
        for _ in 0..40 {
            self.now += 5_000;
            self.feed(InboxEvent::Tick);
            for g in 0..self.gateways.len() {
                self.drain(g);
            }
        }
    }

    /// All facts are in and no clock has helped: nothing waits here that has ended there.
    pub(super) fn check_before_time_goes_by(&self) {
        if self.unanswered {
            return;
        }
        for item in self.inbox.items().filter(|i| i.is_waiting()) {
            let gateway = self.gateways.iter().find(|g| g.id == item.gateway).unwrap();
            let record = &gateway.records[&item.request.id];
            let is_untold =
                |outcome: &Outcome| !gateway.durable && outcome.verdict == Verdict::Expired;
            let waits = record.ended.as_ref().is_none_or(is_untold);
            assert!(waits, "came back to life: {item:?}, {:?}", record.ended);
        }
    }

    pub(super) fn drain(&mut self, g: usize) {
        while !self.gateways[g].is_quiet() {
            self.serve(g, 0);
            self.apply(Op::Answer(g, 0));
            self.deliver(g);
        }
    }

    pub(crate) fn check_at_rest(&self) {
        for gateway in &self.gateways {
            for record in gateway.pending() {
                let key = item_key(&gateway.id, ItemKind::Exec, &record.request.id);
                let item = self
                    .inbox
                    .item(&key)
                    .unwrap_or_else(|| panic!("lost: {:?}", record.request));
                assert!(
                    item.is_waiting(),
                    "waits at its gateway, but here: {item:?}"
                );
                assert_eq!(item.request, record.request, "shown as it is asked");
            }
        }
        for item in self.inbox.items() {
            let gateway = self.gateways.iter().find(|g| g.id == item.gateway).unwrap();
            let record = &gateway.records[&item.request.id];
            assert_eq!(
                item.is_open(),
                record.ended.is_none(),
                "{item:?} against {:?}",
                record.ended
            );
            assert!(
                !matches!(item.phase, Phase::Deciding { .. }),
                "a decision hangs: {item:?}"
            );
        }
    }
}

/// Offered again because the gateway took a decision and did not record it.
fn is_not_recorded(item: &Item) -> bool {
    matches!(&item.phase, Phase::Waiting { problem: Some(problem) } if problem.code == "notRecorded")
}
