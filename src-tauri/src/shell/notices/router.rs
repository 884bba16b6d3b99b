//! Between the fleet and the surfaces outside of the main window: shows what the fleet wants shown, passes a
//! choice back, and opens the approval window wherever a notice cannot carry the choice.
//!
//! It decides nothing: a choice goes to the fleet with the revision that was shown, and the fleet says
//! whether it counts. When it does not, the person is told, because they saw a button give way.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use async_trait::async_trait;
use gatehouse_fleet::notices::{PlainKind, PlainNotice, Urgency};
use gatehouse_fleet::view::{CommandError, Decision, ItemKey, NotificationSupport, SessionRef};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::{Attention, Delivery, Notice, NoticeCommand, NoticeEvent, Notifier};

/// News on the screen whose click is remembered. Where a desktop keeps more, the oldest goes.
const NEWS: usize = 32;

/// What the router needs of the fleet and of the windows.
#[async_trait]
pub trait Surfaces: Send + Sync {
    /// A choice made on a notice.
    ///
    /// # Errors
    /// When it did not count, with the reason.
    async fn decide(
        &self,
        key: ItemKey,
        revision: u32,
        decision: Decision,
    ) -> Result<(), CommandError>;
    /// The notice of an item is not on the screen any more; nothing was decided.
    fn closed(&self, key: ItemKey);
    /// Shows an item in full, in the main window.
    fn open_item(&self, key: ItemKey);
    /// Shows a transcript, in the main window.
    fn open_session(&self, session: SessionRef);
    /// Shows the main window.
    fn open_window(&self);
    /// Opens the approval window, or closes it.
    fn show_approval_window(&self, shown: bool);

    /// Tells the person something on which nothing is decided.
    fn tell(&self, title: &str, body: &str);
    /// Tells the person that their choice on a notice did not count.
    fn tell_refused(&self, error: CommandError);
}

/// Routes until `cancel` fires or the fleet ends.
pub async fn route(
    mut notifier: Notifier,
    surfaces: Arc<dyn Surfaces>,
    mut commands: mpsc::Receiver<NoticeCommand>,
    cancel: CancellationToken,
) {
    let mut support = notifier.notices.support();
    let (refused, mut refusals) = mpsc::channel(16);
    let mut router = Router {
        notices: notifier.notices.clone(),
        surfaces,
        waiting: HashMap::new(),
        in_window: HashSet::new(),
        lasting: HashSet::new(),
        news: VecDeque::new(),
        told: 0,
        refused,
    };
    loop {
        tokio::select! {
            biased;
            () = cancel.cancelled() => return,
            Some(event) = notifier.events.recv() => router.on_event(event),
            Some(key) = refusals.recv() => router.on_refused(key).await,
            Ok(()) = support.changed() => {
                let now = support.borrow_and_update().clone();
                router.on_support(&now);
            }
            command = commands.recv() => match command {
                Some(command) => router.on_command(command).await,
                None => return,
            },
        }
    }
}

struct Router {
    notices: Arc<dyn super::DecisionNotifier>,
    surfaces: Arc<dyn Surfaces>,
    /// What waits, as it was last shown.
    waiting: HashMap<ItemKey, Notice>,
    /// What can only be decided in a window.
    in_window: HashSet<ItemKey>,
    /// Told for as long as it is true; nothing is decided on it.
    lasting: HashSet<ItemKey>,
    /// Told once, the oldest first, with what a click opens.
    news: VecDeque<(ItemKey, Option<SessionRef>)>,
    told: u64,
    refused: mpsc::Sender<ItemKey>,
}

impl Router {
    async fn on_command(&mut self, command: NoticeCommand) {
        match command {
            NoticeCommand::Show(notice) => self.show(notice, Attention::Ask).await,
            NoticeCommand::Update(notice) => self.show(notice, Attention::Leave).await,
            NoticeCommand::Plain(notice) => self.tell(notice).await,
            NoticeCommand::Lasting { key, notice } => self.tell_lasting(key, notice).await,
            NoticeCommand::Withdraw { key } => {
                self.waiting.remove(&key);
                self.lasting.remove(&key);
                self.notices.withdraw(key.clone()).await;
                self.leave_window(&key);
            }
        }
    }

