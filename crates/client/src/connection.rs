//! The handle onto a connection: cheap to clone, shared by everybody who asks a gateway something.
//! The socket belongs to the actor; this only passes messages to it.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use gatehouse_protocol::frame::RequestFrame;
use gatehouse_protocol::method::{EncodeError, decode, encode};
use gatehouse_protocol::{GatewayError, Method, ProtocolVersion};
use serde_json::Value;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use zeroize::Zeroizing;

use crate::actor::Actor;
use crate::config::ConnectionConfig;
use crate::credentials::CredentialSource;
use crate::event::{ConnectionEvent, ConnectionState, Generation};

/// Requests and orders that wait for the actor. It takes them at once, so this is never long.
const COMMAND_QUEUE: usize = 64;

/// A connection to one gateway. When every clone is dropped, the connection closes.
#[derive(Clone)]
pub struct Connection {
    commands: mpsc::Sender<Command>,
    state: watch::Receiver<ConnectionState>,
    link: watch::Receiver<Option<Link>>,
    ids: Arc<AtomicU64>,
}

/// Why a request has no answer. After `Disconnected` and `TimedOut` the gateway may have acted all the
/// same: read back what matters.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RequestError {
    #[error("not connected")]
    Disconnected,
    /// The connection is another one than when the decision was made. Nothing was sent.
    #[error("the connection is another one by now")]
    Stale,
    #[error("{method} was not answered in time")]
    TimedOut { method: Cow<'static, str> },
    /// Nothing was sent.
    #[error("too many requests wait for an answer")]
    Busy,
    /// Nothing was sent.
    #[error("{method} is {size} bytes, the gateway takes {limit}")]
    TooLarge {
        method: Cow<'static, str>,
        size: u64,
        limit: u64,
    },
    /// This gateway is too old for it. Nothing was sent.
    #[error("the gateway does not have {method}")]
    Unsupported { method: &'static str },
    #[error(transparent)]
    Gateway(GatewayError),
    /// There is an answer, but not one of this method.
    #[error("the answer to {method} could not be read: {reason}")]
    BadResponse {
        method: Cow<'static, str>,
        reason: String,
    },
}

/// What the actor is told to do.
pub(crate) enum Command {
    Request(Request),
    ReconnectNow,
    Probe,
    Close,
}

/// One written request.
pub(crate) struct Request {
    pub(crate) id: String,
    pub(crate) method: Cow<'static, str>,
    pub(crate) text: Zeroizing<String>,
    /// It was written for this connection and is sent on no other.
    pub(crate) generation: Generation,
    pub(crate) reply: oneshot::Sender<Result<Value, RequestError>>,
}

/// What a request needs to know to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) generation: Generation,
    pub(crate) protocol: ProtocolVersion,
    pub(crate) max_payload: u64,
}

impl Connection {
    /// Starts a connection. Its task is in `tracker` and ends with `cancel`, with [`Connection::close`] or
    /// with the last handle. The receiver has a bounded queue: when its owner does not keep up, the
    /// gateway is made to wait, and an owner that stops altogether gets a `Gap`.
    pub fn spawn(
        config: ConnectionConfig,
        credentials: Arc<dyn CredentialSource>,
        tracker: &TaskTracker,
        cancel: CancellationToken,
    ) -> (Self, mpsc::Receiver<ConnectionEvent>) {
        let (commands, command_queue) = mpsc::channel(COMMAND_QUEUE);
        let (events, event_queue) = mpsc::channel(config.limits.event_queue.max(1));
        let (state_sender, state) = watch::channel(ConnectionState::Idle);
        let (link_sender, link) = watch::channel(None);
        let actor = Actor::new(
            config,
            credentials,
            command_queue,
            events,
            state_sender,
            link_sender,
            cancel,
        );
        tracker.spawn(actor.run());
        (
            Self {
                commands,
                state,
                link,
                ids: Arc::default(),
            },
            event_queue,
        )
    }

    /// Where the connection stands, now and from now on.
    pub fn state(&self) -> watch::Receiver<ConnectionState> {
        self.state.clone()
    }

    /// The generation that is up.
    pub fn generation(&self) -> Option<Generation> {
        self.link.borrow().map(|link| link.generation)
    }

