//! What a connection tells, sorted to whom it concerns.

use std::sync::Arc;

use gatehouse_client::{ClockReading, ConnectionEvent, ConnectionState, Generation, ProblemCode};
use gatehouse_protocol::{GatewayEvent, HelloOk};

use super::{Core, Fact, News};
use crate::ask::listable;
use crate::governance::governs;
use crate::inbox::wire;
use crate::inbox::{EpochMs, InboxEvent, MAX_ID, Outcome, Request};
use crate::view::{GatewayId, ItemKind};

/// Clocks that differ by less than a slow way through the network can make of it are the same.
const SAME_CLOCK: EpochMs = 2_000;

impl Core {
    pub(super) fn fact(&mut self, fact: Fact) {
        let Fact {
            gateway,
            epoch,
            news,
        } = fact;
        if self
            .gateways
            .get(&gateway)
            .is_none_or(|entry| entry.epoch != epoch)
        {
            return;
        }
        match news {
            News::State(state) => self.state_changed(&gateway, state),
            News::Event(ConnectionEvent::Up {
                generation,
                hello,
                clock,
            }) => {
                self.read_clock(&gateway, clock);
                self.up(&gateway, generation, hello);
            }
            News::Event(ConnectionEvent::Clock { clock, .. }) => self.read_clock(&gateway, clock),
            News::Event(ConnectionEvent::Down { cause, heard, .. }) => {
                tracing::info!(gateway = %gateway.0, code = ?cause.code, "disconnected");
                if cause.code == ProblemCode::FrameTooLarge {
                    self.answer_too_large(&gateway);
                }
                self.interrupted(&gateway, cause);
                let silent = EpochMs::try_from(heard.elapsed().as_millis()).unwrap_or(0);
                let slept = self.sleep.since(heard);
                self.lost(&gateway, self.now() - silent - slept);
            }
            News::Event(ConnectionEvent::Event { event, .. }) => {
                self.gateway_event(&gateway, event)
            }
            News::Event(ConnectionEvent::Gap { .. }) => self.doubt(&gateway),
            News::Event(ConnectionEvent::Rejected { problem, .. }) => {
                tracing::warn!(gateway = %gateway.0, code = ?problem.code, "a frame could not be used");
                self.unreadable(&gateway);
                self.doubt(&gateway);
            }
        }
    }

    fn state_changed(&mut self, gateway: &GatewayId, state: ConnectionState) {
        if let Some(entry) = self.gateways.get_mut(gateway) {
            entry.state = state;
        }
        self.gateways_changed = true;
        self.touch();
    }

    /// Times that the gateway tells are shown by this computer's clock, which may be another one by hours.
    fn read_clock(&mut self, gateway: &GatewayId, clock: ClockReading) {
        let heard = EpochMs::try_from(clock.heard.elapsed().as_millis()).unwrap_or(0);
        let shown = EpochMs::try_from(clock.shown).unwrap_or(0);
        let ahead = shown.saturating_sub(self.now() - heard);
        let ahead = if ahead.saturating_abs() < SAME_CLOCK {
            0
        } else {
            ahead
        };
        // The way through the network takes longer at one time than at another.
        let known = self.inbox.inbox.clock_ahead(gateway);
        if ahead != 0 && (ahead - known).saturating_abs() < SAME_CLOCK {
            return;
        }
        let gateway = gateway.clone();
        self.inbox_event(InboxEvent::Clock { gateway, ahead });
    }

    fn up(&mut self, gateway: &GatewayId, generation: Generation, hello: Arc<HelloOk>) {
        let now = self.now();
        self.is_not_away(gateway);
        let Some(entry) = self.gateways.get_mut(gateway) else {
            return;
        };
        entry.presence = hello.snapshot.presence.clone();
        entry.up = Some((generation, hello.clone()));
        entry.record.last_seen = Some(now);
        let generation = entry.inbox_generation(generation);
        let governed = governs(&hello);
        let known = (&entry.known.server_version, entry.known.governed);
        if known != (&hello.server.version, governed) {
            entry.known.server_version = hello.server.version.clone();
            entry.known.governed = governed;
            self.keep_gateway(gateway);
        }
        self.keep_seen(gateway, now);
        let kinds = listable(&hello);
        self.inbox_event(InboxEvent::Up {
            gateway: gateway.clone(),
            generation,
            kinds,
        });
        self.sessions_up(gateway);
        self.chats_up(gateway);
        self.gateways_changed = true;
        self.touch();
    }

    /// Something was missed: everything that is kept by following events is read again.
    fn doubt(&mut self, gateway: &GatewayId) {
        if let Some(generation) = self.inbox_generation(gateway) {
            self.inbox_event(InboxEvent::Doubt {
                gateway: gateway.clone(),
                generation,
            });
        }
        self.sessions_up(gateway);
        self.chats_in_doubt(gateway);
    }

