//! The configuration while the gateway runs: what clients see and change, and what an edit of the file does.
#![allow(clippy::unwrap_used)]

mod support;

use std::path::Path;
use std::time::Duration;

use gatehouse_gateway::StartOptions;
use gatehouse_gateway::config::{Env, Flags, SecretFlag, prepare};
use gatehouse_protocol::Secret;
use serde_json::{Value, json};
use support::schema::assert_valid;
use support::{ALL_SCOPES, TOKEN, TestGateway};

const KEY: &str = "provider-key-that-nobody-sees";

fn start_text() -> String {
    format!(
        "{{ // a person's own words\n gateway: {{port: 0, reload: {{debounceMs: 20}}}},\n \
         models: {{providers: {{mine: {{apiKey: '{KEY}', baseUrl: 'http://127.0.0.1:1'}}}}}} }}"
    )
}

/// A gateway whose configuration is this file.
async fn gateway(text: &str) -> TestGateway {
    TestGateway::with(|options| {
        let folder = options.state_dir.clone();
        std::fs::write(folder.join("gatehouse.json"), text).unwrap();
        let flags = Flags {
            token: Secret::new(TOKEN).map(SecretFlag::Text),
            ..Flags::default()
        };
        let prepared = prepare(&folder, &flags, &Env::new()).unwrap();
        *options = StartOptions::prepared(prepared, Env::new(), folder);
    })
    .await
}

fn file(gateway: &TestGateway) -> String {
    std::fs::read_to_string(gateway.state.path().join("gatehouse.json")).unwrap()
}

#[tokio::test]
async fn what_is_shown_keeps_the_persons_words_and_hides_the_secrets() {
    let gateway = gateway(&start_text()).await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let shown = wire.ask("config.get", json!({})).await;
    assert!(!shown.to_string().contains(KEY));
    assert!(
        shown["raw"]
            .as_str()
            .unwrap()
            .contains("a person's own words")
    );
    assert_eq!(
        shown["parsed"]["models"]["providers"]["mine"]["apiKey"],
        "__OPENCLAW_REDACTED__"
    );
    assert_eq!(shown["valid"], true);
}

#[tokio::test]
async fn an_edit_names_its_base_keeps_hidden_secrets_and_is_told_to_others() {
    let gateway = gateway(&start_text()).await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let mut other = gateway.client(&["operator.read"]).await;
    let shown = wire.ask("config.get", json!({})).await;
    let mut edited = shown["parsed"].clone();
    edited["gateway"]["controlUi"] = json!({"allowedOrigins": ["https://ui.example"]});
    let raw = edited.to_string();

    let without = wire.request("config.set", json!({"raw": raw})).await;
    assert_eq!(without["error"]["code"], "INVALID_REQUEST");
    let done = wire
        .ask("config.set", json!({"raw": raw, "baseHash": shown["hash"]}))
        .await;
    assert_eq!(done["restart"]["required"], false);
    assert!(!done.to_string().contains(KEY));
    assert!(file(&gateway).contains(KEY), "the secret is still there");
    let event = other.event("config.changed").await;
    assert_eq!(event["payload"]["hash"], done["hash"]);

    let stale = wire
        .request(
            "config.set",
            json!({"raw": "{}", "baseHash": shown["hash"]}),
        )
        .await;
    assert!(
        stale["error"]["message"]
            .as_str()
            .unwrap()
            .contains("config changed")
    );
    assert!(gateway.state.path().join("gatehouse.json.bak").exists());
    let config = gateway.running.app().config.current();
    assert_eq!(
        config.gateway.control_ui.allowed_origins,
        ["https://ui.example"]
    );
}

#[tokio::test]
async fn a_url_is_shown_without_who_signs_in_and_keeps_it() {
    let gateway = gateway(&start_text()).await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let shown = wire.ask("config.get", json!({})).await;
    let mut edited = shown["parsed"].clone();
    edited["models"]["providers"]["mine"]["baseUrl"] =
        json!("https://user:URLSECRET99@example.invalid/v1?key=QUERYSECRET99");
    let set = json!({"raw": edited.to_string(), "baseHash": shown["hash"]});
    let mut answers = vec![wire.ask("config.set", set).await];
    answers.push(wire.ask("config.get", json!({})).await);
    let patch = json!({"models": {"providers": {"mine": {
        "baseUrl": answers[1]["parsed"]["models"]["providers"]["mine"]["baseUrl"]
            .as_str().unwrap().replace("/v1", "/v2"),
    }}}});
    let patch = json!({"raw": patch.to_string(), "baseHash": answers[1]["hash"]});
    answers.push(wire.ask("config.patch", patch).await);
    answers.push(wire.ask("config.get", json!({})).await);
    for answer in answers {
        let text = answer.to_string();
        assert!(!text.contains("SECRET99"), "{text}");
        assert!(text.contains("@example.invalid/v"), "{text}");
    }
    let kept = "https://user:URLSECRET99@example.invalid/v2?key=QUERYSECRET99";
    assert!(file(&gateway).contains(kept), "{}", file(&gateway));
}

