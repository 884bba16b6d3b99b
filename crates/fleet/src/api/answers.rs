//! The rules by which this app answers for a person.

use crate::answers::RuleError;
use crate::deeds::Deed;
use crate::error::FleetError;
use crate::fleet::Fleet;
use crate::view::{AutoAnswer, AutoAnswerView, AutoRule};

impl Fleet {
    /// The rules, and what they answered.
    pub async fn auto_answers(&self) -> Result<AutoAnswerView, FleetError> {
        self.call(|core| core.answers.book.view()).await
    }

    /// Stops all of them, or lets them answer again: from the next request on.
    pub async fn auto_answers_pause(&self, paused: bool) -> Result<AutoAnswerView, FleetError> {
        self.call(move |core| {
            core.answers.book.paused = paused;
            core.keep_answers();
            let what = if paused { "pauses" } else { "takes up" };
            core.tell_deed(Deed::Rules(format!("{what} the rules that answer")));
            core.answers.book.view()
        })
        .await
    }

    /// Adds a rule, or changes the one with its id. What waits already is left to the person.
    pub async fn auto_rule_save(&self, rule: AutoRule) -> Result<AutoAnswerView, FleetError> {
        self.call(move |core| {
            let what = said_of(&rule);
            core.answers.book.save(rule).map_err(refused)?;
            core.keep_answers();
            core.tell_deed(Deed::Rules(what));
            Ok(core.answers.book.view())
        })
        .await?
    }

    pub async fn auto_rule_remove(&self, id: String) -> Result<AutoAnswerView, FleetError> {
        self.call(move |core| {
            let rules = core.answers.book.view().rules.into_iter();
            let gone = rules.map(|kept| kept.rule).find(|rule| rule.id == id);
            core.answers.book.remove(&id);
            core.keep_answers();
            if let Some(rule) = gone {
                let what = format!("takes away a rule that answers: {}", rule.command);
                core.tell_deed(Deed::Rules(what));
            }
            core.answers.book.view()
        })
        .await
    }
}

/// A rule as it is told of, with where it holds.
fn said_of(rule: &AutoRule) -> String {
    let answer = match rule.answer {
        AutoAnswer::Allow => "allows",
        AutoAnswer::Deny => "denies",
    };
    let gateway = rule.gateway.as_ref().map_or("every gateway", |id| &id.0);
    let agent = rule.agent.as_deref().unwrap_or("every agent");
    let off = if rule.enabled { "" } else { ", switched off" };
    let command = &rule.command;
    format!("saves a rule that {answer} on {gateway} for {agent}{off}: {command}")
}

fn refused(error: RuleError) -> FleetError {
    FleetError::InvalidInput(match error {
        RuleError::Pattern(why) => why,
        RuleError::TooMany => "there are too many rules",
        RuleError::TooLong => "the rule is too long",
        RuleError::Unknown => "the rule is gone",
    })
}
