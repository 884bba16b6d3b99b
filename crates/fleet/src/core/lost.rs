//! Gateways that stay away: said once each time, because what waits there cannot be answered, and taken back when it is
//! not true any more.

use super::Core;
use crate::inbox::EpochMs;
use crate::notices::{NoticeCommand, PlainKind, PlainNotice, away_key};
use crate::untrusted::one_line;
use crate::view::GatewayId;

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
            self.outlet.push(NoticeCommand::Lasting {
                key: away_key(&gateway),
                notice: PlainNotice {
                    kind: PlainKind::GatewayLost,
                    gateway,
                    session: None,
                    title: format!("{} is not reachable", one_line(&name, 80)),
                    body: "Approvals that wait there cannot be answered until it is back."
                        .to_owned(),
                },
            });
        }
    }

    /// The gateway is back, or nobody wants it any more: that it is away is not said any longer.
    pub(super) fn is_not_away(&mut self, gateway: &GatewayId) {
        let away = self.gateways.get_mut(gateway).and_then(|e| e.away.take());
        if let Some((_, true)) = away {
            let key = away_key(gateway);
            self.outlet.push(NoticeCommand::Withdraw { key });
        }
    }
}
