//! A connection while it is up: one loop that writes, reads, delivers, and watches the clock. Nothing in it
//! waits for one thing alone, so a slow owner, a slow gateway or a slow asker cannot hold up the others.

use std::time::Duration;

use futures_util::StreamExt;
use futures_util::stream::SplitStream;
use gatehouse_protocol::event::Shutdown;
use gatehouse_protocol::{EventFrame, GatewayEvent, HelloOk, Incoming, close};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use tokio_util::sync::CancellationToken;

use crate::config::Limits;
use crate::connection::{Command, Request, RequestError};
use crate::event::{ClockReading, ConnectionEvent, Generation};
use crate::handshake::close_problem;
use crate::outbox::Outbox;
use crate::outgoing::Outgoing;
use crate::pending::Pending;
use crate::problem::{Problem, ProblemCode};
use crate::transport::{Socket, socket_problem};

/// Unusable frames in a row after which the other side is taken for something else than a gateway.
const MAX_BAD_FRAMES: u32 = 32;
/// Bounds for what a gateway may ask for as tick interval: its silence must neither end a connection
/// every second nor go unnoticed for ever.
const TICK_BOUNDS: (u64, u64) = (1_000, 60_000);

/// Why a connection is not up any more.
pub(crate) enum Ended {
    /// Asked for: end for good.
    Stopped,
    /// Asked for: connect again at once.
    Reconnect,
    /// Not asked for.
    Lost(Problem),
}

/// What lives longer than one connection.
pub(crate) struct Surroundings<'a> {
    pub(crate) commands: &'a mut mpsc::Receiver<Command>,
    pub(crate) outbox: &'a mut Outbox,
    pub(crate) cancel: &'a CancellationToken,
}

pub(crate) struct Live<'a> {
    around: Surroundings<'a>,
    stream: SplitStream<Socket>,
    outgoing: Outgoing,
    pending: Pending,
    generation: Generation,
    limits: Limits,
    tick: Duration,
    /// When the last frame with a meaning came.
    heard: Instant,
    /// When the last ping of ours went out.
    pinged: Instant,
    /// Until when anything at all has to be heard.
    probe: Option<Instant>,
    /// When its clock was last told of.
    clock_told: Instant,
    last_seq: Option<u64>,
    bad_frames: u32,
    shutdown: Option<Shutdown>,
}

enum Turn {
    Stop,
    Command(Option<Command>),
    Timer,
    Written(Result<(), WsError>),
    Delivered,
    Frame(Option<Result<Message, WsError>>),
}

impl<'a> Live<'a> {
    pub(crate) fn new(
        socket: Socket,
        hello: &HelloOk,
        generation: Generation,
        limits: Limits,
        around: Surroundings<'a>,
    ) -> Self {
        let (sink, stream) = socket.split();
        let tick = hello
            .policy
            .tick_interval_ms()
            .clamp(TICK_BOUNDS.0, TICK_BOUNDS.1);
        let now = Instant::now();
        Self {
            around,
            stream,
            outgoing: Outgoing::new(sink, hello.policy.max_buffered_bytes()),
            pending: Pending::new(limits.in_flight, limits.request_deadline),
            generation,
            limits,
            tick: Duration::from_millis(tick),
            heard: now,
            pinged: now,
            probe: None,
            clock_told: now,
            last_seq: None,
            bad_frames: 0,
            shutdown: None,
        }
    }

    /// Runs until the connection ends, and fails whatever still waits for an answer. Gives back when the gateway
    /// was last heard from.
    pub(crate) async fn run(mut self) -> (Ended, Instant) {
        let ended = loop {
            let turn = self.turn().await;
            if let Some(ended) = self.handle(turn) {
                break ended;
            }
        };
        self.pending.fail_all();
        let farewell = match &ended {
            Ended::Lost(problem) => close_code_for(problem.code),
            Ended::Stopped | Ended::Reconnect => Some(1000),
        };
        if let Some(code) = farewell {
            self.outgoing.close(code).await;
        }
        (ended, self.heard)
    }

