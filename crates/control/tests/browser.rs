//! The control UI as a browser meets it, over the real router and with a gateway behind it.

#![allow(
    clippy::unwrap_used,
    reason = "a test says what failed by where it stops"
)]

use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
    time::Duration,
};

use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, HeaderName, Request, Response, StatusCode, header},
};
use gatehouse_control::{Admission, ControlOptions, ControlUi, Door, Reach, Refusal, router};
use gatehouse_testkit::scripted_gateway::{Script, ScriptedGateway};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;
use zeroize::Zeroizing;

const PASSWORD: &str = "correct-horse-battery";
const HOST: &str = "127.0.0.1:18789";

struct OneDoor;

#[async_trait]
impl Door for OneDoor {
    async fn admit(
        &self,
        _: SocketAddr,
        _: &HeaderMap,
        credential: Option<&Zeroizing<String>>,
    ) -> Result<Admission, Refusal> {
        match credential.map(|it| it.as_str()) {
            Some(PASSWORD) => Ok(Admission::Password),
            Some("locked") => Err(Refusal::Locked { retry_after_s: 300 }),
            _ => Err(Refusal::Unauthorized),
        }
    }

    fn origin_allowed(&self, _: SocketAddr, headers: &HeaderMap) -> bool {
        let says = |name: HeaderName, text: &str| headers.get(name).is_some_and(|it| it == text);
        says(header::HOST, HOST) && says(header::ORIGIN, &format!("http://{HOST}"))
    }
}

struct Scene {
    router: Router,
    gateway: ScriptedGateway,
    _folder: tempfile::TempDir,
}

impl Scene {
    async fn new() -> Self {
        let gateway = ScriptedGateway::start(Script::default()).await;
        let folder = tempfile::tempdir().unwrap();
        let options = ControlOptions {
            reach: Arc::new(OnceLock::from(Reach {
                url: gateway.url(),
                pin: None,
            })),
            gateway_name: "Studio".to_owned(),
            scratch: folder.path().join("browsers"),
            secure: false,
        };
        let control = ControlUi::new(Arc::new(options), Arc::new(OneDoor));
        Self {
            router: router(control),
            gateway,
            _folder: folder,
        }
    }

