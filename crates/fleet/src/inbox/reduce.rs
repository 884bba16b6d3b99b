//! The reducer: `state, fact → state, effects`. Pure: no clock, no I/O, no randomness.
//!
//! How a fact is weighed, because lists, events and answers race one another:
//! - An ended item never comes back, unless the gateway makes a newer request under its id, or a list that was
//!   asked for after the item was given up as `Gone` has it.
//! - A live event beats a list that was asked for before it: each fact has a number, and so has each list.
//! - What a list lacks is not gone: the gateway is asked for its record first.
//! - A live event that tells of an end ends the item at once, and the gateway's record is read to confirm it:
//!   the real gateway reports an expiry as a `deny`.
//! - A decision is sent once, over the connection that it was bound to. What becomes of it when that connection
//!   ends is only ever read, never sent again.

use std::collections::BTreeMap;

use super::book::{Book, LocalKey};
use super::event::{Effect, InboxEvent};
use super::item::{
    Answered, EpochMs, Generation, Item, Outcome, Phase, ReadBackState, Request, Verdict, parse_key,
};
use super::step::{accepted, local_key, undecided};
use crate::view::{GatewayId, ItemKey, ItemKind};

/// Everything that waits for a person, over all gateways, and what ended lately.
#[derive(Clone, Debug, Default)]
pub struct Inbox {
    pub(super) books: BTreeMap<GatewayId, Book>,
    /// Numbers facts, lists and answers.
    pub(super) counter: u64,
}

/// Applies one event.
pub fn reduce(inbox: &mut Inbox, event: InboxEvent, now: EpochMs) -> Vec<Effect> {
    let mut step = Step {
        inbox,
        now,
        effects: Vec::new(),
    };
    step.apply(event);
    step.effects
}

impl Inbox {
    pub fn item(&self, key: &ItemKey) -> Option<&Item> {
        let (gateway, kind, id) = parse_key(key)?;
        self.books.get(&gateway)?.items.get(&(kind, id.to_owned()))
    }

    pub fn items(&self) -> impl Iterator<Item = &Item> {
        self.books.values().flat_map(|book| book.items.values())
    }

    /// How far a gateway's clock is ahead of this computer's.
    pub fn clock_ahead(&self, gateway: &GatewayId) -> EpochMs {
        self.books.get(gateway).map_or(0, |book| book.ahead)
    }

    /// Items of one gateway that wait for a person now.
    pub fn waiting_at(&self, gateway: &GatewayId) -> usize {
        self.books
            .get(gateway)
            .map_or(0, |b| b.items.values().filter(|i| i.is_waiting()).count())
    }

    /// Gateways that have more waiting than is kept.
    pub fn overflowing(&self) -> Vec<GatewayId> {
        self.books
            .iter()
            .filter(|(_, b)| b.overflow)
            .map(|(id, _)| id.clone())
            .collect()
    }
}

/// One event being applied.
pub(super) struct Step<'a> {
    pub(super) inbox: &'a mut Inbox,
    pub(super) now: EpochMs,
    pub(super) effects: Vec<Effect>,
}

