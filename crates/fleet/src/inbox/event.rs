//! What the inbox is told, and what it asks for.

use super::item::{EpochMs, Generation, Item, Outcome, Request, Trouble};
use crate::view::{DecideTerms, Decision, GatewayId, ItemKey, ItemKind, Surface};

/// A fact, or a person's choice.
#[derive(Clone, Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time is passed by value; a box would buy nothing"
)]
pub enum InboxEvent {
    /// What was known before this start of the app.
    Restored {
        items: Vec<Item>,
    },
    /// How far a gateway's clock is ahead of this computer's.
    Clock {
        gateway: GatewayId,
        ahead: EpochMs,
    },
    /// The gateway is connected; `kinds` are those that it and our scopes let us list.
    Up {
        gateway: GatewayId,
        generation: Generation,
        kinds: Vec<ItemKind>,
    },
    Down {
        gateway: GatewayId,
        generation: Generation,
    },
    /// The person took the gateway out of the app.
    /// The connection is about to end because an answer on it was larger than is read.
    AnswerTooLarge {
        gateway: GatewayId,
        generation: Generation,
    },
    Removed {
        gateway: GatewayId,
    },
    Requested {
        gateway: GatewayId,
        generation: Generation,
        request: Request,
    },
    /// A live event told how an item ended.
    Resolved {
        gateway: GatewayId,
        generation: Generation,
        kind: ItemKind,
        id: String,
        outcome: Outcome,
    },
    /// Something may have been missed (a sequence gap, an unreadable frame): list everything again.
    Doubt {
        gateway: GatewayId,
        generation: Generation,
    },
    Listed {
        gateway: GatewayId,
        generation: Generation,
        kind: ItemKind,
        token: u64,
        requests: Result<Vec<Request>, Trouble>,
    },
    ResolveAnswered {
        key: ItemKey,
        token: u64,
        answer: ResolveAnswer,
    },
    ReadBack {
        key: ItemKey,
        token: u64,
        answer: ReadBackAnswer,
    },
    Decide(Choice),
    /// Time went by.
    Tick,
}

/// A person's explicit choice, from a surface.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub key: ItemKey,
    pub decision: Decision,
    /// The revision that the person looked at.
    pub revision: u32,
    pub surface: Surface,
    /// For a question: `questionId:label` or free text.
    pub answer: Vec<String>,
    /// For a gateway that takes them.
    pub terms: Option<DecideTerms>,
}

/// The gateway's answer to a resolve.
#[derive(Clone, Debug, PartialEq)]
pub enum ResolveAnswer {
    /// It answered with its record, ours or that of whoever was first.
    Recorded(Outcome),
    /// It took it and says no more.
    Accepted,
    /// It counted this yes, and waits for another person's.
    Counted,
    /// It refused, no longer knows the request, or gave no answer in time.
    Failed(Trouble),
    /// The connection that the decision was bound to is gone; nothing was sent on another.
    Disconnected,
}

/// The gateway's answer to being asked for its record.
#[derive(Clone, Debug, PartialEq)]
pub enum ReadBackAnswer {
    Pending,
    Ended(Outcome),
    /// It knows no such request (any more).
    Unknown,
    /// No answer; asked again later.
    Failed,
}

/// What has to be done outside of the reducer, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    List {
        gateway: GatewayId,
        generation: Generation,
        kind: ItemKind,
        token: u64,
    },
    Resolve(Resolve),
    ReadBack {
        gateway: GatewayId,
        generation: Generation,
        key: ItemKey,
        token: u64,
    },
    /// Keep this item so that it survives the process.
    Persist(ItemKey),
    /// It left the inbox: forget it in the store and on every surface.
    Forget(ItemKey),
    /// A request that was never heard of before: what a person wants answered by rule is answered now or never, and
    /// otherwise a notice is shown. In the place of `Notify`.
    Arrived(ItemKey),
    /// Make sure that a notice with this item's present revision is shown. It is the person's to answer.
    Notify(ItemKey),
    Withdraw(ItemKey),
    Changed(ItemKey),
    /// Whether a gateway has more waiting than is kept changed.
    Overflow {
        gateway: GatewayId,
        overflow: bool,
    },
    /// The choice was not taken; nothing was sent.
    Refused(Refusal),
}

/// A decision on its way to its gateway, over exactly this connection and no other.
#[derive(Clone, Debug, PartialEq)]
pub struct Resolve {
    pub gateway: GatewayId,
    pub generation: Generation,
    pub key: ItemKey,
    pub token: u64,
    pub decision: Decision,
    /// For a question: its answers by question id.
    pub answers: Vec<(String, Vec<String>)>,
    pub terms: Option<DecideTerms>,
}

/// Why a choice was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("no such item")]
    NoSuchItem,
    #[error("the item changed since it was shown")]
    ItemChanged,
    #[error("the request does not offer this decision here")]
    NotOffered,
    #[error("a decision is on its way")]
    DecisionInFlight,
    #[error("it has ended already")]
    AlreadyEnded,
    #[error("its gateway is not reachable")]
    Unreachable,
    #[error("not every question has an answer")]
    AnswerIncomplete,
}