#[tokio::test]
async fn a_patch_merges_says_what_needs_a_restart_and_takes_no_list_apart_silently() {
    let gateway = gateway("{gateway: {port: 0, tools: {deny: ['a', 'b']}}}").await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let hash = wire.ask("config.get", json!({})).await["hash"].clone();
    let shrinking = json!({"raw": "{gateway: {tools: {deny: ['a']}}}", "baseHash": hash});
    let answer = wire.request("config.patch", shrinking.clone()).await;
    assert!(
        answer["error"]["message"]
            .as_str()
            .unwrap()
            .contains("gateway.tools.deny")
    );
    let mut named = shrinking;
    named["replacePaths"] = json!(["gateway.tools.deny"]);
    let done = wire.ask("config.patch", named).await;
    let patch = json!({"raw": "{gateway: {port: 1234}}", "baseHash": done["hash"]});
    let done = wire.ask("config.patch", patch).await;
    assert_eq!(
        done["restart"],
        json!({"required": true, "paths": ["gateway.port"]})
    );
    assert_eq!(done["config"]["gateway"]["tools"]["deny"], json!(["a"]));
}

#[tokio::test]
async fn an_invalid_edit_changes_nothing_and_lists_every_mistake() {
    let gateway = gateway(&start_text()).await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let before = file(&gateway);
    let hash = wire.ask("config.get", json!({})).await["hash"].clone();
    let raw = "{gateway: {prot: 1, auth: {mode: 'tokne'}}}";
    let answer = wire
        .request("config.set", json!({"raw": raw, "baseHash": hash}))
        .await;
    let issues = answer["error"]["details"]["issues"].as_array().unwrap();
    assert_eq!(issues.len(), 2);
    assert!(
        issues[0]["message"]
            .as_str()
            .unwrap()
            .contains("did you mean \"port\"")
    );
    assert_eq!(file(&gateway), before);
}

#[tokio::test]
async fn only_administrators_change_the_configuration() {
    let gateway = gateway(&start_text()).await;
    let mut wire = gateway.client(&["operator.read", "operator.write"]).await;
    let answer = wire.request("config.set", json!({"raw": "{}"})).await;
    assert_eq!(answer["error"]["details"]["missingScope"], "operator.admin");
}

async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..500 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{what} did not come about");
}

