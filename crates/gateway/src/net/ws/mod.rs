//! One WebSocket: the task that owns it, from the challenge to the close. `socket` is the wire, `handshake`
//! what is said before a client is let in, `live` everything after.

mod handshake;
mod hello;
mod live;
mod socket;

use std::sync::atomic::{AtomicU64, Ordering};

use gatehouse_protocol::close;
use tokio::io::{AsyncRead, AsyncWrite};

use super::half_open::Ticket;
use crate::auth::Peer;
use crate::broadcast::ConnId;
use crate::state::App;
use socket::Socket;

static NEXT: AtomicU64 = AtomicU64::new(1);

/// Owns one connection until it is over. `early` is what was read behind the upgrade; one that has proven something over
/// HTTP has no ticket.
pub(super) async fn run<S>(app: App, io: S, early: Vec<u8>, peer: Peer, ticket: Option<Ticket>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let conn = ConnId(NEXT.fetch_add(1, Ordering::Relaxed));
    let mut socket = Socket::new(io, early, app.limits.preauth_payload);
    let evicted = ticket
        .as_ref()
        .map(|ticket| ticket.evicted.clone())
        .unwrap_or_default();
    let greeting = tokio::time::timeout(
        app.limits.handshake,
        handshake::greet(&app, &mut socket, &peer, conn),
    );
    let greeted = tokio::select! {
        biased;
        () = evicted.cancelled() => return,
        () = app.stopping.cancelled() => {
            let bye = (close::SERVICE_RESTART, "service restart");
            return socket.close(bye.0, bye.1, app.limits.close_grace).await;
        }
        greeted = greeting => greeted,
    };
    match greeted {
        Ok(Ok(greeted)) => {
            drop(ticket);
            app.counters.handshake("ok");
            app.counters.opened();
            socket.set_max_payload(app.limits.max_payload);
            let counters = app.counters.clone();
            live::run(app, socket, greeted).await;
            counters.ended();
        }
        Ok(Err(farewell)) => {
            app.counters.handshake("refused");
            let (code, reason) = (farewell.code, farewell.reason);
            socket.close(code, &reason, app.limits.close_grace).await;
        }
        Err(_) => {
            app.counters.handshake("timeout");
            tracing::debug!(conn = conn.0, address = %peer.address, "no connect came in time");
            socket
                .close(close::POLICY, "handshake timeout", app.limits.close_grace)
                .await;
        }
    }
}
