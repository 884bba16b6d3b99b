//! The inbox as every surface sees it: what waits for a person, what was decided, and by whom.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{CommandAnalysis, GatewayId, Millis, ProblemView};

/// Names one item over all gateways: `gateway/kind/id`. Opaque to the page.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Type)]
#[serde(transparent)]
pub struct ItemKey(pub String);

#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Type,
)]
#[serde(rename_all = "camelCase")]
pub enum ItemKind {
    Exec,
    Plugin,
    System,
    Question,
    DevicePairing,
    NodePairing,
}

/// A choice that a request may offer. `Approve` and `Reject` belong to pairing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Decision {
    AllowOnce,
    AllowAlways,
    Deny,
    Approve,
    Reject,
}

impl Decision {
    /// A yes, of whatever length.
    pub fn allows(self) -> bool {
        !matches!(self, Self::Deny | Self::Reject)
    }
}

/// Where a decision was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Surface {
    Window,
    Notification,
    Tray,
    ApprovalWindow,
    /// A rule of the person's, without a surface.
    Rule,
}

/// One line of the inbox. Long text is cut here; `InboxItemDetail` has it whole.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct InboxItemView {
    pub key: ItemKey,
    pub gateway: GatewayId,
    pub gateway_name: String,
    pub kind: ItemKind,
    pub phase: PhaseView,
    /// The command, the plugin's title, the question, or the device's name. At most 2 KiB.
    pub subject: String,
    /// True where `subject` is only the beginning.
    pub subject_cut: bool,
    /// What gives the subject its meaning, where it does not say all: a plugin's description, a device's scopes.
    pub meaning: Option<String>,
    /// The gateway did not say what would run, or not in a form that can be read. It can only be refused.
    pub unsaid: bool,
    /// The tool that would be called, where the subject is its call in words and no command.
    pub tool: Option<String>,
    pub agent: Option<String>,
    pub session: Option<String>,
    pub cwd: Option<String>,
    pub host: Option<String>,
    /// What the request offers, in the order to show. Nothing else can be decided.
    pub offered: Vec<Decision>,
    /// Offered decisions that this connection may not make; none of them is sent.
    pub barred: Vec<BarredDecision>,
    /// It does what a person should look at before they allow it. False where it was not read.
    pub dangerous: bool,
    /// More is to be known of it than a notification or the tray has a place for, or it is dangerous: it is allowed where
    /// it is seen whole.
    pub review: bool,
    /// Where more than one person has to allow it.
    pub people: Option<PeopleView>,
    pub created_at: Millis,
    pub expires_at: Option<Millis>,
    /// Rises with every change of this item; `inbox_decide` sends back the one the person looked at.
    pub revision: u32,
}

/// How far a request has come that takes several people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PeopleView {
    pub needed: u32,
    pub allowed: u32,
    /// Those who have, as far as their gateway names them.
    pub names: Vec<String>,
    /// This app's yes is one of them. It is not offered again.
    pub ours: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum PhaseView {
    /// Waits for a person. `problem` says why the last try to decide did not go through.
    Waiting {
        problem: Option<ProblemView>,
    },
    /// Sent by one of our surfaces; the gateway has not recorded it yet.
    Deciding {
        decision: Decision,
        surface: Surface,
    },
    /// As the gateway told it; `record` says how much of that is its record.
    Decided {
        decision: Decision,
        by: Option<String>,
        by_this_app: bool,
        at: Millis,
        record: RecordState,
    },
    Expired {
        at: Millis,
    },
    /// The gateway no longer knows it and keeps no record: cancelled, or the gateway restarted.
    Gone {
        at: Millis,
    },
    /// Its gateway is not reachable, so whether it still waits is unknown. `was_deciding` was sent and not confirmed.
    Unreachable {
        since: Millis,
        was_deciding: Option<Decision>,
    },
}

/// Whether the gateway's record of a decision was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum RecordState {
    Read,
    /// It is still to be read.
    Due,
    /// The gateway took the decision and has no record of it to read.
    OnlyAccepted,
    /// The gateway told of the decision as it was made and has no record of it to read.
    OnlyTold,
}

