//! What a well-formed transcript is, and how a broken one is mended.
//!
//! Every tool call has a result after it, and a run's last message is an assistant message without calls.
//! A transcript that is otherwise was cut off: its process died in the middle of a run.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::{
    message::{AssistantMessage, Content, Message, StopReason, ToolCall, ToolResultMessage, Usage},
    provider::ModelRef,
};

/// What the transcript says about a run whose process died.
pub const INTERRUPTED: &str = "The gateway stopped while this run was going on.";

/// What the model reads about a call whose result was lost.
const RESULT_LOST: &str =
    "The gateway stopped before this tool call finished. Whether it took effect is not known.";

/// What the model reads about a call that had not begun.
const NOT_BEGUN: &str =
    "The gateway stopped before this tool call was let through. Nothing of it ran.";

/// What the model reads about a call that nobody wrote a result of.
const NO_RESULT: &str =
    "The result of this tool call was not kept. Whether it took effect is not known.";

/// True when a run ended in the middle.
pub fn is_interrupted(messages: &[Message]) -> bool {
    match messages.last() {
        None | Some(Message::CompactionSummary(_)) => false,
        Some(Message::User(_) | Message::ToolResult(_)) => true,
        Some(Message::Assistant(message)) => message.tool_calls().next().is_some(),
    }
}

/// The messages that make an interrupted transcript whole and say that it was interrupted. None for one that
/// is whole. `ran_nothing` is asked with the id of a call that has no result: whether it surely had not begun.
pub fn mend(messages: &[Message], now_ms: u64, ran_nothing: impl Fn(&str) -> bool) -> Vec<Message> {
    if !is_interrupted(messages) {
        return Vec::new();
    }
    let mut added: Vec<Message> = calls_without_result(messages)
        .into_iter()
        .map(|call| {
            let why = if ran_nothing(&call.id) {
                NOT_BEGUN
            } else {
                RESULT_LOST
            };
            lost_result(call, why, now_ms)
        })
        .collect();
    added.push(ending(StopReason::Aborted, INTERRUPTED, now_ms));
    added
}

/// A result for every call that has none, however long ago it was: where it could not be kept, as on a full disk, the run
/// may have ended with its own last message all the same.
pub(crate) fn unanswered(messages: &[Message], now_ms: u64) -> Vec<Message> {
    let results = results_of_calls(messages);
    let mut lost = Vec::new();
    for (at, message) in messages.iter().enumerate() {
        let Message::Assistant(answer) = message else {
            continue;
        };
        let calls = answer.tool_calls().enumerate();
        let open = calls.filter(|(number, _)| !results.contains_key(&(at, *number)));
        lost.extend(open.map(|(_, call)| lost_result(call, NO_RESULT, now_ms)));
    }
    lost
}

/// The messages as a model can be given them. Behind each answer are the results of its calls, in their order, and nowhere
/// else: providers refuse a conversation in which a call or a result is alone, and a message may have come between them,
/// or a result may never have been written. What another model signed is not signed any more: only the one that did so
/// takes it back.
pub(crate) fn for_model(messages: &[Message], model: &ModelRef) -> Vec<Message> {
    let results = results_of_calls(messages);
    let mut given = Vec::with_capacity(messages.len());
    for (at, message) in messages.iter().enumerate() {
        match message {
            Message::ToolResult(_) => {}
            Message::Assistant(answer) => {
                let mut answer = answer.clone();
                if (&answer.provider, &answer.model) != (&model.provider, &model.model) {
                    forget_signatures(&mut answer);
                }
                let results = answer.tool_calls().enumerate().map(|(number, call)| {
                    let found = results.get(&(at, number));
                    found.map_or_else(
                        || lost_result(call, NO_RESULT, answer.timestamp),
                        |result| messages[*result].clone(),
                    )
                });
                let results: Vec<Message> = results.collect();
                given.push(Message::Assistant(answer));
                given.extend(results);
            }
            Message::User(_) | Message::CompactionSummary(_) => given.push(message.clone()),
        }
    }
    given
}

/// Where the result of each call is: by the place of the answer, and the number of the call in it.
fn results_of_calls(messages: &[Message]) -> HashMap<(usize, usize), usize> {
    let mut open: HashMap<&str, VecDeque<(usize, usize)>> = HashMap::new();
    let mut results = HashMap::new();
    for (at, message) in messages.iter().enumerate() {
        match message {
            Message::Assistant(answer) => {
                for (number, call) in answer.tool_calls().enumerate() {
                    let calls = open.entry(&call.id).or_default();
                    // One of an earlier answer is never done any more.
                    calls.retain(|(answer, _)| *answer == at);
                    calls.push_back((at, number));
                }
            }
            Message::ToolResult(result) => {
                let calls = open.get_mut(result.tool_call_id.as_str());
                if let Some(call) = calls.and_then(VecDeque::pop_front) {
                    results.insert(call, at);
                }
            }
            Message::User(_) | Message::CompactionSummary(_) => {}
        }
    }
    results
}

