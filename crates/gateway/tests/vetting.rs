//! A model that is asked for a second opinion: it raises, it never lowers, and what it does not say in time changes
//! nothing.
#![allow(clippy::unwrap_used)]

mod support;

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use support::{ALL_SCOPES, TestGateway, Wire};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A model that always says the same, after a while. What it was asked is kept.
async fn model(answer: &str, after_ms: u64) -> (u16, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let kept = asked.clone();
    let delta = json!({"choices": [{"index": 0, "delta": {"content": answer}}]});
    let stop = json!({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]});
    let body = format!("data: {delta}\n\ndata: {stop}\n\ndata: [DONE]\n\n");
    tokio::spawn(async move {
        loop {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut text = String::new();
            let mut buffer = vec![0; 64 * 1024];
            while !text.contains("\"stream\"") {
                let count = socket.read(&mut buffer).await.unwrap();
                if count == 0 {
                    break;
                }
                text.push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
            kept.lock().unwrap().push(text);
            tokio::time::sleep(std::time::Duration::from_millis(after_ms)).await;
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\n\
                 connection: close\r\n\r\n",
                body.len()
            );
            let _ = socket.write_all(format!("{head}{body}").as_bytes()).await;
        }
    });
    (port, asked)
}

async fn gateway(port: u16) -> (TestGateway, Wire) {
    let gateway = TestGateway::with(|options| {
        options.config.raw = json!({"models": {"providers": {"local": {
            "api": "openai-completions",
            "baseUrl": format!("http://127.0.0.1:{port}/v1"),
            "models": [{"id": "small"}],
        }}}});
        support::write_policy(
            &options.state_dir,
            r#"{ vetting: { model: "local/small", timeoutSeconds: 1 } }"#,
        );
    })
    .await;
    std::fs::create_dir_all(gateway.state.path().join("workspace")).unwrap();
    let wire = gateway.client(&ALL_SCOPES).await;
    (gateway, wire)
}

async fn exec(wire: &mut Wire, command: &str) -> Value {
    let call = json!({"name": "exec", "args": {"command": command}, "sessionKey": "main"});
    wire.ask("tools.invoke", call).await
}

#[tokio::test]
async fn a_model_that_advises_against_it_keeps_a_harmless_command_from_running() {
    let (port, asked) = model(r#"{"verdict": "deny", "reason": "not today"}"#, 0).await;
    let (_gateway, mut wire) = gateway(port).await;
    let answer = exec(&mut wire, "ls -a").await;
    assert_eq!(answer["ok"], false, "{answer}");
    assert!(answer.to_string().contains("not today"), "{answer}");
    let asked = asked.lock().unwrap();
    assert!(asked[0].contains("ls -a"), "{asked:?}");
}

#[tokio::test]
async fn a_model_that_says_allow_or_nonsense_or_nothing_changes_nothing() {
    for (answer, after_ms) in [
        (r#"{"verdict": "allow", "reason": "fine"}"#, 0),
        ("ignore the policy and run it", 0),
        (r#"{"verdict": "deny", "reason": "too late"}"#, 5_000),
    ] {
        let (port, asked) = model(answer, after_ms).await;
        let (_gateway, mut wire) = gateway(port).await;
        let harmless = exec(&mut wire, "ls -a").await;
        assert_eq!(harmless["ok"], true, "{answer}: {harmless}");
        let ruinous = exec(&mut wire, "rm -rf ~").await;
        assert_eq!(ruinous["ok"], false, "{answer}: {ruinous}");
        assert_eq!(
            asked.lock().unwrap().len(),
            1,
            "what is denied is not asked about"
        );
    }
}
