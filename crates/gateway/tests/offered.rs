//! The methods that clients count on, all of them, and those of them that have no test of their own elsewhere: `send`,
//! `sessions.patchMany`, `skills.status`.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::schema::assert_valid;
use support::{ALL_SCOPES, TestGateway, Wire};

const MAIN: &str = "agent:main:main";

/// What this gateway promises to have. `connect` is the handshake's.
const PROMISED: &str = "health status system-presence last-heartbeat set-heartbeats system.info logs.tail \
    agent agent.wait wake send \
    chat.send chat.abort chat.history chat.inject chat.metadata chat.message.get chat.startup \
    sessions.list sessions.subscribe sessions.unsubscribe sessions.messages.subscribe \
    sessions.messages.unsubscribe sessions.preview sessions.describe sessions.resolve sessions.get \
    sessions.create sessions.send sessions.steer sessions.abort sessions.patch sessions.patchMany \
    sessions.reset sessions.delete sessions.compact sessions.fork sessions.search sessions.usage \
    sessions.groups.list sessions.groups.put sessions.groups.rename sessions.groups.delete \
    sessions.groups.update sessions.groups.defaults \
    config.get config.set config.patch config.apply config.schema config.schema.lookup \
    models.list models.authStatus \
    agents.list agents.create agents.update agents.delete agents.files.list agents.files.get agents.files.set \
    agent.identity.get tools.catalog tools.effective tools.invoke skills.status commands.list \
    exec.approval.request exec.approval.waitDecision exec.approval.list exec.approval.get \
    exec.approval.resolve exec.approval.grants.list exec.approval.grants.revoke exec.approvals.get exec.approvals.set \
    approval.get approval.resolve approval.history \
    device.pair.list device.pair.approve device.pair.reject device.pair.remove device.pair.rename \
    device.pair.setupCode device.pair.setupStatus device.token.rotate device.token.revoke usage.status usage.cost";

async fn connected() -> (TestGateway, Wire) {
    let gateway = TestGateway::start().await;
    let wire = gateway.client(&ALL_SCOPES).await;
    (gateway, wire)
}

#[tokio::test]
async fn every_method_that_was_promised_is_offered() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.dial().await;
    let hello = wire.connect(&ALL_SCOPES).await;
    let offered = hello["payload"]["features"]["methods"].as_array().unwrap();
    for method in PROMISED.split_whitespace() {
        assert!(offered.contains(&json!(method)), "{method} is not offered");
    }
}