    /// Waits for whatever comes first. The order is the order of urgency: reading comes last, so that a
    /// flood of frames starves nothing.
    async fn turn(&mut self) -> Turn {
        let timer = self.next_timer();
        let writing = !self.outgoing.is_idle();
        let reading = !self.around.outbox.is_full();
        let Self {
            around,
            stream,
            outgoing,
            ..
        } = self;
        tokio::select! {
            biased;
            () = around.cancel.cancelled() => Turn::Stop,
            () = tokio::time::sleep_until(timer) => Turn::Timer,
            command = around.commands.recv() => Turn::Command(command),
            written = outgoing.write(), if writing => Turn::Written(written),
            () = around.outbox.deliver() => Turn::Delivered,
            frame = stream.next(), if reading => Turn::Frame(frame),
        }
    }

    fn handle(&mut self, turn: Turn) -> Option<Ended> {
        match turn {
            Turn::Stop | Turn::Command(None | Some(Command::Close)) => Some(Ended::Stopped),
            Turn::Command(Some(Command::ReconnectNow)) => Some(Ended::Reconnect),
            Turn::Command(Some(Command::Probe)) => {
                self.begin_probe(Instant::now());
                None
            }
            Turn::Command(Some(Command::Request(request))) => {
                self.accept(request);
                None
            }
            Turn::Timer => self.on_timer(Instant::now()).map(Ended::Lost),
            Turn::Written(Ok(())) | Turn::Delivered => None,
            Turn::Written(Err(error)) | Turn::Frame(Some(Err(error))) => {
                Some(Ended::Lost(self.blame(socket_problem(&error))))
            }
            Turn::Frame(Some(Ok(message))) => self.on_message(message).map(Ended::Lost),
            Turn::Frame(None) => Some(Ended::Lost(self.blame(ProblemCode::ConnectionLost.into()))),
        }
    }

    fn accept(&mut self, request: Request) {
        // Who asked may have given up; then nothing needs to be sent.
        if request.reply.is_closed() {
            return;
        }
        let refused = if request.generation != self.generation {
            Some(RequestError::Stale)
        } else if self.pending.is_full() || self.outgoing.is_full() {
            Some(RequestError::Busy)
        } else {
            None
        };
        if let Some(error) = refused {
            let _ = request.reply.send(Err(error));
            return;
        }
        self.outgoing.push(Message::text(request.text.as_str()));
        self.pending
            .insert(request.id, request.method, request.reply);
    }

    /// The next moment at which something has to be looked at.
    fn next_timer(&self) -> Instant {
        let watchdog = self.heard + self.patience();
        let ping = self.pinged.max(self.heard) + self.tick;
        let deadline = self.pending.next_deadline();
        let stall = self.around.outbox.stall_deadline();
        [Some(watchdog), Some(ping), deadline, stall, self.probe]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or(ping)
    }

    /// How long the gateway may be silent: two ticks. While it owes us an answer, four: a gateway that is
    /// busy with the first turn of an agent can be silent for a minute, and the request has its own deadline.
    fn patience(&self) -> Duration {
        if self.pending.is_empty() {
            self.tick * 2
        } else {
            self.tick * 4
        }
    }

    fn on_timer(&mut self, now: Instant) -> Option<Problem> {
        self.pending.expire(now);
        if self
            .around
            .outbox
            .stall_deadline()
            .is_some_and(|deadline| deadline <= now)
        {
            self.around.outbox.shed(self.generation);
            // We did not listen, so the silence was ours.
            self.heard = now;
        }
        let reading = !self.around.outbox.is_full();
        if reading && now >= self.heard + self.patience() {
            return Some(self.blame(ProblemCode::TickTimeout.into()));
        }
        if self.probe.is_some_and(|until| until <= now) {
            return Some(self.blame(ProblemCode::TickTimeout.into()));
        }
        if !reading {
            self.heard = now;
        }
        if now >= self.pinged.max(self.heard) + self.tick {
            // A ping makes the system notice a peer that is gone, and keeps middleboxes awake.
            self.outgoing.push(Message::Ping(Default::default()));
            self.pinged = now;
        }
        None
    }

    fn begin_probe(&mut self, now: Instant) {
        self.outgoing.push(Message::Ping(Default::default()));
        self.pinged = now;
        self.probe.get_or_insert(now + self.limits.probe_deadline);
    }

