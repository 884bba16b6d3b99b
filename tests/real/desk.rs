//! A fleet as the desktop has it, without a desktop: every surface's view of it, and a person's choices.
#![allow(dead_code, reason = "each test binary uses its part of the desk")]

use std::{path::PathBuf, sync::Arc, time::Duration};

use gatehouse_fleet::{
    Clock, Environment, Fleet, FleetEvent, FleetOptions, NoticeCommand,
    view::{
        AddGateway, ChatSnapshot, ChatUpdate, ConnectionView, CredentialKind, DecideInput,
        Decision, GatewayId, InboxItemView, PhaseView, SecretInput, SessionRef, Surface,
    },
};
use gatehouse_protocol::{ClientId, ClientInfo, ClientMode};
use gatehouse_store::{Cache, SqliteCache};
use gatehouse_vault::{MemoryVault, SecretVault};
use tokio::{
    sync::{broadcast, mpsc},
    time::timeout,
};

/// Longer than a busy gateway takes for its first turn.
pub(crate) const SOON: Duration = Duration::from_secs(300);

pub(crate) struct Desk {
    pub(crate) fleet: Fleet,
    pub(crate) vault: Arc<MemoryVault>,
    pub(crate) folder: Arc<tempfile::TempDir>,
    pub(crate) notices: tokio::sync::Mutex<mpsc::Receiver<NoticeCommand>>,
}

