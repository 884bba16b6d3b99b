//! A conversation over a real socket: send, stream, stop, read again. Every event that the published schema
//! knows is held to it.
#![allow(clippy::unwrap_used)]

mod support;

use gatehouse_store::gateway::NewEntry;
use serde_json::{Value, json};
use support::schema::assert_valid;
use support::{ALL_SCOPES, TestGateway, Wire};

const MAIN: &str = "agent:main:main";

async fn send(wire: &mut Wire, key: &str, text: &str) -> Value {
    let params = json!({"sessionKey": MAIN, "message": text, "idempotencyKey": key});
    wire.ask("chat.send", params).await
}

/// The last `chat` event of a run.
async fn ended(wire: &mut Wire, run: &str) -> Value {
    loop {
        let event = wire.event("chat").await;
        assert_valid("ChatEvent", &event["payload"]);
        let payload = &event["payload"];
        let last = !matches!(payload["state"].as_str(), Some("delta" | "status"));
        if payload["runId"] == run && last {
            return payload.clone();
        }
    }
}

/// Without the fields that the published gateway sends and its own schema leaves out.
fn as_published(payload: &Value) -> Value {
    let mut payload = payload.clone();
    let fields = payload.as_object_mut().unwrap();
    for name in ["sessionKey", "sessionId", "agentId"] {
        fields.remove(name);
    }
    payload
}

#[tokio::test]
async fn a_message_is_answered_in_pieces_and_is_in_the_history_then() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let follow = json!({"key": "main"});
    let followed = wire.ask("sessions.messages.subscribe", follow).await;
    assert_eq!(followed, json!({"subscribed": true, "key": MAIN}));

    let sent = send(&mut wire, "run-1", "hello there").await;
    assert_eq!(sent, json!({"runId": "run-1", "status": "started"}));
    let last = ended(&mut wire, "run-1").await;
    assert_eq!(last["state"], "final");
    let text = last["message"]["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("hello there"), "{text}");

    let agent: Vec<_> = wire
        .events
        .iter()
        .filter(|e| e["event"] == "agent")
        .collect();
    let mut before = 0;
    for event in agent {
        assert_valid("AgentEvent", &as_published(&event["payload"]));
        let seq = event["payload"]["seq"].as_u64().unwrap();
        assert_eq!(seq, before + 1, "numbered without a gap");
        before = seq;
    }
    let said: Vec<_> = wire
        .events
        .iter()
        .filter(|e| e["event"] == "session.message")
        .collect();
    let roles: Vec<_> = said
        .iter()
        .map(|e| e["payload"]["message"]["role"].clone())
        .collect();
    assert_eq!(roles, ["user", "assistant"]);

    let history = wire
        .ask("chat.history", json!({"sessionKey": "main"}))
        .await;
    let messages = history["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0]["content"], "hello there");
    assert_eq!(messages[0]["idempotencyKey"], "run-1:user");
    assert_eq!(messages[0]["__openclaw"]["seq"], 1);
    assert_eq!(messages[1]["content"][0]["text"], text);
    assert_eq!(history["totalMessages"], 2);
    assert_valid("SessionRow", &history["sessionInfo"]);
}

#[tokio::test]
async fn the_same_key_is_answered_the_same_and_runs_once_also_on_another_connection() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let first = send(&mut wire, "same", "one").await;
    ended(&mut wire, "same").await;
    drop(wire);
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let again = send(&mut wire, "same", "one").await;
    assert_eq!(again, first);
    let history = wire.ask("chat.history", json!({"sessionKey": MAIN})).await;
    assert_eq!(history["totalMessages"], 2, "it ran once");
}

#[tokio::test]
async fn the_same_words_sent_twice_in_a_moment_run_once() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let first = send(&mut wire, "key-1", "slow: 8").await;
    let second = send(&mut wire, "key-2", "slow: 8").await;
    assert_eq!(second["runId"], first["runId"]);
    assert_eq!(second["status"], "in_flight");
    ended(&mut wire, "key-1").await;
    let history = wire.ask("chat.history", json!({"sessionKey": MAIN})).await;
    assert_eq!(history["totalMessages"], 2);
}

#[tokio::test]
async fn the_same_words_after_the_answer_are_said_again() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    for key in ["yes-1", "yes-2"] {
        let sent = send(&mut wire, key, "yes").await;
        assert_eq!(sent, json!({"runId": key, "status": "started"}));
        ended(&mut wire, key).await;
    }
    let history = wire.ask("chat.history", json!({"sessionKey": MAIN})).await;
    assert_eq!(history["totalMessages"], 4, "{history}");
}

#[tokio::test]
async fn words_that_a_run_took_up_are_not_taken_up_twice() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    send(&mut wire, "long", "slow: 30").await;
    wire.event("chat").await;
    send(&mut wire, "beside-1", "and this").await;
    let again = send(&mut wire, "beside-2", "and this").await;
    assert_eq!(again["status"], "in_flight", "{again}");
    let taken = ended(&mut wire, "beside-1").await;
    assert_eq!(taken["stopReason"], "merged");
    let told = wire.events.iter().find(|event| {
        event["event"] == "agent" && !event["payload"]["data"]["mergedInto"].is_null()
    });
    let told = told.expect("it is told which run took it");
    assert_eq!(told["payload"]["data"]["mergedInto"], "long");
    ended(&mut wire, "long").await;
    let history = wire.ask("chat.history", json!({"sessionKey": MAIN})).await;
    let said = history.to_string().matches("\"and this\"").count();
    assert_eq!(said, 1, "{history:#}");
}

