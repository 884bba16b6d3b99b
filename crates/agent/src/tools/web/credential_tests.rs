use std::sync::Mutex;

use async_trait::async_trait;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};
use tokio_util::sync::CancellationToken;
use zeroize::Zeroizing;

use super::*;
use crate::secrets::tests::One;
use crate::secrets::{CredentialUse, Credentials, Values};

const VALUE: &str = "a value/with?signs&more";
const ENCODED: &str = "a%20value%2Fwith%3Fsigns%26more";

fn call(host: &'static str) -> CallContext {
    let one = One {
        name: "key",
        value: VALUE,
        tool: "web_fetch",
        host: Some(host),
    };
    CallContext {
        agent_id: Arc::from("main"),
        session_key: Arc::from("agent:main:main"),
        run_id: Arc::from("run"),
        tool_call_id: "call".into(),
        workspace: std::path::PathBuf::from("/"),
        depth: 0,
        cancel: CancellationToken::new(),
        progress: Arc::new(|_| {}),
        engine: None,
        secrets: one.secrets(),
        budget: Default::default(),
        told_by: Arc::default(),
        seat: Default::default(),
    }
}

/// A server that keeps what it was asked, and sends it back where the test gives nothing else.
async fn serve(answer: Option<String>) -> (u16, Arc<Mutex<Vec<String>>>) {
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
            let length = text.len();
            let echo = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: {length}\r\n\
                 connection: close\r\n\r\n{text}"
            );
            kept.lock().unwrap().push(text);
            let answer = answer.clone().unwrap_or(echo);
            socket.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    (port, asked)
}

async fn fetch(given: Value, call: &CallContext) -> Result<ToolOutput, ToolError> {
    let options = FetchOptions {
        reach: Reach {
            private_network: true,
            ..Reach::default()
        },
        ..FetchOptions::default()
    };
    let tool = WebFetch::new(options, Arc::new(|| true)).unwrap();
    let effect = tool.resolve(&given, call).await?;
    let shown = serde_json::to_string(&effect).unwrap();
    assert!(
        !shown.contains("signs"),
        "what is judged has the name alone"
    );
    tool.run(&effect, &given, call).await
}

fn authorised(port: u16) -> Value {
    json!({
        "url": format!("http://127.0.0.1:{port}/x"),
        "headers": {"Authorization": "Bearer {{cred:key}}"},
    })
}

#[tokio::test]
async fn a_header_carries_the_value_and_the_echo_does_not() {
    let (port, asked) = serve(None).await;
    let output = fetch(authorised(port), &call("127.0.0.1")).await.unwrap();
    let request = asked.lock().unwrap()[0].clone();
    assert!(
        request.contains(&format!("authorization: Bearer {VALUE}")),
        "{request}"
    );
    let text = output.details.unwrap()["text"].to_string();
    assert!(text.contains("Bearer [redacted]"), "{text}");
}

#[tokio::test]
async fn a_url_carries_the_value_encoded_in_path_and_query() {
    let (port, asked) = serve(None).await;
    let url = format!("http://127.0.0.1:{port}/v1/{{{{cred:key}}}}/x?k={{{{cred:key}}}}&z=1");
    fetch(json!({"url": url}), &call("127.0.0.1"))
        .await
        .unwrap();
    let request = asked.lock().unwrap()[0].clone();
    let wanted = format!("GET /v1/{ENCODED}/x?k={ENCODED}&z=1 ");
    assert!(request.starts_with(&wanted), "{request}");
}

#[tokio::test]
async fn a_host_that_it_is_not_bound_to_is_not_even_asked() {
    let (port, asked) = serve(None).await;
    let refused = fetch(authorised(port), &call("api.example"))
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("not bound"), "{refused}");
    assert!(asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_redirect_to_another_host_gets_nothing_of_the_call() {
    let (elsewhere, asked) = serve(None).await;
    let redirect = format!(
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{elsewhere}/y\r\n\
         content-length: 0\r\nconnection: close\r\n\r\n"
    );
    let (port, _) = serve(Some(redirect)).await;
    let output = fetch(authorised(port), &call("127.0.0.1")).await.unwrap();
    assert!(
        asked.lock().unwrap().is_empty(),
        "{:?}",
        asked.lock().unwrap()
    );
    let to = output.details.unwrap()["redirect"].clone();
    assert_eq!(to, format!("http://127.0.0.1:{elsewhere}/y").as_str());
}

#[tokio::test]
async fn headers_that_say_where_a_request_goes_or_ends_are_refused() {
    for name in [
        "Host",
        "Content-Length",
        "Proxy-Authorization",
        "a b",
        "x\r\ny",
    ] {
        let given = json!({"url": "http://127.0.0.1:1/", "headers": {name: "v"}});
        let refused = fetch(given, &call("127.0.0.1")).await.unwrap_err();
        assert!(
            refused.to_string().contains("cannot be set"),
            "{name}: {refused}"
        );
    }
}

/// A credential that was rotated a moment ago.
struct Rotated {
    former: Result<Option<&'static str>, &'static str>,
}

#[async_trait]
impl Credentials for Rotated {
    async fn take(&self, _: &[&str], _: &CredentialUse<'_>) -> Result<Values, String> {
        Ok(of("the-new-value"))
    }

    async fn take_former(
        &self,
        _: &[&str],
        _: &CredentialUse<'_>,
    ) -> Result<Option<Values>, String> {
        Ok(self.former?.map(of))
    }
}

fn of(value: &str) -> Values {
    Values::new(vec![("key".to_owned(), Zeroizing::new(value.to_owned()))])
}

#[tokio::test]
async fn a_host_that_refuses_a_new_value_is_asked_once_more_with_the_one_before_it() {
    let refusal = "HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    for (former, wanted) in [
        (
            Ok(Some("the-old-value")),
            vec!["the-new-value", "the-old-value"],
        ),
        (Ok(None), vec!["the-new-value"]),
        (Err("the credential key is used up"), vec!["the-new-value"]),
    ] {
        let (port, asked) = serve(Some(refusal.to_owned())).await;
        let mut call = call("127.0.0.1");
        call.secrets.credentials = Arc::new(Rotated { former });
        let output = fetch(authorised(port), &call).await.unwrap();
        assert!(output.is_error);
        let told = format!("{output:?}");
        assert!(told.contains("401"), "what the host said is told: {told}");
        let asked = asked.lock().unwrap();
        assert_eq!(asked.len(), wanted.len(), "{asked:?}");
        for (request, value) in asked.iter().zip(wanted) {
            assert!(request.contains(&format!("Bearer {value}")), "{request}");
        }
    }
}
