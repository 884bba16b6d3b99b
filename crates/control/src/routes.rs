//! The control UI's addresses: signing in and out, its commands, its events. The page's files are the gateway's to serve.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Body,
    extract::{ConnectInfo, DefaultBodyLimit, Path, Request, State},
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
    middleware::{self, Next},
    response::{
        IntoResponse, Sse,
        sse::{Event, KeepAlive},
    },
    routing::{get, post},
};
use futures_util::{Stream, StreamExt};
use gatehouse_fleet::view::{CommandError, SessionRef};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio_stream::wrappers::ReceiverStream;
use zeroize::Zeroizing;

use crate::{
    browser::{Browser, ControlUi, FORGOTTEN_AFTER},
    call::{call, refused},
    events::NotOpened,
    guard::{Refusal, is_same_site},
};

/// The cookie of a browser that signed in.
const COOKIE: &str = "gatehouse_control";

/// What one command may carry: an attachment of the size that the gateway takes, in base64.
const MOST_BYTES: usize = 34 << 20;

#[derive(Deserialize)]
struct SignIn {
    credential: Option<Zeroizing<String>>,
}

/// A transcript in a tab.
#[derive(Deserialize)]
struct ChatInTab {
    session: SessionRef,
    tab: String,
}

/// How long a tab hears nothing at most. It takes a stream that is silent for several times as long for dead, which a
/// computer that slept leaves behind.
const TICK: Duration = Duration::from_secs(15);

/// Routes for the gateway's own server. Needs the peer's address as axum's `ConnectInfo<SocketAddr>`.
pub fn router(control: ControlUi) -> Router {
    let api = Router::new()
        .route(
            "/control/api/session",
            get(session).post(sign_in).delete(sign_out),
        )
        .route("/control/api/events/{tab}", get(events))
        .route("/control/api/call/{command}", post(command))
        .route("/control/api/chat", post(open_chat))
        .route("/control/api/chat/close", post(close_chat))
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(middleware::from_fn_with_state(control.clone(), renewed))
        .layer(middleware::from_fn_with_state(
            control.clone(),
            only_our_page,
        ));
    api.with_state(control)
}

/// Turns away what another site's page sent with this browser's cookie.
async fn only_our_page(
    State(control): State<ControlUi>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let mut response = if is_same_site(control.door.as_ref(), from, request.headers()) {
        next.run(request).await
    } else {
        let words = "this address answers the gateway's own page only";
        problem(StatusCode::FORBIDDEN, "forbidden", words)
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'"),
    );
    response
}

/// Renews the cookie of whoever uses it, so that it ends only for who stays away. The answer to signing in or out has
/// its own.
async fn renewed(State(control): State<ControlUi>, request: Request, next: Next) -> Response<Body> {
    let kept = cookie(request.headers()).map(str::to_owned);
    let mut response = next.run(request).await;
    let renewed = kept.filter(|it| control.browser(it).is_some());
    if let Some(text) = renewed.and_then(|it| set_cookie(&control, &it, FORGOTTEN_AFTER.as_secs()))
        && !response.headers().contains_key(header::SET_COOKIE)
    {
        response.headers_mut().insert(header::SET_COOKIE, text);
    }
    response
}

/// Whether this browser is signed in, and if not, whether it would need a credential.
async fn session(State(control): State<ControlUi>, headers: HeaderMap) -> Response<Body> {
    let signed_in = browser(&control, &headers).is_some();
    Json(json!({ "signedIn": signed_in, "name": control.options.gateway_name })).into_response()
}

async fn sign_in(
    State(control): State<ControlUi>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    Json(input): Json<SignIn>,
) -> Response<Body> {
    let admitted = control
        .door
        .admit(from, &headers, input.credential.as_ref())
        .await;
    let admission = match admitted {
        Ok(admission) => admission,
        Err(refusal) => return turned_away(refusal),
    };
    // Who signs in again begins anew: what the former session held is given back.
    if let Some(former) = cookie(&headers) {
        control.sign_out(former).await;
    }
    match control.sign_in(admission, input.credential).await {
        Ok(cookie) => with_cookie(&control, &cookie, FORGOTTEN_AFTER.as_secs()),
        Err(error) => {
            tracing::warn!(%error, "a browser could not be let in");
            problem(
                StatusCode::SERVICE_UNAVAILABLE,
                "unavailable",
                &error.to_string(),
            )
        }
    }
}

async fn sign_out(State(control): State<ControlUi>, headers: HeaderMap) -> Response<Body> {
    if let Some(cookie) = cookie(&headers) {
        control.sign_out(cookie).await;
    }
    with_cookie(&control, "", 0)
}