#[tokio::test]
async fn a_good_edit_of_the_file_takes_effect_and_a_bad_one_leaves_the_last_good_one() {
    let gateway = gateway(&start_text()).await;
    let path = gateway.state.path().join("gatehouse.json");
    let write = |path: &Path, text: &str| {
        let beside = path.with_extension("tmp");
        std::fs::write(&beside, text).unwrap();
        std::fs::rename(beside, path).unwrap();
    };
    let app = gateway.running.app().clone();
    let denied = || app.config.current().gateway.tools.deny.clone();
    write(
        &path,
        "{gateway: {reload: {debounceMs: 20}, tools: {deny: ['x']}}}",
    );
    until("the edit", || denied() == ["x"]).await;

    write(&path, "{gateway: {toolz: {}}}");
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let mut shown = Value::Null;
    for _ in 0..500 {
        shown = wire.ask("config.get", json!({})).await;
        if shown["valid"] == false {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(
        shown["issues"][0]["message"]
            .as_str()
            .unwrap()
            .contains("did you mean \"tools\"")
    );
    assert_eq!(denied(), ["x"]);

    write(&path, "{gateway: {tools: {deny: ['y']}}}");
    until("the mended edit", || denied() == ["y"]).await;
}

#[tokio::test]
async fn what_waits_for_the_next_start_is_named_until_it_is_taken_back() {
    let gateway = gateway("{gateway: {port: 0, reload: {debounceMs: 20}}}").await;
    let path = gateway.state.path().join("gatehouse.json");
    let app = gateway.running.app().clone();
    let denied = || app.config.current().gateway.tools.deny.clone();
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let port = "{gateway: {port: 4, reload: {debounceMs: 20}, tools: {deny: ['x']}}}";
    std::fs::write(&path, port).unwrap();
    until("the edit", || denied() == ["x"]).await;
    let shown = wire.ask("config.get", json!({})).await;
    assert_eq!(shown["valid"], true);
    let warnings = shown["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 1, "what counts at once does not wait");
    assert_eq!(warnings[0]["path"], "gateway.port");

    std::fs::write(&path, "{gateway: {port: 0, reload: {debounceMs: 20}}}").unwrap();
    until("the edit taken back", || denied().is_empty()).await;
    let shown = wire.ask("config.get", json!({})).await;
    assert_eq!(shown["warnings"], json!([]));
}

#[tokio::test]
async fn a_file_that_is_emptied_or_removed_leaves_the_last_good_one_in_force() {
    let text = "{gateway: {port: 0, reload: {debounceMs: 20}, tools: {deny: ['x']}}}";
    let gateway = gateway(text).await;
    let path = gateway.state.path().join("gatehouse.json");
    let app = gateway.running.app().clone();
    let status = || app.health.current().snapshot["configReload"]["hotReloadStatus"].clone();
    let denied = || app.config.current().gateway.tools.deny.clone();
    let removed = |path: &Path| std::fs::remove_file(path).unwrap();
    let emptied = |path: &Path| std::fs::write(path, "").unwrap();
    let blanked = |path: &Path| std::fs::write(path, " \n\n").unwrap();
    let mut wire = gateway.client(&ALL_SCOPES).await;
    for spoil in [removed, emptied, blanked] {
        spoil(&path);
        until("the refusal", || status() == "invalid").await;
        assert_eq!(denied(), ["x"]);
        let shown = wire.ask("config.get", json!({})).await;
        assert_eq!(shown["valid"], false);
        let issue = shown["issues"][0]["message"].as_str().unwrap();
        assert!(issue.contains("empty or gone"), "{issue}");
        std::fs::write(&path, text).unwrap();
        until("the mended file", || status() == "active").await;
    }
    std::fs::write(&path, "{}").unwrap();
    until("that none are wanted", || denied().is_empty()).await;
}

#[tokio::test]
async fn the_schema_and_every_lookup_have_the_published_shape() {
    let gateway = gateway(&start_text()).await;
    let mut wire = gateway.client(&["operator.read"]).await;
    assert_valid(
        "ConfigSchemaResponse",
        &wire.ask("config.schema", json!({})).await,
    );
    for path in [
        "gateway",
        "gateway.auth.mode",
        "models.providers.mine.apiKey",
        "agents.list[0].id",
    ] {
        let found = wire
            .ask("config.schema.lookup", json!({"path": path}))
            .await;
        assert_valid("ConfigSchemaLookupResult", &found);
    }
    let missing = wire
        .request("config.schema.lookup", json!({"path": "no.such"}))
        .await;
    assert_eq!(missing["error"]["message"], "config schema path not found");
}

#[tokio::test]
async fn the_log_is_read_from_where_a_client_left_off() {
    let gateway = TestGateway::with(|options| {
        let file = options.state_dir.join("gateway.log");
        std::fs::write(&file, "first\nsecond\n").unwrap();
        options.log_file = Some(file);
    })
    .await;
    let mut wire = gateway.client(&["operator.read"]).await;
    let tail = wire.ask("logs.tail", json!({"limit": 1})).await;
    assert_valid("LogsTailResult", &tail);
    assert_eq!(tail["lines"], json!(["second"]));
    let path = gateway.state.path().join("gateway.log");
    std::fs::write(path, "first\nsecond\nthird\n").unwrap();
    let tail = wire
        .ask("logs.tail", json!({"cursor": tail["cursor"]}))
        .await;
    assert_eq!(tail["lines"], json!(["third"]));
    let wrong = wire.request("logs.tail", json!({"limit": 0})).await;
    assert_eq!(wrong["error"]["code"], "INVALID_REQUEST");
}

/// What the audit says of changes of the configuration, the oldest first, once there are so many.
async fn recorded(gateway: &TestGateway, least: usize) -> Vec<String> {
    let mut wire = gateway.client(&ALL_SCOPES).await;
    loop {
        let listed = wire
            .ask("gatehouse.audit.list", json!({"kinds": ["config.changed"]}))
            .await;
        let records = listed["records"].as_array().unwrap().iter().rev();
        let what = records.map(|record| record["what"].as_str().unwrap().to_owned());
        let what: Vec<_> = what.collect();
        if what.len() >= least {
            return what;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_change_that_was_made_while_the_gateway_did_not_run_is_recorded_at_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let start = async || {
        TestGateway::with(|options| {
            let flags = Flags {
                token: Secret::new(TOKEN).map(SecretFlag::Text),
                ..Flags::default()
            };
            let prepared = prepare(folder.path(), &flags, &Env::new()).unwrap();
            *options = StartOptions::prepared(prepared, Env::new(), folder.path().to_owned());
        })
        .await
    };
    let write = |text: &str| std::fs::write(folder.path().join("gatehouse.json"), text).unwrap();
    write("{ gateway: { port: 0 } }");
    let gateway = start().await;
    assert_eq!(
        recorded(&gateway, 0).await,
        [""; 0],
        "nothing was there before"
    );
    gateway.running.stop("edited meanwhile").await;
    write("{ gateway: { port: 0 }, logging: { level: 'debug' } }");
    for start_number in 0..2 {
        let gateway = start().await;
        let told = recorded(&gateway, 1).await;
        assert_eq!(
            told.len(),
            1,
            "it is said once, start {start_number}: {told:?}"
        );
        assert!(
            told[0].contains("while the gateway did not run"),
            "{told:?}"
        );
        gateway.running.stop("again").await;
    }
    let gateway = start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let base = wire.ask("config.get", json!({})).await["hash"].clone();
    let patch = json!({"raw": "{ logging: { level: 'info' } }", "baseHash": base});
    wire.ask("config.patch", patch).await;
    drop(wire);
    gateway.running.stop("changed by a call").await;
    let told = recorded(&start().await, 2).await;
    assert_eq!(
        told.len(),
        2,
        "what a call changed is recorded by it alone: {told:?}"
    );
}

const OF_A_CHANGE: [&str; 3] = ["config.changing", "config.changed", "config.unchanged"];

#[tokio::test]
async fn a_change_is_recorded_before_the_file_is_written_and_what_came_of_it_after() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = with_a_file(folder.path()).await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let base = wire.ask("config.get", json!({})).await["hash"].clone();
    let patch = json!({"raw": "{ logging: { level: 'warn' } }", "baseHash": base});
    wire.ask("config.patch", patch.clone()).await;
    let told = wire
        .ask("gatehouse.audit.list", json!({"kinds": OF_A_CHANGE}))
        .await;
    let (changed, changing) = (&told["records"][0], &told["records"][1]);
    assert_eq!(changing["kind"], "config.changing", "{told}");
    assert_eq!(
        changing["what"],
        "the configuration is about to be changed at logging.level"
    );
    assert_eq!(changed["kind"], "config.changed");
    assert_eq!(changed["json"]["intent"], changing["seq"], "{changed}");

    let stale = wire.request("config.patch", patch).await;
    assert_eq!(stale["ok"], false);
    let after = wire
        .ask("gatehouse.audit.list", json!({"kinds": OF_A_CHANGE}))
        .await;
    assert_eq!(after["records"], told["records"], "nothing was to be made");
}

#[tokio::test]
async fn what_could_not_be_written_is_recorded_as_not_changed() {
    let folder = tempfile::tempdir().unwrap();
    let gateway = with_a_file(folder.path()).await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let base = wire.ask("config.get", json!({})).await["hash"].clone();
    // Nothing can be put in the place of a folder that is not empty.
    let file = folder.path().join("gatehouse.json");
    let beside = folder.path().join("gatehouse.json.bak");
    std::fs::create_dir_all(beside.join("in the way")).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let patch = json!({"raw": "{ logging: { level: 'warn' } }", "baseHash": base});
    let answer = wire.request("config.patch", patch).await;
    assert_eq!(answer["ok"], false, "{answer}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text);
    let told = wire
        .ask("gatehouse.audit.list", json!({"kinds": OF_A_CHANGE}))
        .await;
    let kinds = (&told["records"][0]["kind"], &told["records"][1]["kind"]);
    assert_eq!(
        kinds,
        (&json!("config.unchanged"), &json!("config.changing")),
        "{told}"
    );
}

/// A gateway whose configuration is a file in a folder of its own.
async fn with_a_file(folder: &std::path::Path) -> TestGateway {
    std::fs::write(folder.join("gatehouse.json"), "{ gateway: { port: 0 } }").unwrap();
    TestGateway::with(|options| {
        let flags = Flags {
            token: Secret::new(TOKEN).map(SecretFlag::Text),
            ..Flags::default()
        };
        let prepared = prepare(folder, &flags, &Env::new()).unwrap();
        *options = StartOptions::prepared(prepared, Env::new(), folder.to_owned());
    })
    .await
}

#[tokio::test]
async fn what_was_brought_up_to_date_before_the_start_is_in_the_audit() {
    let gateway = gateway("{gateway: {port: 0, token: 'of-an-older-name'}}").await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let list = wire
        .ask("gatehouse.audit.list", json!({"kinds": ["config.changed"]}))
        .await;
    let text = list.to_string();
    assert!(
        text.contains("gateway.token is now gateway.auth.token"),
        "{text}"
    );
    assert!(!text.contains("of-an-older-name"), "{text}");
}

#[tokio::test]
async fn a_refused_configuration_says_in_its_message_what_is_wrong() {
    let gateway = gateway("{gateway: {port: 0}}").await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let now = wire.ask("config.get", json!({})).await;
    let params = json!({"raw": "{gateway: {prt: 1}}", "baseHash": now["hash"]});
    let refused = wire.request("config.set", params).await;
    let words = refused["error"]["message"].as_str().unwrap();
    assert!(words.contains("prt") && words.contains("port"), "{refused}");
}

#[tokio::test]
async fn comments_that_a_write_loses_are_kept_beside_the_file_without_the_secrets() {
    let gateway = gateway(&start_text()).await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let shown = wire.ask("config.get", json!({})).await;
    let patch = json!({
        "raw": "{gateway: {controlUi: {allowedOrigins: ['https://ui.example']}}}",
        "baseHash": shown["hash"],
    });
    let done = wire.ask("config.patch", patch).await;
    let path = done["commentsKeptIn"].as_str().unwrap();
    let kept = std::fs::read_to_string(path).unwrap();
    assert!(kept.contains("// a person's own words"), "{kept}");
    assert!(kept.contains("debounceMs: 20"), "as it was written: {kept}");
    assert!(!kept.contains(KEY), "{kept}");
    assert!(!file(&gateway).contains("own words"));

    // A text that brings its own comments loses none.
    let raw = "{ /* new */ gateway: {port: 0, reload: {debounceMs: 20}} }";
    let set = json!({"raw": raw, "baseHash": done["hash"]});
    let done = wire.ask("config.set", set).await;
    assert_eq!(done.get("commentsKeptIn"), None, "{done}");
    assert_eq!(file(&gateway), raw);
}

#[test]
fn comments_that_an_update_of_names_loses_are_kept_and_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("gatehouse.json");
    let text = "{ // why it is so\n agent: {model: 'p/m'}, gateway: {token: 'hunter2-of-old'} }";
    std::fs::write(&own, text).unwrap();
    let prepared = prepare(folder.path(), &Flags::default(), &Env::new()).unwrap();
    let kept = folder.path().join("gatehouse.json.comments");
    let said = prepared.notes.join("\n");
    assert!(said.contains(&*kept.to_string_lossy()), "{said}");
    let kept = std::fs::read_to_string(kept).unwrap();
    assert!(kept.contains("// why it is so"), "{kept}");
    assert!(!kept.contains("hunter2"), "{kept}");
}

#[tokio::test]
async fn an_agent_of_the_configuration_is_changed_there() {
    for agents in [
        "{list: [{id: 'other'}, {id: 'Main', default: true, model: {primary: 'a/b', fallbacks: ['c/d']}}]}",
        "{entries: {Main: {identity: {emoji: 'x'}, model: {primary: 'a/b', fallbacks: ['c/d']}}}}",
    ] {
        let gateway = gateway(&format!("{{gateway: {{port: 0}}, agents: {agents}}}")).await;
        let mut wire = gateway.client(&ALL_SCOPES).await;
        let change = json!({
            "agentId": "main", "name": "Night Watch", "model": "scripted/scripted-1", "avatar": "owl",
        });
        wire.ask("agents.update", change).await;
        let written: Value = json5::from_str(&file(&gateway)).unwrap();
        let found = match &written["agents"]["list"] {
            Value::Array(list) => list[1].clone(),
            _ => written["agents"]["entries"]["Main"].clone(),
        };
        assert_eq!(found["name"], "Night Watch", "{written:#}");
        let model = json!({"primary": "scripted/scripted-1", "fallbacks": ["c/d"]});
        assert_eq!(found["model"], model, "{written:#}");
        assert_eq!(found["identity"]["avatar"], "owl", "{written:#}");
        let shown = wire.ask("agents.list", json!({})).await;
        let main = shown["agents"].as_array().unwrap();
        let main = main.iter().find(|agent| agent["id"] == "main").unwrap();
        assert_eq!(main["name"], "Night Watch", "{shown:#}");
        let refused = wire
            .request("agents.delete", json!({"agentId": "main"}))
            .await;
        assert_eq!(refused["error"]["code"], "INVALID_REQUEST", "{refused}");
    }
}