    fn answer_too_large(&mut self, gateway: &GatewayId) {
        if let Some(generation) = self.inbox_generation(gateway) {
            let gateway = gateway.clone();
            self.inbox_event(InboxEvent::AnswerTooLarge {
                gateway,
                generation,
            });
        }
    }

    fn inbox_generation(&self, gateway: &GatewayId) -> Option<u64> {
        let entry = self.gateways.get(gateway)?;
        entry
            .up
            .as_ref()
            .map(|(generation, _)| entry.inbox_generation(*generation))
    }

    fn gateway_event(&mut self, gateway: &GatewayId, event: GatewayEvent) {
        use GatewayEvent as E;
        self.chat_news(gateway, &event);
        match event {
            E::ExecApprovalRequested(a) => self.requested(gateway, wire::exec(*a)),
            E::PluginApprovalRequested(a) => self.requested(gateway, wire::plugin(*a)),
            E::SystemApprovalRequested(a) => self.requested(gateway, wire::system(*a)),
            E::QuestionRequested(q) => self.requested(gateway, wire::question(*q)),
            E::DevicePairRequested(r) => self.requested(gateway, wire::device(*r)),
            E::NodePairRequested(r) => self.requested(gateway, wire::node(*r)),
            E::ExecApprovalResolved(r) => {
                self.resolved(gateway, ItemKind::Exec, &r.id, wire::told(&r))
            }
            E::PluginApprovalResolved(r) => {
                self.resolved(gateway, ItemKind::Plugin, &r.id, wire::told(&r));
            }
            E::SystemApprovalResolved(r) => {
                self.resolved(gateway, ItemKind::System, &r.id, wire::told(&r));
            }
            E::QuestionResolved(r) => {
                let outcome = wire::question_told(&r);
                self.resolved(
                    gateway,
                    ItemKind::Question,
                    r.id.as_deref().unwrap_or_default(),
                    outcome,
                );
            }
            E::DevicePairResolved(r) => self.pair_resolved(gateway, ItemKind::DevicePairing, &r),
            E::NodePairResolved(r) => self.pair_resolved(gateway, ItemKind::NodePairing, &r),
            E::DevicePairChanged => self.doubt_inbox(gateway),
            E::Unreadable { name, reason, .. } => {
                self.warn_unreadable(gateway, &name, &reason);
                self.unreadable(gateway);
                self.doubt(gateway);
            }
            E::Presence(changed) => {
                if let Some(entry) = self.gateways.get_mut(gateway) {
                    entry.presence = changed.presence.items;
                }
            }
            E::Chat(event) => self.session_run(gateway, &event),
            E::SessionMessage(message) => {
                if let Some(row) = message.session {
                    self.session_row(gateway, row);
                }
            }
            E::SessionsChanged(changed) => self.sessions_changed(gateway, *changed),
            E::Agent(_) => {}
            // Told by the approval's own event as well.
            E::SessionApproval(_) => {}
            E::Challenge(_) | E::Tick(_) | E::Health(_) | E::Shutdown(_) | E::Unknown { .. } => {}
        }
    }

    fn doubt_inbox(&mut self, gateway: &GatewayId) {
        if let Some(generation) = self.inbox_generation(gateway) {
            self.inbox_event(InboxEvent::Doubt {
                gateway: gateway.clone(),
                generation,
            });
        }
    }

    fn requested(&mut self, gateway: &GatewayId, request: Request) {
        if request.id.len() > MAX_ID {
            return self.unreadable(gateway);
        }
        let Some(generation) = self.inbox_generation(gateway) else {
            return;
        };
        self.inbox_event(InboxEvent::Requested {
            gateway: gateway.clone(),
            generation,
            request,
        });
    }

    fn resolved(&mut self, gateway: &GatewayId, kind: ItemKind, id: &str, outcome: Outcome) {
        let Some(generation) = self
            .inbox_generation(gateway)
            .filter(|_| id.len() <= MAX_ID)
        else {
            return;
        };
        let (gateway, id) = (gateway.clone(), id.to_owned());
        self.inbox_event(InboxEvent::Resolved {
            gateway,
            generation,
            kind,
            id,
            outcome,
        });
    }

    fn pair_resolved(
        &mut self,
        gateway: &GatewayId,
        kind: ItemKind,
        event: &gatehouse_protocol::model::pairing::PairResolved,
    ) {
        // A node that was removed comes without a request id: nothing that waits.
        if let Some(id) = event.request_id.as_deref().filter(|id| !id.is_empty()) {
            self.resolved(gateway, kind, id, wire::pairing_told(event));
        }
    }
}
