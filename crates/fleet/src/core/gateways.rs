//! Gateways and their connections: started, replaced, paused, watched.

use std::sync::Arc;

use gatehouse_client::{
    CertificatePin, Connection, ConnectionConfig, ConnectionEvent, ConnectionState, GatewayUrl,
    Limits, Problem, ProblemCode,
};
use gatehouse_protocol::Scope;
use gatehouse_store::GatewayRecord;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::entry::kind_word;
use super::{Core, CoreHandle, Fact, News, Write};
use crate::api::{host_and_port, host_of, may_have_the_secrets_of};
use crate::ask::Asker;
use crate::credentials::{CredentialChange, GatewayCredentials};
use crate::discover::first_name;
use crate::error::FleetError;
use crate::fleet::FleetEvent;
use crate::inbox::{EpochMs, InboxEvent};
use crate::untrusted::one_line;
use crate::view::{CredentialKind, GatewayId, GatewayView};

/// What is asked for at a gateway. It grants what it will; each screen asks what was granted.
const SCOPES: [Scope; 6] = [
    Scope::Read,
    Scope::Write,
    Scope::Approvals,
    Scope::Questions,
    Scope::Pairing,
    Scope::Admin,
];

/// Characters of a gateway's name, less the number that tells it from another.
const NAME: usize = 80;

impl Core {
    /// Starts a gateway's connection, in place of the one it has.
    pub(crate) fn connect(&mut self, id: &GatewayId) {
        self.disconnect(id);
        self.epochs += 1;
        let epoch = self.epochs;
        let Some(entry) = self.gateways.get_mut(id) else {
            return;
        };
        entry.epoch = epoch;
        entry.unusable = None;
        self.gateways_changed = true;
        if entry.record.paused {
            return;
        }
        let config = match config(&entry.record, &self.client) {
            Ok(config) => config,
            Err(code) => {
                entry.unusable = Some(Problem::from(code));
                return;
            }
        };
        let source = GatewayCredentials {
            safe: self.safe.clone(),
            gateway: id.clone(),
            kind: entry.kind,
            changed: credential_listener(self.handle.clone(), id.clone()),
        };
        let cancel = self.cancel.child_token();
        let (connection, events) =
            Connection::spawn(config, Arc::new(source), &self.tracker, cancel.clone());
        let facts = self.handle.facts.clone();
        self.tracker.spawn(pump(
            id.clone(),
            epoch,
            connection.clone(),
            events,
            facts,
            cancel.clone(),
        ));
        if let Some(entry) = self.gateways.get_mut(id) {
            entry.link = Some((connection, cancel));
        }
        self.touch();
    }

    /// Ends a gateway's connection, if it has one.
    pub(crate) fn disconnect(&mut self, id: &GatewayId) {
        self.lost(id, self.now());
        self.is_not_away(id);
        let Some(entry) = self.gateways.get_mut(id) else {
            return;
        };
        entry.state = ConnectionState::Idle;
        if let Some((connection, cancel)) = entry.link.take() {
            self.tracker.spawn(async move {
                connection.close().await;
                cancel.cancel();
            });
        }
        self.gateways_changed = true;
        self.touch();
    }

    /// What follows when a gateway is not connected any more. `heard`: when it was last heard from.
    pub(crate) fn lost(&mut self, id: &GatewayId, heard: EpochMs) {
        let now = self.now();
        let Some(entry) = self.gateways.get_mut(id) else {
            return;
        };
        let Some((generation, _)) = entry.up.take() else {
            return;
        };
        let generation = entry.inbox_generation(generation);
        entry.presence.clear();
        entry.away = Some((now, false));
        entry.record.last_seen = Some(heard);
        self.keep_seen(id, heard);
        self.inbox_event(InboxEvent::Down {
            gateway: id.clone(),
            generation,
        });
        self.sessions_lost(id);
        self.chats_lost(id);
    }

