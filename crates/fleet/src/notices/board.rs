//! Which items have a notice on the screen, and which wait for a place there.
//!
//! A notice that the person or the platform closed takes no place any more: otherwise a dozen closed ones would silence
//! every request that follows.

use std::collections::{BTreeSet, VecDeque};

use super::{NoticeCommand, PlainKind, PlainNotice, more_key, notice};
use crate::clock::Clock;
use crate::inbox::{Item, Standing};
use crate::view::{GatewayId, ItemKey, NotificationSettings};

/// Notices of waiting items that are shown at once; a desktop gets no more readable with more.
pub const MAX_SHOWN: usize = 12;

/// Which items have a notice now.
#[derive(Clone, Debug, Default)]
pub struct NoticeBoard {
    on_screen: BTreeSet<ItemKey>,
    /// Shown before and closed since; still waiting.
    closed: BTreeSet<ItemKey>,
    /// Waiting without a notice, the oldest first.
    held_back: VecDeque<ItemKey>,
}

impl NoticeBoard {
    /// An item waits: show it, bring its notice up to date, or hold it back while there are too many. An update of one
    /// that the person closed does not bring it back; that is the notifier's to know.
    pub fn waits(
        &mut self,
        item: &Item,
        standing: &Standing,
        settings: &NotificationSettings,
        clock: &Clock,
    ) -> Option<NoticeCommand> {
        if !settings.approvals || !item.is_waiting() {
            return None;
        }
        let key = item.key();
        let notice = notice(item, standing, settings, clock);
        if self.on_screen.contains(&key) || self.closed.contains(&key) {
            return Some(NoticeCommand::Update(notice));
        }
        if self.on_screen.len() < MAX_SHOWN {
            self.held_back.retain(|held| *held != key);
            self.on_screen.insert(key);
            return Some(NoticeCommand::Show(notice));
        }
        self.hold_back(key, item.gateway.clone())
    }

    /// An item needs no notice any more: what is to be taken back.
    pub fn withdraw(&mut self, key: &ItemKey) -> Vec<NoticeCommand> {
        let had_more = !self.held_back.is_empty();
        self.held_back.retain(|held| held != key);
        let was_shown = self.on_screen.remove(key) || self.closed.remove(key);
        let key = was_shown.then(|| key.clone());
        let more = (had_more && self.held_back.is_empty()).then(more_key);
        let withdrawn = key.into_iter().chain(more);
        withdrawn
            .map(|key| NoticeCommand::Withdraw { key })
            .collect()
    }

    /// The notice of an item is not on the screen any more, and that decides nothing.
    pub fn closed(&mut self, key: &ItemKey) {
        if self.on_screen.remove(key) {
            self.closed.insert(key.clone());
        }
    }

    /// What was held back and has a place now, the oldest first.
    pub fn next_held_back(&mut self) -> Option<ItemKey> {
        let has_room = self.on_screen.len() < MAX_SHOWN;
        has_room.then(|| self.held_back.pop_front())?
    }

    /// What to say once nothing is held back any more.
    pub fn nothing_more(&self) -> Option<NoticeCommand> {
        let key = more_key();
        self.held_back
            .is_empty()
            .then_some(NoticeCommand::Withdraw { key })
    }

    /// Takes all notices back, as when a person switches them off.
    pub fn clear(&mut self) -> Vec<NoticeCommand> {
        let more = (!self.held_back.is_empty()).then(more_key);
        self.held_back.clear();
        let closed = std::mem::take(&mut self.closed);
        let shown = std::mem::take(&mut self.on_screen);
        let keys = shown.into_iter().chain(closed).chain(more);
        keys.map(|key| NoticeCommand::Withdraw { key }).collect()
    }

    /// Said again with each that is held back, for as long as any is: the notice before may have been closed.
    fn hold_back(&mut self, key: ItemKey, gateway: GatewayId) -> Option<NoticeCommand> {
        if self.held_back.contains(&key) {
            return None;
        }
        self.held_back.push_back(key);
        Some(NoticeCommand::Lasting {
            key: more_key(),
            notice: PlainNotice {
                kind: PlainKind::More,
                gateway,
                session: None,
                title: "More approvals wait".to_owned(),
                body: "Open Gatehouse to see all of them.".to_owned(),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at_the_start, home, item, shown};
    use super::*;

    fn waits(board: &mut NoticeBoard, id: &str) -> Option<NoticeCommand> {
        let settings = NotificationSettings::default();
        board.waits(&item(id, "ls"), &home(), &settings, &at_the_start())
    }

    /// A board with as many notices as are shown at once.
    fn full() -> NoticeBoard {
        let mut board = NoticeBoard::default();
        for n in 0..MAX_SHOWN {
            shown(waits(&mut board, &format!("a{n}")));
        }
        board
    }

    fn key(id: &str) -> ItemKey {
        item(id, "ls").key()
    }

    fn says_more(command: &Option<NoticeCommand>) -> bool {
        matches!(command, Some(NoticeCommand::Lasting { key, .. }) if *key == more_key())
    }

    #[test]
    fn too_many_notices_are_held_back_and_follow_as_others_leave() {
        let mut board = full();
        assert!(says_more(&waits(&mut board, "late")));
        let withdrawn = board.withdraw(&key("a3"));
        assert_eq!(withdrawn, [NoticeCommand::Withdraw { key: key("a3") }]);
        assert_eq!(board.next_held_back(), Some(key("late")));
        assert_eq!(
            board.nothing_more(),
            Some(NoticeCommand::Withdraw { key: more_key() })
        );
    }

    #[test]
    fn closed_notices_take_no_place_from_the_requests_that_follow() {
        let mut board = full();
        for n in 0..MAX_SHOWN {
            board.closed(&key(&format!("a{n}")));
        }
        for n in 0..MAX_SHOWN {
            shown(waits(&mut board, &format!("b{n}")));
        }
    }

    #[test]
    fn closing_a_notice_makes_room_for_one_that_was_held_back() {
        let mut board = full();
        waits(&mut board, "late");
        assert_eq!(board.next_held_back(), None, "there is no room yet");
        board.closed(&key("a0"));
        assert_eq!(board.next_held_back(), Some(key("late")));
        shown(waits(&mut board, "late"));
    }

    #[test]
    fn each_request_that_is_held_back_is_told_of_and_none_twice() {
        let mut board = full();
        for late in ["x", "y", "z"] {
            assert!(says_more(&waits(&mut board, late)), "{late}");
            assert_eq!(waits(&mut board, late), None, "{late} again");
        }
    }

    #[test]
    fn that_more_waits_is_taken_back_with_the_last_that_is_held_back() {
        let mut board = full();
        waits(&mut board, "x");
        waits(&mut board, "y");
        assert_eq!(board.withdraw(&key("x")), []);
        assert_eq!(
            board.withdraw(&key("y")),
            [NoticeCommand::Withdraw { key: more_key() }]
        );
    }

    #[test]
    fn a_closed_notice_is_only_updated_until_its_item_leaves() {
        let mut board = full();
        board.closed(&key("a0"));
        let again = waits(&mut board, "a0");
        assert!(matches!(again, Some(NoticeCommand::Update(_))), "{again:?}");
        board.withdraw(&key("a0"));
        shown(waits(&mut board, "a0"));
    }
}
