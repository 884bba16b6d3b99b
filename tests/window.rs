//! The whole of it: the real window, a real gateway, a real keyring, and a click on a real notification.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test says what failed by where it stops"
)]

#[path = "window/page.rs"]
mod page;

use std::{collections::BTreeMap, path::Path};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gatehouse_testkit::{
    desktop::{DesktopSession, NoticeState, ShownNotice},
    gateway::{ExecPolicy, GatewayOptions, RealGateway, Version},
    webdriver::WebDriver,
};
use page::{Page, SOON, files_holding, picture};

const APP: &str = env!("CARGO_BIN_EXE_gatehouse-desktop");

struct Scene {
    page: Page,
    driver: WebDriver,
    gateway: RealGateway,
    desktop: DesktopSession,
}

impl Scene {
    /// The app on an empty desktop, and a gateway whose agent asks before each command.
    async fn new() -> Self {
        let options = GatewayOptions {
            exec: ExecPolicy::AskAlways,
            ..GatewayOptions::default()
        };
        let gateway = RealGateway::start(Version::V4, options).await.unwrap();
        let desktop = DesktopSession::start().await.unwrap();
        let driver = WebDriver::start(&desktop, &BTreeMap::new()).await.unwrap();
        let client = driver.open(Path::new(APP), &[]).await.unwrap();
        Self {
            page: Page { client },
            driver,
            gateway,
            desktop,
        }
    }

    async fn notice(&self, command: &str) -> ShownNotice {
        let wanted = |notice: &ShownNotice| {
            notice.body.contains(command) && notice.state == NoticeState::Shown
        };
        let found = self.desktop.notices().wait_for(SOON, wanted).await;
        found.unwrap_or_else(|error| panic!("{error}\n{}", self.driver.log_tail()))
    }

    /// A session of its own, made as a person does, open with its composer ready.
    async fn new_session(&self, name: &str) {
        self.page.go("Sessions").await;
        let create = "//button[@aria-label='New session']";
        self.page.find(create).await.click().await.unwrap();
        self.page.fill("Name", name).await;
        self.page.press("Create").await;
        self.page.find("//textarea").await;
    }

    /// Every place where the token could have been left, and how it could be written there.
    async fn assert_no_trace_of_the_token(&self) {
        let token = self.gateway.secret();
        let forms = [token.to_owned(), STANDARD.encode(token)];
        let forms: Vec<&str> = forms.iter().map(String::as_str).collect();
        let kept = self.page.storage().await;
        assert!(!kept.contains(token), "the page keeps the token: {kept}");
        let files = files_holding(self.desktop.folder(), &forms);
        assert_eq!(
            files,
            Vec::<std::path::PathBuf>::new(),
            "files that hold the token"
        );
        let held = self.page.client.source().await.unwrap();
        assert!(!held.contains(token), "the page's document holds the token");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_click_on_the_notification_decides_what_a_real_agent_runs_and_no_token_is_left_behind() {
    let scene = Scene::new().await;
    let Scene {
        page,
        gateway,
        desktop,
        ..
    } = &scene;
    page.says("This computer").await;
    picture(desktop, "1-first-run");
    page.add_gateway(&gateway.url(), gateway.secret(), "Studio")
        .await;
    picture(desktop, "2-connected");

    let operator = gateway.operator().await.unwrap();
    scene.new_session("Errands").await;
    page.send("exec: uname -s").await;
    let notice = scene.notice("uname -s").await;
    let labels: Vec<&str> = notice
        .actions
        .iter()
        .map(|(_, label)| label.as_str())
        .collect();
    assert!(
        labels.contains(&"Allow once") && labels.contains(&"Deny"),
        "the notice offers {labels:?}"
    );
    assert!(
        !labels.contains(&"Allow always"),
        "allow always needs the window: {labels:?}"
    );
    page.go("Inbox").await;
    page.find("(//a[contains(@href, 'inbox/')])[1]")
        .await
        .click()
        .await
        .unwrap();
    page.says("wants to run a command").await;
    page.find("//button[contains(normalize-space(), 'Allow once')]")
        .await;
    picture(desktop, "3-asked");
    desktop
        .notices()
        .choose(&notice, "Allow once")
        .await
        .unwrap();

    page.go("Sessions").await;
    page.find("(//a[contains(@href, 'sessions/')])[1]")
        .await
        .click()
        .await
        .unwrap();
    page.says("Done: Linux").await;
    picture(desktop, "4-went-on");
    page.go("Inbox").await;
    page.says("Allowed once").await;
    picture(desktop, "5-recorded");
    let pending = operator.pending_approvals().await.unwrap();
    assert!(pending.is_empty(), "the gateway still waits: {pending:?}");

    scene.new_session("Who").await;
    page.send("exec: whoami").await;
    let notice = scene.notice("whoami").await;
    desktop.notices().choose(&notice, "Deny").await.unwrap();
    page.go("Inbox").await;
    page.says("Denied").await;
    picture(desktop, "6-denied");

    scene.assert_no_trace_of_the_token().await;
    scene.page.client.clone().close().await.unwrap();
    let files = files_holding(desktop.folder(), &[gateway.secret()]);
    assert_eq!(
        files,
        Vec::<std::path::PathBuf>::new(),
        "files that hold the token after the end"
    );
}
