//! What the configuration says about runs: of one agent, and of all.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use gatehouse_agent::engine::{EngineOptions, Overflow, QueueRules, ToolPolicy};
use gatehouse_agent::prompt::PromptOptions;
use gatehouse_agent::provider::Thinking;
use gatehouse_agent::tools::exec::ExecOptions;
use gatehouse_agent::tools::web::{FetchOptions, Reach};
use gatehouse_agent::{Budget, QueueMode};
use serde_json::Value;

use super::{agent_section, text, tools};
use crate::config::Config;
use crate::home::expanded;

/// What a run of one agent starts with.
#[derive(Debug, Clone, Default)]
pub(crate) struct RunSettings {
    pub(crate) tools: ToolPolicy,
    pub(crate) thinking: Option<Thinking>,
    pub(crate) prompt: PromptOptions,
    pub(crate) context_tokens: Option<u64>,
    /// A new one for each run.
    pub(crate) budget: Budget,
    pub(crate) ends_circles: bool,
}

/// Of one agent: its own section, or else `agents.defaults`.
pub(crate) fn of_agent(config: &Config, agent: &str) -> RunSettings {
    let own = agent_section(config, agent);
    let said = |name: &str| {
        let own = own.and_then(|own| own.get(name));
        own.or_else(|| config.at(&format!("agents.defaults.{name}")))
    };
    let tools = own.and_then(|own| own.get("tools"));
    let circles = tools
        .and_then(|tools| tools.pointer("/loopDetection/enabled"))
        .or_else(|| config.at("tools.loopDetection.enabled"));
    let budget = said("budget");
    let of_budget = |name: &str| budget.and_then(|budget| budget.get(name));
    RunSettings {
        tools: tools::policy(config.at("tools"), tools),
        thinking: said("thinkingDefault")
            .and_then(Value::as_str)
            .and_then(Thinking::parse),
        prompt: prompt(config, own, said("bootstrapMaxChars")),
        context_tokens: said("contextTokens")
            .and_then(Value::as_u64)
            .filter(|tokens| *tokens > 0),
        budget: Budget::new(
            of_budget("usd").and_then(Value::as_f64),
            of_budget("tokens").and_then(Value::as_u64),
        ),
        ends_circles: circles != Some(&Value::Bool(false)),
    }
}

fn prompt(config: &Config, own: Option<&Value>, most: Option<&Value>) -> PromptOptions {
    let defaults = PromptOptions::default();
    let most = most.and_then(Value::as_u64);
    let most = most.and_then(|most| usize::try_from(most).ok());
    let folders = config.at("skills.load.extraDirs").and_then(Value::as_array);
    let folders = folders.into_iter().flatten();
    let entries = config.at("skills.entries").and_then(Value::as_object);
    let disabled = entries.into_iter().flatten();
    let disabled = disabled.filter(|(_, entry)| entry["enabled"] == false);
    let only = own.and_then(|own| own.get("skills")?.as_array());
    PromptOptions {
        skill_folders: folders
            .filter_map(|folder| text(Some(folder)))
            .map(|folder| expanded(&folder))
            .collect(),
        disabled_skills: disabled.map(|(name, _)| name.clone()).collect(),
        only_skills: only.map(|list| {
            let names = list.iter().filter_map(Value::as_str);
            names.map(str::to_owned).collect()
        }),
        file_characters: most.unwrap_or(defaults.file_characters),
        ..defaults
    }
}

/// What a message to a busy session does, where it does not say so itself.
pub(crate) fn queue_mode(config: &Config) -> QueueMode {
    match config.at("messages.queue.mode").and_then(Value::as_str) {
        Some("followup" | "queue") => QueueMode::Followup,
        Some("collect") => QueueMode::Collect,
        Some("interrupt") => QueueMode::Interrupt,
        _ => QueueMode::Steer,
    }
}

/// How the queues of sessions behave.
pub(crate) fn queue_rules(config: &Config) -> QueueRules {
    let defaults = QueueRules::default();
    let number = |name: &str| config.at(&format!("messages.queue.{name}"))?.as_u64();
    let cap = number("cap").and_then(|cap| usize::try_from(cap).ok());
    QueueRules {
        cap: cap.filter(|cap| *cap > 0).unwrap_or(defaults.cap),
        debounce: number("debounceMs").map_or(defaults.debounce, Duration::from_millis),
        overflow: match config.at("messages.queue.drop").and_then(Value::as_str) {
            Some("old") => Overflow::Old,
            Some("new") => Overflow::New,
            _ => Overflow::Summarize,
        },
    }
}

/// The engine's limits, as they are when the gateway starts.
pub(crate) fn engine(config: &Config) -> EngineOptions {
    let defaults = EngineOptions::default();
    let number = |path: &str| config.at(path)?.as_u64().filter(|number| *number > 0);
    let count = |path: &str| number(path).and_then(|number| usize::try_from(number).ok());
    let depth = number("agents.defaults.subagents.maxSpawnDepth");
    EngineOptions {
        queue: queue_rules(config),
        run_timeout: number("agents.defaults.timeoutSeconds")
            .map(Duration::from_secs)
            .or(defaults.run_timeout),
        concurrent_runs: count("agents.defaults.maxConcurrent").unwrap_or(defaults.concurrent_runs),
        concurrent_subagents: count("agents.defaults.subagents.maxConcurrent")
            .unwrap_or(defaults.concurrent_subagents),
        subagent_depth: depth
            .and_then(|depth| u32::try_from(depth).ok())
            .unwrap_or(defaults.subagent_depth),
        ..defaults
    }
}

