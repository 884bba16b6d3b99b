//! One gateway, as the core holds it: its record, its connection, what is known of it.

use std::sync::Arc;

use gatehouse_client::{Connection, ConnectionState, Generation, Problem};
use gatehouse_protocol::HelloOk;
use gatehouse_protocol::model::presence::PresenceEntry;
use gatehouse_store::GatewayRecord;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::troubles::Troubles;
use crate::inbox::EpochMs;
use crate::view::CredentialKind;

/// Questions to one gateway at once, decisions apart. The client bounds its requests at 64 in all.
const ASKED_AT_ONCE: usize = 8;

/// What is known of a gateway beside its record, over starts of the app.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Known {
    pub(crate) has_device_token: bool,
    pub(crate) server_version: Option<String>,
    /// It keeps a policy of its own.
    pub(crate) governed: bool,
}

/// One gateway.
pub(crate) struct Entry {
    pub(crate) record: GatewayRecord,
    pub(crate) kind: CredentialKind,
    pub(crate) known: Known,
    pub(crate) epoch: u64,
    pub(crate) link: Option<(Connection, CancellationToken)>,
    pub(crate) state: ConnectionState,
    /// Of the connection that is up.
    pub(crate) up: Option<(Generation, Arc<HelloOk>)>,
    pub(crate) presence: Vec<PresenceEntry>,
    pub(crate) turns: Arc<Semaphore>,
    /// Since when it is away, and whether that was said.
    pub(crate) away: Option<(EpochMs, bool)>,
    /// Why it cannot even be tried.
    pub(crate) unusable: Option<Problem>,
    pub(crate) troubles: Troubles,
}

impl Entry {
    pub(crate) fn new(record: GatewayRecord) -> Self {
        Self {
            kind: kind_of(&record.credential),
            known: serde_json::from_str(&record.json).unwrap_or_default(),
            record,
            epoch: 0,
            link: None,
            state: ConnectionState::Idle,
            up: None,
            presence: Vec::new(),
            turns: Arc::new(Semaphore::new(ASKED_AT_ONCE)),
            away: None,
            unusable: None,
            troubles: Troubles::default(),
        }
    }

    /// The connection that is up.
    pub(crate) fn connection(&self) -> Option<Connection> {
        self.up.as_ref()?;
        self.link.as_ref().map(|(connection, _)| connection.clone())
    }

    /// The inbox's number for a connection of this gateway, over replaced connections.
    pub(crate) fn inbox_generation(&self, generation: Generation) -> u64 {
        (self.epoch << 32) | (generation.0 & 0xffff_ffff)
    }
}

pub(crate) fn kind_of(word: &str) -> CredentialKind {
    match word {
        "token" => CredentialKind::Token,
        "password" => CredentialKind::Password,
        "setupCode" => CredentialKind::SetupCode,
        _ => CredentialKind::None,
    }
}

pub(crate) fn kind_word(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::None => "none",
        CredentialKind::Token => "token",
        CredentialKind::Password => "password",
        CredentialKind::SetupCode => "setupCode",
    }
}