impl Desk {
    /// A fleet that knows nothing.
    pub(crate) async fn new() -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        Self::over(folder, Arc::new(MemoryVault::new())).await
    }

    /// A fleet over what an earlier one left behind.
    pub(crate) async fn over(folder: Arc<tempfile::TempDir>, vault: Arc<MemoryVault>) -> Self {
        Self::with(folder, vault.clone(), vault, Clock::system()).await
    }

    /// A fleet over what an earlier one left behind, with secrets in a vault of the test's.
    pub(crate) async fn over_secrets(
        folder: Arc<tempfile::TempDir>,
        secrets: Arc<dyn SecretVault>,
    ) -> Self {
        let unused = Arc::new(MemoryVault::new());
        Self::with(folder, unused, secrets, Clock::system()).await
    }

    /// A fleet by a clock of the test's.
    pub(crate) async fn by(clock: Clock) -> Self {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let vault = Arc::new(MemoryVault::new());
        Self::with(folder, vault.clone(), vault, clock).await
    }

    async fn with(
        folder: Arc<tempfile::TempDir>,
        vault: Arc<MemoryVault>,
        secrets: Arc<dyn SecretVault>,
        clock: Clock,
    ) -> Self {
        let cache = SqliteCache::open(folder.path(), 0).await.unwrap();
        Self::on(Arc::new(cache), folder, vault, secrets, clock).await
    }

    /// A fleet that keeps what it knows where the test says.
    pub(crate) async fn on(
        cache: Arc<dyn Cache>,
        folder: Arc<tempfile::TempDir>,
        vault: Arc<MemoryVault>,
        secrets: Arc<dyn SecretVault>,
        clock: Clock,
    ) -> Self {
        let client = ClientInfo {
            id: ClientId::GatewayClient,
            mode: ClientMode::Ui,
            display_name: Some("Gatehouse".to_owned()),
            version: "0.1.0".to_owned(),
            platform: "linux".to_owned(),
            device_family: None,
            instance_id: None,
        };
        let options = FleetOptions {
            data_dir: PathBuf::from(folder.path()),
            cache,
            vault: secrets,
            environment: Environment::default(),
            clock,
            client,
        };
        let fleet = Fleet::start(options).await.unwrap();
        let notices = tokio::sync::Mutex::new(fleet.notices());
        Self {
            fleet,
            vault,
            folder,
            notices,
        }
    }

    /// Adds a gateway as a person does, with its token.
    pub(crate) async fn add(&self, url: &str, name: &str, token: &str) -> GatewayId {
        let secret = SecretInput {
            kind: CredentialKind::Token,
            value: token.to_owned(),
        };
        let gateway = AddGateway {
            url: url.to_owned(),
            name: name.to_owned(),
            draft: None,
            secret: Some(secret),
            pin: None,
        };
        self.fleet.gateway_add(gateway).await.unwrap().id
    }

    /// Adds it and waits until it is connected.
    pub(crate) async fn join(&self, url: &str, name: &str, token: &str) -> GatewayId {
        let id = self.add(url, name, token).await;
        self.connected(&id).await;
        id
    }

    pub(crate) async fn connected(&self, id: &GatewayId) {
        self.connection(id, |c| matches!(c, ConnectionView::Ready { .. }))
            .await;
    }

    pub(crate) async fn connection(
        &self,
        id: &GatewayId,
        wanted: impl Fn(&ConnectionView) -> bool,
    ) {
        let seen = async || {
            let gateways = self.fleet.gateways_list().await;
            let gateway = gateways.into_iter().find(|g| g.id == *id)?;
            wanted(&gateway.connection).then_some(())
        };
        self.eventually("a connection", seen).await;
    }

    /// The inbox's item for a command, once it looks as wanted.
    pub(crate) async fn item(
        &self,
        gateway: &GatewayId,
        command: &str,
        wanted: impl Fn(&PhaseView) -> bool,
    ) -> InboxItemView {
        let seen = async || {
            let inbox = self.fleet.inbox_snapshot().await;
            let mut items = inbox.items.into_iter();
            items.find(|i| i.gateway == *gateway && i.subject == command && wanted(&i.phase))
        };
        self.eventually(&format!("an item for {command}"), seen)
            .await
    }

    pub(crate) async fn waits(&self, gateway: &GatewayId, command: &str) -> InboxItemView {
        self.item(gateway, command, |p| matches!(p, PhaseView::Waiting { .. }))
            .await
    }

    pub(crate) async fn ended(&self, gateway: &GatewayId, command: &str) -> PhaseView {
        let is_over = |p: &PhaseView| {
            matches!(
                p,
                PhaseView::Decided { .. } | PhaseView::Expired { .. } | PhaseView::Gone { .. }
            )
        };
        self.item(gateway, command, is_over).await.phase
    }

    /// A person's choice on a notification, for the item as it is shown.
    pub(crate) async fn decide(
        &self,
        item: &InboxItemView,
        decision: Decision,
    ) -> Result<(), String> {
        let input = DecideInput {
            key: item.key.clone(),
            decision,
            revision: item.revision,
            answer: None,
            terms: None,
        };
        let decided = self.fleet.inbox_decide(input, Surface::Notification).await;
        decided.map(drop).map_err(|error| error.code().to_owned())
    }

    /// A person's answers in the window, to a question as it is shown.
    pub(crate) async fn answer(&self, item: &InboxItemView, answers: &[String]) {
        let input = DecideInput {
            key: item.key.clone(),
            decision: Decision::Approve,
            revision: item.revision,
            answer: Some(answers.to_vec()),
            terms: None,
        };
        let taken = self.fleet.inbox_decide(input, Surface::Window).await;
        taken.unwrap();
    }

    /// The next command to the notifier that is wanted.
    pub(crate) async fn notice<T>(&self, wanted: impl Fn(&NoticeCommand) -> Option<T>) -> T {
        let mut notices = self.notices.lock().await;
        let next = async {
            loop {
                let command = notices.recv().await.expect("the fleet is there");
                if let Some(found) = wanted(&command) {
                    return found;
                }
            }
        };
        timeout(SOON, next).await.expect("a notice in time")
    }

    /// Waits for something that only looking again can tell.
    pub(crate) async fn eventually<T>(&self, what: &str, look: impl AsyncFn() -> Option<T>) -> T {
        let found = async {
            let mut changes: broadcast::Receiver<FleetEvent> = self.fleet.subscribe();
            loop {
                if let Some(found) = look().await {
                    return found;
                }
                // A change, or a moment: what is looked at may not be the fleet's.
                let _ = timeout(Duration::from_millis(200), changes.recv()).await;
            }
        };
        match timeout(SOON, found).await {
            Ok(found) => found,
            Err(_) => {
                let gateways = self.fleet.gateways_list().await;
                let inbox = self.fleet.inbox_snapshot().await;
                panic!("{what} did not come: {gateways:#?} {inbox:#?}")
            }
        }
    }
}

/// An open chat, as the page keeps it: the snapshot with every update applied.
pub(crate) struct OpenedChat {
    pub(crate) shown: ChatSnapshot,
    updates: mpsc::Receiver<Vec<ChatUpdate>>,
    /// How many updates only appended text.
    pub(crate) appends: usize,
}

