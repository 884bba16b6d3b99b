//! HTTP on the gateway's port: liveness, tools, metrics, the control UI.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use gatehouse_gateway::auth::{AuthSettings, SharedSecret};
use gatehouse_gateway::{FolderAssets, ToolCall, ToolCalls, ToolFailure};
use serde_json::{Value, json};
use support::http::{self, Answer};
use support::{TOKEN, TestGateway, Wire};
use tokio::sync::Notify;

/// How often the tool that counts was called.
static COUNT: AtomicU32 = AtomicU32::new(0);

/// The slow tool is called, and may end.
static AT_WORK: Notify = Notify::const_new();
static GO_ON: Notify = Notify::const_new();

/// Answers what it was asked; some names fail in their own way.
struct Echo;

#[async_trait]
impl ToolCalls for Echo {
    async fn call(&self, call: ToolCall) -> Result<Value, ToolFailure> {
        match call.tool.as_str() {
            "missing" => Err(ToolFailure::NotAvailable),
            "picky" => Err(ToolFailure::Input("no such argument".into())),
            "guarded" => Err(ToolFailure::Denied("policy says no".into())),
            "broken" => Err(ToolFailure::Failed("it broke".into())),
            "slow" => {
                AT_WORK.notify_one();
                GO_ON.notified().await;
                Ok(json!("done"))
            }
            "counted" => Ok(json!(COUNT.fetch_add(1, Ordering::Relaxed))),
            _ => Ok(json!({"tool": call.tool, "args": call.args, "session": call.session_key})),
        }
    }
}

async fn gateway() -> TestGateway {
    TestGateway::with(|options| {
        options.web.tools = Some(Arc::new(Echo));
        options.config.gateway.tools.deny = vec!["browser".into()];
        options.config.gateway.tools.allow = vec!["gateway".into()];
    })
    .await
}

async fn invoke(gateway: &TestGateway, body: &str, token: Option<&str>) -> Answer {
    http::post(gateway.address(), "/tools/invoke", body, token).await
}

