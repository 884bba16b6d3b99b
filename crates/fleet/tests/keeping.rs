//! What is said to be done is on the disk, and what is sent was written down first: a store that fails when it is told.
#![allow(clippy::unwrap_used, reason = "a test")]
#![allow(
    dead_code,
    reason = "the desk is shared with the tests against real gateways"
)]

#[path = "../../../tests/real/desk.rs"]
mod desk;
#[path = "keeping/failing.rs"]
mod failing;

use std::sync::Arc;

use desk::Desk;
use failing::FailingCache;
use gatehouse_fleet::Clock;
use gatehouse_fleet::view::{AutoAnswer, AutoRule, Decision, LossView, LossesView, PhaseView};
use gatehouse_testkit::scripted_gateway::{Script, ScriptedGateway};
use gatehouse_vault::MemoryVault;

async fn desk() -> (Desk, Arc<FailingCache>) {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let cache = Arc::new(FailingCache::open(folder.path()).await);
    let vault = Arc::new(MemoryVault::new());
    let desk = Desk::on(cache.clone(), folder, vault.clone(), vault, Clock::system());
    (desk.await, cache)
}

/// The app is killed, and started again on the same disk.
async fn killed(desk: Desk) -> Desk {
    let Desk {
        fleet,
        vault,
        folder,
        ..
    } = desk;
    std::mem::forget(fleet);
    Desk::over(folder, vault).await
}

fn allows(command: &str) -> AutoRule {
    AutoRule {
        id: String::new(),
        enabled: true,
        gateway: None,
        agent: None,
        command: command.to_owned(),
        answer: AutoAnswer::Allow,
        note: String::new(),
    }
}

#[tokio::test]
async fn a_change_of_the_rules_that_is_not_on_the_disk_is_not_said_to_be_done() {
    let (desk, cache) = desk().await;
    let kept = desk.fleet.auto_rule_save(allows("make **")).await.unwrap();
    let id = kept.rules[0].rule.id.clone();
    cache.fail(true);
    let tighter = AutoRule {
        id: id.clone(),
        ..allows("make test")
    };
    let refused = [
        desk.fleet.auto_rule_save(allows("rm **")).await,
        desk.fleet.auto_rule_save(tighter).await,
        desk.fleet.auto_rule_remove(id).await,
    ];
    for refused in refused {
        assert_eq!(refused.unwrap_err().code(), "cacheFailed");
    }
    assert_eq!(desk.fleet.auto_answers().await.unwrap(), kept);
    let paused = desk.fleet.auto_answers_pause(true).await;
    assert_eq!(paused.unwrap_err().code(), "cacheFailed");
    let view = desk.fleet.auto_answers().await.unwrap();
    assert!(view.paused, "it stops them all the same, as long as it can");

    cache.fail(false);
    desk.fleet.auto_answers_pause(true).await.unwrap();
    let again = killed(desk).await.fleet.auto_answers().await.unwrap();
    assert!(again.paused);
    assert_eq!(again.rules, kept.rules);
}

#[tokio::test]
async fn a_rule_is_not_made_before_what_was_left_to_the_person_is_on_the_disk() {
    let gateway = ScriptedGateway::start(Script::default()).await;
    let (desk, cache) = desk().await;
    let id = desk.join(&gateway.url(), "home", "secret").await;
    cache.fail_inbox(true);
    let asked = gateway.ask("npm test first");
    desk.waits(&id, "npm test first").await;
    let rule = desk.fleet.auto_rule_save(allows("npm test **")).await;
    assert_eq!(rule.unwrap_err().code(), "cacheFailed");

    cache.fail_inbox(false);
    desk.fleet
        .auto_rule_save(allows("npm test **"))
        .await
        .unwrap();
    let again = killed(desk).await;
    let item = again.waits(&id, "npm test first").await;
    assert_eq!(gateway.record(&asked), (None, 0), "{item:?}");
}

#[tokio::test]
async fn what_could_not_be_written_is_written_later() {
    let gateway = ScriptedGateway::start(Script::default()).await;
    let (desk, cache) = desk().await;
    let id = desk.join(&gateway.url(), "home", "secret").await;
    cache.fail(true);
    gateway.ask("uname -a");
    desk.waits(&id, "uname -a").await;
    cache.refused().await;
    cache.fail(false);
    let kept = async || {
        let waiting = gatehouse_store::Cache::inbox_waiting(&*cache)
            .await
            .unwrap();
        (waiting.len() == 1).then_some(())
    };
    desk.eventually("it is on the disk", kept).await;
}

#[tokio::test]
async fn a_decision_is_on_the_disk_before_it_is_sent() {
    let gateway = ScriptedGateway::start(Script::default()).await;
    let (desk, cache) = desk().await;
    let id = desk.join(&gateway.url(), "home", "secret").await;
    gateway.ask("uname -a");
    let item = desk.waits(&id, "uname -a").await;
    let mut requests = gateway.requests();
    let written = cache.hold().await;
    desk.decide(&item, Decision::Deny).await.unwrap();
    cache.refused().await;
    let sent = std::iter::from_fn(|| requests.try_recv().ok());
    let sent: Vec<_> = sent.map(|request| request.method).collect();
    assert!(
        !sent.contains(&"exec.approval.resolve".to_owned()),
        "{sent:?}"
    );
    drop(written);
    desk.ended(&id, "uname -a").await;
}

