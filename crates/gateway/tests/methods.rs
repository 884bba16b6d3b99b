//! Every method of the families for sessions, runs, agents and usage, asked over a real socket with parameters
//! that the published schema allows, and its answer held to the schema where one is published.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::schema::{assert_valid, published_scope};
use support::{ALL_SCOPES, TestGateway, Wire};

const MAIN: &str = "agent:main:main";

/// A session with one turn in it.
async fn talked() -> (TestGateway, Wire) {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let params = json!({"message": "hello wombat", "sessionKey": MAIN, "idempotencyKey": "turn"});
    assert_valid("AgentParams", &params);
    let accepted = wire.ask("agent", params).await;
    assert_eq!(
        (&accepted["runId"], &accepted["status"]),
        (&json!("turn"), &json!("accepted"))
    );
    let wait = json!({"runId": "turn", "timeoutMs": 110_000});
    assert_valid("AgentWaitParams", &wait);
    let ended = wire.ask("agent.wait", wait).await;
    assert_eq!(ended["status"], "ok", "{ended}");
    (gateway, wire)
}

#[tokio::test]
async fn each_answer_has_the_published_shape() {
    let (_gateway, mut wire) = talked().await;
    for (method, params, parameters, result) in [
        (
            "sessions.list",
            json!({"limit": 5, "archived": "all"}),
            Some("SessionsListParams"),
            None,
        ),
        (
            "sessions.describe",
            json!({"key": MAIN}),
            Some("SessionsDescribeParams"),
            None,
        ),
        (
            "sessions.resolve",
            json!({"key": "main"}),
            Some("SessionsResolveParams"),
            Some("SessionsResolveResult"),
        ),
        (
            "sessions.resolve",
            json!({"label": "no", "allowMissing": true}),
            Some("SessionsResolveParams"),
            Some("SessionsResolveResult"),
        ),
        (
            "sessions.search",
            json!({"query": "wombat"}),
            Some("SessionsSearchParams"),
            Some("SessionsSearchResult"),
        ),
        (
            "sessions.preview",
            json!({"keys": [MAIN, "none"]}),
            Some("SessionsPreviewParams"),
            None,
        ),
        ("sessions.get", json!({"key": MAIN}), None, None),
        (
            "sessions.usage",
            json!({"range": "7d"}),
            Some("SessionsUsageParams"),
            None,
        ),
        (
            "sessions.usage.timeseries",
            json!({"key": MAIN}),
            None,
            None,
        ),
        ("sessions.usage.logs", json!({"key": MAIN}), None, None),
        (
            "sessions.groups.put",
            json!({"names": ["work", "home"], "sectionOrder": ["home"]}),
            Some("SessionsGroupsPutParams"),
            Some("SessionsGroupsMutationResult"),
        ),
        (
            "sessions.groups.rename",
            json!({"name": "work", "to": "job"}),
            Some("SessionsGroupsRenameParams"),
            Some("SessionsGroupsMutationResult"),
        ),
        (
            "sessions.groups.update",
            json!({"name": "job", "cwd": "/", "worktree": false}),
            Some("SessionsGroupsUpdateParams"),
            Some("SessionsGroupsUpdateResult"),
        ),
        (
            "sessions.groups.defaults",
            json!({}),
            None,
            Some("SessionsGroupsDefaultsResult"),
        ),
        (
            "sessions.groups.list",
            json!({}),
            Some("SessionsGroupsListParams"),
            Some("SessionsGroupsListResult"),
        ),
        (
            "sessions.groups.delete",
            json!({"name": "job"}),
            Some("SessionsGroupsDeleteParams"),
            Some("SessionsGroupsMutationResult"),
        ),
        (
            "sessions.abort",
            json!({"key": MAIN}),
            Some("SessionsAbortParams"),
            None,
        ),
        (
            "sessions.messages.subscribe",
            json!({"key": MAIN, "includeApprovals": true}),
            Some("SessionsMessagesSubscribeParams"),
            None,
        ),
        (
            "sessions.messages.unsubscribe",
            json!({"key": MAIN}),
            Some("SessionsMessagesUnsubscribeParams"),
            None,
        ),
        ("chat.metadata", json!({}), Some("ChatMetadataParams"), None),
        ("chat.startup", json!({"sessionKey": MAIN}), None, None),
        (
            "chat.message.get",
            json!({"sessionKey": MAIN, "messageId": "none"}),
            Some("ChatMessageGetParams"),
            Some("ChatMessageGetResult"),
        ),
        (
            "chat.inject",
            json!({"sessionKey": MAIN, "message": "by the way", "label": "note"}),
            Some("ChatInjectParams"),
            None,
        ),
        (
            "wake",
            json!({"mode": "now", "text": "wake up"}),
            Some("WakeParams"),
            None,
        ),
        (
            "agents.list",
            json!({}),
            Some("AgentsListParams"),
            Some("AgentsListResult"),
        ),
        (
            "agents.create",
            json!({"name": "Night Watch", "emoji": "🌙"}),
            Some("AgentsCreateParams"),
            Some("AgentsCreateResult"),
        ),
        (
            "agents.update",
            json!({"agentId": "night-watch", "name": "Day Watch"}),
            Some("AgentsUpdateParams"),
            Some("AgentsUpdateResult"),
        ),
        (
            "agent.identity.get",
            json!({"agentId": "night-watch"}),
            Some("AgentIdentityParams"),
            Some("AgentIdentityResult"),
        ),
        (
            "agents.delete",
            json!({"agentId": "night-watch"}),
            Some("AgentsDeleteParams"),
            Some("AgentsDeleteResult"),
        ),
        (
            "models.list",
            json!({}),
            Some("ModelsListParams"),
            Some("ModelsListResult"),
        ),
        ("models.authStatus", json!({}), None, None),
        (
            "tools.catalog",
            json!({}),
            Some("ToolsCatalogParams"),
            Some("ToolsCatalogResult"),
        ),
        (
            "tools.effective",
            json!({"sessionKey": MAIN}),
            Some("ToolsEffectiveParams"),
            Some("ToolsEffectiveResult"),
        ),
        ("skills.status", json!({}), Some("SkillsStatusParams"), None),
        (
            "commands.list",
            json!({}),
            Some("CommandsListParams"),
            Some("CommandsListResult"),
        ),
        ("usage.status", json!({}), None, None),
        ("usage.cost", json!({"days": 7}), None, None),
        (
            "exec.approvals.get",
            json!({}),
            Some("ExecApprovalsGetParams"),
            Some("ExecApprovalsSnapshot"),
        ),
        (
            "approval.history",
            json!({"limit": 5}),
            Some("ApprovalHistoryParams"),
            Some("ApprovalHistoryResult"),
        ),
    ] {
        if let Some(definition) = parameters {
            assert_valid(definition, &params);
        }
        let answer = wire.ask(method, params).await;
        assert!(
            answer.is_object() || answer.is_array(),
            "{method}: {answer}"
        );
        if let Some(definition) = result {
            assert_valid(definition, &answer);
        }
    }
}

