//! One thing that waits for a person, and what became of it.
//!
//! Times are the gateway's or this computer's milliseconds since the Unix epoch; each field says whose.
//! Text is kept as it was sent; escaping is `super::view`'s.

use serde::{Deserialize, Serialize};

use crate::view::{Decision, FactLabel, GatewayId, ItemKey, ItemKind, Surface};

/// Milliseconds since the Unix epoch.
pub type EpochMs = i64;

/// The connection that a fact came over. Rises with every connect of one gateway within one start of the app.
pub type Generation = u64;

/// How long a pairing request waits: no gateway says it, and the published one tells nobody when the time is over.
/// One that its device asks for again waits longer, so this says when to ask, and nothing that is shown.
/// Source: "Node pairing" of the published documentation.
const PAIRING_WAITS: EpochMs = 5 * 60_000;

/// A request as the gateway tells of it: in an event, in a list, or on asking for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    pub kind: ItemKind,
    /// The gateway's id of it, in full.
    pub id: String,
    /// The gateway's clock, zero where it does not say. Tells a new request from an old one that had the same id, so it
    /// stays as it was sent.
    pub created_at: EpochMs,
    /// The gateway's clock.
    pub expires_at: Option<EpochMs>,
    pub content: Content,
}

/// What the person is asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// The whole command, the plugin's title, the question, or the device's name.
    pub subject: String,
    pub argv: Vec<String>,
    pub agent: Option<String>,
    pub session: Option<String>,
    pub run: Option<String>,
    pub tool_call: Option<String>,
    pub cwd: Option<String>,
    pub host: Option<String>,
    pub node: Option<String>,
    pub resolved_path: Option<String>,
    pub security: Option<String>,
    pub ask: Option<String>,
    pub warnings: Vec<String>,
    pub offered: Vec<Decision>,
    pub unavailable: Vec<Unavailable>,
    pub facts: Vec<(FactLabel, String)>,
    pub questions: Vec<Question>,
    /// Scopes that approving a pairing takes beyond the one that lists it: nobody can hand on more than they have.
    #[serde(default)]
    pub approving_takes: Vec<String>,
    /// The gateway did not say what would run, or not in a form that can be read; the subject may be empty.
    #[serde(default)]
    pub unsaid: bool,
    /// By its gateway's word it has to be looked at before it is allowed.
    #[serde(default)]
    pub dangerous: bool,
    /// The tool that would be called, where the subject is its call in words and no command.
    #[serde(default)]
    pub tool: Option<String>,
    /// Its gateway has judged it, so that `dangerous` is all that its warnings come to.
    #[serde(default)]
    pub judged: bool,
    /// Names of the variables that the call sets. Their values are told to nobody.
    #[serde(default)]
    pub env: Vec<String>,
    /// Of what more than one person has to allow.
    #[serde(default)]
    pub people: Option<People>,
}

/// How far a request has come that takes several people.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct People {
    pub needed: u32,
    pub allowed: u32,
    /// Those who have, as far as their gateway names them.
    pub names: Vec<String>,
}

/// A decision that the request could have offered and does not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unavailable {
    pub decision: Decision,
    pub reason: Option<String>,
}

/// One question of an agent's question request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Question {
    pub id: String,
    pub text: String,
    pub options: Vec<(String, Option<String>)>,
    pub many: bool,
    /// Free text is taken.
    pub free: bool,
}

/// The gateway's word on how it ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub verdict: Verdict,
    /// Who decided, as the gateway names them.
    pub by: Option<String>,
    /// Whether `by` is this app; none where the gateway's word does not tell.
    pub by_this_app: Option<bool>,
    /// The gateway's clock.
    pub at: Option<EpochMs>,
    #[serde(default)]
    pub source: Source,
}

/// How the gateway told of an end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Source {
    /// Its record was read, or it answered with it.
    #[default]
    Record,
    /// It took our decision, and that was all.
    Answer,
    /// A live event.
    Event,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    Decided(Decision),
    Expired,
    /// Cancelled, or no longer known to the gateway.
    Gone,
}

/// Where an item stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Phase {
    Waiting {
        problem: Option<Trouble>,
    },
    /// A person decided. `answered` is none until the gateway answered the resolve; from then on the item is read
    /// back, and no second resolve can be on its way.
    Deciding {
        decision: Decision,
        surface: Surface,
        answered: Option<Answered>,
    },
    /// `recorded` is true once the gateway was asked for its record, whether it had one (see the outcome's source) or
    /// not; before that an event or an answer told of it.
    Ended {
        outcome: Outcome,
        recorded: bool,
    },
    Unreachable {
        since: EpochMs,
        was_deciding: Option<Decision>,
    },
}

/// The gateway's answer to a resolve, before the record is read back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Answered {
    Accepted,
    /// Not taken, or no answer in time. Only the record tells whether it still waits.
    Failed(Trouble),
}

