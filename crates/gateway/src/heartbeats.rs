//! Regular runs without a message: `agents.defaults.heartbeat` and an agent's own `heartbeat`, followed live.
//! They are off until an `every` is configured, since each costs a model call.
//!
//! What the last one came to is kept for `last-heartbeat` and told as the `heartbeat` event; the words for it
//! (`ok-token`, `sent`, `failed`) are the published ones. `target` is not followed: there is no channel,
//! and the session has the answer.

use std::sync::Arc;
use std::time::Duration;

use gatehouse_agent::Engine;
use gatehouse_agent::event::{RunEvent, RunEventKind};
use gatehouse_agent::heartbeat::{ActiveHours, HeartbeatPlan, Heartbeats, MOST_BESIDE, PROMPT};
use gatehouse_agent::provider::ModelRef;
use gatehouse_agent::{RunOutcome, RunStatus};
use gatehouse_store::StoreError;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::agents::{AgentEntry, Agents};
use crate::broadcast::{Audience, Delivery, Event, EventKind, Hub};
use crate::config::{Config, ConfigHandle, duration};
use crate::sessions::Sessions;
use crate::settings;

/// How much of an answer the last heartbeat shows.
const PREVIEW: usize = 200;

/// What the last heartbeat came to, and whom it is told.
#[derive(Clone)]
pub struct LastHeartbeat {
    last: Arc<watch::Sender<Option<Value>>>,
    hub: Hub,
}

/// The switch over all heartbeats (`set-heartbeats`). It lasts until the gateway ends.
#[derive(Clone)]
pub struct HeartbeatSwitch(Arc<watch::Sender<bool>>);

impl LastHeartbeat {
    pub(crate) fn new(hub: Hub) -> Self {
        let (last, _) = watch::channel(None);
        Self {
            last: Arc::new(last),
            hub,
        }
    }

    pub(crate) fn get(&self) -> Option<Value> {
        self.last.borrow().clone()
    }

    /// Takes note of an event where it ends a heartbeat.
    pub(crate) fn hears(&self, event: &RunEvent) {
        let (RunEventKind::Ended(outcome), true) = (&event.kind, event.is_heartbeat) else {
            return;
        };
        let payload = payload(outcome);
        if let Some(event) = Event::new(EventKind::HEARTBEAT, &payload) {
            self.hub
                .publish(event, Audience::Everyone, Delivery::DropIfSlow);
        }
        self.last.send_replace(Some(payload));
    }
}

impl HeartbeatSwitch {
    pub(crate) fn on() -> Self {
        let (switch, _) = watch::channel(true);
        Self(Arc::new(switch))
    }

    pub(crate) fn set(&self, on: bool) {
        self.0.send_replace(on);
    }
}

/// Keeps the timer at what the configuration and the switch say. Ends when it is dropped, and the timer with it.
pub(crate) async fn follow(
    engine: Engine,
    agents: Agents,
    sessions: Sessions,
    config: ConfigHandle,
    switch: HeartbeatSwitch,
) {
    let timer = Heartbeats::start(engine);
    let mut changes = config.watch();
    let mut switched = switch.0.subscribe();
    loop {
        let config = changes.borrow_and_update().clone();
        let on = *switched.borrow_and_update();
        let planned = if on {
            plans(&config, &agents, &sessions).await
        } else {
            Ok(Vec::new())
        };
        match planned {
            Ok(plans) => timer.set(plans).await,
            // Those that are set go on.
            Err(error) => tracing::warn!(%error, "heartbeats could not be planned"),
        }
        tokio::select! {
            Ok(()) = changes.changed() => {}
            Ok(()) = switched.changed() => {}
            // Nothing can change any more; the timer lives as long as this task.
            else => std::future::pending().await,
        }
    }
}

async fn plans(
    config: &Config,
    agents: &Agents,
    sessions: &Sessions,
) -> Result<Vec<HeartbeatPlan>, StoreError> {
    let mut plans = Vec::new();
    for agent in agents.list().await? {
        let Some(plan) = plan(config, agents, &agent, sessions) else {
            continue;
        };
        let name = sessions.name(&plan.session_key, Some(&plan.agent_id));
        sessions.ensure(&name, "heartbeat").await?;
        plans.push(plan);
    }
    Ok(plans)
}

fn plan(
    config: &Config,
    agents: &Agents,
    agent: &AgentEntry,
    sessions: &Sessions,
) -> Option<HeartbeatPlan> {
    let said = |name: &str| said(config, &agent.id, name);
    let every = interval_of(config, &agent.id)?;
    let session = said("session").unwrap_or_else(|| "main".to_owned());
    Some(HeartbeatPlan {
        session_key: sessions.name(&session, Some(&agent.id)).key,
        agent_id: agent.id.clone(),
        workspace: agents.folder(agent),
        every,
        hours: hours_of(config, &agent.id),
        prompt: said("prompt"),
        model: said("model").as_deref().and_then(ModelRef::parse),
    })
}

