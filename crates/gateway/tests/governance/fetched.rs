//! What a page that sends on to another address comes to: it is told, and what is there is judged by itself.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::bench::MAIN;
use super::support::{ALL_SCOPES, TestGateway, write_policy};

/// A server whose `/from` sends on to `/secret`, and what was asked of it.
async fn sends_on() -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = asked.clone();
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut buffer = vec![0; 8192];
            let read = socket.read(&mut buffer).await.unwrap();
            let text = String::from_utf8_lossy(&buffer[..read]).into_owned();
            let path = text.split(' ').nth(1).unwrap_or("/").to_owned();
            let answer = match path.as_str() {
                "/from" => "302 Found\r\nlocation: /secret\r\ncontent-length: 0",
                _ => "200 OK\r\ncontent-type: text/plain\r\ncontent-length: 0",
            };
            kept.lock().unwrap().push(path);
            let answer = format!("HTTP/1.1 {answer}\r\nconnection: close\r\n\r\n");
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (port, asked)
}

/// Fetches `/from` under a rule; what was asked of the server, and what the record of the outcome says.
async fn fetched(denied: Option<&str>) -> (Vec<String>, Value) {
    let (port, asked) = sends_on().await;
    let denied = denied.map(|key| {
        format!(r#", {{id: "kept", verdict: "deny", match: {{{key}: "http://127.0.0.1:{port}/secret"}}}}"#)
    });
    let rules = format!(
        r#"{{ rules: [{{id: "here", verdict: "allow", match: {{tool: "web_fetch", hosts: "127.0.0.1"}}}}{}] }}"#,
        denied.unwrap_or_default()
    );
    let reach = json!({"ssrfPolicy": {"allowedHostnames": ["127.0.0.1"]}});
    let gateway = TestGateway::with(|options| {
        options.config.raw = json!({"tools": {"web": {"fetch": reach}}});
        write_policy(&options.state_dir, &rules);
    })
    .await;
    std::fs::create_dir_all(gateway.state.path().join("workspace")).unwrap();
    let mut caller = gateway.client(&ALL_SCOPES).await;
    let args = json!({"url": format!("http://127.0.0.1:{port}/from")});
    let params = json!({"name": "web_fetch", "args": args, "sessionKey": MAIN});
    let answer = caller.ask("tools.invoke", params).await;
    assert_eq!(answer["ok"], true, "{answer}");
    let listed = caller.ask("gatehouse.audit.list", json!({})).await;
    let is_outcome = |record: &&Value| record["kind"] == "tool.outcome";
    let outcome = listed["records"]
        .as_array()
        .unwrap()
        .iter()
        .find(is_outcome);
    let seq = json!({"seq": outcome.unwrap()["seq"]});
    let recorded = caller.ask("gatehouse.audit.get", seq).await;
    let asked = asked.lock().unwrap().clone();
    (asked, recorded)
}

#[tokio::test]
async fn a_page_that_a_rule_keeps_back_is_not_fetched_by_a_redirect_to_it() {
    let (asked, recorded) = fetched(Some("urls")).await;
    assert_eq!(asked, ["/from"]);
    assert!(recorded.to_string().contains("/secret"), "{recorded}");
}

#[tokio::test]
async fn a_redirect_within_the_origin_is_followed_where_no_rule_is_about_urls_and_recorded() {
    let (asked, recorded) = fetched(None).await;
    assert_eq!(asked, ["/from", "/secret"]);
    assert!(recorded.to_string().contains("/secret"), "{recorded}");
}
