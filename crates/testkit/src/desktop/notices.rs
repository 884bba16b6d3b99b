//! What the notification daemon was told to show, who closed it, and a person's finger on its actions.
//!
//! dunst draws a menu of actions, not buttons: the menu is a program of its own, which here picks the entry
//! that the test named. dunst then sends `ActionInvoked` itself, as it would for a person. What is shown is
//! read off the bus by a monitor, because dunst 1.9 lists only what is already closed.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use futures_util::StreamExt;
use tokio::sync::{mpsc, oneshot};
use zbus::{
    MatchRule, Message, MessageStream,
    fdo::MonitoringProxy,
    message::Type,
    zvariant::{OwnedValue, Structure},
};

use super::bus::{bus_error, connect};
use crate::{
    child::{PeerCommand, PeerProcess, require_program},
    error::{During, TestkitError},
};

const INTERFACE: &str = "org.freedesktop.Notifications";
const POLL: Duration = Duration::from_millis(20);

/// Prints the menu entry that the test chose, once; leaves the whole menu for the test to read. An entry is
/// `#LABEL (SUMMARY) [ID,APP]`.
const MENU: &str = r#"#!/bin/sh
folder=$(dirname "$0")
cat > "$folder/menu.entries"
[ -e "$folder/menu.choice" ] || exit 1
grep -F -- "$(cat "$folder/menu.choice")" "$folder/menu.entries" | head -n 1
rm -f "$folder/menu.choice"
"#;

/// A notification that was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownNotice {
    pub id: u32,
    pub app_name: String,
    pub summary: String,
    /// As it was sent, markup and all.
    pub body: String,
    /// Key and label, in order.
    pub actions: Vec<(String, String)>,
    /// `urgency` of the hints: 0 low, 1 normal, 2 critical.
    pub urgency: Option<u8>,
    /// Milliseconds; 0 never, -1 as the server likes.
    pub expire_timeout: i32,
    pub state: NoticeState,
    /// When the request was seen on the bus.
    pub seen: Instant,
}

/// What became of a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeState {
    Shown,
    /// The daemon said that this action was chosen.
    Invoked {
        action: String,
    },
    /// 1 expired, 2 dismissed by the person, 3 closed by the app, 4 undefined.
    Closed {
        reason: u32,
    },
}

