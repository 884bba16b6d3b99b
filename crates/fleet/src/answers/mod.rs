//! Rules by which this app answers for a person, on gateways that keep no policy of their own.
//!
//! Pure: what is asked goes in, the rule that answers it comes out. They are explicit, each answer is recorded, and one
//! switch stops all of them. What is dangerous is never allowed, nor is what is not known in every word: a rule allows
//! only what it names. A refusal wins over an allowance.

mod pattern;

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::analysis::Reading;
use crate::view::{
    AutoAnswer, AutoAnswerView, AutoAnswered, AutoRule, AutoRuleView, GatewayId, Millis,
};
use gatehouse_policy::Verdict;
use pattern::{AnswerPattern, glob};

/// Answers that are kept.
const ANSWERED: usize = 200;

/// Rules that there can be.
const RULES: usize = 200;

/// What a person typed, in bytes.
const LONGEST: usize = 2_000;

/// The rules, and what they answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct AnswerBook {
    pub(crate) paused: bool,
    rules: Vec<Kept>,
    answered: VecDeque<AutoAnswered>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kept {
    rule: AutoRule,
    uses: u32,
    last_used_at: Option<Millis>,
}

/// What waits for an answer.
pub(crate) struct Asked<'a> {
    pub(crate) gateway: &'a GatewayId,
    pub(crate) agent: Option<&'a str>,
    pub(crate) reading: &'a Reading,
}

/// Why a rule was not taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RuleError {
    Pattern(&'static str),
    TooMany,
    TooLong,
    Unknown,
}

impl AnswerBook {
    pub(crate) fn view(&self) -> AutoAnswerView {
        let rule = |kept: &Kept| AutoRuleView {
            rule: kept.rule.clone(),
            uses: kept.uses,
            last_used_at: kept.last_used_at,
            problem: AnswerPattern::read(&kept.rule.command)
                .err()
                .map(str::to_owned),
        };
        AutoAnswerView {
            paused: self.paused,
            rules: self.rules.iter().map(rule).collect(),
            answered: self.answered.iter().cloned().collect(),
        }
    }

    /// Adds a rule, or changes the one with its id.
    pub(crate) fn save(&mut self, mut rule: AutoRule) -> Result<(), RuleError> {
        AnswerPattern::read(&rule.command).map_err(RuleError::Pattern)?;
        let agent = rule.agent.as_ref().map_or(0, String::len);
        if rule.command.len().max(rule.note.len()).max(agent) > LONGEST {
            return Err(RuleError::TooLong);
        }
        if rule.id.is_empty() {
            if self.rules.len() >= RULES {
                return Err(RuleError::TooMany);
            }
            rule.id = Uuid::new_v4().simple().to_string();
            self.rules.push(Kept {
                rule,
                uses: 0,
                last_used_at: None,
            });
            return Ok(());
        }
        let kept = self.rules.iter_mut().find(|kept| kept.rule.id == rule.id);
        kept.ok_or(RuleError::Unknown)?.rule = rule;
        Ok(())
    }

    pub(crate) fn remove(&mut self, id: &str) {
        self.rules.retain(|kept| kept.rule.id != id);
    }

    /// Takes back what was changed since. What was used meanwhile was used, and what was stopped stays so.
    pub(crate) fn put_back(&mut self, before: Self) {
        self.paused |= before.paused;
        let now = std::mem::replace(&mut self.rules, before.rules);
        for kept in &mut self.rules {
            if let Some(now) = now.iter().find(|now| now.rule.id == kept.rule.id) {
                (kept.uses, kept.last_used_at) = (now.uses, now.last_used_at);
            }
        }
    }

    /// The rule that answers, and what. None leaves it to the person.
    pub(crate) fn answer(&self, asked: &Asked<'_>) -> Option<(String, AutoAnswer)> {
        if self.paused {
            return None;
        }
        let about = |kept: &&Kept| applies(&kept.rule, asked);
        let rules = || self.rules.iter().filter(about).map(|kept| &kept.rule);
        let denies = rules().find(|rule| rule.answer == AutoAnswer::Deny && denies(rule, asked));
        let found =
            denies.or_else(|| rules().find(|r| r.answer == AutoAnswer::Allow && allows(r, asked)));
        found.map(|rule| (rule.id.clone(), rule.answer))
    }

    /// Records an answer that was given.
    pub(crate) fn record(&mut self, answered: AutoAnswered) {
        let kept = self.rules.iter_mut().find(|k| k.rule.id == answered.rule);
        if let Some(kept) = kept {
            kept.uses = kept.uses.saturating_add(1);
            kept.last_used_at = Some(answered.at);
        }
        self.answered.push_front(answered);
        self.answered.truncate(ANSWERED);
    }
}

fn applies(rule: &AutoRule, asked: &Asked<'_>) -> bool {
    let here = rule.gateway.as_ref().is_none_or(|id| id == asked.gateway);
    let agent = match (&rule.agent, asked.agent) {
        (None, _) => true,
        (Some(wanted), Some(agent)) => glob(wanted, agent),
        (Some(_), None) => false,
    };
    rule.enabled && here && agent
}

fn denies(rule: &AutoRule, asked: &Asked<'_>) -> bool {
    let Ok(pattern) = AnswerPattern::read(&rule.command) else {
        return false;
    };
    let commands = &asked.reading.commands;
    commands.iter().any(|command| pattern.names(&command.argv))
}

fn allows(rule: &AutoRule, asked: &Asked<'_>) -> bool {
    let Ok(pattern) = AnswerPattern::read(&rule.command) else {
        return false;
    };
    let reading = asked.reading;
    let harmless = !reading.view.dangerous && reading.view.verdict != Verdict::Deny;
    harmless
        && reading.in_its_words
        && !reading.commands.is_empty()
        && reading
            .commands
            .iter()
            .all(|command| command.exact && pattern.is(&command.argv))
}

#[cfg(test)]
mod tests;
