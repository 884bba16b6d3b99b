//! The vault against a real Secret Service on a desktop of its own, and against what is there instead of one.
//!
//! The bus is found through the environment, which belongs to a whole process. So the vault runs in a process
//! of its own, this binary started again, and does what it is told line by line.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use gatehouse_testkit::desktop::{DesktopParts, DesktopSession, Keyring, NotificationDaemon};
use gatehouse_vault::{
    Choice, KdfCost, Redactor, Secret, SecretKey, SecretVault, SystemVault, VaultError,
};

const FOLDER: &str = "GATEHOUSE_TEST_FOLDER";
const APPLICATION: &str = "an_application_that_does_as_it_is_told";
const ANSWER: &str = "answer: ";

/// The vault in another process.
struct Application {
    process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Application {
    fn start(env: &BTreeMap<String, String>, folder: &Path) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", APPLICATION])
            .env_clear()
            .envs(env)
            .env(FOLDER, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap()).lines();
        Self {
            process,
            input,
            output,
        }
    }

    /// Tells it one thing and waits for what comes of it.
    fn tell(&mut self, command: &str) -> String {
        writeln!(self.input, "{command}").unwrap();
        let answer = |line: String| line.split_once(ANSWER).map(|(_, answer)| answer.to_owned());
        let lines = &mut self.output;
        lines
            .map(Result::unwrap)
            .find_map(answer)
            .expect("it answers every command")
    }

    fn check(&mut self, steps: &[(&str, &str)]) {
        for (command, wanted) in steps {
            assert_eq!(&self.tell(command), wanted, "after {command:?}");
        }
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn desktop(keyring: Keyring) -> DesktopSession {
    let parts = DesktopParts {
        notifications: NotificationDaemon::Absent,
        keyring,
        ..DesktopParts::default()
    };
    DesktopSession::start_with(parts).await.unwrap()
}

fn start_on(desktop: &DesktopSession) -> Application {
    Application::start(&desktop.env(), &vault_folder(desktop))
}

fn vault_folder(desktop: &DesktopSession) -> PathBuf {
    desktop.data_home().join("app.gatehouse.desktop")
}

#[tokio::test]
async fn an_unlocked_keyring_keeps_gives_back_and_forgets() {
    let desktop = desktop(Keyring::Unlocked).await;
    let mut application = start_on(&desktop);
    application.check(&[
        ("state", "Ready(Keychain)"),
        ("get gateway/a/token", "nothing"),
        ("put gateway/a/token first-value", "done"),
        ("put gateway/b/token another-value", "done"),
        ("get gateway/a/token", "first-value"),
        ("put gateway/a/token second-value", "done"),
        ("get gateway/a/token", "second-value"),
    ]);
    drop(application);
    let mut application = start_on(&desktop);
    application.check(&[
        ("get gateway/a/token", "second-value"),
        ("delete gateway/a/token", "done"),
        ("delete gateway/a/token", "done"),
        ("get gateway/a/token", "nothing"),
        ("get gateway/b/token", "another-value"),
    ]);
}

#[tokio::test]
async fn a_secret_in_the_keyring_stands_in_no_file_of_the_person() {
    let desktop = desktop(Keyring::Unlocked).await;
    let mut application = start_on(&desktop);
    let token = "tok-5f2d9c81-never-in-a-file";
    assert_eq!(
        application.tell(&format!("put gateway/a/token {token}")),
        "done"
    );
    let files = files_below(desktop.folder());
    assert!(
        files.iter().any(|file| file.ends_with("secrets.json")),
        "{files:?}"
    );
    assert!(
        files
            .iter()
            .any(|file| file.extension().is_some_and(|e| e == "keyring")),
        "{files:?}"
    );
    for file in files {
        let content = fs::read(&file).unwrap();
        let found = content
            .windows(token.len())
            .any(|window| window == token.as_bytes());
        assert!(!found, "{} holds the token", file.display());
    }
}

/// Every regular file; what vanishes meanwhile was temporary.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => files.extend(files_below(&entry.path())),
            Ok(kind) if kind.is_file() => files.push(entry.path()),
            _ => {}
        }
    }
    files
}

#[tokio::test]
async fn a_locked_keyring_says_locked_and_never_nothing() {
    let mut desktop = desktop(Keyring::Unlocked).await;
    let mut application = start_on(&desktop);
    application.check(&[("put gateway/a/token kept-value", "done")]);

    desktop.start_keyring(Keyring::Locked).await.unwrap();
    application.check(&[
        ("state", "KeychainLocked"),
        ("get gateway/a/token", "error: the keychain is locked"),
        ("get gateway/never/token", "error: the keychain is locked"),
        (
            "put gateway/a/token lost-value",
            "error: the keychain is locked",
        ),
        ("delete gateway/a/token", "error: the keychain is locked"),
        ("unlock", "KeychainLocked"),
        ("choose keychain", "KeychainLocked"),
    ]);

    desktop.start_keyring(Keyring::Unlocked).await.unwrap();
    application.check(&[
        ("state", "Ready(Keychain)"),
        ("get gateway/a/token", "kept-value"),
    ]);
}

