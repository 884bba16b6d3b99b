//! What a well-formed transcript is, and how a broken one is mended.
//!
//! Every tool call has a result after it, and a run's last message is an assistant message without calls.
//! A transcript that is otherwise was cut off: its process died in the middle of a run.

use std::collections::HashSet;

use crate::message::{
    AssistantMessage, Content, Message, StopReason, ToolCall, ToolResultMessage, Usage,
};

/// What the transcript says about a run whose process died.
pub const INTERRUPTED: &str = "The gateway stopped while this run was going on.";

/// What the model reads about a call whose result was lost.
const RESULT_LOST: &str =
    "The gateway stopped before this tool call finished. Whether it took effect is not known.";

/// What the model reads about a call that had not begun.
const NOT_BEGUN: &str =
    "The gateway stopped before this tool call was let through. Nothing of it ran.";

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

/// The messages as a model can be given them: without results that answer no call, which providers refuse.
pub(crate) fn without_stray_results(messages: &[Message]) -> Vec<Message> {
    let mut open: HashSet<&str> = HashSet::new();
    let mut kept = Vec::with_capacity(messages.len());
    for message in messages {
        match message {
            Message::Assistant(answer) => {
                open = answer.tool_calls().map(|call| call.id.as_str()).collect();
            }
            Message::ToolResult(result) if !open.remove(result.tool_call_id.as_str()) => continue,
            Message::ToolResult(_) | Message::User(_) | Message::CompactionSummary(_) => {}
        }
        kept.push(message.clone());
    }
    kept
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

    #[test]
    fn a_result_that_answers_no_call_is_not_given_to_a_model() {
        let result = |id: &str| {
            let call = ToolCall {
                id: id.to_owned(),
                name: "exec".into(),
                arguments: json!({}),
            };
            lost_result(&call, RESULT_LOST, 2)
        };
        let whole = [
            Message::user("hi", 1),
            calling(&["a", "b"]),
            result("b"),
            Message::user("meanwhile", 2),
            result("a"),
            ending(StopReason::Stop, "", 3),
        ];
        assert_eq!(without_stray_results(&whole), whole);
        let stray = [&[result("c")][..], &whole[..3], &[result("b"), result("c")]].concat();
        assert_eq!(without_stray_results(&stray), whole[..3]);
        let late = [&whole[..], &[result("a")]].concat();
        assert_eq!(without_stray_results(&late), whole, "its answer is over");
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
