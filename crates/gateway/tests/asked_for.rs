//! What a client asks for is done or refused, never passed over: fields that are not there, what it saw of a session, and
//! a session that takes nothing.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::{ALL_SCOPES, TestGateway, Wire};

const MAIN: &str = "agent:main:main";

async fn connected() -> (TestGateway, Wire) {
    let gateway = TestGateway::start().await;
    let wire = gateway.client(&ALL_SCOPES).await;
    (gateway, wire)
}

/// Says something and waits until it was answered.
async fn turn(wire: &mut Wire, key: &str) {
    let send = json!({"sessionKey": MAIN, "message": "say: fine", "idempotencyKey": key});
    wire.ask("chat.send", send).await;
    let ended = wire
        .ask("agent.wait", json!({"runId": key, "timeoutMs": 20_000}))
        .await;
    assert_eq!(ended["status"], "ok", "{ended}");
}

async fn history(wire: &mut Wire) -> Value {
    wire.ask("chat.history", json!({"sessionKey": MAIN})).await
}

fn with(base: &Value, more: &Value) -> Value {
    let mut whole = base.clone();
    for (name, value) in more.as_object().unwrap() {
        whole[name] = value.clone();
    }
    whole
}

#[tokio::test]
async fn a_field_that_would_change_what_is_done_is_refused_by_its_name() {
    let (_gateway, mut wire) = connected().await;
    let message = json!({"sessionKey": MAIN, "message": "hello", "idempotencyKey": "no"});
    let turn = json!({"message": "hello", "idempotencyKey": "no"});
    let question = json!({"command": "ls", "twoPhase": true});
    let recipients = json!({"kind": "message-send", "target": "all", "recipientCount": 2});
    for (method, params, field, value) in [
        ("chat.send", &message, "fastMode", json!(true)),
        ("chat.send", &message, "replyToId", json!("an entry")),
        (
            "chat.send",
            &message,
            "originatingChannel",
            json!("telegram"),
        ),
        (
            "chat.send",
            &message,
            "toolBindings",
            json!({"browser": {}}),
        ),
        (
            "chat.send",
            &message,
            "systemProvenanceReceipt",
            json!("by whom"),
        ),
        ("agent", &turn, "cwd", json!("/somewhere")),
        ("agent", &turn, "modelRun", json!(true)),
        ("agent", &turn, "promptMode", json!("none")),
        (
            "chat.history",
            &json!({"sessionKey": MAIN}),
            "pendingBefore",
            json!(1),
        ),
        ("sessions.list", &json!({}), "creatorId", json!("somebody")),
        ("sessions.list", &json!({}), "involvingMe", json!(true)),
        ("sessions.resolve", &json!({}), "shortId", json!("abc")),
        ("sessions.create", &json!({}), "fork", json!(true)),
        ("sessions.create", &json!({}), "worktreeName", json!("w")),
        ("sessions.create", &json!({}), "cwd", json!("/somewhere")),
        (
            "sessions.patch",
            &json!({"key": "main"}),
            "ttlMinutes",
            json!(5),
        ),
        ("exec.approval.request", &question, "scope", recipients),
        (
            "send",
            &json!({"to": "main", "message": "x", "idempotencyKey": "x"}),
            "asVoice",
            json!(true),
        ),
    ] {
        let refused = wire
            .request(method, with(params, &json!({ field: value })))
            .await;
        let words = refused["error"]["message"].as_str().unwrap_or_default();
        let wanted = format!("{field} is not available on this gateway");
        assert!(words.starts_with(&wanted), "{method} {field}: {refused}");
        assert_eq!(refused["error"]["code"], "INVALID_REQUEST");
    }
    let list = wire.ask("sessions.list", json!({})).await;
    assert_eq!(list["count"], 0, "nothing was done: {list}");
}

#[tokio::test]
async fn what_asks_for_nothing_is_taken() {
    let (_gateway, mut wire) = connected().await;
    for (method, params) in [
        (
            "chat.send",
            json!({"sessionKey": MAIN, "message": "hello", "idempotencyKey": "a", "deliver": false,
                "fastMode": false, "expectedPermissionMode": null, "expectedToolOverrides": null,
                "expectedSessionRoutingContract": "per-sender|main|main"}),
        ),
        (
            "sessions.list",
            json!({"includeGlobal": true, "includeUnknown": true, "configuredAgentsOnly": true,
                "includeDerivedTitles": true, "includeLastMessage": true}),
        ),
        (
            "sessions.create",
            json!({"key": "next", "parentSessionKey": MAIN, "succeedsParent": true, "emitCommandHooks": true}),
        ),
        (
            "chat.abort",
            json!({"sessionKey": MAIN, "preserveSideRuns": true}),
        ),
        (
            "sessions.patch",
            json!({"key": "next", "permissionMode": null}),
        ),
    ] {
        wire.ask(method, params).await;
    }
}