/// When an agent's heartbeat comes; at any time where nothing is said, or nothing that can be understood.
fn hours_of(config: &Config, agent: &str) -> Option<ActiveHours> {
    let own = own_section(config, agent).and_then(|section| section.get("activeHours"));
    let said = own.or_else(|| config.at("agents.defaults.heartbeat.activeHours"))?;
    let text = |name: &str| said.get(name).and_then(Value::as_str);
    let users = || {
        config
            .at("agents.defaults.userTimezone")
            .and_then(Value::as_str)
    };
    let zone = match text("timezone") {
        None | Some("user") => users(),
        Some("local") => None,
        named => named,
    };
    let zone = zone.map(str::to_owned);
    let hours = ActiveHours::new(text("start")?, text("end")?, zone);
    if hours.is_none() {
        tracing::warn!(
            agent,
            "activeHours has a time that is none, and is not followed"
        );
    }
    hours
}

/// How often an agent's heartbeat comes; none where it is off.
pub(crate) fn interval_of(config: &Config, agent: &str) -> Option<Duration> {
    interval(&said(config, agent, "every")?)
}

/// An agent's heartbeat as the health snapshot has it.
pub(crate) fn shown(config: &Config, agent: &str) -> Value {
    let every = interval_of(config, agent);
    let ms = every.map(|every| u64::try_from(every.as_millis()).unwrap_or(u64::MAX));
    let said = |name: &str| said(config, agent, name);
    let mut shown = json!({
        "enabled": every.is_some(),
        "every": every.map_or_else(|| "disabled".to_owned(), in_words),
        "everyMs": ms,
        "prompt": said("prompt").unwrap_or_else(|| PROMPT.to_owned()),
        "target": said("target").unwrap_or_else(|| "none".to_owned()),
        "ackMaxChars": MOST_BESIDE,
    });
    for name in ["model", "session"] {
        if let Some(text) = said(name) {
            shown[name] = json!(text);
        }
    }
    shown
}

/// `1h`, `30m`, `90s`: the largest unit that says it whole.
fn in_words(every: Duration) -> String {
    match every.as_secs() {
        seconds if seconds % 3_600 == 0 => format!("{}h", seconds / 3_600),
        seconds if seconds % 60 == 0 => format!("{}m", seconds / 60),
        seconds => format!("{seconds}s"),
    }
}

/// What the agent's own section says, or else the defaults.
fn said(config: &Config, agent: &str, name: &str) -> Option<String> {
    let own = own_section(config, agent).and_then(|section| section.get(name));
    let value = own.or_else(|| config.at(&format!("agents.defaults.heartbeat.{name}")))?;
    let text = value.as_str()?.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The `heartbeat` of one agent.
fn own_section<'a>(config: &'a Config, agent: &str) -> Option<&'a Value> {
    settings::agent_section(config, agent)?.get("heartbeat")
}

/// Nothing for 0: that is off.
fn interval(text: &str) -> Option<Duration> {
    duration(text).filter(|every| !every.is_zero())
}

fn payload(outcome: &RunOutcome) -> Value {
    let status = match outcome.status {
        RunStatus::Done if outcome.silent => "ok-token",
        RunStatus::Done if outcome.text.trim().is_empty() => "ok-empty",
        RunStatus::Done => "sent",
        RunStatus::Failed | RunStatus::TimedOut => "failed",
        _ => "skipped",
    };
    let indicator = match status {
        "ok-token" | "ok-empty" => Some("ok"),
        "sent" => Some("alert"),
        "failed" => Some("error"),
        _ => None,
    };
    let mut payload = json!({
        "ts": outcome.ended_at_ms,
        "status": status,
        "silent": outcome.silent,
    });
    if let Some(indicator) = indicator {
        payload["indicatorType"] = json!(indicator);
    }
    if let Some(started) = outcome.started_at_ms {
        payload["durationMs"] = json!(outcome.ended_at_ms.saturating_sub(started));
    }
    if status == "sent" {
        payload["preview"] = json!(outcome.text.chars().take(PREVIEW).collect::<String>());
    }
    if let Some(error) = &outcome.error {
        payload["reason"] = json!(error);
    }
    payload
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_read_as_people_write_it() {
        for (text, seconds) in [
            ("30m", 1_800),
            ("1h30m", 5_400),
            ("90 s", 90),
            ("45", 2_700),
            ("1d", 86_400),
        ] {
            assert_eq!(interval(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for off in ["0", "0m", "", "soon", "m", "99999999999999999999h"] {
            assert_eq!(interval(off), None, "{off}");
        }
    }
}
