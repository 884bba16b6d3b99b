//! The router with a notifier and surfaces that only record.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use gatehouse_fleet::notices::PlainKind;
use gatehouse_fleet::view::{CommandError, GatewayId, SessionRef};
use tokio::sync::watch;

use super::*;
use crate::shell::notices::{DecisionNotifier, samples};

fn key(id: &str) -> ItemKey {
    ItemKey(id.to_owned())
}

fn notice(id: &str) -> Notice {
    samples::notice(id, 1, vec![Decision::AllowOnce, Decision::Deny])
}

fn with_buttons() -> NotificationSupport {
    NotificationSupport::Actions {
        server: "fake".into(),
    }
}

/// Both sides record what is asked of them, in order.
struct Recorded {
    log: Mutex<Vec<String>>,
    support: watch::Sender<NotificationSupport>,
    refuse: bool,
    /// No notice is shown any more, whatever the support.
    deaf: AtomicBool,
    not_shown: Mutex<HashSet<ItemKey>>,
}

impl Recorded {
    fn note(&self, what: String) {
        self.log.lock().unwrap().push(what);
    }
}

#[async_trait]
impl DecisionNotifier for Recorded {
    async fn show(&self, notice: Notice) -> Delivery {
        self.note(format!("show {}", notice.key.0));
        match *self.support.borrow() {
            NotificationSupport::Actions { .. } if !self.deaf.load(Ordering::SeqCst) => {
                Delivery::WithButtons
            }
            _ => Delivery::NeedsWindow,
        }
    }

    async fn update(&self, notice: Notice) -> Delivery {
        self.show(notice).await
    }

    async fn withdraw(&self, key: ItemKey) {
        self.note(format!("withdraw {}", key.0));
    }

    fn support(&self) -> watch::Receiver<NotificationSupport> {
        self.support.subscribe()
    }

    fn not_shown(&self) -> HashSet<ItemKey> {
        self.not_shown.lock().unwrap().clone()
    }
}

#[async_trait]
impl Surfaces for Recorded {
    async fn decide(
        &self,
        key: ItemKey,
        revision: u32,
        decision: Decision,
    ) -> Result<(), CommandError> {
        self.note(format!("decide {} {revision} {decision:?}", key.0));
        if !self.refuse {
            return Ok(());
        }
        Err(CommandError {
            code: "itemChanged".into(),
            message: String::new(),
            retryable: false,
        })
    }

    fn open_item(&self, key: ItemKey) {
        self.note(format!("open {}", key.0));
    }

    fn closed(&self, key: ItemKey) {
        self.note(format!("closed {}", key.0));
    }

    fn open_session(&self, session: SessionRef) {
        self.note(format!("open the session {}", session.key));
    }

    fn open_window(&self) {
        self.note("open the window".to_owned());
    }

    fn show_approval_window(&self, shown: bool) {
        self.note(format!("approval window {shown}"));
    }

    fn tell(&self, title: &str, _body: &str) {
        self.note(format!("tell {title}"));
    }

    fn tell_refused(&self, error: CommandError) {
        self.note(format!("tell {}", error.code));
    }
}

struct Scene {
    recorded: Arc<Recorded>,
    commands: mpsc::Sender<NoticeCommand>,
    events: mpsc::Sender<NoticeEvent>,
    router: tokio::task::JoinHandle<()>,
}

impl Scene {
    fn new(support: NotificationSupport, refuse: bool) -> Self {
        let support = watch::channel(support).0;
        let recorded = Arc::new(Recorded {
            log: Mutex::default(),
            support,
            refuse,
            deaf: AtomicBool::default(),
            not_shown: Mutex::default(),
        });
        let (commands, commanded) = mpsc::channel(8);
        let (events, clicked) = mpsc::channel(8);
        let notifier = Notifier {
            notices: recorded.clone(),
            events: clicked,
        };
        let router = route(
            notifier,
            recorded.clone(),
            commanded,
            CancellationToken::new(),
        );
        Self {
            recorded,
            commands,
            events,
            router: tokio::spawn(router),
        }
    }

    async fn show(&self, id: &str) {
        self.commands
            .send(NoticeCommand::Show(notice(id)))
            .await
            .unwrap();
    }

    async fn withdraw(&self, id: &str) {
        self.commands
            .send(NoticeCommand::Withdraw { key: key(id) })
            .await
            .unwrap();
    }

    /// Lets the router and its tasks do all they can.
    async fn settle(&self) {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
    }