#[tokio::test]
async fn every_method_asks_for_the_scope_that_is_published() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.dial().await;
    let hello = wire.connect(&ALL_SCOPES).await;
    let methods = hello["payload"]["features"]["methods"]
        .as_array()
        .unwrap()
        .clone();
    let mut nobody = gateway.client(&[]).await;
    for method in methods.iter().map(|name| name.as_str().unwrap()) {
        let Some(scope) = published_scope(method) else {
            continue;
        };
        if !scope.starts_with("operator.") {
            continue;
        }
        let refused = nobody.request(method, json!({})).await;
        let missing = &refused["error"]["details"]["missingScope"];
        assert_eq!(missing, scope, "{method}: {refused}");
    }
}

#[tokio::test]
async fn a_fork_leaves_out_the_message_that_is_to_be_edited() {
    let (_gateway, mut wire) = talked().await;
    let history = wire.ask("chat.history", json!({"sessionKey": MAIN})).await;
    let id = |n: usize| history["messages"][n]["__openclaw"]["id"].clone();
    let params = json!({"sessionKey": MAIN, "entryId": id(0)});
    assert_valid("SessionsForkParams", &params);
    let edited = wire.ask("sessions.fork", params).await;
    assert_valid("SessionsForkResult", &edited);
    assert_eq!(edited["editorText"], "hello wombat");
    let of_edited = json!({"sessionKey": edited["sessionKey"]});
    assert_eq!(
        wire.ask("chat.history", of_edited).await["totalMessages"],
        0
    );

    let whole = json!({"sessionKey": MAIN, "entryId": id(1)});
    let whole = wire.ask("sessions.fork", whole).await;
    let of_whole = json!({"sessionKey": whole["sessionKey"]});
    assert_eq!(wire.ask("chat.history", of_whole).await["totalMessages"], 2);
}

