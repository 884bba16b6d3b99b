//! Accepts connections and gives each a task. Nothing is read here.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::half_open::{HalfOpen, Ticket};
use super::http;
use super::peer::{Ends, Peers};
use crate::auth::canonical;
use crate::error::StartError;
use crate::state::App;

/// A bound socket and what speaks over it.
pub(crate) struct Listener {
    pub(crate) socket: TcpListener,
    pub(crate) tls: Option<TlsAcceptor>,
    pub(crate) web: axum::Router,
}

/// How long to wait after an accept that failed, as when no file descriptors are left.
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// Binds, without accepting yet.
pub(crate) async fn bind(address: SocketAddr) -> Result<TcpListener, StartError> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|source| StartError::Bind { address, source })
}

/// How often failures of the same kind are worth a line in the log.
const TOLD_AGAIN: Duration = Duration::from_secs(30);

/// What is said to whoever comes when no files are left.
const BUSY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain\r\nretry-after: 5\r\n\
    connection: close\r\ncontent-length: 48\r\n\r\nthe gateway has too many connections; try later\n";

/// A file that is held for nothing, so that there is one left to take a connection with and tell it that there is no
/// room. Otherwise clients would wait at the door without a word.
struct Spare(Option<std::fs::File>);

impl Spare {
    fn open() -> Self {
        let anything = if cfg!(windows) { "NUL" } else { "/dev/null" };
        Self(std::fs::File::open(anything).ok())
    }

    async fn turn_away(&mut self, socket: &TcpListener, speaks_plainly: bool) {
        drop(self.0.take());
        // The one that could not be accepted is still at the door, unless it has gone.
        let accepted = tokio::time::timeout(AFTER_FAILURE, socket.accept()).await;
        if let Ok(Ok((stream, _))) = accepted
            && speaks_plainly
        {
            // A new socket has room for so little; if not, its end says enough.
            let _ = stream.try_write(BUSY);
        }
        *self = Self::open();
    }
}

/// No more files, of this process or of the machine.
fn is_exhausted(error: &std::io::Error) -> bool {
    const ENFILE: i32 = 23;
    const EMFILE: i32 = 24;
    cfg!(unix) && matches!(error.raw_os_error(), Some(ENFILE | EMFILE))
}

impl Listener {
    /// Accepts until the gateway stops.
    pub(crate) async fn run(self, app: App) {
        let limits = app.limits;
        let mut places = HalfOpen::new(limits.half_open, limits.half_open_per_address);
        let mut spare = Spare::open();
        let mut told = None;
        let (peers, looking) = Peers::start();
        app.tasks.spawn(looking);
        let arrival = http::Arrival {
            app: app.clone(),
            web: Arc::new(self.web),
            peers,
        };
        loop {
            let accepted = tokio::select! {
                biased;
                () = app.stopping.cancelled() => return,
                accepted = self.socket.accept() => accepted,
            };
            let (stream, from) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    if told.is_none_or(|told: Instant| told.elapsed() > TOLD_AGAIN) {
                        told = Some(Instant::now());
                        tracing::warn!(%error, "connections cannot be accepted");
                    }
                    if is_exhausted(&error) {
                        // Whoever has proven nothing goes first; and the one at the door is told.
                        places.evict_oldest();
                        spare.turn_away(&self.socket, self.tls.is_none()).await;
                    }
                    tokio::time::sleep(AFTER_FAILURE).await;
                    continue;
                }
            };
            let address = canonical(from.ip());
            let config = app.config.current();
            // Through a proxy everyone comes from one address.
            let is_shared = address.is_loopback()
                || config
                    .gateway
                    .trusted_proxies
                    .iter()
                    .any(|net| net.contains(&address));
            let Some(ticket) = places.take(address, is_shared) else {
                tracing::debug!(%from, "too many unauthenticated connections from this address");
                continue;
            };
            // Latency matters more than full packets; a socket that is gone already fails later.
            let _ = stream.set_nodelay(true);
            let served = serve(arrival.clone(), self.tls.clone(), stream, from, ticket);
            app.tasks.spawn(served);
        }
    }
}

async fn serve(
    arrival: http::Arrival,
    tls: Option<TlsAcceptor>,
    stream: TcpStream,
    from: SocketAddr,
    ticket: Ticket,
) {
    // A socket that does not know its own end is gone.
    let Ok(to) = stream.local_addr() else { return };
    let ends = Ends { from, to };
    let Some(tls) = tls else {
        return http::serve(arrival, stream, ends, ticket).await;
    };
    let evicted = ticket.evicted.clone();
    let handshake = tokio::time::timeout(arrival.app.limits.handshake, tls.accept(stream));
    tokio::select! {
        biased;
        () = evicted.cancelled() => {}
        done = handshake => match done {
            Ok(Ok(stream)) => http::serve(arrival, stream, ends, ticket).await,
            Ok(Err(error)) => tracing::debug!(%from, %error, "no TLS came about"),
            Err(_) => tracing::debug!(%from, "no TLS came about in time"),
        },
    }
}
