//! When a gateway's lists are asked for, and what becomes of those that are larger than is read.
//!
//! A frame over the bound ends the connection, and with it every answer that was on its way. So what was asked for then is
//! asked for singly on the next connection, and the list that ends that one as well is left out for a while.

use std::collections::BTreeSet;

use super::book::Listing;
use super::event::Effect;
use super::item::{EpochMs, Phase};
use super::reduce::Step;
use crate::view::{GatewayId, ItemKind};

/// Between lists of which one may be too large: longer than a list takes.
const ONE_BY_ONE: EpochMs = 5_000;

/// Until a list that was too large is asked for again. What waits may have become less.
const TOO_LARGE_FOR: EpochMs = 10 * 60_000;

impl Step<'_> {
    pub(super) fn list_again_if_room(&mut self, gateway: &GatewayId) {
        let Some(book) = self.inbox.books.get_mut(gateway) else {
            return;
        };
        if book.link.is_none() || !book.has_room_again() {
            return;
        }
        self.overflows(gateway, false);
        self.list_all(gateway);
    }

    pub(super) fn overflows(&mut self, gateway: &GatewayId, overflow: bool) {
        if std::mem::replace(&mut self.book(gateway).overflow, overflow) != overflow {
            let gateway = gateway.clone();
            self.effects.push(Effect::Overflow { gateway, overflow });
        }
    }

    pub(super) fn list_all(&mut self, gateway: &GatewayId) {
        for kind in self.book(gateway).kinds.clone() {
            match self.book(gateway).lists.get(&kind).copied() {
                Some(Listing::Asked { token, attempt, .. }) => {
                    let asked = Listing::Asked {
                        token,
                        attempt,
                        again: true,
                    };
                    self.book(gateway).lists.insert(kind, asked);
                }
                _ if self.book(gateway).too_large.contains(&kind) => {}
                _ => self.ask_list(gateway, kind, 0),
            }
        }
    }

    /// The first lists on a connection.
    pub(super) fn list_first(&mut self, gateway: &GatewayId) {
        let now = self.now;
        let book = self.book(gateway);
        let (too_large, suspects) = (book.too_large.clone(), book.suspects.clone());
        let later = too_large.iter().map(|kind| (*kind, now + TOO_LARGE_FOR));
        let apart = (1..).map(|n| now + n * ONE_BY_ONE);
        let singly = suspects.iter().copied().zip(apart);
        let due = later.chain(singly);
        let due = due.filter(|(kind, _)| book.kinds.contains(kind));
        for (kind, at) in due.collect::<Vec<_>>() {
            book.lists.insert(kind, Listing::Due { at, attempt: 0 });
        }
        for kind in book.kinds.clone() {
            if !self.book(gateway).lists.contains_key(&kind) {
                self.ask_list(gateway, kind, 0);
            }
        }
        self.ask_about_unlisted(gateway, &too_large);
    }

    /// What is on no list that is asked for (the scopes or the gateway have less than before, or the list is too large)
    /// is asked about by itself.
    fn ask_about_unlisted(&mut self, gateway: &GatewayId, too_large: &BTreeSet<ItemKind>) {
        let kinds = self.book(gateway).kinds.clone();
        let has_a_record = |kind| !matches!(kind, ItemKind::DevicePairing | ItemKind::NodePairing);
        let unread = |kind| too_large.contains(&kind) && has_a_record(kind);
        let listed = |kind| kinds.contains(&kind) && !unread(kind);
        let alone = self.keys_where(gateway, |item| {
            matches!(item.phase, Phase::Unreachable { .. }) && !listed(item.request.kind)
        });
        for key in alone {
            self.ask_record(gateway, &key, 0);
        }
    }

    pub(super) fn answer_too_large(&mut self, gateway: &GatewayId) {
        let book = self.book(gateway);
        let asked = book.lists.iter();
        let asked: Vec<_> = asked
            .filter(|(_, listing)| matches!(listing, Listing::Asked { .. }))
            .map(|(kind, _)| *kind)
            .collect();
        match asked[..] {
            [kind] if book.suspects.remove(&kind) => {
                book.too_large.insert(kind);
                self.overflows(gateway, true);
            }
            // Another answer may have been the one.
            _ => book.suspects.extend(asked),
        }
    }

    /// A list came, so it is not too large.
    pub(super) fn list_came(&mut self, gateway: &GatewayId, kind: ItemKind) {
        let book = self.book(gateway);
        book.suspects.remove(&kind);
        book.too_large.remove(&kind);
    }

    pub(super) fn ask_list(&mut self, gateway: &GatewayId, kind: ItemKind, attempt: u32) {
        let token = self.next();
        let book = self.book(gateway);
        let Some(generation) = book.link else { return };
        book.lists.insert(
            kind,
            Listing::Asked {
                token,
                attempt,
                again: false,
            },
        );
        let gateway = gateway.clone();
        self.effects.push(Effect::List {
            gateway,
            generation,
            kind,
            token,
        });
    }
}
