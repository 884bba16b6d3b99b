//! Stands in for gatehouse_fleet::Fleet until it is there: signatures alone.
#![allow(clippy::unused_async, dead_code, unused_variables)]
use gatehouse_fleet::view::*;
use tokio::sync::mpsc;

#[derive(Clone)]
pub struct Fleet;
pub struct FleetError;
impl FleetError {
    pub(crate) fn to_view(&self) -> CommandError {
        CommandError {
            code: "internal".into(),
            message: "not there yet".into(),
            retryable: false,
        }
    }
}
type R<T> = Result<T, FleetError>;
impl Fleet {
    pub(crate) async fn settings(&self) -> Settings {
        Settings::default()
    }
    pub(crate) async fn settings_save(&self, settings: Settings) -> R<Settings> {
        Err(FleetError)
    }
    pub(crate) async fn secret_store_state(&self) -> SecretStoreView {
        SecretStoreView::KeychainLocked
    }
    pub(crate) async fn secret_store_choose(
        &self,
        choice: SecretStoreChoice,
        passphrase: Option<String>,
    ) -> R<SecretStoreView> {
        Err(FleetError)
    }
    pub(crate) async fn secret_store_unlock(
        &self,
        passphrase: Option<String>,
    ) -> R<SecretStoreView> {
        Err(FleetError)
    }
    pub(crate) async fn gateways_list(&self) -> Vec<GatewayView> {
        vec![]
    }
    pub(crate) async fn gateway_recognise(&self, text: String) -> R<Recognised> {
        Err(FleetError)
    }
    pub(crate) async fn gateway_discover(&self) -> R<Vec<FoundGateway>> {
        Err(FleetError)
    }
    pub(crate) async fn draft_drop(&self, draft: String) {}
    pub(crate) async fn gateway_add(&self, gateway: AddGateway) -> R<GatewayView> {
        Err(FleetError)
    }
    pub(crate) async fn gateway_edit(&self, gateway: EditGateway) -> R<GatewayView> {
        Err(FleetError)
    }
    pub(crate) async fn gateway_remove(&self, id: GatewayId) -> R<()> {
        Err(FleetError)
    }
    pub(crate) async fn gateway_reconnect(&self, id: GatewayId) -> R<()> {
        Err(FleetError)
    }
    pub(crate) async fn gateway_pause(&self, id: GatewayId, paused: bool) -> R<()> {
        Err(FleetError)
    }
    pub(crate) async fn credential_rotate(
        &self,
        id: GatewayId,
        secret: SecretInput,
    ) -> R<GatewayView> {
        Err(FleetError)
    }
    pub(crate) async fn credential_forget(&self, id: GatewayId) -> R<GatewayView> {
        Err(FleetError)
    }
    pub(crate) async fn inbox_snapshot(&self) -> InboxSnapshot {
        InboxSnapshot {
            revision: 0,
            items: vec![],
            waiting: 0,
            overflow: vec![],
        }
    }
    pub(crate) async fn inbox_item(&self, key: ItemKey) -> R<InboxItemDetail> {
        Err(FleetError)
    }
    pub(crate) async fn inbox_decide(
        &self,
        input: DecideInput,
        surface: Surface,
    ) -> R<InboxItemView> {
        Err(FleetError)
    }
    pub(crate) async fn sessions_snapshot(&self) -> SessionsSnapshot {
        SessionsSnapshot {
            revision: 0,
            sessions: vec![],
            loading: vec![],
        }
    }
    pub(crate) async fn sessions_refresh(&self, gateway: GatewayId) -> R<()> {
        Err(FleetError)
    }
    pub(crate) async fn sessions_search(&self, text: String) -> R<Vec<SearchHit>> {
        Err(FleetError)
    }
    pub(crate) async fn session_create(&self, session: NewSession) -> R<SessionRef> {
        Err(FleetError)
    }
    pub(crate) async fn session_patch(&self, patch: PatchSession) -> R<()> {
        Err(FleetError)
    }
    pub(crate) async fn session_delete(&self, session: SessionRef) -> R<()> {
        Err(FleetError)
    }
    pub(crate) async fn chat_open(
        &self,
        session: SessionRef,
    ) -> R<(ChatSnapshot, mpsc::Receiver<Vec<ChatUpdate>>)> {
        Err(FleetError)
    }
    pub(crate) async fn chat_close(&self, session: SessionRef) -> R<()> {
        Err(FleetError)
    }
    pub(crate) async fn chat_older(&self, session: SessionRef, before: String) -> R<OlderMessages> {
        Err(FleetError)
    }
    pub(crate) async fn chat_send(&self, message: SendMessage) -> R<MessageView> {
        Err(FleetError)
    }
    pub(crate) async fn chat_retry(&self, session: SessionRef, id: String) -> R<()> {
        Err(FleetError)
    }
    pub(crate) async fn chat_abort(&self, session: SessionRef) -> R<()> {
        Err(FleetError)
    }
}

pub use gatehouse_fleet::notices::NoticeCommand;
#[derive(Clone, Debug)]
pub enum FleetEvent {
    GatewaysChanged(Vec<GatewayView>),
    InboxChanged(InboxChange),
    SessionsChanged(SessionsChange),
    SecretsChanged(SecretStoreView),
    SettingsChanged(Settings),
}
impl Fleet {
    pub async fn shutdown(&self) {}
    pub fn subscribe(&self) -> tokio::sync::broadcast::Receiver<FleetEvent> {
        tokio::sync::broadcast::channel(8).1
    }
    pub fn notices(&self) -> mpsc::Receiver<NoticeCommand> {
        mpsc::channel(8).1
    }
}
pub struct FleetOptions {
    pub data_dir: std::path::PathBuf,
    pub cache: std::sync::Arc<dyn gatehouse_store::Cache>,
    pub vault: std::sync::Arc<dyn gatehouse_vault::SecretVault>,
}
impl Fleet {
    pub async fn start(options: FleetOptions) -> Result<Fleet, std::io::Error> {
        Ok(Fleet)
    }
}
