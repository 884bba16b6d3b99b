//! The beginning of a run: transcript, input, the agent's settings, the system prompt.

use std::path::PathBuf;

use super::{
    parts::Shared,
    repeats::Repeats,
    request::{AgentProfile, Task},
    run::{Run, RunError},
};
use crate::{
    event::RunEventKind,
    journal::BegunRun,
    prompt::{self, PromptAbout},
    transcript,
};

impl Shared {
    /// An agent's settings, with its workspace there and resolved. The error is a sentence.
    pub(super) async fn prepared_profile(
        &self,
        agent_id: &str,
        session_key: &str,
    ) -> Result<AgentProfile, String> {
        let mut profile = self.profiles.profile(agent_id, session_key).await?;
        profile.workspace = prepared(&profile.workspace).await.map_err(|error| {
            let workspace = profile.workspace.display();
            format!("the workspace {workspace} cannot be used: {error}")
        })?;
        Ok(profile)
    }
}

async fn prepared(workspace: &PathBuf) -> std::io::Result<PathBuf> {
    tokio::fs::create_dir_all(workspace).await?;
    tokio::fs::canonicalize(workspace).await
}

impl Run {
    /// From the transcript and the input to the context of the first call.
    pub(super) async fn begin(&mut self) -> Result<(), RunError> {
        let now = self.shared.clock.now_ms();
        self.started_at_ms = Some(now);
        self.emitter
            .emit(RunEventKind::Started { started_at_ms: now });
        let key = &self.request.session_key;
        let begun = BegunRun {
            run_id: self.emitter.run_id(),
            session_key: key,
            agent_id: &self.request.agent_id,
            started_at_ms: now,
        };
        self.shared.journal.begin(&begun).await?;
        self.recall_tellers().await?;
        let key = &self.request.session_key;
        self.context = self.shared.journal.load(key).await?;
        // The gateway mends what a process left, and knows more of it; this is what is left in memory.
        for message in transcript::mend(&self.context, now, |_| false) {
            self.keep(message).await?;
        }
        let inputs = std::mem::take(&mut self.inputs);
        if self.request.task == Task::Reply {
            for message in transcript::unanswered(&self.context, now) {
                self.keep(message).await?;
            }
            self.read_inputs(inputs).await?;
        }
        let (agent_id, key) = (&self.request.agent_id, &self.request.session_key);
        let profile = self.shared.prepared_profile(agent_id, key).await;
        let profile = profile.map_err(RunError::Profile)?;
        self.system = self.system_prompt(&profile).await;
        self.repeats = Repeats::new(profile.ends_circles);
        if !self.request.budget.is_limited() {
            self.request.budget = profile.budget.clone();
        }
        self.profile = Some(profile);
        Ok(())
    }

    async fn system_prompt(&self, profile: &AgentProfile) -> String {
        let mut parts = vec![self.prompt_of(profile).await];
        parts.extend(self.request.extra_system.clone());
        if !self.dropped.is_empty() {
            let lines = self.dropped.join("\n- ");
            parts.push(format!(
                "Messages that were dropped from a full queue began with:\n- {lines}"
            ));
        }
        parts.retain(|part| !part.is_empty());
        parts.join("\n\n")
    }

    async fn prompt_of(&self, profile: &AgentProfile) -> String {
        let chosen = self.request.model.clone();
        let about = PromptAbout {
            workspace: profile.workspace.clone(),
            agent_id: self.request.agent_id.clone(),
            session_key: self.request.session_key.clone(),
            model: chosen.or(profile.models.first().cloned()),
            now_ms: self.shared.clock.now_ms(),
            is_subagent: self.depth > 0,
        };
        let options = profile.prompt.clone();
        let made = tokio::task::spawn_blocking(move || prompt::assemble(&options, &about));
        made.await.unwrap_or_default()
    }
}