async fn command(
    State(control): State<ControlUi>,
    Path(name): Path<String>,
    headers: HeaderMap,
    Json(arguments): Json<Map<String, Value>>,
) -> Response<Body> {
    let Some(browser) = browser(&control, &headers) else {
        return turned_away(Refusal::Unauthorized);
    };
    match call(&browser.fleet, &name, arguments).await {
        Ok(answer) => Json(answer).into_response(),
        Err(error) => refusal(error),
    }
}

/// Opens a transcript: answers what it is now; its updates come over the tab's stream.
async fn open_chat(
    State(control): State<ControlUi>,
    headers: HeaderMap,
    Json(input): Json<ChatInTab>,
) -> Response<Body> {
    let Some(browser) = browser(&control, &headers) else {
        return turned_away(Refusal::Unauthorized);
    };
    let ChatInTab { session, tab } = input;
    let opened = browser
        .streams
        .open_chat(&browser.fleet, &tab, session)
        .await;
    match opened {
        Ok(snapshot) => Json(snapshot).into_response(),
        Err(NotOpened::Fleet(error)) => refusal(error.to_view()),
        Err(NotOpened::NoSuchTab) => refusal(refused(
            "no_such_tab",
            "open the tab's stream of events first",
        )),
    }
}

/// Closes a transcript in one tab; another may have it open as well.
async fn close_chat(
    State(control): State<ControlUi>,
    headers: HeaderMap,
    Json(input): Json<ChatInTab>,
) -> Response<Body> {
    let Some(browser) = browser(&control, &headers) else {
        return turned_away(Refusal::Unauthorized);
    };
    let ChatInTab { session, tab } = input;
    let closed = browser
        .streams
        .close_chat(&browser.fleet, &tab, &session)
        .await;
    match closed {
        Ok(()) => Json(Value::Null).into_response(),
        Err(error) => refusal(error.to_view()),
    }
}

async fn events(
    State(control): State<ControlUi>,
    Path(tab): Path<String>,
    headers: HeaderMap,
) -> Response<Body> {
    let Some(browser) = browser(&control, &headers) else {
        return turned_away(Refusal::Unauthorized);
    };
    let Some(receiver) = browser.streams.open(&tab) else {
        let words = "too many tabs of this browser are open";
        return problem(StatusCode::TOO_MANY_REQUESTS, "too_many_tabs", words);
    };
    Sse::new(open_stream(receiver))
        .keep_alive(KeepAlive::new().interval(TICK).event(said("tick")))
        .into_response()
}

/// The tab's events after one that says that the stream is open: what comes from now on is not missed.
fn open_stream(
    receiver: tokio::sync::mpsc::Receiver<Event>,
) -> impl Stream<Item = Result<Event, Infallible>> {
    futures_util::stream::once(async { said("open") })
        .chain(ReceiverStream::new(receiver))
        .map(Ok)
}

/// An event that says all by its name.
fn said(name: &str) -> Event {
    Event::default().event(name).data("{}")
}

fn browser(control: &ControlUi, headers: &HeaderMap) -> Option<Arc<Browser>> {
    let browser = control.browser(cookie(headers)?)?;
    control.door.known();
    Some(browser)
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(header::COOKIE).iter();
    let pairs = all
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'));
    pairs
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value)
}

/// An empty answer that sets the cookie for so many seconds.
fn with_cookie(control: &ControlUi, value: &str, seconds: u64) -> Response<Body> {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(text) = set_cookie(control, value, seconds) {
        response.headers_mut().insert(header::SET_COOKIE, text);
    }
    response
}

/// Scripts cannot read it, and no other site's request carries it. None where it came with what no header holds.
fn set_cookie(control: &ControlUi, value: &str, seconds: u64) -> Option<HeaderValue> {
    let secure = if control.options.secure {
        "; Secure"
    } else {
        ""
    };
    let text = format!(
        "{COOKIE}={value}; Path=/control/api; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}"
    );
    HeaderValue::from_str(&text).ok()
}

fn turned_away(refusal: Refusal) -> Response<Body> {
    match refusal {
        Refusal::Unauthorized => {
            let words = "sign in with the gateway's token or password";
            problem(StatusCode::UNAUTHORIZED, "unauthorized", words)
        }
        Refusal::Locked { retry_after_s } => {
            let words = format!("too many wrong credentials: try again in {retry_after_s} s");
            let mut response = problem(StatusCode::TOO_MANY_REQUESTS, "rate_limited", &words);
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from(retry_after_s));
            response
        }
    }
}

fn problem(status: StatusCode, code: &str, words: &str) -> Response<Body> {
    (status, Json(refused(code, words))).into_response()
}

/// A command's refusal is an answer, not a failure of the transport: the page reads its code.
fn refusal(error: CommandError) -> Response<Body> {
    (StatusCode::UNPROCESSABLE_ENTITY, Json(error)).into_response()
}
