//! The gateway of this computer as the fleet sees it: a real fleet, the real gateway, a folder of its own.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "../../../tests/real/desk.rs"]
mod desk;

use std::path::Path;
use std::sync::{Arc, Mutex};

use desk::Desk;
use gatehouse_fleet::view::{
    AuditLine, AuditQuery, AutoAnswer, AutoRule, ConnectionView, Decision, ExecMode, GatewayId,
    InboxItemView, NewSession, PatchSession, PhaseView, SendMessage, SessionView, Settings,
};
use gatehouse_fleet::{Notice, NoticeCommand};
use gatehouse_gateway::config::Env;
use gatehouse_local::LocalGateway;
use gatehouse_testkit::scripted_gateway::{Script, ScriptedGateway};
use gatehouse_vault::Redactor;
use tokio_util::sync::CancellationToken;

/// A fleet with the gateway of this computer beside it.
struct Scene {
    desk: Desk,
    begun: Arc<Mutex<Vec<String>>>,
    cancel: CancellationToken,
    running: tokio::task::JoinHandle<()>,
}

impl Scene {
    fn start(desk: Desk, state_dir: &Path) -> Self {
        let begun = Arc::new(Mutex::new(Vec::new()));
        let cancel = CancellationToken::new();
        let sessions = begun.clone();
        let local = LocalGateway {
            fleet: desk.fleet.clone(),
            redactor: Redactor::new(),
            vault: desk.vault.clone(),
            state_dir: state_dir.to_owned(),
            env: Env::new(),
            first_run: Box::new(move |session| sessions.lock().unwrap().push(session.key)),
            before_start: Box::new(|| Box::pin(std::future::ready(()))),
            cancel: cancel.clone(),
        };
        Self {
            desk,
            begun,
            cancel,
            running: tokio::spawn(local.run()),
        }
    }

    async fn switch(&self, enabled: bool) {
        let mut settings: Settings = self.desk.fleet.settings().await;
        settings.own_gateway.enabled = enabled;
        self.desk.fleet.settings_save(settings).await.unwrap();
    }

    async fn end(self) -> Desk {
        self.cancel.cancel();
        self.running.await.unwrap();
        self.desk
    }
}

fn own() -> GatewayId {
    GatewayId("this-computer".to_owned())
}

/// A folder whose gateway is to listen here, so that tests and a gateway of the machine do not meet.
fn folder(port: u16) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let config = format!("{{ \"gateway\": {{ \"port\": {port} }} }}");
    std::fs::write(folder.path().join("gatehouse.json"), config).unwrap();
    folder
}

#[tokio::test]
async fn the_first_start_begins_in_a_session_and_later_ones_where_the_person_was() {
    let state = folder(0);
    let scene = Scene::start(Desk::new().await, state.path());
    scene.desk.connected(&own()).await;
    assert_eq!(*scene.begun.lock().unwrap(), ["agent:main:main"]);
    let desk = scene.end().await;
    desk.fleet.shutdown().await;

    let again = Desk::over(desk.folder.clone(), desk.vault.clone()).await;
    let scene = Scene::start(again, state.path());
    scene.desk.connected(&own()).await;
    assert_eq!(*scene.begun.lock().unwrap(), Vec::<String>::new());
    scene.end().await;
}

#[tokio::test]
async fn where_its_port_is_taken_it_listens_on_another_one() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let state = folder(port);
    let scene = Scene::start(Desk::new().await, state.path());
    scene.desk.connected(&own()).await;
    let url = scene.desk.fleet.gateways_list().await.remove(0).url;
    assert!(url.starts_with("ws://127.0.0.1:"), "{url}");
    assert!(!url.contains(&port.to_string()), "{url}");
    scene.end().await;
}

#[tokio::test]
async fn a_slip_in_its_configuration_file_is_told_while_it_runs() {
    let state = folder(0);
    let scene = Scene::start(Desk::new().await, state.path());
    scene.desk.connected(&own()).await;
    let fleet = &scene.desk.fleet;
    let looked = fleet.configuration_state(own()).await.unwrap();
    assert_eq!((looked.mistakes.len(), looked.waiting.len()), (0, 0));

    let file = state.path().join("gatehouse.json");
    std::fs::write(&file, "{ gateway: { toolz: {} } }").unwrap();
    let told = async || {
        let looked = fleet.configuration_state(own()).await.unwrap();
        looked.mistakes.into_iter().next()
    };
    let slip = scene.desk.eventually("the slip", told).await;
    assert!(slip.message.contains("did you mean"), "{}", slip.message);
    scene.end().await;
}

#[tokio::test]
async fn switched_off_it_is_gone_and_its_folder_free_and_switched_on_it_is_back() {
    let state = folder(0);
    let scene = Scene::start(Desk::new().await, state.path());
    scene.desk.connected(&own()).await;
    scene.switch(false).await;
    let gone = async || {
        scene
            .desk
            .fleet
            .gateways_list()
            .await
            .is_empty()
            .then_some(())
    };
    scene.desk.eventually("its end", gone).await;
    scene.switch(true).await;
    scene.desk.connected(&own()).await;
    scene.end().await;
}

