//! Where the keyboard is, and where windows are.

use std::fs;
use std::time::Duration;

use gatehouse_testkit::desktop::NotificationDaemon;

use super::scene::Scene;

/// How long nothing is watched to happen.
const A_WHILE: Duration = Duration::from_secs(3);
const MAIN: &str = "Gatehouse";
const APPROVAL: &str = "Gatehouse: approval";

impl Scene {
    fn active(&self) -> Option<String> {
        let active = self.desktop.xdotool(&["getactivewindow"]).ok()?;
        Some(active.trim().to_owned())
    }

    async fn shown(&self, title: &str) -> String {
        self.until(title, || self.window(title).is_some()).await;
        self.window(title).unwrap()
    }

    async fn painted(&self, label: &str) {
        let painted = format!("first useful paint label=\"{label}\"");
        self.until(&painted, || self.log().contains(&painted)).await;
    }

    /// Types while nothing may come of it.
    async fn type_elsewhere(&self, main: &str, words: &str) {
        let begun = std::time::Instant::now();
        while begun.elapsed() < A_WHILE {
            self.desktop
                .xdotool(&["type", "--delay", "20", words])
                .unwrap();
            let active = self.active();
            assert_eq!(active.as_deref(), Some(main), "the keyboard has moved");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_window_leaves_the_keyboard_where_it_is_and_typing_decides_nothing() {
    let scene = Scene::new(NotificationDaemon::Absent, &[]).await;
    let main = scene.shown(MAIN).await;
    scene.painted("main").await;
    scene
        .desktop
        .xdotool(&["windowactivate", "--sync", &main])
        .unwrap();

    let mut asked = vec![scene.gateway.ask("make the-first")];
    let approval = scene.shown(APPROVAL).await;
    scene.painted("approval").await;
    scene.type_elsewhere(&main, "good ").await;

    asked.push(scene.gateway.ask("make the-second"));
    scene.type_elsewhere(&main, "a good deed ").await;

    // Put aside, it comes back for the next one, and still asks for no keys.
    scene
        .desktop
        .xdotool(&["windowminimize", "--sync", &approval])
        .unwrap();
    scene
        .until("it is put aside", || scene.window(APPROVAL).is_none())
        .await;
    scene
        .desktop
        .xdotool(&["windowactivate", "--sync", &main])
        .unwrap();
    asked.push(scene.gateway.ask("make the-third"));
    scene.shown(APPROVAL).await;
    scene.type_elsewhere(&main, "good ").await;
    for id in &asked {
        assert_eq!(scene.gateway.record(id), (None, 0), "{id} was decided");
    }
    // A person who clicks into it has its keyboard.
    scene
        .desktop
        .xdotool(&["windowactivate", "--sync", &approval])
        .unwrap();
    assert_eq!(scene.active(), Some(approval));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_is_where_it_was_after_a_kill() {
    let mut scene = Scene::new(NotificationDaemon::Absent, &[]).await;
    let main = scene.shown(MAIN).await;
    scene.painted("main").await;
    scene
        .desktop
        .xdotool(&["windowsize", "--sync", &main, "1010", "707"])
        .unwrap();
    let file = scene
        .desktop
        .config_home()
        .join("app.gatehouse.desktop/.window-state.json");
    let kept = || fs::read_to_string(&file).is_ok_and(|text| text.contains("1010"));
    scene.until("its size is written down", kept).await;
    scene.kill_and_start_again(&[]).await;
    let size = |scene: &Scene| {
        let window = scene.window(MAIN)?;
        scene.desktop.xdotool(&["getwindowgeometry", &window]).ok()
    };
    let restored = || size(&scene).is_some_and(|text| text.contains("1010x707"));
    scene.until("it is as large as it was", restored).await;
}
