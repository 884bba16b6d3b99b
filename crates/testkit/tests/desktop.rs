//! The private desktop itself: is it what a test takes it for?

#![allow(clippy::unwrap_used)] // helpers of tests, outside of test functions

use std::time::Duration;

use gatehouse_testkit::desktop::{
    DesktopParts, DesktopSession, Keyring, NoticeState, NotificationDaemon,
};

const LIMIT: Duration = Duration::from_secs(120);

fn notify(session: &DesktopSession, args: &[&str]) {
    let mut command = session.command("notify-send");
    assert!(command.args(args).status().unwrap().success());
}

#[tokio::test]
async fn a_notices_action_is_chosen_through_dunst_and_a_picture_shows_the_screen() {
    let mut session = DesktopSession::start().await.unwrap();
    // notify-send waits for the choice and prints its key.
    let other = session
        .command("notify-send")
        .args([
            "-A",
            "allow=Allow once",
            "-A",
            "deny=Deny",
            "another",
            "wants <b>ls</b>",
        ])
        .spawn();
    let asking = session
        .command("notify-send")
        .args([
            "-A",
            "allow=Allow once",
            "-A",
            "deny=Deny",
            "agent main",
            "wants uname",
        ])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let notice = session
        .notices()
        .wait_for(LIMIT, |notice| notice.body == "wants uname")
        .await
        .unwrap();
    assert_eq!(notice.state, NoticeState::Shown);
    session
        .notices()
        .wait_for(LIMIT, |notice| notice.summary == "another")
        .await
        .unwrap();

    let picture = session.log_folder().join("screen.png");
    session.screenshot(&picture).unwrap();
    assert!(std::fs::metadata(&picture).unwrap().len() > 1000);

    session.notices().choose(&notice, "Deny").await.unwrap();
    let said = asking.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&said.stdout).trim(), "deny");
    assert_eq!(
        session.notices().showing().len(),
        1,
        "the other notice is still there"
    );
    session.check().unwrap();
    let mut other = other.unwrap();
    other.kill().unwrap();
    other.wait().unwrap();
}

#[tokio::test]
async fn a_dismissed_notice_is_closed_and_no_action_was_chosen() {
    let session = DesktopSession::start().await.unwrap();
    notify(&session, &["hello", "there"]);
    session
        .notices()
        .wait_for(LIMIT, |notice| notice.summary == "hello")
        .await
        .unwrap();
    session.notices().dismiss_newest().await.unwrap();
    let closed = |notice: &gatehouse_testkit::desktop::ShownNotice| {
        notice.state == NoticeState::Closed { reason: 2 }
    };
    session.notices().wait_for(LIMIT, closed).await.unwrap();
}

#[tokio::test]
async fn an_unlocked_keyring_keeps_a_secret_and_a_locked_one_does_not_give_it_out() {
    let mut session = DesktopSession::start().await.unwrap();
    assert_eq!(locked_property(&session), "(<false>,)");
    session.start_keyring(Keyring::Locked).await.unwrap();
    assert_eq!(locked_property(&session), "(<true>,)");
}

fn locked_property(session: &DesktopSession) -> String {
    let output = session
        .command("gdbus")
        .args(["call", "--session", "--dest", "org.freedesktop.secrets"])
        .args(["--object-path", "/org/freedesktop/secrets/collection/login"])
        .args(["--method", "org.freedesktop.DBus.Properties.Get"])
        .args(["org.freedesktop.Secret.Collection", "Locked"])
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[tokio::test]
async fn parts_can_be_left_out_or_be_poor() {
    let parts = DesktopParts {
        notifications: NotificationDaemon::WithoutActions,
        keyring: Keyring::Absent,
        ..DesktopParts::default()
    };
    let mut session = DesktopSession::start_with(parts).await.unwrap();
    notify(&session, &["plain", "words"]);
    session
        .notices()
        .wait_for(LIMIT, |notice| notice.summary == "plain")
        .await
        .unwrap();
    assert_eq!(locked_property(&session), "", "no Secret Service answers");
    session
        .start_notifications(NotificationDaemon::Absent)
        .await
        .unwrap();
    let refused = session
        .command("notify-send")
        .arg("nobody")
        .status()
        .unwrap();
    assert!(!refused.success(), "there is nobody to show it");
}
