//! The device proof of a connect: made for this connection's nonce, recently, with the key it names.

use gatehouse_protocol::device::{Challenge, DeviceId, ProofClaims};
use gatehouse_protocol::serve::ConnectRequest;

use super::Refusal;

/// How far `signedAt` may lie from this gateway's clock, in milliseconds; the published gateway's window. The
/// nonce is what prevents a replay; this only keeps a proof from being made long before it is used.
const MAX_SKEW_MS: u64 = 2 * 60 * 1000;

/// Checks the proof, when there is one.
pub(super) fn check(
    request: &ConnectRequest,
    challenge: &Challenge,
    now_ms: u64,
) -> Result<Option<DeviceId>, Refusal> {
    let Some(proof) = &request.device else {
        return Ok(None);
    };
    let scopes = request.scopes.clone().unwrap_or_default();
    let claims = ProofClaims {
        client_id: &request.client.id,
        client_mode: &request.client.mode,
        role: request.role(),
        scopes: &scopes,
        signed_at_ms: proof.signed_at,
        token: request.auth.signed_secret().map(|secret| secret.expose()),
        nonce: &challenge.nonce,
        platform: &request.client.platform,
        device_family: request.client.device_family.as_deref(),
    };
    let (_, device) = proof.verify(&claims).map_err(Refusal::proof)?;
    if proof.signed_at.abs_diff(now_ms) > MAX_SKEW_MS {
        return Err(Refusal::stale_proof());
    }
    Ok(Some(device))
}
