//! What a gateway says when it refuses: the error shape, its codes, and the details of a failed connect.
//! Branch on `code` and `details`, never on `message`; that is for people. What a client does about a
//! code is decided in the client.

use serde_json::Value;

use crate::lenient::{open_enum, text_of, wire};

open_enum! {
    /// The `code` of an error.
    pub enum ErrorCode {
        NotLinked = "NOT_LINKED",
        NotPaired = "NOT_PAIRED",
        AgentTimeout = "AGENT_TIMEOUT",
        InvalidRequest = "INVALID_REQUEST",
        Forbidden = "FORBIDDEN",
        ApprovalNotFound = "APPROVAL_NOT_FOUND",
        Unavailable = "UNAVAILABLE",
    }

    /// The `details.code` of a refused connect.
    pub enum ConnectErrorCode {
        AuthRequired = "AUTH_REQUIRED",
        AuthUnauthorized = "AUTH_UNAUTHORIZED",
        AuthTokenMissing = "AUTH_TOKEN_MISSING",
        AuthTokenMismatch = "AUTH_TOKEN_MISMATCH",
        AuthTokenNotConfigured = "AUTH_TOKEN_NOT_CONFIGURED",
        AuthPasswordMissing = "AUTH_PASSWORD_MISSING",
        AuthPasswordMismatch = "AUTH_PASSWORD_MISMATCH",
        AuthPasswordNotConfigured = "AUTH_PASSWORD_NOT_CONFIGURED",
        AuthBootstrapTokenInvalid = "AUTH_BOOTSTRAP_TOKEN_INVALID",
        AuthDeviceTokenMismatch = "AUTH_DEVICE_TOKEN_MISMATCH",
        AuthScopeMismatch = "AUTH_SCOPE_MISMATCH",
        AuthRateLimited = "AUTH_RATE_LIMITED",
        AuthTailscaleIdentityMissing = "AUTH_TAILSCALE_IDENTITY_MISSING",
        AuthTailscaleProxyMissing = "AUTH_TAILSCALE_PROXY_MISSING",
        AuthTailscaleWhoisFailed = "AUTH_TAILSCALE_WHOIS_FAILED",
        AuthTailscaleIdentityMismatch = "AUTH_TAILSCALE_IDENTITY_MISMATCH",
        AuthIdentityHeaderRequired = "AUTH_IDENTITY_HEADER_REQUIRED",
        AuthVerifiedUserRequired = "AUTH_VERIFIED_USER_REQUIRED",
        AuthenticatedProfileUnavailable = "AUTHENTICATED_PROFILE_UNAVAILABLE",
        ControlUiBuildMismatch = "CONTROL_UI_BUILD_MISMATCH",
        ControlUiOriginNotAllowed = "CONTROL_UI_ORIGIN_NOT_ALLOWED",
        ControlUiDeviceIdentityRequired = "CONTROL_UI_DEVICE_IDENTITY_REQUIRED",
        ProtocolMismatch = "PROTOCOL_MISMATCH",
        DeviceIdentityRequired = "DEVICE_IDENTITY_REQUIRED",
        DeviceAuthInvalid = "DEVICE_AUTH_INVALID",
        DeviceAuthDeviceIdMismatch = "DEVICE_AUTH_DEVICE_ID_MISMATCH",
        DeviceAuthSignatureExpired = "DEVICE_AUTH_SIGNATURE_EXPIRED",
        DeviceAuthNonceRequired = "DEVICE_AUTH_NONCE_REQUIRED",
        DeviceAuthNonceMismatch = "DEVICE_AUTH_NONCE_MISMATCH",
        DeviceAuthSignatureInvalid = "DEVICE_AUTH_SIGNATURE_INVALID",
        DeviceAuthPublicKeyInvalid = "DEVICE_AUTH_PUBLIC_KEY_INVALID",
        PairingRequired = "PAIRING_REQUIRED",
        ClientVersionMismatch = "CLIENT_VERSION_MISMATCH",
    }

    /// What the gateway suggests to do about a refused connect.
    pub enum NextStep {
        RetryWithDeviceToken = "retry_with_device_token",
        UpdateAuthConfiguration = "update_auth_configuration",
        UpdateAuthCredentials = "update_auth_credentials",
        WaitThenRetry = "wait_then_retry",
        ReviewAuthConfiguration = "review_auth_configuration",
    }

    /// Why a device has to be paired.
    pub enum PairingReason {
        NotPaired = "not-paired",
        RoleUpgrade = "role-upgrade",
        ScopeUpgrade = "scope-upgrade",
        MetadataUpgrade = "metadata-upgrade",
    }
}

/// `details.reason` while the gateway still starts: a retryable `UNAVAILABLE`, then close 1013.
pub const REASON_STARTUP_SIDECARS: &str = "startup-sidecars";
/// `details.reason` of a resolve that came after another answer.
pub const REASON_ALREADY_RESOLVED: &str = "APPROVAL_ALREADY_RESOLVED";
/// `details.reason` of a resolve for an approval that is unknown, expired or cleared by a restart.
pub const REASON_APPROVAL_NOT_FOUND: &str = "APPROVAL_NOT_FOUND";
/// `details.code` of a method that the connection's scopes do not allow.
pub const DETAIL_MISSING_SCOPE: &str = "MISSING_SCOPE";

