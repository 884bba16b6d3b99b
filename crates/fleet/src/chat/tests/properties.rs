//! Whatever comes, in whatever order: the page is what a fresh snapshot is (`Chat::take` compares them after
//! every step), and history settles it.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::happens::{do_it, happens};
use super::page::{Chat, Page};
use super::turn::{Fate, Wire, deliver, fate, frames, told_at, turn};
use crate::chat::Coalescer;
use crate::view::MessageState;

fn settled(rows: &[Value]) -> Vec<String> {
    Chat::open(rows).page.lines()
}

proptest! {
    #[test]
    fn the_page_is_always_what_a_fresh_snapshot_is(steps in prop::collection::vec(happens(), 0..60)) {
        let mut chat = Chat::new();
        for step in steps {
            do_it(&mut chat, step);
        }
        let ids = chat.page.ids();
        let mut unique = ids.clone();
        unique.sort_unstable();
        unique.dedup();
        prop_assert_eq!(ids.len(), unique.len(), "every message has an id of its own");
    }

    #[test]
    fn a_whole_turn_ends_as_its_history_tells_it(turn in turn(), piece in 1_usize..6) {
        let (frames, rows) = frames(&turn, piece);
        let mut chat = Chat::open(&rows[..1]);
        for frame in &frames {
            deliver(&mut chat, frame);
        }
        prop_assert_eq!(chat.page.lines(), settled(&rows));
    }

    #[test]
    fn a_turn_of_which_no_row_comes_shows_the_same_words_in_the_same_order(turn in turn(), piece in 1_usize..6) {
        let (frames, rows) = frames(&turn, piece);
        let mut chat = Chat::open(&rows[..1]);
        for frame in frames.iter().filter(|frame| !matches!(frame, Wire::Row(_))) {
            deliver(&mut chat, frame);
        }
        prop_assert_eq!(chat.page.lines(), settled(&rows));
    }

    #[test]
    fn whatever_is_lost_doubled_or_late_history_settles_it(
        turn in turn(),
        piece in 1_usize..6,
        fates in prop::collection::vec(fate(), 60),
        then in any::<bool>(),
    ) {
        let (frames, rows) = frames(&turn, piece);
        let mut chat = Chat::open(&rows[..1]);
        let mut late: Option<&Wire> = None;
        for (frame, fate) in frames.iter().zip(fates.iter().cycle()) {
            match fate {
                Fate::Lost => continue,
                Fate::Late => {
                    if let Some(late) = late.replace(frame) {
                        deliver(&mut chat, late);
                    }
                    continue;
                }
                Fate::Twice => deliver(&mut chat, frame),
                Fate::Comes => {}
            }
            deliver(&mut chat, frame);
            if let Some(late) = late.take() {
                deliver(&mut chat, late);
            }
        }
        if then {
            chat.transcript.history_asked();
        }
        chat.history(json!({"messages": rows, "sessionInfo": {"hasActiveRun": false, "activeRunIds": []}}));
        prop_assert_eq!(chat.page.lines(), settled(&rows));
        let done = chat.page.messages.iter().all(|message| message.state == MessageState::Done);
        prop_assert!(done);
    }

    #[test]
    fn a_reconnect_anywhere_in_a_turn_ends_as_its_history_tells_it(
        turn in turn(),
        piece in 1_usize..6,
        gone in 0_usize..40,
        back in 0_usize..40,
    ) {
        let (frames, rows) = frames(&turn, piece);
        let gone = gone.min(frames.len() - 1);
        let back = (gone + back).min(frames.len() - 1);
        let mut chat = Chat::open(&rows[..1]);
        for frame in &frames[..gone] {
            deliver(&mut chat, frame);
        }
        let updates = chat.transcript.online(false);
        chat.take(updates);
        let updates = chat.transcript.online(true);
        chat.take(updates);
        chat.history(told_at(&frames[..back], &rows));
        for frame in &frames[back..] {
            deliver(&mut chat, frame);
        }
        prop_assert_eq!(chat.page.lines(), settled(&rows));
    }

    #[test]
    fn joining_updates_changes_nothing(steps in prop::collection::vec(happens(), 0..60), every in 1_usize..9) {
        let mut chat = Chat::new();
        let mut page = Page::of(&chat.transcript);
        let mut coalescer = Coalescer::new();
        for (n, step) in steps.into_iter().enumerate() {
            do_it(&mut chat, step);
            coalescer.push(chat.said.drain(..));
            if n % every == 0 {
                page.apply(coalescer.take());
            }
        }
        page.apply(coalescer.take());
        prop_assert_eq!(page, chat.page);
    }
}
