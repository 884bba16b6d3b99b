//! Whether a rule is about an action.
//!
//! A rule that asks or denies is read loosely: any command, path or host that it names is enough, and what is not
//! known may be what it names. A rule that allows is read tightly: all of the action has to be what it names.

use super::command::{CommandPattern, Matched, Reading};
use super::host;
use super::model::Counts;
use super::model::{ArgumentTest, Conditions, EffectTest, Rate, RateBy, RateKey, Rule, ValueTest};
use super::path::Folders;
use super::pattern::Pattern;
use super::teller::Teller;
use super::time::Moment;
use crate::analysis::Command;
use crate::effect::{Effect, EffectKind, Zone};
use crate::verdict::Verdict;

/// What rules are held against.
#[derive(Clone, Copy)]
pub(crate) struct Facts<'a> {
    pub(crate) agent: &'a str,
    pub(crate) session: &'a str,
    /// The sessions that began it, the nearest first.
    pub(crate) above: &'a [String],
    /// The sessions whose words it follows.
    pub(crate) told_by: &'a [Teller],
    pub(crate) channel: Option<&'a str>,
    pub(crate) tool: &'a str,
    pub(crate) arguments: &'a serde_json::Value,
    pub(crate) commands: &'a [Command],
    pub(crate) effects: &'a [Effect],
    pub(crate) folders: Folders<'a>,
    pub(crate) now: Moment,
    pub(crate) counts: &'a dyn Counts,
}

/// A rule that is about an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hit {
    /// `Maybe` where it depends on what is only known when it runs.
    pub(crate) matched: Matched,
    /// What to count, where the rule has a rate.
    pub(crate) rate: Option<RateKey>,
}

impl Rule {
    pub(crate) fn reading(&self) -> Reading {
        match self.verdict {
            Verdict::Allow => Reading::Tight,
            Verdict::Ask | Verdict::Deny => Reading::Loose,
        }
    }

    /// Holds the rule against an action. The rate comes last: what the other conditions leave out is not counted.
    pub(crate) fn hold(&self, facts: &Facts<'_>) -> Hit {
        let reading = self.reading();
        let matched = self.when.hold(facts, reading);
        let rate = self.when.rate.filter(|_| matched != Matched::No);
        let key = rate.map(|rate| self.rate_key(rate, facts));
        let below = |(rate, key): (Rate, &RateKey)| facts.counts.count(key) < rate.limit;
        let matched = match rate.zip(key.as_ref()) {
            Some(both) if below(both) => Matched::No,
            _ => matched,
        };
        Hit { matched, rate: key }
    }

    fn rate_key(&self, rate: Rate, facts: &Facts<'_>) -> RateKey {
        let subject = match rate.by {
            RateBy::Agent => facts.agent,
            // With those that it began, which would each have a count of their own.
            RateBy::Session => facts.above.last().map_or(facts.session, String::as_str),
            RateBy::Everyone => "",
        };
        RateKey {
            rule: self.id.clone(),
            by: rate.by,
            subject: subject.to_owned(),
            window_ms: rate.window_ms,
        }
    }
}

impl Conditions {
    fn hold(&self, facts: &Facts<'_>, reading: Reading) -> Matched {
        let plain = named(self.tools.as_ref(), Some(facts.tool))
            && named(self.agents.as_ref(), Some(facts.agent))
            && self.on_session(facts, reading)
            && self.time.as_ref().is_none_or(|time| time.holds(facts.now))
            && self
                .arguments
                .iter()
                .all(|test| test.holds(facts.arguments));
        if !plain {
            return Matched::No;
        }
        let commands = self.on_commands(facts.commands, reading);
        if commands == Matched::No {
            return Matched::No;
        }
        commands.min(self.on_effects(facts, reading))
    }