#[tokio::test]
async fn a_compaction_says_whether_there_was_anything_to_compact() {
    let (_gateway, mut wire) = talked().await;
    let empty = wire
        .ask("sessions.compact", json!({"key": "nothing-here"}))
        .await;
    assert_eq!(
        (&empty["compacted"], &empty["reason"]),
        (&json!(false), &json!("no transcript"))
    );
    let params = json!({"key": MAIN});
    assert_valid("SessionsCompactParams", &params);
    let done = wire.ask("sessions.compact", params).await;
    assert_eq!(done["ok"], true, "{done}");
    assert_eq!(
        (&done["compacted"], &done["reason"]),
        (&json!(false), &json!("nothing to compact")),
        "two short messages are no longer with a summary in their place"
    );
    let again = json!({"message": "still there", "sessionKey": MAIN, "idempotencyKey": "after"});
    wire.ask("agent", again).await;
    let ended = wire
        .ask(
            "agent.wait",
            json!({"runId": "after", "timeoutMs": 110_000}),
        )
        .await;
    assert_eq!(ended["status"], "ok", "{ended}");
}

#[tokio::test]
async fn a_group_that_a_session_was_put_into_is_listed_and_not_dropped_with_its_members() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let patch = json!({"key": MAIN, "category": "grpA"});
    wire.ask("sessions.patch", patch).await;
    let put = json!({"names": ["other"]});
    let refused = wire.request("sessions.groups.put", put.clone()).await;
    assert_eq!(refused["error"]["code"], "INVALID_REQUEST", "{refused}");
    assert_eq!(
        refused["error"]["message"],
        "sessions.groups.put cannot drop groups that still have member sessions: \"grpA\" (1); include them in names or remove them via sessions.groups.delete"
    );
    let list = wire.ask("sessions.groups.list", json!({})).await;
    assert_eq!(list["groups"], json!([{"name": "grpA", "position": 0}]));
    let row = wire.ask("sessions.list", json!({})).await["sessions"][0].clone();
    assert_eq!(row["category"], "grpA", "{row}");
    let delete = json!({"name": "grpA"});
    let deleted = wire.ask("sessions.groups.delete", delete).await;
    assert_eq!(deleted["updatedSessions"], 1);
    wire.ask("sessions.groups.put", put).await;
}

#[tokio::test]
async fn an_input_to_a_busy_session_waits_and_is_shown() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let slow = json!({"sessionKey": MAIN, "message": "slow: 400", "idempotencyKey": "slow"});
    wire.ask("chat.send", slow).await;
    let next = json!({"key": MAIN, "message": "and then this", "idempotencyKey": "next"});
    assert_valid("SessionsSendParams", &next);
    wire.ask("sessions.send", next).await;
    let history = wire.ask("chat.history", json!({"sessionKey": MAIN})).await;
    let waiting = &history["pendingInputs"];
    assert_eq!(waiting["total"], 1, "{history}");
    assert_eq!(waiting["items"][0]["message"]["content"], "and then this");
    let stopped = wire.ask("sessions.abort", json!({"key": MAIN})).await;
    assert_eq!(stopped["status"], "aborted");
    let ended = wire
        .ask("agent.wait", json!({"runId": "slow", "timeoutMs": 110_000}))
        .await;
    assert_eq!(ended["status"], "error");
}

#[tokio::test]
async fn what_a_client_made_wrong_is_said_and_nothing_happens() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    for (method, params) in [
        (
            "agent",
            json!({"message": "hi", "agentId": "nobody", "idempotencyKey": "a"}),
        ),
        ("agents.create", json!({"name": "!!!"})),
        ("agents.create", json!({"name": "main"})),
        ("agents.delete", json!({"agentId": "main"})),
        ("sessions.send", json!({"key": "no-such", "message": "hi"})),
        (
            "sessions.fork",
            json!({"sessionKey": MAIN, "entryId": "none"}),
        ),
        ("sessions.groups.rename", json!({"name": "none", "to": "x"})),
        ("sessions.resolve", json!({})),
        ("sessions.resolve", json!({"key": "nope"})),
        ("sessions.create", json!({"model": "nope/none"})),
        ("sessions.create", json!({"task": " "})),
        (
            "sessions.patch",
            json!({"key": "main", "model": "nope/none"}),
        ),
        (
            "gatehouse.sessions.spawn",
            json!({"task": "x", "model": "nope/none"}),
        ),
        ("sessions.create", json!({"key": "k".repeat(600)})),
        ("sessions.create", json!({"key": "one\ntwo\u{202e}"})),
        ("sessions.create", json!({"thinkingLevel": "bogus"})),
        (
            "sessions.patch",
            json!({"key": "main", "thinkingLevel": "bogus"}),
        ),
        (
            "chat.send",
            json!({"sessionKey": "main", "message": "\u{0}x", "idempotencyKey": "b"}),
        ),
        (
            "chat.send",
            json!({"sessionKey": "main", "message": "look", "idempotencyKey": "c",
                "attachments": [{"mimeType": "image/png", "content": "notbase64!!"}]}),
        ),
        (
            "agent",
            json!({"message": "hi", "idempotencyKey": "d", "channel": "telegram", "deliver": true}),
        ),
        (
            "chat.send",
            json!({"sessionKey": "agent:main:main", "agentId": "night", "message": "hi",
                "idempotencyKey": "e"}),
        ),
        (
            "sessions.create",
            json!({"key": "agent:main:work", "agentId": "night"}),
        ),
        ("sessions.compact", json!({"key": MAIN, "maxLines": 5})),
        ("sessions.create", json!({"key": "work", "incognito": true})),
        (
            "sessions.create",
            json!({"key": "work", "permissionMode": "read-only"}),
        ),
        (
            "sessions.patch",
            json!({"key": "main", "inheritedToolDeny": ["exec"]}),
        ),
        (
            "sessions.delete",
            json!({"key": "work", "deleteTranscript": false}),
        ),
        ("usage.cost", json!({"days": -5})),
        ("usage.cost", json!({"startDate": "yesterday"})),
        ("chat.history", json!({"sessionKey": 7})),
        ("exec.approval.request", json!({"command": "  "})),
    ] {
        let answer: Value = wire.request(method, params.clone()).await;
        assert_eq!(answer["ok"], false, "{method} {params}: {answer}");
        assert_eq!(
            answer["error"]["code"], "INVALID_REQUEST",
            "{method} {params}"
        );
    }
    let list = wire.ask("sessions.list", json!({})).await;
    assert_eq!(list["count"], 0, "{list}");
}

