//! The rules by which this app answers for a person.

use gatehouse_store::StoreError;

use crate::answers::{AnswerBook, RuleError};
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
        self.change_answers(move |book| {
            book.paused = paused;
            let what = if paused { "pauses" } else { "takes up" };
            Ok(Some(format!("{what} the rules that answer")))
        })
        .await
    }

    /// Adds a rule, or changes the one with its id. What waits already is left to the person.
    pub async fn auto_rule_save(&self, rule: AutoRule) -> Result<AutoAnswerView, FleetError> {
        self.change_answers(move |book| {
            let what = said_of(&rule);
            book.save(rule).map_err(refused)?;
            Ok(Some(what))
        })
        .await
    }

    pub async fn auto_rule_remove(&self, id: String) -> Result<AutoAnswerView, FleetError> {
        self.change_answers(move |book| {
            let rules = book.view().rules.into_iter();
            let gone = rules.map(|kept| kept.rule).find(|rule| rule.id == id);
            book.remove(&id);
            Ok(gone.map(|rule| format!("takes away a rule that answers: {}", rule.command)))
        })
        .await
    }

    /// A change is done when it is kept: what the next start would not know of is refused, and does not hold.
    async fn change_answers(
        &self,
        change: impl FnOnce(&mut AnswerBook) -> Result<Option<String>, FleetError> + Send + 'static,
    ) -> Result<AutoAnswerView, FleetError> {
        let _one_at_a_time = self.shared.changing_answers.lock().await;
        let changed = self.call(move |core| {
            let before = core.answers.book.clone();
            let changed = core.change_answers(change);
            changed.map(|(what, written)| (before, what, written))
        });
        let (before, what, written) = changed.await??;
        let written = written.await.unwrap_or(Err(StoreError::Closed));
        self.call(move |core| {
            if let Err(error) = written {
                core.put_back_answers(before);
                return Err(error.into());
            }
            if let Some(what) = what {
                core.tell_deed(Deed::Rules(what));
            }
            Ok(core.answers.book.view())
        })
        .await?
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
