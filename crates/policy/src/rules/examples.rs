//! The examples that a rule carries: it must match some and must not match others, or the document is refused.
//!
//! An example is a command line, or an object that says more: `{tool, arguments, command, path, access, url, host,
//! agent, session, channel, time}`. What an example does not mention is not held against it.

use serde_json::Value;

use super::command::Matched;
use super::host::host_of;
use super::matching::Facts;
use super::model::{Conditions, Counts, EFFECT_KINDS, RateKey, Rule};
use super::path::Folders;
use super::reader::{At, Reader};
use super::time::{DAYS, Moment, read_clock};
use crate::analysis::Analysis;
use crate::effect::{Effect, EffectKind, Target, Zone};
use crate::world::{Dialect, NoFiles, Taint, World};

/// Reads a command; [`crate::shell::analyse`] in all but tests.
pub(crate) type Analyse = fn(&str, &World<'_>) -> Analysis;

/// The folders of the made-up machine that examples run on; `docs/policy.md` names them.
const HOME: &str = "/home/user";
const WORKSPACE: &str = "/home/user/workspace";
/// More than a rule needs; each is a command to analyse.
const MOST: usize = 100;

const KEYS: [&str; 11] = [
    "tool",
    "arguments",
    "command",
    "path",
    "access",
    "url",
    "host",
    "agent",
    "session",
    "channel",
    "time",
];

/// Holds every rule of a document in which nothing is wrong against its own examples.
pub(crate) fn check(reader: &mut Reader, document: &Value, rules: &[Rule], analyse: Analyse) {
    let root = At::root(document);
    let Some(list) = root.get("rules") else {
        return;
    };
    let wrong: Vec<String> = reader.errors().map(str::to_owned).collect();
    for at in list.items() {
        let is_sound = |rule: &&Rule| {
            rule.path == at.path && !wrong.iter().any(|path| path.starts_with(&at.path))
        };
        let Some(rule) = rules.iter().find(is_sound) else {
            continue;
        };
        if let Some(at) = at.get("examples") {
            check_rule(reader, &at, rule, analyse);
        }
    }
}

fn check_rule(reader: &mut Reader, at: &At<'_>, rule: &Rule, analyse: Analyse) {
    // `not_match` as well, since the conditions have `not_command`.
    let keys = ["match", "notMatch", "not_match"];
    if reader.object(at, "examples", &keys).is_none() {
        return;
    }
    for name in keys {
        let Some(list) = at.get(name) else { continue };
        let items = list.items();
        if items.len() > MOST {
            reader.error(&list.path, format!("has more than {MOST} examples"));
            return;
        }
        for item in items {
            let Some(example) = Example::read(reader, &item) else {
                continue;
            };
            complain(
                reader,
                &item,
                rule,
                example.hold(rule, analyse),
                name == "match",
            );
        }
    }
}

fn complain(reader: &mut Reader, at: &At<'_>, rule: &Rule, matched: Matched, wanted: bool) {
    let message = match (matched, wanted) {
        (Matched::Yes, true) | (Matched::No, false) => return,
        (Matched::Maybe, true) => {
            "should match and only may: part of it is not known before it runs"
        }
        (Matched::No, true) => "should match and does not",
        (Matched::Yes, false) => "should not match and does",
        (Matched::Maybe, false) => {
            "should not match and may: part of it is not known before it runs"
        }
    };
    reader.error(&at.path, format!("example of {:?} {message}", rule.id));
}

#[derive(Debug, Default)]
struct Example {
    tool: Option<String>,
    arguments: Option<Value>,
    command: Option<String>,
    effect: Option<Effect>,
    agent: Option<String>,
    session: Option<String>,
    channel: Option<String>,
    now: Option<Moment>,
}

impl Example {
    fn read(reader: &mut Reader, at: &At<'_>) -> Option<Self> {
        if at.value.is_string() {
            let command = reader.text(at)?.to_owned();
            return Some(Self {
                command: Some(command),
                ..Self::default()
            });
        }
        reader.object(at, "an example", &KEYS)?;
        let mut text = |name: &str| {
            let at = at.get(name)?;
            reader.text(&at).map(str::to_owned)
        };
        let mut example = Self {
            tool: text("tool"),
            command: text("command"),
            agent: text("agent"),
            session: text("session"),
            channel: text("channel"),
            arguments: at.get("arguments").map(|at| at.value.clone()),
            ..Self::default()
        };
        let url = text("url").map(|url| network(Target::Url(url.clone()), host_of(&url)));
        let host = text("host").map(|host| network(Target::Host(host.clone()), Some(&host)));
        example.effect = url.or(host);
        if let Some(path) = text("path") {
            let kind = at.get("access").map(|at| reader.word(&at, &EFFECT_KINDS));
            example.effect = Some(on_path(kind.flatten().unwrap_or(EffectKind::Read), &path));
        }
        if let Some(at) = at.get("time") {
            let text = reader.text(&at)?;
            match read_moment(text) {
                Ok(now) => example.now = Some(now),
                Err(message) => reader.error(&at.path, message),
            }
        }
        Some(example)
    }

    fn hold(&self, rule: &Rule, analyse: Analyse) -> Matched {
        let world = world();
        let analysis = self
            .command
            .as_deref()
            .map(|command| analyse(command, &world));
        let (commands, mut effects) = match &analysis {
            Some(analysis) => (analysis.commands.as_slice(), analysis.effects.clone()),
            None => (&[] as &[_], Vec::new()),
        };
        effects.extend(self.effect.clone());
        let facts = Facts {
            agent: self.agent.as_deref().unwrap_or_default(),
            session: self.session.as_deref().unwrap_or_default(),
            above: &[],
            told_by: &[],
            channel: self.channel.as_deref(),
            tool: self.tool.as_deref().unwrap_or_default(),
            arguments: self.arguments.as_ref().unwrap_or(&Value::Null),
            commands,
            effects: &effects,
            folders: Folders {
                home: HOME,
                workspace: WORKSPACE,
            },
            now: self.now.unwrap_or_default(),
            counts: &TooOften,
        };
        let rule = Rule {
            when: self.what_it_mentions(&rule.when),
            ..rule.clone()
        };
        rule.hold(&facts).matched
    }

    fn what_it_mentions(&self, when: &Conditions) -> Conditions {
        let mut when = when.clone();
        if self.tool.is_none() {
            when.tools = None;
        }
        if self.agent.is_none() {
            when.agents = None;
        }
        if self.session.is_none() {
            when.sessions = None;
        }
        if self.channel.is_none() {
            when.channels = None;
        }
        if self.now.is_none() {
            when.time = None;
        }
        if self.arguments.is_none() {
            when.arguments.clear();
        }
        when
    }
}

/// An example of a rule with a rate stands for the one that is too many.
struct TooOften;

impl Counts for TooOften {
    fn count(&self, _: &RateKey) -> u64 {
        u64::MAX
    }
}

fn world() -> World<'static> {
    World {
        dialect: Dialect::Posix,
        cwd: WORKSPACE.to_owned(),
        workspace: WORKSPACE.to_owned(),
        home: HOME.to_owned(),
        user: "user".to_owned(),
        tmp: vec!["/tmp".to_owned()],
        variables: std::collections::BTreeMap::new(),
        protected: Vec::new(),
        own_ports: Vec::new(),
        ignore_case: false,
        taint: Taint::default(),
        files: &NoFiles,
    }
}

