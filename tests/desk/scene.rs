//! The program on a private desktop, with a gateway that does what the test says.

use std::fs;
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::tray::TrayHost;
use gatehouse_fleet::view::AddGateway;
use gatehouse_fleet::{Clock, Environment, Fleet, FleetOptions};
use gatehouse_protocol::{ClientId, ClientInfo, ClientMode};
use gatehouse_store::SqliteCache;
use gatehouse_testkit::desktop::{
    DesktopParts, DesktopSession, NoticeState, NotificationDaemon, ShownNotice,
};
use gatehouse_testkit::scripted_gateway::{Script, ScriptedGateway};
use gatehouse_vault::MemoryVault;

pub(crate) const APP: &str = env!("CARGO_BIN_EXE_gatehouse-desktop");
/// Long enough for a loaded machine; a test that passes never waits for it.
pub(crate) const SOON: Duration = Duration::from_secs(60);

pub(crate) struct Scene {
    pub(crate) app: Child,
    pub(crate) tray: TrayHost,
    pub(crate) gateway: ScriptedGateway,
    pub(crate) desktop: DesktopSession,
}

impl Drop for Scene {
    fn drop(&mut self) {
        let _ = self.app.kill();
        let _ = self.app.wait();
    }
}

impl Scene {
    /// The app with one gateway, started as it is told to.
    pub(crate) async fn new(notifications: NotificationDaemon, arguments: &[&str]) -> Self {
        let parts = DesktopParts {
            notifications,
            ..DesktopParts::default()
        };
        let desktop = DesktopSession::start_with(parts).await.unwrap();
        let gateway = ScriptedGateway::start(Script::default()).await;
        let tray = TrayHost::start(desktop.bus_address()).await;
        remember_gateway(&desktop, &gateway.url()).await;
        let app = desktop.command(APP).args(arguments).spawn().unwrap();
        Self {
            app,
            tray,
            gateway,
            desktop,
        }
    }

    /// Ends the app as a crash does, and starts it again.
    pub(crate) async fn kill_and_start_again(&mut self, arguments: &[&str]) {
        // `Child::kill` is SIGKILL: nothing of the app runs after it.
        self.app.kill().unwrap();
        self.app.wait().unwrap();
        self.app = self.desktop.command(APP).args(arguments).spawn().unwrap();
    }

    /// Waits until a question gets a yes.
    pub(crate) async fn until(&self, what: &str, mut holds: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !holds() {
            assert!(begun.elapsed() < SOON, "{what}; the log:\n{}", self.log());
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    pub(crate) async fn decided(&self, id: &str, decision: &str) {
        self.until(decision, || self.gateway.record(id).0.is_some())
            .await;
        assert_eq!(self.gateway.record(id), (Some(decision.to_owned()), 1));
    }

    pub(crate) async fn notice(&self, command: &str) -> ShownNotice {
        let wanted = |n: &ShownNotice| n.body.contains(command) && n.state == NoticeState::Shown;
        let found = self.desktop.notices().wait_for(SOON, wanted).await;
        found.unwrap_or_else(|error| panic!("{error}\n{}", self.log()))
    }

    pub(crate) fn window(&self, title: &str) -> Option<String> {
        let title = format!("^{title}$");
        let found = self
            .desktop
            .xdotool(&["search", "--onlyvisible", "--name", &title])
            .ok()?;
        found.lines().last().map(str::to_owned)
    }

    /// The app's own child processes, by name.
    pub(crate) fn children(&self) -> Vec<String> {
        let parent = self.app.id().to_string();
        let list = Command::new("ps")
            .args(["-o", "comm=", "--ppid", &parent])
            .output()
            .unwrap();
        String::from_utf8_lossy(&list.stdout)
            .lines()
            .map(str::to_owned)
            .collect()
    }

    pub(crate) fn log(&self) -> String {
        let folder = self.desktop.data_home().join("app.gatehouse.desktop/logs");
        let files = fs::read_dir(folder).into_iter().flatten().flatten();
        files
            .map(|file| fs::read_to_string(file.path()).unwrap_or_default())
            .collect()
    }

    pub(crate) fn picture(&self, name: &str) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screens/desk");
        self.desktop
            .screenshot(&folder.join(format!("{name}.png")))
            .unwrap();
    }
}

/// Leaves a gateway in the app's records, as an earlier run of the app would have.
async fn remember_gateway(desktop: &DesktopSession, url: &str) {
    let data_dir = desktop.data_home().join("app.gatehouse.desktop");
    let clock = Clock::system();
    let options = FleetOptions {
        cache: Arc::new(SqliteCache::open(&data_dir, clock.now()).await.unwrap()),
        vault: Arc::new(MemoryVault::default()),
        environment: Environment::default(),
        clock,
        client: ClientInfo {
            id: ClientId::GatewayClient,
            mode: ClientMode::Ui,
            display_name: None,
            version: "0".to_owned(),
            platform: "linux".to_owned(),
            device_family: None,
            instance_id: None,
        },
        data_dir,
    };
    let fleet = Fleet::start(options).await.unwrap();
    let (url, name) = (url.to_owned(), "Studio".to_owned());
    let gateway = AddGateway {
        url,
        name,
        draft: None,
        secret: None,
        pin: None,
    };
    fleet
        .gateway_add(gateway)
        .await
        .map_err(|e| e.to_string())
        .unwrap();
    fleet.shutdown().await;
}