/// Why a try to decide did not go through, as data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// A problem code in camel case; the words are the page's.
    pub code: String,
    /// The gateway's own words, untrusted.
    pub detail: Option<String>,
}

impl Trouble {
    pub fn new(code: &str) -> Self {
        Self {
            code: code.to_owned(),
            detail: None,
        }
    }
}

/// An item with its history in this app.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    pub gateway: GatewayId,
    pub request: Request,
    pub phase: Phase,
    pub revision: u32,
    /// This app's yes was counted, and others are still missing.
    #[serde(default)]
    pub counted: bool,
    /// Bytes of text that this item holds.
    pub bytes: usize,
    /// When this app first heard of it, by this computer's clock.
    #[serde(default)]
    pub heard_at: EpochMs,
    /// When it ended, by this computer's clock; zero while it has not.
    pub ended_at: EpochMs,
    /// Order of the last fact about it. Only means something within one start of the app.
    #[serde(skip)]
    pub touched: u64,
    #[serde(skip)]
    pub read_back: ReadBackState,
    /// The resolve whose answer is still to come.
    #[serde(skip)]
    pub resolving: Option<u64>,
    /// Not before this moment is the gateway asked again whether it expired.
    #[serde(skip)]
    pub expiry_check_at: EpochMs,
}

/// Whether the gateway is being asked for its record of an item.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReadBackState {
    #[default]
    Idle,
    Asked {
        token: u64,
        attempt: u32,
    },
    /// Ask (again) at this moment of this computer's clock.
    Due {
        at: EpochMs,
        attempt: u32,
    },
}

impl Item {
    pub fn key(&self) -> ItemKey {
        item_key(&self.gateway, self.request.kind, &self.request.id)
    }

    /// When it was asked, by this computer's clock, where the gateway's is ahead by so much. A gateway that does not
    /// say when it asked is taken to have asked when it was heard.
    pub fn asked_at(&self, ahead: EpochMs) -> EpochMs {
        match self.request.created_at {
            0 => self.heard_at,
            created => created.saturating_sub(ahead),
        }
    }

    /// When it expires, by this computer's clock.
    pub fn expires_at(&self, ahead: EpochMs) -> Option<EpochMs> {
        let expires = self.request.expires_at;
        expires.map(|at| at.saturating_sub(ahead))
    }

    /// From when on, by this computer's clock, it may have ended without a word.
    pub fn may_have_ended_at(&self, ahead: EpochMs) -> Option<EpochMs> {
        let is_pairing = matches!(
            self.request.kind,
            ItemKind::DevicePairing | ItemKind::NodePairing
        );
        let pairing_ends = || self.asked_at(ahead).saturating_add(PAIRING_WAITS);
        self.expires_at(ahead)
            .or_else(|| is_pairing.then(pairing_ends))
    }

    /// Not ended: the gateway may still be waiting for an answer.
    pub fn is_open(&self) -> bool {
        !matches!(self.phase, Phase::Ended { .. })
    }

    pub fn is_waiting(&self) -> bool {
        matches!(self.phase, Phase::Waiting { .. })
    }

    /// What can be decided: what the request offers, without a yes that was counted already.
    pub fn offered(&self) -> Vec<Decision> {
        let offered = self.request.content.offered.iter().copied();
        offered.filter(|d| !(self.counted && d.allows())).collect()
    }
}

/// `gateway/kind/id`: the id last, because a gateway chooses it and it may hold anything.
pub fn item_key(gateway: &GatewayId, kind: ItemKind, id: &str) -> ItemKey {
    ItemKey(format!("{}/{}/{id}", gateway.0, kind_word(kind)))
}

/// The parts of a key, or none where it is not one of ours.
pub fn parse_key(key: &ItemKey) -> Option<(GatewayId, ItemKind, &str)> {
    let mut parts = key.0.splitn(3, '/');
    let gateway = GatewayId(parts.next()?.to_owned());
    let word = parts.next()?;
    let kind = KINDS.into_iter().find(|kind| kind_word(*kind) == word)?;
    Some((gateway, kind, parts.next()?))
}

/// Every kind of item, in the order in which they are listed.
pub const KINDS: [ItemKind; 6] = [
    ItemKind::Exec,
    ItemKind::Plugin,
    ItemKind::System,
    ItemKind::Question,
    ItemKind::DevicePairing,
    ItemKind::NodePairing,
];

fn kind_word(kind: ItemKind) -> &'static str {
    match kind {
        ItemKind::Exec => "exec",
        ItemKind::Plugin => "plugin",
        ItemKind::System => "system",
        ItemKind::Question => "question",
        ItemKind::DevicePairing => "device",
        ItemKind::NodePairing => "node",
    }
}
