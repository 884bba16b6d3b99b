//! Reads one row of a gateway's transcript into what the page shows. Pure: a row in, a message, a tool
//! result or nothing out. Which message a row belongs to is decided elsewhere.

use std::hash::{DefaultHasher, Hash, Hasher};

use gatehouse_protocol::model::message::{Block, BlockKind, Message, MessageMeta, MessageRole};
use serde_json::Value;

use super::text;
use super::tool::{self, ToolResult};
use crate::untrusted;
use crate::view::{BlockView, MessageState, MessageView, Millis, ProblemView, Role, ToolState};

/// The longest words of a gateway about an error.
const DETAIL_MAX: usize = 2048;
const NAME_MAX: usize = 200;

/// What a row is.
pub(super) enum Reading {
    Message(Box<Row>),
    Result {
        id: String,
        result: ToolResult,
    },
    /// The gateway's own page does not show it either.
    Hidden,
}

/// A message as the gateway recorded it.
#[derive(Debug, Clone)]
pub(super) struct Row {
    pub view: MessageView,
    pub seq: Option<u64>,
    pub run: Option<String>,
    /// Of a person's message: what it was sent with.
    pub key: Option<String>,
    /// The visible text as it came.
    pub text: String,
    /// The gateway shortened the text.
    pub cut: bool,
}

/// Reads a row. `id` and `seq` are what an event says beside it.
pub(super) fn read(message: &Message, id: Option<&str>, seq: Option<u64>) -> Reading {
    let meta = message.meta.as_ref();
    let id = meta
        .and_then(|meta| meta.id.clone())
        .or_else(|| id.map(str::to_owned))
        .unwrap_or_else(|| made_up_id(message));
    if is_marked_hidden(message) {
        return Reading::Hidden;
    }
    let role = match &message.role {
        Some(MessageRole::User) => Role::User,
        Some(MessageRole::Assistant) => Role::Assistant,
        Some(MessageRole::ToolResult) => return result(id, message),
        Some(MessageRole::Other(role)) if is_result_role(role) => return result(id, message),
        Some(MessageRole::System | MessageRole::Other(_)) | None => Role::System,
    };
    match row(id, seq, role, message) {
        Some(row) => Reading::Message(Box::new(row)),
        None => Reading::Hidden,
    }
}

fn is_result_role(role: &str) -> bool {
    matches!(
        role.to_ascii_lowercase().as_str(),
        "toolresult" | "tool_result" | "tool" | "function"
    )
}

/// Marks that gateways put on rows for the model alone.
fn is_marked_hidden(message: &Message) -> bool {
    let flag = |name: &str, value: bool| message.extra.get(name) == Some(&Value::Bool(value));
    let custom = message.extra.get("customType").and_then(Value::as_str);
    flag("hidden", true)
        || flag("internal", true)
        || flag("display", false)
        || custom == Some("openclaw.runtime-context")
}

fn row(id: String, seq: Option<u64>, role: Role, message: &Message) -> Option<Row> {
    let meta = message.meta.as_ref();
    let mut blocks = Vec::new();
    let mut texts = Vec::new();
    let mut cut = false;
    for block in &message.content.0 {
        read_block(block, &mut blocks, &mut texts, &mut cut);
    }
    let text = texts.join("\n\n");
    if role == Role::Assistant && text::is_silent_reply(&text) {
        blocks.retain(|block| !matches!(block, BlockView::Text { .. }));
    }
    if let Some(note) = boundary_note(meta, &blocks) {
        blocks.push(BlockView::Text { text: note });
    }
    let state = state_of(message);
    if blocks.is_empty() && !matches!(state, MessageState::Errored { .. }) {
        return None;
    }
    let (tokens, cost_usd) = usage(message.usage.as_ref());
    Some(Row {
        view: MessageView {
            id,
            role: role_of_boundary(meta, role),
            at: at(message),
            blocks,
            state,
            model: message.model.as_deref().map(name),
            tokens,
            cost_usd,
        },
        seq: meta.and_then(|meta| meta.seq).or(seq),
        run: meta.and_then(|meta| meta.run_id.clone()),
        key: key_of(message),
        text,
        cut,
    })
}

