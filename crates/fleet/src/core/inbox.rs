//! The inbox's effects, run: asking gateways, keeping items, notifying, telling surfaces.

use std::collections::{BTreeSet, HashMap};

use super::keeping::Unkept;
use super::{Core, others};
use crate::analysis::{Reading, Readings};
use crate::ask::Asker;
use crate::deeds::{Deed, Heard};
use crate::inbox::{
    self, Beside, Effect, Inbox, InboxEvent, Item, Phase, ReadBackAnswer, Refusal, Resolve,
    ResolveAnswer, Standing, Trouble, parse_key, reduce,
};
use crate::permission;
use crate::view::{
    BarredDecision, Decision, GatewayId, InboxChange, InboxItemDetail, InboxItemView,
    InboxSnapshot, ItemKey, ItemKind, Surface,
};

/// A rule's answer was not written down, so it was not sent: the item is the person's.
const NOT_KEPT: &str = "notKept";

/// The inbox with what surfaces and store have not heard yet.
#[derive(Default)]
pub(crate) struct InboxDesk {
    pub(crate) inbox: Inbox,
    pub(crate) board: crate::notices::NoticeBoard,
    /// Why an item was asked: the session's last message before it.
    pub(crate) contexts: HashMap<ItemKey, Option<String>>,
    /// What commands that wait would do.
    pub(crate) readings: Readings,
    revision: u32,
    changed: BTreeSet<ItemKey>,
    removed: BTreeSet<ItemKey>,
    overflow_changed: bool,
    pub(super) unkept: Unkept,
}

impl Core {
    /// Applies an event and runs what follows from it. The refusal is a choice's that was not taken.
    pub(crate) fn inbox_event(&mut self, event: InboxEvent) -> Option<Refusal> {
        let now = self.now();
        let effects = reduce(&mut self.inbox.inbox, event, now);
        let mut refusal = None;
        for effect in effects {
            match effect {
                Effect::Refused(why) => refusal = Some(why),
                effect => self.run_effect(effect),
            }
        }
        refusal
    }

    fn run_effect(&mut self, effect: Effect) {
        match effect {
            Effect::List {
                gateway,
                generation,
                kind,
                token,
            } => {
                self.run_list(gateway, generation, kind, token);
            }
            Effect::Resolve(resolve) => self.run_resolve(resolve),
            Effect::ReadBack {
                gateway,
                key,
                token,
                ..
            } => self.run_read_back(&gateway, key, token),
            Effect::Persist(key) => {
                self.inbox.unkept.changed(key);
            }
            Effect::Forget(key) => self.forget_item(key),
            Effect::Arrived(key) => self.arrived(&key),
            Effect::Notify(key) => self.notify(&key),
            Effect::Withdraw(key) => self.withdraw(&key),
            Effect::Changed(key) => {
                self.mark_session_of(&key);
                self.inbox.removed.remove(&key);
                self.inbox.changed.insert(key);
            }
            Effect::Overflow { .. } => self.inbox.overflow_changed = true,
            Effect::Refused(_) => {}
        }
        self.gateways_changed = true;
        self.touch();
    }

    fn run_list(&mut self, gateway: GatewayId, generation: u64, kind: ItemKind, token: u64) {
        let Some((asker, turns)) = self.turn_at(&gateway) else {
            return;
        };
        let work = async move {
            let _turn = turns.acquire_owned().await;
            asker.list(kind).await
        };
        self.spawn(work, move |core, listed| {
            let requests = listed.map(|listed| {
                core.listed_unreadable(&gateway, kind, listed.unreadable);
                listed.requests
            });
            core.inbox_event(InboxEvent::Listed {
                gateway,
                generation,
                kind,
                token,
                requests,
            });
        });
    }

    fn run_read_back(&mut self, gateway: &GatewayId, key: ItemKey, token: u64) {
        let Some((asker, turns)) = self.turn_at(gateway) else {
            return;
        };
        let asked = key.clone();
        let work = async move {
            let _turn = turns.acquire_owned().await;
            match parse_key(&asked) {
                Some((_, kind, id)) => asker.read_back(kind, id).await,
                None => ReadBackAnswer::Failed,
            }
        };
        self.spawn(work, move |core, answer| {
            core.inbox_event(InboxEvent::ReadBack { key, token, answer });
        });
    }

