//! The desktop's figures: `make bench`. Prints a table, and writes it to `target/bench/desktop.md`.
//!
//! Start and memory are set beside an empty Tauri window and beside the same page in a Chromium application
//! window, in the same run. Frame times of the page are measured by `ui/tests/bench`.

#![cfg(target_os = "linux")]

#[path = "desktop/latency.rs"]
mod latency;
#[path = "measure.rs"]
#[allow(dead_code, reason = "the gateway's figures use the rest of it")]
mod measure;
#[path = "../window/page.rs"]
#[allow(
    dead_code,
    reason = "the window test uses all of it; a bench only adds a gateway"
)]
mod page;
#[path = "desktop/report.rs"]
mod report;
#[path = "desktop/start_and_memory.rs"]
mod start_and_memory;

use std::{collections::BTreeMap, env, fs, path::Path, process::Stdio, time::Duration};

use gatehouse_testkit::{
    desktop::{DesktopParts, DesktopSession, NotificationDaemon},
    scripted_gateway::{Script, ScriptedGateway, ScriptedSession},
    webdriver::WebDriver,
};

use latency::NotificationServer;
use page::Page;
use report::Report;
use start_and_memory::{Programs, Run};

const APP: &str = env!("CARGO_BIN_EXE_gatehouse-desktop");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

#[tokio::main]
async fn main() {
    let empty = Path::new(ROOT).join("target/release/examples/empty-window");
    let page_url = env::var("BENCH_PAGE_URL").expect("make bench serves the page for Chromium");
    let parts = DesktopParts {
        notifications: NotificationDaemon::Absent,
        ..DesktopParts::default()
    };
    let desktop = DesktopSession::start_with(parts)
        .await
        .expect("a desktop starts");
    let mut server = NotificationServer::start(&desktop).await;
    let gateway = ScriptedGateway::start(script()).await;
    add_gateway(&desktop, &gateway).await;

    let mut report = Report::default();
    {
        let _app = Run::start(desktop.command(APP), Stdio::null());
        tokio::time::sleep(Duration::from_secs(8)).await;
        latency::run(&gateway, &mut server, &mut report).await;
        latency::behind_a_flood(&gateway, &mut server, &mut report).await;
    }
    let programs = Programs {
        app: Path::new(APP),
        empty: &empty,
        page_url: &page_url,
    };
    tokio::task::block_in_place(|| start_and_memory::run(&desktop, &programs, &mut report));
    let folder = Path::new(ROOT).join("target/bench");
    fs::create_dir_all(&folder).expect("a folder for the figures can be made");
    fs::write(folder.join("desktop.md"), report.table()).expect("the figures can be written");
}

fn script() -> Script {
    let main = ScriptedSession {
        key: "agent:main:main".into(),
        title: "Main".into(),
        messages: 200,
    };
    Script {
        sessions: vec![main],
        ..Script::default()
    }
}

/// Once, through the window, so that the app has what a person's has: a gateway and its token in the keyring.
async fn add_gateway(desktop: &DesktopSession, gateway: &ScriptedGateway) {
    let driver = WebDriver::start(desktop, &BTreeMap::new())
        .await
        .expect("a driver starts");
    let client = driver
        .open(Path::new(APP), &[])
        .await
        .expect("the window opens");
    let page = Page { client };
    page.add_gateway(&gateway.url(), "bench-token-0123456789abcdef", "Studio")
        .await;
    page.client.close().await.expect("the window closes");
    tokio::time::sleep(Duration::from_secs(2)).await;
}
