//! Gateways that stay away: said once each time, because what waits there cannot be answered.

use super::Core;
use crate::inbox::EpochMs;
use crate::notices::{NoticeCommand, PlainKind, PlainNotice};
use crate::untrusted::one_line;

/// A gateway that is away for longer than a restart takes is worth a notice.
const LOST_AFTER: EpochMs = 30_000;

impl Core {
    pub(crate) fn notice_lost_gateways(&mut self) {
        let now = self.now();
        let wanted = self.settings.notifications.gateway_lost;
        let mut lost = Vec::new();
        for (id, entry) in &mut self.gateways {
            if let Some((since, said)) = &mut entry.away
                && !*said
                && now - *since >= LOST_AFTER
            {
                *said = true;
                lost.push((id.clone(), entry.record.name.clone()));
            }
        }
        for (gateway, name) in lost.into_iter().filter(|_| wanted) {
            self.outlet.push(NoticeCommand::Plain(PlainNotice {
                kind: PlainKind::GatewayLost,
                gateway,
                session: None,
                title: format!("{} is not reachable", one_line(&name, 80)),
                body: "Approvals that wait there cannot be answered until it is back.".to_owned(),
            }));
        }
    }
}
