//! The refusals that the gate gives, each with its published code and what the client could do.

use gatehouse_protocol::error::PairingReason;
use gatehouse_protocol::{ConnectErrorCode, ErrorCode};
use gatehouse_store::StoreError;
use serde_json::json;

use super::{PairingFacts, Refusal};
use crate::router::MethodError;

pub(super) fn store_failed(error: StoreError) -> Refusal {
    tracing::error!(%error, "the store failed during a connect");
    let error = MethodError::unavailable("the gateway's store is not available").retry_after(1000);
    Refusal::from_error(error).closing(
        gatehouse_protocol::close::TRY_AGAIN_LATER,
        "store unavailable",
    )
}

pub(super) fn missing(what: &str) -> Refusal {
    let code = if what == "token" {
        ConnectErrorCode::AuthTokenMissing
    } else {
        ConnectErrorCode::AuthPasswordMissing
    };
    let message = format!("gateway {what} missing (provide gateway auth {what})");
    let reason = format!("{what}_missing");
    Refusal::unauthorized(code, &reason, &message, "update_auth_configuration", false)
}

/// A wrong secret. `may_retry` says that the client can come with the token of its device in place of it.
pub(super) fn mismatch(what: &str, may_retry: bool) -> Refusal {
    let code = if what == "token" {
        ConnectErrorCode::AuthTokenMismatch
    } else {
        ConnectErrorCode::AuthPasswordMismatch
    };
    let message = format!("gateway {what} mismatch (provide gateway auth {what})");
    let reason = format!("{what}_mismatch");
    let next = match may_retry {
        true => "retry_with_device_token",
        false => "update_auth_credentials",
    };
    Refusal::unauthorized(code, &reason, &message, next, may_retry)
}

pub(super) fn device_token_mismatch() -> Refusal {
    Refusal::unauthorized(
        ConnectErrorCode::AuthDeviceTokenMismatch,
        "device_token_mismatch",
        "device token mismatch (rotate/reissue device token)",
        "update_auth_credentials",
        false,
    )
}

pub(super) fn setup_code_invalid() -> Refusal {
    Refusal::unauthorized(
        ConnectErrorCode::AuthBootstrapTokenInvalid,
        "bootstrap_token_invalid",
        "bootstrap token invalid or expired (scan a fresh setup code)",
        "review_auth_configuration",
        false,
    )
}

pub(super) fn scope_mismatch(asked: &[String], granted: &[String]) -> Refusal {
    Refusal::unauthorized(
        ConnectErrorCode::AuthScopeMismatch,
        "scope_mismatch",
        "device token does not cover the requested role or scopes",
        "review_auth_configuration",
        false,
    )
    .detail("requestedScopes", json!(asked))
    .detail("approvedScopes", json!(granted))
}

pub(super) fn pairing_required(request: &PairingFacts, reason: &PairingReason) -> Refusal {
    let message = match reason {
        PairingReason::NotPaired => "pairing required: device is not approved yet",
        PairingReason::ScopeUpgrade => {
            "pairing required: device is asking for more scopes than currently approved"
        }
        _ => "pairing required: device is asking for a higher role than currently approved",
    };
    Refusal::new(
        ErrorCode::NotPaired,
        ConnectErrorCode::PairingRequired,
        message,
    )
    .detail("requestId", json!(request.request_id))
    .detail("deviceId", json!(request.device_id))
    .detail("reason", json!(reason))
    .detail("requestedRole", json!(request.role))
    .detail("requestedScopes", json!(request.scopes))
    .detail(
        "remediationHint",
        json!("Approve this device from the pending pairing requests."),
    )
    .closing(
        gatehouse_protocol::close::POLICY,
        format!("{message} (requestId: {})", request.request_id),
    )
}
