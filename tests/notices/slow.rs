//! A notification server that takes longer to answer than anyone waits for it.

use std::collections::HashMap;

use gatehouse_desktop::shell::notices::Delivery;
use gatehouse_fleet::view::NotificationSupport;
use gatehouse_testkit::desktop::NotificationDaemon;
use tokio::sync::{mpsc, watch};
use zbus::zvariant::OwnedValue;

use super::{SOON, Scene, key, notice};

/// Answers once its gates are open.
struct Server {
    speaks: watch::Receiver<bool>,
    draws: watch::Receiver<bool>,
    happened: mpsc::UnboundedSender<Happened>,
}

#[derive(Debug, PartialEq, Eq)]
enum Happened {
    Asked,
    Drawn(u32),
    TakenAway(u32),
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Server {
    fn get_capabilities(&self) -> Vec<&str> {
        vec!["body", "actions"]
    }

    async fn get_server_information(&self) -> (&str, &str, &str, &str) {
        self.happened.send(Happened::Asked).unwrap();
        open(&self.speaks).await;
        ("slow", "gatehouse tests", "1", "1.2")
    }

    #[allow(clippy::too_many_arguments, reason = "the specification's own")]
    async fn notify(
        &self,
        _app_name: String,
        _replaces: u32,
        _icon: String,
        _summary: String,
        body: String,
        _actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _expires: i32,
    ) -> u32 {
        open(&self.draws).await;
        // The last line of a sample is its name, which ends in a number.
        let id = body.rsplit('a').next().unwrap().parse().unwrap();
        self.happened.send(Happened::Drawn(id)).unwrap();
        id
    }

    fn close_notification(&self, id: u32) {
        self.happened.send(Happened::TakenAway(id)).unwrap();
    }
}

async fn open(gate: &watch::Receiver<bool>) {
    // A gate that is gone is never opened.
    if gate.clone().wait_for(|open| *open).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// The server, its gates, and what happens to it.
struct Slow {
    _connection: zbus::Connection,
    speaks: watch::Sender<bool>,
    draws: watch::Sender<bool>,
    happened: mpsc::UnboundedReceiver<Happened>,
}

impl Slow {
    async fn serve(scene: &Scene, speaks: bool) -> Self {
        let (speaks, draws) = (watch::Sender::new(speaks), watch::Sender::new(false));
        let (happens, happened) = mpsc::unbounded_channel();
        let server = Server {
            speaks: speaks.subscribe(),
            draws: draws.subscribe(),
            happened: happens,
        };
        let address = scene.desktop.bus_address();
        let builder = zbus::connection::Builder::address(address).unwrap();
        let builder = builder.name("org.freedesktop.Notifications").unwrap();
        let builder = builder.serve_at("/org/freedesktop/Notifications", server);
        Self {
            _connection: builder.unwrap().build().await.unwrap(),
            speaks,
            draws,
            happened,
        }
    }

    async fn until(&mut self, wanted: Happened) {
        let comes = async { while self.happened.recv().await.unwrap() != wanted {} };
        let comes = tokio::time::timeout(SOON, comes).await;
        comes.unwrap_or_else(|_| panic!("it never came to {wanted:?}"));
    }
}

/// A server that says who it is, and has not yet shown the notice that it was given.
async fn given_up() -> (Scene, Slow) {
    let scene = Scene::on(NotificationDaemon::Absent).await;
    let slow = Slow::serve(&scene, true).await;
    scene
        .wait_for_support(|s| matches!(s, NotificationSupport::Actions { .. }))
        .await;
    let shown = scene.notifier.notices.show(notice("a7", 1)).await;
    assert_eq!(shown, Delivery::NeedsWindow, "nobody waits that long");
    (scene, slow)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_was_shown_too_late_leaves_with_its_item() {
    let (scene, mut slow) = given_up().await;
    slow.draws.send_replace(true);
    slow.until(Happened::Drawn(7)).await;
    // Answered after the late one, so that it is known by then.
    scene.notifier.notices.show(notice("a8", 1)).await;
    scene.notifier.notices.withdraw(key("a7")).await;
    slow.until(Happened::TakenAway(7)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_is_shown_when_its_item_is_gone_leaves_at_once() {
    let (scene, mut slow) = given_up().await;
    scene.notifier.notices.withdraw(key("a7")).await;
    slow.draws.send_replace(true);
    slow.until(Happened::TakenAway(7)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_is_shown_as_the_app_ends_leaves_the_screen() {
    let (scene, mut slow) = given_up().await;
    scene.cancel.cancel();
    slow.draws.send_replace(true);
    slow.until(Happened::TakenAway(7)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_said_nothing_is_asked_again_and_shows_what_waits() {
    let scene = Scene::on(NotificationDaemon::Absent).await;
    let shown = scene.notifier.notices.show(notice("a7", 1)).await;
    assert_eq!(shown, Delivery::NeedsWindow);
    let mut slow = Slow::serve(&scene, false).await;
    slow.until(Happened::Asked).await;
    // Only another question finds it ready: what it says to the first one comes too late.
    slow.until(Happened::Asked).await;
    slow.speaks.send_replace(true);
    slow.draws.send_replace(true);
    slow.until(Happened::Drawn(7)).await;
    scene
        .wait_for_support(|s| matches!(s, NotificationSupport::Actions { .. }))
        .await;
}
