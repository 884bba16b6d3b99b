//! Notices on macOS and Windows, through notify-rust. UNVERIFIED: written against notify-rust 4.19 and the
//! systems' documentation, compiled and run on neither.
//!
//! notify-rust and not the systems' own crates: it gives buttons on both over one small API, and brings the
//! run-loop handling that `NSUserNotificationCenter` needs. What that costs:
//! - it cannot take a notice away, so a notice may outlive its item; a press on it then means nothing here;
//! - macOS folds two buttons into a menu and reports a click on the menu itself as the first of them, so
//!   refusing comes first; it hands back the words of a button and not its name, so these are unique;
//! - Windows answers while the toast is on the screen only, and needs an installed application id;
//! - `UNUserNotificationCenter` would be better on macOS, but works in a signed bundle alone.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use gatehouse_fleet::view::{Decision, ItemKey, NotificationSupport};
use notify_rust::{Notification, NotificationResponse, Timeout};
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::warn;

use super::choice::{OPEN, Showing};
use super::shown::Waiting;
use super::{Attention, DecisionNotifier, Delivery, Notice, NoticeEvent, Notifier, text};
use gatehouse_fleet::choices::label;

/// Each notice on the screen keeps a thread waiting; beyond this many the approval window is clearer anyway.
const THREADS: usize = 8;
const EVENTS: usize = 64;
#[cfg(target_os = "windows")]
const APP_ID: &str = "app.gatehouse.desktop";

/// Starts the notifier. Both systems end it with the process, and take its notices' buttons with it.
pub fn start(_shown: PathBuf, _tracker: &TaskTracker, _cancel: CancellationToken) -> Notifier {
    let (events, clicked) = mpsc::channel(EVENTS);
    let server = std::env::consts::OS.to_owned();
    let support = watch::channel(NotificationSupport::Actions { server }).0;
    let waiting = Arc::new(Mutex::new(Waiting::default()));
    let notices = Native {
        waiting,
        events,
        support,
        threads: Arc::default(),
    };
    Notifier {
        notices: Arc::new(notices),
        events: clicked,
    }
}

struct Native {
    waiting: Arc<Mutex<Waiting>>,
    events: mpsc::Sender<NoticeEvent>,
    support: watch::Sender<NotificationSupport>,
    threads: Arc<AtomicUsize>,
}

#[async_trait]
impl DecisionNotifier for Native {
    async fn show(&self, notice: Notice) -> Delivery {
        self.put(notice, Attention::Ask)
    }

    async fn update(&self, notice: Notice) -> Delivery {
        self.put(notice, Attention::Leave)
    }

    async fn withdraw(&self, key: ItemKey) {
        self.waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&key);
    }

    fn support(&self) -> watch::Receiver<NotificationSupport> {
        self.support.subscribe()
    }
}

impl Native {
    fn put(&self, notice: Notice, attention: Attention) -> Delivery {
        let key = notice.key.clone();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if !waiting.put(notice, attention) {
            return Delivery::Dismissed;
        }
        let Some((notice, _, showing)) = waiting.new_showing(&key) else {
            return Delivery::NeedsWindow;
        };
        self.wait_on(notice, &showing)
    }

    /// Shows a notice and waits for the answer on a thread of its own, as both systems' calls block.
    fn wait_on(&self, notice: &Notice, showing: &Showing) -> Delivery {
        if self.threads.fetch_add(1, Ordering::Relaxed) >= THREADS {
            self.threads.fetch_sub(1, Ordering::Relaxed);
            return Delivery::NeedsWindow;
        }
        let buttons = buttons(notice, showing);
        let shown = notification(notice, &buttons);
        let (key, waiting) = (notice.key.clone(), self.waiting.clone());
        let (events, threads) = (self.events.clone(), self.threads.clone());
        std::thread::spawn(move || {
            let pressed = pressed(&shown, &buttons);
            threads.fetch_sub(1, Ordering::Relaxed);
            let event = match pressed.as_deref() {
                None => Some(NoticeEvent::Closed { key }),
                Some(OPEN) => Some(NoticeEvent::OpenRequested { key }),
                Some(name) => waiting
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clicked(0, name),
            };
            events.blocking_send(event?).ok()
        });
        Delivery::WithButtons
    }
}

/// Names and words of the buttons, refusing first.
fn buttons(notice: &Notice, showing: &Showing) -> Vec<(String, &'static str)> {
    let mut decisions = notice.buttons.clone();
    decisions.sort_by_key(|d| !matches!(d, Decision::Deny | Decision::Reject));
    let review = notice.review.then(|| (OPEN.to_owned(), "Review"));
    decisions
        .into_iter()
        .map(|d| (showing.button(d), label(d)))
        .chain(review)
        .collect()
}

fn notification(notice: &Notice, buttons: &[(String, &'static str)]) -> Notification {
    let mut shown = Notification::new();
    shown.summary(&text::title(&notice.title).replace(',', " "));
    shown.body(&text::body(&notice.body));
    shown.timeout(Timeout::Never);
    #[cfg(target_os = "windows")]
    shown.app_id(APP_ID);
    for (name, words) in buttons {
        shown.action(name, words);
    }
    shown.finalize()
}

/// The name of the button that was pressed, or none when the notice was only closed.
fn pressed(shown: &Notification, buttons: &[(String, &'static str)]) -> Option<String> {
    let (sender, answer) = std::sync::mpsc::channel();
    let respond = move |response: &NotificationResponse| drop(sender.send(response.clone()));
    let waited = shown
        .show()
        .and_then(|handle| handle.wait_for_response(respond));
    if let Err(error) = waited {
        warn!(%error, "a notice could not be shown");
        return None;
    }
    match answer.recv().ok()? {
        NotificationResponse::Default => Some(OPEN.to_owned()),
        NotificationResponse::Action(pressed) => {
            let button = buttons
                .iter()
                .find(|(name, words)| *name == pressed || *words == pressed);
            button.map(|(name, _)| name.clone())
        }
        NotificationResponse::Reply(_) | NotificationResponse::Closed(_) => None,
    }
}