    /// A decision waits for no turn, only until it is written down that it is on its way, so that a killed process comes
    /// back knowing.
    fn run_resolve(&mut self, resolve: Resolve) {
        let kept = self.keep_decision(&resolve.key);
        let by_rule = self.is_by_rule(&resolve.key);
        let (key, token) = (resolve.key.clone(), resolve.token);
        let elsewhere = self.answer_elsewhere(&resolve);
        if let Some(answer) = &elsewhere {
            self.tell_deed(Deed::Sent(answer.clone()));
        }
        let asker = self.gateways.get(&resolve.gateway).and_then(|entry| {
            let (generation, _) = entry.up.as_ref()?;
            (entry.inbox_generation(*generation) == resolve.generation).then_some(())?;
            self.asker(&resolve.gateway)
        });
        let work = async move {
            if !kept.await && by_rule {
                return ResolveAnswer::Failed(Trouble::new(NOT_KEPT));
            }
            match (asker, parse_key(&resolve.key)) {
                (Some(asker), Some((_, kind, id))) => asker.resolve(&resolve, kind, id).await,
                (None, _) => ResolveAnswer::Disconnected,
                (_, None) => ResolveAnswer::Failed(Trouble::new("itemUnknown")),
            }
        };
        self.spawn(work, move |core, answer| {
            if let Some(elsewhere) = elsewhere {
                core.tell_deed(Deed::Heard(elsewhere, Heard::of(&answer)));
            }
            core.inbox_event(InboxEvent::ResolveAnswered { key, token, answer });
        });
    }

    fn is_by_rule(&self, key: &ItemKey) -> bool {
        let item = self.inbox.inbox.item(key);
        item.is_some_and(|item| {
            matches!(item.phase, Phase::Deciding { surface, .. } if surface == Surface::Rule)
        })
    }

    fn turn_at(
        &self,
        gateway: &GatewayId,
    ) -> Option<(Asker, std::sync::Arc<tokio::sync::Semaphore>)> {
        let turns = self.gateways.get(gateway)?.turns.clone();
        Some((self.asker(gateway)?, turns))
    }

    fn forget_item(&mut self, key: ItemKey) {
        self.inbox.contexts.remove(&key);
        self.inbox.readings.forget(&key);
        self.inbox.changed.remove(&key);
        self.inbox.removed.insert(key.clone());
        // The store bounds its own history; what leaves here because of ours stays there.
        let gateway_is_gone =
            parse_key(&key).is_none_or(|(id, ..)| !self.gateways.contains_key(&id));
        self.inbox.unkept.left(key, gateway_is_gone);
    }

    /// Rules have their say now and never again: what was once left to the person stays theirs, whatever becomes of the
    /// connection, the rules or the app.
    fn arrived(&mut self, key: &ItemKey) {
        if !self.answer_by_rule(key) {
            self.notify(key);
        }
    }

    pub(crate) fn notify(&mut self, key: &ItemKey) {
        self.read_command(key);
        let Some(item) = self.inbox.inbox.item(key) else {
            return;
        };
        if item.counted {
            // This person has said yes; it waits for somebody else.
            return self.withdraw(key);
        }
        let standing = self.standing(item);
        let settings = &self.settings.notifications;
        let command = self
            .inbox
            .board
            .waits(item, &standing, settings, &self.clock);
        if let Some(command) = command {
            self.outlet.push(command);
        }
        self.find_context(key);
    }

    /// Reads the command of an item that waits, so that what is shown of it tells how grave it is.
    fn read_command(&mut self, key: &ItemKey) -> Option<std::sync::Arc<Reading>> {
        let item = self.inbox.inbox.item(key)?;
        let is_command = item.request.kind == ItemKind::Exec;
        is_command.then(|| self.inbox.readings.read(key, &item.request.content))?
    }

    fn withdraw(&mut self, key: &ItemKey) {
        for command in self.inbox.board.withdraw(key) {
            self.outlet.push(command);
        }
        self.notify_held_back();
    }

    /// The notice of an item left the screen; the item still waits.
    pub(crate) fn notice_closed(&mut self, key: &ItemKey) {
        self.inbox.board.closed(key);
        self.notify_held_back();
    }

    fn notify_held_back(&mut self) {
        let mut any = false;
        while let Some(next) = self.inbox.board.next_held_back() {
            any = true;
            self.notify(&next);
        }
        if any && let Some(command) = self.inbox.board.nothing_more() {
            self.outlet.push(command);
        }
    }

