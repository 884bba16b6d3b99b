//! What waits for a decision, and what is shown of it. Pure: the actor does what this says.

use std::collections::{BTreeSet, HashMap};

use gatehouse_fleet::choices;
use gatehouse_fleet::view::ItemKey;

use super::choice::{OPEN, REVIEW, Showing, parse_button};
use super::{Attention, Notice, NoticeEvent};

/// All notices that wait, by item.
#[derive(Default)]
pub(super) struct Waiting {
    notices: HashMap<ItemKey, Entry>,
}

struct Entry {
    notice: Notice,
    /// The server's id, while it is shown.
    id: Option<u32>,
    /// The last showing that was asked for. It stays valid when the server answered too late to give an
    /// id: the person may see the notice all the same.
    showing: Option<Showing>,
    state: State,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    /// The person closed it. It decides nothing; it only is not shown again by itself.
    Dismissed,
    /// A button was pressed; the first press for a showing wins.
    Answered,
}

impl Waiting {
    /// Keeps a notice. Answers whether it is to be shown: one that the person dismissed comes back only when
    /// it asks for attention anew.
    pub(super) fn put(&mut self, mut notice: Notice, attention: Attention) -> bool {
        notice.buttons = choices::outside_the_window(&notice.buttons, notice.review);
        let Some(entry) = self.notices.get_mut(&notice.key) else {
            let entry = Entry {
                id: None,
                showing: None,
                state: State::Open,
                notice,
            };
            self.notices.insert(entry.notice.key.clone(), entry);
            return true;
        };
        entry.notice = notice;
        if entry.state == State::Dismissed && attention == Attention::Leave {
            return false;
        }
        entry.state = State::Open;
        true
    }

    /// Begins a showing: what to show, the id that it replaces, and its name.
    pub(super) fn new_showing(&mut self, key: &ItemKey) -> Option<(&Notice, Option<u32>, Showing)> {
        let entry = self.notices.get_mut(key)?;
        let showing = Showing::new();
        entry.showing = Some(showing.clone());
        entry.state = State::Open;
        Some((&entry.notice, entry.id, showing))
    }

    /// Whether this is the last showing of an item that waits.
    pub(super) fn is_shown_by(&self, key: &ItemKey, showing: &Showing) -> bool {
        let entry = self.notices.get(key);
        entry.is_some_and(|entry| entry.showing.as_ref() == Some(showing))
    }

    pub(super) fn shown_as(&mut self, key: &ItemKey, id: u32) {
        if let Some(entry) = self.notices.get_mut(key) {
            entry.id = Some(id);
        }
    }

    /// The item is no longer waiting. Answers the id to close.
    pub(super) fn remove(&mut self, key: &ItemKey) -> Option<u32> {
        self.notices.remove(key)?.id
    }

    /// Another server took over, or none: no id and no button of the former one means anything now.
    pub(super) fn forget_showings(&mut self) {
        for entry in self.notices.values_mut() {
            entry.id = None;
            entry.showing = None;
        }
    }

    /// What a new server should show: all that waits, less what the person dismissed or answered.
    pub(super) fn to_show(&self) -> Vec<ItemKey> {
        let wanted = |entry: &&Entry| entry.state == State::Open && entry.notice.stays;
        let open = self.notices.values().filter(wanted);
        open.map(|entry| entry.notice.key.clone()).collect()
    }

    /// The server closed a notice. That is never an answer. One that was answered is not told of: its item moves on.
    pub(super) fn closed(&mut self, id: u32, by_person: bool) -> Option<NoticeEvent> {
        let entry = self
            .notices
            .values_mut()
            .find(|entry| entry.id == Some(id))?;
        entry.id = None;
        if entry.state != State::Open {
            return None;
        }
        if by_person {
            entry.state = State::Dismissed;
        }
        let key = entry.notice.key.clone();
        if !entry.notice.stays {
            self.notices.remove(&key);
        }
        Some(NoticeEvent::Closed { key })
    }

    /// What a click that the server reports means; none when it means nothing (any more).
    pub(super) fn clicked(&mut self, id: u32, name: &str) -> Option<NoticeEvent> {
        if name == OPEN || name == REVIEW {
            let entry = self.notices.values().find(|entry| entry.id == Some(id))?;
            return Some(NoticeEvent::OpenRequested {
                key: entry.notice.key.clone(),
            });
        }
        let (showing, decision) = parse_button(name)?;
        let entry = self
            .notices
            .values_mut()
            .find(|entry| entry.showing.as_ref() == Some(&showing))?;
        if entry.state == State::Answered || !entry.notice.buttons.contains(&decision) {
            return None;
        }
        entry.state = State::Answered;
        let Notice { key, revision, .. } = &entry.notice;
        Some(NoticeEvent::Decided {
            key: key.clone(),
            revision: *revision,
            decision,
        })
    }

    /// The ids of all that is shown.
    pub(super) fn ids(&self) -> BTreeSet<u32> {
        self.notices.values().filter_map(|entry| entry.id).collect()
    }