    /// Ends the router by ending the fleet, and answers what was asked of the others.
    async fn log(self) -> Vec<String> {
        self.settle().await;
        drop(self.commands);
        self.router.await.unwrap();
        self.recorded.log.lock().unwrap().clone()
    }
}

#[tokio::test]
async fn a_press_goes_to_the_fleet_with_the_revision_that_was_shown() {
    let scene = Scene::new(with_buttons(), false);
    scene.show("a").await;
    scene.settle().await;
    let pressed = NoticeEvent::Decided {
        key: key("a"),
        revision: 1,
        decision: Decision::AllowOnce,
    };
    scene.events.send(pressed).await.unwrap();
    assert_eq!(scene.log().await, ["show a", "decide a 1 AllowOnce"]);
}

#[tokio::test]
async fn a_choice_that_did_not_count_is_told_and_the_notice_comes_back() {
    let scene = Scene::new(with_buttons(), true);
    scene.show("a").await;
    scene.settle().await;
    let pressed = NoticeEvent::Decided {
        key: key("a"),
        revision: 1,
        decision: Decision::Deny,
    };
    scene.events.send(pressed).await.unwrap();
    let expected = ["show a", "decide a 1 Deny", "tell itemChanged", "show a"];
    assert_eq!(scene.log().await, expected);
}

#[tokio::test]
async fn a_click_on_the_notice_opens_the_item() {
    let scene = Scene::new(with_buttons(), false);
    scene
        .events
        .send(NoticeEvent::OpenRequested { key: key("a") })
        .await
        .unwrap();
    assert_eq!(scene.log().await, ["open a"]);
}

#[tokio::test]
async fn without_buttons_the_approval_window_opens_and_closes_with_the_last_item() {
    let scene = Scene::new(NotificationSupport::None, false);
    scene.show("a").await;
    scene.show("b").await;
    scene.withdraw("a").await;
    scene.settle().await;
    let before = scene.recorded.log.lock().unwrap().clone();
    let expected = [
        "show a",
        "approval window true",
        "show b",
        "approval window true",
        "withdraw a",
    ];
    assert_eq!(before, expected);
    scene.withdraw("b").await;
    let after = scene.log().await;
    assert_eq!(
        after[expected.len()..],
        ["withdraw b", "approval window false"]
    );
}

#[tokio::test]
async fn an_item_shown_again_does_not_bring_back_a_window_that_the_person_closed() {
    let scene = Scene::new(NotificationSupport::None, false);
    scene.show("a").await;
    scene.show("a").await;
    assert_eq!(
        scene.log().await,
        ["show a", "approval window true", "show a"]
    );
}

#[tokio::test]
async fn what_waits_moves_to_the_window_when_the_server_dies_and_leaves_it_when_one_is_back() {
    let scene = Scene::new(with_buttons(), false);
    scene.show("a").await;
    scene.settle().await;
    scene
        .recorded
        .support
        .send_replace(NotificationSupport::None);
    scene.settle().await;
    scene.recorded.support.send_replace(with_buttons());
    let expected = ["show a", "approval window true", "approval window false"];
    assert_eq!(scene.log().await, expected);
}

fn away() -> NoticeCommand {
    let notice = PlainNotice {
        kind: PlainKind::GatewayLost,
        gateway: GatewayId("g".into()),
        session: None,
        title: "Studio is not reachable".into(),
        body: String::new(),
    };
    let key = key("g/away");
    NoticeCommand::Lasting { key, notice }
}

#[tokio::test]
async fn what_is_true_for_a_time_is_taken_back_and_a_click_on_it_shows_the_window() {
    let scene = Scene::new(with_buttons(), false);
    scene.commands.send(away()).await.unwrap();
    scene.settle().await;
    let clicked = NoticeEvent::OpenRequested { key: key("g/away") };
    scene.events.send(clicked).await.unwrap();
    scene.settle().await;
    scene.withdraw("g/away").await;
    let expected = ["show g/away", "open the window", "withdraw g/away"];
    assert_eq!(scene.log().await, expected);
}

#[tokio::test]
async fn without_a_server_that_takes_notices_back_it_is_told_and_no_approval_window_opens() {
    let scene = Scene::new(NotificationSupport::None, false);
    scene.commands.send(away()).await.unwrap();
    let expected = ["show g/away", "tell Studio is not reachable"];
    assert_eq!(scene.log().await, expected);
}

fn finished(session: &str) -> NoticeCommand {
    let gateway = GatewayId("g".into());
    let session = SessionRef {
        gateway: gateway.clone(),
        key: session.to_owned(),
    };
    NoticeCommand::Plain(PlainNotice {
        kind: PlainKind::RunFinished,
        gateway,
        session: Some(session),
        title: "Home: A run has finished".into(),
        body: "<b>Bold</b>".into(),
    })
}

