//! A session's transcript as the page renders it, and the updates that keep it current.
//!
//! Tool results are already folded into the tool call they answer. Updates are coalesced (about every 30 ms)
//! and travel over a channel in order; a page applies them one by one to the snapshot that opened the chat.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{Decision, GatewayId, ItemKey, Millis, ProblemView, SessionRef};

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ChatSnapshot {
    pub session: SessionRef,
    pub title: String,
    pub model: Option<String>,
    /// Oldest first; the latest part of the transcript.
    pub messages: Vec<MessageView>,
    pub has_older: bool,
    pub run: RunView,
    /// True while this is what the cache holds and the gateway's own history has not arrived.
    pub cached: bool,
    pub limits: AttachmentLimits,
    pub context_tokens: Option<f64>,
    pub total_tokens: Option<f64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AttachmentLimits {
    /// The largest single attachment, in bytes; none while not connected.
    pub max_bytes: Option<f64>,
    /// How many may go with one message.
    pub max_count: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum RunView {
    Idle,
    /// `phase` is the gateway's own word, such as `preparing_context`.
    Running {
        run: String,
        phase: Option<String>,
        since: Millis,
    },
    WaitingForApproval {
        run: String,
        item: Option<ItemKey>,
        since: Millis,
    },
    /// Our abort was sent and the gateway has not confirmed it.
    Aborting {
        run: String,
    },
    /// The gateway is gone; what becomes of the run is unknown until it is back.
    Unknown {
        run: String,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct MessageView {
    /// Stable over reloads: the gateway's id, or our idempotency key while it is not confirmed.
    pub id: String,
    pub role: Role,
    pub at: Option<Millis>,
    pub blocks: Vec<BlockView>,
    pub state: MessageState,
    pub model: Option<String>,
    /// Output tokens of this message, when known.
    pub tokens: Option<f64>,
    pub cost_usd: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Role {
    User,
    Assistant,
    System,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum MessageState {
    Done,
    /// Ours, not confirmed yet.
    Sending,
    /// Ours, not taken; `retry` sends it again with the same idempotency key.
    Failed {
        problem: ProblemView,
    },
    Streaming,
    /// The model's own limit ended it in the middle.
    Cut,
    Aborted,
    /// The run ended with an error.
    Errored {
        problem: ProblemView,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum BlockView {
    /// Markdown.
    Text {
        text: String,
    },
    Thinking {
        text: String,
    },
    Tool {
        tool: ToolView,
    },
    Image {
        mime: String,
        /** A `data:` URL, at most 2 MiB, else none. */
        data: Option<String>,
        name: Option<String>,
    },
    File {
        name: String,
        mime: Option<String>,
        bytes: Option<f64>,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ToolView {
    /// The tool call's id.
    pub id: String,
    pub name: String,
    /// One line: the command, the path, the address.
    pub summary: String,
    /// The arguments as indented JSON, capped at 64 KiB.
    pub arguments: Option<String>,
    pub state: ToolState,
    /// What it printed; the end of it where it is longer than 256 KiB.
    pub output: String,
    pub output_cut: bool,
    pub exit_code: Option<i32>,
    pub duration_ms: Option<f64>,
    /// The approval it waited for, and what was decided.
    pub approval: Option<ItemKey>,
    pub decision: Option<Decision>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ToolState {
    Running,
    WaitingForApproval,
    Done,
    Failed,
    Denied,
    /// The run ended before the call did.
    Interrupted,
}

/// One step of a chat's stream.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum ChatUpdate {
    /// Start again from this: after a reconnect, a gap, or when the cache gave way to the gateway.
    Reset {
        snapshot: ChatSnapshot,
    },
    /// A new message at the end, or one whose state or blocks changed as a whole (same id: replace it).
    Message {
        message: MessageView,
    },
    /// `id` was provisional; the gateway's own message with another id took its place.
    Renamed {
        from: String,
        to: String,
    },
    Removed {
        id: String,
    },
    /// Text appended to block `block` of a message. The common case while streaming.
    Append {
        id: String,
        block: u32,
        text: String,
    },
    /// Output appended to a tool call.
    ToolOutput {
        id: String,
        tool: String,
        text: String,
    },
    /// A tool call changed, its output left as it is where `output` is empty and it was not replaced.
    Tool {
        id: String,
        tool: ToolView,
    },
    Run {
        run: RunView,
    },
    Usage {
        context_tokens: Option<f64>,
        total_tokens: Option<f64>,
    },
    /// The gateway went away or came back.
    Connection {
        gateway: GatewayId,
        online: bool,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct OlderMessages {
    pub messages: Vec<MessageView>,
    pub has_older: bool,
}

/// A message from the person. `id` is made by the page and is the idempotency key: sent twice, it runs once.
#[derive(Clone, Debug, PartialEq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SendMessage {
    pub session: SessionRef,
    pub id: String,
    pub text: String,
    pub attachments: Vec<AttachmentInput>,
}

#[derive(Clone, Debug, PartialEq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AttachmentInput {
    pub name: String,
    pub mime: String,
    /// Standard base64.
    pub data: String,
}
