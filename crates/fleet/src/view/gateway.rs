//! Gateways as the page sees them: where they are, how the connection stands, where the secret lives.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{ExecMode, Millis};

/// Our own name for a stored gateway. Random, never derived from its address or secret.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Type)]
#[serde(transparent)]
pub struct GatewayId(pub String);

/// One gateway in the rail, the fleet and the settings.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct GatewayView {
    pub id: GatewayId,
    pub name: String,
    /// Never with user information, query or fragment.
    pub url: String,
    /// The gateway in this process. It is started and switched off with a setting, and needs no secret of a person.
    pub own: bool,
    /// It keeps policy, audit and credentials itself.
    pub governed: bool,
    pub connection: ConnectionView,
    pub credential: CredentialView,
    /// The protocol version that was agreed on, once connected.
    pub protocol: Option<u32>,
    pub server_version: Option<String>,
    /// Scopes that the gateway granted.
    pub scopes: Vec<String>,
    /// SHA-256 of the pinned leaf certificate, as hex pairs joined by colons.
    pub pin: Option<String>,
    /// Items of this gateway that wait for a person.
    pub waiting: u32,
    /// Sessions with a run in flight.
    pub running: u32,
    /// When it was last heard from, over all starts of the app. While it is connected that is now; this is then when
    /// it connected.
    pub last_seen: Option<Millis>,
    /// Frames that could not be read since the app was started; what they told was asked for again.
    pub unreadable: Option<UnreadableView>,
    /// Of what waits there for a person, how much could not be read at all when it was last listed.
    pub unreadable_waiting: u32,
    /// How the connection last ended by itself since the app was started.
    pub interruption: Option<InterruptionView>,
    /// The largest attachment the gateway takes, in bytes, once connected.
    pub max_attachment_bytes: Option<f64>,
    /// How far its sessions' agents can be let go, once connected; empty where it takes no such wish.
    pub exec_modes: Vec<ExecMode>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct UnreadableView {
    pub count: u32,
    pub last_at: Millis,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct InterruptionView {
    pub at: Millis,
    pub problem: ProblemView,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum ConnectionView {
    /// The person switched it off.
    Paused,
    Connecting {
        attempt: u32,
    },
    Ready {
        since: Millis,
    },
    /// It will try again by itself.
    Backoff {
        until: Millis,
        attempt: u32,
        problem: ProblemView,
    },
    /// The gateway waits for an operator to approve this device.
    PairingRequired {
        problem: ProblemView,
    },
    /// It will not try again until a person does something.
    Stopped {
        problem: ProblemView,
    },
}

/// What went wrong, as data. The words are the page's: `ui/src/lib/errors` has an entry for each code.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ProblemView {
    /// One of the client's problem codes, in camel case.
    pub code: String,
    /// The gateway's own words: untrusted, escaped and capped. Shown in small type, to copy.
    pub detail: Option<String>,
    /// The pairing request that waits, to be named to whoever approves it.
    pub request_id: Option<String>,
    pub device_id: Option<String>,
}

/// Where a gateway's secret lives. Never the secret, nor any part of it.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CredentialView {
    pub kind: CredentialKind,
    pub place: SecretPlace,
    /// A device token from an earlier pairing is kept as well.
    pub has_device_token: bool,
    pub saved_at: Option<Millis>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum CredentialKind {
    None,
    Token,
    Password,
    SetupCode,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum SecretPlace {
    /// The operating system's keychain.
    Keychain,
    /// A file encrypted with the person's passphrase.
    EncryptedFile,
    /// Gone when the app ends.
    Memory,
    /// There is none.
    Nowhere,
    /// The record of where secrets are kept cannot be read.
    Unknown,
}

/// Whether secrets can be kept, and where.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum SecretStoreView {
    /// Ready to keep and read secrets.
    Ready { place: SecretPlace },
    /// The keychain is there but locked; unlocking is the system's own prompt.
    KeychainLocked,
    /// No keychain answers. The person has to choose: an encrypted file or memory only.
    ChoiceNeeded { reason: String },
    /// The encrypted file waits for its passphrase.
    PassphraseNeeded { wrong: bool },
}

/// The person's answer to `SecretStoreView::ChoiceNeeded`, or to a passphrase that is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum SecretStoreChoice {
    /// Try the keychain again.
    Keychain,
    EncryptedFile,
    /// A new encrypted file in the place of one whose passphrase is forgotten. The old one is set aside, still
    /// encrypted; what is in it has to be given again.
    NewEncryptedFile,
    Memory,
}

/// What was made of a pasted text. A secret found in it stays in the backend under `draft`.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Recognised {
    pub form: PastedForm,
    /// Names the draft that holds the pasted secret until the gateway is added or the draft is dropped.
    pub draft: Option<String>,
    /// Where it would connect; without credentials.
    pub url: Option<String>,
    pub name: Option<String>,
    pub credential: CredentialKind,
    /// Why it cannot be used, as a problem code.
    pub problem: Option<ProblemView>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum PastedForm {
    Url,
    DashboardLink,
    SetupCode,
    BareToken,
    /// `openclaw://gateway/add?…`, `gatehouse://add?…`
    AddLink,
    /// `/j/<code>`: pairs a node, not an operator.
    NodeJoinLink,
    Unknown,
}

/// What was found on this computer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Discovered {
    pub gateways: Vec<FoundGateway>,
    /// What says that there is a gateway, and cannot be used.
    pub broken: Vec<BrokenGateway>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct BrokenGateway {
    /// The file or the variable, as the person would write it.
    pub source: String,
    pub problem: DiscoveryFault,
    /// The line of the file, from 1, where it is known.
    pub line: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum DiscoveryFault {
    /// The file is there and cannot be read, or not as a configuration.
    Unreadable,
    /// Its port is no port.
    BadPort,
    /// Its address cannot be used.
    BadAddress,
}

/// A gateway found on this computer; offered, never used by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FoundGateway {
    /// Holds what was found, its secret included, in the backend.
    pub draft: String,
    pub url: String,
    pub name: String,
    pub credential: CredentialKind,
    /// The file or the variable that it was read from, as the person would write it.
    pub source: String,
    pub already_added: bool,
}

/// Adds a gateway. Either a draft holds the secret, or the person typed one; it goes in once and never comes back.
#[derive(Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AddGateway {
    pub url: String,
    pub name: String,
    pub draft: Option<String>,
    pub secret: Option<SecretInput>,
    pub pin: Option<String>,
}

#[derive(Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct EditGateway {
    pub id: GatewayId,
    pub url: String,
    pub name: String,
    pub pin: Option<String>,
}

/// A secret on its way in. Has no `Debug` and no `Serialize`.
#[derive(Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SecretInput {
    pub kind: CredentialKind,
    pub value: String,
}