#[tokio::test]
async fn a_session_that_is_there_is_not_given_another_label_by_creating_it() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let named = |label: &str| json!({"key": "work", "label": label});
    wire.ask("sessions.create", named("first")).await;
    wire.ask("sessions.create", named("first")).await;
    let refused = wire.request("sessions.create", named("second")).await;
    assert_eq!(refused["error"]["code"], "INVALID_REQUEST", "{refused}");
}

#[tokio::test]
async fn the_cost_of_a_week_is_that_of_seven_days_and_tells_no_part_that_is_not_known() {
    let (_gateway, mut wire) = talked().await;
    for (params, days) in [
        (json!({"days": 7}), 7),
        (json!({}), 30),
        (json!({"range": "90d"}), 90),
        (
            json!({"startDate": "2026-02-27", "endDate": "2026-03-01"}),
            3,
        ),
    ] {
        let cost = wire.ask("usage.cost", params.clone()).await;
        assert_eq!(cost["days"], days, "{params}: {cost}");
        let totals = cost["totals"].as_object().unwrap();
        assert!(totals.contains_key("totalCost"), "{cost}");
        assert!(!totals.contains_key("inputCost"), "{cost}");
    }
}

#[tokio::test]
async fn a_session_offers_the_levels_of_thinking_that_it_takes() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let made = wire.ask("sessions.create", json!({"key": "deep"})).await;
    let levels = made["entry"]["thinkingOptions"].as_array().unwrap().clone();
    assert_eq!(levels.len(), 5, "{made}");
    for level in levels {
        let params = json!({"key": "deep", "thinkingLevel": level});
        let patched = wire.ask("sessions.patch", params).await;
        assert_eq!(patched["entry"]["thinkingLevel"], level, "{patched}");
    }
}

#[tokio::test]
async fn a_session_that_changed_since_it_was_seen_is_not_deleted() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let made = wire.ask("sessions.create", json!({"key": "work"})).await;
    let seen = made["entry"]["updatedAt"].as_u64().unwrap();
    let delete = |at: u64| json!({"key": "work", "expectedSessionUpdatedAt": at});
    let refused = wire.request("sessions.delete", delete(seen - 1)).await;
    let message = refused["error"]["message"].as_str().unwrap();
    assert!(message.contains("has changed"), "{refused}");
    let deleted = wire.ask("sessions.delete", delete(seen)).await;
    assert_eq!(deleted["deleted"], true, "{deleted}");
}

#[tokio::test]
async fn a_word_for_the_gateway_is_one_for_the_agent_where_that_is_said() {
    let (_gateway, mut wire) = talked().await;
    let said = json!({"sessionKey": MAIN, "message": "/new", "idempotencyKey": "word",
        "suppressCommandInterpretation": true});
    let sent = wire.ask("chat.send", said).await;
    assert_eq!(sent["status"], "started", "{sent}");
    let wait = json!({"runId": "word", "timeoutMs": 110_000});
    wire.ask("agent.wait", wait).await;
    let history = wire.ask("chat.history", json!({"sessionKey": MAIN})).await;
    assert_eq!(history["totalMessages"], 4, "{history}");
}