#[tokio::test]
async fn a_key_that_was_used_is_refused_for_other_words() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    send(&mut wire, "used", "one").await;
    ended(&mut wire, "used").await;
    for (method, other) in [
        (
            "chat.send",
            json!({"sessionKey": MAIN, "message": "two", "idempotencyKey": "used"}),
        ),
        (
            "chat.send",
            json!({"sessionKey": "other", "message": "one", "idempotencyKey": "used"}),
        ),
        (
            "agent",
            json!({"sessionKey": "other", "message": "one", "idempotencyKey": "used"}),
        ),
        (
            "agent",
            json!({"sessionKey": MAIN, "message": "two", "idempotencyKey": "used"}),
        ),
        (
            "sessions.send",
            json!({"key": MAIN, "message": "two", "idempotencyKey": "used"}),
        ),
        (
            "sessions.steer",
            json!({"key": MAIN, "message": "two", "idempotencyKey": "used"}),
        ),
    ] {
        let refused = wire.request(method, other.clone()).await;
        assert_eq!(
            refused["error"]["code"], "INVALID_REQUEST",
            "{other}: {refused}"
        );
        let reason = &refused["error"]["details"]["reason"];
        assert_eq!(reason, "chat-request-conflict", "{other}");
    }
    let again = send(&mut wire, "used", "one").await;
    assert_eq!(
        again["runId"], "used",
        "the same words are the same message"
    );
    let elsewhere = json!({"key": MAIN, "message": "one", "idempotencyKey": "used"});
    let elsewhere = wire.ask("sessions.send", elsewhere).await;
    assert_eq!(elsewhere["runId"], "used", "by another method, too");
}

#[tokio::test]
async fn a_run_is_stopped_and_says_so() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    send(&mut wire, "long", "slow: 500").await;
    loop {
        let event = wire.event("chat").await;
        if event["payload"]["state"] == "delta" {
            break;
        }
    }
    let abort = json!({"sessionKey": MAIN, "runId": "long"});
    let stopped = wire.ask("chat.abort", abort).await;
    assert_eq!(
        stopped,
        json!({"ok": true, "aborted": true, "runIds": ["long"]})
    );
    let last = ended(&mut wire, "long").await;
    assert_eq!(last["state"], "aborted");
    assert_eq!(last["stopReason"], "rpc");
    let nothing = wire.ask("chat.abort", json!({"sessionKey": MAIN})).await;
    assert_eq!(nothing["aborted"], false);
}

#[tokio::test]
async fn a_client_that_comes_later_takes_up_the_run_in_flight() {
    let gateway = TestGateway::start().await;
    let mut first = gateway.client(&ALL_SCOPES).await;
    send(&mut first, "long", "slow: 500").await;
    loop {
        let event = first.event("chat").await;
        if event["payload"]["state"] == "delta" {
            break;
        }
    }
    let mut later = gateway.client(&ALL_SCOPES).await;
    let history = later.ask("chat.history", json!({"sessionKey": MAIN})).await;
    let run = &history["inFlightRun"];
    assert_eq!(run["runId"], "long");
    assert!(run["text"].as_str().unwrap().starts_with("word1"), "{run}");
    later.ask("chat.abort", json!({"sessionKey": MAIN})).await;
    assert_eq!(ended(&mut later, "long").await["state"], "aborted");
}

#[tokio::test]
async fn history_is_read_in_pages_and_from_a_cursor() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    for n in 1..=3 {
        let key = format!("run-{n}");
        send(&mut wire, &key, &format!("message {n}")).await;
        ended(&mut wire, &key).await;
    }
    let ids = |history: &Value| -> Vec<Value> {
        let messages = history["messages"].as_array().unwrap();
        messages
            .iter()
            .map(|m| m["__openclaw"]["seq"].clone())
            .collect()
    };
    let page = wire
        .ask("chat.history", json!({"sessionKey": MAIN, "limit": 4}))
        .await;
    assert_eq!(
        (ids(&page), &page["hasMore"]),
        (vec![json!(3), json!(4), json!(5), json!(6)], &json!(true))
    );
    let older = json!({"sessionKey": MAIN, "limit": 4, "offset": page["nextOffset"]});
    let older = wire.ask("chat.history", older).await;
    assert_eq!(
        (ids(&older), &older["hasMore"]),
        (vec![json!(1), json!(2)], &json!(false))
    );

    let cursor = page["deltaCursor"].clone();
    send(&mut wire, "run-4", "message 4").await;
    ended(&mut wire, "run-4").await;
    let since = json!({"sessionKey": MAIN, "cursor": cursor});
    let since = wire.ask("chat.history", since).await;
    assert_eq!(
        (&since["kind"], ids(&since)),
        (&json!("delta"), vec![json!(7), json!(8)])
    );
    wire.ask("sessions.reset", json!({"key": MAIN})).await;
    let reset = wire
        .ask(
            "chat.history",
            json!({"sessionKey": MAIN, "cursor": cursor}),
        )
        .await;
    assert_eq!(reset, json!({"kind": "reset"}));
}

