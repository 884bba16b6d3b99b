//! A person's choice: checked against what the item offers and how it stands, then sent once.

use super::event::{Choice, Effect, Refusal, Resolve};
use super::item::{Phase, Question, parse_key};
use super::reduce::Step;
use crate::view::{Decision, ItemKind, Surface};

impl Step<'_> {
    pub(super) fn decide(&mut self, choice: Choice) {
        match self.check(&choice) {
            Err(refusal) => self.refuse(refusal),
            Ok(answers) => self.send(choice, answers),
        }
    }

    fn check(&self, choice: &Choice) -> Result<Vec<(String, Vec<String>)>, Refusal> {
        let item = self.inbox.item(&choice.key).ok_or(Refusal::NoSuchItem)?;
        match item.phase {
            Phase::Waiting { .. } => {}
            Phase::Deciding { .. } => return Err(Refusal::DecisionInFlight),
            Phase::Ended { .. } => return Err(Refusal::AlreadyEnded),
            Phase::Unreachable { .. } => return Err(Refusal::Unreachable),
        }
        if item.revision != choice.revision {
            return Err(Refusal::ItemChanged);
        }
        if item.resolving.is_some() {
            return Err(Refusal::DecisionInFlight);
        }
        if !item.offered().contains(&choice.decision) || !fits(choice) {
            return Err(Refusal::NotOffered);
        }
        if item.request.kind == ItemKind::Question && choice.decision == Decision::Approve {
            return answers(&item.request.content.questions, &choice.answer);
        }
        Ok(Vec::new())
    }

    fn send(&mut self, choice: Choice, answers: Vec<(String, Vec<String>)>) {
        let Some((gateway, kind, id)) = parse_key(&choice.key) else {
            return;
        };
        let local = (kind, id.to_owned());
        let Some(generation) = self.book(&gateway).link else {
            return self.refuse(Refusal::Unreachable);
        };
        let token = self.next();
        let Choice {
            key,
            decision,
            surface,
            terms,
            ..
        } = choice;
        self.set_phase(
            &gateway,
            &local,
            Phase::Deciding {
                decision,
                surface,
                answered: None,
            },
        );
        if let Some(item) = self.item_mut(&gateway, &local) {
            item.resolving = Some(token);
        }
        self.effects.push(Effect::Resolve(Resolve {
            gateway,
            generation,
            key,
            token,
            decision,
            answers,
            terms,
        }));
    }
}

/// Allow-always and questions need a window: neither has room on a notification or in the tray.
fn fits(choice: &Choice) -> bool {
    matches!(choice.surface, Surface::Window | Surface::ApprovalWindow)
        || choice.decision != Decision::AllowAlways
}

/// Sorts a person's answers to their questions: `questionId:value`, or free text for the only question.
fn answers(
    questions: &[Question],
    given: &[String],
) -> Result<Vec<(String, Vec<String>)>, Refusal> {
    let mut sorted: Vec<(String, Vec<String>)> = questions
        .iter()
        .map(|q| (q.id.clone(), Vec::new()))
        .collect();
    for answer in given {
        let (at, value) = place(questions, answer).ok_or(Refusal::NotOffered)?;
        let question = &questions[at];
        let known = question.options.iter().any(|(label, _)| label == value);
        let single_taken = !question.many && !sorted[at].1.is_empty();
        if value.trim().is_empty() || single_taken || !(known || question.free) {
            return Err(Refusal::NotOffered);
        }
        sorted[at].1.push(value.to_owned());
    }
    if sorted.is_empty() || sorted.iter().any(|(_, values)| values.is_empty()) {
        return Err(Refusal::AnswerIncomplete);
    }
    Ok(sorted)
}

fn place<'a>(questions: &[Question], answer: &'a str) -> Option<(usize, &'a str)> {
    // A question's id is the gateway's and may hold a colon itself.
    let named = questions.iter().enumerate().find_map(|(at, q)| {
        let value = answer.strip_prefix(q.id.as_str())?.strip_prefix(':')?;
        Some((at, value))
    });
    named.or_else(|| (questions.len() == 1).then_some((0, answer)))
}
