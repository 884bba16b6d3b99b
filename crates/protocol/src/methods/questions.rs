//! Questions of agents: list, read and answer. Protocol 4.

use serde::Serialize;

use crate::method::{NoParams, methods};
use crate::model::question::{Answers, QuestionFound, QuestionList, QuestionResolved};

methods! {
    QuestionGet = "question.get", Questions, V4, QuestionIdParams => QuestionFound;
    QuestionsList = "question.list", Questions, V4, NoParams => QuestionList;
    QuestionResolve = "question.resolve", Questions, V4, QuestionResolveParams => QuestionResolved;
}

/// Names one request. One that has ended is known for some seconds more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuestionIdParams {
    pub id: String,
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
