//! HTTP/1 on a connection: an upgrade becomes a WebSocket with a task of its own, everything else goes to the
//! routes. A peer that does not finish the head of its request in time is dropped.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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
use tokio::sync::OnceCell;
use tower::ServiceExt;
use tracing::Instrument;
use tungstenite::handshake::derive_accept_key;

use super::half_open::Ticket;
use super::peer::{Ends, Peers};
use super::place::{Place, Upgrade};
use super::{host, ws};
use crate::auth::Peer;
use crate::state::App;

/// The largest head of a request, in bytes.
const MAX_HEAD: usize = 16 * 1024;

/// What every connection is given.
#[derive(Clone)]
pub(super) struct Arrival {
    pub(super) app: App,
    pub(super) web: Arc<axum::Router>,
    pub(super) peers: Peers,
}

/// A process of a run is hung up on without a word.
#[derive(Debug, thiserror::Error)]
#[error("a process of an agent's run tried to connect")]
struct OfARun;

/// One connection.
struct Visit {
    arrival: Arrival,
    ends: Ends,
    /// Looked for once, with the first request.
    of_a_run: OnceCell<bool>,
    /// Moves into the WebSocket when there is one, and ends with this connection otherwise.
    place: Arc<Place>,
}

/// Serves one connection until it ends or becomes a WebSocket.
pub(super) async fn serve<S>(arrival: Arrival, stream: S, ends: Ends, ticket: Ticket)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let evicted = ticket.evicted.clone();
    let stopping = arrival.app.stopping.clone();
    let head = arrival.app.limits.http_head;
    let visit = Arc::new(Visit {
        arrival,
        ends,
        of_a_run: OnceCell::new(),
        place: Place::of(ticket),
    });
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(head)
        .max_buf_size(MAX_HEAD);
    let service = hyper::service::service_fn(move |request| {
        let visit = Arc::clone(&visit);
        async move { visit.answer::<S>(request).await }
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
        tracing::debug!(from = %ends.from, %error, "an HTTP connection ended badly");
    }
}

/// Under which everything that is logged of a request stands. The query is left out: it may hold what signs in.
fn request_span(request: &Request<Incoming>) -> tracing::Span {
    static COUNT: AtomicU64 = AtomicU64::new(1);
    let id = COUNT.fetch_add(1, Ordering::Relaxed);
    tracing::info_span!("http", id, method = %request.method(), path = request.uri().path())
}

impl Visit {
    async fn answer<S>(&self, mut request: Request<Incoming>) -> Result<Response, OfARun>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let looked = self.arrival.peers.is_of_a_run(self.ends);
        if *self.of_a_run.get_or_init(|| looked).await {
            tracing::warn!(from = %self.ends.from, "refused: a process of an agent's run, or one that was gone at once");
            return Err(OfARun);
        }
        let app = &self.arrival.app;
        if !app.gatekeeper.asks_for_proof() && !host::is_here(&request, self.ends.to.ip()) {
            return Ok(plain(StatusCode::MISDIRECTED_REQUEST, host::ELSEWHERE));
        }
        if wants_websocket(request.headers()) {
            return Ok(self.upgrade::<S>(request));
        }
        request.extensions_mut().insert(ConnectInfo(self.ends.from));
        let web = self.arrival.web.as_ref().clone();
        let place = Arc::clone(&self.place);
        let span = request_span(&request);
        let answering = place.answering(web.oneshot(request.map(Body::new)));
        let answered = async {
            let answered = answering.await;
            if let Ok(answer) = &answered {
                tracing::debug!(status = answer.status().as_u16(), "answered");
            }
            answered
        };
        let answered = answered.instrument(span).await;
        Ok(answered.unwrap_or_else(|never| match never {}))
    }

    fn upgrade<S>(&self, mut request: Request<Incoming>) -> Response
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let Some(key) = websocket_key(&request) else {
            return plain(
                StatusCode::BAD_REQUEST,
                "not a WebSocket upgrade of version 13\n",
            );
        };
        let Upgrade::Fresh(ticket) = self.place.upgrade() else {
            return plain(
                StatusCode::BAD_REQUEST,
                "this connection was upgraded already\n",
            );
        };
        let (app, from) = (&self.arrival.app, self.ends.from);
        let config = app.config.current();
        let peer = Peer::new(
            from.ip(),
            request.headers(),
            &config.gateway.trusted_proxies,
        );
        let upgrade = hyper::upgrade::on(&mut request);
        let (app, tasks) = (app.clone(), app.tasks.clone());
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
