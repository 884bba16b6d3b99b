//! What the tray shows, from the inbox: how many items wait, and the first of them to be decided in place. Pure;
//! the shell draws it.

use crate::choices::{allowed, label, lack, outside_the_window};
use crate::view::{Decision, InboxItemView, InboxSnapshot, ItemKey, ItemKind, PhaseView};

/// As many as a person takes in at a glance; the rest is in the window.
const ENTRIES: usize = 3;
/// A menu wider than this covers what the person is working on.
const TITLE_CHARACTERS: usize = 48;
const LINE_CHARACTERS: usize = 72;
/// A command is shown over at most this many lines; a longer one is decided in the window.
const COMMAND_LINES: usize = 8;

/// What the tray shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrayModel {
    pub waiting: u32,
    pub entries: Vec<Entry>,
}

/// One item that waits.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub title: String,
    /// What will run, whole, then where.
    pub lines: Vec<String>,
    pub choices: Vec<(&'static str, Choice)>,
}

/// What an entry of the menu means.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    Decide {
        key: ItemKey,
        revision: u32,
        decision: Decision,
    },
    Show(ItemKey),
}

impl TrayModel {
    /// The tray for an inbox as it stands.
    pub fn of(inbox: &InboxSnapshot) -> Self {
        let waits = |item: &&InboxItemView| matches!(item.phase, PhaseView::Waiting { .. });
        let entries = inbox
            .items
            .iter()
            .filter(waits)
            .take(ENTRIES)
            .map(entry)
            .collect();
        Self {
            waiting: inbox.waiting,
            entries,
        }
    }

    /// The number, in words.
    pub fn headline(&self) -> String {
        match self.waiting {
            0 => "Nothing waits for you".to_owned(),
            1 => "1 request waits for you".to_owned(),
            n => format!("{n} requests wait for you"),
        }
    }

    /// All choices in the order of the menu.
    pub fn choices(&self) -> Vec<Choice> {
        self.entries
            .iter()
            .flat_map(|entry| entry.choices.iter().map(|(_, c)| c.clone()))
            .collect()
    }
}

fn entry(item: &InboxItemView) -> Entry {
    let subject = wrap(&item.subject);
    let whole = !item.subject_cut && subject.len() <= COMMAND_LINES;
    let mut lines = subject;
    if !whole {
        lines.truncate(COMMAND_LINES);
        lines.push("… the rest is in the window".to_owned());
    }
    lines.push(place(item));
    lines.extend(lack(&item.barred));
    // What cannot be read whole here, or needs more than a choice, is not decided here.
    let decidable = whole && item.kind != ItemKind::Question;
    let offered = if decidable {
        allowed(
            &outside_the_window(&item.offered, item.dangerous),
            &item.barred,
        )
    } else {
        Vec::new()
    };
    let mut choices: Vec<_> = offered
        .into_iter()
        .map(|decision| {
            let (key, revision) = (item.key.clone(), item.revision);
            (
                label(decision),
                Choice::Decide {
                    key,
                    revision,
                    decision,
                },
            )
        })
        .collect();
    choices.push(("Show", Choice::Show(item.key.clone())));
    Entry {
        title: cut(item.subject.lines().next().unwrap_or_default()),
        lines,
        choices,
    }
}

fn place(item: &InboxItemView) -> String {
    let parts = [
        Some(item.gateway_name.as_str()),
        item.agent.as_deref(),
        item.cwd.as_deref(),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn wrap(text: &str) -> Vec<String> {
    let line = |line: &str| -> Vec<String> {
        let characters: Vec<char> = line.chars().collect();
        characters
            .chunks(LINE_CHARACTERS)
            .map(|chunk| chunk.iter().collect())
            .collect()
    };
    text.lines().flat_map(line).collect()
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(TITLE_CHARACTERS) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use crate::view::{BarredDecision, GatewayId};

    use super::*;

    fn item(id: &str, subject: &str, phase: PhaseView) -> InboxItemView {
        InboxItemView {
            key: ItemKey(id.into()),
            gateway: GatewayId("g".into()),
            gateway_name: "Home".into(),
            kind: ItemKind::Exec,
            phase,
            subject: subject.into(),
            subject_cut: false,
            agent: Some("main".into()),
            session: None,
            cwd: Some("/srv".into()),
            host: None,
            offered: vec![Decision::AllowOnce, Decision::AllowAlways, Decision::Deny],
            barred: vec![],
            dangerous: false,
            created_at: 0.0,
            expires_at: None,
            revision: 3,
        }
    }

    fn waiting() -> PhaseView {
        PhaseView::Waiting { problem: None }
    }

    fn model(items: Vec<InboxItemView>) -> TrayModel {
        let waiting = u32::try_from(items.len()).unwrap();
        TrayModel::of(&InboxSnapshot {
            revision: 1,
            items,
            waiting,
            overflow: vec![],
        })
    }

    #[test]
    fn an_entry_offers_what_the_request_offers_less_the_standing_permission() {
        let model = model(vec![item("a", "ls", waiting())]);
        let words: Vec<_> = model.entries[0]
            .choices
            .iter()
            .map(|(words, _)| *words)
            .collect();
        assert_eq!(words, ["Allow once", "Deny", "Show"]);
        let decide = |decision| Choice::Decide {
            key: ItemKey("a".into()),
            revision: 3,
            decision,
        };
        assert_eq!(
            model.choices()[1],
            decide(Decision::Deny),
            "with the revision that was shown"
        );
    }

    #[test]
    fn only_what_waits_is_shown_and_three_at_most() {
        let gone = item("x", "ls", PhaseView::Gone { at: 0.0 });
        let unreachable = PhaseView::Unreachable {
            since: 0.0,
            was_deciding: None,
        };
        let mut items = vec![gone, item("y", "ls", unreachable)];
        items.extend((0..5).map(|n| item(&n.to_string(), &format!("echo {n}"), waiting())));
        let titles: Vec<_> = model(items).entries.into_iter().map(|e| e.title).collect();
        assert_eq!(titles, ["echo 0", "echo 1", "echo 2"]);
    }

    #[test]
    fn what_cannot_be_read_or_decided_in_the_menu_is_shown_in_the_window() {
        let long = item(
            "a",
            &"x".repeat(LINE_CHARACTERS * (COMMAND_LINES + 1)),
            waiting(),
        );
        let cut = InboxItemView {
            subject_cut: true,
            ..item("b", "ls", waiting())
        };
        let question = InboxItemView {
            kind: ItemKind::Question,
            ..item("c", "Which?", waiting())
        };
        let barred = |decision| BarredDecision {
            decision,
            scope: "operator.approvals".into(),
        };
        let not_ours = InboxItemView {
            barred: vec![barred(Decision::AllowOnce), barred(Decision::Deny)],
            ..item("d", "ls", waiting())
        };
        for item in [long, cut, question, not_ours] {
            let key = item.key.clone();
            assert_eq!(model(vec![item]).choices(), [Choice::Show(key)]);
        }
    }
}
