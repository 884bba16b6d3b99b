//! `chat` events: the visible text of a run as it grows.

use serde_json::Value;

use crate::lenient::{open_enum, wire};
use crate::model::message::Message;

open_enum! {
    pub enum ChatState {
        /// The run prepares; `phase` says how far it is.
        Status = "status",
        Delta = "delta",
        Final = "final",
        Aborted = "aborted",
        Error = "error",
    }
}

wire! {
    /// One step of a run. In protocol 4 a delta has `delta_text`, and `replace` when it does not continue
    /// what came before; in protocol 3 only `message`, the whole text so far.
    pub struct ChatEvent {
        pub run_id: String,
        pub session_key: Option<String>,
        pub agent_id: Option<String>,
        pub spawned_by: Option<String>,
        /// Orders the events of this run.
        pub seq: Option<u64>,
        pub state: Option<ChatState>,
        pub phase: Option<String>,
        pub delta_text: Option<String>,
        pub replace: bool,
        #[serde(default, deserialize_with = "crate::lenient::optional")]
        pub message: Option<Message>,
        pub stop_reason: Option<String>,
        pub error_message: Option<String>,
        /// `refusal`, `timeout`, `rate_limit`, `context_length`, `unknown`.
        pub error_kind: Option<String>,
        pub error_detail: Option<Value>,
        pub usage: Option<Value>,
    }
}