fn forget_signatures(answer: &mut AssistantMessage) {
    for block in &mut answer.content {
        match block {
            Content::Thinking {
                thinking_signature, ..
            } => *thinking_signature = None,
            Content::ToolCall(call) => call.thought_signature = None,
            Content::Text { .. } | Content::Image { .. } => {}
        }
    }
}

/// Gives a new id to every call of an answer that has none, or one that was used before: a result is found by
/// the id of its call. Some servers count the calls of each answer anew, and some give them no ids.
pub(crate) fn tell_calls_apart(before: &[Message], answer: &mut AssistantMessage) {
    let earlier = before.iter().filter_map(|message| match message {
        Message::Assistant(earlier) => Some(earlier),
        _ => None,
    });
    let mut taken: HashSet<String> = earlier
        .flat_map(AssistantMessage::tool_calls)
        .map(|call| call.id.clone())
        .collect();
    let mut number = taken.len();
    for block in &mut answer.content {
        let Content::ToolCall(call) = block else {
            continue;
        };
        while call.id.is_empty() || !taken.insert(call.id.clone()) {
            number += 1;
            call.id = format!("call_{number}");
        }
    }
}

/// An assistant message without text that says why a run ended.
pub(crate) fn ending(stop_reason: StopReason, why: &str, now_ms: u64) -> Message {
    Message::Assistant(AssistantMessage {
        content: Vec::new(),
        provider: String::new(),
        model: String::new(),
        usage: Usage::default(),
        stop_reason,
        error_message: Some(why.to_owned()),
        timestamp: now_ms,
    })
}

fn calls_without_result(messages: &[Message]) -> Vec<&ToolCall> {
    let last = messages.iter().rposition(
        |message| matches!(message, Message::Assistant(m) if m.tool_calls().next().is_some()),
    );
    let Some(last) = last else { return Vec::new() };
    let done: HashSet<&str> = messages[last + 1..]
        .iter()
        .filter_map(|message| match message {
            Message::ToolResult(result) => Some(result.tool_call_id.as_str()),
            _ => None,
        })
        .collect();
    let Message::Assistant(message) = &messages[last] else {
        return Vec::new();
    };
    let calls = message.tool_calls();
    calls
        .filter(|call| !done.contains(call.id.as_str()))
        .collect()
}

