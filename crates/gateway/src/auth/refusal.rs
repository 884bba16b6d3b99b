//! A connect that is refused: what the peer is told, and how its socket ends. The codes and next steps are the
//! published ones (`connect-error-details` of the protocol package).

use gatehouse_protocol::close;
use gatehouse_protocol::device::ProofFault;
use gatehouse_protocol::{ConnectErrorCode, ErrorCode};
use serde_json::{Map, Value, json};

use crate::router::MethodError;

/// Why a connect was refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    pub error: MethodError,
    /// What the close frame carries.
    pub close_code: u16,
    pub close_reason: String,
}

impl Refusal {
    /// A refusal with `details.code`.
    pub fn new(code: ErrorCode, detail: ConnectErrorCode, message: impl Into<String>) -> Self {
        let details = json!({"code": detail.as_str()});
        Self::from_error(MethodError::new(code, message).with_details(details))
    }

    /// A refusal that has no detail code, such as malformed parameters.
    pub fn from_error(error: MethodError) -> Self {
        Self {
            close_reason: error.message.clone(),
            close_code: match error.code {
                ErrorCode::Unavailable => close::TRY_AGAIN_LATER,
                _ => close::POLICY,
            },
            error,
        }
    }

    /// Wrong or missing credentials, with what the client could do.
    pub fn unauthorized(
        detail: ConnectErrorCode,
        reason: &str,
        message: &str,
        next_step: &str,
        can_retry_with_device_token: bool,
    ) -> Self {
        Self::new(
            ErrorCode::InvalidRequest,
            detail,
            format!("unauthorized: {message}"),
        )
        .detail("authReason", json!(reason))
        .detail(
            "canRetryWithDeviceToken",
            json!(can_retry_with_device_token),
        )
        .detail("recommendedNextStep", json!(next_step))
    }

    /// A device proof that does not hold.
    pub fn proof(fault: ProofFault) -> Self {
        let (detail, reason) = match fault {
            ProofFault::PublicKey => (
                ConnectErrorCode::DeviceAuthPublicKeyInvalid,
                "device-public-key",
            ),
            ProofFault::DeviceId => (
                ConnectErrorCode::DeviceAuthDeviceIdMismatch,
                "device-id-mismatch",
            ),
            ProofFault::NonceMissing => (
                ConnectErrorCode::DeviceAuthNonceRequired,
                "device-nonce-missing",
            ),
            ProofFault::NonceMismatch => (
                ConnectErrorCode::DeviceAuthNonceMismatch,
                "device-nonce-mismatch",
            ),
            ProofFault::Signature => (
                ConnectErrorCode::DeviceAuthSignatureInvalid,
                "device-signature",
            ),
        };
        Self::new(ErrorCode::InvalidRequest, detail, fault.to_string())
            .detail("reason", json!(reason))
    }

    /// A signature that is too old, or from the future.
    pub fn stale_proof() -> Self {
        let detail = ConnectErrorCode::DeviceAuthSignatureExpired;
        Self::new(
            ErrorCode::InvalidRequest,
            detail,
            "device signature expired",
        )
        .detail("reason", json!("device-signature-stale"))
    }

    /// Too many failures from one address.
    pub fn rate_limited(retry_after_ms: u64) -> Self {
        let mut refusal = Self::unauthorized(
            ConnectErrorCode::AuthRateLimited,
            "rate_limited",
            "too many failed authentication attempts (retry later)",
            "wait_then_retry",
            false,
        );
        refusal.error = refusal.error.retry_after(retry_after_ms);
        refusal
    }

    /// Adds to the details.
    #[must_use]
    pub fn detail(mut self, name: &str, value: Value) -> Self {
        let details = self.error.details.get_or_insert_default();
        if !details.is_object() {
            **details = Value::Object(Map::new());
        }
        if let Value::Object(details) = &mut **details {
            details.insert(name.to_owned(), value);
        }
        self
    }

    #[must_use]
    pub fn closing(mut self, code: u16, reason: impl Into<String>) -> Self {
        self.close_code = code;
        self.close_reason = reason.into();
        self
    }
}
