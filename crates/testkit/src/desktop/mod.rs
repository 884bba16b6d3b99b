//! A desktop of one's own: a display, a window manager, a session bus, a keyring, a notification daemon, all
//! real, all private to one test, all gone with it.
//!
//! Each part can be left out or broken, because the app must live with that too. The bus starts nothing by
//! itself: its folder of services is empty. (Otherwise the desktop portal starts a locked keyring.)

mod bus;
mod keyring;
mod notices;
mod server_without_actions;

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{ChildStdout, Command},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

pub use notices::{NoticeState, Notices, ShownNotice};

use self::{bus::Bus, server_without_actions::ServerWithoutActions};
use crate::{
    child::{PeerCommand, PeerProcess, require_program},
    error::{During, TestkitError},
    scratch,
};

/// Each part is there in well under a second on an idle machine.
const START_LIMIT: Duration = Duration::from_secs(180);

/// The notification daemon of a desktop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NotificationDaemon {
    /// dunst, with actions.
    #[default]
    Dunst,
    /// A server that shows text and can do nothing else.
    WithoutActions,
    /// Nobody owns `org.freedesktop.Notifications`.
    Absent,
}

/// The Secret Service of a desktop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keyring {
    /// gnome-keyring with an unlocked login collection.
    #[default]
    Unlocked,
    /// gnome-keyring with a locked login collection and nobody to ask for its password.
    Locked,
    /// Nobody owns `org.freedesktop.secrets`.
    Absent,
}

/// What the desktop has. `Default` has everything.
#[derive(Clone, Debug)]
pub struct DesktopParts {
    pub notifications: NotificationDaemon,
    pub keyring: Keyring,
    /// Pixels of the only screen.
    pub screen: (u32, u32),
}

impl Default for DesktopParts {
    fn default() -> Self {
        Self {
            notifications: NotificationDaemon::default(),
            keyring: Keyring::default(),
            screen: (1440, 960),
        }
    }
}

/// A running desktop. Every process of it is killed when this is dropped.
pub struct DesktopSession {
    // In the order in which they are to end: clients before the servers they talk to.
    notification_daemon: Option<PeerProcess>,
    plain_server: Option<ServerWithoutActions>,
    keyring: Option<PeerProcess>,
    notices: Notices,
    window_manager: PeerProcess,
    display: PeerProcess,
    bus: Bus,
    display_name: String,
    parts: DesktopParts,
    folder: tempfile::TempDir,
}

impl DesktopSession {
    /// Everything a desktop has.
    pub async fn start() -> Result<Self, TestkitError> {
        Self::start_with(DesktopParts::default()).await
    }

    pub async fn start_with(parts: DesktopParts) -> Result<Self, TestkitError> {
        let folder = scratch::folder("desk")?;
        lay_out(folder.path()).during("lay out the desktop's folders")?;
        let bus = Bus::start(folder.path()).await?;
        let (display, display_name) = start_display(folder.path(), parts.screen)?;
        let base = environment(folder.path(), &display_name, bus.address());
        let window_manager = start_window_manager(folder.path(), &base)?;
        let notices = Notices::watch(bus.address(), folder.path())?;
        let mut session = Self {
            notification_daemon: None,
            plain_server: None,
            keyring: None,
            notices,
            window_manager,
            display,
            bus,
            display_name,
            parts: parts.clone(),
            folder,
        };
        session.start_keyring(parts.keyring).await?;
        session.start_notifications(parts.notifications).await?;
        Ok(session)
    }

    /// The environment for a program that runs on this desktop: all it needs and nothing of the test's own
    /// session.
    pub fn env(&self) -> BTreeMap<String, String> {
        environment(self.folder.path(), &self.display_name, self.bus.address())
    }

