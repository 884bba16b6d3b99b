//! Tool calls: their order among the words, their output, their approvals.

use serde_json::{Value, json};

use super::page::{Chat, agent, call, result, user};
use crate::chat::Ending;
use crate::view::{BlockView, ChatUpdate, Decision, ItemKey, RunView, ToolState, ToolView};

fn start(id: &str) -> Value {
    json!({"phase": "start", "name": "exec", "toolCallId": id, "args": {"command": "uname -a"}})
}

fn printed(id: &str, text: &str) -> Value {
    json!({"phase": "update", "name": "exec", "toolCallId": id,
        "partialResult": {"content": [{"type": "text", "text": text}]}})
}

fn ended(id: &str, text: &str) -> Value {
    json!({"phase": "result", "name": "exec", "toolCallId": id, "isError": false,
        "result": {"content": [{"type": "text", "text": text}], "details": {"exitCode": 0, "durationMs": 20}}})
}

fn tool(chat: &Chat, id: &str) -> ToolView {
    let blocks = chat
        .page
        .messages
        .iter()
        .flat_map(|message| &message.blocks);
    blocks
        .filter_map(|block| match block {
            BlockView::Tool { tool } if tool.id == id => Some(tool.clone()),
            _ => None,
        })
        .next()
        .expect("the call is shown")
}

#[test]
fn words_and_calls_keep_their_order() {
    let mut chat = Chat::open(&[]);
    chat.delta("r", "First.", "First.");
    chat.agent("r", "tool", start("c1"));
    chat.agent("r", "tool", ended("c1", "one"));
    chat.delta("r", "\n\nSecond.", "First.\n\nSecond.");
    chat.agent("r", "tool", start("c2"));
    chat.agent("r", "tool", ended("c2", "two"));
    chat.delta("r", "\n\nThird.", "First.\n\nSecond.\n\nThird.");
    chat.done("r", "First.\n\nSecond.\n\nThird.");
    let expected = [
        "agent: First. [exec:Done:one]",
        "agent: Second. [exec:Done:two]",
        "agent: Third.",
    ];
    assert_eq!(chat.page.lines(), expected);
    chat.history(json!({"messages": [
        call("m1", 1, "r", "First.", "c1"), result("t1", 2, "r", "c1", "one"),
        call("m2", 3, "r", "Second.", "c2"), result("t2", 4, "r", "c2", "two"),
        agent("m3", 5, "r", "Third.")]}));
    assert_eq!(chat.page.lines(), expected);
    assert_eq!(chat.page.ids(), ["m1", "m2", "m3"]);
}

#[test]
fn rows_that_come_before_their_calls_begin_have_them_once() {
    let mut chat = Chat::open(&[]);
    chat.delta("r", "First.", "First.");
    chat.row(call("m1", 1, "r", "First.", "c1"));
    chat.agent("r", "tool", start("c1"));
    chat.agent("r", "tool", ended("c1", "one"));
    chat.delta("r", "\n\nSecond.", "First.\n\nSecond.");
    chat.row(agent("m3", 3, "r", "Second."));
    chat.done("r", "First.\n\nSecond.");
    assert_eq!(
        chat.page.lines(),
        ["agent: First. [exec:Done:one]", "agent: Second."]
    );
}

#[test]
fn calls_that_run_one_after_the_other_but_are_recorded_as_one_step_become_one_message() {
    let mut chat = Chat::open(&[]);
    chat.agent("r", "tool", start("c1"));
    chat.agent("r", "tool", ended("c1", "one"));
    chat.agent("r", "tool", start("c2"));
    chat.row(json!({"role": "assistant", "content": [
        {"type": "toolCall", "id": "c1", "name": "exec", "arguments": {}},
        {"type": "toolCall", "id": "c2", "name": "exec", "arguments": {}}],
        "__openclaw": {"id": "m1", "seq": 1, "runId": "r"}}));
    assert_eq!(
        chat.page.lines(),
        ["agent: [exec:Done:one] [exec:Running:]"]
    );
}

#[test]
fn calls_that_run_beside_each_other_but_are_recorded_as_two_steps_become_two_messages() {
    let mut chat = Chat::open(&[]);
    chat.agent("r", "tool", start("c1"));
    chat.agent("r", "tool", start("c2"));
    chat.row(call("m1", 1, "r", "", "c1"));
    chat.row(call("m2", 2, "r", "", "c2"));
    assert_eq!(chat.page.ids(), ["m1", "m2"]);
}