    async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.router.clone().oneshot(request).await.unwrap()
    }

    async fn sign_in(&self) -> String {
        let response = self
            .send(post(
                "/control/api/session",
                None,
                &json!({ "credential": PASSWORD }),
            ))
            .await;
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
        let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    async fn call(&self, cookie: &str, command: &str, arguments: Value) -> (StatusCode, Value) {
        let path = format!("/control/api/call/{command}");
        let response = self.send(post(&path, Some(cookie), &arguments)).await;
        let status = response.status();
        (status, body(response).await)
    }

    /// The agent writes in the main session.
    fn says(&self, run: &str, text: &str) {
        self.gateway.emit(
            "chat",
            json!({ "runId": run, "sessionKey": "agent:main:main", "seq": 1, "state": "delta",
                "deltaText": text }),
        );
    }

    /// Waits until the gateway of this browser is connected.
    async fn ready(&self, cookie: &str) -> Value {
        for _ in 0..600 {
            let (_, gateways) = self.call(cookie, "gateways_list", json!({})).await;
            if gateways[0]["connection"]["kind"] == "ready" {
                return gateways[0].clone();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the browser's gateway did not connect");
    }
}

fn post(path: &str, cookie: Option<&str>, json: &Value) -> Request<Body> {
    let mut request = from_our_page(path, cookie).method("POST");
    request = request.header(header::CONTENT_TYPE, "application/json");
    with_peer(request.body(Body::from(json.to_string())).unwrap())
}

fn read(path: &str, cookie: Option<&str>) -> Request<Body> {
    with_peer(from_our_page(path, cookie).body(Body::empty()).unwrap())
}

fn from_our_page(path: &str, cookie: Option<&str>) -> axum::http::request::Builder {
    let mut request = Request::builder()
        .uri(path)
        .header(header::HOST, HOST)
        .header(header::ORIGIN, format!("http://{HOST}"))
        .header("sec-fetch-site", "same-origin");
    if let Some(cookie) = cookie {
        request = request.header(header::COOKIE, cookie);
    }
    request
}

fn with_peer(mut request: Request<Body>) -> Request<Body> {
    let peer = SocketAddr::from(([127, 0, 0, 1], 50_000));
    request.extensions_mut().insert(ConnectInfo(peer));
    request
}

async fn body(response: Response<Body>) -> Value {
    let bytes = response.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&bytes).unwrap_or(Value::Null)
}

#[tokio::test]
async fn without_the_gateways_credential_nothing_of_it_is_seen() {
    let scene = Scene::new().await;
    for wrong in [json!({}), json!({ "credential": "guess" })] {
        let response = scene.send(post("/control/api/session", None, &wrong)).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert!(response.headers().get(header::SET_COOKIE).is_none());
    }
    let (status, _) = scene
        .call("gatehouse_control=forged", "sessions_snapshot", json!({}))
        .await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    let events = scene.send(read("/control/api/events/tab-1", None)).await;
    assert_eq!(events.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_address_with_too_many_wrong_credentials_is_told_when_to_try_again() {
    let scene = Scene::new().await;
    let response = scene
        .send(post(
            "/control/api/session",
            None,
            &json!({ "credential": "locked" }),
        ))
        .await;
    assert_eq!(response.status(), StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(response.headers()[header::RETRY_AFTER], "300");
}

#[tokio::test]
async fn the_cookie_is_hidden_from_scripts_and_from_other_sites() {
    let scene = Scene::new().await;
    let response = scene
        .send(post(
            "/control/api/session",
            None,
            &json!({ "credential": PASSWORD }),
        ))
        .await;
    let cookie = response.headers()[header::SET_COOKIE].to_str().unwrap();
    for wanted in ["HttpOnly", "SameSite=Strict", "Path=/control/api"] {
        assert!(cookie.contains(wanted), "{cookie}");
    }
    assert!(!cookie.contains(PASSWORD));
}

#[tokio::test]
async fn a_foreign_page_or_a_name_pointed_at_this_machine_is_turned_away() {
    let scene = Scene::new().await;
    let cookie = scene.sign_in().await;
    let foreign = [
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("host", "evil.example:18789"),
    ];
    for (name, value) in foreign {
        let mut request = post(
            "/control/api/call/sessions_snapshot",
            Some(&cookie),
            &json!({}),
        );
        request.headers_mut().insert(name, value.parse().unwrap());
        let response = scene.send(request).await;
        assert_eq!(response.status(), StatusCode::FORBIDDEN, "{name}: {value}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_decides_an_approval_and_the_gateway_records_it_once() {
    let scene = Scene::new().await;
    let cookie = scene.sign_in().await;
    scene.ready(&cookie).await;
    let id = scene.gateway.ask("uname -a");
    let arrived = async {
        loop {
            let (_, inbox) = scene.call(&cookie, "inbox_snapshot", json!({})).await;
            if let Some(item) = inbox["items"].as_array().and_then(|items| items.first()) {
                break item.clone();
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let arrived = tokio::time::timeout(Duration::from_secs(120), arrived);
    let item = arrived.await.expect("the request comes into the inbox");
    let decide = json!({ "input": { "key": item["key"], "decision": "allowOnce",
        "revision": item["revision"], "answer": null } });
    let (status, decided) = scene.call(&cookie, "inbox_decide", decide).await;
    assert_eq!(status, StatusCode::OK, "{decided}");
    let recorded = async {
        while scene.gateway.record(&id).0.is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(120), recorded)
        .await
        .unwrap();
    assert_eq!(
        scene.gateway.record(&id),
        (Some("allow-once".to_owned()), 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tab_hears_of_changes_and_of_the_transcripts_that_it_opened() {
    let scene = Scene::new().await;
    let cookie = scene.sign_in().await;
    let gateway = scene.ready(&cookie).await;
    let response = scene
        .send(read("/control/api/events/tab-1", Some(&cookie)))
        .await;
    assert_eq!(response.status(), StatusCode::OK);
    let mut stream = response.into_body();
    let first = stream.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(first.starts_with(b"event: open"));

    let session = json!({ "gateway": gateway["id"], "key": "agent:main:main" });
    let open = json!({ "tab": "tab-1", "session": session });
    let opened = scene
        .send(post("/control/api/chat", Some(&cookie), &open))
        .await;
    assert_eq!(opened.status(), StatusCode::OK);

    scene.gateway.ask("uname -a");
    let mut heard = String::new();
    while !heard.contains("event: inboxChanged") {
        let frame = tokio::time::timeout(Duration::from_secs(120), stream.frame()).await;
        let data = frame.unwrap().unwrap().unwrap().into_data().unwrap();
        heard.push_str(std::str::from_utf8(&data).unwrap());
    }
    let nowhere = json!({ "tab": "closed", "session": session });
    let refused = scene
        .send(post("/control/api/chat", Some(&cookie), &nowhere))
        .await;
    assert_eq!(body(refused).await["code"], "no_such_tab");
}

#[tokio::test]
async fn signing_out_ends_the_session_at_once() {
    let scene = Scene::new().await;
    let cookie = scene.sign_in().await;
    let mut request = post("/control/api/session", Some(&cookie), &json!({}));
    *request.method_mut() = axum::http::Method::DELETE;
    assert_eq!(scene.send(request).await.status(), StatusCode::NO_CONTENT);
    let (status, _) = scene.call(&cookie, "gateways_list", json!({})).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_wrong_argument_is_named_and_an_unknown_command_is_refused() {
    let scene = Scene::new().await;
    let cookie = scene.sign_in().await;
    let (status, error) = scene
        .call(&cookie, "chat_abort", json!({ "session": 7 }))
        .await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(error["code"], "invalid_arguments");
    assert!(
        error["message"].as_str().unwrap().starts_with("session:"),
        "{error}"
    );
    for forbidden in ["config.get", "gateway_add", "secret_store_choose"] {
        let (_, error) = scene.call(&cookie, forbidden, json!({})).await;
        assert_eq!(error["code"], "no_such_command", "{forbidden}");
    }
}

/// One tab's stream, read as it comes.
struct TabStream {
    body: Body,
    heard: String,
}

impl TabStream {
    async fn open(scene: &Scene, cookie: &str, tab: &str) -> Self {
        let path = format!("/control/api/events/{tab}");
        let response = scene.send(read(&path, Some(cookie))).await;
        assert_eq!(response.status(), StatusCode::OK);
        let body = response.into_body();
        let heard = String::new();
        let mut stream = Self { body, heard };
        stream.hear("event: open").await;
        stream
    }

    /// Waits until the stream has said this, and forgets what came before it.
    async fn hear(&mut self, words: &str) {
        let heard = tokio::time::timeout(Duration::from_secs(120), async {
            while !self.heard.contains(words) {
                let data = self.body.frame().await.unwrap().unwrap();
                let data = data.into_data().unwrap();
                self.heard.push_str(std::str::from_utf8(&data).unwrap());
            }
        });
        if heard.await.is_err() {
            panic!("not heard: {words}\n{}", self.heard);
        }
        self.heard.clear();
    }
}

async fn open_chat(scene: &Scene, cookie: &str, tab: &str, session: &Value) {
    let open = json!({ "tab": tab, "session": session });
    let opened = scene
        .send(post("/control/api/chat", Some(cookie), &open))
        .await;
    assert_eq!(opened.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tabs_on_one_session_both_hear_it_and_one_that_leaves_takes_nothing_from_the_other() {
    let scene = Scene::new().await;
    let cookie = scene.sign_in().await;
    let gateway = scene.ready(&cookie).await;
    let session = json!({ "gateway": gateway["id"], "key": "agent:main:main" });
    let mut first = TabStream::open(&scene, &cookie, "first").await;
    open_chat(&scene, &cookie, "first", &session).await;
    let mut second = TabStream::open(&scene, &cookie, "second").await;
    open_chat(&scene, &cookie, "second", &session).await;

    scene.says("r1", "to both of them");
    first.hear("to both of them").await;
    second.hear("to both of them").await;

    let close = json!({ "tab": "second", "session": session });
    let path = "/control/api/chat/close";
    let closed = scene.send(post(path, Some(&cookie), &close)).await;
    assert_eq!(closed.status(), StatusCode::OK);
    scene.says("r2", "to the one that stayed");
    first.hear("to the one that stayed").await;
}

#[tokio::test]
async fn the_sign_in_is_renewed_by_using_it_and_by_nothing_else() {
    let scene = Scene::new().await;
    let cookie = scene.sign_in().await;
    let used = [
        post("/control/api/call/app_info", Some(&cookie), &json!({})),
        read("/control/api/session", Some(&cookie)),
        read("/control/api/events/tab-1", Some(&cookie)),
    ];
    for request in used {
        let path = request.uri().clone();
        let response = scene.send(request).await;
        let renewed = response.headers().get(header::SET_COOKIE);
        let renewed = renewed.unwrap_or_else(|| panic!("{path} renews nothing"));
        let renewed = renewed.to_str().unwrap();
        assert!(renewed.starts_with(&format!("{cookie};")), "{renewed}");
        assert!(renewed.contains("Max-Age=43200"), "{renewed}");
    }
    let strangers = scene.send(read(
        "/control/api/session",
        Some("gatehouse_control=forged"),
    ));
    assert!(strangers.await.headers().get(header::SET_COOKIE).is_none());
    let mut leaving = post("/control/api/session", Some(&cookie), &json!({}));
    *leaving.method_mut() = axum::http::Method::DELETE;
    let left = scene.send(leaving).await;
    let cookies: Vec<_> = left.headers().get_all(header::SET_COOKIE).iter().collect();
    assert_eq!(cookies.len(), 1, "{cookies:?}");
    assert!(cookies[0].to_str().unwrap().contains("Max-Age=0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_in_again_finds_the_gateway_under_the_same_id_and_the_former_session_ended() {
    let scene = Scene::new().await;
    let before = scene.sign_in().await;
    let known = scene.ready(&before).await["id"].clone();
    let again = json!({ "credential": PASSWORD });
    let again = scene
        .send(post("/control/api/session", Some(&before), &again))
        .await;
    let cookie = again.headers()[header::SET_COOKIE].to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap();
    assert_eq!(
        scene.ready(cookie).await["id"],
        known,
        "what was typed is kept under it"
    );
    let (status, _) = scene.call(&before, "app_info", json!({})).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_stream_tells_that_it_stands_also_when_nothing_happens() {
    let scene = Scene::new().await;
    let cookie = scene.sign_in().await;
    scene.ready(&cookie).await;
    let mut tab = TabStream::open(&scene, &cookie, "tab-1").await;
    tokio::time::pause();
    tab.hear("event: tick").await;
}