/// An error as a gateway sent it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct GatewayError {
    pub code: ErrorCode,
    /// Written by the gateway; untrusted text.
    pub message: String,
    pub details: Value,
    pub retryable: bool,
    pub retry_after_ms: Option<u64>,
}

wire! {
    /// The details of a refused connect, as far as they concern a client.
    pub struct ConnectErrorDetails {
        pub code: Option<ConnectErrorCode>,
        pub reason: Option<String>,
        pub request_id: Option<String>,
        pub device_id: Option<String>,
        pub recommended_next_step: Option<NextStep>,
        pub can_retry_with_device_token: bool,
        pub pause_reconnect: Option<bool>,
        pub retryable: Option<bool>,
        pub remediation_hint: Option<String>,
        pub requested_scopes: Vec<String>,
        pub approved_scopes: Vec<String>,
        pub expected_protocol: Option<u64>,
        pub retry_after_ms: Option<u64>,
    }
}

impl GatewayError {
    /// Reads an error from whatever was in its place.
    pub fn from_value(value: Value) -> Self {
        let field = |name: &str| value.get(name);
        Self {
            code: ErrorCode::from(field("code").and_then(text_of).unwrap_or_default().as_str()),
            message: field("message").and_then(text_of).unwrap_or_default(),
            details: field("details").cloned().unwrap_or_default(),
            retryable: field("retryable").and_then(Value::as_bool).unwrap_or(false),
            retry_after_ms: field("retryAfterMs").and_then(number),
        }
    }

    /// `details.code`, whatever the method.
    pub fn detail_code(&self) -> Option<&str> {
        self.details
            .get("code")?
            .as_str()
            .map(str::trim)
            .filter(|code| !code.is_empty())
    }

    /// `details.reason`, whatever the method.
    pub fn reason(&self) -> Option<&str> {
        self.details.get("reason")?.as_str()
    }

    /// The details of a refused connect.
    pub fn connect_details(&self) -> Option<ConnectErrorDetails> {
        let mut details: ConnectErrorDetails = serde_json::from_value(self.details.clone()).ok()?;
        details.request_id = details.request_id.filter(|id| is_request_id(id));
        Some(details)
    }

    /// The gateway is still starting; it takes connections in a moment.
    pub fn is_startup(&self) -> bool {
        self.code == ErrorCode::Unavailable && self.reason() == Some(REASON_STARTUP_SIDECARS)
    }

    /// The scope that was missing, when that was the reason.
    pub fn missing_scope(&self) -> Option<&str> {
        (self.detail_code() == Some(DETAIL_MISSING_SCOPE))
            .then(|| self.details.get("missingScope")?.as_str())?
    }
}

/// The characters and length that the reference client accepts in a pairing request id, because the
/// id is shown to people and pasted into a terminal.
fn is_request_id(id: &str) -> bool {
    let mut chars = id.chars();
    id.len() <= 128
        && chars
            .next()
            .is_some_and(|first| first.is_ascii_alphanumeric())
        && chars.all(|c| c.is_ascii_alphanumeric() || "._:-".contains(c))
}

fn number(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_str()?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn pairing_details_are_read_and_a_request_id_fit_for_a_shell_is_kept() {
        let error = GatewayError::from_value(json!({
            "code": "NOT_PAIRED", "message": "pairing required",
            "details": {"code": "PAIRING_REQUIRED", "requestId": "6f1c-2", "reason": "not-paired",
                "recommendedNextStep": "wait_then_retry", "pauseReconnect": false, "newField": 1}
        }));
        let details = error.connect_details().unwrap();
        assert_eq!(details.code, Some(ConnectErrorCode::PairingRequired));
        assert_eq!(details.request_id.as_deref(), Some("6f1c-2"));
        assert_eq!(details.recommended_next_step, Some(NextStep::WaitThenRetry));
        assert_eq!(details.pause_reconnect, Some(false));
    }

    #[test]
    fn a_request_id_that_would_be_a_shell_command_is_dropped() {
        let error = GatewayError::from_value(json!({
            "code": "NOT_PAIRED",
            "details": {"code": "PAIRING_REQUIRED", "requestId": "x; rm -rf ~"}
        }));
        assert_eq!(error.connect_details().unwrap().request_id, None);
    }

    #[test]
    fn an_error_in_any_other_shape_is_an_error_all_the_same() {
        let error = GatewayError::from_value(json!("nope"));
        assert_eq!(error.code, ErrorCode::Other(String::new()));
        assert!(!error.retryable);
    }

    #[test]
    fn a_starting_gateway_is_recognised_by_code_and_reason_not_by_words() {
        let starting = GatewayError::from_value(
            json!({"code": "UNAVAILABLE", "details": {"reason": "startup-sidecars"}}),
        );
        assert!(starting.is_startup());
        let busy =
            GatewayError::from_value(json!({"code": "UNAVAILABLE", "message": "startup-sidecars"}));
        assert!(!busy.is_startup());
    }
}