#[test]
fn output_that_repeats_itself_is_shown_once() {
    let mut chat = Chat::open(&[]);
    chat.agent("r", "tool", start("c"));
    chat.agent("r", "tool", printed("c", "one\n"));
    let updates = chat.agent("r", "tool", printed("c", "one\ntwo\n"));
    assert!(matches!(&updates[..], [ChatUpdate::ToolOutput { text, .. }] if text == "two\n"));
    chat.agent(
        "r",
        "command_output",
        json!({"toolCallId": "c", "phase": "delta", "output": "one\ntwo"}),
    );
    chat.agent("r", "tool", ended("c", "one\ntwo"));
    chat.agent(
        "r",
        "command_output",
        json!({"toolCallId": "c", "phase": "end", "output": "one\ntwo",
        "exitCode": 0, "durationMs": 20}),
    );
    chat.row(result("t", 2, "r", "c", "one\ntwo"));
    let tool = tool(&chat, "c");
    assert_eq!(tool.output, "one\ntwo\n");
    assert_eq!(
        (tool.state, tool.exit_code, tool.duration_ms),
        (ToolState::Done, Some(0), Some(20.0))
    );
    assert_eq!(tool.summary, "uname -a");
}

#[test]
fn a_call_that_waits_for_approval_shows_it_until_it_was_decided() {
    let mut chat = Chat::open(&[]);
    chat.agent("r", "lifecycle", json!({"phase": "start", "startedAt": 5}));
    chat.agent("r", "tool", start("c"));
    chat.event(
        "exec.approval.requested",
        json!({"id": "a", "request": {"command": "uname -a",
        "sessionKey": super::page::SESSION, "runId": "r", "toolCallId": "c"}}),
    );
    chat.agent(
        "r",
        "lifecycle",
        json!({"phase": "waiting-approval", "approvalId": "a", "toolCallId": "c"}),
    );
    let item = Some(ItemKey("g/exec/a".into()));
    assert!(
        matches!(&chat.page.run, RunView::WaitingForApproval { item: shown, .. } if *shown == item)
    );
    assert_eq!(
        (tool(&chat, "c").state, tool(&chat, "c").approval),
        (ToolState::WaitingForApproval, item)
    );
    chat.agent(
        "r",
        "lifecycle",
        json!({"phase": "approval-resolved", "approvalId": "a", "toolCallId": "c"}),
    );
    chat.event(
        "exec.approval.resolved",
        json!({"id": "a", "decision": "allow-once"}),
    );
    assert!(matches!(chat.page.run, RunView::Running { .. }));
    assert_eq!(tool(&chat, "c").decision, Some(Decision::AllowOnce));
    chat.agent("r", "tool", ended("c", "Linux"));
    assert_eq!(tool(&chat, "c").state, ToolState::Done);
}

#[test]
fn an_approval_known_before_its_call_is_on_the_card_from_the_start() {
    let mut chat = Chat::open(&[]);
    let item = ItemKey("g/plugin/p".into());
    let updates = chat.transcript.approval(&item, Some("c"), None, 5.0);
    chat.take(updates);
    chat.agent("r", "tool", start("c"));
    assert_eq!(tool(&chat, "c").state, ToolState::WaitingForApproval);
    assert_eq!(tool(&chat, "c").approval, Some(item));
}

#[test]
fn a_call_whose_approval_ran_out_is_not_said_to_run() {
    let mut chat = Chat::open(&[]);
    chat.agent("r", "tool", start("c"));
    let item = ItemKey("g/exec/a".into());
    for (ending, state) in [
        (None, ToolState::WaitingForApproval),
        (Some(Ending::Unclear), ToolState::WaitingForApproval),
        (Some(Ending::Lapsed), ToolState::Interrupted),
        // Read back later, the record says that somebody allowed it after all.
        (
            Some(Ending::Decided(Decision::AllowOnce)),
            ToolState::Running,
        ),
        (Some(Ending::Lapsed), ToolState::Running),
    ] {
        let updates = chat.transcript.approval(&item, Some("c"), ending, 5.0);
        chat.take(updates);
        assert_eq!(tool(&chat, "c").state, state, "{ending:?}");
    }
}

const ID: &str = "00000000-0000-4000-8000-000000000004";

/// A call as protocol 3 tells of it: done at once, then said to wait for an approval that names no call.
fn asked_in_protocol_3() -> Chat {
    let mut chat = Chat::open(&[]);
    chat.agent("r", "lifecycle", json!({"phase": "start", "startedAt": 5}));
    chat.agent("r", "tool", start("c"));
    chat.event(
        "exec.approval.requested",
        json!({"id": ID, "request": {"command": "uname -a", "sessionKey": super::page::SESSION}}),
    );
    let result = json!({"phase": "result", "name": "exec", "toolCallId": "c", "isError": false});
    chat.agent("r", "tool", result);
    assert_eq!(tool(&chat, "c").state, ToolState::Done);
    let blocked = json!({"approvalId": ID, "itemId": "command:c", "kind": "command", "phase": "end",
        "status": "blocked", "toolCallId": "c", "meta": "`uname -a`"});
    chat.agent("r", "item", blocked);
    chat.done("r", "It waits for you.");
    chat
}

#[test]
fn a_call_that_protocol_3_ends_at_once_waits_until_it_was_decided() {
    for (decision, state) in [("allow-once", ToolState::Done), ("deny", ToolState::Denied)] {
        let mut chat = asked_in_protocol_3();
        let item = Some(ItemKey(format!("g/exec/{ID}")));
        let shown = tool(&chat, "c");
        assert_eq!(
            (shown.state, shown.approval),
            (ToolState::WaitingForApproval, item)
        );
        assert_eq!(chat.page.run, RunView::Idle, "the run itself has ended");
        chat.event(
            "exec.approval.resolved",
            json!({"id": ID, "decision": decision}),
        );
        assert_eq!(tool(&chat, "c").state, state, "{decision}");
        assert!(tool(&chat, "c").decision.is_some());
    }
}