#[tokio::test]
async fn a_person_can_decide_while_nothing_can_be_written_and_a_rule_can_not() {
    let gateway = ScriptedGateway::start(Script::default()).await;
    let (desk, cache) = desk().await;
    let id = desk.join(&gateway.url(), "home", "secret").await;
    desk.fleet.auto_rule_save(allows("npm test")).await.unwrap();
    cache.fail(true);
    let asked = gateway.ask("npm test");
    let told = |p: &PhaseView| matches!(p, PhaseView::Waiting { problem: Some(problem) } if problem.code == "notKept");
    let item = desk.item(&id, "npm test", told).await;
    assert_eq!(gateway.record(&asked), (None, 0));
    desk.decide(&item, Decision::Deny).await.unwrap();
    desk.ended(&id, "npm test").await;
    assert_eq!(gateway.record(&asked), (Some("deny".to_owned()), 1));
}

#[tokio::test]
async fn what_cannot_be_read_is_put_aside_and_pauses_the_rules() {
    use gatehouse_store::Cache as _;
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let unread = r#"{"paused": false, "rules": [{"rule": "later"}], "answered": []}"#;
    let cache = FailingCache::open(folder.path()).await;
    cache.setting_put("autoAnswers", unread).await.unwrap();
    let settings = r#"{"notifications": {"detail": "none", "sound": false}}"#;
    cache.setting_put("settings", settings).await.unwrap();
    cache.close().await;
    let desk = Desk::over(folder.clone(), Arc::new(MemoryVault::new())).await;
    assert!(desk.fleet.auto_answers().await.unwrap().paused);
    let notices = desk.fleet.settings().await.notifications;
    assert!(!notices.sound, "what can be read is");
    assert_eq!(
        notices.detail,
        gatehouse_fleet::view::NotificationDetail::Private
    );
    let told = desk.fleet.losses().await;
    assert!(told.rules_paused);
    let [LossView::Settings { .. }, LossView::Rules { aside }] = &told.losses[..] else {
        panic!("both are told: {told:?}")
    };
    assert_eq!(std::fs::read_to_string(aside).unwrap(), unread);
}

#[tokio::test]
async fn what_cannot_be_read_is_kept_in_the_database_where_no_file_can_be_written() {
    use gatehouse_store::Cache as _;
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let cache = FailingCache::open(folder.path()).await;
    cache.setting_put("settings", "{").await.unwrap();
    cache.close().await;
    std::fs::create_dir(folder.path().join("settings.unread.json")).unwrap();
    let desk = Desk::over(folder.clone(), Arc::new(MemoryVault::new())).await;
    assert_eq!(desk.fleet.losses().await.losses.len(), 1);
    desk.fleet.shutdown().await;
    let cache = FailingCache::open(folder.path()).await;
    let aside = cache.setting("settings.unread").await.unwrap();
    assert_eq!(aside.as_deref(), Some("{"));
}

#[tokio::test]
async fn a_loss_is_told_at_each_start_until_the_person_has_seen_it() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let vault = Arc::new(MemoryVault::new());
    Desk::over(folder.clone(), vault.clone())
        .await
        .fleet
        .shutdown()
        .await;
    std::fs::write(folder.path().join("records.sqlite3"), "no database").unwrap();
    let start = async || Desk::over(folder.clone(), vault.clone()).await.fleet;
    let unseen = start().await;
    let told = unseen.losses().await;
    let [LossView::Records { aside, restored: 0 }] = &told.losses[..] else {
        panic!("it is told: {told:?}")
    };
    assert!(std::path::Path::new(aside).exists(), "{aside}");
    unseen.shutdown().await;

    let seen = start().await;
    assert_eq!(seen.losses().await.losses, told.losses);
    seen.losses_seen().await.unwrap();
    assert_eq!(seen.losses().await, LossesView::default());
    seen.shutdown().await;
    assert_eq!(start().await.losses().await, LossesView::default());
}

#[tokio::test]
async fn rules_wait_for_the_person_after_the_inbox_was_lost() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let desk = Desk::over(folder.clone(), Arc::new(MemoryVault::new())).await;
    desk.fleet.auto_rule_save(allows("make **")).await.unwrap();
    desk.fleet.shutdown().await;
    std::fs::write(folder.path().join("records.sqlite3"), "no database").unwrap();
    let again = Desk::over(folder, Arc::new(MemoryVault::new())).await;
    let book = again.fleet.auto_answers().await.unwrap();
    assert_eq!(book.rules.len(), 1, "from the copy beside");
    assert!(book.paused);
}
