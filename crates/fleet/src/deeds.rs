//! What this app does for a person at other gateways, told as it happens for whoever records it: an answer before it goes
//! out, what the gateway said to it, and what is changed in the rules that answer for a person.
//!
//! The gateway of this computer records by itself what is answered there.

use tokio::sync::broadcast;

use crate::core::Core;
use crate::credentials::own_gateway;
use crate::fleet::Fleet;
use crate::inbox::{Phase, Resolve, ResolveAnswer, parse_key};
use crate::untrusted::one_line;
use crate::view::{Decision, GatewayId, ItemKind, Surface};

/// The most that a listener may be behind.
pub(crate) const BEHIND: usize = 1_024;

/// A command as it is told, in bytes.
const SUBJECT: usize = 4_000;

/// Something that was done.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    /// An answer goes out.
    Sent(Answer),
    /// What became of it, as far as the gateway's answer says.
    Heard(Answer, Heard),
    /// The rules by which this app answers were changed; in words.
    Rules(String),
}

/// An answer to what a gateway asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub gateway: GatewayId,
    pub gateway_name: String,
    pub kind: ItemKind,
    /// The gateway's own name of what it asked.
    pub id: String,
    pub subject: String,
    pub agent: Option<String>,
    pub session: Option<String>,
    pub decision: Decision,
    /// Where it was decided; a rule is one of these.
    pub surface: Option<Surface>,
}

/// What a gateway said to an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    /// It has a record; of whom, where it says so.
    Recorded { by: Option<String> },
    /// It took the answer and said no more.
    Accepted,
    /// It counted a yes, and waits for another person's.
    Counted,
    /// It did not take it, for a problem of this code.
    Failed(String),
    /// The connection broke; nobody knows.
    Unknown,
}

impl Heard {
    pub(crate) fn of(answer: &ResolveAnswer) -> Self {
        match answer {
            ResolveAnswer::Recorded(outcome) => Self::Recorded {
                by: outcome.by.as_deref().map(|by| one_line(by, 200)),
            },
            ResolveAnswer::Accepted => Self::Accepted,
            ResolveAnswer::Counted => Self::Counted,
            ResolveAnswer::Failed(trouble) => Self::Failed(trouble.code.clone()),
            ResolveAnswer::Disconnected => Self::Unknown,
        }
    }
}

impl Fleet {
    /// What is done from now on.
    pub fn deeds(&self) -> broadcast::Receiver<Deed> {
        self.shared.deeds.subscribe()
    }
}

impl Core {
    /// Tells whoever records it; nobody may.
    pub(crate) fn tell_deed(&self, deed: Deed) {
        let _ = self.deeds.send(deed);
    }

    /// The answer that goes out. None at the gateway of this computer.
    pub(crate) fn answer_elsewhere(&self, resolve: &Resolve) -> Option<Answer> {
        if resolve.gateway == own_gateway() {
            return None;
        }
        let (_, kind, id) = parse_key(&resolve.key)?;
        let item = self.inbox.inbox.item(&resolve.key)?;
        let content = &item.request.content;
        let short = |text: &Option<String>| text.as_deref().map(|text| one_line(text, 200));
        Some(Answer {
            gateway: resolve.gateway.clone(),
            gateway_name: one_line(&self.gateway_name(&resolve.gateway), 80),
            kind,
            id: one_line(id, 200),
            subject: one_line(&content.subject, SUBJECT),
            agent: short(&content.agent),
            session: short(&content.session),
            decision: resolve.decision,
            surface: match &item.phase {
                Phase::Deciding { surface, .. } => Some(*surface),
                _ => None,
            },
        })
    }
}
