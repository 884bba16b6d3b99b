//! The tool calls of an OpenAI-compatible answer, put together from their pieces.
//!
//! A piece names its call by a number that the server chose, any number, and a new call by an id and a name. Some servers
//! send no number, and some give every call the same one.

use serde_json::Value;

use super::super::ProviderError;
use crate::message::ToolCall;

/// The most calls of one answer; models make a few.
const MOST: usize = 256;

/// The calls of one answer so far, in the order in which they began.
#[derive(Default)]
pub(super) struct Calls {
    begun: Vec<Begun>,
    too_many: bool,
}

struct Begun {
    number: Option<u64>,
    id: String,
    name: String,
    arguments: String,
}

/// A piece of a call. What it does not say is empty.
struct Piece<'a> {
    number: Option<u64>,
    id: &'a str,
    name: &'a str,
    arguments: &'a str,
}

impl Calls {
    /// Why the answer is not read any further.
    pub(super) fn problem(&self) -> Option<ProviderError> {
        let words = format!("it makes more than {MOST} tool calls at once");
        self.too_many.then_some(ProviderError::Unreadable(words))
    }

    /// The calls, when the answer is whole.
    pub(super) fn take(&mut self) -> Vec<ToolCall> {
        let begun = std::mem::take(&mut self.begun);
        begun.into_iter().map(Begun::whole).collect()
    }

    /// One of `delta.tool_calls`.
    pub(super) fn hears(&mut self, piece: &Value) {
        let Some(function) = piece.get("function") else {
            return;
        };
        let piece = Piece {
            number: piece["index"].as_u64(),
            id: piece["id"].as_str().unwrap_or_default(),
            name: function["name"].as_str().unwrap_or_default(),
            arguments: function["arguments"].as_str().unwrap_or_default(),
        };
        let of = self.begun.iter().rposition(|call| piece.may_be_of(call));
        let of = of.filter(|at| !piece.begins_another_than(&self.begun[*at]));
        let Some(at) = of else {
            return self.begin(&piece);
        };
        self.begun[at].add(&piece);
    }

    fn begin(&mut self, piece: &Piece<'_>) {
        if self.begun.len() == MOST {
            self.too_many = true;
            return;
        }
        let mut call = Begun {
            number: piece.number,
            id: String::new(),
            name: String::new(),
            arguments: String::new(),
        };
        call.add(piece);
        self.begun.push(call);
    }
}

impl Piece<'_> {
    /// By its number; without one by its id, and without any by coming after it.
    fn may_be_of(&self, call: &Begun) -> bool {
        match self.number {
            Some(number) => call.number == Some(number),
            None => self.id.is_empty() || self.id == call.id,
        }
    }

    /// Some servers repeat id and name with every piece, so a name alone begins nothing: there must be another id, or
    /// arguments after those that are whole.
    fn begins_another_than(&self, call: &Begun) -> bool {
        let has_another_id = !self.id.is_empty() && !call.id.is_empty() && self.id != call.id;
        let comes_after_the_end = !self.arguments.is_empty() && call.is_whole();
        !self.name.is_empty() && (has_another_id || comes_after_the_end)
    }
}

impl Begun {
    fn add(&mut self, piece: &Piece<'_>) {
        if self.id.is_empty() {
            self.id = piece.id.to_owned();
        }
        if !piece.name.is_empty() {
            self.name = piece.name.to_owned();
        }
        self.arguments.push_str(piece.arguments);
    }

    fn is_whole(&self) -> bool {
        let ends = self.arguments.trim_end().ends_with('}');
        ends && serde_json::from_str::<serde::de::IgnoredAny>(&self.arguments).is_ok()
    }

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
            thought_signature: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn heard(pieces: &[Value]) -> Calls {
        let mut calls = Calls::default();
        for piece in pieces {
            calls.hears(piece);
        }
        calls
    }

    fn piece(number: u64, id: &str, arguments: &str) -> Value {
        let function = json!({"name": "exec", "arguments": arguments});
        json!({"index": number, "id": id, "function": function})
    }

    fn without_number(mut piece: Value) -> Value {
        piece.as_object_mut().unwrap().remove("index");
        piece
    }

    #[test]
    fn a_number_that_begins_late_or_leaves_one_out_makes_no_call_more() {
        for numbers in [[1, 3], [0, u64::MAX]] {
            let mut told = heard(&[
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
            let mut told = heard(&[piece(0, id, "{}"), piece(1, id, "{}")]);
            assert_eq!(told.take().len(), 2, "{id:?}");
        }
    }

    #[test]
    fn two_calls_of_one_number_stay_two() {
        for ids in [["a", "b"], ["", ""]] {
            let mut told = heard(&[
                piece(0, ids[0], "{\"command\":"),
                json!({"index": 0, "function": {"arguments": "\"ls\"}"}}),
                piece(0, ids[1], "{\"command\":\"id\"}"),
            ]);
            let calls = told.take();
            let arguments: Vec<&Value> = calls.iter().map(|call| &call.arguments).collect();
            assert_eq!(
                arguments,
                [&json!({"command": "ls"}), &json!({"command": "id"})],
                "{ids:?}"
            );
        }
    }

    #[test]
    fn calls_without_a_number_are_told_apart_by_their_ids_and_their_ends() {
        for ids in [["a", "b"], ["", ""]] {
            let mut told = heard(&[
                without_number(piece(0, ids[0], "{\"command\":")),
                json!({"function": {"arguments": "\"ls\"}"}}),
                without_number(piece(0, ids[1], "{}")),
            ]);
            let calls = told.take();
            assert_eq!(calls.len(), 2, "{ids:?}");
            assert_eq!(calls[0].arguments, json!({"command": "ls"}), "{ids:?}");
        }
    }

    #[test]
    fn a_piece_that_repeats_id_and_name_goes_on_with_its_call() {
        for pieces in [["{\"command\":", "\"ls\"}"], ["{\"command\":\"ls\"}", ""]] {
            let pieces = pieces.map(|arguments| piece(0, "a", arguments));
            let calls = heard(&pieces).take();
            assert_eq!(calls.len(), 1, "{pieces:?}");
            assert_eq!(calls[0].arguments, json!({"command": "ls"}));
        }
    }

    #[test]
    fn more_calls_than_any_model_makes_are_refused() {
        let most = u64::try_from(MOST).unwrap();
        let pieces: Vec<Value> = (0..most).map(|at| piece(at, "", "")).collect();
        let mut told = heard(&pieces);
        assert!(told.problem().is_none());
        told.hears(&piece(0, "", "{}"));
        assert!(told.problem().is_none(), "that one is there");
        told.hears(&piece(most, "", ""));
        let problem = told.problem().map(|problem| problem.to_string());
        assert!(problem.is_some_and(|words| words.contains("more than 256 tool calls")));
    }
}
