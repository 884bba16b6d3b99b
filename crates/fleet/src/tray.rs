//! What the tray shows, from the inbox: how many items wait, and the first of them to be decided in place. Pure;
//! the shell draws it.

use crate::choices::{UNSAID, allowed, label, lack, outside_the_window, people};
use crate::excerpt::excerpt;
use crate::untrusted::in_order;
use crate::view::{Decision, InboxItemView, InboxSnapshot, ItemKey, ItemKind, PhaseView};

/// As many as a person takes in at a glance; the rest is in the window.
const ENTRIES: usize = 3;
/// A menu wider than this covers what the person is working on.
const TITLE_CHARACTERS: usize = 48;
const LINE_CHARACTERS: usize = 72;

/// What the tray shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TrayModel {
    pub waiting: u32,
    /// Of these nobody knows whether they wait: their gateway is away.
    pub not_known: usize,
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
        let is_away = |item: &&InboxItemView| matches!(item.phase, PhaseView::Unreachable { .. });
        Self {
            waiting: inbox.waiting,
            not_known: inbox.items.iter().filter(is_away).count(),
            entries,
        }
    }

    /// The numbers, in words.
    pub fn headline(&self) -> String {
        let waiting = match self.waiting {
            0 => "Nothing waits for you".to_owned(),
            1 => "1 request waits for you".to_owned(),
            n => format!("{n} requests wait for you"),
        };
        match (self.waiting, self.not_known) {
            (_, 0) => waiting,
            (0, 1) => "1 request may wait where its gateway is away".to_owned(),
            (0, n) => format!("{n} requests may wait where their gateways are away"),
            (_, n) => format!("{waiting}, {n} more may"),
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
    let shown = match &item.meaning {
        Some(meaning) => excerpt(&format!("{}\n{meaning}", item.subject)),
        None => excerpt(&item.subject),
    };
    let whole = !item.subject_cut && shown.whole;
    let mut lines = wrap(&shown.text);
    if item.unsaid {
        lines.extend(wrap(UNSAID));
    } else if !whole {
        lines.push("It is shown whole in the window".to_owned());
    }
    lines.push(place(item));
    lines.extend(item.people.as_ref().map(people));
    lines.extend(lack(&item.barred));
    let review = item.review || !whole;
    let offered = if item.kind == ItemKind::Question {
        Vec::new()
    } else {
        allowed(&outside_the_window(&item.offered, review), &item.barred)
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
        title: in_order(&cut(shown.text.lines().next().unwrap_or_default())),
        lines: lines.iter().map(|line| in_order(line)).collect(),
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
    use crate::view::{BarredDecision, GatewayId, PeopleView};

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
            meaning: None,
            unsaid: false,
            tool: None,
            agent: Some("main".into()),
            session: None,
            cwd: Some("/srv".into()),
            host: None,
            offered: vec![Decision::AllowOnce, Decision::AllowAlways, Decision::Deny],
            barred: vec![],
            dangerous: false,
            review: false,
            people: None,
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
    fn what_may_wait_at_a_gateway_that_is_away_is_not_said_to_be_nothing() {
        let away = || {
            let phase = PhaseView::Unreachable {
                since: 0.0,
                was_deciding: None,
            };
            item("y", "ls", phase)
        };
        let headline = |items: Vec<InboxItemView>, waiting| {
            let inbox = InboxSnapshot {
                revision: 1,
                items,
                waiting,
                overflow: vec![],
            };
            TrayModel::of(&inbox).headline()
        };
        assert_eq!(headline(vec![], 0), "Nothing waits for you");
        let one = headline(vec![away()], 0);
        assert_eq!(one, "1 request may wait where its gateway is away");
        let both = headline(vec![item("a", "ls", waiting()), away()], 1);
        assert_eq!(both, "1 request waits for you, 1 more may");
    }

    #[test]
    fn what_the_menu_does_not_show_whole_can_only_be_refused_there_or_shown() {
        let tail = "./deploy-production --yes";
        let long = item("a", &"x".repeat(400), waiting());
        let far_below = item("b", &format!("ls{}{tail}", "\n".repeat(60)), waiting());
        let far_right = item("c", &format!("ls{}{tail}", " ".repeat(900)), waiting());
        let cut = InboxItemView {
            subject_cut: true,
            ..item("d", "ls", waiting())
        };
        let review = InboxItemView {
            review: true,
            ..item("e", "ls", waiting())
        };
        for item in [long, far_below, far_right, cut, review] {
            let key = item.key.clone();
            let model = model(vec![item]);
            let words: Vec<_> = model.entries[0].choices.iter().map(|c| c.0).collect();
            assert_eq!(words, ["Deny", "Show"], "{key:?}");
        }
    }

    #[test]
    fn what_gives_a_title_its_meaning_is_in_the_menu_or_it_can_only_be_refused_there() {
        let plugin = |meaning: &str| InboxItemView {
            kind: ItemKind::Plugin,
            meaning: Some(meaning.into()),
            ..item("a", "Send invitations", waiting())
        };
        let entry = |item| model(vec![item]).entries.remove(0);
        let short = entry(plugin("To 3 people"));
        assert_eq!(short.title, "Send invitations");
        assert_eq!(short.lines[..2], ["Send invitations", "To 3 people"]);
        assert_eq!(short.choices[0].0, "Allow once");
        let long = entry(plugin(&"To 3 people, ".repeat(60)));
        assert_eq!(long.choices[0].0, "Deny");
    }

    #[test]
    fn words_from_right_to_left_stand_in_the_order_in_which_they_run() {
        let entry = model(vec![item("a", "rm \u{5d0} /etc \u{5d1}", waiting())])
            .entries
            .remove(0);
        let shown = "\u{202d}rm \u{5d0} /etc \u{5d1}\u{202c}";
        assert_eq!(
            (entry.title.as_str(), entry.lines[0].as_str()),
            (shown, shown)
        );
    }

    #[test]
    fn how_many_have_allowed_it_is_in_the_menu() {
        let two = InboxItemView {
            people: Some(PeopleView {
                needed: 2,
                allowed: 1,
                names: vec!["ada".into()],
                ours: false,
            }),
            ..item("a", "make deploy", waiting())
        };
        let lines = &model(vec![two]).entries[0].lines;
        let told = "1 of 2 have allowed it, by ada.";
        assert!(lines.iter().any(|line| line == told), "{lines:?}");
    }

    #[test]
    fn a_command_that_was_not_said_is_told_in_words() {
        let unsaid = InboxItemView {
            unsaid: true,
            ..item("a", "rm -rf /", waiting())
        };
        let lines = &model(vec![unsaid]).entries[0].lines;
        assert_eq!(lines[0], "rm -rf /");
        assert!(lines[1].starts_with("The gateway did not say what would run"));
    }

    #[test]
    fn what_cannot_be_decided_in_the_menu_is_shown_in_the_window() {
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
        for item in [question, not_ours] {
            let key = item.key.clone();
            assert_eq!(model(vec![item]).choices(), [Choice::Show(key)]);
        }
    }
}