/// How commands run, as it is when the gateway starts.
pub(crate) fn commands(config: &Config, environment: std::env::VarsOs) -> ExecOptions {
    let said = |name: &str| config.at(&format!("tools.exec.{name}"));
    let number = |name: &str| said(name)?.as_u64().filter(|number| *number > 0);
    let before = said("pathPrepend").and_then(Value::as_array);
    let before = before.into_iter().flatten().filter_map(Value::as_str);
    let before: Vec<PathBuf> = before.map(expanded).collect();
    let environment = environment.map(|(name, value)| match name == "PATH" {
        true => (name, joined(&before, value)),
        false => (name, value),
    });
    let mut options = ExecOptions::new(environment);
    if let Some(seconds) = number("timeoutSec") {
        options.timeout = Some(Duration::from_secs(seconds));
    }
    if let Some(ms) = number("backgroundMs") {
        options.patience = Duration::from_millis(ms);
    }
    if let Some(notify) = said("notifyOnExit").and_then(Value::as_bool) {
        options.notify_on_exit = notify;
    }
    options
}

fn joined(before: &[PathBuf], path: OsString) -> OsString {
    // Whoever writes a home folder as `~` means it, and not a folder of that name where a command runs.
    let after = std::env::split_paths(&path).map(|folder| match folder.to_str() {
        Some(written) => expanded(written),
        None => folder,
    });
    let all = before.iter().cloned().chain(after);
    // A folder with a colon in its name has no place in a search path.
    std::env::join_paths(all).unwrap_or(path)
}

/// What `web_fetch` may reach, as it is when the gateway starts.
pub(crate) fn fetching(config: &Config) -> FetchOptions {
    let defaults = FetchOptions::default();
    let said = |name: &str| config.at(&format!("tools.web.fetch.{name}"));
    let count = |name: &str| usize::try_from(said(name)?.as_u64()?).ok();
    let hosts = said("ssrfPolicy.allowedHostnames").and_then(Value::as_array);
    let hosts = hosts.into_iter().flatten().filter_map(Value::as_str);
    let hosts: BTreeSet<String> = hosts.map(str::to_lowercase).collect();
    let private = said("ssrfPolicy.dangerouslyAllowPrivateNetwork");
    FetchOptions {
        reach: Reach {
            private_network: private == Some(&Value::Bool(true)),
            hosts,
        },
        max_characters: count("maxChars").unwrap_or(defaults.max_characters),
        max_bytes: count("maxResponseBytes").unwrap_or(defaults.max_bytes),
        max_redirects: count("maxRedirects").unwrap_or(defaults.max_redirects),
        timeout: said("timeoutSeconds")
            .and_then(Value::as_u64)
            .map_or(defaults.timeout, Duration::from_secs),
        ..defaults
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn config(raw: Value) -> Config {
        Config {
            raw,
            ..Config::default()
        }
    }

    #[test]
    fn an_agents_own_words_stand_over_those_for_all() {
        let config = config(json!({
            "agents": {
                "defaults": {"thinkingDefault": "low", "contextTokens": 9000, "budget": {"usd": 2.5}},
                "entries": {"ops": {"thinkingDefault": "high", "skills": ["weather"]}},
            },
            "skills": {"entries": {"news": {"enabled": false}}, "load": {"extraDirs": ["/skills"]}},
            "tools": {"loopDetection": {"enabled": false}},
        }));
        let ops = of_agent(&config, "ops");
        assert_eq!(ops.thinking, Some(Thinking::High));
        assert_eq!(ops.context_tokens, Some(9000));
        assert!(ops.budget.is_in_dollars() && !ops.ends_circles);
        assert_eq!(ops.prompt.disabled_skills, ["news"]);
        assert_eq!(ops.prompt.only_skills, Some(vec!["weather".to_owned()]));
        let main = of_agent(&config, "main");
        assert_eq!(main.thinking, Some(Thinking::Low));
        assert_eq!(main.prompt.only_skills, None);
        assert!(of_agent(&Config::default(), "main").ends_circles);
    }

    #[test]
    fn queues_commands_and_fetches_follow_their_sections() {
        let config = config(json!({
            "messages": {"queue": {"mode": "collect", "cap": 3, "debounceMs": 0, "drop": "new"}},
            "tools": {
                "exec": {"timeoutSec": 5, "backgroundMs": 100, "notifyOnExit": false, "pathPrepend": ["/opt/x"]},
                "web": {"fetch": {"ssrfPolicy": {"allowedHostnames": ["Wiki.Internal"]}, "maxChars": 7}},
            },
            "agents": {"defaults": {"timeoutSeconds": 9, "maxConcurrent": 2}},
        }));
        assert_eq!(queue_mode(&config), QueueMode::Collect);
        let rules = queue_rules(&config);
        assert_eq!((rules.cap, rules.overflow), (3, Overflow::New));
        let commands = commands(&config, std::env::vars_os());
        assert_eq!(commands.timeout, Some(Duration::from_secs(5)));
        assert!(!commands.notify_on_exit);
        let fetching = fetching(&config);
        assert!(fetching.reach.hosts.contains("wiki.internal"));
        assert_eq!(fetching.max_characters, 7);
        let engine = engine(&config);
        assert_eq!(engine.run_timeout, Some(Duration::from_secs(9)));
        assert_eq!(engine.concurrent_runs, 2);
    }

    #[test]
    fn a_home_folder_in_the_search_path_is_no_folder_of_the_place_where_a_command_runs() {
        let path = joined(&[], OsString::from("/usr/bin:~/bin:~other/bin"));
        let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
        assert_eq!(folders[0], PathBuf::from("/usr/bin"));
        assert_eq!(folders[1], std::env::home_dir().unwrap().join("bin"));
        assert_eq!(folders[2], PathBuf::from("~other/bin"));
    }
}
