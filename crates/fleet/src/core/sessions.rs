//! Sessions of all gateways: listed, followed, cached, shown.

use std::collections::{BTreeMap, BTreeSet};

use gatehouse_protocol::event::{ChatEvent, ChatState};
use gatehouse_protocol::methods as m;
use gatehouse_protocol::model::session::{SessionList, SessionRow, SessionsChanged};
use gatehouse_store::{SessionBatch, SessionRecord};

use super::session_desk::{Key, Row};
use super::{Core, Write};
use crate::inbox::{parse_key, retry_delay};
use crate::notices::{NoticeCommand, PlainKind, PlainNotice};
use crate::sessions::{self, Changed};
use crate::view::{GatewayId, ItemKey, NotificationDetail, SessionRef, SessionsChange};

/// Sessions that one gateway's list is read to. The list is sorted by the gateway, the latest first.
const MOST_SESSIONS: u32 = 500;

impl Core {
    /// Subscribes to the roster and reads it. While that goes on, another call only makes it happen once more.
    pub(crate) fn sessions_up(&mut self, gateway: &GatewayId) {
        let Some(asker) = self.asker(gateway) else {
            return;
        };
        if let Some(again) = self.sessions.asked.get_mut(gateway) {
            *again = true;
            return;
        }
        self.sessions.asked.insert(gateway.clone(), false);
        if self.sessions.of(gateway).next().is_none() {
            self.sessions.set_loading(gateway, true);
        }
        let mark = self.sessions.next();
        let gateway = gateway.clone();
        let work = async move {
            let on = asker.generation;
            let subscribe = m::SessionsListParams::default();
            asker
                .connection
                .request_on::<m::SessionsSubscribe>(on, subscribe)
                .await?;
            let list = m::SessionsListParams {
                limit: Some(MOST_SESSIONS),
                include_derived_titles: Some(true),
                include_last_message: Some(true),
                ..Default::default()
            };
            asker
                .connection
                .request_on::<m::SessionsList>(on, list)
                .await
        };
        self.spawn(work, move |core, list| {
            core.sessions_listed(&gateway, list, mark)
        });
        self.touch();
    }

    fn sessions_listed(
        &mut self,
        gateway: &GatewayId,
        list: Result<SessionList, gatehouse_client::RequestError>,
        mark: u64,
    ) {
        let again = self.sessions.asked.remove(gateway).unwrap_or(false);
        if !self.gateways.contains_key(gateway) {
            return;
        }
        match list {
            Ok(list) => {
                self.sessions.due.remove(gateway);
                self.sessions.set_loading(gateway, false);
                let whole = !list.has_more;
                self.take_sessions(gateway, list.sessions.items, mark, whole);
            }
            Err(error) => {
                tracing::info!(%error, "sessions could not be listed");
                let (_, attempt) = self.sessions.due.get(gateway).copied().unwrap_or_default();
                let at = self.now() + retry_delay(attempt);
                self.sessions.due.insert(gateway.clone(), (at, attempt + 1));
            }
        }
        self.gateways_changed = true;
        self.touch();
        if again {
            self.sessions_up(gateway);
        }
    }

    pub(super) fn list_sessions_again(&mut self) {
        let now = self.now();
        let due = self.sessions.due.iter().filter(|(_, (at, _))| *at <= now);
        for gateway in due.map(|(gateway, _)| gateway.clone()).collect::<Vec<_>>() {
            if !self.sessions.asked.contains_key(&gateway) {
                self.sessions_up(&gateway);
            }
        }
    }

    /// Rows that were asked for at `mark`: what an event told since counts more.
    fn take_sessions(
        &mut self,
        gateway: &GatewayId,
        rows: Vec<SessionRow>,
        mark: u64,
        whole: bool,
    ) {
        let mut listed = BTreeSet::new();
        for row in rows {
            let key = (gateway.clone(), row.key.clone());
            listed.insert(key.clone());
            if self
                .sessions
                .rows
                .get(&key)
                .is_none_or(|known| known.touched <= mark)
            {
                let waits = self.session_waits(gateway, &row.key);
                self.sessions.put(gateway, row, waits, mark);
            }
        }
        let missing = |(key, row): (&Key, &Row)| {
            (!listed.contains(key) && row.touched <= mark && (whole || row.cached))
                .then(|| key.clone())
        };
        let gone: Vec<_> = self.sessions.of(gateway).filter_map(missing).collect();
        for key in gone {
            self.sessions.remove(&key);
        }
    }

    pub(super) fn sessions_lost(&mut self, gateway: &GatewayId) {
        self.sessions.asked.remove(gateway);
        self.sessions.due.remove(gateway);
        for key in self.sessions.keys_of(gateway) {
            if let Some(row) = self.sessions.rows.get_mut(&key) {
                row.cached = true;
                self.sessions.changed.insert(key);
            }
        }
        self.touch();
    }

