//! The engine as its owner sees it, with the scripted model.

mod basics;
mod calls;
mod durable;
mod models;
mod others;
mod queueing;
mod spending;
mod told;

use std::{path::PathBuf, sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::sync::mpsc;

use super::*;
use crate::{
    ambient::{SystemClock, SystemRandomness},
    event::{RunEvent, RunEventKind},
    govern::{AllowAll, Governor},
    journal::{Journal, MemoryJournal},
    prompt::PromptOptions,
    provider::{
        Models,
        scripted::{self, Scripted},
    },
    tools::{
        Toolbox,
        exec::{ExecOptions, Processes},
        sessions,
    },
};

pub(super) const KEY: &str = "agent:main:main";

/// An engine with a scripted model, and all that a test looks at.
pub(super) struct Bench {
    pub(super) engine: Engine,
    pub(super) journal: Arc<MemoryJournal>,
    pub(super) events: mpsc::UnboundedReceiver<RunEvent>,
    pub(super) workspace: tempfile::TempDir,
}

struct OneProfile(AgentProfile, Arc<others::AnySessions>);

#[async_trait]
impl Profiles for OneProfile {
    async fn profile(&self, agent_id: &str, _session_key: &str) -> Result<AgentProfile, String> {
        if agent_id == "nobody" {
            return Err("there is no agent nobody".into());
        }
        Ok(self.0.clone())
    }

    async fn depth(&self, session_key: &str) -> u32 {
        let sessions = self.1.0.lock().unwrap();
        sessions.get(session_key).copied().unwrap_or_default()
    }
}

pub(super) fn profile(workspace: PathBuf) -> AgentProfile {
    let mut catalog = Models::default();
    catalog.add(scripted::model(Scripted {
        gap: Duration::from_millis(10),
    }));
    AgentProfile {
        workspace,
        models: vec![scripted::name()],
        catalog: Arc::new(catalog),
        tools: ToolPolicy::default(),
        thinking: None,
        prompt: PromptOptions::default(),
        context_tokens: None,
        budget: Budget::default(),
        ends_circles: true,
    }
}

impl Bench {
    pub(super) fn new() -> Self {
        Self::with(Arc::new(AllowAll), |_| {}, |_| {})
    }

    pub(super) fn with(
        governor: Arc<dyn Governor>,
        change: impl FnOnce(&mut AgentProfile),
        tune: impl FnOnce(&mut EngineOptions),
    ) -> Self {
        let journal = Arc::new(MemoryJournal::default());
        Self {
            journal: journal.clone(),
            ..Self::over(journal, governor, change, tune)
        }
    }

    /// One whose journal is the test's.
    pub(super) fn over(
        journal: Arc<dyn Journal>,
        governor: Arc<dyn Governor>,
        change: impl FnOnce(&mut AgentProfile),
        tune: impl FnOnce(&mut EngineOptions),
    ) -> Self {
        let workspace = tempfile::tempdir().unwrap();
        let root = workspace.path().canonicalize().unwrap();
        let (sink, events) = mpsc::unbounded_channel();
        let mut profile = profile(root);
        change(&mut profile);
        let mut options = EngineOptions::default();
        tune(&mut options);
        let processes = Processes::start(Arc::new(SystemClock), Arc::new(SystemRandomness));
        let exec = ExecOptions::new(std::env::vars_os());
        let mut toolbox = Toolbox::standard(exec, Some(processes));
        let known = Arc::new(others::AnySessions::default());
        sessions::add_to(&mut toolbox, known.clone());
        let engine = Engine::start(EngineParts {
            journal,
            governor,
            profiles: Arc::new(OneProfile(profile, known)),
            sink: Arc::new(sink),
            secrets: crate::secrets::Secrets::none(),
            toolbox,
            clock: Arc::new(SystemClock),
            randomness: Arc::new(SystemRandomness),
            options,
        });
        Self {
            engine,
            journal: Arc::default(),
            events,
            workspace,
        }
    }

    pub(super) async fn say(&self, text: &str) -> String {
        self.say_as(text, QueueMode::Steer).await
    }

    pub(super) async fn say_as(&self, text: &str, queue: QueueMode) -> String {
        let request = RunRequest {
            queue,
            ..RunRequest::text(KEY, "main", text)
        };
        self.engine.submit(request).await.unwrap().run_id
    }

    pub(super) async fn outcome(&self, run_id: &str) -> RunOutcome {
        match self.engine.wait(run_id, Duration::from_secs(60)).await {
            Waited::Ended(outcome) => outcome,
            other => panic!("{run_id}: {other:?}"),
        }
    }

    /// The events until a run has ended, of all runs.
    pub(super) async fn until_ended(&mut self, run_id: &str) -> Vec<RunEvent> {
        self.until(|event| &*event.run_id == run_id && matches!(event.kind, RunEventKind::Ended(_)))
            .await
    }

    pub(super) async fn until(&mut self, last: impl Fn(&RunEvent) -> bool) -> Vec<RunEvent> {
        let mut events = Vec::new();
        loop {
            let event = tokio::time::timeout(Duration::from_secs(60), self.events.recv());
            let event = event.await.expect("an event comes").expect("a sink lives");
            let is_last = last(&event);
            events.push(event);
            if is_last {
                return events;
            }
        }
    }

    /// The transcript as lines `role: text`.
    pub(super) fn transcript(&self) -> Vec<String> {
        let entries = self.journal.entries(KEY);
        entries
            .iter()
            .map(|(_, message)| {
                let role = serde_json::to_value(message).unwrap()["role"].clone();
                format!("{}: {}", role.as_str().unwrap(), message.text())
            })
            .collect()
    }
}
