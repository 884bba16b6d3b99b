//! What can go wrong with something a person asked for, by what they can do about it.

use gatehouse_client::{AddressError, PinError, RequestError};
use gatehouse_protocol::ErrorCode;
use gatehouse_store::StoreError;
use gatehouse_vault::VaultError;

use crate::inbox::Refusal;
use crate::untrusted::one_line;
use crate::view::CommandError;

/// Why the fleet could not do it.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    #[error("the fleet has stopped")]
    Stopped,
    #[error("no such gateway")]
    NoSuchGateway,
    #[error("this gateway is here already")]
    GatewayExists,
    #[error("no such session")]
    NoSuchSession,
    #[error("no such message")]
    NoSuchMessage,
    #[error("what was pasted has been dropped by now")]
    NoSuchDraft,
    #[error("nothing runs in this session")]
    NothingRuns,
    #[error("the gateway stopped something else; this run goes on")]
    RunGoesOn,
    #[error("the gateway is not connected")]
    NotConnected,
    #[error("this text pairs a node, not an operator")]
    NodeJoinLink,
    #[error("the gateway's address cannot be used: {0}")]
    Address(#[from] AddressError),
    #[error("a plain ws:// address outside of a private network")]
    PlainTextRefused,
    #[error(transparent)]
    Pin(#[from] PinError),
    #[error("{0}")]
    InvalidInput(&'static str),
    #[error("the gateway has no {0}")]
    NotSupported(&'static str),
    #[error("another policy came into force in the meantime")]
    PolicyMoved,
    #[error("the policy has errors")]
    PolicyInvalid,
    /// The gateway's own words.
    #[error("it cannot be brought back: {0}")]
    UndoGone(String),
    #[error("the file cannot be written: {0}")]
    File(#[from] std::io::Error),
    #[error("the gateway did not grant this app {0}")]
    MissingScope(String),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Request(#[from] RequestError),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl FleetError {
    /// The code that the page acts on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Stopped => "internal",
            Self::NoSuchGateway => "gatewayUnknown",
            Self::GatewayExists => "gatewayExists",
            Self::NoSuchSession => "sessionUnknown",
            Self::NoSuchMessage | Self::InvalidInput(_) | Self::NothingRuns => "invalidInput",
            Self::RunGoesOn => "runGoesOn",
            Self::NoSuchDraft => "draftUnknown",
            Self::NotConnected => "notConnected",
            Self::NodeJoinLink => "nodeJoinLink",
            Self::Address(error) => address_code(error),
            Self::Pin(_) => "badAddress",
            Self::PlainTextRefused => "plainTextRefused",
            Self::NotSupported(_) => "notSupported",
            Self::PolicyMoved => "policyMoved",
            Self::PolicyInvalid => "policyInvalid",
            Self::UndoGone(_) => "undoGone",
            Self::File(_) => "internal",
            Self::MissingScope(_) => "missingScope",
            Self::Refused(refusal) => refusal_code(*refusal),
            Self::Request(error) => request_code(error),
            Self::Vault(error) => vault_code(error),
            Self::Store(_) => "cacheFailed",
        }
    }

    /// As the desktop's edge passes it on. The gateway's words are escaped.
    pub fn to_view(&self) -> CommandError {
        CommandError {
            code: self.code().to_owned(),
            message: one_line(&self.to_string(), 1024),
            retryable: self.is_retryable(),
        }
    }

    fn is_retryable(&self) -> bool {
        match self {
            Self::NotConnected => true,
            Self::Refused(refusal) => {
                matches!(refusal, Refusal::ItemChanged | Refusal::Unreachable)
            }
            Self::Request(RequestError::Gateway(error)) => error.retryable,
            Self::Request(error) => matches!(
                error,
                RequestError::Disconnected | RequestError::TimedOut { .. } | RequestError::Busy
            ),
            Self::Vault(error) => {
                matches!(
                    error,
                    VaultError::KeychainLocked | VaultError::KeychainTimedOut(_)
                )
            }
            Self::Store(error) => matches!(error, StoreError::Busy | StoreError::DiskFull),
            _ => false,
        }
    }
}

/// Why an address cannot be used, as a problem code.
pub(crate) fn address_code(error: &AddressError) -> &'static str {
    match error {
        AddressError::Port => "badPort",
        AddressError::Second => "secondAddress",
        AddressError::Malformed | AddressError::Scheme | AddressError::NoHost => "badAddress",
    }
}

fn refusal_code(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::NoSuchItem => "itemUnknown",
        Refusal::ItemChanged => "itemChanged",
        Refusal::NotOffered => "notOffered",
        Refusal::DecisionInFlight => "busy",
        Refusal::AlreadyEnded => "alreadyDecided",
        Refusal::Unreachable => "notConnected",
        Refusal::AnswerIncomplete => "invalidInput",
    }
}

/// The code for a request that failed.
pub(crate) fn request_code(error: &RequestError) -> &'static str {
    match error {
        RequestError::Disconnected => "disconnected",
        RequestError::Stale => "stale",
        RequestError::TimedOut { .. } => "timedOut",
        RequestError::Busy => "busy",
        RequestError::TooLarge { .. } => "tooLarge",
        RequestError::Unsupported { .. } => "notSupported",
        RequestError::BadResponse { .. } => "badFrame",
        RequestError::Gateway(error) if is_missing_scope(error) => "missingScope",
        RequestError::Gateway(_) => "gatewayRefused",
    }
}

/// `details.code` says so in protocol 4; older gateways say it in words alone.
fn is_missing_scope(error: &gatehouse_protocol::GatewayError) -> bool {
    let code = error
        .details
        .get("code")
        .and_then(serde_json::Value::as_str);
    code == Some("MISSING_SCOPE") || error.code == ErrorCode::from("FORBIDDEN")
}

fn vault_code(error: &VaultError) -> &'static str {
    match error {
        VaultError::ChoiceNeeded(_) => "secretStoreChoiceNeeded",
        VaultError::KeychainLocked => "keychainLocked",
        VaultError::PassphraseNeeded | VaultError::WrongPassphrase => "passphraseWrong",
        VaultError::PassphraseTooShort { .. } | VaultError::BadKey => "invalidInput",
        _ => "secretStoreUnavailable",
    }
}
