//! HTTP/1 on a connection: an upgrade becomes a WebSocket with a task of its own, everything else goes to the
//! routes. A peer that does not finish the head of its request in time is dropped.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::{HeaderMap, Method, Request, StatusCode, Version};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tower::ServiceExt;
use tungstenite::handshake::derive_accept_key;

use super::half_open::Ticket;
use super::ws;
use crate::auth::Peer;
use crate::state::App;

/// The largest head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1024;

/// Serves one connection until it ends or becomes a WebSocket.
pub(super) async fn serve<S>(
    app: App,
    web: Arc<axum::Router>,
    stream: S,
    from: SocketAddr,
    ticket: Ticket,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let evicted = ticket.evicted.clone();
    let stopping = app.stopping.clone();
    // The ticket moves into the WebSocket when there is one, and ends with this connection otherwise.
    let ticket = Arc::new(Mutex::new(Some(ticket)));
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(app.limits.http_head)
        .max_buf_size(MAX_HEAD);
    let service = hyper::service::service_fn(move |request| {
        let (app, web, ticket) = (app.clone(), Arc::clone(&web), Arc::clone(&ticket));
        async move { Ok::<_, Infallible>(answer::<S>(app, &web, request, from, &ticket).await) }
    });
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection.with_upgrades());
    let ended = tokio::select! {
        biased;
        () = evicted.cancelled() => return,
        () = stopping.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
        ended = connection.as_mut() => ended,
    };
    if let Err(error) = ended {
        tracing::debug!(%from, %error, "an HTTP connection ended badly");
    }
}

async fn answer<S>(
    app: App,
    web: &axum::Router,
    mut request: Request<Incoming>,
    from: SocketAddr,
    ticket: &Mutex<Option<Ticket>>,
) -> Response
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    if !wants_websocket(request.headers()) {
        request.extensions_mut().insert(ConnectInfo(from));
        let answered = web.clone().oneshot(request.map(Body::new)).await;
        return answered.unwrap_or_else(|never| match never {});
    }
    let Some(key) = websocket_key(&request) else {
        return plain(
            StatusCode::BAD_REQUEST,
            "not a WebSocket upgrade of version 13\n",
        );
    };
    let taken = ticket.lock().ok().and_then(|mut place| place.take());
    let Some(ticket) = taken else {
        return plain(
            StatusCode::BAD_REQUEST,
            "this connection was upgraded already\n",
        );
    };
    let config = app.config.current();
    let peer = Peer::new(
        from.ip(),
        request.headers(),
        &config.gateway.trusted_proxies,
    );
    let upgrade = hyper::upgrade::on(&mut request);
    let tasks = app.tasks.clone();
    tasks.spawn(async move {
        match upgrade.await {
            Ok(upgraded) => match upgraded.downcast::<TokioIo<S>>() {
                Ok(parts) => {
                    let (io, early) = (parts.io.into_inner(), parts.read_buf);
                    ws::run(app, io, early.to_vec(), peer, ticket).await;
                }
                Err(_) => tracing::error!(
                    "an upgraded connection has another type than it was served with"
                ),
            },
            Err(error) => tracing::debug!(%error, "an upgrade came to nothing"),
        }
    });
    let response = Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_ACCEPT, derive_accept_key(key.as_bytes()))
        .body(Body::empty());
    response.unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR, ""))
}

fn wants_websocket(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(UPGRADE).and_then(|value| value.to_str().ok());
    upgrade.is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
}

/// The key of a well-formed upgrade (RFC 6455, section 4.2.1).
fn websocket_key(request: &Request<Incoming>) -> Option<String> {
    let headers = request.headers();
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &hyper::header::HeaderValue| value.to_str().ok())
    };
    let connection = text(CONNECTION)?;
    let upgrades = connection
        .split(',')
        .any(|part| part.trim().eq_ignore_ascii_case("upgrade"));
    let fits = request.method() == Method::GET
        && request.version() == Version::HTTP_11
        && upgrades
        && text(SEC_WEBSOCKET_VERSION) == Some("13");
    let key = text(SEC_WEBSOCKET_KEY)?;
    fits.then(|| key.to_owned())
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response
}