    fn on_message(&mut self, message: Message) -> Option<Problem> {
        self.probe = None;
        match message {
            Message::Text(text) => self.on_text(text.as_str()),
            Message::Binary(_) => self.reject(Problem::new(ProblemCode::BadFrame), "binary"),
            // A reply to the ping is queued by the socket; it goes out with the next flush.
            Message::Ping(_) => {
                self.outgoing.flush_soon();
                None
            }
            Message::Pong(_) | Message::Frame(_) => None,
            Message::Close(frame) => Some(self.blame(close_problem(frame.as_ref()))),
        }
    }

    fn on_text(&mut self, text: &str) -> Option<Problem> {
        match Incoming::parse(text) {
            Ok(Incoming::Response(response)) => {
                self.heard();
                self.pending.answer(response);
                None
            }
            Ok(Incoming::Event(event)) => self.on_event(event, text.len()),
            Ok(Incoming::Unknown { kind }) => {
                tracing::debug!(
                    kind = kind.get(..32).unwrap_or(&kind),
                    "a frame of a new type"
                );
                None
            }
            Err(error) => self.reject(Problem::new(ProblemCode::BadFrame), &error.to_string()),
        }
    }

    fn on_event(&mut self, frame: EventFrame, bytes: usize) -> Option<Problem> {
        if bytes > self.limits.max_event_bytes {
            // Its sequence number is skipped as well, so the next event makes the gap known.
            let reason = format!("{bytes} bytes");
            return self.reject(Problem::new(ProblemCode::FrameTooLarge), &reason);
        }
        self.heard();
        let seq = frame.seq;
        self.note_sequence(seq);
        match GatewayEvent::read(frame) {
            GatewayEvent::Tick(tick) => self.tell_clock(tick.ts, bytes),
            event => {
                if let GatewayEvent::Shutdown(shutdown) = &event {
                    self.shutdown = Some(shutdown.clone());
                }
                let generation = self.generation;
                self.around.outbox.push(
                    ConnectionEvent::Event {
                        generation,
                        event,
                        seq,
                    },
                    bytes,
                );
            }
        }
        None
    }

    fn tell_clock(&mut self, shown: Option<u64>, bytes: usize) {
        let heard = Instant::now();
        let Some(shown) = shown.filter(|_| heard >= self.clock_told + self.limits.clock_every)
        else {
            return;
        };
        self.clock_told = heard;
        let told = ConnectionEvent::Clock {
            generation: self.generation,
            clock: ClockReading { shown, heard },
        };
        self.around.outbox.push(told, bytes);
    }

    fn heard(&mut self) {
        self.heard = Instant::now();
        self.bad_frames = 0;
    }

    fn note_sequence(&mut self, seq: Option<u64>) {
        let Some(got) = seq else { return };
        let expected = self.last_seq.map(|last| last.saturating_add(1));
        if let Some(expected) = expected.filter(|expected| got > *expected) {
            let generation = self.generation;
            self.around.outbox.push(
                ConnectionEvent::Gap {
                    generation,
                    expected,
                    got,
                },
                0,
            );
        }
        self.last_seq = Some(self.last_seq.map_or(got, |last| last.max(got)));
    }

    /// Reports a frame that is of no use; too many of them in a row end the connection.
    fn reject(&mut self, problem: Problem, reason: &str) -> Option<Problem> {
        self.bad_frames += 1;
        let problem = problem.with_detail(reason);
        if self.bad_frames > MAX_BAD_FRAMES {
            return Some(problem);
        }
        let generation = self.generation;
        self.around.outbox.push(
            ConnectionEvent::Rejected {
                generation,
                problem,
            },
            0,
        );
        None
    }

    /// A connection that ends after the gateway said that it goes away, ended for that reason.
    fn blame(&self, mut problem: Problem) -> Problem {
        if let Some(shutdown) = &self.shutdown {
            let reason = shutdown.reason.clone().unwrap_or_default();
            problem.code = ProblemCode::Shutdown;
            problem = problem
                .with_detail(reason)
                .with_retry_after(shutdown.restart_expected_ms);
        }
        problem
    }
}

/// With which code to end a connection from this side; `None` when the other side did.
fn close_code_for(code: ProblemCode) -> Option<u16> {
    match code {
        ProblemCode::TickTimeout => Some(close::TICK_TIMEOUT),
        ProblemCode::FrameTooLarge => Some(close::TOO_BIG),
        ProblemCode::BadFrame => Some(close::POLICY),
        _ => None,
    }
}
