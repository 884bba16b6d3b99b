//! How answers settle an item: the gateway's lists, its answers to a resolve and to being asked for its record,
//! and time.

use std::collections::BTreeSet;

use super::book::{Listing, LocalKey};
use super::event::{ReadBackAnswer, ResolveAnswer};
use super::item::{
    Answered, EpochMs, Item, Outcome, Phase, ReadBackState, Request, Source, Trouble, Verdict,
    parse_key,
};
use super::reduce::Step;
use super::step::accepted;
use crate::view::{GatewayId, ItemKey, ItemKind};

/// How long after its end by this computer's clock a waiting item is asked about. The gateway tells by itself
/// when it expires; this is for when that was missed.
const EXPIRY_GRACE: EpochMs = 2_000;

/// How long until an item that should have expired but has not is asked about again: the clocks differ.
const EXPIRY_CHECK_EVERY: EpochMs = 30_000;

/// Between tries of a list or a record that could not be had: one second, doubling to a minute.
const RETRY_FIRST: EpochMs = 1_000;
const RETRY_MOST: EpochMs = 60_000;

/// The trouble of a decision that came after another one.
pub(crate) const ALREADY_DECIDED: &str = "alreadyDecided";

/// The trouble of a decision that was taken and is not in the record.
pub(crate) const NOT_RECORDED: &str = "notRecorded";

