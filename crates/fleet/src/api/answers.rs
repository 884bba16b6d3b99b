//! The rules by which this app answers for a person.

use crate::answers::RuleError;
use crate::error::FleetError;
use crate::fleet::Fleet;
use crate::view::{AutoAnswerView, AutoRule};

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
            core.answers.book.view()
        })
        .await
    }

    /// Adds a rule, or changes the one with its id. What waits already is left to the person.
    pub async fn auto_rule_save(&self, rule: AutoRule) -> Result<AutoAnswerView, FleetError> {
        self.call(move |core| {
            core.answers.book.save(rule).map_err(refused)?;
            core.keep_answers();
            Ok(core.answers.book.view())
        })
        .await?
    }

    pub async fn auto_rule_remove(&self, id: String) -> Result<AutoAnswerView, FleetError> {
        self.call(move |core| {
            core.answers.book.remove(&id);
            core.keep_answers();
            core.answers.book.view()
        })
        .await
    }
}

fn refused(error: RuleError) -> FleetError {
    FleetError::InvalidInput(match error {
        RuleError::Pattern(why) => why,
        RuleError::TooMany => "there are too many rules",
        RuleError::TooLong => "the rule is too long",
        RuleError::Unknown => "the rule is gone",
    })
}