/// One item in full, for the approval card.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct InboxItemDetail {
    pub item: InboxItemView,
    /// The whole subject, escaped, never cut.
    pub subject: String,
    /// How many characters of `subject` are escapes of control, invisible or bidi characters.
    pub escaped_characters: u32,
    pub argv: Vec<String>,
    pub resolved_path: Option<String>,
    pub node: Option<String>,
    pub run: Option<String>,
    pub tool_call: Option<String>,
    /// The gateway's exec mode for this request, such as `allowlist`.
    pub security: Option<String>,
    pub ask: Option<String>,
    /// What the gateway warns of.
    pub warnings: Vec<String>,
    pub unavailable: Vec<UnavailableDecision>,
    /// Other operators that are connected to this gateway and may answer.
    pub others: Vec<String>,
    /// The last message of the session before the request, when known: why it was asked.
    pub context: Option<String>,
    /// More facts in the order to show, such as a device's platform, scopes and address.
    pub facts: Vec<Fact>,
    /// For a question request: what is asked, in order. Each needs an answer.
    pub questions: Vec<QuestionView>,
    /// For a command: what it does, as this app reads it. None where it cannot be read.
    pub analysis: Option<CommandAnalysis>,
    /// Its gateway takes terms: for how long, a reason, an edited command.
    pub governed: bool,
    /// Of its gateway; what a lasting answer covers there depends on it.
    pub server_version: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Fact {
    pub label: FactLabel,
    pub value: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum FactLabel {
    Plugin,
    Tool,
    Severity,
    Description,
    Device,
    Platform,
    Address,
    Role,
    Scopes,
    ClientId,
    Version,
    Environment,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct UnavailableDecision {
    pub decision: Decision,
    /// Why, as the gateway or its policy gives it; none where it does not say.
    pub reason: Option<String>,
}

/// A decision that the request offers and this connection may not make.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct BarredDecision {
    pub decision: Decision,
    /// The scope that the gateway did not grant, such as `operator.approvals`.
    pub scope: String,
}

/// One question of a question request.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct QuestionView {
    /// Before the colon of each answer's value.
    pub id: String,
    pub text: String,
    pub options: Vec<QuestionOption>,
    /// More than one option can be chosen.
    pub multi_select: bool,
    /// An answer in one's own words is taken, as `id:words`.
    pub free_text: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct QuestionOption {
    pub value: String,
    pub label: String,
    pub description: Option<String>,
}

/// The inbox at one moment. `InboxChange` with the next revision applies on top.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct InboxSnapshot {
    pub revision: u32,
    /// Waiting first, the oldest first; then what was decided lately, the newest first.
    pub items: Vec<InboxItemView>,
    pub waiting: u32,
    /// Gateways that have more waiting than is kept here; the rest is listed again as soon as there is room.
    pub overflow: Vec<GatewayId>,
}

/// What changed. A page that sees a revision which is not its own plus one asks for a snapshot.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct InboxChange {
    pub revision: u32,
    pub changed: Vec<InboxItemView>,
    pub removed: Vec<ItemKey>,
    pub waiting: u32,
    pub overflow: Vec<GatewayId>,
}

/// A person's explicit choice.
#[derive(Clone, Debug, PartialEq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DecideInput {
    pub key: ItemKey,
    pub decision: Decision,
    /// The revision of the item that the person looked at. Another one is refused as `itemChanged`.
    pub revision: u32,
    /// For a question: the chosen options' values, and `id:words` for own words.
    pub answer: Option<Vec<String>>,
    /// For a governed gateway: how long it holds, and why.
    pub terms: Option<DecideTerms>,
}

/// How a governed gateway is to take a decision, beyond yes and no.
#[derive(Clone, Debug, PartialEq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DecideTerms {
    pub lasting: Lasting,
    /// For `for`.
    pub minutes: Option<u32>,
    /// For `always`: a pattern instead of exactly this command.
    pub pattern: Option<String>,
    /// For `always`: when it ends.
    pub until: Option<Millis>,
    /// Reaches the agent.
    pub reason: Option<String>,
    /// Runs this instead; a new request.
    pub edited_command: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Lasting {
    Once,
    Session,
    For,
    Always,
}
