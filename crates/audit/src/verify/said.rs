//! What the records of a log say of the log itself.

use crate::statement::Statement;

/// What was said so far.
#[derive(Default)]
pub(super) struct SaidOfLog {
    unproven: Vec<Statement>,
    /// The record that says it, and what it says to be sealed.
    sealed: Vec<(u64, Statement)>,
}

impl SaidOfLog {
    /// The record `seq` says it.
    pub(super) fn hear(&mut self, seq: u64, statement: Statement) {
        match statement {
            Statement::Sealed { .. } => self.sealed.push((seq, statement)),
            Statement::Unproven { .. } | Statement::Former { .. } => self.unproven(statement),
        }
    }

    pub(super) fn unproven(&mut self, statement: Statement) {
        if !self.unproven.contains(&statement) {
            self.unproven.push(statement);
        }
    }

    /// Whether a record says that these were sealed, and not one of those that anybody may have written.
    pub(super) fn is_sealed(&self, first: u64, last: u64) -> bool {
        let wanted = Statement::Sealed { first, last };
        let mut said = self.sealed.iter().filter(|(_, said)| *said == wanted);
        said.any(|(seq, _)| !self.unproven.iter().any(|unproven| covers(*unproven, *seq)))
    }

    pub(super) fn into_unproven(self) -> Vec<Statement> {
        self.unproven
    }
}

fn covers(statement: Statement, seq: u64) -> bool {
    match statement {
        Statement::Unproven { first, last } => (first..=last).contains(&seq),
        Statement::Sealed { .. } | Statement::Former { .. } => false,
    }
}
