//! The transitions that the reducer is made of: taking items in, moving them on, ending them, asking the gateway.
//!
//! Each keeps the bounds and says what surfaces and store have to do; none knows why it is called.

use super::book::LocalKey;
use super::event::{Effect, Refusal};
use super::item::{
    Content, EpochMs, Item, Outcome, Phase, ReadBackState, Request, Source, Trouble, Verdict,
    item_key,
};
use super::reduce::Step;
use crate::inbox::Generation;
use crate::inbox::book::Book;
use crate::view::{Decision, GatewayId};

impl Step<'_> {
    /// The gateway says that it waits: brings content up to date, and back to `Waiting` what was not known to.
    pub(super) fn still_pending(
        &mut self,
        gateway: &GatewayId,
        key: &LocalKey,
        request: Option<Request>,
    ) {
        let Some(item) = self.item_mut(gateway, key) else {
            return;
        };
        let newer = |request: &Request| request.created_at > item.request.created_at;
        let another = request.as_ref().is_some_and(newer);
        let (was_deciding, unreachable) = match &item.phase {
            Phase::Unreachable { was_deciding, .. } => (was_deciding.filter(|_| !another), true),
            _ => (None, false),
        };
        let changed = request.is_some_and(|request| self.refresh(gateway, key, request));
        if unreachable {
            let problem = was_deciding.map(|_| Trouble::new("unconfirmed"));
            self.set_phase(gateway, key, Phase::Waiting { problem });
        } else if changed {
            self.changed(gateway, key);
        }
    }

    /// Replaces what is asked; true where it differs.
    pub(super) fn refresh(
        &mut self,
        gateway: &GatewayId,
        key: &LocalKey,
        mut request: Request,
    ) -> bool {
        request.content = request.content.bounded();
        let Some(book) = self.inbox.books.get_mut(gateway) else {
            return false;
        };
        let Some(item) = book.items.get_mut(key) else {
            return false;
        };
        if request.created_at < item.request.created_at {
            return false;
        }
        if request.created_at == item.request.created_at {
            keep_the_count(&mut request.content, &item.request.content);
        } else {
            // A yes was to the request that it was given to.
            item.counted = false;
        }
        if item.request == request {
            return false;
        }
        let before = std::mem::replace(&mut item.bytes, 0);
        let mut evicted = Vec::new();
        request.content = book.make_room(before, request.content, &mut evicted);
        if let Some(item) = book.items.get_mut(key) {
            item.bytes = request.content.bytes();
            item.request = request;
        }
        self.forget(evicted);
        true
    }

    /// A request under the id of an ended one: a new one, or the same, which was given up too early.
    pub(super) fn succeed(&mut self, gateway: &GatewayId, request: Request, touched: u64) {
        let key = (request.kind, request.id.clone());
        let Some(book) = self.inbox.books.get_mut(gateway) else {
            return;
        };
        let Some(old) = book.remove_ended(&key) else {
            return self.add(gateway, request, touched);
        };
        let same = request.created_at <= old.request.created_at;
        let mut item = new_item(gateway, request, touched, self.now);
        item.revision = old.revision;
        item.counted = same && old.counted;
        if !self.insert(item) {
            return;
        }
        if same {
            self.changed(gateway, &key);
        } else {
            self.arrived(gateway, &key);
        }
    }

    /// A request that is not known.
    pub(super) fn add(&mut self, gateway: &GatewayId, request: Request, touched: u64) {
        let item = new_item(gateway, request, touched, self.now);
        let key = local_key(&item);
        if self.insert(item) {
            self.arrived(gateway, &key);
        }
    }

    pub(super) fn insert(&mut self, item: Item) -> bool {
        let gateway = item.gateway.clone();
        let book = self.inbox.books.entry(gateway.clone()).or_default();
        let mut evicted = Vec::new();
        let taken = book.insert(item, &mut evicted);
        self.forget(evicted);
        if !taken {
            self.overflows(&gateway, true);
        }
        taken
    }

    /// The item has ended. A record replaces what an event told; nothing replaces a record.
    pub(super) fn end(
        &mut self,
        gateway: &GatewayId,
        key: &LocalKey,
        mut outcome: Outcome,
        recorded: bool,
    ) {
        let now = self.now;
        let Some(item) = self.item_mut(gateway, key) else {
            return;
        };
        let was_open = item.is_open();
        if let Phase::Ended {
            outcome: before,
            recorded: was_recorded,
        } = &item.phase
        {
            if *was_recorded {
                return;
            }
            outcome.by_this_app = outcome.by_this_app.or(before.by_this_app);
            // An event has the name; a record has only the id of the device.
            outcome.by = before.by.clone().or(outcome.by);
        }
        if recorded {
            item.read_back = ReadBackState::Idle;
        }
        let ended = Phase::Ended { outcome, recorded };
        if was_open {
            item.ended_at = now;
        }
        self.set_phase(gateway, key, ended);
        if !was_open {
            return;
        }
        let mut evicted = Vec::new();
        if let Some(book) = self.inbox.books.get_mut(gateway) {
            book.note_ended(key, &mut evicted);
        }
        self.forget(evicted);
        self.list_again_if_room(gateway);
    }

    pub(super) fn set_phase(&mut self, gateway: &GatewayId, key: &LocalKey, phase: Phase) {
        let Some(item) = self.item_mut(gateway, key) else {
            return;
        };
        if item.phase != phase {
            item.phase = phase;
            self.changed(gateway, key);
        }
    }

    /// A new revision, and what follows from where the item stands now.
    pub(super) fn changed(&mut self, gateway: &GatewayId, key: &LocalKey) {
        let Some(item) = self.item_mut(gateway, key) else {
            return;
        };
        let name = item.key();
        let notice = match item.phase {
            Phase::Waiting { .. } => Some(Effect::Notify(name)),
            // A notice stays while its gateway is away: it would be shown again with every flap of the network.
            Phase::Unreachable { .. } => None,
            Phase::Deciding { .. } | Phase::Ended { .. } => Some(Effect::Withdraw(name)),
        };
        self.revised(gateway, key);
        self.effects.extend(notice);
    }

    /// The first revision of a request that was never heard of before.
    fn arrived(&mut self, gateway: &GatewayId, key: &LocalKey) {
        self.revised(gateway, key);
        let name = item_key(gateway, key.0, &key.1);
        self.effects.push(Effect::Arrived(name));
    }

    fn revised(&mut self, gateway: &GatewayId, key: &LocalKey) {
        let Some(item) = self.item_mut(gateway, key) else {
            return;
        };
        item.revision += 1;
        let name = item.key();
        self.effects.push(Effect::Persist(name.clone()));
        self.effects.push(Effect::Changed(name));
    }

    pub(super) fn forget(&mut self, evicted: Vec<Item>) {
        self.effects
            .extend(evicted.iter().map(|item| Effect::Forget(item.key())));
    }

    /// Asks the gateway for its record of an item, unless it is being asked already.
    pub(super) fn ask_record(&mut self, gateway: &GatewayId, key: &LocalKey, attempt: u32) {
        let token = self.next();
        let book = self.book(gateway);
        let Some(generation) = book.link else { return };
        let Some(item) = book.items.get_mut(key) else {
            return;
        };
        if matches!(item.read_back, ReadBackState::Asked { .. }) {
            return;
        }
        item.read_back = ReadBackState::Asked { token, attempt };
        let key = item.key();
        let gateway = gateway.clone();
        self.effects.push(Effect::ReadBack {
            gateway,
            generation,
            key,
            token,
        });
    }

    /// Asks for the record as it is from now on: an answer that is on its way may tell of before.
    pub(super) fn ask_record_anew(&mut self, gateway: &GatewayId, key: &LocalKey) {
        if let Some(item) = self.item_mut(gateway, key) {
            item.read_back = ReadBackState::Idle;
        }
        self.ask_record(gateway, key, 0);
    }

    pub(super) fn refuse(&mut self, refusal: Refusal) {
        self.effects.push(Effect::Refused(refusal));
    }

    pub(super) fn next(&mut self) -> u64 {
        self.inbox.counter += 1;
        self.inbox.counter
    }

    pub(super) fn is_live(&self, gateway: &GatewayId, generation: Generation) -> bool {
        self.inbox
            .books
            .get(gateway)
            .is_some_and(|book| book.link == Some(generation))
    }

    pub(super) fn book(&mut self, gateway: &GatewayId) -> &mut Book {
        self.inbox.books.entry(gateway.clone()).or_default()
    }

    pub(super) fn item_mut(&mut self, gateway: &GatewayId, key: &LocalKey) -> Option<&mut Item> {
        self.inbox.books.get_mut(gateway)?.items.get_mut(key)
    }

    pub(super) fn keys_where(
        &self,
        gateway: &GatewayId,
        wanted: impl Fn(&Item) -> bool,
    ) -> Vec<LocalKey> {
        let Some(book) = self.inbox.books.get(gateway) else {
            return Vec::new();
        };
        book.items
            .iter()
            .filter(|(_, item)| wanted(item))
            .map(|(key, _)| key.clone())
            .collect()
    }
}

