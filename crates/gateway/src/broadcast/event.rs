//! One event: serialised once, whoever gets it.

use std::sync::Arc;

use gatehouse_protocol::serve;
use serde::Serialize;

use super::{ConnId, EventKind, Topic};
use crate::router::Caller;

/// Versions of the two parts of the snapshot that change by events.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct StateVersion {
    pub presence: u64,
    pub health: u64,
}

/// An event, ready to be written to any number of connections.
#[derive(Debug, Clone)]
pub struct Event(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kind: EventKind,
    body: String,
    tail: String,
    /// Who may see this one, beside what its kind asks for; none where all may.
    only: Option<Readers>,
}

struct Readers(Box<dyn Fn(&Caller) -> bool + Send + Sync>);

impl std::fmt::Debug for Readers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Readers")
    }
}

/// Who gets an event, among those whose role and scopes allow it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Audience {
    Everyone,
    /// Those who subscribed to at least one of these.
    Topics(Vec<Topic>),
    Connections(Vec<ConnId>),
    /// Those who subscribed to the topic and can show this; see `connect.caps`.
    Capable(Topic, &'static str),
}

/// What happens when a connection already has as much waiting as it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// The connection is closed as a slow consumer: without this event its picture would be wrong.
    Required,
    /// The event is left out, and the gap in the sequence says so.
    DropIfSlow,
}

impl Event {
    /// Serialises an event. `None` when the payload cannot be JSON, which is a mistake of ours and logged.
    pub fn new<T: Serialize + ?Sized>(kind: EventKind, payload: &T) -> Option<Self> {
        Self::build(kind, payload, String::new(), None)
    }

    /// An event that only some of those may see who may see its kind.
    pub fn only_for<T: Serialize + ?Sized>(
        kind: EventKind,
        payload: &T,
        readers: impl Fn(&Caller) -> bool + Send + Sync + 'static,
    ) -> Option<Self> {
        let readers = Readers(Box::new(readers));
        Self::build(kind, payload, String::new(), Some(readers))
    }

    /// An event that moves the snapshot to these versions.
    pub fn versioned<T: Serialize + ?Sized>(
        kind: EventKind,
        payload: &T,
        version: StateVersion,
    ) -> Option<Self> {
        let StateVersion { presence, health } = version;
        let tail = format!(",\"stateVersion\":{{\"presence\":{presence},\"health\":{health}}}");
        Self::build(kind, payload, tail, None)
    }

    fn build<T: Serialize + ?Sized>(
        kind: EventKind,
        payload: &T,
        tail: String,
        only: Option<Readers>,
    ) -> Option<Self> {
        match serve::event_body(kind.name, payload) {
            Ok(body) => Some(Self(Arc::new(Inner {
                kind,
                body,
                tail,
                only,
            }))),
            Err(error) => {
                tracing::error!(event = kind.name, %error, "an event could not be serialised");
                None
            }
        }
    }

    /// Whether a connection may see it.
    pub(super) fn admits(&self, caller: &Caller) -> bool {
        let by_kind = self.0.kind.guard.admits(&caller.role, &caller.scopes);
        by_kind && self.0.only.as_ref().is_none_or(|only| only.0(caller))
    }

    pub fn kind(&self) -> EventKind {
        self.0.kind
    }

    /// About how many bytes the frame takes.
    pub(crate) fn size(&self) -> usize {
        self.0.body.len() + self.0.tail.len() + 24
    }

    /// The frame for one connection.
    pub fn frame(&self, seq: u64) -> String {
        serve::event_frame(&self.0.body, seq, &self.0.tail)
    }
}
