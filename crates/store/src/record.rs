//! The rows. `json` is the caller's own text: kept and given back as it is, never read here.

/// Milliseconds since 1970 in UTC.
pub type Millis = i64;

/// A gateway, without anything secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayRecord {
    /// Our own random name for it.
    pub id: String,
    pub name: String,
    /// Without user information, query or fragment.
    pub url: String,
    /// SHA-256 of the pinned leaf certificate.
    pub pin: Option<String>,
    /// Which kind of credential the vault keeps for it; a word of the caller's.
    pub credential: String,
    /// When that credential was kept.
    pub credential_saved_at: Option<Millis>,
    pub paused: bool,
    pub added_at: Millis,
    pub last_seen: Option<Millis>,
    /// What else the caller wants to keep, such as the server's version.
    pub json: String,
}

/// Names one session over all gateways.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SessionKey {
    pub gateway: String,
    /// The gateway's session key, such as `agent:main:main`.
    pub session: String,
}

impl SessionKey {
    pub fn new(gateway: impl Into<String>, session: impl Into<String>) -> Self {
        Self {
            gateway: gateway.into(),
            session: session.into(),
        }
    }
}

/// One session of a gateway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    pub key: String,
    /// What the list is sorted by.
    pub updated_at: Option<Millis>,
    pub json: String,
}

/// A change to a gateway's sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionBatch {
    pub upsert: Vec<SessionRecord>,
    /// Keys of sessions to forget, with their messages.
    pub remove: Vec<String>,
    /// Forget every session that is not in `upsert`: it is the gateway's whole list.
    pub whole: bool,
}

/// One message of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageRecord {
    pub id: String,
    /// Sorts the transcript, ascending; equal ones are sorted by id. The gateway's sequence where it has
    /// one, else the time.
    pub position: i64,
    pub at: Option<Millis>,
    pub json: String,
    /// What a search looks at.
    pub text: String,
}

/// A change to a session's messages; removals come first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessageBatch {
    pub upsert: Vec<MessageRecord>,
    pub remove: Vec<String>,
    /// Forget every message of the session first: `upsert` is all that is known.
    pub whole: bool,
}

/// A part of a transcript.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MessagePage {
    /// Oldest first.
    pub messages: Vec<MessageRecord>,
    /// Earlier ones are here too.
    pub has_older: bool,
}

/// A message found by a search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageHit {
    pub session: SessionKey,
    pub message: String,
    pub at: Option<Millis>,
    /// Plain text around the match, cut parts shown as `…`.
    pub excerpt: String,
}

/// Whether an inbox item still waits for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum InboxPhase {
    Waiting,
    /// Answered, expired or gone: it waits no more. `at` is when that became known.
    Decided {
        at: Millis,
    },
}

/// One inbox item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxRecord {
    /// Names it over all gateways.
    pub key: String,
    pub gateway: String,
    pub created_at: Millis,
    pub phase: InboxPhase,
    pub json: String,
}