    /// A gateway has another name, which its items and notices show.
    pub(crate) fn renamed(&mut self, gateway: &GatewayId) {
        let items = self.inbox.inbox.items();
        let of_gateway = items.filter(|item| item.gateway == *gateway);
        let keys: Vec<_> = of_gateway.map(|i| (i.key(), i.is_waiting())).collect();
        for (key, waits) in keys {
            if waits {
                self.notify(&key);
            }
            self.inbox.changed.insert(key);
        }
        self.touch();
    }

    /// Shows or takes back all notices, after the person changed how they want them.
    pub(crate) fn notify_again(&mut self) {
        for command in self.inbox.board.clear() {
            self.outlet.push(command);
        }
        let waiting: Vec<_> = self
            .inbox
            .inbox
            .items()
            .filter(|i| i.is_waiting())
            .map(Item::key)
            .collect();
        for key in waiting {
            self.notify(&key);
        }
    }

    pub(crate) fn item_view(&self, key: &ItemKey) -> Option<InboxItemView> {
        let item = self.inbox.inbox.item(key)?;
        Some(inbox::line(item, self.standing(item)))
    }

    pub(crate) fn item_detail(&mut self, key: &ItemKey) -> Option<InboxItemDetail> {
        let reading = self.read_command(key);
        let item = self.inbox.inbox.item(key)?;
        let beside = Beside {
            others: self.others_at(&item.gateway),
            context: self.inbox.contexts.get(key).cloned().flatten(),
            analysis: reading.map(|reading| reading.view.clone()),
            server_version: self
                .gateways
                .get(&item.gateway)
                .and_then(|entry| entry.known.server_version.clone()),
        };
        Some(inbox::detail(item, self.standing(item), beside))
    }

    /// Other people who are connected to a gateway and may answer there.
    fn others_at(&self, gateway: &GatewayId) -> Vec<String> {
        let ours = others::Ours {
            device: self.device.as_deref(),
            instance: self.client.instance_id.as_deref(),
        };
        let entry = self.gateways.get(gateway);
        entry.map_or_else(Vec::new, |entry| others::may_answer(&entry.presence, &ours))
    }

    pub(crate) fn inbox_snapshot(&self) -> InboxSnapshot {
        inbox::snapshot(&self.inbox.inbox, self.inbox.revision, |i| self.standing(i))
    }

    pub(super) fn standing(&self, item: &Item) -> Standing {
        let read = self.inbox.readings.is_dangerous(&item.key());
        let is_command = item.request.kind == ItemKind::Exec;
        Standing {
            gateway_name: self.gateway_name(&item.gateway),
            barred: self.barred(item),
            dangerous: item.request.content.dangerous || read == Some(true),
            unread: is_command && item.is_waiting() && read.is_none(),
            governed: self.is_governed(&item.gateway),
            ahead: self.inbox.inbox.clock_ahead(&item.gateway),
        }
    }

    /// The scope that a decision lacks.
    pub(crate) fn scope_for(&self, key: &ItemKey, decision: Decision) -> Option<String> {
        let barred = self.barred(self.inbox.inbox.item(key)?);
        let lacks = barred.into_iter().find(|b| b.decision == decision);
        lacks.map(|b| b.scope)
    }

    /// Decisions on an item that its gateway's connection may not make. None is known while there is none.
    pub(crate) fn barred(&self, item: &Item) -> Vec<BarredDecision> {
        let up = self.gateways.get(&item.gateway).and_then(|e| e.up.as_ref());
        up.map_or_else(Vec::new, |(_, hello)| {
            permission::barred(&hello.auth.scopes, &item.request)
        })
    }

    /// What changed since the last time, if anything did.
    pub(super) fn inbox_change(&mut self) -> Option<InboxChange> {
        let desk = &mut self.inbox;
        if desk.changed.is_empty() && desk.removed.is_empty() && !desk.overflow_changed {
            return None;
        }
        desk.revision = desk.revision.wrapping_add(1);
        desk.overflow_changed = false;
        let changed = std::mem::take(&mut desk.changed);
        let removed = std::mem::take(&mut desk.removed);
        Some(InboxChange {
            revision: self.inbox.revision,
            changed: changed
                .iter()
                .filter_map(|key| self.item_view(key))
                .collect(),
            removed: removed.into_iter().collect(),
            waiting: inbox::waiting(&self.inbox.inbox),
            overflow: self.inbox.inbox.overflowing(),
        })
    }
}
