//! Questions of agents: list and answer. Protocol 4.

use serde::Serialize;

use crate::method::{NoParams, methods};
use crate::model::question::{Answers, QuestionList, QuestionResolved};

methods! {
    QuestionsList = "question.list", Questions, V4, NoParams => QuestionList;
    QuestionResolve = "question.resolve", Questions, V4, QuestionResolveParams => QuestionResolved;
}

/// An answer, or that there will be none.
#[derive(Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum QuestionResolveParams {
    Answer { id: String, answers: AnswerSet },
    Cancel { id: String, cancel: True },
}

/// Answers by question id. May hold a secret: no `Debug`.
#[derive(Clone, PartialEq, Serialize)]
pub struct AnswerSet {
    pub answers: Answers,
}

/// The literal `true`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct True;

impl Serialize for True {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bool(true)
    }
}