#[tokio::test]
async fn an_answer_that_is_to_be_brought_to_somebody_is_refused() {
    let (_gateway, mut wire) = connected().await;
    let turn =
        json!({"message": "hello", "idempotencyKey": "no", "deliver": true, "to": "+15551234567"});
    let refused = wire.request("agent", turn).await;
    let words = refused["error"]["message"].as_str().unwrap_or_default();
    assert!(words.contains("+15551234567"), "{refused}");
}

#[tokio::test]
async fn nothing_is_said_into_a_session_that_has_gone_on_without_the_one_who_says_it() {
    let (_gateway, mut wire) = connected().await;
    turn(&mut wire, "one").await;
    let seen = history(&mut wire).await;
    let id = |at: usize| seen["messages"][at]["__openclaw"]["id"].clone();
    let (first, last, session) = (id(0), id(1), seen["sessionId"].clone());
    let message = json!({"sessionKey": MAIN, "message": "say: more"});
    for (saw, reason) in [
        (json!({"expectedLeafEntryId": null}), "active-leaf-changed"),
        (json!({"expectedLeafEntryId": first}), "active-leaf-changed"),
        (
            json!({"expectedLeafEntryId": "none", "sessionId": session}),
            "active-leaf-changed",
        ),
        (
            json!({"expectedLeafEntryId": last, "sessionId": "another"}),
            "active-leaf-changed",
        ),
        (
            json!({"expectedPermissionMode": "full"}),
            "session-settings-changed",
        ),
        (
            json!({"expectedToolOverrides": {"skills": {"a": false}}}),
            "session-settings-changed",
        ),
        (
            json!({"expectedSessionRoutingContract": "global|main|main"}),
            "session-routing-changed",
        ),
    ] {
        let mut params = with(&message, &saw);
        params["idempotencyKey"] = json!(saw.to_string());
        let refused = wire.request("chat.send", params).await;
        assert_eq!(
            refused["error"]["details"]["reason"], reason,
            "{saw}: {refused}"
        );
    }
    let another = with(
        &message,
        &json!({"sessionId": "another", "idempotencyKey": "x"}),
    );
    let refused = wire.request("chat.send", another).await;
    assert_eq!(refused["ok"], false, "{refused}");
    assert_eq!(
        history(&mut wire).await["totalMessages"],
        seen["totalMessages"]
    );

    for (at, saw) in [
        json!({"expectedLeafEntryId": last}),
        json!({"expectedLeafEntryId": first, "sessionId": session}),
        json!({"expectedLeafEntryId": null, "queueMode": "steer"}),
        json!({"sessionId": session, "expectedPermissionMode": null}),
    ]
    .iter()
    .enumerate()
    {
        let key = format!("well {at}");
        let params = with(
            &with(&message, saw),
            &json!({"message": key, "idempotencyKey": key}),
        );
        let sent = wire.ask("chat.send", params.clone()).await;
        assert_eq!(sent["runId"], key.as_str(), "{saw}");
        let wait = json!({"runId": key, "timeoutMs": 20_000});
        wire.ask("agent.wait", wait).await;
        let again = wire.ask("chat.send", params).await;
        assert_eq!(
            again["runId"],
            key.as_str(),
            "what was accepted is told again"
        );
    }
}

