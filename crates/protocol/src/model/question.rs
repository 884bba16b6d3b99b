//! Questions that an agent asks a person, with options or free text. Protocol 4.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::lenient::{Listed, open_enum, wire};

open_enum! {
    pub enum QuestionStatus {
        Pending = "pending",
        Answered = "answered",
        Cancelled = "cancelled",
        Expired = "expired",
    }
}

/// Answers by question id; each a list of option labels or free texts.
pub type Answers = BTreeMap<String, Vec<String>>;

wire! {
    /// One request with one or more questions in it.
    pub struct QuestionRecord {
        pub id: String,
        #[serde(default)]
        pub questions: Listed<Question>,
        pub agent_id: Option<String>,
        pub session_key: Option<String>,
        pub run_id: Option<String>,
        pub created_at_ms: Option<u64>,
        pub expires_at_ms: Option<u64>,
        pub status: Option<QuestionStatus>,
        pub answers: Option<Value>,
        pub resolved_by: Option<String>,
    }

    pub struct Question {
        pub question_id: String,
        pub header: Option<String>,
        pub question: Option<String>,
        #[serde(default, deserialize_with = "crate::lenient::parts")]
        pub options: Vec<QuestionOption>,
        pub multi_select: bool,
        /// A free text is welcome besides the options.
        pub is_other: bool,
        /// The answer is a secret: mask it and keep it nowhere.
        pub is_secret: bool,
        pub secret_store: Option<Value>,
    }

    pub struct QuestionOption {
        pub label: String,
        pub description: Option<String>,
    }

    /// `question.list`.
    pub struct QuestionList {
        #[serde(default)]
        pub questions: Listed<QuestionRecord>,
    }

    /// `question.get`.
    pub struct QuestionFound {
        pub question: QuestionRecord,
    }

    /// `question.resolved` and the answer to `question.resolve`, which has no id.
    pub struct QuestionResolved {
        pub id: Option<String>,
        pub status: Option<QuestionStatus>,
        pub answers: Option<Value>,
    }
}