    /// The ids of all that is shown, to be closed.
    pub(super) fn take_ids(&mut self) -> Vec<u32> {
        self.notices
            .drain()
            .filter_map(|(_, entry)| entry.id)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use gatehouse_fleet::view::Decision;

    use super::*;

    fn notice(id: &str, revision: u32) -> Notice {
        let buttons = vec![Decision::AllowOnce, Decision::AllowAlways, Decision::Deny];
        super::super::samples::notice(id, revision, buttons)
    }

    /// Shows a notice as the server's `id`; answers its showing.
    fn show(waiting: &mut Waiting, notice: Notice, id: u32) -> Showing {
        let key = notice.key.clone();
        assert!(waiting.put(notice, Attention::Ask));
        let (_, _, showing) = waiting.new_showing(&key).unwrap();
        waiting.shown_as(&key, id);
        showing
    }

    #[test]
    fn the_first_press_on_a_showing_wins_and_carries_the_revision_that_was_shown() {
        let mut waiting = Waiting::default();
        let showing = show(&mut waiting, notice("a", 7), 1);
        let pressed = waiting.clicked(1, &showing.button(Decision::Deny));
        let key = ItemKey("a".into());
        let expected = NoticeEvent::Decided {
            key,
            revision: 7,
            decision: Decision::Deny,
        };
        assert_eq!(pressed, Some(expected));
        assert_eq!(
            waiting.clicked(1, &showing.button(Decision::AllowOnce)),
            None
        );
    }

    #[test]
    fn a_button_of_an_earlier_showing_means_nothing() {
        let mut waiting = Waiting::default();
        let former = show(&mut waiting, notice("a", 1), 1);
        let current = show(&mut waiting, notice("a", 2), 1);
        assert_eq!(
            waiting.clicked(1, &former.button(Decision::AllowOnce)),
            None
        );
        assert!(
            waiting
                .clicked(1, &current.button(Decision::AllowOnce))
                .is_some()
        );
    }

    #[test]
    fn a_decision_that_was_not_a_button_is_not_taken() {
        let mut waiting = Waiting::default();
        let showing = show(&mut waiting, notice("a", 1), 1);
        for decision in [Decision::AllowAlways, Decision::Approve] {
            assert_eq!(
                waiting.clicked(1, &showing.button(decision)),
                None,
                "{decision:?}"
            );
        }
    }

    #[test]
    fn a_dismissed_notice_decides_nothing_and_comes_back_only_when_asked_for() {
        let mut waiting = Waiting::default();
        show(&mut waiting, notice("a", 1), 1);
        let key = ItemKey("a".into());
        assert_eq!(waiting.closed(1, true), Some(NoticeEvent::Closed { key }));
        assert_eq!(waiting.to_show(), []);
        assert!(
            !waiting.put(notice("a", 2), Attention::Leave),
            "an update leaves it dismissed"
        );
        assert!(
            waiting.put(notice("a", 3), Attention::Ask),
            "a new request for attention does not"
        );
    }

    #[test]
    fn what_waits_is_shown_again_by_the_next_server() {
        let mut waiting = Waiting::default();
        let former = show(&mut waiting, notice("a", 1), 1);
        waiting.closed(1, false);
        waiting.forget_showings();
        assert_eq!(waiting.to_show(), [ItemKey("a".into())]);
        assert_eq!(waiting.clicked(1, &former.button(Decision::Deny)), None);
        assert_eq!(
            waiting.clicked(1, OPEN),
            None,
            "an id of the former server is no id of this one"
        );
    }

    #[test]
    fn a_notice_that_the_server_let_go_is_told_of_and_shown_by_the_next_server() {
        let mut waiting = Waiting::default();
        show(&mut waiting, notice("a", 1), 1);
        let key = ItemKey("a".into());
        let closed = NoticeEvent::Closed { key: key.clone() };
        assert_eq!(waiting.closed(1, false), Some(closed));
        assert_eq!(waiting.to_show(), [key]);
    }

    #[test]
    fn news_that_leaves_the_screen_is_forgotten() {
        let mut waiting = Waiting::default();
        let news = Notice {
            stays: false,
            ..notice("a", 1)
        };
        show(&mut waiting, news, 1);
        assert_eq!(waiting.to_show(), [], "another server does not repeat it");
        waiting.closed(1, false);
        assert!(waiting.notices.is_empty());
    }

    #[test]
    fn the_end_of_an_answered_notice_is_not_told_of() {
        let mut waiting = Waiting::default();
        let showing = show(&mut waiting, notice("a", 1), 1);
        waiting.clicked(1, &showing.button(Decision::Deny));
        assert_eq!(waiting.closed(1, true), None);
    }

    #[test]
    fn a_withdrawn_notice_cannot_be_clicked_any_more() {
        let mut waiting = Waiting::default();
        let showing = show(&mut waiting, notice("a", 1), 4);
        assert_eq!(waiting.remove(&ItemKey("a".into())), Some(4));
        assert_eq!(waiting.clicked(4, &showing.button(Decision::Deny)), None);
        assert_eq!(waiting.clicked(4, OPEN), None);
    }
}