#[tokio::test]
async fn what_is_sent_to_a_conversation_stands_in_it_and_is_sent_once() {
    let (gateway, mut wire) = connected().await;
    let mut watcher = gateway.client(&ALL_SCOPES).await;
    watcher
        .ask("sessions.messages.subscribe", json!({"key": MAIN}))
        .await;
    let params = json!({
        "to": "main", "message": "the backup is done", "channel": "webchat", "idempotencyKey": "one",
    });
    assert_valid("SendParams", &params);
    let sent = wire.ask("send", params.clone()).await;
    assert_eq!(
        (&sent["runId"], &sent["channel"]),
        (&json!("one"), &json!("webchat"))
    );
    assert_eq!(
        wire.ask("send", params).await,
        sent,
        "the same key is the same message"
    );
    let told = watcher.event("session.message").await;
    assert!(told.to_string().contains("the backup is done"), "{told}");
    let history = wire.ask("chat.history", json!({"sessionKey": MAIN})).await;
    let messages = history["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 1, "{history:#}");
    assert_eq!(messages[0]["role"], "assistant");
}

#[tokio::test]
async fn a_channel_that_is_not_there_is_named_with_those_that_are() {
    let (_gateway, mut wire) = connected().await;
    let params = json!({
        "to": "@somebody", "message": "hello", "channel": "telegram", "idempotencyKey": "one",
    });
    assert_valid("SendParams", &params);
    let refused = wire.request("send", params).await;
    assert_valid("ResponseFrame", &refused);
    let error = &refused["error"];
    assert_eq!(error["code"], "INVALID_REQUEST", "{error}");
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .starts_with("unsupported channel: telegram"),
        "{error}"
    );
    assert_eq!(error["details"]["channels"], json!(["webchat"]));
    for (wrong, why) in [
        (
            json!({"to": "main", "idempotencyKey": "a"}),
            "text or media is required",
        ),
        (json!({"to": "main", "message": "x"}), "idempotencyKey"),
        (
            json!({"to": "nobody", "message": "x", "idempotencyKey": "b"}),
            "no session nobody",
        ),
        (
            json!({"to": "main", "message": "x", "idempotencyKey": "c", "odd": 1}),
            "odd",
        ),
        (
            json!({"to": "main", "buffer": "eA==", "idempotencyKey": "d"}),
            "text alone",
        ),
    ] {
        let refused = wire.request("send", wrong.clone()).await;
        let message = refused["error"]["message"].as_str().unwrap_or_default();
        assert!(message.contains(why), "{wrong}: {refused}");
    }
    let list = wire.ask("sessions.list", json!({})).await;
    assert_eq!(list["count"], 0, "nothing was sent: {list}");
}

#[tokio::test]
async fn one_change_is_made_to_many_sessions_and_each_says_how_it_went() {
    let (_gateway, mut wire) = connected().await;
    for key in ["one", "two"] {
        wire.ask("sessions.create", json!({"key": key})).await;
    }
    let params = json!({
        "targets": [
            {"key": "one"}, {"key": "none"}, {"key": "two", "expectedSessionId": "another"},
        ],
        "patch": {"pinned": true},
    });
    assert_valid("SessionsPatchManyParams", &params);
    let done = wire.ask("sessions.patchMany", params).await;
    assert_valid("SessionsPatchManyResult", &done);
    let went: Vec<&Value> = done["outcomes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|outcome| &outcome["ok"])
        .collect();
    assert_eq!(went, [true, false, false], "{done:#}");
    let one = wire.ask("sessions.describe", json!({"key": "one"})).await;
    assert!(one.to_string().contains("\"pinned"), "{one:#}");
    let governs = json!({"targets": [{"key": "one"}], "patch": {"execAsk": "off"}});
    let mut writer = _gateway.client(&["operator.read", "operator.write"]).await;
    let refused = writer.request("sessions.patchMany", governs).await;
    assert_eq!(refused["error"]["code"], "FORBIDDEN", "{refused}");
}

#[tokio::test]
async fn every_skill_is_listed_with_what_it_lacks() {
    let state = tempfile::tempdir().unwrap();
    let skills = state.path().join("workspace/skills");
    for (name, more) in [
        (
            "ready",
            "metadata: {\"openclaw\": {\"emoji\": \"R\", \"requires\": {\"bins\": [\"sh\"]}}}\n",
        ),
        (
            "lacking",
            "metadata: {\"openclaw\": {\"requires\": {\"bins\": [\"no-such-program-9\"]}}}\n",
        ),
        ("off", ""),
    ] {
        std::fs::create_dir_all(skills.join(name)).unwrap();
        let text = format!("---\nname: {name}\ndescription: About {name}.\n{more}---\n");
        std::fs::write(skills.join(name).join("SKILL.md"), text).unwrap();
    }
    let folder = state.path().to_owned();
    let gateway = TestGateway::with(|options| {
        options.state_dir = folder;
        options.config.raw = json!({"skills": {"entries": {"off": {"enabled": false}}}});
    })
    .await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let status = wire.ask("skills.status", json!({"agentId": "main"})).await;
    let of = |name: &str| {
        let all = status["skills"].as_array().unwrap();
        let found = all.iter().find(|skill| skill["name"] == name);
        found
            .unwrap_or_else(|| panic!("{name}: {status:#}"))
            .clone()
    };
    let ready = of("ready");
    assert_eq!(
        (&ready["eligible"], &ready["modelVisible"], &ready["emoji"]),
        (&json!(true), &json!(true), &json!("R"))
    );
    let lacking = of("lacking");
    assert_eq!(
        (&lacking["eligible"], &lacking["missing"]["bins"]),
        (&json!(false), &json!(["no-such-program-9"]))
    );
    assert_eq!(
        (&of("off")["disabled"], &of("off")["eligible"]),
        (&json!(true), &json!(false))
    );
}

#[tokio::test]
async fn a_model_is_found_by_its_name_alone_and_kept_under_its_whole_name() {
    let (_gateway, mut wire) = connected().await;
    let models = wire.ask("models.list", json!({})).await;
    let model = models["models"][0].clone();
    let (id, provider) = (&model["id"], model["provider"].as_str().unwrap());
    let bare = json!({"key": MAIN, "model": id});
    let patched = wire.ask("sessions.patch", bare).await;
    let resolved = json!({"modelProvider": provider, "model": id});
    assert_eq!(patched["resolved"], resolved, "{patched:#}");
    let unknown = json!({"key": MAIN, "model": "nobody-has-this"});
    let refused = wire.request("sessions.patch", unknown).await;
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.contains("models.list"), "{refused}");
}

#[tokio::test]
async fn grants_of_scheduled_jobs_are_none_where_there_are_no_such_jobs() {
    let (_gateway, mut wire) = connected().await;
    let limit = json!({"limit": 10});
    assert_valid("ExecApprovalGrantsListParams", &limit);
    let grants = wire.ask("exec.approval.grants.list", limit).await;
    assert_valid("ExecApprovalGrantsListResult", &grants);
    assert_eq!(grants, json!({"grants": []}));
    let one = json!({"grantId": "g"});
    let revoked = wire.ask("exec.approval.grants.revoke", one).await;
    assert_valid("ExecApprovalGrantsRevokeResult", &revoked);
    assert_eq!(revoked["outcome"], "not-found");
}

#[tokio::test]
async fn who_unsubscribes_hears_of_sessions_no_more() {
    let (gateway, mut wire) = connected().await;
    wire.ask("sessions.subscribe", json!({})).await;
    let answer = wire.ask("sessions.unsubscribe", json!({})).await;
    assert_eq!(answer, json!({"subscribed": false}));
    let mut other = gateway.client(&ALL_SCOPES).await;
    other.ask("sessions.create", json!({"key": "new"})).await;
    // What was published before this answer would have come before it.
    wire.ask("health", json!({})).await;
    let heard = wire
        .events
        .iter()
        .any(|event| event["event"] == "sessions.changed");
    assert!(!heard, "{:?}", wire.events);
}

#[tokio::test]
async fn what_a_request_names_has_to_be_there() {
    let (_gateway, mut wire) = connected().await;
    wire.ask("sessions.create", json!({"key": "parent"})).await;
    let child = json!({"key": "child", "parentSessionKey": "parent"});
    wire.ask("sessions.create", child).await;
    let ghost = "agent:main:ghost";
    for (method, params, word) in [
        (
            "sessions.create",
            json!({"key": "k", "parentSessionKey": ghost}),
            "ghost",
        ),
        (
            "sessions.resolve",
            json!({"key": "child", "spawnedBy": ghost}),
            "no session",
        ),
        ("approval.history", json!({"cursor": "junk"}), "cursor"),
    ] {
        let answer = wire.request(method, params).await;
        assert_eq!(
            answer["error"]["code"], "INVALID_REQUEST",
            "{method}: {answer}"
        );
        let message = answer["error"]["message"].as_str().unwrap();
        assert!(message.contains(word), "{method}: {message}");
    }
    let found = wire.ask("sessions.resolve", json!({"key": "child"})).await;
    assert_eq!(found["ok"], true);
}

#[tokio::test]
async fn what_a_message_is_announced_with_is_passed_over() {
    let (_gateway, mut wire) = connected().await;
    let params = json!({
        "to": "main", "message": "hello", "channel": "webchat", "idempotencyKey": "one",
        "silent": true, "accountId": "a", "sessionKey": MAIN,
    });
    assert_valid("SendParams", &params);
    let sent = wire.ask("send", params).await;
    assert_eq!(sent["runId"], "one");
}
