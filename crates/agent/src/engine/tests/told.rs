//! Whose words a run follows.

use std::sync::Mutex;

use super::*;
use crate::{
    govern::{Action, ToolOutcome, Verdict},
    heartbeat::{HeartbeatPlan, Heartbeats},
    journal::Journal,
};

const CHAT: &str = "agent:main:chat";

/// Lets everything happen, and notes for whom.
#[derive(Default)]
struct Noted(Mutex<Vec<(String, Vec<String>)>>);

#[async_trait]
impl Governor for Noted {
    async fn govern(&self, action: &Action) -> Verdict {
        let whose = (action.session_key.clone(), action.told_by.clone());
        self.0.lock().unwrap().push(whose);
        Verdict::allow()
    }

    async fn outcome(&self, _action: &Action, _outcome: &ToolOutcome) {}
}

impl Noted {
    /// By whom each call since the last look was told.
    fn told(&self) -> Vec<Vec<String>> {
        let calls = std::mem::take(&mut *self.0.lock().unwrap());
        calls.into_iter().map(|(_, told_by)| told_by).collect()
    }
}

fn bench() -> (Bench, Arc<Noted>) {
    let noted = Arc::new(Noted::default());
    let bench = Bench::with(noted.clone(), |_| {}, |_| {});
    (bench, noted)
}

impl Bench {
    /// A message of another session.
    async fn is_told(&self, text: &str, told_by: &[&str], queue: QueueMode) -> String {
        let request = RunRequest {
            queue,
            origin: Origin::Gateway,
            told_by: told_by.iter().map(|&key| key.to_owned()).collect(),
            ..RunRequest::text(KEY, "main", text)
        };
        self.engine.submit(request).await.unwrap().run_id
    }

    async fn heartbeat(&self, prompt: &str) -> String {
        let heartbeats = Heartbeats::start(self.engine.clone());
        let plan = HeartbeatPlan {
            agent_id: "main".into(),
            session_key: KEY.into(),
            workspace: self.workspace.path().to_owned(),
            hours: None,
            every: Duration::from_secs(24 * 60 * 60),
            prompt: Some(prompt.to_owned()),
            model: None,
        };
        heartbeats.set(vec![plan]).await;
        heartbeats.wake("main", None).await.unwrap()
    }
}

#[tokio::test]
async fn a_run_follows_those_who_told_it_and_so_does_what_goes_on_with_it() {
    let (bench, noted) = bench();
    let told = bench
        .is_told("list: .", &[CHAT, "agent:main:third"], QueueMode::Followup)
        .await;
    bench.outcome(&told).await;
    let heartbeat = bench.heartbeat("list: .").await;
    bench.outcome(&heartbeat).await;
    assert_eq!(noted.told(), [[CHAT, "agent:main:third"]; 2]);
}

#[tokio::test]
async fn a_person_who_begins_a_run_has_the_say_from_then_on() {
    let (bench, noted) = bench();
    let told = bench.is_told("list: .", &[CHAT], QueueMode::Followup).await;
    bench.outcome(&told).await;
    let said = bench.say("list: .").await;
    bench.outcome(&said).await;
    let heartbeat = bench.heartbeat("list: .").await;
    bench.outcome(&heartbeat).await;
    let none: Vec<String> = Vec::new();
    assert_eq!(noted.told(), [vec![CHAT.to_owned()], none.clone(), none]);
}

#[tokio::test]
async fn a_run_that_reads_the_words_of_another_session_on_its_way_follows_it_from_there() {
    let (mut bench, noted) = bench();
    let said = bench.say("slow: 20").await;
    bench
        .until(|event| matches!(event.kind, RunEventKind::Started { .. }))
        .await;
    bench.is_told("list: .", &[CHAT], QueueMode::Steer).await;
    bench.outcome(&said).await;
    assert_eq!(
        noted.told(),
        [[CHAT]],
        "it is the person's run that does so"
    );
}

#[tokio::test]
async fn a_session_does_not_follow_itself() {
    let (bench, noted) = bench();
    let told = bench
        .is_told("list: .", &[CHAT, KEY], QueueMode::Followup)
        .await;
    bench.outcome(&told).await;
    assert_eq!(noted.told(), [[CHAT]]);
}

#[tokio::test]
async fn a_sub_agent_follows_those_who_had_it_begun_and_so_does_who_hears_its_answer() {
    let (mut bench, noted) = bench();
    bench
        .is_told("spawn: list: .", &[CHAT], QueueMode::Followup)
        .await;
    // The run that told its answer, after which nothing follows.
    bench
        .until(|event| {
            let is_own = !event.session_key.contains(":subagent:");
            let is_answer = |text: &str| text.contains("[Subagent Result]");
            is_own && matches!(&event.kind, RunEventKind::Ended(end) if is_answer(&end.text))
        })
        .await;
    assert_eq!(noted.told(), [[CHAT]; 2], "the spawn, and what it did");
    assert_eq!(bench.journal.told_by(KEY).await.unwrap(), [CHAT]);
}

#[tokio::test]
async fn the_end_of_a_command_is_told_for_those_who_had_it_begun() {
    let (mut bench, _) = bench();
    let command = "background: while [ ! -e go ]; do sleep 0.05; done; echo done";
    let told = bench.is_told(command, &[CHAT], QueueMode::Followup).await;
    bench.outcome(&told).await;
    let said = bench.say("hello").await;
    bench.outcome(&said).await;
    let kept = bench.journal.told_by(KEY).await.unwrap();
    assert!(kept.is_empty(), "a person has the say: {kept:?}");
    std::fs::write(bench.workspace.path().join("go"), "").unwrap();
    bench
        .until(|event| {
            let is_end = |text: &str| text.contains("[Exec completion]");
            matches!(&event.kind, RunEventKind::Ended(end) if is_end(&end.text))
        })
        .await;
    assert_eq!(bench.journal.told_by(KEY).await.unwrap(), [CHAT]);
}