#[tokio::test]
async fn why_it_could_not_start_is_said_and_another_try_helps() {
    let parent = tempfile::tempdir().unwrap();
    let state = parent.path().join("state");
    std::fs::write(&state, "a file where the folder should be").unwrap();
    let scene = Scene::start(Desk::new().await, &state);
    let stopped = |c: &ConnectionView| matches!(c, ConnectionView::Stopped { problem } if problem.code == "ownGatewayFailed");
    scene.desk.connection(&own(), stopped).await;

    scene.switch(false).await;
    let gone = async || {
        scene
            .desk
            .fleet
            .gateways_list()
            .await
            .is_empty()
            .then_some(())
    };
    scene.desk.eventually("its end", gone).await;
    std::fs::remove_file(&state).unwrap();
    std::fs::create_dir(&state).unwrap();
    std::fs::write(state.join("gatehouse.json"), "{ gateway: { port: 0 } }").unwrap();
    scene.switch(true).await;
    scene.desk.connected(&own()).await;
    scene.end().await;
}

#[tokio::test]
async fn one_that_did_not_start_is_started_again_when_a_person_asks() {
    let parent = tempfile::tempdir().unwrap();
    let state = parent.path().join("state");
    std::fs::write(&state, "a file where the folder should be").unwrap();
    let scene = Scene::start(Desk::new().await, &state);
    let stopped = |c: &ConnectionView| matches!(c, ConnectionView::Stopped { problem } if problem.code == "ownGatewayFailed");
    scene.desk.connection(&own(), stopped).await;
    std::fs::remove_file(&state).unwrap();
    std::fs::create_dir(&state).unwrap();
    std::fs::write(state.join("gatehouse.json"), "{ gateway: { port: 0 } }").unwrap();
    scene.desk.fleet.gateway_reconnect(own()).await.unwrap();
    scene.desk.connected(&own()).await;
    scene.end().await;
}

#[tokio::test]
async fn what_a_sessions_agent_may_do_is_set_shown_and_left_to_the_gateway_again() {
    let state = folder(0);
    let scene = Scene::start(Desk::new().await, state.path());
    scene.desk.connected(&own()).await;
    let fleet = &scene.desk.fleet;
    let offered = fleet.gateways_list().await.remove(0).exec_modes;
    assert!(offered.contains(&ExecMode::Deny), "{offered:?}");
    let wanted = NewSession {
        gateway: own(),
        agent: None,
        label: Some("Errands".to_owned()),
    };
    let session = fleet.session_create(wanted).await.unwrap();
    for mode in [ExecMode::Deny, ExecMode::Inherited] {
        let patch = PatchSession {
            session: session.clone(),
            label: None,
            pinned: None,
            archived: None,
            exec_mode: Some(mode),
        };
        fleet.session_patch(patch).await.unwrap();
        let shown = async || {
            let listed = fleet.sessions_snapshot().await.sessions;
            let is_it = |each: &&SessionView| each.session == session && each.exec_mode == mode;
            listed.iter().find(is_it).map(|_| ())
        };
        scene.desk.eventually("the mode that was set", shown).await;
    }
    fleet.session_read(session).await.unwrap();
    scene.end().await;
}

#[tokio::test]
async fn what_it_keeps_is_reached_by_no_token_of_another_start() {
    let state = folder(0);
    let scene = Scene::start(Desk::new().await, state.path());
    scene.desk.connected(&own()).await;
    let url = scene.desk.fleet.gateways_list().await.remove(0).url;
    let other = Desk::new().await;
    let id = other.add(&url, "guess", &"0".repeat(64)).await;
    let stopped = |c: &ConnectionView| matches!(c, ConnectionView::Stopped { .. });
    other.connection(&id, stopped).await;
    scene.end().await;
}

/// What the gateway of this computer has recorded of answers elsewhere, the oldest first, once there are so many.
async fn answers(scene: &Scene, count: usize) -> Vec<AuditLine> {
    let records = async || {
        let query = AuditQuery {
            gateway: own(),
            before: None,
            limit: 50,
            kinds: ["answer.sent", "answer.ended", "answer.rules"]
                .map(str::to_owned)
                .to_vec(),
            agent: None,
            session: None,
            verdict: None,
            text: None,
        };
        let mut records = scene.desk.fleet.audit_list(query).await.unwrap().records;
        records.reverse();
        (records.len() >= count).then_some(records)
    };
    scene
        .desk
        .eventually("the records of answers", records)
        .await
}

