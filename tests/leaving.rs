//! How the app is left and how it fails to come: in the real window, on a desktop that has no tray.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test says what failed by where it stops"
)]

#[allow(dead_code, reason = "shared with the test of the whole window")]
#[path = "window/page.rs"]
mod page;

use std::{collections::BTreeMap, path::Path, time::Duration};

use gatehouse_testkit::{
    desktop::{DesktopParts, DesktopSession, NoticeState, NotificationDaemon, ShownNotice},
    webdriver::WebDriver,
};
use page::{Page, SOON, picture};

const APP: &str = env!("CARGO_BIN_EXE_gatehouse-desktop");
const WINDOW: &str = "^Gatehouse$";

struct Scene {
    page: Page,
    _driver: WebDriver,
    desktop: DesktopSession,
}

impl Scene {
    async fn on(desktop: DesktopSession) -> Self {
        let driver = WebDriver::start(&desktop, &BTreeMap::new()).await.unwrap();
        let client = driver.open(Path::new(APP), &[]).await.unwrap();
        Self {
            page: Page { client },
            _driver: driver,
            desktop,
        }
    }

    fn window(&self) -> Option<String> {
        let search = ["search", "--onlyvisible", "--name", WINDOW];
        let found = self.desktop.xdotool(&search).ok()?;
        found.lines().last().map(str::to_owned)
    }

    async fn until_it_is(&self, shown: bool) {
        let begun = std::time::Instant::now();
        while self.window().is_some() != shown {
            assert!(begun.elapsed() < SOON, "the window is shown: {}", !shown);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Presses keys in the window, as its person does.
    fn keys(&self, keys: &str) {
        let window = self.window().unwrap();
        let press = ["windowfocus", "--sync", &window, "key", keys];
        self.desktop.xdotool(&press).unwrap();
    }

    /// Presses what ends the window: nothing of it is there any more to say that it was pressed.
    async fn leave_by(&self, words: &str) {
        let press = "const all = [...document.querySelectorAll('button')];
            const wanted = all.find((one) => one.textContent.trim() === arguments[0]);
            setTimeout(() => wanted.click(), 50);";
        let words = vec![words.into()];
        self.page.client.execute(press, words).await.unwrap();
        self.until_it_is(false).await;
    }

    async fn drafted(&self) -> String {
        let field = self.page.find("//textarea").await;
        field.prop("value").await.unwrap().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_draft_outlives_the_closed_window_which_says_that_the_app_goes_on_and_how_it_is_ended() {
    let scene = Scene::on(DesktopSession::start().await.unwrap()).await;
    let field = scene.page.find("//textarea").await;
    scene.page.is_connected().await;
    field.send_keys("a draft that nobody sent").await.unwrap();

    scene.keys("alt+F4");
    scene.until_it_is(false).await;
    let says = |notice: &ShownNotice| {
        notice.summary.contains("goes on without its window") && notice.state == NoticeState::Shown
    };
    scene.desktop.notices().wait_for(SOON, says).await.unwrap();

    let second = scene.desktop.command(APP).status().unwrap();
    assert!(second.success());
    scene.until_it_is(true).await;
    assert_eq!(scene.drafted().await, "a draft that nobody sent");

    scene.keys("ctrl+q");
    scene.page.says("Quit, and lose what was not sent?").await;
    picture(&scene.desktop, "leaving-1-quit");
    scene.leave_by("Quit Gatehouse").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nothing_could_show_that_the_app_goes_on_the_window_asks_before_it_closes() {
    let parts = DesktopParts {
        notifications: NotificationDaemon::Absent,
        ..DesktopParts::default()
    };
    let scene = Scene::on(DesktopSession::start_with(parts).await.unwrap()).await;
    scene.page.find("//textarea").await;
    scene.page.is_connected().await;
    scene.keys("alt+F4");
    scene
        .page
        .says("Gatehouse goes on without its window")
        .await;
    picture(&scene.desktop, "leaving-2-close");
    scene.leave_by("Go on without a window").await;
    let second = scene.desktop.command(APP).status().unwrap();
    assert!(second.success(), "the first is still there and shows it");
    scene.until_it_is(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_that_fails_opens_a_window_that_says_what_and_where_and_ends_with_it() {
    let desktop = DesktopSession::start().await.unwrap();
    let folder = desktop.data_home().join("app.gatehouse.desktop");
    std::fs::create_dir_all(desktop.data_home()).unwrap();
    std::fs::write(&folder, "in the way").unwrap();
    let scene = Scene::on(desktop).await;
    scene.page.says("Gatehouse could not start").await;
    scene.page.says(&folder.display().to_string()).await;
    scene.page.says("Make the folder yours").await;
    picture(&scene.desktop, "leaving-3-not-started");
    scene.leave_by("Quit Gatehouse").await;

    let mut hidden = scene.desktop.command(APP);
    let mut hidden = hidden.arg("--background").spawn().unwrap();
    scene.until_it_is(true).await;
    scene.keys("alt+F4");
    let ended = tokio::task::spawn_blocking(move || hidden.wait().unwrap());
    let ended = tokio::time::timeout(SOON, ended).await;
    let ended = ended.expect("the app ends with that window").unwrap();
    assert_eq!(ended.code(), Some(1));
}
