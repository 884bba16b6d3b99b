//! Notices on which a person can decide: one trait, and an implementation for each platform.
//!
//! A notice carries the decisions that its request offers as buttons. What the platform answers is turned
//! into `NoticeEvent`s and nothing else is done here: whether a decision still counts is for the fleet to
//! say. A notice that is closed, replaced, missed or lost decides nothing. Plain notices, on which nothing
//! is decided, go the same way where they can; else the notification plugin shows them.

mod choice;
#[cfg(target_os = "linux")]
pub mod freedesktop;
#[cfg(any(target_os = "macos", target_os = "windows"))]
pub mod native;
pub mod router;
#[cfg(test)]
mod samples;
mod shown;
mod text;

use std::collections::HashSet;

use async_trait::async_trait;
use gatehouse_fleet::view::{Decision, ItemKey, NotificationSupport};
use tokio::sync::{mpsc, watch};

pub use gatehouse_fleet::notices::{Notice, NoticeCommand};
pub(crate) use text::without_markup;

/// What a person did with a notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeEvent {
    /// An explicit choice on one of the buttons, for the revision that the notice showed.
    Decided {
        key: ItemKey,
        revision: u32,
        decision: Decision,
    },
    /// A click on the notice itself: show the whole request.
    OpenRequested { key: ItemKey },
    /// The person or the platform closed it unanswered: it decides nothing, and there is room for another.
    Closed { key: ItemKey },
}

/// Whether a notice reached a place where it can be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// It is shown, with its buttons.
    WithButtons,
    /// It is not, so the approval window has to be.
    NeedsWindow,
    /// The person dismissed this notice before.
    Dismissed,
}

/// Shows notices on which a person can decide.
///
/// Calls may come from any task; each returns in bounded time, whatever the platform's service does.
#[async_trait]
pub trait DecisionNotifier: Send + Sync {
    /// Shows a notice, in the place of an earlier one for the same item.
    async fn show(&self, notice: Notice) -> Delivery;
    /// Brings a notice up to date without asking for attention again. One that the person dismissed stays
    /// dismissed.
    async fn update(&self, notice: Notice) -> Delivery;
    /// Takes a notice away, because its item was decided or is gone. Unknown keys are nothing to do.
    async fn withdraw(&self, key: ItemKey);
    /// What the platform can show, now and as it changes.
    fn support(&self) -> watch::Receiver<NotificationSupport>;
    /// Of what waits and was shown again when that changed, what was not taken.
    fn not_shown(&self) -> HashSet<ItemKey> {
        HashSet::new()
    }
}

/// Whether a notice is to ask for attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Attention {
    Ask,
    Leave,
}

/// A notifier and what people do with its notices.
pub struct Notifier {
    pub notices: std::sync::Arc<dyn DecisionNotifier>,
    pub events: mpsc::Receiver<NoticeEvent>,
}

/// The notifier of this platform. It ends when `cancel` fires, taking its notices away.
#[cfg(target_os = "linux")]
pub use freedesktop::start;
#[cfg(any(target_os = "macos", target_os = "windows"))]
pub use native::start;
