//! The states of an approval, held against a model; taken at once by 64 threads; and killed at every transition.
#![allow(clippy::unwrap_used)]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Barrier};

use gatehouse_store::gateway::{
    ApprovalRecord, ApprovalState, ApprovalStore, Consumed, GatewayStore, Resolution, Resolved,
    SqliteGatewayStore,
};
use proptest::prelude::*;

const FOLDER: &str = "GATEHOUSE_TEST_FOLDER";
const VICTIM: &str = "a_process_that_is_killed_between_two_transitions";
const EXPIRES: i64 = 100;

fn question(approvers: u32) -> ApprovalRecord {
    ApprovalRecord {
        id: "a".to_owned(),
        kind: "exec".to_owned(),
        created_at: 1,
        expires_at: EXPIRES,
        digest: "digest".to_owned(),
        request: "{}".to_owned(),
        requester: Some("agent".to_owned()),
        approvers,
        bound: true,
        ..ApprovalRecord::default()
    }
}

fn resolution(state: ApprovalState, by: &str, at: i64) -> Resolution {
    Resolution {
        state,
        decision: Some("word".to_owned()),
        by: Some(by.to_owned()),
        at,
        ..Resolution::default()
    }
}

/// What can happen to an approval, each at a time.
#[derive(Clone, Debug)]
enum Step {
    Answer { state: ApprovalState, by: usize },
    Consume { own: bool },
    Revoke,
    Expire,
    Wait(i64),
}

const PEOPLE: [&str; 3] = ["agent", "ada", "bob"];

/// The rules, said once more and in the plainest way.
struct Model {
    state: ApprovalState,
    yes: Vec<&'static str>,
    approvers: u32,
    answered: bool,
}

impl Model {
    fn pass(&mut self, now: i64) {
        let open = [ApprovalState::Pending, ApprovalState::Allowed];
        if now >= EXPIRES && open.contains(&self.state) {
            self.state = ApprovalState::Expired;
        }
    }

    /// The word for what becomes of the step.
    fn step(&mut self, step: &Step, now: i64) -> &'static str {
        let before = self.state;
        if !matches!(step, Step::Wait(_)) {
            self.pass(now);
        }
        match (step, self.state) {
            (Step::Wait(_), _) => "waited",
            (Step::Expire, ApprovalState::Expired) if before != ApprovalState::Expired => "expired",
            (Step::Expire, _) => "nothing",
            (Step::Answer { .. }, ApprovalState::Expired) if before == ApprovalState::Pending => {
                "expired"
            }
            (Step::Answer { state, by }, ApprovalState::Pending) => {
                self.answer(*state, PEOPLE[*by])
            }
            (Step::Answer { .. }, _) => "lost",
            (Step::Consume { own: true }, ApprovalState::Allowed) => {
                self.state = ApprovalState::Consumed;
                "now"
            }
            (Step::Consume { own: true }, ApprovalState::Consumed) => "before",
            (Step::Consume { own: false }, ApprovalState::Allowed | ApprovalState::Consumed) => {
                "differs"
            }
            (Step::Consume { .. }, ApprovalState::Expired) if self.answered => "late",
            (Step::Consume { .. }, _) => "not allowed",
            (Step::Revoke, ApprovalState::Allowed) => {
                self.state = ApprovalState::Revoked;
                "revoked"
            }
            (Step::Revoke, _) => "nothing",
        }
    }

    fn answer(&mut self, state: ApprovalState, by: &'static str) -> &'static str {
        if state == ApprovalState::Allowed {
            if by == "agent" {
                return "own";
            }
            if self.yes.contains(&by) {
                return "again";
            }
            self.yes.push(by);
            if self.yes.len() < self.approvers as usize {
                return "counted";
            }
        }
        self.state = state;
        self.answered = true;
        "won"
    }
}

async fn take(store: &SqliteGatewayStore, step: &Step, now: i64) -> &'static str {
    match step {
        Step::Wait(_) => "waited",
        Step::Expire if store.approvals_expire(now, None).await.unwrap().is_empty() => "nothing",
        Step::Expire => "expired",
        Step::Answer { state, by } => {
            let resolution = resolution(*state, PEOPLE[*by], now);
            match store.approval_resolve("a", resolution, None).await.unwrap() {
                Resolved::Won(_) => "won",
                Resolved::Lost(_) => "lost",
                Resolved::Expired(_) => "expired",
                Resolved::Counted(_) => "counted",
                Resolved::Again(_) => "again",
                Resolved::Own(_) => "own",
                Resolved::Unknown => "unknown",
            }
        }
        Step::Consume { own } => {
            let digest = if *own { "digest" } else { "another" };
            match store
                .approval_consume("a", digest, now, None)
                .await
                .unwrap()
            {
                Consumed::Now(_) => "now",
                Consumed::Before => "before",
                Consumed::Differs => "differs",
                Consumed::Late => "late",
                Consumed::NotAllowed => "not allowed",
                Consumed::Unknown => "unknown",
            }
        }
        Step::Revoke => match store.approval_revoke("a", None, now, None).await.unwrap() {
            Some(_) => "revoked",
            None => "nothing",
        },
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let state = prop_oneof![
        4 => Just(ApprovalState::Allowed),
        1 => Just(ApprovalState::Denied),
        1 => Just(ApprovalState::Cancelled),
    ];
    let step = prop_oneof![
        4 => (state, 0..PEOPLE.len()).prop_map(|(state, by)| Step::Answer { state, by }),
        2 => any::<bool>().prop_map(|own| Step::Consume { own }),
        1 => Just(Step::Revoke),
        1 => Just(Step::Expire),
        2 => (1..60i64).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn every_sequence_of_steps_does_what_the_model_says(steps in steps(), approvers in 1..3u32) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let store = SqliteGatewayStore::in_memory().await.unwrap();
            store.approval_create(question(approvers), None).await.unwrap();
            let mut model = Model {
                state: ApprovalState::Pending,
                yes: Vec::new(),
                approvers,
                answered: false,
            };
            let mut now = 2;
            let mut runs = 0;
            for step in &steps {
                if let Step::Wait(ms) = step {
                    now += ms;
                }
                let wanted = model.step(step, now);
                let got = take(&store, step, now).await;
                prop_assert_eq!(got, wanted, "{:?} of {:?}", step, &steps);
                runs += usize::from(got == "now");
                let record = store.approval("a").await.unwrap().unwrap();
                prop_assert_eq!(record.state, model.state, "after {:?} of {:?}", step, &steps);
            }
            prop_assert!(runs <= 1, "nothing runs twice");
            Ok(())
        })?;
    }
}