    /// What a session may not do, one that it began may not either, nor may one that follows its words. What is
    /// allowed to one is allowed to it alone, when no other has it do so.
    fn on_session(&self, facts: &Facts<'_>, reading: Reading) -> bool {
        let own = self.on_own_session(facts, reading);
        let mut told_by = facts.told_by.iter();
        match reading {
            Reading::Loose => own || told_by.any(|teller| self.on_teller(teller, reading)),
            Reading::Tight => own && told_by.all(|teller| self.on_teller(teller, reading)),
        }
    }

    fn on_own_session(&self, facts: &Facts<'_>, reading: Reading) -> bool {
        self.comes_from(facts.session, facts.above, facts.channel, reading)
    }

    fn on_teller(&self, teller: &Teller, reading: Reading) -> bool {
        let channel = teller.channel.as_deref();
        self.comes_from(&teller.session, &teller.above, channel, reading)
    }

    fn comes_from(
        &self,
        session: &str,
        above: &[String],
        channel: Option<&str>,
        reading: Reading,
    ) -> bool {
        let above = above.iter().map(String::as_str);
        let above = above.filter(|_| reading == Reading::Loose);
        let mut all = std::iter::once(session).chain(above);
        named(self.channels.as_ref(), channel)
            && all.any(|session| named(self.sessions.as_ref(), Some(session)))
    }

    /// The session for whose sake it is about an action, where it is not that of the action.
    pub(crate) fn teller<'a>(&self, facts: &Facts<'a>) -> Option<&'a str> {
        let reading = Reading::Loose;
        if self.on_own_session(facts, reading) {
            return None;
        }
        let mut told_by = facts.told_by.iter();
        let teller = told_by.find(|teller| self.on_teller(teller, reading))?;
        Some(&teller.session)
    }

    fn on_commands(&self, commands: &[Command], reading: Reading) -> Matched {
        if self.commands.is_none() && self.not_commands.is_none() {
            return Matched::Yes;
        }
        let each = commands
            .iter()
            .map(|command| self.on_command(command, reading));
        match reading {
            Reading::Loose => each.max().unwrap_or(Matched::No),
            Reading::Tight => each.min().unwrap_or(Matched::No),
        }
    }

    fn on_command(&self, command: &Command, reading: Reading) -> Matched {
        let any = |patterns: &Vec<CommandPattern>, reading| {
            let each = patterns
                .iter()
                .map(|pattern| pattern.matches(command, reading));
            each.max().unwrap_or(Matched::No)
        };
        let named = self
            .commands
            .as_ref()
            .map_or(Matched::Yes, |patterns| any(patterns, reading));
        // What takes a command out of a rule is read the other way around, so that it errs on the same side.
        let other = match reading {
            Reading::Loose => Reading::Tight,
            Reading::Tight => Reading::Loose,
        };
        let left_out = self
            .not_commands
            .as_ref()
            .map_or(Matched::No, |patterns| any(patterns, other));
        match (reading, left_out) {
            (Reading::Loose, Matched::Yes) | (Reading::Tight, Matched::Yes | Matched::Maybe) => {
                Matched::No
            }
            _ => named,
        }
    }

    /// Effects, paths, hosts and addresses are about the same thing: one effect has to meet all of them, or for a
    /// rule that allows, every effect.
    fn on_effects(&self, facts: &Facts<'_>, reading: Reading) -> Matched {
        let asked = self.effects.is_some()
            || self.paths.is_some()
            || self.hosts.is_some()
            || self.urls.is_some();
        if !asked {
            return Matched::Yes;
        }
        let each = facts
            .effects
            .iter()
            .map(|effect| self.on_effect(effect, facts.folders, reading));
        match reading {
            Reading::Loose => each.flatten().max().unwrap_or(Matched::No),
            Reading::Tight => each
                .map(|one| one.unwrap_or(Matched::No))
                .min()
                .unwrap_or(Matched::No),
        }
    }

    /// None where the effect is of another sort than the conditions.
    fn on_effect(
        &self,
        effect: &Effect,
        folders: Folders<'_>,
        reading: Reading,
    ) -> Option<Matched> {
        let mut matched = Matched::Yes;
        if let Some(tests) = &self.effects {
            let each = tests.iter().map(|test| test.holds(effect, reading));
            matched = matched.min(each.max().unwrap_or(Matched::No));
        }
        if let Some(patterns) = &self.paths {
            let each = patterns
                .iter()
                .map(|pattern| pattern.matches(effect, folders, reading));
            matched = matched.min(each.flatten().max()?);
        }
        if let Some(patterns) = &self.hosts {
            matched = matched.min(host::on_hosts(patterns, effect, reading)?);
        }
        if let Some(patterns) = &self.urls {
            matched = matched.min(host::on_urls(patterns, effect, reading)?);
        }
        Some(matched)
    }

    /// Whether it says by itself which actions it is about, so that one of them may run without a question: every
    /// command written out, or a tool by its name.
    pub(crate) fn names_the_action(&self, facts: &Facts<'_>) -> bool {
        let exact = |patterns: &Vec<CommandPattern>| {
            let patterns: Vec<_> = patterns
                .iter()
                .filter(|pattern| pattern.is_exact())
                .collect();
            let named = |command| {
                patterns
                    .iter()
                    .any(|pattern| pattern.matches(command, Reading::Tight) == Matched::Yes)
            };
            !facts.commands.is_empty() && facts.commands.iter().all(named)
        };
        if !facts.commands.is_empty() {
            return self.commands.as_ref().is_some_and(exact);
        }
        let by_name = |pattern: &Pattern| pattern.is_literal() && pattern.matches(facts.tool);
        let tool = self.tools.iter().flatten().any(by_name);
        let place = self.paths.is_some() || self.hosts.is_some() || self.urls.is_some();
        tool && (place || facts.effects.is_empty())
    }
}

