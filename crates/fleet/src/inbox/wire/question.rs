//! An agent's questions, and what became of them.

use gatehouse_protocol::model::question::{QuestionRecord, QuestionResolved, QuestionStatus};

use super::pending;
use crate::inbox::{
    Content, Outcome, Question, ReadBackAnswer, Request, Source, Unavailable, Verdict,
};
use crate::view::{Decision, ItemKind};

/// A question asks for answers (`Approve`) or none (`Reject`). One that asks for a secret can only be declined
/// here: a secret is not typed into a page.
pub(crate) fn question(record: QuestionRecord) -> Request {
    let asks_secret = record
        .questions
        .items
        .iter()
        .any(|q| q.is_secret || q.secret_store.is_some());
    let unread = !record.questions.unreadable.is_empty();
    let subject: Vec<String> = record
        .questions
        .items
        .iter()
        .filter_map(|q| q.question.clone())
        .collect();
    let withheld = Unavailable {
        decision: Decision::Approve,
        reason: Some(
            if unread {
                "unreadable"
            } else {
                "asksForSecret"
            }
            .to_owned(),
        ),
    };
    let answerable = !asks_secret && !unread;
    let questions = record.questions.items.into_iter().map(|q| Question {
        id: q.question_id,
        text: q.question.unwrap_or_default(),
        free: q.is_other || q.options.is_empty(),
        options: q
            .options
            .into_iter()
            .map(|o| (o.label, o.description))
            .collect(),
        many: q.multi_select,
    });
    let content = Content {
        subject: subject.join("\n"),
        agent: record.agent_id,
        session: record.session_key,
        run: record.run_id,
        questions: questions.collect(),
        offered: if answerable {
            vec![Decision::Approve, Decision::Reject]
        } else {
            vec![Decision::Reject]
        },
        unavailable: if answerable {
            Vec::new()
        } else {
            vec![withheld]
        },
        ..Content::default()
    };
    let id = record.id;
    pending(
        ItemKind::Question,
        id,
        record.created_at_ms,
        record.expires_at_ms,
        content,
    )
}

pub(crate) fn question_told(event: &QuestionResolved) -> Outcome {
    let verdict = match event.status {
        Some(QuestionStatus::Answered) => Verdict::Decided(Decision::Approve),
        Some(QuestionStatus::Expired) => Verdict::Expired,
        _ => Verdict::Gone,
    };
    Outcome {
        verdict,
        by: None,
        by_this_app: None,
        at: None,
        source: Source::Event,
    }
}

/// The gateway's record of a question. It does not say of a cancelled one whether a person declined it or its run ended.
pub(crate) fn question_recorded(record: &QuestionRecord) -> ReadBackAnswer {
    let verdict = match record.status {
        Some(QuestionStatus::Pending) => return ReadBackAnswer::Pending,
        Some(QuestionStatus::Answered) => Verdict::Decided(Decision::Approve),
        Some(QuestionStatus::Expired) => Verdict::Expired,
        Some(QuestionStatus::Cancelled) => return ReadBackAnswer::Unknown,
        // A state that this version does not know: not a reason to guess.
        _ => return ReadBackAnswer::Failed,
    };
    ReadBackAnswer::Ended(Outcome {
        verdict,
        by: record.resolved_by.clone(),
        by_this_app: None,
        at: None,
        source: Source::Record,
    })
}

/// What the gateway recorded when it took our answer, or that there is none: a question that it calls cancelled then
/// is one that we declined.
pub(crate) fn question_taken(reply: &QuestionResolved) -> Option<Outcome> {
    let decision = match reply.status.as_ref()? {
        QuestionStatus::Answered => Decision::Approve,
        QuestionStatus::Cancelled => Decision::Reject,
        _ => return None,
    };
    Some(Outcome {
        verdict: Verdict::Decided(decision),
        by: None,
        by_this_app: Some(true),
        at: None,
        source: Source::Record,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json};

    #[test]
    fn a_question_for_a_secret_can_only_be_declined() {
        let raw = json!({"id": "q", "questions": [{"questionId": "key", "question": "The key?",
            "options": [], "isSecret": true}], "createdAtMs": 1, "expiresAtMs": 2, "status": "pending"});
        let request = question(from_value(raw).unwrap());
        assert_eq!(request.content.offered, [Decision::Reject]);
        assert_eq!(
            request.content.unavailable[0].reason.as_deref(),
            Some("asksForSecret")
        );
    }

    #[test]
    fn a_question_that_was_answered_meanwhile_is_known_as_such_and_no_state_is_guessed() {
        let read = |status: &str| {
            let raw = json!({"question": {"id": "q", "questions": [], "status": status, "resolvedBy": "Ann"}});
            let found: gatehouse_protocol::model::question::QuestionFound =
                from_value(raw).unwrap();
            question_recorded(&found.question)
        };
        let ReadBackAnswer::Ended(answered) = read("answered") else {
            panic!("it has ended")
        };
        assert_eq!(answered.verdict, Verdict::Decided(Decision::Approve));
        assert_eq!(answered.by.as_deref(), Some("Ann"));
        assert_eq!(read("pending"), ReadBackAnswer::Pending);
        assert_eq!(read("cancelled"), ReadBackAnswer::Unknown);
        assert_eq!(read("quarantined"), ReadBackAnswer::Failed);
    }

    #[test]
    fn a_question_keeps_whether_several_answers_are_wanted() {
        let raw = json!({"id": "q", "questions": [{"questionId": "a", "question": "Which?", "multiSelect": true,
            "options": [{"label": "red"}, {"label": "blue"}]}], "createdAtMs": 1, "expiresAtMs": 2, "status": "pending"});
        let request = question(from_value(raw).unwrap());
        assert!(request.content.questions[0].many);
        assert!(!request.content.questions[0].free);
    }
}
