//! What went wrong, as data. No words for people here: the page owns the words, one text per code.

use gatehouse_protocol::GatewayError;
use gatehouse_protocol::close;
use gatehouse_protocol::error::{ConnectErrorCode, ErrorCode};
use gatehouse_protocol::hello::HelloError;
use serde::{Deserialize, Serialize};

/// Longest text of a gateway that is kept: enough for a sentence, too little to fill a screen.
const MAX_DETAIL_CHARS: usize = 300;

/// Why a connection is not up, or what was wrong with a frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub struct Problem {
    pub code: ProblemCode,
    /// The gateway's or the system's own message. Untrusted, capped, without control characters. For
    /// `PinMismatch` and `TlsUntrusted` the fingerprint that was seen.
    pub detail: Option<String>,
    /// Of a pairing that waits for approval.
    pub request_id: Option<String>,
    pub device_id: Option<String>,
    #[specta(type = Option<f64>)]
    pub retry_after_ms: Option<u64>,
    pub close_code: Option<u16>,
}

/// What kind of problem. One text and one next step per code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "camelCase")]
pub enum ProblemCode {
    /// The gateway in this process could not be started. The client itself never says it.
    OwnGatewayFailed,
    // The gateway refused the connect: its `details.code`.
    AuthRequired,
    AuthUnauthorized,
    AuthTokenMissing,
    AuthTokenMismatch,
    AuthTokenNotConfigured,
    AuthPasswordMissing,
    AuthPasswordMismatch,
    AuthPasswordNotConfigured,
    AuthBootstrapTokenInvalid,
    AuthDeviceTokenMismatch,
    AuthScopeMismatch,
    AuthRateLimited,
    AuthTailscaleIdentityMissing,
    AuthTailscaleProxyMissing,
    AuthTailscaleWhoisFailed,
    AuthTailscaleIdentityMismatch,
    AuthIdentityHeaderRequired,
    AuthVerifiedUserRequired,
    AuthenticatedProfileUnavailable,
    ControlUiBuildMismatch,
    ControlUiOriginNotAllowed,
    ControlUiDeviceIdentityRequired,
    ProtocolMismatch,
    DeviceIdentityRequired,
    DeviceAuthInvalid,
    DeviceAuthDeviceIdMismatch,
    DeviceAuthSignatureExpired,
    DeviceAuthNonceRequired,
    DeviceAuthNonceMismatch,
    DeviceAuthSignatureInvalid,
    DeviceAuthPublicKeyInvalid,
    PairingRequired,
    ClientVersionMismatch,
    /// Refused with a code that this version does not know; `detail` has the message.
    Refused,

    // The way there.
    DnsFailed,
    /// Nothing listens there.
    ConnectionRefused,
    Unreachable,
    TimedOut,
    TlsUntrusted,
    TlsFailed,
    PinMismatch,
    /// A plain `ws://` address on a network that others may listen on.
    PlainTextRefused,
    /// A pin makes sense for `wss://` only.
    PinWithoutTls,
    /// Something answers, but not as a gateway does.
    NotAGateway,
    /// A proxy or the gateway answered with an HTTP error.
    UpgradeRefused,

    // A connection that was up, or nearly.
    FrameTooLarge,
    BadFrame,
    /// Silence for two ticks.
    TickTimeout,
    /// The gateway said that it goes away.
    Shutdown,
    /// The gateway is still starting.
    StartupSidecars,
    /// The gateway is there but has no capacity or no service now.
    Unavailable,
    ConnectionLost,
    /// The gateway ended the access: the device or its token was removed, or its rules were changed. It is asked again,
    /// and then says which.
    AccessRemoved,

    // On this side.
    KeychainLocked,
    KeychainUnavailable,
    NoCredential,
    Unknown,
}

impl Problem {
    pub fn new(code: ProblemCode) -> Self {
        Self {
            code,
            detail: None,
            request_id: None,
            device_id: None,
            retry_after_ms: None,
            close_code: None,
        }
    }

    pub fn with_detail(mut self, detail: impl AsRef<str>) -> Self {
        let detail = capped(detail.as_ref());
        self.detail = (!detail.is_empty()).then_some(detail);
        self
    }

    pub(crate) fn with_retry_after(mut self, ms: Option<u64>) -> Self {
        self.retry_after_ms = ms;
        self
    }

    /// A refused connect.
    pub(crate) fn from_connect_error(error: &GatewayError) -> Self {
        let details = error.connect_details();
        let code = match details.as_ref().and_then(|details| details.code.as_ref()) {
            Some(code) => ProblemCode::from_connect_code(code),
            None if error.is_startup() => ProblemCode::StartupSidecars,
            None if error.code == ErrorCode::NotPaired => ProblemCode::PairingRequired,
            None if error.code == ErrorCode::Unavailable => ProblemCode::Unavailable,
            None => ProblemCode::Refused,
        };
        let retry_after = error
            .retry_after_ms
            .or_else(|| details.as_ref().and_then(|details| details.retry_after_ms));
        let mut problem = Self::new(code)
            .with_detail(&error.message)
            .with_retry_after(retry_after);
        if let Some(details) = details {
            problem.request_id = details.request_id;
            problem.device_id = details.device_id.map(|id| capped(&id));
        }
        problem
    }