#[test]
fn a_call_of_protocol_3_waits_as_well_where_only_the_history_tells_of_it() {
    let printed = format!("Approval required (id 0cc232d7, full {ID}).\nHost: gateway");
    let history = json!({"messages": [
        user("u", 1, "go"), call("m", 2, "r", "", "c"), result("t", 3, "r", "c", &printed)]});
    let item = ItemKey(format!("g/exec/{ID}"));
    let known_before = [false, true];
    for known_before in known_before {
        let mut chat = Chat::new();
        let tell = |chat: &mut Chat| {
            let updates = chat.transcript.approval(&item, None, None, 5.0);
            chat.take(updates);
        };
        if known_before {
            tell(&mut chat);
        }
        chat.history(history.clone());
        if !known_before {
            assert_eq!(tool(&chat, "c").state, ToolState::Done);
            tell(&mut chat);
        }
        let shown = tool(&chat, "c");
        assert_eq!(shown.state, ToolState::WaitingForApproval);
        assert_eq!(shown.approval.as_ref(), Some(&item));
        // The history again, as after a connection that broke.
        chat.history(history.clone());
        assert_eq!(tool(&chat, "c").state, ToolState::WaitingForApproval);
        let ending = Some(Ending::Lapsed);
        let updates = chat.transcript.approval(&item, None, ending, 6.0);
        chat.take(updates);
        assert_eq!(tool(&chat, "c").state, ToolState::Interrupted);
    }
}

#[test]
fn a_call_that_has_run_does_not_wait_whatever_the_inbox_still_believes() {
    let mut chat = Chat::open(&[]);
    chat.agent("r", "tool", start("c"));
    chat.agent("r", "tool", ended("c", "Linux"));
    let item = ItemKey("g/exec/a".into());
    let updates = chat.transcript.approval(&item, Some("c"), None, 5.0);
    chat.take(updates);
    assert_eq!(tool(&chat, "c").state, ToolState::Done);
}

#[test]
fn a_denied_call_stays_denied() {
    let mut chat = Chat::open(&[]);
    chat.agent("r", "tool", start("c"));
    let item = ItemKey("g/exec/a".into());
    let updates = chat.transcript.approval(&item, Some("c"), None, 5.0);
    chat.take(updates);
    chat.event(
        "exec.approval.resolved",
        json!({"id": "a", "decision": "deny"}),
    );
    let mut result = ended("c", "Exec denied (user-denied): uname -a");
    result["isError"] = json!(true);
    chat.agent("r", "tool", result);
    chat.done("r", "All right.");
    assert_eq!(tool(&chat, "c").state, ToolState::Denied);
}

#[test]
fn a_call_that_the_policy_refused_is_denied_also_in_its_record() {
    let details = json!({"status": "denied", "reason": "It deletes everything."});
    let mut chat = Chat::open(&[]);
    chat.agent("r", "tool", start("c"));
    let mut refused = ended("c", "It deletes everything.");
    refused["isError"] = json!(true);
    refused["result"]["details"] = details.clone();
    chat.agent("r", "tool", refused);
    assert_eq!(tool(&chat, "c").state, ToolState::Denied);

    let mut row = result("t", 3, "r", "c", "It deletes everything.");
    row["isError"] = json!(true);
    row["details"] = details;
    let chat = Chat::open(&[user("u", 1, "go"), call("m", 2, "r", "", "c"), row]);
    assert_eq!(tool(&chat, "c").state, ToolState::Denied);
}

#[test]
fn a_call_that_did_not_end_with_its_run_is_interrupted() {
    let mut chat = Chat::open(&[]);
    chat.agent("r", "tool", start("c"));
    chat.chat("r", json!({"state": "aborted"}));
    assert_eq!(tool(&chat, "c").state, ToolState::Interrupted);
    let chat = Chat::open(&[user("u", 1, "go"), call("m", 2, "r", "", "c")]);
    assert_eq!(
        chat.page.lines(),
        ["user: go", "agent: [exec:Interrupted:]"]
    );
}

#[test]
fn a_flood_of_output_keeps_its_end() {
    let mut chat = Chat::open(&[]);
    chat.agent("r", "tool", start("c"));
    let mut all = String::new();
    for n in 0..60 {
        for line in 0..1000 {
            all.push_str(&format!("{n:03}{line:04}\n"));
        }
        let from = all.len().saturating_sub(64 * 1024);
        let update = printed("c", &all[from..]);
        chat.agent("r", "tool", update);
    }
    let tool = tool(&chat, "c");
    assert!(tool.output.len() <= 256 * 1024 && tool.output_cut);
    assert!(tool.output.ends_with("0590999\n"));
}
