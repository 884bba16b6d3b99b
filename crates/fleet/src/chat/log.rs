//! The messages of a transcript in their order, and where in it something is. What is looked for is nearly
//! always near the end, so every search starts there.

use gatehouse_protocol::Extra;

use crate::view::{BlockView, ChatUpdate, MessageView, SendMessage, ToolView};

/// How many messages are held. Older ones are in the cache and with the gateway.
pub(super) const MESSAGES_MAX: usize = 600;
/// The most text all held messages may have together, and how many are held whatever their size.
const BYTES_MAX: usize = 48 * 1024 * 1024;
const MESSAGES_MIN: usize = 40;
/// How often the size is looked at, in messages added.
const WEIGH_EVERY: usize = 16;

/// Where a message came from.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    /// The gateway's transcript has it. `run` is the run that wrote it, when known.
    Row { run: Option<String> },
    /// Sent from here and not seen in the transcript.
    Ours {
        send: Box<SendMessage>,
        accepted: bool,
    },
    /// What a run does right now, not seen in the transcript.
    Live { run: String },
}

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub view: MessageView,
    /// Its place in the gateway's transcript.
    pub seq: Option<u64>,
    pub origin: Origin,
    /// When it came, by `Log::ticks`.
    pub arrival: u64,
}

impl Entry {
    pub(super) fn new(view: MessageView, seq: Option<u64>, origin: Origin) -> Self {
        Self {
            view,
            seq,
            origin,
            arrival: 0,
        }
    }

    pub(super) fn is_live_of(&self, of: &str) -> bool {
        matches!(&self.origin, Origin::Live { run } if run == of)
    }

    pub(super) fn is_live(&self) -> bool {
        matches!(self.origin, Origin::Live { .. })
    }

    pub(super) fn is_ours(&self) -> bool {
        matches!(self.origin, Origin::Ours { .. })
    }
}

/// The tool call's place: the message and the block.
pub(super) type ToolPlace = (usize, usize);

#[derive(Debug, Default)]
pub(super) struct Log {
    pub entries: Vec<Entry>,
    added: usize,
    /// Counts what was taken, to tell what came before something from what came after.
    pub ticks: u64,
    /// Older messages were let go.
    pub trimmed: bool,
}

impl Log {
    pub(super) fn position(&self, id: &str) -> Option<usize> {
        self.entries.iter().rposition(|entry| entry.view.id == id)
    }

    pub(super) fn get_mut(&mut self, id: &str) -> Option<&mut Entry> {
        let at = self.position(id)?;
        self.entries.get_mut(at)
    }

    pub(super) fn tool(&self, call: &str) -> Option<ToolPlace> {
        self.entries
            .iter()
            .enumerate()
            .rev()
            .find_map(|(at, entry)| {
                let block = entry.view.blocks.iter().rposition(
                    |block| matches!(block, BlockView::Tool { tool } if tool.id == call),
                )?;
                Some((at, block))
            })
    }

    pub(super) fn tool_mut(&mut self, place: ToolPlace) -> Option<&mut ToolView> {
        match self
            .entries
            .get_mut(place.0)?
            .view
            .blocks
            .get_mut(place.1)?
        {
            BlockView::Tool { tool } => Some(tool),
            _ => None,
        }
    }

    /// Adds a message at the end and says so.
    pub(super) fn push(&mut self, mut entry: Entry, out: &mut Vec<ChatUpdate>) {
        out.push(message(&entry));
        entry.arrival = self.ticks;
        self.entries.push(entry);
        self.added += 1;
        self.ticks += 1;
        self.trim();
    }

    pub(super) fn remove(&mut self, at: usize, out: &mut Vec<ChatUpdate>) {
        let entry = self.entries.remove(at);
        out.push(ChatUpdate::Removed { id: entry.view.id });
    }

    /// Moves a message to where its place in the gateway's transcript is. An update can only add at the end,
    /// so everything behind that place is taken out and added again; nearly always that is a message or two.
    pub(super) fn settle_order(&mut self, at: usize, out: &mut Vec<ChatUpdate>) {
        let Some(target) = self.target_of(at) else {
            return;
        };
        let entry = self.entries.remove(at);
        out.push(ChatUpdate::Removed {
            id: entry.view.id.clone(),
        });
        let target = if target > at { target - 1 } else { target };
        self.entries.insert(target, entry);
        for entry in &self.entries[target + 1..] {
            out.push(ChatUpdate::Removed {
                id: entry.view.id.clone(),
            });
        }
        out.extend(self.entries[target..].iter().map(message));
    }

    /// Where the message has to go, or none where it stands right.
    fn target_of(&self, at: usize) -> Option<usize> {
        let seq = self.entries[at].seq?;
        let is_after = |entry: &Entry| entry.seq.is_some_and(|other| other > seq);
        let is_before = |entry: &Entry| entry.seq.is_some_and(|other| other < seq);
        if let Some(first) = self.entries[..at].iter().position(is_after) {
            return Some(first);
        }
        let last = self.entries[at + 1..].iter().rposition(is_before)?;
        Some(at + 1 + last + 1)
    }

    fn trim(&mut self) {
        let mut surplus = self.entries.len().saturating_sub(MESSAGES_MAX);
        if self.added.is_multiple_of(WEIGH_EVERY) {
            surplus = surplus.max(self.too_heavy());
        }
        if surplus > 0 {
            self.entries.drain(..surplus);
            self.trimmed = true;
        }
    }

    /// How many of the oldest messages have to go for the rest to be inside `BYTES_MAX`.
    fn too_heavy(&self) -> usize {
        let mut bytes = 0;
        let light = self.entries.iter().rev().take_while(|entry| {
            bytes += weight(&entry.view);
            bytes <= BYTES_MAX
        });
        let kept = light.count().max(MESSAGES_MIN);
        self.entries.len().saturating_sub(kept)
    }
}

fn weight(view: &MessageView) -> usize {
    let block = |block: &BlockView| match block {
        BlockView::Text { text } | BlockView::Thinking { text } => text.len(),
        BlockView::Tool { tool } => {
            tool.output.len() + tool.arguments.as_ref().map_or(0, String::len) + 200
        }
        BlockView::Image { data, .. } => data.as_ref().map_or(0, String::len),
        BlockView::File { .. } => 100,
    };
    view.blocks.iter().map(block).sum()
}

pub(super) fn message(entry: &Entry) -> ChatUpdate {
    ChatUpdate::Message {
        message: entry.view.clone(),
    }
}

/// A tool call changed and its output did not.
pub(super) fn tool_without_output(id: &str, tool: &ToolView) -> ChatUpdate {
    let tool = ToolView {
        id: tool.id.clone(),
        name: tool.name.clone(),
        summary: tool.summary.clone(),
        arguments: tool.arguments.clone(),
        output: String::new(),
        approval: tool.approval.clone(),
        ..*tool
    };
    ChatUpdate::Tool {
        id: id.to_owned(),
        tool,
    }
}

/// A tool call changed as a whole.
pub(super) fn tool_whole(id: &str, tool: &ToolView) -> ChatUpdate {
    ChatUpdate::Tool {
        id: id.to_owned(),
        tool: tool.clone(),
    }
}

/// A text field among those that the protocol crate has no name for.
pub(super) fn extra_text<'a>(extra: &'a Extra, name: &str) -> Option<&'a str> {
    extra.get(name).and_then(serde_json::Value::as_str)
}