#[test]
fn of_64_threads_exactly_one_takes_what_was_allowed() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let store = runtime.block_on(SqliteGatewayStore::open(folder.path(), 0));
    let store = Arc::new(store.unwrap());
    for round in 0..4 {
        let id = format!("a{round}");
        runtime.block_on(async {
            let question = ApprovalRecord {
                id: id.clone(),
                ..question(1)
            };
            store.approval_create(question, None).await.unwrap();
            let yes = resolution(ApprovalState::Allowed, "ada", 2);
            store.approval_resolve(&id, yes, None).await.unwrap();
        });
        let together = Arc::new(Barrier::new(64));
        let threads: Vec<_> = (0..64)
            .map(|_| {
                let (store, id, together) = (store.clone(), id.clone(), together.clone());
                let handle = runtime.handle().clone();
                std::thread::spawn(move || {
                    together.wait();
                    handle
                        .block_on(store.approval_consume(&id, "digest", 3, None))
                        .unwrap()
                })
            })
            .collect();
        let taken: Vec<_> = threads.into_iter().map(|t| t.join().unwrap()).collect();
        let now = taken
            .iter()
            .filter(|t| matches!(t, Consumed::Now(_)))
            .count();
        assert_eq!(now, 1, "one of 64");
        assert!(
            taken
                .iter()
                .all(|t| matches!(t, Consumed::Now(_) | Consumed::Before))
        );
    }
}

/// The transitions in their order; the process is killed after each, and in the middle of the next.
const STAGES: [(&str, ApprovalState); 4] = [
    ("asked", ApprovalState::Pending),
    ("allowed", ApprovalState::Allowed),
    ("consumed", ApprovalState::Consumed),
    ("again", ApprovalState::Consumed),
];

#[tokio::test]
async fn a_kill_at_any_transition_loses_none_that_was_told_and_lets_nothing_run_twice() {
    for (stage, told) in STAGES {
        for tear in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            kill_at(folder.path(), stage, tear);
            let store = SqliteGatewayStore::open(folder.path(), 0).await.unwrap();
            assert!(store.notices().is_empty(), "nothing was damaged");
            let record = store.approval("a").await.unwrap().unwrap();
            // With the next one under way it may have been made or not, but never half.
            let order = |state| STAGES.iter().position(|(_, s)| *s == state).unwrap();
            let (at, least) = (order(record.state), order(told));
            assert!(
                at == least || (tear && at == least + 1),
                "{stage}: {record:?}"
            );
            assert_eq!(
                record.consumed_at.is_some(),
                record.state == ApprovalState::Consumed
            );
            assert_eq!(
                record.settled_at.is_some(),
                record.state != ApprovalState::Pending
            );
            let again = store
                .approval_consume("a", "digest", 9, None)
                .await
                .unwrap();
            let wanted = record.state == ApprovalState::Allowed;
            assert_eq!(
                matches!(again, Consumed::Now(_)),
                wanted,
                "{stage}: {again:?}"
            );
            store.close().await;
        }
    }
}

/// Lets a process come as far as `stage` and kills it there; with `tear`, just after it was told to go on.
fn kill_at(folder: &Path, stage: &str, tear: bool) {
    let mut victim = start(folder);
    let mut go_on = victim.stdin.take().unwrap();
    let lines = BufReader::new(victim.stdout.take().unwrap()).lines();
    for line in lines.map_while(Result::ok) {
        if !STAGES.iter().any(|(name, _)| line == *name) {
            continue;
        }
        if line == stage {
            if tear {
                // It may be gone by itself where there is nothing left to do.
                let _ = go_on.write_all(b"\n");
                std::thread::sleep(std::time::Duration::from_micros(300));
            }
            break;
        }
        go_on.write_all(b"\n").unwrap();
    }
    victim.kill().unwrap();
    victim.wait().unwrap();
}

fn start(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", VICTIM])
        .env(FOLDER, folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

#[tokio::test]
#[ignore = "not a test of its own: the process that the test above starts and kills"]
async fn a_process_that_is_killed_between_two_transitions() {
    let folder = std::env::var_os(FOLDER).expect("started by the test above");
    let store = SqliteGatewayStore::open(Path::new(&folder), 0)
        .await
        .unwrap();
    let say = |stage: &str| {
        println!("{stage}");
        std::io::stdin().read_line(&mut String::new()).unwrap();
    };
    store.approval_create(question(1), None).await.unwrap();
    say("asked");
    let yes = resolution(ApprovalState::Allowed, "ada", 2);
    store.approval_resolve("a", yes, None).await.unwrap();
    say("allowed");
    store
        .approval_consume("a", "digest", 3, None)
        .await
        .unwrap();
    say("consumed");
    store
        .approval_consume("a", "digest", 4, None)
        .await
        .unwrap();
    say("again");
    std::future::pending::<()>().await;
}
