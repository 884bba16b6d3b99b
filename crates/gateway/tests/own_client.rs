//! Our own client against our own gateway: in the clear on this machine, and over TLS with a pin.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use gatehouse_client::{
    BackoffPolicy, CertificatePin, Connection, ConnectionConfig, ConnectionEvent, CredentialError,
    CredentialSource, Credentials, GatewayUrl, Limits,
};
use gatehouse_protocol::methods::{DevicePairsList, Health, SystemPresence};
use gatehouse_protocol::{
    ClientId, ClientInfo, ClientMode, DeviceKey, DeviceToken, NoParams, ProtocolVersion, Scope,
    Secret,
};
use support::{PATIENCE, TOKEN, TestGateway};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The shared token, until the gateway has given this device one of its own.
#[derive(Default)]
struct Keys {
    own: Mutex<Option<DeviceToken>>,
    shared: Option<&'static str>,
}

#[async_trait]
impl CredentialSource for Keys {
    async fn load(&self) -> Result<Credentials, CredentialError> {
        Ok(Credentials {
            token: self.shared.and_then(Secret::new),
            password: None,
            bootstrap_token: None,
            device_token: self.own.lock().unwrap().clone(),
            device_key: Some(DeviceKey::from_seed([33; 32])),
        })
    }

    async fn keep_device_token(&self, token: DeviceToken) -> Result<(), CredentialError> {
        *self.own.lock().unwrap() = Some(token);
        Ok(())
    }

    async fn forget_device_token(&self) -> Result<(), CredentialError> {
        Ok(())
    }

    async fn bootstrap_used(&self) -> Result<(), CredentialError> {
        Ok(())
    }
}

fn open(
    url: &str,
    pin: Option<&str>,
    keys: Arc<Keys>,
) -> (Connection, mpsc::Receiver<ConnectionEvent>) {
    let config = ConnectionConfig {
        caps: &gatehouse_protocol::connect::caps::OFFERED,
        url: GatewayUrl::parse(url).unwrap(),
        pin: pin.map(|pin| CertificatePin::parse(pin).unwrap()),
        client: ClientInfo {
            id: ClientId::GatewayClient,
            mode: ClientMode::Ui,
            display_name: Some("Gatehouse".into()),
            version: "0.1.0".into(),
            platform: "linux".into(),
            device_family: None,
            instance_id: None,
        },
        scopes: vec![Scope::Read, Scope::Pairing],
        limits: Limits::default(),
        backoff: BackoffPolicy::default(),
    };
    Connection::spawn(config, keys, &TaskTracker::new(), CancellationToken::new())
}

async fn up(events: &mut mpsc::Receiver<ConnectionEvent>) -> ConnectionEvent {
    tokio::time::timeout(PATIENCE, events.recv())
        .await
        .expect("in time")
        .expect("an event")
}

#[tokio::test]
async fn our_client_comes_in_asks_and_comes_back_with_the_token_it_was_given() {
    let gateway = TestGateway::start().await;
    let url = format!("ws://{}", gateway.address());
    let keys = Arc::new(Keys {
        shared: Some(TOKEN),
        ..Keys::default()
    });
    let (connection, mut events) = open(&url, None, Arc::clone(&keys));
    let ConnectionEvent::Up { hello, .. } = up(&mut events).await else {
        panic!("the connection comes up");
    };
    assert_eq!(hello.protocol, ProtocolVersion::V4);
    let health = connection.request::<Health>(NoParams {}).await.unwrap();
    assert_eq!(health["ok"], true);
    let presence = connection
        .request::<SystemPresence>(NoParams {})
        .await
        .unwrap();
    assert!(presence.unreadable.is_empty() && !presence.items.is_empty());
    let devices = connection
        .request::<DevicePairsList>(NoParams {})
        .await
        .unwrap();
    assert_eq!(devices.paired.items.len(), 1);
    connection.close().await;

    let kept = keys.own.lock().unwrap().clone();
    let alone = Arc::new(Keys {
        own: Mutex::new(kept),
        shared: None,
    });
    let (connection, mut events) = open(&url, None, alone);
    assert!(matches!(up(&mut events).await, ConnectionEvent::Up { .. }));
    connection.close().await;
}

#[tokio::test]
async fn a_self_signed_certificate_is_kept_over_restarts_and_its_pin_is_enough() {
    let state = tempfile::tempdir().unwrap();
    let mut seen = Vec::new();
    for _ in 0..2 {
        let folder = state.path().to_owned();
        let gateway = TestGateway::with(|options| {
            options.state_dir = folder;
            options.config.gateway.tls.enabled = true;
        })
        .await;
        let pin = gateway.running.tls_fingerprint().unwrap().to_owned();
        let url = format!("wss://{}", gateway.address());
        let keys = Arc::new(Keys {
            shared: Some(TOKEN),
            ..Keys::default()
        });
        let (connection, mut events) = open(&url, Some(&pin), keys);
        assert!(matches!(up(&mut events).await, ConnectionEvent::Up { .. }));
        connection.close().await;
        gateway.running.stop("test").await;
        seen.push(pin);
    }
    assert_eq!(seen[0], seen[1]);
}
