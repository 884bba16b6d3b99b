//! Puts a page of history in the place of what it covers, and finds the updates that lead from one to the other.

use std::collections::HashSet;

use super::Transcript;
use super::carry::{carry_over, keep_attachments, same_words, shares_call, tools, tools_mut};
use super::chat_events::visible_text;
use super::fold::Page;
use super::live::Tail;
use super::log::{self, Entry, Origin};
use super::rows::is_unnamed;
use crate::view::{ChatUpdate, MessageState, MessageView, Role};

/// More updates than this are dearer than a new snapshot.
const UPDATES_MAX: usize = 48;

impl Transcript {
    /// Puts the page's rows in the place of what it covers. Returns what got another id.
    pub(super) fn merge(
        &mut self,
        mut page: Page,
        has_more: bool,
        active: &HashSet<String>,
        flight: Option<&str>,
    ) -> Vec<(String, String)> {
        let old = std::mem::take(&mut self.log.entries);
        let mut renamed = Vec::new();
        let overlap = page
            .entries
            .first()
            .and_then(|first| old.iter().position(|entry| entry.view.id == first.view.id));
        let mut merged: Vec<Entry> = Vec::new();
        let mut rest = old;
        if let Some(overlap) = overlap {
            merged = rest.drain(..overlap).collect();
        } else {
            self.has_older = has_more;
            self.log.trimmed = false;
        }
        let arrivals: Vec<(String, u64)> = rest
            .iter()
            .map(|entry| (entry.view.id.clone(), entry.arrival))
            .collect();
        self.claim(&mut page, &rest, &mut renamed);
        for entry in &mut page.entries {
            if let Some(seen) = rest.iter().find(|old| old.view.id == entry.view.id) {
                let cut = page.cuts.contains(&entry.view.id);
                carry_over(&seen.view, &mut entry.view, cut);
            }
        }
        let taken: HashSet<String> = renamed.iter().map(|(from, _)| from.clone()).collect();
        let kept: Vec<Entry> = rest
            .into_iter()
            .filter(|entry| !taken.contains(&entry.view.id))
            .filter_map(|entry| self.keep(entry, &page.entries, active, flight))
            .collect();
        for entry in &mut page.entries {
            entry.arrival = self.log.ticks;
        }
        for (id, arrival) in arrivals {
            if let Some(entry) = page.entries.iter_mut().find(|entry| entry.view.id == id) {
                entry.arrival = arrival;
            }
        }
        merged.append(&mut page.entries);
        merged.extend(kept);
        self.settle_tools(&mut merged, active);
        self.log.ticks += 1;
        self.log.entries = merged;
        renamed
    }

    /// Finds for each row what it is the record of.
    fn claim(&mut self, page: &mut Page, old: &[Entry], renamed: &mut Vec<(String, String)>) {
        let known: HashSet<&str> = old.iter().map(|entry| entry.view.id.as_str()).collect();
        let mut taken: HashSet<String> = HashSet::new();
        for (entry, key) in page.entries.iter_mut().zip(&page.keys) {
            if known.contains(entry.view.id.as_str()) {
                continue;
            }
            let source = old.iter().find(|old| {
                !taken.contains(&old.view.id) && is_record_of(entry, key.as_ref(), old)
            });
            let Some(source) = source else { continue };
            taken.insert(source.view.id.clone());
            renamed.push((source.view.id.clone(), entry.view.id.clone()));
            keep_attachments(&source.view, &mut entry.view);
            let cut = page.cuts.contains(&entry.view.id);
            carry_over(&source.view, &mut entry.view, cut);
        }
    }

    /// What is kept of something that the page does not have.
    fn keep(
        &self,
        mut entry: Entry,
        page: &[Entry],
        active: &HashSet<String>,
        flight: Option<&str>,
    ) -> Option<Entry> {
        let run = match &entry.origin {
            Origin::Ours { .. } => return Some(entry),
            Origin::Row { .. } => return self.is_newer(&entry, page).then_some(entry),
            Origin::Live { run } => run.clone(),
        };
        let is_covered = page.iter().any(|row| shares_call(&row.view, &entry.view));
        if is_covered {
            return None;
        }
        if active.contains(&run) {
            // The words of a run in flight come with it.
            let comes_again = flight == Some(run.as_str()) && visible_text(&entry.view).is_some();
            return (!comes_again).then_some(entry);
        }
        // A page may be read just before the last row of a run is written.
        let has_rows = page.iter().any(|row| {
            row.view.role == Role::Assistant
                && matches!(&row.origin, Origin::Row { run: Some(of) } if *of == run)
        });
        if has_rows {
            return None;
        }
        if entry.view.state == MessageState::Streaming {
            entry.view.state = MessageState::Done;
        }
        Some(entry)
    }

