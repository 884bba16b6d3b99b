//! The tool calls of an OpenAI-compatible answer, put together from its frames as they come in.
//!
//! Each piece names its call by a number that the server chose. The library keeps calls in a list as long as the highest
//! number, and fills gaps with copies: a number in the billions would take all memory. Here it is a name and no place.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use genai::chat::{ChatFrameSink, FrameCtx, RawFrameRef};
use serde_json::Value;

use super::super::ProviderError;
use crate::message::ToolCall;

/// The most calls of one answer; models make a few.
const MOST: usize = 256;

/// The calls of one answer, so far.
#[derive(Clone, Default)]
pub(super) struct ToldCalls(Arc<Mutex<Told>>);

#[derive(Default)]
struct Told {
    calls: BTreeMap<u64, Begun>,
    too_many: bool,
}

struct Begun {
    id: String,
    name: String,
    arguments: String,
}

impl ToldCalls {
    /// Why the answer is not read any further.
    pub(super) fn problem(&self) -> Option<ProviderError> {
        let words = format!("it makes more than {MOST} tool calls at once");
        self.lock()
            .too_many
            .then_some(ProviderError::Unreadable(words))
    }

    /// The calls in the order of their numbers, when the answer is whole.
    pub(super) fn take(&self) -> Vec<ToolCall> {
        let told = std::mem::take(&mut self.lock().calls);
        told.into_values().map(Begun::whole).collect()
    }

    /// Whoever panicked left whole entries.
    fn lock(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ChatFrameSink for ToldCalls {
    fn on_frame(&self, _context: &FrameCtx, frame: RawFrameRef<'_>) {
        // What an agent says may have the word in it too, and then its frame has no such field.
        if !frame.data.contains("\"tool_calls\"") {
            return;
        }
        let Ok(frame) = serde_json::from_str::<Value>(frame.data) else {
            return;
        };
        let pieces = frame.pointer("/choices/0/delta/tool_calls");
        for piece in pieces.and_then(Value::as_array).into_iter().flatten() {
            self.lock().hears(piece);
        }
    }
}

impl Told {
    fn hears(&mut self, piece: &Value) {
        let (Some(number), Some(function)) = (piece["index"].as_u64(), piece.get("function"))
        else {
            return;
        };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (id, name) = (text(&piece["id"]), text(&function["name"]));
        if !self.calls.contains_key(&number) && self.calls.len() == MOST {
            self.too_many = true;
            return;
        }
        let call = self.calls.entry(number).or_insert_with(|| Begun {
            id: format!("call_{number}"),
            name: String::new(),
            arguments: String::new(),
        });
        // Some servers repeat an empty id or name with every piece.
        if !id.is_empty() {
            call.id = id;
        }
        if !name.is_empty() {
            call.name = name;
        }
        call.arguments
            .push_str(function["arguments"].as_str().unwrap_or_default());
    }
}

impl Begun {
    /// Arguments that are no JSON stay a text; the tool says what is wrong with them.
    fn whole(self) -> ToolCall {
        let arguments = match self.arguments.trim().is_empty() {
            true => serde_json::json!({}),
            false => serde_json::from_str(&self.arguments).unwrap_or(Value::String(self.arguments)),
        };
        ToolCall {
            id: self.id,
            name: self.name,
            arguments,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn heard(pieces: &[Value]) -> ToldCalls {
        let told = ToldCalls::default();
        for piece in pieces {
            told.lock().hears(piece);
        }
        told
    }

    fn piece(number: u64, id: &str, arguments: &str) -> Value {
        let function = json!({"name": "exec", "arguments": arguments});
        json!({"index": number, "id": id, "function": function})
    }

    #[test]
    fn a_number_that_begins_late_or_leaves_one_out_makes_no_call_more() {
        for numbers in [[1, 3], [0, u64::MAX]] {
            let told = heard(&[
                piece(numbers[0], "a", "{\"command\":"),
                piece(numbers[1], "b", ""),
                json!({"index": numbers[0], "function": {"arguments": "\"ls\"}"}}),
            ]);
            let calls = told.take();
            let ids: Vec<&str> = calls.iter().map(|call| call.id.as_str()).collect();
            assert_eq!(ids, ["a", "b"]);
            assert_eq!(calls[0].arguments, json!({"command": "ls"}));
            assert_eq!(calls[1].arguments, json!({}));
        }
    }

    #[test]
    fn two_calls_of_one_id_or_of_none_stay_two() {
        for id in ["same", ""] {
            let told = heard(&[piece(0, id, "{}"), piece(1, id, "{}")]);
            assert_eq!(told.take().len(), 2, "{id:?}");
        }
    }

    #[test]
    fn more_calls_than_any_model_makes_are_refused() {
        let most = u64::try_from(MOST).unwrap();
        let pieces: Vec<Value> = (0..most).map(|at| piece(at, "", "")).collect();
        let told = heard(&pieces);
        assert!(told.problem().is_none());
        told.lock().hears(&piece(0, "", "{}"));
        assert!(told.problem().is_none(), "that one is there");
        told.lock().hears(&piece(most, "", ""));
        let problem = told.problem().map(|problem| problem.to_string());
        assert!(problem.is_some_and(|words| words.contains("more than 256 tool calls")));
    }
}