#[tokio::test]
async fn news_is_shown_as_notices_are_and_a_click_on_it_opens_its_session() {
    let scene = Scene::new(with_buttons(), false);
    scene.commands.send(finished("s1")).await.unwrap();
    scene.settle().await;
    let clicked = NoticeEvent::OpenRequested { key: key("news-1") };
    scene.events.send(clicked).await.unwrap();
    assert_eq!(scene.log().await, ["show news-1", "open the session s1"]);
}

#[tokio::test]
async fn news_is_told_in_another_way_where_no_notice_can_be_shown() {
    let scene = Scene::new(NotificationSupport::None, false);
    scene.commands.send(finished("s1")).await.unwrap();
    let expected = [
        "show news-1",
        "withdraw news-1",
        "tell Home: A run has finished",
    ];
    assert_eq!(scene.log().await, expected);
}

#[tokio::test]
async fn the_fleet_hears_that_a_notice_of_an_item_was_closed_and_of_no_other() {
    let scene = Scene::new(with_buttons(), false);
    scene.show("a").await;
    scene.commands.send(away()).await.unwrap();
    scene.settle().await;
    for closed in ["a", "g/away"] {
        let closed = NoticeEvent::Closed { key: key(closed) };
        scene.events.send(closed).await.unwrap();
    }
    assert_eq!(scene.log().await, ["show a", "show g/away", "closed a"]);
}

#[tokio::test]
async fn that_more_waits_opens_the_approval_window_where_no_notice_can_be_shown() {
    let scene = Scene::new(NotificationSupport::None, false);
    let more = |kind| PlainNotice {
        kind,
        gateway: GatewayId("g".into()),
        session: None,
        title: "More approvals wait".into(),
        body: String::new(),
    };
    for _ in 0..2 {
        let command = NoticeCommand::Lasting {
            key: key("/more"),
            notice: more(PlainKind::More),
        };
        scene.commands.send(command).await.unwrap();
    }
    scene.withdraw("/more").await;
    let expected = [
        "show /more",
        "approval window true",
        "show /more",
        "approval window true",
        "withdraw /more",
        "approval window false",
    ];
    assert_eq!(scene.log().await, expected);
}

#[tokio::test]
async fn what_a_server_that_came_back_did_not_take_keeps_its_window() {
    let scene = Scene::new(NotificationSupport::None, false);
    scene.show("a").await;
    scene.show("b").await;
    scene.settle().await;
    let missing = HashSet::from([key("b"), key("gone")]);
    *scene.recorded.not_shown.lock().unwrap() = missing;
    scene.recorded.support.send_replace(with_buttons());
    scene.settle().await;
    scene.withdraw("b").await;
    let expected = [
        "show a",
        "approval window true",
        "show b",
        "approval window true",
        "approval window true",
        "withdraw b",
        "approval window false",
    ];
    assert_eq!(scene.log().await, expected);
}

#[tokio::test]
async fn a_window_that_came_back_with_the_servers_death_leaves_again_with_its_last_item() {
    let scene = Scene::new(with_buttons(), false);
    scene.show("a").await;
    scene.settle().await;
    for support in [NotificationSupport::None, with_buttons()] {
        scene.recorded.support.send_replace(support);
        scene.settle().await;
    }
    scene.recorded.note("the server is away again".to_owned());
    scene
        .recorded
        .support
        .send_replace(NotificationSupport::None);
    scene.settle().await;
    scene.withdraw("a").await;
    let expected = [
        "show a",
        "approval window true",
        "approval window false",
        "the server is away again",
        "approval window true",
        "withdraw a",
        "approval window false",
    ];
    assert_eq!(scene.log().await, expected);
}

#[tokio::test]
async fn a_choice_that_did_not_count_brings_back_the_window_where_no_notice_comes() {
    let scene = Scene::new(with_buttons(), true);
    scene.show("a").await;
    scene.settle().await;
    // As a server does that is too slow to show anything again.
    scene.recorded.deaf.store(true, Ordering::SeqCst);
    let pressed = NoticeEvent::Decided {
        key: key("a"),
        revision: 1,
        decision: Decision::Deny,
    };
    scene.events.send(pressed).await.unwrap();
    let expected = [
        "show a",
        "decide a 1 Deny",
        "tell itemChanged",
        "show a",
        "approval window true",
    ];
    assert_eq!(scene.log().await, expected);
}