    /// Asks the gateway, on whatever connection is up.
    pub async fn request<M: Method>(&self, params: M::Params) -> Result<M::Output, RequestError> {
        let link = (*self.link.borrow()).ok_or(RequestError::Disconnected)?;
        match self.ask::<M>(link, params).await {
            Err(RequestError::Stale) => Err(RequestError::Disconnected),
            answer => answer,
        }
    }

    /// Asks for a method that a person named, with whatever parameters they gave: `gatehouse call`. Nothing
    /// else sends what it has no type for.
    pub async fn call(&self, method: &str, params: &Value) -> Result<Value, RequestError> {
        let link = (*self.link.borrow()).ok_or(RequestError::Disconnected)?;
        let id = self.next_id(link);
        let frame = RequestFrame::new(&id, method, params);
        let text = serde_json::to_string(&frame).map_err(|error| RequestError::BadResponse {
            method: method.to_owned().into(),
            reason: error.to_string(),
        })?;
        let name = Cow::Owned(method.to_owned());
        let answer = self.exchange(link, id, name, Zeroizing::new(text)).await;
        match answer {
            Err(RequestError::Stale) => Err(RequestError::Disconnected),
            answer => answer,
        }
    }

    /// Asks the gateway on the connection that a decision was made on, and on no other. Approvals are
    /// resolved with this only.
    pub async fn request_on<M: Method>(
        &self,
        generation: Generation,
        params: M::Params,
    ) -> Result<M::Output, RequestError> {
        let link = *self.link.borrow();
        match link {
            Some(link) if link.generation == generation => self.ask::<M>(link, params).await,
            Some(_) => Err(RequestError::Stale),
            None => Err(RequestError::Disconnected),
        }
    }

    /// Cuts a wait short: after a person did something about a problem, or asked for it.
    pub fn reconnect_now(&self) {
        // A full queue means that the actor is about to wake up anyway.
        let _ = self.commands.try_send(Command::ReconnectNow);
    }

    /// Makes sure that a connection that is up still is one: a gateway that does not answer soon is gone. For when this
    /// computer may have slept, of which its monotonic clock tells nothing.
    pub fn probe(&self) {
        // A full queue means that there is much to say, and the deadlines of that tell as much.
        let _ = self.commands.try_send(Command::Probe);
    }

    /// Says goodbye and ends the connection for good.
    pub async fn close(&self) {
        // Gone already is closed already.
        let _ = self.commands.send(Command::Close).await;
        self.commands.closed().await;
    }

    fn next_id(&self, link: Link) -> String {
        let number = self.ids.fetch_add(1, Ordering::Relaxed);
        format!("{}-{number}", link.generation)
    }

    async fn ask<M: Method>(
        &self,
        link: Link,
        params: M::Params,
    ) -> Result<M::Output, RequestError> {
        let id = self.next_id(link);
        let text = encode::<M>(&id, &params, link.protocol).map_err(not_encoded)?;
        drop(params);
        let payload = self.exchange(link, id, M::NAME.into(), text).await?;
        decode::<M>(payload).map_err(|error| RequestError::BadResponse {
            method: M::NAME.into(),
            reason: error.to_string(),
        })
    }

    /// Sends what was written and waits for its answer.
    async fn exchange(
        &self,
        link: Link,
        id: String,
        method: Cow<'static, str>,
        text: Zeroizing<String>,
    ) -> Result<Value, RequestError> {
        let size = text.len() as u64;
        if size > link.max_payload {
            return Err(RequestError::TooLarge {
                method,
                size,
                limit: link.max_payload,
            });
        }
        let (reply, answer) = oneshot::channel();
        let generation = link.generation;
        let request = Request {
            id,
            method,
            text,
            generation,
            reply,
        };
        self.commands
            .send(Command::Request(request))
            .await
            .map_err(|_| RequestError::Disconnected)?;
        answer.await.map_err(|_| RequestError::Disconnected)?
    }
}

fn not_encoded(error: EncodeError) -> RequestError {
    match error {
        EncodeError::TooNew { method, .. } => RequestError::Unsupported { method },
        EncodeError::NotJson { method, source } => RequestError::BadResponse {
            method: method.into(),
            reason: source.to_string(),
        },
    }
}
