//! A keychain that is not there when the app starts, and comes back.
#![allow(clippy::unwrap_used, reason = "a test")]
#![allow(
    dead_code,
    reason = "the desk is shared with the tests against real gateways"
)]

#[path = "../../../tests/real/desk.rs"]
mod desk;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use desk::{Desk, SOON};
use gatehouse_fleet::FleetEvent;
use gatehouse_fleet::view::{ConnectionView, GatewayId, SecretPlace, SecretStoreView};
use gatehouse_testkit::scripted_gateway::{Script, ScriptedGateway};
use gatehouse_vault::{
    Choice, ChoiceReason, MemoryVault, Place, Secret, SecretKey, SecretStoreState, SecretVault,
    VaultError,
};
use tokio::sync::watch;

const NO_SERVICE: ChoiceReason = ChoiceReason::NoSecretService;

/// A keychain that is there or not, and tells of it as the real one does: with every call.
struct Keychain {
    kept: MemoryVault,
    is_there: AtomicBool,
    seen: watch::Sender<Option<SecretStoreState>>,
}

impl Keychain {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            kept: MemoryVault::new(),
            is_there: AtomicBool::new(true),
            seen: watch::Sender::new(None),
        })
    }

    fn comes(&self, is_there: bool) {
        self.is_there.store(is_there, Ordering::SeqCst);
    }

    fn look(&self) -> SecretStoreState {
        let state = if self.is_there.load(Ordering::SeqCst) {
            SecretStoreState::Ready(Place::Keychain)
        } else {
            SecretStoreState::ChoiceNeeded { reason: NO_SERVICE }
        };
        self.seen
            .send_if_modified(|seen| seen.replace(state) != Some(state));
        state
    }

    fn check(&self) -> Result<(), VaultError> {
        match self.look() {
            SecretStoreState::Ready(_) => Ok(()),
            _ => Err(VaultError::ChoiceNeeded(NO_SERVICE)),
        }
    }
}

#[async_trait]
impl SecretVault for Keychain {
    async fn state(&self) -> SecretStoreState {
        self.look()
    }

    async fn choose(
        &self,
        _choice: Choice,
        _passphrase: Option<Secret>,
    ) -> Result<SecretStoreState, VaultError> {
        Ok(self.look())
    }

    async fn unlock(&self, _passphrase: Option<Secret>) -> Result<SecretStoreState, VaultError> {
        Ok(self.look())
    }

    async fn put(&self, key: &SecretKey, value: &Secret) -> Result<(), VaultError> {
        self.check()?;
        self.kept.put(key, value).await
    }

    async fn get(&self, key: &SecretKey) -> Result<Option<Secret>, VaultError> {
        self.check()?;
        self.kept.get(key).await
    }

    async fn delete(&self, key: &SecretKey) -> Result<(), VaultError> {
        self.check()?;
        self.kept.delete(key).await
    }

    fn place(&self) -> Option<Place> {
        Some(Place::Keychain)
    }

    fn standing(&self) -> watch::Receiver<Option<SecretStoreState>> {
        self.seen.subscribe()
    }
}

/// An app that knows two gateways and is started without the keychain that has their tokens.
async fn started_without() -> (Desk, Arc<Keychain>, [GatewayId; 2], [ScriptedGateway; 2]) {
    let gateways = [
        ScriptedGateway::start(Script::default()).await,
        ScriptedGateway::start(Script::default()).await,
    ];
    let keychain = Keychain::new();
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let before = Desk::over_secrets(folder.clone(), keychain.clone()).await;
    let ids = [
        before.join(&gateways[0].url(), "one", "secret").await,
        before.join(&gateways[1].url(), "two", "secret").await,
    ];
    before.fleet.shutdown().await;
    keychain.comes(false);
    let desk = Desk::over_secrets(folder, keychain.clone()).await;
    let is_stopped = |connection: &ConnectionView| matches!(connection, ConnectionView::Stopped { problem } if problem.code == "keychainUnavailable");
    for id in &ids {
        desk.connection(id, is_stopped).await;
    }
    (desk, keychain, ids, gateways)
}

async fn place(desk: &Desk, id: &GatewayId) -> SecretPlace {
    let gateways = desk.fleet.gateways_list().await;
    let gateway = gateways.into_iter().find(|g| g.id == *id).unwrap();
    gateway.credential.place
}

#[tokio::test]
async fn one_gateway_that_is_reconnected_brings_the_others_and_the_truth_about_the_secrets() {
    let (desk, keychain, ids, _gateways) = started_without().await;
    for id in &ids {
        assert_eq!(place(&desk, id).await, SecretPlace::Keychain, "it is there");
    }
    let mut events = desk.fleet.subscribe();
    keychain.comes(true);
    desk.fleet.gateway_reconnect(ids[0].clone()).await.unwrap();
    for id in &ids {
        desk.connected(id).await;
    }
    let told = async {
        loop {
            if let Ok(FleetEvent::SecretsChanged(view)) = events.recv().await {
                return view;
            }
        }
    };
    let ready = SecretStoreView::Ready {
        place: SecretPlace::Keychain,
    };
    assert_eq!(tokio::time::timeout(SOON, told).await.unwrap(), ready);
}

#[tokio::test]
async fn a_keychain_that_comes_back_is_noticed_without_a_click() {
    let (desk, keychain, ids, _gateways) = started_without().await;
    keychain.comes(true);
    for id in &ids {
        desk.connected(id).await;
    }
}

async fn token(keychain: &Keychain, id: &GatewayId) -> Option<String> {
    let key = SecretKey::gateway(&id.0, gatehouse_vault::GatewaySecret::Token).unwrap();
    let kept = keychain.kept.get(&key).await.unwrap();
    kept.map(|secret| secret.expose().to_owned())
}

fn at(id: &GatewayId, url: &str) -> gatehouse_fleet::view::EditGateway {
    gatehouse_fleet::view::EditGateway {
        id: id.clone(),
        url: url.to_owned(),
        name: String::new(),
        pin: None,
    }
}

#[tokio::test]
async fn another_listener_on_the_same_host_is_not_shown_the_secret() {
    let gateway = ScriptedGateway::start(Script::default()).await;
    let other = ScriptedGateway::start(Script::default()).await;
    let keychain = Keychain::new();
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let desk = Desk::over_secrets(folder, keychain.clone()).await;
    let id = desk.join(&gateway.url(), "one", "secret").await;
    desk.fleet
        .gateway_edit(at(&id, &other.url()))
        .await
        .unwrap();
    assert_eq!(token(&keychain, &id).await, None);
}

#[tokio::test]
async fn a_gateway_whose_secrets_cannot_be_forgotten_stays_where_it_was_and_connected() {
    let gateway = ScriptedGateway::start(Script::default()).await;
    let keychain = Keychain::new();
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let desk = Desk::over_secrets(folder, keychain.clone()).await;
    let id = desk.join(&gateway.url(), "one", "secret").await;
    keychain.comes(false);
    let refused = desk
        .fleet
        .gateway_edit(at(&id, "wss://elsewhere.example"))
        .await;
    assert_eq!(refused.unwrap_err().code(), "secretStoreChoiceNeeded");
    keychain.comes(true);
    desk.connected(&id).await;
    assert_eq!(token(&keychain, &id).await.as_deref(), Some("secret"));
    let view = desk.fleet.gateways_list().await.remove(0);
    assert_eq!(view.url.trim_end_matches('/'), gateway.url());
}