#[tokio::test]
async fn what_is_answered_at_another_gateway_is_in_the_audit_of_this_computer() {
    let state = folder(0);
    let scene = Scene::start(Desk::new().await, state.path());
    scene.desk.connected(&own()).await;
    let office = ScriptedGateway::start(Script::default()).await;
    let id = scene.desk.join(&office.url(), "office", "secret").await;
    let asked = office.ask("git push origin main");
    let item = scene.desk.waits(&id, "git push origin main").await;
    scene.desk.decide(&item, Decision::AllowOnce).await.unwrap();

    let records = answers(&scene, 2).await;
    let said = |line: &AuditLine| (line.kind.clone(), line.outcome.clone().unwrap_or_default());
    assert_eq!(
        said(&records[0]),
        ("answer.sent".into(), "allowOnce".into())
    );
    assert_eq!(records[1].kind, "answer.ended");
    for line in &records {
        assert_eq!(line.what, "git push origin main");
        assert_eq!(line.approval.as_deref(), Some(asked.as_str()), "{line:?}");
        assert_eq!(line.actor.id, "this app");
    }

    let rule = AutoRule {
        id: String::new(),
        enabled: true,
        gateway: None,
        agent: None,
        command: "curl **".to_owned(),
        answer: AutoAnswer::Deny,
        note: String::new(),
    };
    scene.desk.fleet.auto_rule_save(rule).await.unwrap();
    office.ask("curl https://example.com");
    let records = answers(&scene, 5).await;
    assert_eq!(records[2].kind, "answer.rules");
    assert!(
        records[2].what.contains("denies on every gateway"),
        "{records:?}"
    );
    assert_eq!(said(&records[3]), ("answer.sent".into(), "deny".into()));
    assert_eq!(records[3].actor.id, "this app, by a rule");
    scene.end().await;
}

/// What waits once the agent of a new session was told to run this.
async fn asked(scene: &Scene, command: &str) -> InboxItemView {
    let fleet = &scene.desk.fleet;
    let wanted = NewSession {
        gateway: own(),
        agent: None,
        label: None,
    };
    let message = SendMessage {
        session: fleet.session_create(wanted).await.unwrap(),
        id: format!("test-{command}"),
        text: format!("exec: {command}"),
        attachments: Vec::new(),
    };
    let _chat = fleet.chat_open(message.session.clone()).await.unwrap();
    fleet.chat_send(message).await.unwrap();
    scene.desk.waits(&own(), command).await
}

async fn notice_of(scene: &Scene, item: &InboxItemView) -> Notice {
    let of_it = |command: &NoticeCommand| match command {
        NoticeCommand::Show(notice) if notice.key == item.key => Some(notice.clone()),
        _ => None,
    };
    scene.desk.notice(of_it).await
}

#[tokio::test]
async fn an_everyday_command_is_allowed_on_its_notice_which_says_why_it_is_asked() {
    let state = folder(0);
    let scene = Scene::start(Desk::new().await, state.path());
    scene.desk.connected(&own()).await;
    let item = asked(&scene, "crontab -l").await;
    let shown = scene.desk.fleet.inbox_item(item.key.clone()).await;
    let notice = notice_of(&scene, &item).await;
    assert_eq!(
        notice.buttons,
        [Decision::AllowOnce, Decision::Deny],
        "{notice:?}"
    );
    for warning in shown.unwrap().warnings {
        assert!(notice.body.contains(&warning), "{warning}: {}", notice.body);
    }
    scene.desk.decide(&item, Decision::Deny).await.unwrap();
    scene.end().await;
}

#[tokio::test]
async fn a_first_yes_of_two_is_counted_and_can_still_be_taken_back() {
    let state = folder(0);
    let two = r#"{ rules: [{ id: "two", verdict: "ask", match: { tool: "exec" }, approval: { approvers: 2 } }] }"#;
    std::fs::write(state.path().join("policy.json5"), two).unwrap();
    let scene = Scene::start(Desk::new().await, state.path());
    scene.desk.connected(&own()).await;
    let item = asked(&scene, "touch made.txt").await;
    let people = item.people.clone().expect("it takes two");
    assert_eq!((people.needed, people.allowed, people.ours), (2, 0, false));
    let notice = notice_of(&scene, &item).await;
    let told = "It takes 2 people to allow it.";
    assert!(notice.body.contains(told), "{}", notice.body);

    scene.desk.decide(&item, Decision::AllowOnce).await.unwrap();
    let counted = async || {
        let items = scene.desk.fleet.inbox_snapshot().await.items.into_iter();
        let mut counted = items.filter(|i| i.key == item.key && i.offered == [Decision::Deny]);
        counted.find(|i| matches!(i.phase, PhaseView::Waiting { .. }))
    };
    let counted = scene.desk.eventually("the count", counted).await;
    assert_eq!(counted.phase, PhaseView::Waiting { problem: None });
    let people = counted.people.clone().unwrap();
    assert_eq!((people.allowed, people.ours), (1, true));
    let again = scene.desk.decide(&counted, Decision::AllowOnce).await;
    assert!(again.is_err(), "one's own yes counts once");

    scene.desk.decide(&counted, Decision::Deny).await.unwrap();
    let ended = scene.desk.ended(&own(), "touch made.txt").await;
    let denied = matches!(
        ended,
        PhaseView::Decided {
            decision: Decision::Deny,
            ..
        }
    );
    assert!(denied, "{ended:?}");
    scene.end().await;
}