fn read_block(block: &Block, blocks: &mut Vec<BlockView>, texts: &mut Vec<String>, cut: &mut bool) {
    if tool::is_call(block) {
        let tool = tool::from_block(block, ToolState::Running);
        blocks.extend(tool.map(|tool| BlockView::Tool { tool }));
        return;
    }
    match &block.kind {
        Some(BlockKind::Thinking) => {
            let thought = block.thinking.as_deref().or(block.text.as_deref());
            if let Some(thought) = thought.filter(|thought| !thought.trim().is_empty()) {
                let text = text::whole_block(thought);
                blocks.push(BlockView::Thinking { text });
            }
        }
        Some(BlockKind::Image) => blocks.push(image(block)),
        Some(BlockKind::ToolResult) => {}
        Some(BlockKind::Other(kind)) if is_file(kind) => blocks.push(file(block)),
        _ => {
            let Some(raw) = block.text.as_deref() else {
                return;
            };
            let (_, was_cut) = text::without_gateway_cut(raw);
            *cut |= was_cut;
            let visible = text::without_internal_context(raw);
            if !visible.trim().is_empty() {
                let text = text::whole_block(&visible);
                blocks.push(BlockView::Text { text });
                texts.push(visible.into_owned());
            }
        }
    }
}

fn is_file(kind: &str) -> bool {
    matches!(kind, "attachment" | "file" | "document" | "audio" | "video")
}

fn image(block: &Block) -> BlockView {
    let source = block.extra.get("source");
    let mime = block
        .mime_type
        .as_deref()
        .or_else(|| block.extra.get("media_type").and_then(Value::as_str))
        .or_else(|| source?.get("media_type")?.as_str())
        .unwrap_or("image/png");
    let data = block
        .extra
        .get("data")
        .and_then(Value::as_str)
        .or_else(|| source?.get("data")?.as_str());
    BlockView::Image {
        mime: name(mime),
        data: data.and_then(|data| data_url(mime, data)),
        name: block.alt.as_deref().or(block.name.as_deref()).map(name),
    }
}

/// A `data:` URL, if the picture is of a kind that every web view draws, well formed and not too large.
pub(super) fn data_url(mime: &str, base64: &str) -> Option<String> {
    let drawable = matches!(
        mime,
        "image/png" | "image/jpeg" | "image/gif" | "image/webp" | "image/avif" | "image/bmp"
    );
    let fits = base64.len() + mime.len() + 16 <= text::IMAGE_MAX;
    let well_formed = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
    };
    (drawable && fits && well_formed(base64)).then(|| format!("data:{mime};base64,{base64}"))
}

fn file(block: &Block) -> BlockView {
    let inner = block.extra.get("attachment");
    let field = |field: &str| {
        inner
            .and_then(|inner| inner.get(field))
            .or_else(|| block.extra.get(field))
    };
    let text = |field_name: &str| field(field_name).and_then(Value::as_str);
    let title = block
        .name
        .as_deref()
        .or_else(|| text("fileName"))
        .or_else(|| text("name"))
        .or_else(|| text("label"))
        .or(block.alt.as_deref())
        .unwrap_or("file");
    BlockView::File {
        name: name(title),
        mime: block
            .mime_type
            .as_deref()
            .or_else(|| text("mimeType"))
            .map(name),
        bytes: field("bytes")
            .or_else(|| field("sizeBytes"))
            .and_then(Value::as_f64),
    }
}

fn result(id: String, message: &Message) -> Reading {
    let Some(call) = message.tool_call_id.clone() else {
        return Reading::Hidden;
    };
    let texts: Vec<&str> = message
        .content
        .0
        .iter()
        .filter_map(|block| block.text.as_deref())
        .collect();
    let result = ToolResult {
        call,
        name: message.tool_name.clone(),
        text: (!texts.is_empty()).then(|| texts.join("\n")),
        is_error: message.is_error.unwrap_or(false),
        ..ToolResult::default()
    };
    let result = result.with_details(message.extra.get("details"));
    Reading::Result { id, result }
}

