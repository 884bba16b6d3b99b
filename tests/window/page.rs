//! The page of the real window, by the words that a person reads on it.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use gatehouse_testkit::{
    desktop::DesktopSession,
    webdriver::fantoccini::{Client, Locator, elements::Element, key::Key},
};

/// Long enough for a loaded machine; a test that passes never waits for it.
pub(crate) const SOON: Duration = Duration::from_secs(120);

/// The window as a person uses it.
pub(crate) struct Page {
    pub(crate) client: Client,
}

impl Page {
    /// Waits for the element and gives it.
    pub(crate) async fn find(&self, xpath: &str) -> Element {
        let found = self
            .client
            .wait()
            .at_most(SOON)
            .for_element(Locator::XPath(xpath))
            .await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("no {xpath}: {error}\nthe page says:\n{}", self.text().await),
        }
    }

    /// All text on the page.
    pub(crate) async fn text(&self) -> String {
        let script = "return document.body.innerText";
        let text = self.client.execute(script, Vec::new()).await;
        text.ok()
            .and_then(|text| text.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// Waits until the page says this.
    pub(crate) async fn says(&self, words: &str) {
        let begun = std::time::Instant::now();
        while !self.text().await.contains(words) {
            let text = self.text().await;
            assert!(
                begun.elapsed() < SOON,
                "the page does not say {words:?}, but:\n{text}"
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Types into the field with this label.
    pub(crate) async fn fill(&self, label: &str, text: &str) {
        let field = format!("//input[@id=//label[normalize-space()='{label}']/@for]");
        let field = self.find(&field).await;
        field.clear().await.expect("the field can be emptied");
        field.send_keys(text).await.expect("the field takes text");
    }

    pub(crate) async fn press(&self, words: &str) {
        let button = self
            .find(&format!("//button[contains(normalize-space(), '{words}')]"))
            .await;
        button.click().await.expect("the button can be pressed");
    }

    /// Goes to a place of the rail.
    pub(crate) async fn go(&self, place: &str) {
        let link = format!("//nav//a[.//span[normalize-space()='{place}']]");
        self.find(&link)
            .await
            .click()
            .await
            .expect("the rail's link can be followed");
    }

    /// Adds a gateway by its address and token, and waits until it is connected.
    pub(crate) async fn add_gateway(&self, url: &str, token: &str, name: &str) {
        self.go("Add a gateway").await;
        self.fill("Address, link, setup code or token", url).await;
        self.press("Continue").await;
        self.fill("Name (optional)", name).await;
        self.fill("Token", token).await;
        self.press("Connect").await;
        self.says("Connected").await;
        self.is_connected().await;
    }

    /// Waits until a gateway is connected: before that a message is only written, not sent.
    pub(crate) async fn is_connected(&self) {
        self.find("//nav//span[contains(@class, 'mark') and contains(@class, 'ready')]")
            .await;
    }

    /// Sends a message in the open session, as a person does: with the keyboard.
    pub(crate) async fn send(&self, text: &str) {
        let composer = self.find("//textarea").await;
        composer
            .send_keys(text)
            .await
            .expect("the composer takes text");
        let enter = format!("{}{}{}", Key::Control, Key::Enter, Key::Null);
        composer
            .send_keys(&enter)
            .await
            .expect("the composer takes keys");
    }

    /// Everything that the page keeps: both storages and the cookies.
    pub(crate) async fn storage(&self) -> String {
        let script =
            "return JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])";
        let kept = self
            .client
            .execute(script, Vec::new())
            .await
            .expect("the page can be asked");
        kept.as_str().unwrap_or_default().to_owned()
    }
}

/// A picture of the whole screen in `target/screens/window`.
pub(crate) fn picture(desktop: &DesktopSession, name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screens/window");
    fs::create_dir_all(&folder).expect("the folder for pictures can be made");
    let path = folder.join(format!("{name}.png"));
    desktop.screenshot(&path).expect("a picture can be taken");
    path
}

/// Files below a folder that hold one of these byte strings.
pub(crate) fn files_holding(folder: &Path, secrets: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for entry in entries {
        let Ok(kind) = entry.file_type() else {
            continue;
        };
        let path = entry.path();
        if kind.is_dir() {
            found.extend(files_holding(&path, secrets));
        } else if kind.is_file() {
            let bytes = fs::read(&path).unwrap_or_default();
            let holds = |secret: &&str| bytes.windows(secret.len()).any(|w| w == secret.as_bytes());
            if secrets.iter().any(holds) {
                found.push(path);
            }
        }
    }
    found
}
