//! Tells surfaces and store what changed since the last time, all of it at once.

use super::Core;
use crate::fleet::FleetEvent;

impl Core {
    pub(super) fn flush(&mut self) {
        self.flush_at = None;
        self.flush_chats();
        self.write_inbox();
        self.write_sessions();
        if let Some(change) = self.inbox_change() {
            self.publish(FleetEvent::InboxChanged(change));
        }
        if let Some(change) = self.sessions_change() {
            self.publish(FleetEvent::SessionsChanged(change));
        }
        if std::mem::take(&mut self.gateways_changed) {
            let event = self.gateways_event();
            self.publish(event);
        }
    }

    /// To whoever listens; nobody may.
    pub(crate) fn publish(&self, event: FleetEvent) {
        let _ = self.events.send(event);
    }
}
