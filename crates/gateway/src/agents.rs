//! The agents: those of the configuration and those that clients made, and what a run of one starts with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use gatehouse_agent::provider::{ModelRef, Models, scripted};
use gatehouse_agent::{AgentProfile, Profiles};
use gatehouse_store::StoreError;
use gatehouse_store::gateway::{AgentRecord, GatewayStore};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;

use crate::config::{Config, ConfigHandle};
use crate::credentials::CredentialDesk;
use crate::home;
use crate::sessions::SessionDefaults;
use crate::settings::{self, RunSettings};

/// What the configuration says about agents.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AgentSettings {
    /// The agent that a key without one means.
    pub default_agent: Option<String>,
    pub agents: Vec<AgentEntry>,
    /// `provider/model` of agents that name none, and what is tried when it fails.
    pub model: Option<String>,
    pub fallbacks: Vec<String>,
    pub workspace: Option<PathBuf>,
}

/// An agent.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AgentEntry {
    #[serde(skip)]
    pub id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(
        skip_serializing_if = "Option::is_none",
        deserialize_with = "home::path"
    )]
    pub workspace: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What is tried when its model fails, in place of what all agents have.
    #[serde(skip)]
    pub fallbacks: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emoji: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
}

/// The models in force. Cheap to clone.
#[derive(Clone)]
pub struct ModelCatalog(watch::Receiver<Arc<Models>>);

impl ModelCatalog {
    /// Models that do not change.
    pub fn fixed(models: Models) -> Self {
        let (_, models) = watch::channel(Arc::new(models));
        Self(models)
    }

    /// The models of a configuration, made anew when its providers change. The task ends with the
    /// configuration.
    pub(crate) fn follow(
        config: &ConfigHandle,
        credentials: CredentialDesk,
    ) -> (Self, impl Future<Output = ()> + use<>) {
        let mut changes = config.watch();
        let mut known = providers_of(&changes.borrow_and_update());
        let (models, current) = watch::channel(Arc::new(made(&changes.borrow(), &credentials)));
        let mut told = tell_unknown(&changes.borrow(), &models.borrow(), &[]);
        let following = async move {
            while changes.changed().await.is_ok() {
                let config = changes.borrow_and_update().clone();
                let providers = providers_of(&config);
                if providers != known {
                    known = providers;
                    models.send_replace(Arc::new(made(&config, &credentials)));
                }
                told = tell_unknown(&config, &models.borrow(), &told);
            }
        };
        (Self(current), following)
    }

    pub fn current(&self) -> Arc<Models> {
        self.0.borrow().clone()
    }
}

/// Says in the log which models are named that there are not, and which providers are left out, unless that is what
/// was told before.
fn tell_unknown(config: &Config, models: &Models, told: &[String]) -> Vec<String> {
    let mut unknown = settings::providers_left_out(config);
    unknown.extend(settings::unknown_models(config, models));
    for complaint in unknown.iter().filter(|complaint| !told.contains(complaint)) {
        tracing::warn!("{complaint}");
    }
    unknown
}

fn providers_of(config: &Config) -> Option<serde_json::Value> {
    config.at("models.providers").cloned()
}

fn made(config: &Config, credentials: &CredentialDesk) -> Models {
    let key = |said: &str, base_url: &str| credentials.provider_key(said, base_url);
    Models::configured(settings::providers(config, &key)).unwrap_or_else(|error| {
        tracing::error!(%error, "no provider of models can be reached; the scripted one remains");
        Models::scripted()
    })
}

/// A handle to the agents.
#[derive(Clone)]
pub struct Agents {
    store: Arc<dyn GatewayStore>,
    settings: Arc<dyn Fn() -> AgentSettings + Send + Sync>,
    runs: Arc<dyn Fn(&str) -> RunSettings + Send + Sync>,
    models: ModelCatalog,
    state_dir: PathBuf,
    /// Held from the look at an agent that a client made to what is written of it.
    pub(crate) changing: Arc<tokio::sync::Mutex<()>>,
}

const MAIN: &str = "main";

impl Agents {
    pub(crate) fn new(
        store: Arc<dyn GatewayStore>,
        config: ConfigHandle,
        models: ModelCatalog,
        state_dir: &Path,
    ) -> Self {
        let for_runs = config.clone();
        Self {
            store,
            settings: Arc::new(move || settings::agents(&config.current())),
            runs: Arc::new(move |agent| settings::of_agent(&for_runs.current(), agent)),
            models,
            state_dir: state_dir.to_owned(),
            changing: Arc::default(),
        }
    }

    /// What the runs of an agent start with.
    pub(crate) fn run_settings(&self, agent: &str) -> RunSettings {
        (self.runs)(agent)
    }

    /// What a session has where it says nothing itself.
    pub fn defaults(&self) -> SessionDefaults {
        let settings = (self.settings)();
        let model = self.first_model(&settings);
        let models = self.models.current();
        let window = models.find(&model).map(|found| found.info.context_window);
        SessionDefaults {
            agent_id: default_agent(&settings),
            model_provider: model.provider,
            model: model.model,
            context_tokens: window.unwrap_or(0),
            thinking: "off".to_owned(),
        }
    }