    /// A row that came after the page was asked for and is not in it.
    fn is_newer(&self, entry: &Entry, page: &[Entry]) -> bool {
        let last = page.iter().filter_map(|row| row.seq).max();
        let is_in_page = page.iter().any(|row| row.view.id == entry.view.id);
        let follows = match (entry.seq, last) {
            (Some(seq), Some(last)) => seq > last,
            _ => true,
        };
        !is_in_page && follows && self.asked > 0 && entry.arrival >= self.asked
    }

    /// Runs whose open message got another name or is gone.
    pub(super) fn follow_names(&mut self, renamed: &[(String, String)]) {
        for run in &mut self.runs {
            let Tail::Open { id } = &run.tail else {
                continue;
            };
            if self.log.position(id).is_some() {
                continue;
            }
            let row = renamed.iter().find(|(from, _)| from == id);
            let text = row
                .and_then(|(_, to)| self.log.position(to))
                .and_then(|at| visible_text(&self.log.entries[at].view));
            match text {
                Some(text) => run.settle(text),
                None => run.close(),
            }
        }
    }

    /// Calls without a result go on only in a run that goes on.
    fn settle_tools(&mut self, entries: &mut [Entry], active: &HashSet<String>) {
        let last = entries
            .iter()
            .rposition(|entry| entry.view.role == Role::Assistant);
        for (at, entry) in entries.iter_mut().enumerate() {
            for tool in tools_mut(&mut entry.view) {
                self.attach_approval(tool);
            }
            let goes_on = match &entry.origin {
                Origin::Row { run: Some(run) } | Origin::Live { run } => active.contains(run),
                _ => !active.is_empty() && last == Some(at),
            };
            if !goes_on {
                self.interrupt(&mut entry.view);
            }
        }
    }
}

/// True when the page's row is the record of what is only here.
fn is_record_of(row: &Entry, key: Option<&(String, String)>, old: &Entry) -> bool {
    match (&old.origin, &row.origin) {
        (Origin::Ours { send, accepted }, _) => match key {
            Some((key, _)) if !key.is_empty() => *key == send.id,
            Some((_, text)) => *accepted && text.trim() == send.text.trim(),
            None => false,
        },
        (Origin::Live { run }, Origin::Row { run: of }) => {
            row.view.role == Role::Assistant
                && of.as_ref().is_none_or(|of| of == run)
                && (shares_call(&row.view, &old.view)
                    || (tools(&old.view).next().is_none() && same_words(&old.view, &row.view)))
        }
        (Origin::Row { .. }, Origin::Row { .. }) => is_unnamed(&old.view, &row.view),
        _ => false,
    }
}

/// What leads from `before` to `after`, or none where a new snapshot is simpler: an update can only change
/// what is there and add at the end.
pub(super) fn difference(
    mut before: Vec<MessageView>,
    after: &[Entry],
    renamed: &[(String, String)],
) -> Option<Vec<ChatUpdate>> {
    let mut updates = Vec::new();
    for (from, to) in renamed {
        let view = before.iter_mut().find(|view| view.id == *from)?;
        view.id.clone_from(to);
        updates.push(ChatUpdate::Renamed {
            from: from.clone(),
            to: to.clone(),
        });
    }
    let stays: HashSet<&str> = after.iter().map(|entry| entry.view.id.as_str()).collect();
    for view in &before {
        if !stays.contains(view.id.as_str()) {
            updates.push(ChatUpdate::Removed {
                id: view.id.clone(),
            });
        }
    }
    before.retain(|view| stays.contains(view.id.as_str()));
    if after.len() < before.len() || updates.len() > UPDATES_MAX {
        return None;
    }
    for (at, entry) in after.iter().enumerate() {
        match before.get(at) {
            Some(view) if view.id != entry.view.id => return None,
            Some(view) if *view == entry.view => {}
            _ => updates.push(log::message(entry)),
        }
    }
    (updates.len() <= UPDATES_MAX).then_some(updates)
}
