//! Requests that several people have to allow: a first yes is counted, and nothing runs yet.

use super::*;

fn takes_two(created_at: EpochMs, allowed: u32) -> InboxEvent {
    let mut request = request("a", created_at);
    request.content.people = Some(People {
        needed: 2,
        allowed,
        names: Vec::new(),
    });
    InboxEvent::Requested {
        gateway: gateway(),
        generation: 1,
        request,
    }
}

/// What is asked takes two people, and this app has said yes.
fn decided(inbox: &mut Inbox) -> u64 {
    reduce(inbox, takes_two(10, 0), 1);
    let yes = choose(inbox, Decision::AllowOnce, Surface::Window);
    resolve_token(&reduce(inbox, yes, 2))
}

fn answered(token: u64, answer: ResolveAnswer) -> InboxEvent {
    InboxEvent::ResolveAnswered {
        key: key("a"),
        token,
        answer,
    }
}

fn shown(inbox: &Inbox) -> crate::view::InboxItemView {
    line(inbox.item(&key("a")).unwrap(), Standing::default())
}

fn counted() -> Inbox {
    let mut inbox = connected();
    let token = decided(&mut inbox);
    reduce(&mut inbox, answered(token, ResolveAnswer::Counted), 3);
    inbox
}

#[test]
fn a_first_yes_is_counted_and_can_only_be_taken_back_by_a_no() {
    let mut inbox = counted();
    let item = shown(&inbox);
    assert_eq!(item.phase, PhaseView::Waiting { problem: None });
    assert_eq!(item.offered, [Decision::Deny]);
    let people = item.people.unwrap();
    assert_eq!((people.allowed, people.needed), (1, 2));
    assert!(people.ours);
    let again = choose(&inbox, Decision::AllowOnce, Surface::Window);
    let refused = refusal(&reduce(&mut inbox, again, 4));
    assert_eq!(refused, Some(Refusal::NotOffered));
    let no = choose(&inbox, Decision::Deny, Surface::Notification);
    assert!(matches!(
        reduce(&mut inbox, no, 5).last(),
        Some(Effect::Resolve(_))
    ));
}

#[test]
fn another_person_is_offered_both_after_the_first_yes() {
    let mut inbox = connected();
    reduce(&mut inbox, takes_two(10, 1), 1);
    let item = shown(&inbox);
    assert_eq!(item.offered.len(), 3);
    assert!(!item.people.unwrap().ours);
}

#[test]
fn a_counted_yes_is_not_shown_as_the_end_when_the_connection_goes() {
    let down = InboxEvent::Down {
        gateway: gateway(),
        generation: 1,
    };
    let mut before = connected();
    let token = decided(&mut before);
    reduce(&mut before, down.clone(), 3);
    reduce(&mut before, answered(token, ResolveAnswer::Counted), 4);
    let mut after = counted();
    reduce(&mut after, down, 4);
    for inbox in [before, after] {
        let item = inbox.item(&key("a")).unwrap();
        assert!(item.is_open() && item.counted, "{item:?}");
        let Phase::Unreachable { was_deciding, .. } = item.phase else {
            panic!("{item:?}")
        };
        assert_eq!(was_deciding, None, "its fate is known");
    }
}

#[test]
fn that_it_was_counted_is_kept_over_a_start_of_the_app() {
    let item = counted().item(&key("a")).unwrap().clone();
    let json = serde_json::to_string(&item).unwrap();
    let kept: Item = serde_json::from_str(&json).unwrap();
    assert_eq!(kept.offered(), [Decision::Deny]);
    assert_eq!(kept.request, item.request);
}

#[test]
fn a_new_request_under_its_id_has_no_yes_yet() {
    let mut inbox = counted();
    reduce(&mut inbox, takes_two(30, 0), 4);
    assert_eq!(shown(&inbox).offered.len(), 3);
}

#[test]
fn how_many_have_allowed_it_does_not_go_down_by_news_that_comes_late() {
    let mut inbox = connected();
    reduce(&mut inbox, takes_two(10, 1), 1);
    let revision = shown(&inbox).revision;
    reduce(&mut inbox, takes_two(10, 0), 2);
    let item = shown(&inbox);
    assert_eq!(item.people.unwrap().allowed, 1);
    assert_eq!(item.revision, revision);
}

#[test]
fn another_persons_yes_that_was_faster_than_the_answer_ends_it() {
    let mut inbox = connected();
    let token = decided(&mut inbox);
    reduce(&mut inbox, resolved("a"), 3);
    let ended = inbox.item(&key("a")).unwrap().phase.clone();
    reduce(&mut inbox, answered(token, ResolveAnswer::Counted), 4);
    assert_eq!(inbox.item(&key("a")).unwrap().phase, ended);
}

#[test]
fn where_nobody_said_that_it_takes_several_a_pending_record_is_said_to_be_none() {
    let mut inbox = connected();
    reduce(&mut inbox, requested("a", 10), 1);
    let yes = choose(&inbox, Decision::AllowOnce, Surface::Window);
    let token = resolve_token(&reduce(&mut inbox, yes, 2));
    let effects = reduce(&mut inbox, answered(token, ResolveAnswer::Counted), 3);
    let pending = read_back(&effects, ReadBackAnswer::Pending);
    reduce(&mut inbox, pending, 4);
    let item = shown(&inbox);
    let PhaseView::Waiting {
        problem: Some(problem),
    } = item.phase
    else {
        panic!("{item:?}")
    };
    assert_eq!(problem.code, NOT_RECORDED);
    assert_eq!(item.offered.len(), 3, "it can be decided again");
}
