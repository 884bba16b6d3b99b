//! What a record does not have and a transcript has seen: live states and output of calls, the whole of a
//! shortened text, the bytes of our own pictures. And how a streamed message and its record recognise each other.

use super::chat_events::visible_text;
use super::{text, tool};
use crate::view::{BlockView, Decision, MessageView, ToolState, ToolView};

pub(super) fn tools(view: &MessageView) -> impl Iterator<Item = &ToolView> {
    view.blocks.iter().filter_map(|block| match block {
        BlockView::Tool { tool } => Some(tool),
        _ => None,
    })
}

pub(super) fn tools_mut(view: &mut MessageView) -> impl Iterator<Item = &mut ToolView> {
    view.blocks.iter_mut().filter_map(|block| match block {
        BlockView::Tool { tool } => Some(tool),
        _ => None,
    })
}

pub(super) fn shares_call(one: &MessageView, other: &MessageView) -> bool {
    tools(one).any(|tool| tools(other).any(|of| of.id == tool.id))
}

/// One text is the beginning of the other: streamed words may end early, recorded ones may be shortened.
pub(super) fn same_words(live: &MessageView, row: &MessageView) -> bool {
    let (Some(live), Some(row)) = (visible_text(live), visible_text(row)) else {
        return false;
    };
    let (row, _) = text::without_gateway_cut(row);
    let (live, row) = (live.trim_end(), row.trim_end());
    !live.is_empty() && !row.is_empty() && (row.starts_with(live) || live.starts_with(row))
}

/// Keeps what a record does not have: live states and output of calls, and the whole of a text that the
/// record shortens.
pub(super) fn carry_over(seen: &MessageView, row: &mut MessageView, cut: bool) {
    for tool in tools_mut(row) {
        if let Some(seen) = tools(seen).find(|of| of.id == tool.id) {
            carry_tool(tool, seen);
        }
    }
    let Some(seen_text) = visible_text(seen) else {
        return;
    };
    let (seen_text, same) = (seen_text.to_owned(), cut && same_words(seen, row));
    let block = row.blocks.iter_mut().find_map(|block| match block {
        BlockView::Text { text } => Some(text),
        _ => None,
    });
    if let Some(text) = block
        && same
        && seen_text.len() > text.len()
    {
        *text = seen_text;
    }
}

/// Keeps what was seen of a call where the record has less.
pub(super) fn carry_tool(tool: &mut ToolView, seen: &ToolView) {
    if seen.output.len() > tool.output.len() {
        tool.output = seen.output.clone();
        tool.output_cut = seen.output_cut;
    }
    if tool::is_open(tool) {
        tool.state = seen.state;
    }
    tool.arguments = tool.arguments.take().or_else(|| seen.arguments.clone());
    if tool.summary.is_empty() {
        tool.summary.clone_from(&seen.summary);
    }
    tool.exit_code = tool.exit_code.or(seen.exit_code);
    tool.duration_ms = tool.duration_ms.or(seen.duration_ms);
    tool.approval = tool.approval.take().or_else(|| seen.approval.clone());
    tool.decision = tool.decision.or(seen.decision);
    if tool.decision == Some(Decision::Deny) && tool.state == ToolState::Failed {
        tool.state = ToolState::Denied;
    }
}

/// Calls of a streamed message that its record does not have.
pub(super) fn surplus_tools(live: &MessageView, row: &MessageView) -> Vec<ToolView> {
    tools(live)
        .filter(|tool| tools(row).all(|of| of.id != tool.id))
        .cloned()
        .collect()
}

/// A gateway leaves the bytes of pictures out of what it records.
pub(super) fn keep_attachments(ours: &MessageView, row: &mut MessageView) {
    let attached: Vec<BlockView> = ours
        .blocks
        .iter()
        .filter(|block| matches!(block, BlockView::Image { .. } | BlockView::File { .. }))
        .cloned()
        .collect();
    if attached.is_empty() {
        return;
    }
    row.blocks
        .retain(|block| !matches!(block, BlockView::Image { .. } | BlockView::File { .. }));
    row.blocks.extend(attached);
}