fn named(patterns: Option<&Vec<Pattern>>, name: Option<&str>) -> bool {
    match (patterns, name) {
        (None, _) => true,
        (Some(patterns), Some(name)) => patterns.iter().any(|pattern| pattern.matches(name)),
        (Some(_), None) => false,
    }
}

impl EffectTest {
    fn holds(&self, effect: &Effect, reading: Reading) -> Matched {
        let adds = matches!(effect.kind, EffectKind::Append | EffectKind::Create);
        let kind = self.kinds.is_empty()
            || self.kinds.contains(&effect.kind)
            // Who keeps something from being written does not mean that more may be added to it.
            || (reading == Reading::Loose && adds && self.kinds.contains(&EffectKind::Write));
        let secret = self.secret.is_none_or(|secret| secret == effect.secret);
        if !kind || !secret {
            return Matched::No;
        }
        if self.zones.is_empty() || self.zones.contains(&effect.zone) {
            return Matched::Yes;
        }
        match (effect.zone, reading) {
            (Zone::Unknown, Reading::Loose) => Matched::Maybe,
            _ => Matched::No,
        }
    }
}

impl ArgumentTest {
    fn holds(&self, arguments: &serde_json::Value) -> bool {
        let Some(value) = arguments.pointer(&self.pointer) else {
            return false;
        };
        self.tests.iter().all(|test| test.holds(value))
    }
}

impl ValueTest {
    fn holds(&self, value: &serde_json::Value) -> bool {
        match self {
            Self::Equal(wanted) => equal(wanted, value),
            Self::Matches(patterns) => {
                let text = match value {
                    serde_json::Value::String(text) => text.clone(),
                    serde_json::Value::Object(_) | serde_json::Value::Array(_) => return false,
                    plain => plain.to_string(),
                };
                patterns.iter().any(|pattern| pattern.matches(&text))
            }
            Self::AtLeast(low) => value.as_f64().is_some_and(|number| number >= *low),
            Self::AtMost(high) => value.as_f64().is_some_and(|number| number <= *high),
        }
    }
}

/// 1 and 1.0 are the same number.
fn equal(wanted: &serde_json::Value, value: &serde_json::Value) -> bool {
    match (wanted.as_f64(), value.as_f64()) {
        (Some(wanted), Some(value)) => wanted == value,
        _ => wanted == value,
    }
}
