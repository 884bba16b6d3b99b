//! A connection that is in: requests in, answers and events out, until one side ends it. The task waits for
//! many things at once and owns all that they touch.
//!
//! A handler is first run right here; only one that has to wait becomes a task of its own, so that a burst of
//! quick requests costs no task each. Such a task goes on when the connection ends: what a client asked for is
//! done even if it does not hear of it.

use std::future::poll_fn;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use gatehouse_protocol::close;
use gatehouse_protocol::serve::{Request, RequestFault};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{Instant, Interval, MissedTickBehavior, timeout};
use tokio_util::sync::CancellationToken;
use tungstenite::{Bytes, Error, Message, Utf8Bytes};

use super::handshake::Greeted;
use super::socket::Socket;
use crate::broadcast::{Outbox, OutboxReader, Outgoing};
use crate::router::{self, Caller, Cx, MethodError};
use crate::state::App;

/// Messages that are read before what was written goes to the kernel.
const READS_PER_FLUSH: u32 = 32;

/// Requests of one connection that wait for a person at the same time; what a client asks for twice, it asks for after
/// it has given up on the first.
const WAITS: usize = 4;

struct Live<S> {
    socket: Socket<S>,
    outgoing: OutboxReader,
    seq: u64,
    reads: u32,
    heard: Instant,
    /// Who wants to know when what was written so far has gone out.
    marks: Vec<oneshot::Sender<()>>,
}

/// What the wire brought.
enum Step {
    Message(Message),
    /// An orderly end that we decide.
    Close(u16, String),
    /// The socket is over.
    Gone(Error),
}

/// Runs a connection to its end.
pub(super) async fn run<S>(app: App, socket: Socket<S>, greeted: Greeted)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let Greeted {
        caller,
        outgoing,
        outbox,
    } = greeted;
    let gone = CancellationToken::new();
    // Also when this task is dropped.
    let _gone = gone.clone().drop_guard();
    let desk = Desk {
        free: Arc::new(Semaphore::new(app.limits.in_flight)),
        waits: Arc::new(Semaphore::new(WAITS)),
        closing: outgoing.closing(),
        gone: gone.clone(),
        app: app.clone(),
        caller: Arc::clone(&caller),
        outbox,
    };
    let mut live = Live {
        socket,
        outgoing,
        seq: 0,
        reads: 0,
        heard: Instant::now(),
        marks: Vec::new(),
    };
    let (code, reason) = live.until_end(&app, &desk).await;
    gone.cancel();
    app.hub.leave(caller.conn);
    drop(desk);
    if let Some(code) = code {
        live.socket
            .close(code, &reason, app.limits.close_grace)
            .await;
    }
    tracing::debug!(conn = caller.conn.0, client = %caller.client.id, code, reason, "a connection ended");
}

impl<S: AsyncRead + AsyncWrite + Unpin> Live<S> {
    /// Returns how to close, or no code when there is nothing left to close.
    async fn until_end(&mut self, app: &App, desk: &Desk) -> (Option<u16>, String) {
        let overflow = self.outgoing.overflow();
        let closing = self.outgoing.closing();
        let mut tick = every(app.limits.tick);
        let mut ping = every(app.limits.ping_every);
        loop {
            let step = tokio::select! {
                biased;
                () = overflow.cancelled() => {
                    app.counters.slow_consumers.inc();
                    return (Some(close::POLICY), "slow consumer".to_owned());
                }
                () = closing.cancelled() => return self.last_words(app.limits.close_grace).await,
                _ = tick.tick() => {
                    desk.tick();
                    continue;
                }
                _ = ping.tick() => {
                    let silent = self.heard.elapsed();
                    if silent > app.limits.ping_every + app.limits.pong_window {
                        return (None, "no sign of life".to_owned());
                    }
                    poll_fn(|cx| {
                        self.ping(cx);
                        Poll::Ready(())
                    })
                    .await;
                    continue;
                }
                step = poll_fn(|cx| self.poll_step(cx)) => step,
            };
            match step {
                Step::Message(message) => {
                    self.heard = Instant::now();
                    if let Err(end) = desk.take(message).await {
                        return end;
                    }
                }
                Step::Close(code, reason) => return (Some(code), reason),
                Step::Gone(error) => return farewell(&error),
            }
        }
    }

    /// Writes what was queued before the end and reads nothing more: whoever is shown out is obeyed no longer, also
    /// one who does not listen.
    async fn last_words(&mut self, grace: Duration) -> End {
        let written = poll_fn(|cx| match self.fill(cx) {
            Some(step) => Poll::Ready(step),
            None => Poll::Pending,
        });
        match timeout(grace, written).await {
            Ok(Step::Close(code, reason)) => (Some(code), reason),
            Ok(Step::Gone(error)) => farewell(&error),
            Ok(Step::Message(_)) | Err(_) => (None, "did not read to the end".to_owned()),
        }
    }

    /// Moves what waits into the socket, then reads; what was written goes to the kernel when there is nothing
    /// to read, or after enough reads that its receiver should not wait longer.
    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Step> {
        if let Some(step) = self.fill(cx) {
            return Poll::Ready(step);
        }
        if self.reads >= READS_PER_FLUSH {
            self.reads = 0;
            if let Some(error) = self.flush(cx) {
                return Poll::Ready(Step::Gone(error));
            }
        }
        if let Poll::Ready(read) = self.socket.poll_read(cx) {
            self.reads += 1;
            return Poll::Ready(read.map_or_else(Step::Gone, Step::Message));
        }
        self.reads = 0;
        self.flush(cx)
            .map_or(Poll::Pending, |error| Poll::Ready(Step::Gone(error)))
    }

