//! The real window under automation: WebKitWebDriver starts the built binary on a private desktop and drives
//! its page. (Read in its documentation and tried: no `browserName`, the binary in `webkitgtk:browserOptions`.)

use std::{collections::BTreeMap, net::TcpListener, path::Path, time::Duration};

use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Map, Value, json};

pub use fantoccini;

use crate::{
    child::{PeerCommand, PeerProcess, require_program},
    desktop::DesktopSession,
    error::{During, TestkitError},
};

const START_LIMIT: Duration = Duration::from_secs(180);

/// A driver. The window that it opened ends with it.
pub struct WebDriver {
    process: PeerProcess,
    port: u16,
}

impl WebDriver {
    /// Starts a driver on the desktop. `env` is added to what the app will see.
    pub async fn start(
        session: &DesktopSession,
        env: &BTreeMap<String, String>,
    ) -> Result<Self, TestkitError> {
        let driver = require_program("WebKitWebDriver", "webkit2gtk-driver")?;
        let port = free_port()?;
        let log = session.log_folder().join("webdriver.log");
        let mut process = PeerCommand::new("WebKitWebDriver", driver, &log)
            .arg("--host=127.0.0.1")
            .arg(format!("--port={port}"))
            .envs(session.env())
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .envs(env)
            .spawn()?;
        process
            .wait_for(START_LIMIT, async || {
                tokio::net::TcpStream::connect(("127.0.0.1", port))
                    .await
                    .ok()
            })
            .await?;
        Ok(Self { process, port })
    }

    /// Starts the binary and takes hold of its window.
    pub async fn open(&self, binary: &Path, args: &[&str]) -> Result<Client, TestkitError> {
        let mut capabilities: Map<String, Value> = Map::new();
        let options = json!({ "binary": binary, "args": args });
        capabilities.insert("webkitgtk:browserOptions".to_owned(), options);
        ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{}", self.port))
            .await
            .map_err(|error| {
                let log = self.process.log_tail();
                TestkitError::Other(format!("open {}: {error}\n{log}", binary.display()))
            })
    }

    /// What the driver and the app printed last.
    pub fn log_tail(&self) -> String {
        self.process.log_tail()
    }
}

fn free_port() -> Result<u16, TestkitError> {
    let listener = TcpListener::bind("127.0.0.1:0").during("find a free port")?;
    Ok(listener.local_addr().during("find a free port")?.port())
}
