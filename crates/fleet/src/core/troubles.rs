//! What went wrong with a gateway that is connected all the same, since the app was started: frames that could not be
//! read, and how the connection was last interrupted. A person who wonders what they may have missed finds it here.

use std::collections::BTreeMap;

use gatehouse_client::Problem;

use super::gateway_view::problem_view;
use super::{Core, Write};
use crate::inbox::{EpochMs, millis};
use crate::untrusted::one_line;
use crate::view::{GatewayId, InterruptionView, ItemKind, UnreadableView};

/// Of what one list has; more is as bad.
const MOST_COUNTED: u32 = 1_000;

/// Between two lines of the log about what one gateway sends.
const WARN_EVERY: EpochMs = 60_000;

/// Characters of a reason in the log.
const REASON: usize = 200;

/// What went wrong.
#[derive(Default)]
pub(crate) struct Troubles {
    /// How many frames could not be read, and when the last of them came.
    unreadable: Option<(u32, EpochMs)>,
    /// When it was last written into the log, where each could be as long as the event.
    warned: Option<EpochMs>,
    interruption: Option<(EpochMs, Problem)>,
    /// How much of what waits could not be read, as it was last listed.
    unlisted: BTreeMap<ItemKind, u32>,
}

impl Troubles {
    pub(super) fn unreadable_view(&self) -> Option<UnreadableView> {
        let (count, at) = self.unreadable?;
        Some(UnreadableView {
            count,
            last_at: millis(at),
        })
    }

    pub(super) fn unlisted(&self) -> u32 {
        self.unlisted
            .values()
            .fold(0, |sum, count| sum.saturating_add(*count))
    }

    pub(super) fn interruption_view(&self) -> Option<InterruptionView> {
        let (at, problem) = self.interruption.as_ref()?;
        Some(InterruptionView {
            at: millis(*at),
            problem: problem_view(problem),
        })
    }
}

impl Core {
    /// A frame came that could not be read.
    pub(super) fn unreadable(&mut self, gateway: &GatewayId) {
        let now = self.now();
        if let Some(entry) = self.gateways.get_mut(gateway) {
            let (count, _) = entry.troubles.unreadable.unwrap_or_default();
            entry.troubles.unreadable = Some((count.saturating_add(1), now));
        }
        self.gateways_changed = true;
        self.touch();
    }

    /// Once a minute for each gateway, and no more of it than tells what is wrong: the reason quotes the gateway.
    pub(super) fn warn_unreadable(&mut self, gateway: &GatewayId, name: &str, reason: &str) {
        let now = self.now();
        let Some(entry) = self.gateways.get_mut(gateway) else {
            return;
        };
        let warned = entry.troubles.warned;
        if warned.is_none_or(|at| now.saturating_sub(at) >= WARN_EVERY) {
            entry.troubles.warned = Some(now);
            let (name, reason) = (one_line(name, 80), one_line(reason, REASON));
            tracing::warn!(gateway = %gateway.0, %name, %reason, "an event could not be read");
        }
    }

    /// So many of a kind that wait were listed and cannot be read. Each is counted once, however often it is listed.
    pub(super) fn listed_unreadable(&mut self, gateway: &GatewayId, kind: ItemKind, count: u32) {
        let Some(entry) = self.gateways.get_mut(gateway) else {
            return;
        };
        let before = entry.troubles.unlisted.insert(kind, count).unwrap_or(0);
        for _ in before..count.min(MOST_COUNTED) {
            self.unreadable(gateway);
        }
        self.gateways_changed = true;
        self.touch();
    }

    /// A connection that was up ended by itself.
    pub(super) fn interrupted(&mut self, gateway: &GatewayId, problem: Problem) {
        let now = self.now();
        if let Some(entry) = self.gateways.get_mut(gateway) {
            entry.troubles.interruption = Some((now, problem));
        }
    }

    /// What is connected when the app ends was heard from until then, and not only when it connected.
    pub(super) fn keep_all_seen(&mut self) {
        let now = self.now();
        let up = self.gateways.iter().filter(|(_, entry)| entry.up.is_some());
        let up: Vec<GatewayId> = up.map(|(id, _)| id.clone()).collect();
        for id in &up {
            self.keep_seen(id, now);
        }
    }

    /// Only when it was last heard from, so it is no loss where the store is busy; the next connect says it again.
    pub(super) fn keep_seen(&mut self, gateway: &GatewayId, at: EpochMs) {
        let gateway = gateway.0.clone();
        let _ = self.scribe.write(Write::Seen { gateway, at });
    }
}