    fn flush(&mut self, cx: &Context<'_>) -> Option<Error> {
        match self.socket.poll_flush(cx) {
            Poll::Ready(Ok(())) => {
                for mark in self.marks.drain(..) {
                    // Whoever asked may have given up.
                    let _ = mark.send(());
                }
                None
            }
            Poll::Ready(Err(error)) => Some(error),
            Poll::Pending => None,
        }
    }

    /// Moves messages from the queue into the socket while it takes them.
    fn fill(&mut self, cx: &mut Context<'_>) -> Option<Step> {
        loop {
            match self.socket.poll_writable(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => return Some(Step::Gone(error)),
                Poll::Pending => return None,
            }
            let Poll::Ready(item) = self.outgoing.poll_next(cx) else {
                return None;
            };
            let text = match item {
                Some(Outgoing::Frame(frame)) => frame,
                Some(Outgoing::Event(event)) => {
                    self.seq += 1 + self.outgoing.take_dropped();
                    event.frame(self.seq).into()
                }
                Some(Outgoing::Mark(mark)) => {
                    self.marks.push(mark);
                    continue;
                }
                Some(Outgoing::Close { code, reason }) => return Some(Step::Close(code, reason)),
                None => {
                    return Some(Step::Close(
                        close::SERVICE_RESTART,
                        "service restart".into(),
                    ));
                }
            };
            if let Err(error) = self.socket.write(cx, Message::Text(text)) {
                return Some(Step::Gone(error));
            }
        }
    }

    fn ping(&mut self, cx: &Context<'_>) {
        if let Poll::Ready(Ok(())) = self.socket.poll_writable(cx) {
            // A socket that is broken says so at the next read.
            let _ = self.socket.write(cx, Message::Ping(Bytes::new()));
        }
    }
}

/// Where requests go.
struct Desk {
    app: App,
    caller: Arc<Caller>,
    outbox: Outbox,
    /// Handlers that may still be started for this connection.
    free: Arc<Semaphore>,
    /// Long waits that may still be begun.
    waits: Arc<Semaphore>,
    /// The end is queued: nothing more is taken.
    closing: CancellationToken,
    /// The connection is over.
    gone: CancellationToken,
}

type End = (Option<u16>, String);

impl Desk {
    async fn take(&self, message: Message) -> Result<(), End> {
        match message {
            Message::Text(text) => self.request(&text).await,
            Message::Close(_) => return Err((Some(1000), String::new())),
            Message::Binary(_) => {
                return Err((Some(1003), "text frames only".to_owned()));
            }
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => {}
        }
        tokio::task::consume_budget().await;
        Ok(())
    }

    async fn request(&self, text: &Utf8Bytes) {
        let request = match Request::parse(text) {
            Ok(request) => request,
            Err(fault) => return self.malformed(&fault),
        };
        let Some(permit) = self.permit().await else {
            let error = MethodError::unavailable("too many requests in flight").retry_after(100);
            return self.outbox.frame(router::refusal(&request.id, error));
        };
        // It may have been shown out while this request waited for its turn.
        if self.closing.is_cancelled() {
            return;
        }
        let early = router::Early {
            id: request.id.to_string(),
            outbox: self.outbox.clone(),
            gone: self.gone.clone(),
            waits: Arc::clone(&self.waits),
        };
        let cx = Cx::new(self.app.clone(), Arc::clone(&self.caller)).answering(early);
        let mut answering = self.app.methods.dispatch(cx, &request);
        let first = poll_fn(|cx| Poll::Ready(answering.as_mut().poll(cx))).await;
        if let Poll::Ready(frame) = first {
            return self.outbox.frame(frame);
        }
        let outbox = self.outbox.clone();
        self.app.tasks.spawn(async move {
            let frame = answering.await;
            drop(permit);
            outbox.frame(frame);
        });
    }

    /// A burst is read only as fast as it is answered; a request is refused when none of those at work ends.
    async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        let patience = self.app.limits.in_flight_patience;
        let permit = Arc::clone(&self.free).acquire_owned();
        timeout(patience, permit).await.ok()?.ok()
    }

    fn malformed(&self, fault: &RequestFault) {
        let id = match fault {
            RequestFault::Malformed { id, .. } => id,
            RequestFault::Unreadable(_) => "invalid",
        };
        let error = MethodError::invalid(fault.to_string());
        self.outbox.frame(router::refusal(id, error));
    }

    fn tick(&self) {
        use crate::broadcast::{Delivery, Event, EventKind};
        let payload = serde_json::json!({"ts": self.app.clock.now_ms()});
        if let Some(event) = Event::new(EventKind::TICK, &payload) {
            self.outbox.event(&event, Delivery::DropIfSlow);
        }
    }
}

fn every(period: std::time::Duration) -> Interval {
    let mut interval = tokio::time::interval_at(Instant::now() + period, period);
    interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
    interval
}

/// What a broken socket is told, as far as it can still hear.
fn farewell(error: &Error) -> End {
    match error {
        Error::Capacity(_) => (Some(close::TOO_BIG), "frame too large".to_owned()),
        Error::Utf8(_) => (Some(1007), "invalid UTF-8".to_owned()),
        Error::Protocol(fault) => (Some(1002), fault.to_string()),
        other => (None, other.to_string()),
    }
}