    /// Tries again now: with the same connection where it only waits, with a new one where it has ended.
    pub(crate) fn reconnect(&mut self, id: &GatewayId) -> Result<(), FleetError> {
        let entry = self.gateways.get(id).ok_or(FleetError::NoSuchGateway)?;
        match &entry.link {
            Some((connection, _)) if entry.unusable.is_none() => connection.reconnect_now(),
            _ => self.connect(id),
        }
        Ok(())
    }

    /// Whether another address is that of another listener, or of the same without TLS. Then the connection ends now,
    /// before the secrets are forgotten, so that nothing writes them again.
    pub(crate) fn leave_address(&mut self, id: &GatewayId, url: &str) -> Result<bool, FleetError> {
        if self
            .gateways
            .iter()
            .any(|(other, entry)| other != id && entry.record.url == url)
        {
            return Err(FleetError::GatewayExists);
        }
        let entry = self.gateways.get(id).ok_or(FleetError::NoSuchGateway)?;
        let is_elsewhere = !may_have_the_secrets_of(&entry.record.url, url);
        if is_elsewhere {
            self.disconnect(id);
        }
        Ok(is_elsewhere)
    }

    /// The name of a gateway that is to be added: its host's where the person gave none, with the port where another
    /// gateway there has that name.
    pub(crate) fn name_new(&self, url: &str, name: &str) -> Result<String, FleetError> {
        if self.gateways.values().any(|e| e.record.url == url) {
            return Err(FleetError::GatewayExists);
        }
        let first = GatewayUrl::parse(url).map_or_else(|_| url.to_owned(), |u| first_name(&u));
        let given = Some(name.trim())
            .filter(|name| !name.is_empty() && *name != first && *name != host_of(url));
        Ok(match given {
            Some(name) => self.free_name(name, None),
            None if self.is_taken(&first, None) => self.free_name(&host_and_port(url), None),
            None => one_line(&first, NAME),
        })
    }

    /// Takes a gateway out, with all that is known of it. False where it is not there.
    pub(crate) fn remove_gateway(&mut self, id: &GatewayId) -> bool {
        self.disconnect(id);
        let was_there = self.gateways.remove(id).is_some();
        self.inbox_event(InboxEvent::Removed {
            gateway: id.clone(),
        });
        self.sessions.forget(id);
        self.chats.retain(|session, _| session.gateway != *id);
        self.unsent.retain(|session, _| session.gateway != *id);
        self.gateways_changed = true;
        self.touch();
        was_there
    }

    /// Another credential is kept now: connects with it.
    pub(crate) fn credential_now(
        &mut self,
        id: &GatewayId,
        kind: CredentialKind,
        saved_at: Option<EpochMs>,
    ) -> Result<GatewayView, FleetError> {
        let entry = self.gateways.get_mut(id).ok_or(FleetError::NoSuchGateway)?;
        entry.kind = kind;
        entry.record.credential = kind_word(kind).to_owned();
        entry.record.credential_saved_at = saved_at;
        if saved_at.is_none() {
            entry.known.has_device_token = false;
        }
        self.keep_gateway(id);
        self.connect(id);
        self.view_of(id)
    }

    pub(crate) fn view_of(&self, id: &GatewayId) -> Result<GatewayView, FleetError> {
        let entry = self.gateways.get(id).ok_or(FleetError::NoSuchGateway)?;
        Ok(self.gateway_view(id, entry))
    }

    /// Someone to ask at a gateway, while it is connected.
    pub(crate) fn asker(&self, id: &GatewayId) -> Option<Asker> {
        let entry = self.gateways.get(id)?;
        let (generation, hello) = entry.up.clone()?;
        let connection = entry.connection()?;
        Some(Asker {
            connection,
            generation,
            hello,
            device: self.device.clone(),
        })
    }

    pub(crate) fn gateway_name(&self, id: &GatewayId) -> String {
        self.gateways
            .get(id)
            .map_or_else(|| id.0.clone(), |entry| entry.record.name.clone())
    }