fn state_of(message: &Message) -> MessageState {
    let aborted = message
        .extra
        .get("openclawAbort")
        .is_some_and(|mark| !mark.is_null());
    match message.stop_reason.as_deref() {
        Some("aborted") => MessageState::Aborted,
        _ if aborted => MessageState::Aborted,
        Some("error") => errored(None, message.error_message.as_deref()),
        stop => ended_by_itself(stop),
    }
}

/// An answer that nobody stopped: through, or cut where the model's limit was reached.
pub(super) fn ended_by_itself(stop_reason: Option<&str>) -> MessageState {
    match stop_reason {
        Some("length") => MessageState::Cut,
        _ => MessageState::Done,
    }
}

/// A run that ended with an error, in the gateway's words.
pub(super) fn errored(kind: Option<&str>, words: Option<&str>) -> MessageState {
    let detail = match (kind, words) {
        (_, Some(words)) => Some(words),
        (kind, None) => kind,
    };
    MessageState::Errored {
        problem: ProblemView {
            code: "runFailed".to_owned(),
            detail: detail.map(|words| {
                let (head, _) = untrusted::cap(words, DETAIL_MAX);
                untrusted::prose(head)
            }),
            request_id: None,
            device_id: None,
        },
    }
}

/// Compactions and resets are rows without words of their own.
fn boundary_note(meta: Option<&MessageMeta>, blocks: &[BlockView]) -> Option<String> {
    let meta = meta?;
    match (meta.kind.as_deref()?, meta.tokens_before, meta.tokens_after) {
        _ if !blocks.is_empty() => None,
        ("compaction", Some(before), Some(after)) => {
            Some(format!("Compaction: {before} → {after} tokens"))
        }
        ("compaction", ..) => Some("Compaction".to_owned()),
        ("reset", ..) => Some("Reset".to_owned()),
        _ => None,
    }
}

fn role_of_boundary(meta: Option<&MessageMeta>, role: Role) -> Role {
    match meta.and_then(|meta| meta.kind.as_deref()) {
        Some("compaction" | "reset") => Role::System,
        _ => role,
    }
}

fn usage(usage: Option<&Value>) -> (Option<f64>, Option<f64>) {
    let tokens = usage
        .and_then(|usage| usage.get("output"))
        .and_then(Value::as_f64);
    let cost = usage
        .and_then(|usage| usage.get("cost")?.get("total"))
        .and_then(Value::as_f64);
    (tokens, cost)
}

fn key_of(message: &Message) -> Option<String> {
    let key = message
        .idempotency_key
        .as_deref()
        .or_else(|| message.meta.as_ref()?.idempotency_key.as_deref())?;
    Some(key.strip_suffix(":user").unwrap_or(key).to_owned())
}

fn at(message: &Message) -> Option<Millis> {
    let recorded = || message.meta.as_ref()?.record_timestamp_ms;
    message.timestamp.or_else(recorded).map(|at| at as f64)
}

fn name(text: &str) -> String {
    untrusted::one_line(text, NAME_MAX)
}

/// What an id begins with that stands in for the gateway's.
const MADE_UP: &str = "row:";

/// True for an id that stands in for the gateway's.
pub(super) fn is_made_up(id: &str) -> bool {
    id.starts_with(MADE_UP)
}

/// Rows of old gateways have no id; the same row gets the same one again.
fn made_up_id(message: &Message) -> String {
    let mut hasher = DefaultHasher::new();
    message.role.hash(&mut hasher);
    message.tool_call_id.hash(&mut hasher);
    for block in &message.content.0 {
        block.text.hash(&mut hasher);
        block.id.hash(&mut hasher);
    }
    let at = message.timestamp.unwrap_or_default();
    format!("{MADE_UP}{at}:{:016x}", hasher.finish())
}
