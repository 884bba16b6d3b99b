//! Facts that arrive late or out of order, one by one: what is newer stays, and nothing comes back to life.

use super::*;

fn with_text(id: &str, created_at: EpochMs, subject: &str) -> Request {
    let mut request = request(id, created_at);
    request.content.subject = subject.into();
    request
}

fn event(request: Request) -> InboxEvent {
    InboxEvent::Requested {
        gateway: gateway(),
        generation: 1,
        request,
    }
}

fn listed(token: u64, requests: Vec<Request>) -> InboxEvent {
    InboxEvent::Listed {
        gateway: gateway(),
        generation: 1,
        kind: ItemKind::Exec,
        token,
        requests: Ok(requests),
    }
}

fn list_token(effects: &[Effect]) -> u64 {
    let token = effects.iter().find_map(|e| match e {
        Effect::List { token, .. } => Some(*token),
        _ => None,
    });
    token.expect("the list is asked for")
}

fn read_back_token(effects: &[Effect]) -> u64 {
    let token = effects.iter().find_map(|e| match e {
        Effect::ReadBack { token, .. } => Some(*token),
        _ => None,
    });
    token.expect("the record is asked for")
}

fn up(generation: Generation) -> InboxEvent {
    InboxEvent::Up {
        gateway: gateway(),
        generation,
        kinds: vec![ItemKind::Exec],
    }
}

fn item(inbox: &Inbox) -> &Item {
    inbox.item(&key("a")).expect("the item is known")
}

#[test]
fn a_list_that_was_asked_for_before_an_event_does_not_overwrite_what_the_event_told() {
    let mut inbox = Inbox::default();
    let token = list_token(&reduce(&mut inbox, up(1), 0));
    reduce(&mut inbox, event(with_text("a", 10, "rm -rf build")), 1);
    let revision = item(&inbox).revision;
    let late = vec![with_text("a", 10, "ls build")];
    let effects = reduce(&mut inbox, listed(token, late), 2);
    assert_eq!(item(&inbox).request.content.subject, "rm -rf build");
    assert_eq!(item(&inbox).revision, revision);
    assert_eq!(effects, [], "nothing changed, so nobody is told");
}

#[test]
fn a_list_that_was_asked_for_after_an_event_brings_its_content_up_to_date() {
    let mut inbox = connected();
    reduce(&mut inbox, event(with_text("a", 10, "ls build")), 1);
    // The first list is still on its way, so the doubt is settled by the one after it.
    let doubt = InboxEvent::Doubt {
        gateway: gateway(),
        generation: 1,
    };
    reduce(&mut inbox, doubt, 2);
    let same = vec![with_text("a", 10, "ls build")];
    let again = list_token(&reduce(&mut inbox, listed(1, same), 3));
    let newer = vec![with_text("a", 10, "rm -rf build")];
    reduce(&mut inbox, listed(again, newer), 4);
    assert_eq!(item(&inbox).request.content.subject, "rm -rf build");
}

#[test]
fn a_late_request_does_not_bring_an_ended_item_back() {
    let mut inbox = connected();
    reduce(&mut inbox, requested("a", 10), 1);
    reduce(&mut inbox, resolved("a"), 2);
    let ended = item(&inbox).clone();
    for late in [10, 9] {
        let effects = reduce(&mut inbox, requested("a", late), 3);
        assert_eq!(effects, [], "made at {late}, so it is the one that ended");
        assert_eq!(item(&inbox), &ended);
    }
}

#[test]
fn a_new_request_under_the_id_of_an_ended_one_waits_with_a_higher_revision() {
    let mut inbox = connected();
    reduce(&mut inbox, requested("a", 10), 1);
    reduce(&mut inbox, resolved("a"), 2);
    let before = item(&inbox).revision;
    reduce(&mut inbox, requested("a", 30), 3);
    assert!(item(&inbox).is_waiting());
    assert!(
        item(&inbox).revision > before,
        "a click on the old one's notice must not count"
    );
}