impl Step<'_> {
    pub(super) fn listed(
        &mut self,
        gateway: &GatewayId,
        kind: ItemKind,
        token: u64,
        requests: Result<Vec<Request>, Trouble>,
    ) {
        let asked = self.book(gateway).lists.get(&kind).copied();
        let Some(Listing::Asked {
            token: expected,
            attempt,
            again,
        }) = asked
        else {
            return;
        };
        if expected != token {
            return;
        }
        let Ok(requests) = requests else {
            let due = Listing::Due {
                at: self.now + retry_delay(attempt),
                attempt: attempt + 1,
            };
            self.book(gateway).lists.insert(kind, due);
            return;
        };
        self.book(gateway).lists.insert(kind, Listing::Current);
        self.list_came(gateway, kind);
        let doubtful = self.book(gateway).forgot_since(token);
        let mut listed = BTreeSet::new();
        for request in requests.into_iter().filter(|r| r.kind == kind) {
            listed.insert(request.id.clone());
            self.listed_one(gateway, request, token, doubtful);
        }
        for key in self.keys_where(gateway, |item| {
            item.request.kind == kind && item.touched <= token && !listed.contains(&item.request.id)
        }) {
            self.missing_from_list(gateway, &key);
        }
        if again {
            self.ask_list(gateway, kind, 0);
        } else if doubtful {
            let due = Listing::Due {
                at: self.now + RETRY_FIRST,
                attempt: 0,
            };
            self.book(gateway).lists.insert(kind, due);
        }
        self.list_again_if_room(gateway);
    }

    fn listed_one(&mut self, gateway: &GatewayId, request: Request, token: u64, doubtful: bool) {
        let key = (request.kind, request.id.clone());
        let Some(item) = self.item_mut(gateway, &key) else {
            if !doubtful && !self.book(gateway).is_buried(&request) {
                self.add(gateway, request, token);
            }
            return;
        };
        if item.is_open() {
            if item.touched <= token {
                item.touched = token;
                self.still_pending(gateway, &key, Some(request));
            }
            return;
        }
        let newer = request.created_at > item.request.created_at;
        if newer || (is_gone(item) && item.touched < token) {
            self.succeed(gateway, request, token);
        }
    }

    fn missing_from_list(&mut self, gateway: &GatewayId, key: &LocalKey) {
        let Some(item) = self.item_mut(gateway, key) else {
            return;
        };
        let unanswered = matches!(item.phase, Phase::Deciding { answered: None, .. });
        if item.is_open() && !unanswered {
            self.ask_record(gateway, key, 0);
        }
    }

    pub(super) fn resolve_answered(&mut self, key: &ItemKey, token: u64, answer: ResolveAnswer) {
        let Some((gateway, kind, id)) = parse_key(key) else {
            return;
        };
        let local = (kind, id.to_owned());
        let Some(item) = self.item_mut(&gateway, &local) else {
            return;
        };
        if item.resolving != Some(token) {
            return;
        }
        item.resolving = None;
        match answer {
            ResolveAnswer::Recorded(outcome) => self.end(&gateway, &local, outcome, true),
            ResolveAnswer::Accepted => self.resolve_accepted(&gateway, &local),
            ResolveAnswer::Counted => self.resolve_counted(&gateway, &local),
            ResolveAnswer::Failed(trouble) => self.resolve_failed(&gateway, &local, trouble),
            ResolveAnswer::Disconnected => self.resolve_lost(&gateway, &local),
        }
    }

    fn resolve_accepted(&mut self, gateway: &GatewayId, key: &LocalKey) {
        let Some(item) = self.item_mut(gateway, key) else {
            return;
        };
        match item.phase.clone() {
            Phase::Deciding {
                decision, surface, ..
            } => {
                let answered = Some(Answered::Accepted);
                item.phase = Phase::Deciding {
                    decision,
                    surface,
                    answered,
                };
            }
            Phase::Unreachable {
                was_deciding: Some(decision),
                ..
            } => {
                self.end(gateway, key, accepted(decision), false);
            }
            // An event was faster than the answer; that it was ours is known now.
            Phase::Ended {
                mut outcome,
                recorded: false,
            } => {
                outcome.by_this_app = Some(true);
                outcome.source = Source::Answer;
                self.end(gateway, key, outcome, false);
            }
            Phase::Ended { .. } | Phase::Waiting { .. } | Phase::Unreachable { .. } => {}
        }
        self.ask_record_anew(gateway, key);
    }

    /// The yes stands and nothing runs yet: it waits for another person, and this one can only take it back by a no.
    fn resolve_counted(&mut self, gateway: &GatewayId, key: &LocalKey) {
        let Some(item) = self.item_mut(gateway, key) else {
            return;
        };
        if item.request.content.people.is_none() {
            // Nobody said that it takes several: then it is not known why it still waits.
            return self.resolve_failed(gateway, key, Trouble::new(NOT_RECORDED));
        }
        item.counted = item.is_open();
        match item.phase.clone() {
            Phase::Deciding { .. } | Phase::Waiting { .. } => {
                item.phase = Phase::Waiting { problem: None };
            }
            Phase::Unreachable { since, .. } => {
                item.phase = Phase::Unreachable {
                    since,
                    was_deciding: None,
                };
            }
            // The other person was faster than the answer.
            Phase::Ended { .. } => return,
        }
        self.changed(gateway, key);
    }

    fn resolve_failed(&mut self, gateway: &GatewayId, key: &LocalKey, trouble: Trouble) {
        let Some(item) = self.item_mut(gateway, key) else {
            return;
        };
        match item.phase.clone() {
            Phase::Deciding {
                decision, surface, ..
            } => {
                let answered = Some(Answered::Failed(trouble));
                item.phase = Phase::Deciding {
                    decision,
                    surface,
                    answered,
                };
                self.ask_record_anew(gateway, key);
            }
            // Somebody with the same answer was faster.
            Phase::Ended {
                mut outcome,
                recorded: false,
            } if trouble.code == ALREADY_DECIDED => {
                outcome.by_this_app = Some(false);
                self.set_phase(
                    gateway,
                    key,
                    Phase::Ended {
                        outcome,
                        recorded: false,
                    },
                );
            }
            _ => {}
        }
    }

    /// The connection ended under the decision. Nothing is sent again; the record will tell.
    fn resolve_lost(&mut self, gateway: &GatewayId, key: &LocalKey) {
        let since = self.now;
        let Some(item) = self.item_mut(gateway, key) else {
            return;
        };
        let Phase::Deciding { decision, .. } = item.phase else {
            return;
        };
        self.set_phase(
            gateway,
            key,
            Phase::Unreachable {
                since,
                was_deciding: Some(decision),
            },
        );
        self.ask_record(gateway, key, 0);
    }

    pub(super) fn read_back(&mut self, key: &ItemKey, token: u64, answer: ReadBackAnswer) {
        let Some((gateway, kind, id)) = parse_key(key) else {
            return;
        };
        let local = (kind, id.to_owned());
        let now = self.now;
        let Some(item) = self.item_mut(&gateway, &local) else {
            return;
        };
        let ReadBackState::Asked {
            token: expected,
            attempt,
        } = item.read_back
        else {
            return;
        };
        if expected != token {
            return;
        }
        item.read_back = ReadBackState::Idle;
        let later = ReadBackState::Due {
            at: now + retry_delay(attempt),
            attempt: attempt + 1,
        };
        match answer {
            ReadBackAnswer::Failed => item.read_back = later,
            ReadBackAnswer::Ended(outcome) => self.end(&gateway, &local, outcome, true),
            ReadBackAnswer::Unknown => self.record_unknown(&gateway, &local),
            // Told of as ended, and pending by the record: ask again rather than offer it again.
            ReadBackAnswer::Pending if !item.is_open() => item.read_back = later,
            ReadBackAnswer::Pending => self.record_pending(&gateway, &local),
        }
    }

    fn record_pending(&mut self, gateway: &GatewayId, key: &LocalKey) {
        let Some(item) = self.item_mut(gateway, key) else {
            return;
        };
        let Phase::Deciding {
            answered: Some(answered),
            ..
        } = item.phase.clone()
        else {
            return self.still_pending(gateway, key, None);
        };
        let problem = match answered {
            Answered::Accepted => Trouble::new(NOT_RECORDED),
            Answered::Failed(trouble) => trouble,
        };
        self.set_phase(
            gateway,
            key,
            Phase::Waiting {
                problem: Some(problem),
            },
        );
    }

    fn record_unknown(&mut self, gateway: &GatewayId, key: &LocalKey) {
        let (now, ahead) = (self.now, self.book(gateway).ahead);
        let Some(item) = self.item_mut(gateway, key) else {
            return;
        };
        let verdict = match item.phase.clone() {
            Phase::Deciding { answered: None, .. } => return,
            Phase::Deciding {
                decision,
                answered: Some(Answered::Accepted),
                ..
            } => {
                return self.end(gateway, key, accepted(decision), true);
            }
            Phase::Ended { outcome, .. } => return self.end(gateway, key, outcome, true),
            _ if item.may_have_ended_at(ahead).is_some_and(|at| at <= now) => Verdict::Expired,
            _ => Verdict::Gone,
        };
        let touched = self.next();
        if let Some(item) = self.item_mut(gateway, key) {
            item.touched = touched;
        }
        self.end(
            gateway,
            key,
            Outcome {
                verdict,
                by: None,
                by_this_app: None,
                at: None,
                source: Source::Record,
            },
            true,
        );
    }

    pub(super) fn tick(&mut self) {
        let connected = self
            .inbox
            .books
            .iter()
            .filter(|(_, book)| book.link.is_some());
        for gateway in connected.map(|(id, _)| id.clone()).collect::<Vec<_>>() {
            self.ask_due_lists(&gateway);
            self.ask_due_records(&gateway);
        }
    }

    fn ask_due_lists(&mut self, gateway: &GatewayId) {
        let now = self.now;
        let due: Vec<_> = self
            .book(gateway)
            .lists
            .iter()
            .filter_map(|(kind, listing)| match listing {
                Listing::Due { at, attempt } if *at <= now => Some((*kind, *attempt)),
                _ => None,
            })
            .collect();
        for (kind, attempt) in due {
            self.ask_list(gateway, kind, attempt);
        }
    }

    fn ask_due_records(&mut self, gateway: &GatewayId) {
        let now = self.now;
        let ahead = self.book(gateway).ahead;
        for key in self.keys_where(gateway, |item| is_record_due(item, now, ahead)) {
            let Some(item) = self.item_mut(gateway, &key) else {
                continue;
            };
            item.expiry_check_at = now + EXPIRY_CHECK_EVERY;
            let attempt = match item.read_back {
                ReadBackState::Due { attempt, .. } => attempt,
                _ => 0,
            };
            self.ask_record(gateway, &key, attempt);
        }
    }
}

fn is_record_due(item: &Item, now: EpochMs, ahead: EpochMs) -> bool {
    if let ReadBackState::Due { at, .. } = item.read_back {
        return at <= now;
    }
    let overdue = item
        .may_have_ended_at(ahead)
        .is_some_and(|at| at.saturating_add(EXPIRY_GRACE) <= now);
    item.is_waiting() && overdue && item.expiry_check_at <= now
}

fn is_gone(item: &Item) -> bool {
    matches!(&item.phase, Phase::Ended { outcome, .. } if outcome.verdict == Verdict::Gone)
}

/// Until something that could not be had is asked for again.
pub(crate) fn retry_delay(attempt: u32) -> EpochMs {
    (RETRY_FIRST << attempt.min(10)).min(RETRY_MOST)
}