impl OpenedChat {
    pub(crate) async fn open(desk: &Desk, session: &SessionRef) -> Self {
        let (shown, updates) = desk.fleet.chat_open(session.clone()).await.unwrap();
        Self {
            shown,
            updates,
            appends: 0,
        }
    }

    /// Applies updates until the chat looks as wanted.
    pub(crate) async fn until(&mut self, what: &str, wanted: impl Fn(&ChatSnapshot) -> bool) {
        let deadline = tokio::time::Instant::now() + SOON;
        while !wanted(&self.shown) {
            match tokio::time::timeout_at(deadline, self.updates.recv()).await {
                Ok(Some(updates)) => updates.into_iter().for_each(|update| self.apply(update)),
                Ok(None) => panic!("the chat was closed before: {what}"),
                Err(_) => panic!("{what} did not come: {:#?}", self.shown),
            }
        }
    }

    fn apply(&mut self, update: ChatUpdate) {
        use gatehouse_fleet::view::BlockView;
        let shown = &mut self.shown;
        match update {
            ChatUpdate::Reset { snapshot } => *shown = snapshot,
            ChatUpdate::Message { message } => {
                match shown.messages.iter_mut().find(|m| m.id == message.id) {
                    Some(place) => *place = message,
                    None => shown.messages.push(message),
                }
            }
            ChatUpdate::Renamed { from, to } => {
                if let Some(message) = shown.messages.iter_mut().find(|m| m.id == from) {
                    message.id = to;
                }
            }
            ChatUpdate::Removed { id } => shown.messages.retain(|m| m.id != id),
            ChatUpdate::Append { id, block, text } => {
                self.appends += 1;
                let message = shown
                    .messages
                    .iter_mut()
                    .find(|m| m.id == id)
                    .expect("a known message");
                match &mut message.blocks[block as usize] {
                    BlockView::Text { text: shown } | BlockView::Thinking { text: shown } => {
                        shown.push_str(&text);
                    }
                    other => panic!("text appended to {other:?}"),
                }
            }
            ChatUpdate::ToolOutput { id, tool, text } => {
                self.with_tool(&id, &tool, |shown| shown.output.push_str(&text));
            }
            ChatUpdate::Tool { id, tool } => {
                let name = tool.id.clone();
                self.with_tool(&id, &name, |shown| {
                    let kept = std::mem::take(&mut shown.output);
                    let keeps = tool.output.is_empty();
                    *shown = tool;
                    if keeps {
                        shown.output = kept;
                    }
                });
            }
            ChatUpdate::Run { run } => shown.run = run,
            ChatUpdate::Usage {
                context_tokens,
                total_tokens,
            } => {
                shown.context_tokens = context_tokens;
                shown.total_tokens = total_tokens;
            }
            ChatUpdate::Connection { .. } => {}
        }
    }

    fn with_tool(
        &mut self,
        message: &str,
        tool: &str,
        change: impl FnOnce(&mut gatehouse_fleet::view::ToolView),
    ) {
        use gatehouse_fleet::view::BlockView;
        let message = self.shown.messages.iter_mut().find(|m| m.id == message);
        let blocks = message.into_iter().flat_map(|m| &mut m.blocks);
        let shown = blocks.filter_map(|block| match block {
            BlockView::Tool { tool: shown } if shown.id == tool => Some(shown),
            _ => None,
        });
        if let Some(shown) = shown.into_iter().next() {
            change(shown);
        }
    }

    /// All text of messages of one role, in order.
    pub(crate) fn texts(&self, role: gatehouse_fleet::view::Role) -> Vec<String> {
        use gatehouse_fleet::view::BlockView;
        let of = self.shown.messages.iter().filter(|m| m.role == role);
        of.map(|m| {
            let texts = m.blocks.iter().filter_map(|b| match b {
                BlockView::Text { text } => Some(text.as_str()),
                _ => None,
            });
            texts.collect::<Vec<_>>().join("\n")
        })
        .collect()
    }

    pub(crate) fn tools(&self) -> Vec<gatehouse_fleet::view::ToolView> {
        use gatehouse_fleet::view::BlockView;
        let blocks = self.shown.messages.iter().flat_map(|m| &m.blocks);
        let tools = blocks.filter_map(|b| match b {
            BlockView::Tool { tool } => Some(tool.clone()),
            _ => None,
        });
        tools.collect()
    }
}