    /// A command with that environment.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.env());
        command
    }

    /// `DISPLAY`.
    pub fn display(&self) -> &str {
        &self.display_name
    }

    /// `DBUS_SESSION_BUS_ADDRESS`.
    pub fn bus_address(&self) -> &str {
        self.bus.address()
    }

    /// The folder that holds HOME and every XDG folder: what to search for secrets in the clear.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub fn config_home(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    pub fn data_home(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn cache_home(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    pub fn state_home(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// Where the peers of this desktop log. Not a place of the app's.
    pub fn log_folder(&self) -> PathBuf {
        self.folder.path().join("peers")
    }

    /// What was shown to the person, and what became of it.
    pub fn notices(&self) -> &Notices {
        &self.notices
    }

    /// A picture of the whole screen, as PNG.
    pub fn screenshot(&self, path: &Path) -> Result<(), TestkitError> {
        let import = require_program("import", "imagemagick")?;
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).during("make the screenshot's folder")?;
        }
        let output = self
            .command(import)
            .args(["-window", "root"])
            .arg(path)
            .output();
        let output = output.during("take a screenshot")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(TestkitError::Other(format!("take a screenshot: {said}")));
        }
        Ok(())
    }

    /// Runs xdotool: real key strokes and clicks, and questions about windows. Returns what it printed.
    pub fn xdotool(&self, args: &[&str]) -> Result<String, TestkitError> {
        let output = self
            .command(require_program("xdotool", "xdotool")?)
            .args(args)
            .output();
        let output = output.during("run xdotool")?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(TestkitError::Other(format!("xdotool {args:?}: {said}")));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Ends the keyring daemon; what it stored stays. [`start_keyring`](Self::start_keyring) brings it back.
    pub fn stop_keyring(&mut self) {
        self.keyring = None;
    }

    /// Starts a Secret Service, or a locked one.
    pub async fn start_keyring(&mut self, keyring: Keyring) -> Result<(), TestkitError> {
        self.keyring = None;
        self.keyring = keyring::start(keyring, &self.env(), &self.log_folder(), &self.bus).await?;
        Ok(())
    }

    /// Ends whatever shows notifications.
    pub fn stop_notifications(&mut self) {
        self.notification_daemon = None;
        self.plain_server = None;
    }

    /// Starts a notification daemon, or another one.
    pub async fn start_notifications(
        &mut self,
        daemon: NotificationDaemon,
    ) -> Result<(), TestkitError> {
        self.stop_notifications();
        self.parts.notifications = daemon;
        match daemon {
            NotificationDaemon::Absent => {}
            NotificationDaemon::WithoutActions => {
                self.plain_server = Some(ServerWithoutActions::start(self.bus.address())?);
            }
            NotificationDaemon::Dunst => {
                let mut process = notices::start_dunst(&self.env(), self.folder.path())?;
                self.bus
                    .wait_for_owner("org.freedesktop.Notifications", &mut process)
                    .await?;
                self.notification_daemon = Some(process);
            }
        }
        Ok(())
    }

    /// An error that says which part of the desktop has died, if one has.
    pub fn check(&mut self) -> Result<(), TestkitError> {
        self.display.check_alive()?;
        self.window_manager.check_alive()?;
        self.bus.check()?;
        let optional = [self.keyring.as_mut(), self.notification_daemon.as_mut()];
        optional
            .into_iter()
            .flatten()
            .try_for_each(PeerProcess::check_alive)
    }
}

fn lay_out(folder: &Path) -> std::io::Result<()> {
    for name in [
        "home", "config", "data", "cache", "state", "run", "tmp", "peers",
    ] {
        fs::create_dir(folder.join(name))?;
    }
    fs::set_permissions(folder.join("run"), fs::Permissions::from_mode(0o700))
}

fn environment(folder: &Path, display: &str, bus: &str) -> BTreeMap<String, String> {
    let inside = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let mut env: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in [
        ("HOME", inside("home")),
        ("XDG_CONFIG_HOME", inside("config")),
        ("XDG_DATA_HOME", inside("data")),
        ("XDG_CACHE_HOME", inside("cache")),
        ("XDG_STATE_HOME", inside("state")),
        ("XDG_RUNTIME_DIR", inside("run")),
        ("TMPDIR", inside("tmp")),
        ("DISPLAY", display.to_owned()),
        ("DBUS_SESSION_BUS_ADDRESS", bus.to_owned()),
        ("XDG_SESSION_TYPE", "x11".to_owned()),
        ("GDK_BACKEND", "x11".to_owned()),
        ("LANG", "C.UTF-8".to_owned()),
        // The accessibility bus would be started by a service, and there are none.
        ("NO_AT_BRIDGE", "1".to_owned()),
    ] {
        env.insert(name.to_owned(), value);
    }
    // HOME has moved, so what was found through it must be named.
    for name in [
        "PATH",
        "CARGO_HOME",
        "RUSTUP_HOME",
        "LLVM_PROFILE_FILE",
        "RUST_BACKTRACE",
    ] {
        if let Ok(value) = std::env::var(name) {
            env.insert(name.to_owned(), value);
        }
    }
    env
}

fn start_display(
    folder: &Path,
    (width, height): (u32, u32),
) -> Result<(PeerProcess, String), TestkitError> {
    let xvfb = require_program("Xvfb", "xvfb")?;
    let log = folder.join("peers/xvfb.log");
    let (mut process, output) = PeerCommand::new("Xvfb", xvfb, &log)
        .arg("-displayfd")
        .arg("1")
        .arg("-screen")
        .arg("0")
        .arg(format!("{width}x{height}x24"))
        .arg("-nolisten")
        .arg("tcp")
        .arg("-noreset")
        .spawn_piped()?;
    let number = first_line(&mut process, output)?;
    Ok((process, format!(":{number}")))
}

fn start_window_manager(
    folder: &Path,
    env: &BTreeMap<String, String>,
) -> Result<PeerProcess, TestkitError> {
    let openbox = require_program("openbox", "openbox")?;
    PeerCommand::new("openbox", openbox, &folder.join("peers/openbox.log"))
        .arg("--sm-disable")
        .envs(env)
        .spawn()
}

/// What a program says first, once it is ready.
fn first_line(process: &mut PeerProcess, output: ChildStdout) -> Result<String, TestkitError> {
    let (said, line) = mpsc::channel();
    let read = move || {
        let mut text = String::new();
        if BufReader::new(output).read_line(&mut text).is_ok() {
            // The other side may have stopped waiting.
            let _ = said.send(text.trim().to_owned());
        }
    };
    thread::Builder::new()
        .name("first-line".into())
        .spawn(read)
        .during("read from a peer")?;
    let begun = Instant::now();
    while begun.elapsed() < START_LIMIT {
        match line.recv_timeout(Duration::from_millis(100)) {
            Ok(text) if !text.is_empty() => return Ok(text),
            _ => process.check_alive()?,
        }
    }
    let (what, log) = ("a part of the desktop".into(), process.log_tail());
    Err(TestkitError::NotReady {
        what,
        waited: START_LIMIT,
        log,
    })
}