impl Step<'_> {
    fn apply(&mut self, event: InboxEvent) {
        match event {
            InboxEvent::Restored { items } => self.restore(items),
            InboxEvent::Clock { gateway, ahead } => self.set_clock(&gateway, ahead),
            InboxEvent::Up {
                gateway,
                generation,
                kinds,
            } => self.up(&gateway, generation, kinds),
            InboxEvent::Down {
                gateway,
                generation,
            } => {
                if self.is_live(&gateway, generation) {
                    self.down(&gateway);
                }
            }
            InboxEvent::AnswerTooLarge {
                gateway,
                generation,
            } => {
                if self.is_live(&gateway, generation) {
                    self.answer_too_large(&gateway);
                }
            }
            InboxEvent::Removed { gateway } => self.remove(&gateway),
            InboxEvent::Requested {
                gateway,
                generation,
                request,
            } => {
                if self.is_live(&gateway, generation) {
                    self.requested(&gateway, request);
                }
            }
            InboxEvent::Resolved {
                gateway,
                generation,
                kind,
                id,
                outcome,
            } => {
                if self.is_live(&gateway, generation) {
                    self.resolved(&gateway, (kind, id), outcome);
                }
            }
            InboxEvent::Doubt {
                gateway,
                generation,
            } => {
                if self.is_live(&gateway, generation) {
                    self.list_all(&gateway);
                }
            }
            InboxEvent::Listed {
                gateway,
                generation,
                kind,
                token,
                requests,
            } => {
                if self.is_live(&gateway, generation) {
                    self.listed(&gateway, kind, token, requests);
                }
            }
            InboxEvent::ResolveAnswered { key, token, answer } => {
                self.resolve_answered(&key, token, answer);
            }
            InboxEvent::ReadBack { key, token, answer } => self.read_back(&key, token, answer),
            InboxEvent::Decide(choice) => self.decide(choice),
            InboxEvent::Tick => self.tick(),
        }
    }

    fn restore(&mut self, items: Vec<Item>) {
        for mut item in items {
            let key = local_key(&item);
            item.bytes = item.request.content.bytes();
            item.read_back = ReadBackState::Idle;
            if let Some(was_deciding) = undecided(&item.phase) {
                item.phase = Phase::Unreachable {
                    since: self.now,
                    was_deciding,
                };
                item.revision += 1;
            }
            let book = self.inbox.books.entry(item.gateway.clone()).or_default();
            if !book.items.contains_key(&key) {
                self.insert(item);
            }
        }
    }

    /// Every time that is shown of its items is another one now.
    fn set_clock(&mut self, gateway: &GatewayId, ahead: EpochMs) {
        if std::mem::replace(&mut self.book(gateway).ahead, ahead) == ahead {
            return;
        }
        for key in self.keys_where(gateway, |_| true) {
            if let Some(item) = self.item_mut(gateway, &key) {
                let key = item.key();
                self.effects.push(Effect::Changed(key));
            }
        }
    }

    fn up(&mut self, gateway: &GatewayId, generation: Generation, kinds: Vec<ItemKind>) {
        self.down(gateway);
        let book = self.inbox.books.entry(gateway.clone()).or_default();
        book.link = Some(generation);
        book.kinds = kinds;
        self.list_first(gateway);
        for key in self.keys_where(gateway, |i| {
            matches!(
                i.phase,
                Phase::Ended {
                    recorded: false,
                    ..
                }
            )
        }) {
            self.ask_record(gateway, &key, 0);
        }
    }

    fn down(&mut self, gateway: &GatewayId) {
        let Some(book) = self.inbox.books.get_mut(gateway) else {
            return;
        };
        book.link = None;
        book.lists.clear();
        for item in book.items.values_mut() {
            item.read_back = ReadBackState::Idle;
        }
        let since = self.now;
        for key in self.keys_where(gateway, |i| {
            matches!(i.phase, Phase::Waiting { .. } | Phase::Deciding { .. })
        }) {
            let Some(item) = self.item_mut(gateway, &key) else {
                continue;
            };
            if let Phase::Deciding {
                decision,
                answered: Some(Answered::Accepted),
                ..
            } = item.phase
            {
                self.end(gateway, &key, accepted(decision), false);
                continue;
            }
            let was_deciding = undecided(&item.phase).flatten();
            self.set_phase(
                gateway,
                &key,
                Phase::Unreachable {
                    since,
                    was_deciding,
                },
            );
        }
    }

    fn remove(&mut self, gateway: &GatewayId) {
        let Some(book) = self.inbox.books.remove(gateway) else {
            return;
        };
        for item in book.items.values() {
            self.effects.push(Effect::Withdraw(item.key()));
            self.effects.push(Effect::Forget(item.key()));
        }
        if book.overflow {
            self.effects.push(Effect::Overflow {
                gateway: gateway.clone(),
                overflow: false,
            });
        }
    }

    fn requested(&mut self, gateway: &GatewayId, request: Request) {
        let touched = self.next();
        let key = (request.kind, request.id.clone());
        let Some(item) = self.item_mut(gateway, &key) else {
            if !self.book(gateway).is_buried(&request) {
                self.add(gateway, request, touched);
            }
            return;
        };
        if !item.is_open() {
            if request.created_at > item.request.created_at {
                self.succeed(gateway, request, touched);
            }
            return;
        }
        item.touched = touched;
        self.still_pending(gateway, &key, Some(request));
    }

    fn resolved(&mut self, gateway: &GatewayId, key: LocalKey, mut outcome: Outcome) {
        let touched = self.next();
        let Some(item) = self.item_mut(gateway, &key) else {
            return self
                .inbox
                .books
                .entry(gateway.clone())
                .or_default()
                .bury(key, outcome.at, touched);
        };
        // Of an earlier request under the same id, or of this one where the gateway's clock was set back meanwhile.
        if outcome.at.is_some_and(|at| at < item.request.created_at) {
            if item.is_open() {
                self.ask_record(gateway, &key, 0);
            }
            return;
        }
        item.touched = touched;
        if item.is_open() {
            // Most likely ours; the answer to our own resolve, which comes after the event, tells for certain.
            let ours = matches!(item.phase, Phase::Deciding { decision, .. }
                if outcome.verdict == Verdict::Decided(decision));
            outcome.by_this_app = outcome.by_this_app.or(ours.then_some(true));
            self.end(gateway, &key, outcome, false);
            self.ask_record(gateway, &key, 0);
        }
    }
}