fn network(target: Target, host: Option<&str>) -> Effect {
    Effect {
        kind: EffectKind::Network,
        target,
        zone: Zone::Elsewhere,
        secret: false,
        span: None,
        text: format!("reaches {}", host.unwrap_or("a host")),
    }
}

fn on_path(kind: EffectKind, path: &str) -> Effect {
    let path = match path.strip_prefix("~/").map(|rest| format!("{HOME}/{rest}")) {
        Some(path) => path,
        None if path.starts_with('/') => path.to_owned(),
        None => format!("{WORKSPACE}/{}", path.trim_start_matches("./")),
    };
    let within = |folder: &str| {
        path.strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
    };
    let zone = match () {
        () if within(WORKSPACE) => Zone::Workspace,
        () if within(HOME) => Zone::Home,
        () if within("/tmp") => Zone::Tmp,
        () => Zone::System,
    };
    Effect {
        kind,
        target: Target::Path(path),
        zone,
        secret: false,
        span: None,
        text: String::new(),
    }
}

/// `fri 23:00`
fn read_moment(text: &str) -> Result<Moment, String> {
    let wrong = || "is a day and a time such as fri 23:00".to_owned();
    let (day, clock) = text.split_once(' ').ok_or_else(wrong)?;
    let day = DAYS
        .iter()
        .find(|(name, _)| *name == day)
        .ok_or_else(wrong)?
        .1;
    let minute = i64::from(read_clock(clock)?);
    // The fifth of January 1970 was a Monday.
    let minutes = (4 + i64::from(day)) * 24 * 60 + minute;
    Ok(Moment {
        unix_ms: minutes * 60_000,
        offset_minutes: 0,
    })
}
