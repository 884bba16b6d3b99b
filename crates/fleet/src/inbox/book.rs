//! What the inbox keeps for one gateway: its items, what it remembers of ended ones, its lists, and the bounds.
//!
//! Nothing here decides what a fact means; that is `super::reduce`.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use super::item::{Content, EpochMs, Generation, Item, Request};
use crate::view::ItemKind;

/// More waiting items than this for one gateway are not kept but listed again once there is room. A person does
/// not work through a thousand; a gateway that has more is broken or hostile.
pub const MAX_OPEN: usize = 1_000;

/// Ended items kept for the history of one gateway.
pub const MAX_ENDED: usize = 200;

/// Text of all items of one gateway: 32 of the largest.
pub(super) const MAX_BYTES: usize = 64 * 1024 * 1024;

/// Ended ids remembered without their text, so that a late event or list does not bring them back.
pub(super) const MAX_TOMBS: usize = 4_096;

pub(super) type LocalKey = (ItemKind, String);

/// One gateway's part of the inbox.
#[derive(Clone, Debug, Default)]
pub(super) struct Book {
    pub(super) link: Option<Generation>,
    pub(super) kinds: Vec<ItemKind>,
    /// How far the gateway's clock is ahead of this computer's.
    pub(super) ahead: EpochMs,
    pub(super) items: BTreeMap<LocalKey, Item>,
    pub(super) lists: BTreeMap<ItemKind, Listing>,
    pub(super) overflow: bool,
    /// Kinds of which a list may have been larger than is read: asked for one after the other.
    pub(super) suspects: BTreeSet<ItemKind>,
    /// Kinds of which it was: asked for seldom, since each time ends the connection.
    pub(super) too_large: BTreeSet<ItemKind>,
    pub(super) open: usize,
    bytes: usize,
    /// Ended items in the order in which they ended.
    ended: VecDeque<LocalKey>,
    tombs: HashMap<LocalKey, Tomb>,
    tomb_order: VecDeque<LocalKey>,
    /// The latest fact that a forgotten tomb stood for. A list that was asked for before it cannot be believed
    /// about items that are not known here.
    forgotten: u64,
}

/// The state of asking for a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listing {
    Current,
    /// `again`: a doubt came up after it was asked for.
    Asked {
        token: u64,
        attempt: u32,
        again: bool,
    },
    Due {
        at: EpochMs,
        attempt: u32,
    },
}

#[derive(Clone, Copy, Debug)]
struct Tomb {
    created_at: Option<EpochMs>,
    resolved_at: Option<EpochMs>,
    touched: u64,
}

impl Book {
    /// Whether a request of this id and time has ended as far as is remembered.
    pub(super) fn is_buried(&self, request: &Request) -> bool {
        let key = (request.kind, request.id.clone());
        let Some(tomb) = self.tombs.get(&key) else {
            return false;
        };
        match (tomb.created_at, tomb.resolved_at) {
            (Some(created), _) => request.created_at <= created,
            (None, Some(resolved)) => request.created_at <= resolved,
            (None, None) => true,
        }
    }

    /// Whether a list that was asked for at `token` may hold ended items that are no longer remembered as such.
    pub(super) fn forgot_since(&self, token: u64) -> bool {
        self.forgotten > token
    }

    /// Remembers that an item ended that was never seen waiting.
    pub(super) fn bury(&mut self, key: LocalKey, resolved_at: Option<EpochMs>, touched: u64) {
        self.entomb(
            key,
            Tomb {
                created_at: None,
                resolved_at,
                touched,
            },
        );
    }

    /// Takes an item in if there is room for it. Old ended ones make room; open ones never do.
    pub(super) fn insert(&mut self, item: Item, evicted: &mut Vec<Item>) -> bool {
        let key = (item.request.kind, item.request.id.clone());
        debug_assert!(!self.items.contains_key(&key), "an item is inserted once");
        if item.is_open() && self.open >= MAX_OPEN {
            return false;
        }
        while self.bytes + item.bytes > MAX_BYTES {
            let Some(old) = self.evict_oldest_ended() else {
                return false;
            };
            evicted.push(old);
        }
        self.bytes += item.bytes;
        if item.is_open() {
            self.open += 1;
        } else {
            self.ended.push_back(key.clone());
        }
        self.items.insert(key, item);
        true
    }

    /// Takes note that an item has ended; the oldest ended ones over the bound leave.
    pub(super) fn note_ended(&mut self, key: &LocalKey, evicted: &mut Vec<Item>) {
        self.open = self.open.saturating_sub(1);
        self.ended.push_back(key.clone());
        while self.ended.len() > MAX_ENDED {
            evicted.extend(self.evict_oldest_ended());
        }
    }

    /// Takes an ended item out because a new request came under its id.
    pub(super) fn remove_ended(&mut self, key: &LocalKey) -> Option<Item> {
        self.ended.retain(|k| k != key);
        let item = self.items.remove(key)?;
        self.bytes -= item.bytes;
        Some(item)
    }

    /// Accounts for content that takes the place of `before` bytes. What there is no room for loses its text, as what is
    /// too large does: the item was taken in and stays.
    pub(super) fn make_room(
        &mut self,
        before: usize,
        content: Content,
        evicted: &mut Vec<Item>,
    ) -> Content {
        self.bytes -= before;
        let bytes = content.bytes();
        while self.bytes + bytes > MAX_BYTES
            && let Some(old) = self.evict_oldest_ended()
        {
            evicted.push(old);
        }
        let fits = bytes <= before || self.bytes + bytes <= MAX_BYTES;
        let content = if fits { content } else { content.cut() };
        self.bytes += content.bytes();
        content
    }

    /// Whether enough has left to list again what did not fit. What has ended makes room by itself.
    pub(super) fn has_room_again(&self) -> bool {
        let open = self.items.values().filter(|item| item.is_open());
        self.overflow
            && self.too_large.is_empty()
            && self.open <= MAX_OPEN / 4 * 3
            && open.map(|item| item.bytes).sum::<usize>() <= MAX_BYTES / 4 * 3
    }

    fn evict_oldest_ended(&mut self) -> Option<Item> {
        let key = self.ended.pop_front()?;
        let item = self.items.remove(&key)?;
        self.bytes -= item.bytes;
        let created_at = Some(item.request.created_at);
        self.entomb(
            key,
            Tomb {
                created_at,
                resolved_at: None,
                touched: item.touched,
            },
        );
        Some(item)
    }

    fn entomb(&mut self, key: LocalKey, tomb: Tomb) {
        if self.tombs.insert(key.clone(), tomb).is_none() {
            self.tomb_order.push_back(key);
        }
        while self.tombs.len() > MAX_TOMBS {
            let Some(oldest) = self.tomb_order.pop_front() else {
                return;
            };
            if let Some(tomb) = self.tombs.remove(&oldest) {
                self.forgotten = self.forgotten.max(tomb.touched);
            }
        }
    }
}
