//! What does not fit comes back as soon as it does, and what is too large to be listed costs no connection after connection.

use super::*;

const MEGABYTE: usize = 1024 * 1024;

fn large(id: &str, bytes: usize) -> Request {
    let mut request = request(id, 10);
    request.content.subject = "x".repeat(bytes);
    request
}

fn raise(inbox: &mut Inbox, request: Request) -> Vec<Effect> {
    let requested = InboxEvent::Requested {
        gateway: gateway(),
        generation: 1,
        request,
    };
    reduce(inbox, requested, 1)
}

fn lists(effects: &[Effect]) -> Vec<ItemKind> {
    let kinds = effects.iter().filter_map(|effect| match effect {
        Effect::List { kind, .. } => Some(*kind),
        _ => None,
    });
    kinds.collect()
}

fn up(inbox: &mut Inbox, generation: Generation, kinds: &[ItemKind], now: EpochMs) -> Vec<Effect> {
    let up = InboxEvent::Up {
        gateway: gateway(),
        generation,
        kinds: kinds.to_vec(),
    };
    reduce(inbox, up, now)
}

fn too_large(inbox: &mut Inbox, generation: Generation) {
    let event = InboxEvent::AnswerTooLarge {
        gateway: gateway(),
        generation,
    };
    reduce(inbox, event, 1);
    let down = InboxEvent::Down {
        gateway: gateway(),
        generation,
    };
    reduce(inbox, down, 1);
}

fn bytes(inbox: &Inbox) -> usize {
    inbox.items().map(|item| item.request.content.bytes()).sum()
}

#[test]
fn what_did_not_fit_is_listed_again_once_what_waits_has_become_less() {
    let mut inbox = connected();
    for n in 0..70 {
        raise(&mut inbox, large(&format!("a{n}"), MEGABYTE));
    }
    assert_eq!(inbox.overflowing(), [gateway()]);
    // The first list of the connection is still to come.
    let list = InboxEvent::Listed {
        gateway: gateway(),
        generation: 1,
        kind: ItemKind::Exec,
        token: 1,
        requests: Ok(Vec::new()),
    };
    reduce(&mut inbox, list, 1);
    let kept: Vec<_> = inbox.items().map(|item| item.request.id.clone()).collect();
    let ends = kept.iter().map(|id| reduce(&mut inbox, resolved(id), 2));
    let listed: Vec<_> = ends.flat_map(|effects| lists(&effects)).collect();
    assert_eq!(listed, [ItemKind::Exec]);
    assert!(inbox.overflowing().is_empty());
}

#[test]
fn what_changes_does_not_grow_past_the_bound() {
    let mut inbox = connected();
    for n in 0..100 {
        raise(&mut inbox, large(&format!("a{n}"), 1_000));
    }
    for n in 0..100 {
        raise(&mut inbox, large(&format!("a{n}"), 2 * MEGABYTE - 100));
    }
    assert_eq!(inbox.items().count(), 100);
    assert!(bytes(&inbox) < 80 * MEGABYTE, "{}", bytes(&inbox));
    let cut = inbox.item(&key("a99")).unwrap();
    assert_eq!(cut.offered(), [Decision::Deny], "nobody can read it whole");
    let whole = inbox.item(&key("a0")).unwrap();
    assert_eq!(whole.offered().len(), 3);
}

#[test]
fn a_list_that_is_too_large_is_found_singly_and_left_out_for_a_while() {
    use ItemKind::{Exec, Question};
    let mut inbox = Inbox::default();
    assert_eq!(lists(&up(&mut inbox, 1, &[Exec, Question], 0)).len(), 2);
    too_large(&mut inbox, 1);
    assert_eq!(lists(&up(&mut inbox, 2, &[Exec, Question], 2)), []);
    let next = reduce(&mut inbox, InboxEvent::Tick, 6_000);
    assert_eq!(lists(&next), [Exec]);
    too_large(&mut inbox, 2);
    assert_eq!(inbox.overflowing(), [gateway()], "it is said");

    assert_eq!(lists(&up(&mut inbox, 3, &[Exec, Question], 7_000)), []);
    let next = reduce(&mut inbox, InboxEvent::Tick, 13_000);
    assert_eq!(lists(&next), [Question]);
    let doubt = InboxEvent::Doubt {
        gateway: gateway(),
        generation: 3,
    };
    assert_eq!(lists(&reduce(&mut inbox, doubt, 14_000)), []);
    let much_later = reduce(&mut inbox, InboxEvent::Tick, 700_000);
    assert_eq!(lists(&much_later), [Exec]);
}

#[test]
fn what_is_on_no_list_any_more_is_asked_about_by_itself() {
    let mut inbox = connected();
    reduce(&mut inbox, requested("a", 10), 1);
    let asked = up(&mut inbox, 2, &[ItemKind::Question], 2);
    let token = asked.iter().find_map(|effect| match effect {
        Effect::ReadBack { token, .. } => Some(*token),
        _ => None,
    });
    let answer = InboxEvent::ReadBack {
        key: key("a"),
        token: token.expect("its record is asked for"),
        answer: ReadBackAnswer::Pending,
    };
    reduce(&mut inbox, answer, 3);
    assert!(inbox.item(&key("a")).unwrap().is_waiting());
}