fn lost_result(call: &ToolCall, why: &str, now_ms: u64) -> Message {
    Message::ToolResult(ToolResultMessage {
        tool_call_id: call.id.clone(),
        tool_name: call.name.clone(),
        content: vec![Content::text(why)],
        details: None,
        is_error: true,
        timestamp: now_ms,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn calling(ids: &[&str]) -> Message {
        let call = |id: &&str| {
            Content::ToolCall(ToolCall {
                id: (*id).to_owned(),
                name: "exec".into(),
                arguments: json!({}),
                thought_signature: None,
            })
        };
        let Message::Assistant(mut message) = ending(StopReason::ToolUse, "", 1) else {
            unreachable!("an ending is an assistant message")
        };
        message.content = ids.iter().map(call).collect();
        Message::Assistant(message)
    }

    #[test]
    fn a_whole_transcript_needs_nothing() {
        let whole = [Message::user("hi", 1), ending(StopReason::Stop, "", 2)];
        assert_eq!(mend(&whole, 3, |_| false), []);
        assert_eq!(mend(&[], 3, |_| false), []);
    }

    #[test]
    fn every_call_that_has_no_result_gets_one_once() {
        let said = ending(StopReason::Error, "the disk is full", 2);
        let mut messages = vec![calling(&["a", "b"]), said, calling(&["c"])];
        let Message::Assistant(last) = &messages[2] else {
            unreachable!("calls are of an answer")
        };
        let call = last.tool_calls().next().unwrap();
        messages.push(lost_result(call, "done", 3));
        let added = unanswered(&messages, 9);
        let of: Vec<&str> = added
            .iter()
            .map(|message| match message {
                Message::ToolResult(result) => result.tool_call_id.as_str(),
                other => panic!("{other:?} is no result"),
            })
            .collect();
        assert_eq!(of, ["a", "b"]);
        messages.extend(added);
        assert_eq!(unanswered(&messages, 10), []);
    }

    #[test]
    fn a_question_without_an_answer_was_interrupted() {
        let mended = mend(&[Message::user("hi", 1)], 3, |_| false);
        assert_eq!(mended, [ending(StopReason::Aborted, INTERRUPTED, 3)]);
    }

    #[test]
    fn every_call_without_a_result_gets_one() {
        let Message::ToolResult(first) = lost_result(
            &ToolCall {
                id: "a".into(),
                name: "exec".into(),
                arguments: json!({}),
                thought_signature: None,
            },
            RESULT_LOST,
            2,
        ) else {
            unreachable!("it is a result")
        };
        let cut = [
            Message::user("hi", 1),
            calling(&["a", "b"]),
            Message::ToolResult(first),
        ];
        let mended = mend(&cut, 3, |_| false);
        assert_eq!(mended.len(), 2, "a result for b and an ending");
        assert!(matches!(&mended[0], Message::ToolResult(r) if r.tool_call_id == "b"));
        let whole = [cut.as_slice(), &mended].concat();
        assert!(!is_interrupted(&whole));
    }

    fn given(messages: &[Message]) -> Vec<Message> {
        let model = ModelRef::parse("one/m").unwrap();
        for_model(messages, &model)
    }

    fn result(id: &str) -> Message {
        let call = ToolCall {
            id: id.to_owned(),
            name: "exec".into(),
            arguments: json!({}),
            thought_signature: None,
        };
        lost_result(&call, RESULT_LOST, 2)
    }

    #[test]
    fn a_result_that_answers_no_call_is_not_given_to_a_model() {
        let whole = [
            Message::user("hi", 1),
            calling(&["a", "b"]),
            result("a"),
            result("b"),
            ending(StopReason::Stop, "", 3),
        ];
        assert_eq!(given(&whole), whole);
        let stray = [&[result("c")][..], &whole, &[result("b"), result("c")]].concat();
        assert_eq!(given(&stray), whole);
    }

    #[test]
    fn a_result_is_given_behind_its_call_whatever_came_between_them() {
        let injected = ending(StopReason::Stop, "", 3);
        let between = [
            calling(&["a", "b"]),
            result("b"),
            Message::user("meanwhile", 2),
            injected.clone(),
            result("a"),
        ];
        let wanted = [
            calling(&["a", "b"]),
            result("a"),
            result("b"),
            Message::user("meanwhile", 2),
            injected,
        ];
        assert_eq!(given(&between), wanted);
    }

    #[test]
    fn a_call_that_nobody_wrote_a_result_of_is_given_one() {
        let cut = [
            calling(&["a", "b"]),
            result("a"),
            ending(StopReason::Error, "the disk is full", 3),
        ];
        let given = given(&cut);
        assert_eq!(given.len(), 4);
        assert!(
            matches!(&given[2], Message::ToolResult(lost) if lost.tool_call_id == "b" && lost.is_error),
            "{given:?}"
        );
    }

    #[test]
    fn calls_of_two_answers_with_one_id_have_each_their_own_result() {
        let twice = [calling(&["a"]), calling(&["a"]), result("a")];
        let given = given(&twice);
        assert_eq!(given.len(), 4);
        assert_eq!(given[3], result("a"), "the later one was done");
        assert_ne!(given[1], result("a"));
    }

    #[test]
    fn only_the_model_that_signed_its_thoughts_is_given_the_signature() {
        let Message::Assistant(mut answer) = calling(&["a"]) else {
            unreachable!("it is an answer")
        };
        answer.provider = "one".into();
        answer.model = "m".into();
        answer.content.insert(
            0,
            Content::Thinking {
                thinking: "hm".into(),
                thinking_signature: Some("signed".into()),
            },
        );
        if let Some(Content::ToolCall(call)) = answer.content.last_mut() {
            call.thought_signature = Some("signed too".into());
        }
        let messages = [Message::Assistant(answer), result("a")];
        for (model, wanted) in [("one/m", 2), ("one/other", 0), ("two/m", 0)] {
            let model = ModelRef::parse(model).unwrap();
            let text = serde_json::to_string(&for_model(&messages, &model)).unwrap();
            assert_eq!(text.matches("signed").count(), wanted, "{model}");
        }
    }

    #[test]
    fn a_call_that_had_not_begun_is_told_from_one_whose_result_is_lost() {
        let cut = [Message::user("hi", 1), calling(&["a", "b"])];
        let mended = mend(&cut, 3, |call| call == "b");
        let said = |at: usize| match &mended[at] {
            Message::ToolResult(result) => result.content.clone(),
            other => panic!("{other:?} is no result"),
        };
        assert_eq!(said(0), [Content::text(RESULT_LOST)]);
        assert_eq!(said(1), [Content::text(NOT_BEGUN)]);
    }

    #[test]
    fn every_call_has_an_id_of_its_own_in_the_conversation() {
        let before = [calling(&["a", "call_3"])];
        let Message::Assistant(mut answer) = calling(&["a", "b", "b", "", ""]) else {
            unreachable!("it is an answer")
        };
        tell_calls_apart(&before, &mut answer);
        let ids: Vec<&str> = answer.tool_calls().map(|call| call.id.as_str()).collect();
        assert_eq!(ids, ["call_4", "b", "call_5", "call_6", "call_7"]);
    }
}