#[tokio::test]
async fn a_keyring_that_was_restarted_between_two_uses_is_found_again() {
    let mut desktop = desktop(Keyring::Unlocked).await;
    let mut application = start_on(&desktop);
    application.check(&[("put gateway/a/token kept-value", "done")]);
    desktop.stop_keyring();
    application.check(&[
        ("state", "ChoiceNeeded { reason: NoSecretService }"),
        (
            "get gateway/a/token",
            "error: no place for secrets is ready: nothing on the session bus keeps secrets",
        ),
    ]);
    desktop.start_keyring(Keyring::Unlocked).await.unwrap();
    application.check(&[
        ("get gateway/a/token", "kept-value"),
        ("put gateway/a/token new-value", "done"),
        ("get gateway/a/token", "new-value"),
    ]);
}

#[tokio::test]
async fn without_a_secret_service_the_person_chooses_and_can_move_back_later() {
    let mut desktop = desktop(Keyring::Absent).await;
    let mut application = start_on(&desktop);
    let needed = "ChoiceNeeded { reason: NoSecretService }";
    application.check(&[
        ("state", needed),
        (
            "put gateway/a/token v",
            "error: no place for secrets is ready: nothing on the session bus keeps secrets",
        ),
        ("choose keychain", needed),
        ("choose file correct-horse", "Ready(EncryptedFile)"),
        ("put gateway/a/token file-value", "done"),
    ]);
    drop(application);

    desktop.start_keyring(Keyring::Unlocked).await.unwrap();
    let mut application = start_on(&desktop);
    application.check(&[
        ("state", "PassphraseNeeded { wrong: false }"),
        ("unlock wrong-horse", "PassphraseNeeded { wrong: true }"),
        ("unlock correct-horse", "Ready(EncryptedFile)"),
        ("choose keychain", "Ready(Keychain)"),
        ("get gateway/a/token", "file-value"),
    ]);
    assert!(
        !vault_folder(&desktop).join("secrets.vault").exists(),
        "it was moved"
    );
    application.check(&[
        ("choose file correct-horse", "Ready(EncryptedFile)"),
        ("choose keychain", "Ready(Keychain)"),
        ("get gateway/a/token", "file-value"),
    ]);
}

#[tokio::test]
async fn without_a_session_bus_it_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_string_lossy().into_owned();
    let dead = format!("unix:path={}", path("nobody-listens"));
    for bus in [None, Some(dead)] {
        let mut env = BTreeMap::from([("XDG_RUNTIME_DIR".to_owned(), path("run"))]);
        env.extend(
            bus.clone()
                .map(|bus| ("DBUS_SESSION_BUS_ADDRESS".to_owned(), bus)),
        );
        let mut application = Application::start(&env, &folder.path().join("vault"));
        assert_eq!(
            application.tell("state"),
            "ChoiceNeeded { reason: NoSessionBus }",
            "with {bus:?}"
        );
        application.check(&[
            ("choose memory", "Ready(Memory)"),
            ("put a v", "done"),
            ("get a", "v"),
        ]);
        fs::remove_dir_all(folder.path().join("vault")).unwrap();
    }
}

#[tokio::test]
async fn a_secret_service_that_never_answers_is_not_waited_for_without_end() {
    let desktop = desktop(Keyring::Absent).await;
    // Owns the name and serves nothing.
    let silent = zbus::connection::Builder::address(desktop.bus_address()).unwrap();
    let _silent = silent
        .name("org.freedesktop.secrets")
        .unwrap()
        .build()
        .await
        .unwrap();
    let mut application = start_on(&desktop);
    assert_eq!(
        application.tell("state"),
        "ChoiceNeeded { reason: KeychainSilent }"
    );
}

#[tokio::test]
#[ignore = "not a test of its own: the process that the tests above start"]
async fn an_application_that_does_as_it_is_told() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).expect("started by the tests above"));
    let cheap = KdfCost {
        memory_kib: 32,
        passes: 1,
        lanes: 1,
    };
    let vault = SystemVault::open_with_cost(&folder, Redactor::new(), cheap).unwrap();
    for line in std::io::stdin().lines().map(Result::unwrap) {
        let answer = carry_out(&vault, &line)
            .await
            .unwrap_or_else(|error| format!("error: {error}"));
        // Begins on a line of its own: the test harness prints too.
        println!("\n{ANSWER}{answer}");
    }
}

async fn carry_out(vault: &SystemVault, line: &str) -> Result<String, VaultError> {
    let words: Vec<&str> = line.split(' ').collect();
    let secret = |at: usize| words.get(at).map(|word| Secret::new(*word));
    let done = |()| "done".to_owned();
    match words[0] {
        "state" => Ok(format!("{:?}", vault.state().await)),
        "unlock" => Ok(format!("{:?}", vault.unlock(secret(1)).await?)),
        "choose" => {
            let choice = match words[1] {
                "keychain" => Choice::Keychain,
                "file" => Choice::EncryptedFile,
                "memory" => Choice::Memory,
                other => panic!("no such choice: {other}"),
            };
            Ok(format!("{:?}", vault.choose(choice, secret(2)).await?))
        }
        "put" => vault
            .put(&SecretKey::new(words[1])?, &secret(2).unwrap())
            .await
            .map(done),
        "delete" => vault.delete(&SecretKey::new(words[1])?).await.map(done),
        "get" => {
            let found = vault.get(&SecretKey::new(words[1])?).await?;
            Ok(found.map_or("nothing".to_owned(), |value| value.expose().to_owned()))
        }
        other => panic!("no such command: {other}"),
    }
}