    async fn show(&mut self, notice: Notice, attention: Attention) {
        let key = notice.key.clone();
        self.waiting.insert(key.clone(), notice.clone());
        let delivery = match attention {
            Attention::Ask => self.notices.show(notice).await,
            Attention::Leave => self.notices.update(notice).await,
        };
        match delivery {
            Delivery::WithButtons => self.leave_window(&key),
            Delivery::NeedsWindow => {
                // Only for what is new: a window that the person closed must not come back by itself.
                if self.in_window.insert(key) {
                    self.surfaces.show_approval_window(true);
                }
            }
            Delivery::Dismissed => {}
        }
    }

    /// Shows news as notices are shown, so that it is escaped as they are and a click opens what it is about.
    async fn tell(&mut self, notice: PlainNotice) {
        self.told += 1;
        // No item's key has one part only.
        let key = ItemKey(format!("news-{}", self.told));
        let shown = without_choices(key.clone(), &notice, false);
        if self.notices.show(shown).await == Delivery::NeedsWindow {
            self.notices.withdraw(key).await;
            return self.surfaces.tell(&notice.title, &notice.body);
        }
        self.news.push_back((key, notice.session));
        if self.news.len() > NEWS
            && let Some((oldest, _)) = self.news.pop_front()
        {
            self.notices.withdraw(oldest).await;
        }
    }

    /// Where no server takes notices back, it is told as any other news; that more waits, in the window where all of
    /// it can be decided.
    async fn tell_lasting(&mut self, key: ItemKey, notice: PlainNotice) {
        self.lasting.insert(key.clone());
        let shown = without_choices(key.clone(), &notice, true);
        if self.notices.show(shown).await != Delivery::NeedsWindow {
            return;
        }
        if notice.kind == PlainKind::More {
            self.in_window.insert(key);
            return self.surfaces.show_approval_window(true);
        }
        self.surfaces.tell(&notice.title, &notice.body);
    }

    fn leave_window(&mut self, key: &ItemKey) {
        if self.in_window.remove(key) && self.in_window.is_empty() {
            self.surfaces.show_approval_window(false);
        }
    }

    fn on_event(&mut self, event: NoticeEvent) {
        match event {
            NoticeEvent::OpenRequested { key } => self.open(key),
            NoticeEvent::Closed { key } => {
                self.news.retain(|(news, _)| *news != key);
                if self.waiting.contains_key(&key) {
                    self.surfaces.closed(key);
                }
            }
            NoticeEvent::Decided {
                key,
                revision,
                decision,
            } => {
                self.decide(key, revision, decision);
            }
        }
    }

    fn open(&self, key: ItemKey) {
        let news = self.news.iter().find(|(news, _)| *news == key);
        match news {
            Some((_, Some(session))) => self.surfaces.open_session(session.clone()),
            Some((_, None)) => self.surfaces.open_window(),
            None if self.lasting.contains(&key) => self.surfaces.open_window(),
            None => self.surfaces.open_item(key),
        }
    }

    /// In its own task: a slow gateway must not hold up the notices of the others.
    fn decide(&self, key: ItemKey, revision: u32, decision: Decision) {
        let (surfaces, refused) = (self.surfaces.clone(), self.refused.clone());
        tokio::spawn(async move {
            let Err(error) = surfaces.decide(key.clone(), revision, decision).await else {
                return;
            };
            info!(code = error.code, "a choice on a notice did not count");
            surfaces.tell_refused(error);
            let _ = refused.send(key).await;
        });
    }

    /// The pressed notice is gone from the screen; what still waits comes back.
    async fn on_refused(&mut self, key: ItemKey) {
        if let Some(notice) = self.waiting.get(&key).cloned() {
            self.show(notice, Attention::Ask).await;
        }
    }

    fn on_support(&mut self, support: &NotificationSupport) {
        if let NotificationSupport::Actions { .. } = support {
            // The notifier has shown what waits by itself, as far as it was taken.
            self.in_window = self.notices.not_shown();
            self.in_window.retain(|key| self.waiting.contains_key(key));
            let needs_window = !self.in_window.is_empty();
            return self.surfaces.show_approval_window(needs_window);
        }
        let before = self.in_window.len();
        self.in_window.extend(self.waiting.keys().cloned());
        if self.in_window.len() > before {
            self.surfaces.show_approval_window(true);
        }
    }
}

fn without_choices(key: ItemKey, notice: &PlainNotice, stays: bool) -> Notice {
    Notice {
        key,
        revision: 0,
        title: notice.title.clone(),
        body: notice.body.clone(),
        buttons: Vec::new(),
        review: false,
        private: false,
        stays,
        urgency: Urgency::Normal,
        sound: false,
        expires_at: None,
    }
}

#[cfg(test)]
#[path = "router_tests.rs"]
mod tests;