#[tokio::test]
async fn a_session_that_takes_nothing_says_so_to_whoever_says_something() {
    let (_gateway, mut wire) = connected().await;
    wire.ask("sessions.patch", json!({"key": MAIN, "sendPolicy": "deny"}))
        .await;
    let message = json!({"sessionKey": MAIN, "message": "hello", "idempotencyKey": "a"});
    let said = json!({"key": MAIN, "message": "hello"});
    let brought = json!({"message": "hello", "idempotencyKey": "b", "deliver": true});
    for (method, params) in [
        ("chat.send", &message),
        ("sessions.send", &said),
        ("sessions.steer", &said),
        ("sessions.create", &json!({"key": MAIN, "message": "hello"})),
        ("agent", &brought),
    ] {
        let refused = wire.request(method, params.clone()).await;
        let words = &refused["error"]["message"];
        assert_eq!(
            words, "send blocked by session policy",
            "{method}: {refused}"
        );
    }
    let kept = history(&mut wire).await;
    assert_eq!(kept["totalMessages"], 0, "{kept:#}");
    let stop = json!({"sessionKey": MAIN, "message": "/stop", "idempotencyKey": "stop"});
    wire.ask("chat.send", stop).await;

    wire.ask("sessions.patch", json!({"key": MAIN, "sendPolicy": null}))
        .await;
    turn(&mut wire, "c").await;
}

#[tokio::test]
async fn a_model_or_a_level_that_there_is_not_is_refused_and_not_replaced() {
    let (_gateway, mut wire) = connected().await;
    let turn = json!({"message": "hello", "idempotencyKey": "no"});
    let message = json!({"sessionKey": MAIN, "message": "hello", "idempotencyKey": "no"});
    let said = json!({"key": "main", "message": "hello"});
    let agent = json!({"name": "Night Watch"});
    for (method, params, field, value) in [
        ("agent", &turn, "model", "no-provider"),
        ("agent", &turn, "model", "nope/none"),
        ("agent", &turn, "provider", "scripted"),
        ("agent", &turn, "thinking", "lots"),
        ("chat.send", &message, "thinking", "lots"),
        ("sessions.send", &said, "thinking", "lots"),
        ("agents.create", &agent, "model", "nope/none"),
        ("agents.create", &agent, "model", "no-provider"),
    ] {
        let refused = wire
            .request(method, with(params, &json!({ field: value })))
            .await;
        let words = refused["error"]["message"].as_str().unwrap_or_default();
        assert!(words.contains(field), "{method} {field} {value}: {refused}");
    }
    let agents = wire.ask("agents.list", json!({})).await;
    assert_eq!(agents["agents"].as_array().unwrap().len(), 1, "{agents:#}");
    let most = with(&turn, &json!({"thinking": "xhigh"}));
    wire.ask("agent", most).await;
}

#[tokio::test]
async fn the_workspace_of_a_new_agent_can_be_in_the_home_folder() {
    let (_gateway, mut wire) = connected().await;
    let home = std::env::home_dir().unwrap();
    let made = json!({"name": "Night", "workspace": "~/night", "model": "scripted/scripted-1"});
    let made = wire.ask("agents.create", made).await;
    assert_eq!(made["workspace"], json!(home.join("night")), "{made}");
    let moved = json!({"agentId": "night", "workspace": "~/day", "model": "nope/none"});
    let refused = wire.request("agents.update", moved).await;
    assert_eq!(refused["ok"], false, "{refused}");
    wire.ask(
        "agents.update",
        json!({"agentId": "night", "workspace": "~/day"}),
    )
    .await;
    let agents = wire.ask("agents.list", json!({})).await;
    let day = home.join("day");
    assert!(
        agents.to_string().contains(&*day.to_string_lossy()),
        "{agents:#}"
    );
}

#[tokio::test]
async fn of_many_that_say_something_after_the_same_words_one_is_heard() {
    let (gateway, mut wire) = connected().await;
    turn(&mut wire, "one").await;
    let seen = history(&mut wire).await;
    let last = seen["messages"][1]["__openclaw"]["id"].clone();
    let mut others = Vec::new();
    for _ in 0..8 {
        others.push(gateway.client(&ALL_SCOPES).await);
    }
    let said = others.into_iter().enumerate().map(|(at, mut wire)| {
        let params = json!({
            "sessionKey": MAIN, "message": format!("say: {at}"), "idempotencyKey": format!("at once {at}"),
            "expectedLeafEntryId": last, "queueMode": "followup",
        });
        async move { wire.request("chat.send", params).await }
    });
    let answers = futures_util::future::join_all(said).await;
    let heard = answers.iter().filter(|answer| answer["ok"] == true).count();
    assert_eq!(heard, 1, "{answers:?}");
    let refused = answers.iter().filter(|answer| answer["ok"] != true);
    for answer in refused {
        assert_eq!(
            answer["error"]["details"]["reason"], "active-leaf-changed",
            "{answer}"
        );
    }
}
