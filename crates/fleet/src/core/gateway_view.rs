//! Gateways as surfaces are shown them: where they are, how they are connected, where their secret lies.

use gatehouse_client::{ConnectionState, Problem, ProblemCode};

use super::secrets::secret_place;
use super::{Core, Entry};
use crate::credentials::own_gateway;
use crate::exec_mode;
use crate::inbox::{EpochMs, millis};
use crate::untrusted::one_line;
use crate::view::{
    ConnectionView, CredentialKind, CredentialView, GatewayId, GatewayView, ProblemView,
    SecretPlace,
};

impl Core {
    pub(crate) fn gateway_views(&self) -> Vec<GatewayView> {
        let mut entries: Vec<_> = self.gateways.iter().collect();
        entries.sort_by_key(|(id, entry)| (entry.record.added_at, (*id).clone()));
        entries
            .into_iter()
            .map(|(id, entry)| self.gateway_view(id, entry))
            .collect()
    }

    pub(crate) fn gateway_view(&self, id: &GatewayId, entry: &Entry) -> GatewayView {
        let hello = entry.up.as_ref().map(|(_, hello)| hello);
        let attachments = hello.and_then(|h| h.policy.attachments.as_ref());
        GatewayView {
            id: id.clone(),
            governed: entry.known.governed,
            name: entry.record.name.clone(),
            url: entry.record.url.clone(),
            own: *id == own_gateway(),
            connection: self.connection_view(entry),
            credential: CredentialView {
                kind: entry.kind,
                place: self.secret_place(id, entry),
                has_device_token: entry.known.has_device_token,
                saved_at: entry.record.credential_saved_at.map(millis),
            },
            protocol: hello.map(|h| h.protocol.0),
            server_version: entry.known.server_version.as_ref().map(|v| one_line(v, 80)),
            scopes: hello.map_or_else(Vec::new, |h| {
                h.auth
                    .scopes
                    .iter()
                    .map(|s| one_line(s.as_str(), 80))
                    .collect()
            }),
            pin: entry.record.pin.clone(),
            waiting: u32::try_from(self.inbox.inbox.waiting_at(id)).unwrap_or(u32::MAX),
            running: self.sessions.running_at(id),
            last_seen: entry.record.last_seen.map(millis),
            unreadable: entry.troubles.unreadable_view(),
            unreadable_waiting: entry.troubles.unlisted(),
            interruption: entry.troubles.interruption_view(),
            exec_modes: exec_mode::offered(entry.known.governed, hello.map(|h| h.protocol.0)),
            max_attachment_bytes: hello.map(|h| {
                let said = attachments.and_then(|a| a.max_bytes);
                // Base64 in a frame: three quarters of it, less a little for the rest of the request.
                let fits = (h.policy.max_payload() / 4 * 3).saturating_sub(64 * 1024);
                bytes(said.map_or(fits, |said| said.min(fits)))
            }),
        }
    }

    fn secret_place(&self, id: &GatewayId, entry: &Entry) -> SecretPlace {
        if entry.kind == CredentialKind::None && !entry.known.has_device_token {
            return SecretPlace::Nowhere;
        }
        let place = self.safe.vault_of(id).place();
        place.map_or(SecretPlace::Unknown, secret_place)
    }

    fn connection_view(&self, entry: &Entry) -> ConnectionView {
        if entry.record.paused {
            return ConnectionView::Paused;
        }
        if let Some(problem) = &entry.unusable {
            return ConnectionView::Stopped {
                problem: problem_view(problem),
            };
        }
        match &entry.state {
            ConnectionState::Idle => ConnectionView::Connecting { attempt: 1 },
            ConnectionState::Connecting { attempt } => {
                ConnectionView::Connecting { attempt: *attempt }
            }
            ConnectionState::PairingRequired { problem } => ConnectionView::PairingRequired {
                problem: problem_view(problem),
            },
            ConnectionState::Ready { since, .. } => ConnectionView::Ready {
                since: millis(self.now() - elapsed_ms(*since)),
            },
            ConnectionState::Backoff {
                until,
                attempt,
                cause,
            } => ConnectionView::Backoff {
                until: millis(self.now() + remaining_ms(*until)),
                attempt: *attempt,
                problem: problem_view(cause),
            },
            ConnectionState::Closed { problem } => ConnectionView::Stopped {
                problem: problem_view(
                    problem
                        .as_ref()
                        .unwrap_or(&Problem::new(ProblemCode::Unknown)),
                ),
            },
        }
    }
}

/// A problem as the page reads it.
pub(crate) fn problem_view(problem: &Problem) -> ProblemView {
    let code = serde_json::to_value(problem.code).ok();
    ProblemView {
        code: code
            .as_ref()
            .and_then(|c| c.as_str())
            .unwrap_or("unknown")
            .to_owned(),
        detail: problem.detail.as_ref().map(|d| one_line(d, 1024)),
        request_id: problem.request_id.as_ref().map(|r| one_line(r, 128)),
        device_id: problem.device_id.as_ref().map(|d| one_line(d, 128)),
    }
}

fn elapsed_ms(since: tokio::time::Instant) -> EpochMs {
    EpochMs::try_from(since.elapsed().as_millis()).unwrap_or(0)
}

fn remaining_ms(until: tokio::time::Instant) -> EpochMs {
    let left = until.saturating_duration_since(tokio::time::Instant::now());
    EpochMs::try_from(left.as_millis()).unwrap_or(0)
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 bytes")]
fn bytes(count: u64) -> f64 {
    count as f64
}