/// The record of a desktop's notifications.
pub struct Notices {
    book: Arc<Mutex<Book>>,
    folder: PathBuf,
    bus: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

#[derive(Default)]
struct Book {
    /// Requests whose answer, which holds the id, has not been seen: by sender and serial.
    asked: BTreeMap<(String, u32), ShownNotice>,
    shown: Vec<ShownNotice>,
}

impl Notices {
    pub(super) fn watch(bus: &str, folder: &Path) -> Result<Self, TestkitError> {
        let book = Arc::new(Mutex::new(Book::default()));
        let (stop, stopped) = oneshot::channel();
        let (ready, watching) = std::sync::mpsc::channel();
        let (address, kept) = (bus.to_owned(), book.clone());
        let thread = thread::Builder::new()
            .name("notices".into())
            .spawn(move || monitor(&address, &kept, stopped, &ready))
            .during("watch the bus")?;
        let outcome = watching.recv_timeout(super::START_LIMIT);
        outcome.map_err(|_| TestkitError::Other("the bus monitor did not start".into()))??;
        let folder = folder.join("peers");
        Ok(Self {
            book,
            folder,
            bus: bus.to_owned(),
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Every notification so far, oldest first. A replaced one keeps its place and its id.
    pub fn all(&self) -> Vec<ShownNotice> {
        lock(&self.book).shown.clone()
    }

    /// Those that are still on the screen.
    pub fn showing(&self) -> Vec<ShownNotice> {
        self.all()
            .into_iter()
            .filter(|notice| notice.state == NoticeState::Shown)
            .collect()
    }

    /// Waits for a notification for which `wanted` holds, in whatever state it then is.
    pub async fn wait_for(
        &self,
        limit: Duration,
        wanted: impl Fn(&ShownNotice) -> bool,
    ) -> Result<ShownNotice, TestkitError> {
        let begun = Instant::now();
        while begun.elapsed() < limit {
            if let Some(notice) = self.all().into_iter().find(&wanted) {
                return Ok(notice);
            }
            tokio::time::sleep(POLL).await;
        }
        let what = format!("the awaited notification (seen: {:#?})", self.all());
        Err(TestkitError::TimedOut {
            what,
            waited: limit,
        })
    }

    /// Chooses an action of a notification by its label, through dunst's own menu of actions.
    pub async fn choose(&self, notice: &ShownNotice, label: &str) -> Result<(), TestkitError> {
        if !notice.actions.iter().any(|(_, offered)| offered == label) {
            let offered = &notice.actions;
            let text = format!("the notification offers no {label:?}, only {offered:?}");
            return Err(TestkitError::Other(text));
        }
        let entry = format!("#{label} ({}) [{},", notice.summary, notice.id);
        fs::write(self.folder.join("menu.choice"), entry).during("choose from dunst's menu")?;
        self.dunst("ContextMenuCall").await?;
        let limit = Duration::from_secs(60);
        let chosen = |shown: &ShownNotice| {
            shown.id == notice.id && matches!(shown.state, NoticeState::Invoked { .. })
        };
        self.wait_for(limit, chosen)
            .await
            .map(drop)
            .map_err(|error| {
                let menu = fs::read_to_string(self.folder.join("menu.entries")).unwrap_or_default();
                TestkitError::Other(format!(
                    "{label:?} was not invoked; dunst's menu:\n{menu}\n{error}"
                ))
            })
    }

    /// Sends the newest notification away, as a swipe would.
    pub async fn dismiss_newest(&self) -> Result<(), TestkitError> {
        self.dunst("NotificationCloseLast").await
    }

    /// Calls a method of dunst's own interface, which is what `dunstctl` does.
    async fn dunst(&self, method: &str) -> Result<(), TestkitError> {
        let connection = connect(&self.bus).await?;
        let path = "/org/freedesktop/Notifications";
        connection
            .call_method(
                Some(INTERFACE),
                path,
                Some("org.dunstproject.cmd0"),
                method,
                &(),
            )
            .await
            .map(drop)
            .map_err(bus_error)
    }
}

impl Drop for Notices {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread ends by itself with the bus.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

pub(super) fn start_dunst(
    env: &BTreeMap<String, String>,
    folder: &Path,
) -> Result<PeerProcess, TestkitError> {
    let dunst = require_program("dunst", "dunst")?;
    let peers = folder.join("peers");
    let (menu, config) = (peers.join("menu"), peers.join("dunstrc"));
    fs::write(&menu, MENU).during("write dunst's menu")?;
    fs::set_permissions(&menu, fs::Permissions::from_mode(0o755)).during("write dunst's menu")?;
    fs::write(&config, dunst_configuration(&menu)).during("write dunst's configuration")?;
    PeerCommand::new("dunst", dunst, &peers.join("dunst.log"))
        .arg("-config")
        .arg(config)
        .envs(env)
        .spawn()
}

/// Nothing expires by itself, nothing is stacked, and text is drawn large enough to be read in a picture.
fn dunst_configuration(menu: &Path) -> String {
    format!(
        "[global]\n    monitor = 0\n    width = (320, 460)\n    height = 400\n    origin = top-right\n    \
         offset = 12x12\n    font = DejaVu Sans 11\n    markup = full\n    format = \"<b>%s</b>\\n%b\"\n    \
         dmenu = {}\n    mouse_left_click = context\n    mouse_right_click = close_current\n    \
         show_indicators = yes\n    stack_duplicates = false\n    idle_threshold = 0\n    icon_position = off\n\
         [urgency_low]\n    timeout = 0\n[urgency_normal]\n    timeout = 0\n[urgency_critical]\n    timeout = 0\n",
        menu.display()
    )
}

/// Runs on a thread of its own until stopped or until the bus goes away.
fn monitor(
    address: &str,
    book: &Mutex<Book>,
    stopped: oneshot::Receiver<()>,
    ready: &std::sync::mpsc::Sender<Result<(), TestkitError>>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime needs nothing but an epoll handle");
    runtime.block_on(async {
        let (forward, mut messages) = mpsc::unbounded_channel();
        let outcome = become_monitor(address, forward).await;
        let watching = outcome.is_ok();
        // The starter waits for this word before it goes on.
        let _ = ready.send(outcome);
        if !watching {
            return;
        }
        let read = async {
            while let Some(message) = messages.recv().await {
                lock(book).note(&message);
            }
        };
        tokio::select! {
            _ = stopped => {}
            () = read => {}
        }
    });
}

async fn become_monitor(
    address: &str,
    forward: mpsc::UnboundedSender<Message>,
) -> Result<(), TestkitError> {
    let connection = connect(address).await?;
    let mut stream = MessageStream::from(&connection);
    let proxy = MonitoringProxy::new(&connection).await.map_err(bus_error)?;
    let calls = MatchRule::builder()
        .interface(INTERFACE)
        .map_err(bus_error)?
        .build();
    // The answer to `Notify` names no interface.
    let answers = MatchRule::builder().msg_type(Type::MethodReturn).build();
    proxy
        .become_monitor(&[calls, answers], 0)
        .await
        .map_err(|error| TestkitError::Other(format!("watch the session bus: {error}")))?;
    tokio::spawn(async move {
        while let Some(Ok(message)) = stream.next().await {
            if forward.send(message).is_err() {
                break;
            }
        }
    });
    Ok(())
}

type NotifyArguments = (
    String,
    u32,
    String,
    String,
    String,
    Vec<String>,
    std::collections::HashMap<String, OwnedValue>,
    i32,
);

impl Book {
    fn note(&mut self, message: &Message) {
        let header = message.header();
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        let member = header
            .member()
            .map(|name| name.as_str())
            .unwrap_or_default();
        match (header.message_type(), member) {
            (Type::MethodCall, "Notify") => {
                let serial = header.primary().serial_num().get();
                if let Some(notice) = requested(message) {
                    self.asked.insert((sender, serial), notice);
                }
            }
            (Type::MethodReturn, _) => self.answered(message),
            (Type::Signal, "ActionInvoked") => {
                if let Ok((id, action)) = message.body().deserialize::<(u32, String)>() {
                    self.settle(id, NoticeState::Invoked { action });
                }
            }
            (Type::Signal, "NotificationClosed") => {
                if let Ok((id, reason)) = message.body().deserialize::<(u32, u32)>() {
                    self.settle(id, NoticeState::Closed { reason });
                }
            }
            _ => {}
        }
    }

    fn answered(&mut self, message: &Message) {
        let header = message.header();
        let to = header
            .destination()
            .map(ToString::to_string)
            .unwrap_or_default();
        let Some(serial) = header.reply_serial() else {
            return;
        };
        let Some(mut notice) = self.asked.remove(&(to, serial.get())) else {
            return;
        };
        let Ok(id) = message.body().deserialize::<u32>() else {
            return;
        };
        notice.id = id;
        match self.shown.iter_mut().find(|known| known.id == id) {
            Some(known) => *known = notice,
            None => self.shown.push(notice),
        }
    }

    /// A closing after a choice changes nothing: the choice is what a test asks about.
    fn settle(&mut self, id: u32, state: NoticeState) {
        let open = self
            .shown
            .iter_mut()
            .find(|n| n.id == id && n.state == NoticeState::Shown);
        if let Some(notice) = open {
            notice.state = state;
        }
    }
}

fn requested(message: &Message) -> Option<ShownNotice> {
    let body = message.body();
    // A monitor sees what anybody sends, so the shape is checked before it is taken apart.
    body.deserialize::<Structure<'_>>().ok()?;
    let (app_name, _, _, summary, text, actions, hints, expire_timeout): NotifyArguments =
        body.deserialize().ok()?;
    let pairs = actions
        .chunks_exact(2)
        .map(|pair| (pair[0].clone(), pair[1].clone()));
    Some(ShownNotice {
        id: 0,
        app_name,
        summary,
        body: text,
        actions: pairs.collect(),
        urgency: hints
            .get("urgency")
            .and_then(|value| u8::try_from(value).ok()),
        expire_timeout,
        state: NoticeState::Shown,
        seen: Instant::now(),
    })
}

fn lock(book: &Mutex<Book>) -> std::sync::MutexGuard<'_, Book> {
    book.lock().expect("no one panics while holding it")
}