    /// All of them, the default one first.
    pub async fn list(&self) -> Result<Vec<AgentEntry>, StoreError> {
        let settings = (self.settings)();
        let main = default_agent(&settings);
        let mut all = settings.agents;
        for made in self.store.agents().await? {
            if all.iter().all(|agent| agent.id != made.id) {
                all.push(entry(made));
            }
        }
        if all.iter().all(|agent| agent.id != main) {
            all.push(AgentEntry {
                id: main.clone(),
                ..AgentEntry::default()
            });
        }
        all.sort_by_key(|agent| agent.id != main);
        Ok(all)
    }

    /// Whether the configuration names it, so that what it says there holds.
    pub(crate) fn is_configured(&self, id: &str) -> bool {
        (self.settings)().agents.iter().any(|agent| agent.id == id)
    }

    pub async fn find(&self, id: &str) -> Result<Option<AgentEntry>, StoreError> {
        let all = self.list().await?;
        Ok(all.into_iter().find(|agent| agent.id == id))
    }

    /// The folder that an agent works in.
    pub fn folder(&self, agent: &AgentEntry) -> PathBuf {
        match &agent.workspace {
            // A folder that is no whole path must not depend on where the gateway was started.
            Some(own) => self.state_dir.join(own),
            None => self.workspace(&agent.id),
        }
    }

    /// The folder that an agent works in where it names none.
    pub fn workspace(&self, id: &str) -> PathBuf {
        let settings = (self.settings)();
        let own = settings.agents.iter().find(|agent| agent.id == id);
        if let Some(folder) = own.and_then(|agent| agent.workspace.as_ref()) {
            return self.state_dir.join(folder);
        }
        let main = default_agent(&settings) == id;
        match (settings.workspace, main) {
            (Some(folder), true) => self.state_dir.join(folder),
            (None, true) => self.state_dir.join("workspace"),
            (_, false) => self.state_dir.join(format!("workspace-{id}")),
        }
    }

    /// The model of an agent that names none, or of the first that there is.
    fn first_model(&self, settings: &AgentSettings) -> ModelRef {
        let wanted = settings.model.as_deref().and_then(ModelRef::parse);
        let models = self.models.current();
        // The scripted one is for a gateway that has no other.
        let mut names = models.list().map(|info| info.name.clone());
        let first = names.find(|name| *name != scripted::name());
        wanted.or(first).unwrap_or_else(scripted::name)
    }

    /// The models of an agent, in the order they are tried.
    fn models_of(&self, agent: &AgentEntry) -> Vec<ModelRef> {
        let settings = (self.settings)();
        let own = agent.model.as_deref().and_then(ModelRef::parse);
        let mut models = vec![own.unwrap_or_else(|| self.first_model(&settings))];
        let fallbacks = agent.fallbacks.as_ref().unwrap_or(&settings.fallbacks);
        models.extend(fallbacks.iter().filter_map(|name| ModelRef::parse(name)));
        models
    }
}

#[async_trait]
impl Profiles for Agents {
    async fn profile(&self, agent_id: &str, _session_key: &str) -> Result<AgentProfile, String> {
        let found = self
            .find(agent_id)
            .await
            .map_err(|error| error.to_string())?;
        let agent = found.ok_or_else(|| format!("there is no agent {agent_id}"))?;
        let workspace = self.folder(&agent);
        // Tools resolve their paths against it, so it has to be there before the first call.
        let made = tokio::fs::create_dir_all(&workspace).await;
        made.map_err(|error| format!("cannot make {}: {error}", workspace.display()))?;
        let runs = self.run_settings(agent_id);
        Ok(AgentProfile {
            workspace,
            models: self.models_of(&agent),
            catalog: self.models.current(),
            tools: runs.tools,
            thinking: runs.thinking,
            prompt: runs.prompt,
            context_tokens: runs.context_tokens,
            budget: runs.budget,
            ends_circles: runs.ends_circles,
        })
    }

    async fn depth(&self, session_key: &str) -> u32 {
        match self.store.session(session_key).await {
            Ok(row) => row.map_or(0, |row| u32::try_from(row.depth).unwrap_or(u32::MAX)),
            // What begins a sub-agent asks the store, too.
            Err(error) => {
                tracing::warn!(%error, session_key, "how deep a session is could not be read");
                0
            }
        }
    }
}

fn default_agent(settings: &AgentSettings) -> String {
    let named = settings.default_agent.clone();
    let first = || settings.agents.first().map(|agent| agent.id.clone());
    named.or_else(first).unwrap_or_else(|| MAIN.to_owned())
}

fn entry(record: AgentRecord) -> AgentEntry {
    let kept: AgentEntry = serde_json::from_str(&record.json).unwrap_or_default();
    AgentEntry {
        id: record.id,
        name: record.name,
        ..kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_folder_that_was_kept_as_it_was_written_is_the_home_folder() {
        let kept = |json: &str| {
            entry(AgentRecord {
                id: "night".to_owned(),
                name: None,
                created_at: 0,
                json: json.to_owned(),
            })
        };
        let home = std::env::home_dir().unwrap();
        let folder = kept(r#"{"workspace": "~/night", "emoji": "x"}"#);
        assert_eq!(folder.workspace, Some(home.join("night")));
        assert_eq!(folder.emoji.as_deref(), Some("x"), "the rest is read, too");
        assert_eq!(kept(r#"{"model": "a/b"}"#).workspace, None);
    }
}