    pub(super) fn sessions_changed(&mut self, gateway: &GatewayId, event: SessionsChanged) {
        let key = event.session_key.clone().map(|key| (gateway.clone(), key));
        let before = key
            .as_ref()
            .and_then(|key| self.sessions.rows.get(key))
            .map(|r| &r.row);
        match (sessions::after(before, &event), key) {
            (Changed::Row(row), _) => self.session_row(gateway, *row),
            (Changed::Gone, Some(key)) => self.sessions.remove(&key),
            (Changed::Gone, None) | (Changed::Unclear, _) => self.sessions_up(gateway),
        }
        self.gateways_changed = true;
        self.touch();
    }

    /// A row as it is now.
    pub(super) fn session_row(&mut self, gateway: &GatewayId, row: SessionRow) {
        let touched = self.sessions.next();
        let waits = self.session_waits(gateway, &row.key);
        self.sessions.put(gateway, row, waits, touched);
        self.touch();
    }

    /// A run of a session ended: worth a notice, if the person wants one.
    pub(super) fn session_run(&mut self, gateway: &GatewayId, event: &ChatEvent) {
        let Some(key) = event.session_key.clone() else {
            return;
        };
        let session = &SessionRef {
            gateway: gateway.clone(),
            key,
        };
        let settings = &self.settings.notifications;
        let (kind, wanted, words) = match event.state {
            Some(ChatState::Final) => (
                PlainKind::RunFinished,
                settings.run_finished,
                "A run has finished",
            ),
            Some(ChatState::Error) => (
                PlainKind::RunFailed,
                settings.run_failed,
                "A run has failed",
            ),
            _ => return,
        };
        if !wanted {
            return;
        }
        let body = match settings.detail {
            // The model writes the title, out of what was talked about.
            NotificationDetail::Private => String::new(),
            NotificationDetail::Full => crate::untrusted::one_line(&self.title_of(session), 200),
        };
        let name = self.gateway_name(&session.gateway);
        self.outlet.push(NoticeCommand::Plain(PlainNotice {
            kind,
            gateway: session.gateway.clone(),
            session: Some(session.clone()),
            title: format!("{}: {words}", crate::untrusted::one_line(&name, 80)),
            body,
        }));
    }

    fn title_of(&self, session: &SessionRef) -> String {
        let view = self.sessions.view(session);
        view.map_or_else(|| session.key.clone(), |view| view.title)
    }

    fn session_waits(&self, gateway: &GatewayId, key: &str) -> bool {
        self.inbox.inbox.items().any(|item| {
            item.is_waiting()
                && item.gateway == *gateway
                && item.request.content.session.as_deref() == Some(key)
        })
    }

    /// An item changed: its session's line and its call in an open chat may look different.
    pub(super) fn mark_session_of(&mut self, item: &ItemKey) {
        self.show_approval(item);
        let Some((gateway, ..)) = parse_key(item) else {
            return;
        };
        let session = self
            .inbox
            .inbox
            .item(item)
            .and_then(|i| i.request.content.session.clone());
        let Some(session) = session else { return };
        let waits = self.session_waits(&gateway, &session);
        let key = (gateway, session);
        if let Some(row) = self.sessions.rows.get_mut(&key)
            && row.waits != waits
        {
            row.waits = waits;
            self.sessions.changed.insert(key);
        }
    }

    /// What changed since the last time, if anything did.
    pub(super) fn sessions_change(&mut self) -> Option<SessionsChange> {
        let desk = &mut self.sessions;
        if desk.changed.is_empty() && desk.removed.is_empty() && !desk.loading_changed {
            return None;
        }
        desk.loading_changed = false;
        desk.revision = desk.revision.wrapping_add(1);
        let changed = std::mem::take(&mut desk.changed);
        let removed = std::mem::take(&mut desk.removed);
        Some(SessionsChange {
            revision: desk.revision,
            changed: changed
                .iter()
                .filter_map(|key| Some(desk.rows.get(key)?.view(&key.0)))
                .collect(),
            removed: removed
                .into_iter()
                .map(|(gateway, key)| SessionRef { gateway, key })
                .collect(),
            loading: desk.loading.iter().cloned().collect(),
        })
    }

    /// Hands changed sessions to the store. It is a cache: what there is no room for is left out.
    pub(super) fn write_sessions(&mut self) {
        let mut batches: BTreeMap<GatewayId, SessionBatch> = BTreeMap::new();
        for key in std::mem::take(&mut self.sessions.unwritten) {
            let Some(row) = self.sessions.rows.get(&key) else {
                continue;
            };
            let Ok(json) = serde_json::to_string(&row.row) else {
                continue;
            };
            let updated_at = row.row.updated_at.and_then(|at| i64::try_from(at).ok());
            let record = SessionRecord {
                key: key.1,
                updated_at,
                json,
            };
            batches.entry(key.0).or_default().upsert.push(record);
        }
        for (gateway, key) in std::mem::take(&mut self.sessions.deleted) {
            batches.entry(gateway).or_default().remove.push(key);
        }
        for (gateway, batch) in batches {
            if self
                .scribe
                .write(Write::Sessions {
                    gateway: gateway.0,
                    batch,
                })
                .is_err()
            {
                tracing::debug!("sessions were not cached: the store is busy");
            }
        }
    }
}