#[tokio::test]
async fn whoever_had_read_to_the_end_starts_over_after_a_compaction() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    send(&mut wire, "one", "one").await;
    ended(&mut wire, "one").await;
    let read = wire.ask("chat.history", json!({"sessionKey": MAIN})).await;
    let store = &gateway.running.app().store;
    let row = store.session(MAIN).await.unwrap().unwrap();
    let kept = store.entries(MAIN).await.unwrap().pop().unwrap();
    let kept = NewEntry {
        id: kept.id,
        at: kept.at,
        role: kept.role,
        run: kept.run,
        input: None,
        json: kept.json,
        text: String::new(),
    };
    let replaced = store.entries_replace(
        MAIN,
        &row.session_id,
        "compaction",
        1,
        vec![kept.id.clone()],
        kept,
    );
    assert!(replaced.await.unwrap().is_some());
    let since = json!({"sessionKey": MAIN, "cursor": read["deltaCursor"]});
    let since = wire.ask("chat.history", since).await;
    assert_eq!(since, json!({"kind": "reset"}));
}

#[tokio::test]
async fn the_list_tells_of_every_change_to_those_who_watch_it() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let watched = wire.ask("sessions.subscribe", json!({"limit": 5})).await;
    assert_eq!(watched["subscribed"], true);
    assert_eq!(watched["list"]["sessions"], json!([]));

    let create = json!({"label": "build", "agentId": "main"});
    let created = wire.ask("sessions.create", create).await;
    assert_valid("SessionsCreateResult", &created);
    let key = created["key"].clone();
    let event = wire.event("sessions.changed").await;
    assert_eq!(event["payload"]["reason"], "create");
    assert_valid("SessionRow", &event["payload"]["session"]);

    let patch = json!({"key": key, "label": "deploy", "pinned": true, "icon": "rocket"});
    wire.ask("sessions.patch", patch).await;
    let event = wire.event("sessions.changed").await;
    let session = &event["payload"]["session"];
    assert_eq!(
        (&session["label"], &session["pinned"], &session["icon"]),
        (&json!("deploy"), &json!(true), &json!("rocket"))
    );

    let list = wire.ask("sessions.list", json!({})).await;
    assert_eq!(
        (&list["count"], &list["totalCount"]),
        (&json!(1), &json!(1))
    );
    assert_valid("SessionRow", &list["sessions"][0]);
    let deleted = wire.ask("sessions.delete", json!({"key": key})).await;
    assert_valid("SessionsDeleteResult", &deleted);
    let event = wire.event("sessions.changed").await;
    assert_eq!(event["payload"]["reason"], "delete");
    let list = wire.ask("sessions.list", json!({})).await;
    assert_eq!(list["count"], 0);
}

#[tokio::test]
async fn a_label_is_taken_once_and_the_main_session_is_not_deleted() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    wire.ask("sessions.create", json!({"label": "one"})).await;
    for (method, params) in [
        ("sessions.create", json!({"label": "one"})),
        ("sessions.patch", json!({"key": "main", "label": "one"})),
        ("sessions.delete", json!({"key": "main"})),
        (
            "sessions.patch",
            json!({"key": "main", "permissionMode": "full"}),
        ),
        (
            "chat.send",
            json!({"sessionKey": "main", "message": " ", "idempotencyKey": "k"}),
        ),
    ] {
        let answer = wire.request(method, params.clone()).await;
        assert_eq!(
            answer["error"]["code"], "INVALID_REQUEST",
            "{method} {params}: {answer}"
        );
    }
}

#[tokio::test]
async fn what_was_said_is_there_after_a_restart_and_a_run_that_was_cut_off_is_shown_so() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    send(&mut wire, "first", "remember me").await;
    ended(&mut wire, "first").await;
    drop(wire);
    let TestGateway { running, state } = gateway;
    running.stop("restart").await;
    let gateway = TestGateway::with(|options| options.state_dir = state.path().to_owned()).await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let history = wire.ask("chat.history", json!({"sessionKey": MAIN})).await;
    assert_eq!(history["messages"][0]["content"], "remember me");
    let again = send(&mut wire, "first", "remember me").await;
    assert_eq!(again["runId"], "first");
    let history = wire.ask("chat.history", json!({"sessionKey": MAIN})).await;
    assert_eq!(
        history["totalMessages"], 2,
        "the key is known after a restart"
    );
}

#[tokio::test]
async fn health_and_status_count_the_sessions_that_there_are() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    for (label, count) in [("one", 1), ("two", 2)] {
        wire.ask("sessions.create", json!({"label": label})).await;
        for method in ["health", "status"] {
            let answer = wire.ask(method, json!({})).await;
            assert_eq!(answer["sessions"]["count"], count, "{method}");
        }
    }
}