/// What more people have allowed is the later news of the same request, in whatever order it comes.
fn keep_the_count(new: &mut Content, old: &Content) {
    let allowed = |content: &Content| content.people.as_ref().map_or(0, |people| people.allowed);
    if allowed(new) < allowed(old) {
        new.people.clone_from(&old.people);
    }
}

fn new_item(gateway: &GatewayId, mut request: Request, touched: u64, now: EpochMs) -> Item {
    request.content = request.content.bounded();
    Item {
        gateway: gateway.clone(),
        bytes: request.content.bytes(),
        heard_at: now,
        request,
        phase: Phase::Waiting { problem: None },
        revision: 0,
        counted: false,
        ended_at: 0,
        touched,
        read_back: ReadBackState::Idle,
        resolving: None,
        expiry_check_at: 0,
    }
}

pub(super) fn local_key(item: &Item) -> LocalKey {
    (item.request.kind, item.request.id.clone())
}

/// For an open phase: the decision that was on its way, if one was. None for an ended one.
pub(super) fn undecided(phase: &Phase) -> Option<Option<Decision>> {
    match phase {
        Phase::Waiting { .. } => Some(None),
        Phase::Deciding { decision, .. } => Some(Some(*decision)),
        Phase::Unreachable { was_deciding, .. } => Some(*was_deciding),
        Phase::Ended { .. } => None,
    }
}

/// The gateway took our decision; its record, if it keeps one, says more.
pub(super) fn accepted(decision: Decision) -> Outcome {
    Outcome {
        verdict: Verdict::Decided(decision),
        by: None,
        by_this_app: Some(true),
        at: None,
        source: Source::Answer,
    }
}