    /// A socket that was closed by the other side.
    pub(crate) fn from_close(code: Option<u16>, reason: &str) -> Self {
        let kind = match code {
            Some(close::TRY_AGAIN_LATER) => ProblemCode::StartupSidecars,
            Some(close::SERVICE_RESTART | close::GOING_AWAY) => ProblemCode::Shutdown,
            Some(close::TOO_BIG) => ProblemCode::FrameTooLarge,
            Some(close::ACCESS_REMOVED) => ProblemCode::AccessRemoved,
            Some(close::POLICY) => ProblemCode::Refused,
            _ => ProblemCode::ConnectionLost,
        };
        let mut problem = Self::new(kind).with_detail(reason);
        problem.close_code = code;
        problem
    }

    pub(crate) fn from_hello_error(error: &HelloError) -> Self {
        let code = match error {
            HelloError::NotAHello => ProblemCode::NotAGateway,
            HelloError::Protocol(_) => ProblemCode::ProtocolMismatch,
        };
        Self::new(code).with_detail(error.to_string())
    }
}

impl From<ProblemCode> for Problem {
    fn from(code: ProblemCode) -> Self {
        Self::new(code)
    }
}

impl ProblemCode {
    fn from_connect_code(code: &ConnectErrorCode) -> Self {
        use ConnectErrorCode as C;
        match code {
            C::AuthRequired => Self::AuthRequired,
            C::AuthUnauthorized => Self::AuthUnauthorized,
            C::AuthTokenMissing => Self::AuthTokenMissing,
            C::AuthTokenMismatch => Self::AuthTokenMismatch,
            C::AuthTokenNotConfigured => Self::AuthTokenNotConfigured,
            C::AuthPasswordMissing => Self::AuthPasswordMissing,
            C::AuthPasswordMismatch => Self::AuthPasswordMismatch,
            C::AuthPasswordNotConfigured => Self::AuthPasswordNotConfigured,
            C::AuthBootstrapTokenInvalid => Self::AuthBootstrapTokenInvalid,
            C::AuthDeviceTokenMismatch => Self::AuthDeviceTokenMismatch,
            C::AuthScopeMismatch => Self::AuthScopeMismatch,
            C::AuthRateLimited => Self::AuthRateLimited,
            C::AuthTailscaleIdentityMissing => Self::AuthTailscaleIdentityMissing,
            C::AuthTailscaleProxyMissing => Self::AuthTailscaleProxyMissing,
            C::AuthTailscaleWhoisFailed => Self::AuthTailscaleWhoisFailed,
            C::AuthTailscaleIdentityMismatch => Self::AuthTailscaleIdentityMismatch,
            C::AuthIdentityHeaderRequired => Self::AuthIdentityHeaderRequired,
            C::AuthVerifiedUserRequired => Self::AuthVerifiedUserRequired,
            C::AuthenticatedProfileUnavailable => Self::AuthenticatedProfileUnavailable,
            C::ControlUiBuildMismatch => Self::ControlUiBuildMismatch,
            C::ControlUiOriginNotAllowed => Self::ControlUiOriginNotAllowed,
            C::ControlUiDeviceIdentityRequired => Self::ControlUiDeviceIdentityRequired,
            C::ProtocolMismatch => Self::ProtocolMismatch,
            C::DeviceIdentityRequired => Self::DeviceIdentityRequired,
            C::DeviceAuthInvalid => Self::DeviceAuthInvalid,
            C::DeviceAuthDeviceIdMismatch => Self::DeviceAuthDeviceIdMismatch,
            C::DeviceAuthSignatureExpired => Self::DeviceAuthSignatureExpired,
            C::DeviceAuthNonceRequired => Self::DeviceAuthNonceRequired,
            C::DeviceAuthNonceMismatch => Self::DeviceAuthNonceMismatch,
            C::DeviceAuthSignatureInvalid => Self::DeviceAuthSignatureInvalid,
            C::DeviceAuthPublicKeyInvalid => Self::DeviceAuthPublicKeyInvalid,
            C::PairingRequired => Self::PairingRequired,
            C::ClientVersionMismatch => Self::ClientVersionMismatch,
            C::Other(_) => Self::Refused,
        }
    }
}

/// Untrusted text, fit to be shown: no control characters, not longer than a sentence.
fn capped(text: &str) -> String {
    text.chars()
        .filter(|c| !c.is_control())
        .take(MAX_DETAIL_CHARS)
        .collect::<String>()
        .trim()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_code_from_the_future_is_a_refusal_with_the_gateways_words() {
        let error = GatewayError::from_value(
            json!({"code": "NOPE", "message": "because\u{7}", "details": {"code": "AUTH_HOROSCOPE"}}),
        );
        let problem = Problem::from_connect_error(&error);
        assert_eq!(problem.code, ProblemCode::Refused);
        assert_eq!(problem.detail.as_deref(), Some("because"));
    }

    #[test]
    fn a_detail_is_capped() {
        let problem = Problem::new(ProblemCode::Unknown).with_detail("x".repeat(1_000_000));
        assert_eq!(problem.detail.unwrap().len(), MAX_DETAIL_CHARS);
    }

    #[test]
    fn codes_go_to_the_page_in_camel_case() {
        assert_eq!(
            serde_json::to_value(ProblemCode::PinMismatch).unwrap(),
            json!("pinMismatch")
        );
    }
}