#[tokio::test]
async fn anyone_may_ask_whether_it_lives() {
    let gateway = TestGateway::start().await;
    for path in ["/health", "/healthz", "/ready", "/readyz"] {
        let answer = http::get(gateway.address(), path, None).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
}

#[tokio::test]
async fn a_tool_is_invoked_with_its_action_and_the_main_session_by_default() {
    let gateway = gateway().await;
    let body = r#"{"tool":"session_status","action":"json","args":{"a":1},"sessionKey":"main"}"#;
    let answer = invoke(&gateway, body, Some(TOKEN)).await;
    assert_eq!(answer.status, 200);
    let result =
        json!({"tool": "session_status", "args": {"a": 1, "action": "json"}, "session": null});
    assert_eq!(answer.json(), json!({"ok": true, "result": result}));
}

#[tokio::test]
async fn each_failure_has_its_published_status() {
    let gateway = gateway().await;
    let cases = [
        (r#"{"tool":"exec"}"#, 404, "not_found"),
        (r#"{"tool":"write"}"#, 404, "not_found"),
        (r#"{"tool":"edit"}"#, 404, "not_found"),
        (r#"{"tool":"apply_patch"}"#, 404, "not_found"),
        (r#"{"tool":"process"}"#, 404, "not_found"),
        (r#"{"tool":"whatsapp_login"}"#, 404, "not_found"),
        (r#"{"tool":"browser"}"#, 404, "not_found"),
        (r#"{"tool":"missing"}"#, 404, "not_found"),
        (r#"{"tool":"picky"}"#, 400, "tool_error"),
        (r#"{"tool":"guarded"}"#, 403, "tool_call_blocked"),
        (r#"{"tool":"broken"}"#, 500, "tool_error"),
        (r#"{"args":{}}"#, 400, "invalid_request"),
        ("not json", 400, "invalid_request"),
        (r#"{"tool":"t","dryRun":true}"#, 400, "invalid_request"),
        (r#"{"tool":"t","dryRun":"yes"}"#, 400, "invalid_request"),
        (r#"{"tool":"x","args":[]}"#, 400, "invalid_request"),
        (
            r#"{"tool":"x","sessionKey":"agent:ops:main","agentId":"main"}"#,
            400,
            "invalid_request",
        ),
    ];
    for (body, status, kind) in cases {
        let answer = invoke(&gateway, body, Some(TOKEN)).await;
        assert_eq!(answer.status, status, "{body}");
        assert_eq!(answer.json()["ok"], false, "{body}");
        assert_eq!(answer.json()["error"]["type"], kind, "{body}");
    }
    for (body, field) in [
        (r#"{"tool":"x","args":[]}"#, "/args: must be an object"),
        (r#"{"tool":7}"#, "/tool: must be a string"),
        (
            r#"{"tool":"x","sessionKey":{}}"#,
            "/sessionKey: must be a string",
        ),
    ] {
        let answer = invoke(&gateway, body, Some(TOKEN)).await;
        let words = answer.json()["error"]["message"].clone();
        assert!(
            words.as_str().unwrap_or_default().contains(field),
            "{body}: {words}"
        );
    }
    let allowed = invoke(&gateway, r#"{"tool":"gateway"}"#, Some(TOKEN)).await;
    assert_eq!(
        allowed.status, 200,
        "the configuration takes it off the list"
    );
    let wrong_method = http::get(gateway.address(), "/tools/invoke", Some(TOKEN)).await;
    assert_eq!(wrong_method.status, 405);
}

#[tokio::test]
async fn a_route_that_is_asked_in_another_way_says_so_in_the_shape_of_every_error() {
    let gateway = TestGateway::start().await;
    for path in ["/health", "/ready", "/metrics", "/avatar/main"] {
        let answer = http::post(gateway.address(), path, "{}", Some(TOKEN)).await;
        assert_eq!(answer.status, 405, "{path}");
        assert_eq!(
            answer.json()["error"]["type"],
            "method_not_allowed",
            "{path}"
        );
        assert_eq!(answer.header("allow"), Some("GET, HEAD"), "{path}");
    }
    let answer = http::get(gateway.address(), "/tools/invoke", Some(TOKEN)).await;
    assert_eq!(answer.header("allow"), Some("POST"));
}

#[tokio::test]
async fn what_programs_ask_for_and_is_not_there_is_not_answered_with_the_page() {
    let gateway = TestGateway::with(|options| {
        let page = options.state_dir.join("page");
        std::fs::create_dir(&page).unwrap();
        std::fs::write(page.join("index.html"), "<title>page</title>").unwrap();
        options.web.assets = Some(std::sync::Arc::new(FolderAssets(page)));
    })
    .await;
    for path in ["/v1/models", "/hooks/x", "/api/x"] {
        let answer = http::get(gateway.address(), path, None).await;
        assert_eq!(answer.status, 404, "{path}");
    }
    for path in ["/v1/chat/completions", "/hooks/x", "/nope"] {
        let answer = http::post(gateway.address(), path, "{}", Some(TOKEN)).await;
        assert_eq!(answer.status, 404, "{path}");
    }
    let place = http::get(gateway.address(), "/sessions", None).await;
    assert_eq!(place.status, 200);
    let root = http::post(gateway.address(), "/", "{}", Some(TOKEN)).await;
    assert_eq!(
        (root.status, root.header("allow")),
        (405, Some("GET, HEAD"))
    );
}

#[tokio::test]
async fn a_call_that_is_wrong_in_itself_is_told_apart_from_one_that_fails() {
    let gateway = TestGateway::start().await;
    let cases = [
        (r#"{"tool":"session_status"}"#, 200),
        (r#"{"tool":"session_status","sessionKey":"main"}"#, 200),
        (
            r#"{"tool":"session_status","args":{"sessionKey":"other"}}"#,
            400,
        ),
        (r#"{"tool":"read","args":{"path":"missing.txt"}}"#, 400),
        (r#"{"tool":"read","args":{"path":7}}"#, 400),
        (r#"{"tool":"read"}"#, 400),
        (
            r#"{"tool":"read","args":{"path":"../../outside.txt"}}"#,
            400,
        ),
        (r#"{"tool":"ls","args":{"path":"/etc"}}"#, 400),
        // No such session is a wrong input, as one that is not this agent's is.
        (
            r#"{"tool":"sessions_history","args":{"sessionKey":"nobody"}}"#,
            400,
        ),
        (
            r#"{"tool":"session_status","args":{"sessionKey":"agent:other:main"}}"#,
            400,
        ),
    ];
    for (body, status) in cases {
        let answer = invoke(&gateway, body, Some(TOKEN)).await;
        assert_eq!(answer.status, status, "{body}: {}", answer.body);
    }
    let status = invoke(&gateway, r#"{"tool":"session_status"}"#, Some(TOKEN)).await;
    let details = &status.json()["result"]["details"];
    assert_eq!(details["key"], "agent:main:main", "{details}");
    let mut wire = gateway.client(&["operator.read"]).await;
    let list = wire.ask("sessions.list", json!({})).await;
    assert_eq!(list["sessions"], json!([]), "asking makes none");
}

#[tokio::test]
async fn without_authentication_a_request_has_to_name_this_machine() {
    let gateway = TestGateway::with(|options| options.auth = AuthSettings::None).await;
    let address = gateway.address();
    let upgrade = "connection: Upgrade, close\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n\
        sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
    let paths = [
        "/metrics",
        "/health",
        "/ready",
        "/tools/invoke",
        "/avatar/main",
        "/",
    ];
    for (host, elsewhere) in [
        (format!("host: {address}\r\n"), false),
        ("host: localhost:1\r\n".to_owned(), false),
        ("host: evil.example\r\n".to_owned(), true),
        ("host: localhost\r\nhost: evil.example\r\n".to_owned(), true),
        (String::new(), true),
    ] {
        for path in paths {
            let text = format!("GET {path} HTTP/1.1\r\n{host}connection: close\r\n\r\n");
            let answer = http::send(address, &text).await;
            assert_eq!(answer.status == 421, elsewhere, "{path} {host}");
            assert_eq!(
                answer.body.contains("localhost"),
                elsewhere,
                "{path} {host}"
            );
        }
        if elsewhere {
            let text = format!("GET / HTTP/1.1\r\n{host}{upgrade}\r\n");
            assert_eq!(http::send(address, &text).await.status, 421, "{host}");
        }
    }
    let mut wire = gateway.dial().await;
    assert_eq!(wire.connect(&["operator.read"]).await["ok"], true);
}

#[tokio::test]
async fn two_megabytes_are_taken_and_more_are_not() {
    let gateway = gateway().await;
    let body = |size: usize| format!(r#"{{"tool":"t","args":{{"a":"{}"}}}}"#, "x".repeat(size));
    let fits = invoke(&gateway, &body(2 * 1024 * 1024 - 100), Some(TOKEN)).await;
    assert_eq!(fits.status, 200);
    let too_much = invoke(&gateway, &body(2 * 1024 * 1024 + 100), Some(TOKEN)).await;
    assert_eq!(too_much.status, 413);
}

#[tokio::test]
async fn nothing_goes_without_the_secret_and_guessing_is_locked_out() {
    let gateway = TestGateway::with(|options| {
        options.web.tools = Some(Arc::new(Echo));
        options.config.gateway.auth.rate_limit.exempt_loopback = false;
        options.config.gateway.auth.rate_limit.max_attempts = 3;
    })
    .await;
    let body = r#"{"tool":"t"}"#;
    assert_eq!(invoke(&gateway, body, None).await.status, 401);
    assert_eq!(
        http::get(gateway.address(), "/metrics", None).await.status,
        401
    );
    for _ in 0..3 {
        assert_eq!(invoke(&gateway, body, Some("guess")).await.status, 401);
    }
    let locked = invoke(&gateway, body, Some(TOKEN)).await;
    assert_eq!(locked.status, 429);
    assert!(
        locked
            .header("retry-after")
            .unwrap()
            .parse::<u64>()
            .unwrap()
            > 0
    );
}

#[tokio::test]
async fn a_password_is_kept_slowly_hashed_and_opens_all_the_same() {
    let hash = SharedSecret::hash_chosen("correct horse").unwrap();
    let gateway = TestGateway::with(|options| {
        options.web.tools = Some(Arc::new(Echo));
        options.auth = AuthSettings::Password(SharedSecret::from_hash(&hash).unwrap());
    })
    .await;
    for _ in 0..2 {
        let answer = invoke(&gateway, r#"{"tool":"t"}"#, Some("correct horse")).await;
        assert_eq!(answer.status, 200);
    }
    assert_eq!(
        invoke(&gateway, r#"{"tool":"t"}"#, Some("battery"))
            .await
            .status,
        401
    );
}

#[tokio::test]
async fn metrics_count_handshakes_and_requests_and_name_no_secret() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&["operator.read"]).await;
    wire.ask("health", json!({})).await;
    let answer = http::get(gateway.address(), "/metrics", Some(TOKEN)).await;
    assert_eq!(answer.status, 200);
    assert!(
        answer
            .body
            .contains("gatehouse_handshakes_total{outcome=\"ok\"} 1")
    );
    assert!(
        answer
            .body
            .contains("gatehouse_requests_total{method=\"health\"} 1")
    );
    assert!(!answer.body.contains(TOKEN));
}

#[tokio::test]
async fn the_page_is_served_with_a_policy_and_nothing_beside_it() {
    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("ui");
    std::fs::create_dir_all(page.join("assets")).unwrap();
    std::fs::write(page.join("index.html"), "<!doctype html>the page").unwrap();
    std::fs::write(page.join("assets/app.js"), "1").unwrap();
    std::fs::write(folder.path().join("secret.txt"), "secret").unwrap();
    let gateway = TestGateway::with(|options| {
        options.web.assets = Some(Arc::new(FolderAssets(page)));
    })
    .await;
    let get = async |path: &str| http::get(gateway.address(), path, None).await;
    let index = get("/").await;
    assert_eq!((index.status, index.body.contains("the page")), (200, true));
    let policy = index.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    assert!(!index.body.contains(TOKEN));
    let script = get("/assets/app.js").await;
    assert!(
        script
            .header("cache-control")
            .unwrap()
            .contains("immutable")
    );
    assert_eq!(
        get("/sessions/agent:main:main").await.status,
        200,
        "a place inside the page"
    );
    for path in [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/assets/../../secret.txt",
        "/missing.js",
        "/assets/missing.js",
        "/assets/missing",
        "/assets",
    ] {
        let answer = get(path).await;
        assert!(
            answer.status == 404 && !answer.body.contains("secret"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_same_key_is_answered_the_same_and_the_tool_is_called_once() {
    let gateway = gateway().await;
    let keyed = |key: &str, args: &str| {
        format!(r#"{{"tool":"counted","idempotencyKey":"{key}","args":{{{args}}}}}"#)
    };
    let first = invoke(&gateway, &keyed("one", ""), Some(TOKEN)).await;
    assert_eq!(first.status, 200, "{}", first.body);
    let again = invoke(&gateway, &keyed("one", ""), Some(TOKEN)).await;
    assert_eq!((again.status, again.body), (200, first.body.clone()));
    let other = invoke(&gateway, &keyed("two", ""), Some(TOKEN)).await;
    assert_ne!(other.body, first.body);
    let misused = invoke(&gateway, &keyed("one", r#""a":1"#), Some(TOKEN)).await;
    assert_eq!(misused.status, 400, "{}", misused.body);
}

#[tokio::test]
async fn scopes_that_whoever_is_in_front_leaves_out_are_missing_and_a_secret_has_them_all() {
    let body = r#"{"tool":"t"}"#;
    let asked = |scopes: &str, token: &str| {
        format!(
            "POST /tools/invoke HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{token}{scopes}\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let open = TestGateway::with(|options| {
        options.web.tools = Some(Arc::new(Echo));
        options.auth = AuthSettings::None;
    })
    .await;
    for (scopes, status) in [
        ("", 200),
        ("x-openclaw-scopes: operator.read, operator.write\r\n", 200),
        ("x-openclaw-scopes: operator.admin\r\n", 200),
        ("x-openclaw-scopes: operator.read\r\n", 403),
        ("x-openclaw-scopes: \r\n", 403),
    ] {
        let answer = http::send(open.address(), &asked(scopes, "")).await;
        assert_eq!(answer.status, status, "{scopes:?}: {}", answer.body);
    }
    let gateway = gateway().await;
    let token = format!("authorization: Bearer {TOKEN}\r\n");
    let scopes = "x-openclaw-scopes: operator.read\r\n";
    let answer = http::send(gateway.address(), &asked(scopes, &token)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn the_picture_of_an_agent_is_in_the_workspace_that_it_has() {
    let gateway = TestGateway::with(|options| {
        options.config.raw = json!({"agents": {"list": [
            {"id": "main", "identity": {"avatar": "me.png"}},
            {"id": "Night", "identity": {"avatar": "me.png"}},
            {"id": "drafts", "workspace": "my/drafts", "identity": {"avatar": "me.png"}},
        ]}});
        for workspace in ["workspace", "workspace-night", "my/drafts"] {
            let folder = options.state_dir.join(workspace);
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("me.png"), workspace).unwrap();
        }
    })
    .await;
    for (agent, picture) in [
        ("main", "workspace"),
        ("night", "workspace-night"),
        ("Night", "workspace-night"),
        // Wherever the gateway was started.
        ("drafts", "my/drafts"),
    ] {
        let path = format!("/avatar/{agent}");
        let answer = http::get(gateway.address(), &path, Some(TOKEN)).await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (200, picture),
            "{agent}"
        );
        assert_eq!(answer.header("content-type"), Some("image/png"));
    }
    let none = http::get(gateway.address(), "/avatar/nobody", Some(TOKEN)).await;
    assert_eq!(none.status, 404);
    let stranger = http::get(gateway.address(), "/avatar/main", None).await;
    assert_eq!(stranger.status, 401);
}

#[tokio::test]
async fn sessions_are_listed_by_their_kinds_and_no_number_of_minutes_is_too_odd() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&["operator.read", "operator.write"]).await;
    for key in ["main", "slack:channel:C1", "build"] {
        wire.ask("sessions.create", json!({"key": key})).await;
    }
    for (args, keys) in [
        (json!({}), 3),
        (json!({"kinds": ["main"]}), 1),
        (json!({"kinds": ["Main", "group"]}), 2),
        (json!({"kinds": ["subagent"]}), 0),
        (json!({"kinds": ["other"], "limit": 1}), 1),
        (json!({"activeMinutes": i64::MIN}), 0),
        (json!({"activeMinutes": i64::MAX}), 3),
    ] {
        let body = json!({"tool": "sessions_list", "args": args}).to_string();
        let answer = invoke(&gateway, &body, Some(TOKEN)).await;
        assert_eq!(answer.status, 200, "{body}: {}", answer.body);
        let count = &answer.json()["result"]["details"]["count"];
        assert_eq!(*count, keys, "{body}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_tool_at_work_makes_no_room_for_a_flood_of_strangers() {
    let gateway = TestGateway::with(|options| {
        options.web.tools = Some(Arc::new(Echo));
        options.limits.half_open = 4;
    })
    .await;
    let address = gateway.address();
    let asked = tokio::spawn(async move {
        http::post(address, "/tools/invoke", r#"{"tool": "slow"}"#, Some(TOKEN)).await
    });
    AT_WORK.notified().await;
    let mut strangers = Vec::new();
    for _ in 0..16 {
        strangers.push(Wire::dial(address).await);
    }
    GO_ON.notify_one();
    assert_eq!(asked.await.unwrap().status, 200);
}
