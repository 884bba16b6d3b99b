//! The app without its window: the tray, the notices, the approval window, a second start, an orderly end.
//!
//! The real program on a real desktop, with a gateway that does what the test says.

#![cfg(target_os = "linux")]
// A test that cannot go on fails where it stands.
#![allow(clippy::unwrap_used)]

#[path = "desk/scene.rs"]
mod scene;
#[path = "desk/tray.rs"]
mod tray;
#[path = "desk/windows.rs"]
mod windows;

use std::fs;
use std::process::Command;
use std::time::Duration;

use gatehouse_testkit::desktop::{NoticeState, NotificationDaemon, ShownNotice};
use scene::{APP, SOON, Scene};

#[tokio::test(flavor = "multi_thread")]
async fn an_item_is_decided_in_the_tray_with_no_window_open() {
    let scene = Scene::new(NotificationDaemon::Dunst, &["--background"]).await;
    scene.tray.menu_with("Nothing waits for you", SOON).await;
    let id = scene.gateway.ask("rm -rf build && make");
    let menu = scene.tray.menu_with("Deny", SOON).await;
    let labels: Vec<_> = menu
        .all()
        .into_iter()
        .map(|entry| entry.label.clone())
        .collect();
    assert!(
        labels.contains(&"1 request waits for you".to_owned()),
        "{labels:?}"
    );
    assert!(
        labels
            .iter()
            .any(|label| label.contains("rm -rf build && make")),
        "{labels:?}"
    );
    assert!(
        !labels.iter().any(|label| label.contains("lways")),
        "{labels:?}"
    );
    assert_eq!(
        scene.window("Gatehouse"),
        None,
        "it was started in the background"
    );

    let deny = menu
        .all()
        .into_iter()
        .find(|entry| entry.label == "Deny")
        .unwrap()
        .id;
    scene.tray.click(deny).await;
    scene.decided(&id, "deny").await;
    scene.tray.menu_with("Nothing waits for you", SOON).await;
    let gone = || scene.desktop.notices().showing().is_empty();
    scene.until("the notice is withdrawn", gone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_notification_server_an_approval_opens_its_own_small_window() {
    let scene = Scene::new(NotificationDaemon::Absent, &["--background"]).await;
    scene.tray.menu_with("Nothing waits for you", SOON).await;
    let id = scene.gateway.ask("uname -a");
    let opened = || scene.window("Gatehouse: approval").is_some();
    scene.until("the approval window opens", opened).await;
    let painted = || {
        scene
            .log()
            .contains("first useful paint label=\"approval\"")
    };
    scene.until("the approval window is painted", painted).await;
    scene.picture("approval-window");
    scene.gateway.answer(&id, "allow-once", "somebody else");
    scene
        .until("it closes when nothing waits", || !opened())
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_window_ends_its_web_process_and_notices_go_on_until_the_app_ends() {
    let mut scene = Scene::new(NotificationDaemon::Dunst, &[]).await;
    let painted = || scene.log().contains("first useful paint label=\"main\"");
    scene.until("the window is painted", painted).await;
    scene.picture("main-window");
    let window = scene.window("Gatehouse").unwrap();
    scene
        .desktop
        .xdotool(&["windowfocus", "--sync", &window, "key", "alt+F4"])
        .unwrap();
    let web = |scene: &Scene| {
        scene
            .children()
            .iter()
            .any(|name| name.starts_with("WebKit"))
    };
    scene.until("the web processes end", || !web(&scene)).await;

    let id = scene.gateway.ask("curl https://example.org/feed");
    let notice = scene.notice("curl https://example.org/feed").await;
    scene.picture("notice-without-window");
    scene
        .desktop
        .notices()
        .choose(&notice, "Allow once")
        .await
        .unwrap();
    scene.decided(&id, "allow-once").await;

    let second = scene.desktop.command(APP).status().unwrap();
    assert!(second.success(), "a second start hands over and ends");
    scene
        .until("it brings the window back", || {
            scene.window("Gatehouse").is_some()
        })
        .await;

    let paints = || {
        scene
            .log()
            .matches("first useful paint label=\"main\"")
            .count()
    };
    scene
        .until("and the page is painted again", || paints() == 2)
        .await;

    scene.gateway.ask("sleep 1");
    let waiting = scene.notice("sleep 1").await;
    let app = scene.app.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &app])
            .status()
            .unwrap()
            .success()
    );
    assert!(
        scene.app.wait().unwrap().success(),
        "asked to end, it ends well"
    );
    let closed =
        |n: &ShownNotice| n.id == waiting.id && matches!(n.state, NoticeState::Closed { .. });
    scene
        .desktop
        .notices()
        .wait_for(SOON, closed)
        .await
        .unwrap();
    let state = scene
        .desktop
        .config_home()
        .join("app.gatehouse.desktop/.window-state.json");
    assert!(state.exists(), "the window's place is remembered");
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_at_any_moment_it_comes_back_with_every_request_and_no_answer_is_given_twice() {
    let background = ["--background"];
    let mut scene = Scene::new(NotificationDaemon::Dunst, &background).await;
    scene.tray.menu_with("Nothing waits for you", SOON).await;
    let mut raised = Vec::new();
    for (round, pause_ms) in [0, 2, 10, 60, 300].into_iter().enumerate() {
        raised.push(scene.gateway.ask(&format!("make step-{round}")));
        let command = format!("uname --round {round}");
        let answered = scene.gateway.ask(&command);
        let notice = scene.notice(&command).await;
        scene
            .desktop
            .notices()
            .choose(&notice, "Deny")
            .await
            .unwrap();
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
        scene.kill_and_start_again(&background).await;
        raised.push(answered);
        raised.push(scene.gateway.ask_silently(&format!("whoami {round}")));

        let undecided = |id: &&String| scene.gateway.record(id).0.is_none();
        let waiting = raised.iter().filter(undecided).count();
        let label = format!("{waiting} requests wait for you");
        scene.tray.menu_with(&label, SOON).await;
    }
    for id in &raised {
        let (decision, answers) = scene.gateway.record(id);
        assert!(
            answers <= 1,
            "{id} was answered {answers} times: {decision:?}"
        );
        assert!(
            decision.is_none() || decision.as_deref() == Some("deny"),
            "{id} got {decision:?}, which nobody chose"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_that_a_killed_app_left_is_taken_away_and_decides_nothing() {
    let background = ["--background"];
    let mut scene = Scene::new(NotificationDaemon::Dunst, &background).await;
    let id = scene.gateway.ask("make install");
    let left = scene.notice("make install").await;
    let written = scene
        .desktop
        .data_home()
        .join("app.gatehouse.desktop/notices.json");
    let noted = |id: u32| {
        let text = fs::read(&written).unwrap_or_default();
        let record: serde_json::Value = serde_json::from_slice(&text).unwrap_or_default();
        record["ids"] == serde_json::json!([id])
    };
    scene.until("it is written down", || noted(left.id)).await;
    scene.app.kill().unwrap();
    scene.app.wait().unwrap();
    // The person answers while nobody listens.
    scene.desktop.notices().choose(&left, "Deny").await.unwrap();
    scene.app = scene.desktop.command(APP).args(background).spawn().unwrap();

    let fresh = |n: &ShownNotice| {
        n.id != left.id && n.body.contains("make install") && n.state == NoticeState::Shown
    };
    let notice = scene.desktop.notices().wait_for(SOON, fresh).await.unwrap();
    let showing = || scene.desktop.notices().showing();
    scene
        .until("only the new one is shown", || showing().len() == 1)
        .await;
    assert_eq!(scene.gateway.record(&id), (None, 0), "it still waits");
    scene.until("it is written down", || noted(notice.id)).await;
    scene.kill_and_start_again(&background).await;
    let again = |n: &ShownNotice| {
        let newer = n.id != left.id && n.id != notice.id;
        newer && n.body.contains("make install") && n.state == NoticeState::Shown
    };
    let notice = scene.desktop.notices().wait_for(SOON, again).await.unwrap();
    scene
        .until("the one of the second kill is taken away", || {
            scene.desktop.notices().showing().len() == 1
        })
        .await;
    scene
        .desktop
        .notices()
        .choose(&notice, "Deny")
        .await
        .unwrap();
    scene.decided(&id, "deny").await;
}