    /// A name that no other gateway has: notices, the tray and the inbox tell gateways apart by it.
    pub(crate) fn free_name(&self, wanted: &str, of: Option<&GatewayId>) -> String {
        let wanted = one_line(wanted.trim(), NAME);
        if !self.is_taken(&wanted, of) {
            return wanted;
        }
        let numbered = (2..).map(|number| format!("{wanted} {number}"));
        let mut free = numbered.skip_while(|name| self.is_taken(name, of));
        free.next().unwrap_or(wanted)
    }

    fn is_taken(&self, name: &str, of: Option<&GatewayId>) -> bool {
        let mut others = self.gateways.iter().filter(|(id, _)| Some(*id) != of);
        others.any(|(_, entry)| entry.record.name.to_lowercase() == name.to_lowercase())
    }

    /// Writes a gateway's record down.
    pub(crate) fn keep_gateway(&mut self, id: &GatewayId) {
        let Some(entry) = self.gateways.get_mut(id) else {
            return;
        };
        entry.record.json = serde_json::to_string(&entry.known).unwrap_or_default();
        let record = Box::new(entry.record.clone());
        if self.scribe.write(Write::Gateway(record)).is_err() {
            tracing::warn!("a change of a gateway was not written: the store is busy");
        }
        self.gateways_changed = true;
        self.touch();
    }

    pub(crate) fn credential_changed(&mut self, id: &GatewayId, change: CredentialChange) {
        let Some(entry) = self.gateways.get_mut(id) else {
            return;
        };
        match change {
            CredentialChange::Device(device) => {
                self.device = Some(device);
                return;
            }
            CredentialChange::DeviceTokenKept => entry.known.has_device_token = true,
            CredentialChange::DeviceTokenForgotten => entry.known.has_device_token = false,
            CredentialChange::BootstrapUsed => {
                entry.kind = CredentialKind::None;
                entry.record.credential = kind_word(CredentialKind::None).to_owned();
            }
        }
        self.keep_gateway(id);
    }

    pub(crate) fn gateways_event(&self) -> FleetEvent {
        FleetEvent::GatewaysChanged(self.gateway_views())
    }
}

pub(crate) fn config(
    record: &GatewayRecord,
    client: &gatehouse_protocol::ClientInfo,
) -> Result<ConnectionConfig, ProblemCode> {
    let url = GatewayUrl::parse(&record.url).map_err(|_| ProblemCode::NotAGateway)?;
    let pin = record.pin.as_deref().map(CertificatePin::parse).transpose();
    Ok(ConnectionConfig {
        url,
        pin: pin.map_err(|_| ProblemCode::PinMismatch)?,
        client: client.clone(),
        caps: &gatehouse_protocol::connect::caps::OFFERED,
        scopes: SCOPES.to_vec(),
        limits: Limits::default(),
        backoff: gatehouse_client::BackoffPolicy::default(),
    })
}

fn credential_listener(
    handle: CoreHandle,
    id: GatewayId,
) -> Box<dyn Fn(CredentialChange) + Send + Sync> {
    Box::new(move |change| {
        let (handle, id) = (handle.clone(), id.clone());
        // Comes from the connection's own task, which must not wait for the core.
        tokio::spawn(async move {
            let _ = handle
                .tell(move |core| core.credential_changed(&id, change))
                .await;
        });
    })
}

/// Carries what a connection tells to the core. A core that is busy makes the gateway wait.
async fn pump(
    gateway: GatewayId,
    epoch: u64,
    connection: Connection,
    mut events: mpsc::Receiver<ConnectionEvent>,
    facts: mpsc::Sender<Fact>,
    cancel: CancellationToken,
) {
    let mut state = connection.state();
    drop(connection);
    loop {
        let news = tokio::select! {
            biased;
            () = cancel.cancelled() => return,
            Some(event) = events.recv() => News::Event(event),
            Ok(()) = state.changed() => News::State(state.borrow_and_update().clone()),
            else => return,
        };
        let fact = Fact {
            gateway: gateway.clone(),
            epoch,
            news,
        };
        if facts.send(fact).await.is_err() {
            return;
        }
    }
}