#[test]
fn nothing_is_decided_again_while_the_answer_to_the_first_decision_is_still_to_come() {
    let mut inbox = connected();
    reduce(&mut inbox, requested("a", 10), 1);
    let first = choose(&inbox, Decision::AllowOnce, Surface::Window);
    let effects = reduce(&mut inbox, first, 2);
    let Some(Effect::Resolve(resolve)) = effects.last() else {
        panic!("sent: {effects:?}")
    };
    let answered = resolve.token;
    // The connection flaps, and the new one lists it as waiting before the old one's end was heard of.
    let token = list_token(&reduce(&mut inbox, up(2), 3));
    let still_there = InboxEvent::Listed {
        gateway: gateway(),
        generation: 2,
        kind: ItemKind::Exec,
        token,
        requests: Ok(vec![request("a", 10)]),
    };
    reduce(&mut inbox, still_there, 4);
    assert!(item(&inbox).is_waiting());

    let second = choose(&inbox, Decision::Deny, Surface::Window);
    let effects = reduce(&mut inbox, second.clone(), 5);
    assert_eq!(refusal(&effects), Some(Refusal::DecisionInFlight));
    assert!(!effects.iter().any(|e| matches!(e, Effect::Resolve(_))));

    let lost = InboxEvent::ResolveAnswered {
        key: key("a"),
        token: answered,
        answer: ResolveAnswer::Disconnected,
    };
    reduce(&mut inbox, lost, 6);
    let effects = reduce(&mut inbox, second, 7);
    assert!(
        matches!(effects.last(), Some(Effect::Resolve(_))),
        "now it can: {effects:?}"
    );
}

#[test]
fn a_record_that_was_asked_for_before_the_decision_does_not_offer_it_again() {
    for answer in [
        ResolveAnswer::Accepted,
        ResolveAnswer::Failed(Trouble::new("timedOut")),
    ] {
        let mut inbox = connected();
        reduce(&mut inbox, requested("a", 10), 1);
        let overdue = reduce(&mut inbox, InboxEvent::Tick, 70_000);
        let decide = choose(&inbox, Decision::Deny, Surface::Window);
        let token = resolve_token(&reduce(&mut inbox, decide, 70_001));
        let answered = InboxEvent::ResolveAnswered {
            key: key("a"),
            token,
            answer,
        };
        let asked_anew = reduce(&mut inbox, answered, 70_002);
        let of_before = read_back(&overdue, ReadBackAnswer::Pending);
        let effects = reduce(&mut inbox, of_before, 70_003);
        assert_eq!(effects, [], "no surface offers it again");
        let ended = read_back(&asked_anew, ReadBackAnswer::Ended(denied()));
        reduce(&mut inbox, ended, 70_004);
        assert_eq!(shown_record(&inbox), RecordState::Read);
    }
}

#[test]
fn an_end_that_is_told_by_a_clock_that_was_set_back_is_asked_about() {
    for (answer, waits) in [
        (ReadBackAnswer::Ended(denied()), false),
        (ReadBackAnswer::Pending, true),
    ] {
        let mut inbox = connected();
        // Later than the end that is told, which may also be that of an earlier request under its id.
        reduce(&mut inbox, requested("a", 30), 1);
        let effects = reduce(&mut inbox, resolved("a"), 2);
        assert!(item(&inbox).is_waiting(), "its record is what tells");
        let answered = read_back(&effects, answer);
        reduce(&mut inbox, answered, 3);
        assert_eq!(item(&inbox).is_waiting(), waits);
    }
}

#[test]
fn a_new_request_under_the_id_of_one_whose_answer_was_lost_is_not_said_to_be_unconfirmed() {
    for (created_at, told) in [(10, true), (30, false)] {
        let mut inbox = connected();
        reduce(&mut inbox, requested("a", 10), 1);
        let decide = choose(&inbox, Decision::Deny, Surface::Window);
        reduce(&mut inbox, decide, 2);
        let token = list_token(&reduce(&mut inbox, up(2), 3));
        let still_there = InboxEvent::Listed {
            gateway: gateway(),
            generation: 2,
            kind: ItemKind::Exec,
            token,
            requests: Ok(vec![request("a", created_at)]),
        };
        reduce(&mut inbox, still_there, 4);
        let Phase::Waiting { problem } = &item(&inbox).phase else {
            panic!("{:?}", item(&inbox))
        };
        assert_eq!(problem.is_some(), told, "made at {created_at}");
    }
}

#[test]
fn a_record_that_still_says_pending_does_not_offer_an_ended_item_again() {
    let mut inbox = connected();
    reduce(&mut inbox, requested("a", 10), 1);
    let token = read_back_token(&reduce(&mut inbox, resolved("a"), 2));
    let ended = item(&inbox).phase.clone();
    let pending = InboxEvent::ReadBack {
        key: key("a"),
        token,
        answer: ReadBackAnswer::Pending,
    };
    let effects = reduce(&mut inbox, pending, 3);
    assert_eq!(item(&inbox).phase, ended);
    assert_eq!(effects, [], "no surface offers it");
    assert_eq!(reduce(&mut inbox, InboxEvent::Tick, 4), [], "not at once");
    let again = reduce(&mut inbox, InboxEvent::Tick, 60_000);
    read_back_token(&again);
}
