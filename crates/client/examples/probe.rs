//! Connects to a gateway and prints what it says: `cargo run -p gatehouse-client --example probe -- ws://127.0.0.1:18789`
//! with the token in `GATEWAY_TOKEN`. For looking at a real gateway by hand; it keeps nothing.
#![allow(clippy::print_stdout, reason = "printing is what it is for")]

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use gatehouse_client::{
    BackoffPolicy, Connection, ConnectionConfig, ConnectionEvent, CredentialError,
    CredentialSource, Credentials, GatewayUrl, Limits,
};
use gatehouse_protocol::methods::{ExecApprovalList, SessionsList, SessionsListParams};
use gatehouse_protocol::{
    ClientId, ClientInfo, ClientMode, DeviceKey, DeviceToken, NoParams, Scope, Secret,
};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Secrets from the environment; an issued device token is kept as long as the program runs.
#[derive(Default)]
struct FromEnvironment {
    issued: Mutex<Option<DeviceToken>>,
}

#[async_trait]
impl CredentialSource for FromEnvironment {
    async fn load(&self) -> Result<Credentials, CredentialError> {
        let read = |name: &str| std::env::var(name).ok().and_then(Secret::new);
        let seed = std::env::var("PROBE_DEVICE")
            .ok()
            .and_then(|text| text.parse().ok())
            .unwrap_or(42);
        Ok(Credentials {
            token: read("GATEWAY_TOKEN"),
            password: read("GATEWAY_PASSWORD"),
            bootstrap_token: read("GATEWAY_BOOTSTRAP_TOKEN"),
            device_token: self
                .issued
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .clone(),
            device_key: Some(DeviceKey::from_seed([seed; 32])),
        })
    }

    async fn keep_device_token(&self, token: DeviceToken) -> Result<(), CredentialError> {
        println!("issued a device token: {} {:?}", token.role, token.scopes);
        *self.issued.lock().unwrap_or_else(PoisonError::into_inner) = Some(token);
        Ok(())
    }

    async fn forget_device_token(&self) -> Result<(), CredentialError> {
        Ok(())
    }

    async fn bootstrap_used(&self) -> Result<(), CredentialError> {
        println!("the setup code is used up");
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args()
        .nth(1)
        .ok_or("usage: probe ws://host:port")?;
    let config = ConnectionConfig {
        caps: &gatehouse_protocol::connect::caps::OFFERED,
        url: GatewayUrl::parse(&address)?,
        pin: None,
        client: ClientInfo {
            id: ClientId::GatewayClient,
            mode: ClientMode::Ui,
            display_name: Some("Gatehouse probe".into()),
            version: env!("CARGO_PKG_VERSION").into(),
            platform: std::env::consts::OS.into(),
            device_family: None,
            instance_id: None,
        },
        scopes: vec![Scope::Read, Scope::Write, Scope::Approvals, Scope::Pairing],
        limits: Limits::default(),
        backoff: BackoffPolicy::default(),
    };
    let tracker = TaskTracker::new();
    let (connection, mut events) = Connection::spawn(
        config,
        Arc::<FromEnvironment>::default(),
        &tracker,
        CancellationToken::new(),
    );
    let mut state = connection.state();
    let watcher = tokio::spawn(async move {
        while state.changed().await.is_ok() {
            println!("state: {:?}", *state.borrow());
        }
    });
    while let Some(event) = events.recv().await {
        if let ConnectionEvent::Up { hello, .. } = &event {
            println!(
                "up: {:?}, protocol {}, {:?}",
                hello.server, hello.protocol, hello.auth
            );
            let asker = connection.clone();
            tokio::spawn(async move {
                let sessions = asker
                    .request::<SessionsList>(SessionsListParams::default())
                    .await;
                println!(
                    "sessions: {:?}",
                    sessions.map(|list| list.sessions.items.len())
                );
                println!(
                    "approvals: {:?}",
                    asker.request::<ExecApprovalList>(NoParams {}).await
                );
            });
        } else {
            println!(
                "{}",
                format!("{event:?}").chars().take(400).collect::<String>()
            );
        }
    }
    watcher.abort();
    Ok(())
}
