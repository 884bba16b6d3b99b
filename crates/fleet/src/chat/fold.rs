//! Rows of a page as messages, each result folded into the call that it answers.

use std::collections::{HashMap, HashSet};

use gatehouse_protocol::model::message::Message;

use super::ORPHANS_MAX;
use super::cache::{self, CachedRow};
use super::carry::tools_mut;
use super::log::{Entry, Origin};
use super::row::{Reading, Row};
use super::tool::{self, ToolResult};
use crate::view::{BlockView, MessageState, MessageView, Role, ToolState};

/// Rows of a page as messages, results folded into their calls.
pub(super) struct Page {
    pub entries: Vec<Entry>,
    /// Results whose calls are further back.
    pub orphans: HashMap<String, ToolResult>,
    /// Of a person's row: its key and its words.
    pub keys: Vec<Option<(String, String)>>,
    /// Ids of rows whose text the gateway shortened.
    pub cuts: HashSet<String>,
    pub cached: Vec<CachedRow>,
}

/// Reads a page, oldest row first.
pub(super) fn fold(messages: &[Message], has_older: bool) -> Page {
    let mut page = Page {
        entries: Vec::new(),
        orphans: HashMap::new(),
        keys: Vec::new(),
        cuts: HashSet::new(),
        cached: Vec::new(),
    };
    let mut seen: HashMap<String, u32> = HashMap::new();
    for message in messages {
        match cache::read(message) {
            Reading::Hidden => {}
            Reading::Result { id, result } => {
                let id = told_apart(&mut seen, id);
                page.cached.push(CachedRow::of_result(&id, message));
                page.fold_result(id, result, has_older);
            }
            Reading::Message(mut row) => {
                row.view.id = told_apart(&mut seen, row.view.id);
                page.cached.push(CachedRow::of_row(&row, message));
                page.add(*row);
            }
        }
    }
    page
}

/// One record may be shown as several rows, which then share its id.
fn told_apart(seen: &mut HashMap<String, u32>, id: String) -> String {
    let count = seen.entry(id.clone()).or_insert(0);
    *count += 1;
    match *count {
        1 => id,
        count => format!("{id}#{count}"),
    }
}

impl Page {
    fn add(&mut self, row: Row) {
        if row.cut {
            self.cuts.insert(row.view.id.clone());
        }
        self.keys.push(match row.view.role {
            Role::User => Some((row.key.unwrap_or_default(), row.text)),
            _ => None,
        });
        let origin = Origin::Row { run: row.run };
        self.entries.push(Entry::new(row.view, row.seq, origin));
    }

    fn fold_result(&mut self, id: String, result: ToolResult, has_older: bool) {
        let call = self
            .entries
            .iter_mut()
            .rev()
            .flat_map(|entry| tools_mut(&mut entry.view))
            .find(|tool| tool.id == result.call);
        if let Some(tool) = call {
            tool::end(tool, &result);
        } else if has_older {
            if self.orphans.len() < ORPHANS_MAX {
                self.orphans.insert(result.call.clone(), result);
            }
        } else {
            self.add_lone_result(id, &result);
        }
    }

    /// A result whose call is nowhere still shows what was printed.
    fn add_lone_result(&mut self, id: String, result: &ToolResult) {
        let mut tool = tool::begin(&result.call, result.name.as_deref(), ToolState::Done);
        tool::end(&mut tool, result);
        let view = MessageView {
            id,
            role: Role::Assistant,
            at: None,
            blocks: vec![BlockView::Tool { tool }],
            state: MessageState::Done,
            model: None,
            tokens: None,
            cost_usd: None,
        };
        self.keys.push(None);
        self.entries
            .push(Entry::new(view, None, Origin::Row { run: None }));
    }
}

/// Calls without a result, in a transcript that nothing runs in.
pub(super) fn interrupt(view: &mut MessageView) {
    for tool in tools_mut(view) {
        if tool::is_open(tool) {
            tool.state = ToolState::Interrupted;
        }
    }
}
