//! The first run, with nothing configured: the app's own gateway, a chat on it, and an approval to try.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test says what failed by where it stops"
)]

#[allow(dead_code, reason = "shared with the test of the whole window")]
#[path = "window/page.rs"]
mod page;

use std::{collections::BTreeMap, fs, path::Path};

use gatehouse_testkit::{
    desktop::{DesktopSession, NoticeState, ShownNotice},
    webdriver::WebDriver,
};
use page::{Page, SOON, picture};

const APP: &str = env!("CARGO_BIN_EXE_gatehouse-desktop");

#[tokio::test(flavor = "multi_thread")]
async fn a_first_run_ends_in_a_chat_whose_agent_asks_before_it_acts() {
    let desktop = DesktopSession::start().await.unwrap();
    let driver = WebDriver::start(&desktop, &BTreeMap::new()).await.unwrap();
    let client = driver.open(Path::new(APP), &[]).await.unwrap();
    let page = Page { client };
    page.find("//textarea").await;
    page.is_connected().await;
    picture(&desktop, "own-1-first-run");

    page.send("exec: crontab -l; uname -s").await;
    let asked = |notice: &ShownNotice| {
        notice.body.contains("uname -s") && notice.state == NoticeState::Shown
    };
    let notice = desktop.notices().wait_for(SOON, asked).await;
    let notice = notice.unwrap_or_else(|error| panic!("{error}\n{}", driver.log_tail()));
    picture(&desktop, "own-2-asked");
    desktop
        .notices()
        .choose(&notice, "Allow once")
        .await
        .unwrap();
    page.says("Linux").await;
    picture(&desktop, "own-3-went-on");
    page.go("Inbox").await;
    page.says("Allowed once").await;
    page.client.clone().close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_sees_what_a_tool_would_write_before_they_allow_it() {
    let desktop = DesktopSession::start().await.unwrap();
    let state = desktop.home().join(".gatehouse");
    fs::create_dir_all(&state).unwrap();
    let asks = r#"{ rules: [{ id: "writes", verdict: "ask", match: { tool: "write" } }] }"#;
    fs::write(state.join("policy.json5"), asks).unwrap();
    let driver = WebDriver::start(&desktop, &BTreeMap::new()).await.unwrap();
    let client = driver.open(Path::new(APP), &[]).await.unwrap();
    let page = Page { client };
    page.find("//textarea").await;
    page.is_connected().await;

    page.send("write: notes.txt: sudo rm -rf /").await;
    let asked = |notice: &ShownNotice| {
        notice.body.contains("content: sudo rm -rf /") && notice.state == NoticeState::Shown
    };
    let notice = desktop.notices().wait_for(SOON, asked).await;
    let notice = notice.unwrap_or_else(|error| panic!("{error}\n{}", driver.log_tail()));
    assert!(notice.summary.contains("wants to use write"), "{notice:?}");
    page.go("Inbox").await;
    page.says("content: sudo rm -rf /").await;
    picture(&desktop, "own-4-a-tool");
    assert!(
        !page.text().await.contains("Look twice"),
        "what a file will hold is not read as a command"
    );
    desktop.notices().choose(&notice, "Deny").await.unwrap();
    page.says("Denied").await;
    page.client.clone().close().await.unwrap();
}
