//! A link of our own scheme, from the second start that a desktop makes of it to what the window shows.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test says what failed by where it stops"
)]

#[allow(dead_code, reason = "shared with the test of the whole window")]
#[path = "window/page.rs"]
mod page;

use std::{collections::BTreeMap, path::Path, path::PathBuf};

use gatehouse_fleet::deep_link::SCHEME;
use gatehouse_testkit::{desktop::DesktopSession, webdriver::WebDriver};
use page::{Page, files_holding, picture};

const APP: &str = env!("CARGO_BIN_EXE_gatehouse-desktop");
const TOKEN: &str = "hunter2hunter2";

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_hands_its_link_to_the_first_which_opens_a_place_and_does_nothing_else() {
    let desktop = DesktopSession::start().await.unwrap();
    let driver = WebDriver::start(&desktop, &BTreeMap::new()).await.unwrap();
    let client = driver.open(Path::new(APP), &[]).await.unwrap();
    let page = Page { client };
    page.says("This computer").await;
    let follow = |link: &str| {
        let second = desktop.command(APP).arg(link).status().unwrap();
        assert!(second.success(), "it hands over and ends");
    };

    follow(&format!(
        "gatehouse://add?url=ws://127.0.0.1:9/&name=Studio&token={TOKEN}"
    ));
    page.says("A link filled this in").await;
    page.says("token kept out of sight").await;
    picture(&desktop, "links-1-add");
    let shown = page.client.source().await.unwrap() + &page.storage().await;
    assert!(!shown.contains(TOKEN), "the page never has the token");
    let files = files_holding(desktop.folder(), &[TOKEN]);
    assert_eq!(files, Vec::<PathBuf>::new(), "nothing keeps or logs it");

    follow("gatehouse://approval/elsewhere/1?decision=allow-once");
    page.says("The request is not here").await;
    picture(&desktop, "links-2-unknown");
    page.client.clone().close().await.unwrap();
}

#[test]
fn the_packages_register_the_scheme_that_links_have() {
    let read = |path: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
        std::fs::read_to_string(path).unwrap()
    };
    let entry = read("src-tauri/gatehouse.desktop");
    let handler = format!("MimeType=x-scheme-handler/{SCHEME};");
    assert!(entry.lines().any(|line| line == handler), "{entry}");
    assert!(
        entry.lines().any(|line| line == "Exec={{exec}} %u"),
        "it is given the link"
    );
    // For the packages of macOS and Windows.
    let config: serde_json::Value = serde_json::from_str(&read("tauri.conf.json")).unwrap();
    assert_eq!(
        config["plugins"]["deep-link"]["desktop"]["schemes"][0],
        SCHEME
    );
}
