//! Single situations of the inbox, each as its own sentence. Interleavings are in `tests/inbox_properties`.

use super::*;

mod arrivals;
mod bounds;
mod pairings;
mod races;
mod several;

use crate::view::{Decision, GatewayId, ItemKey, ItemKind, PhaseView, RecordState, Surface};

fn gateway() -> GatewayId {
    GatewayId("g".into())
}

fn request(id: &str, created_at: EpochMs) -> Request {
    let content = Content {
        subject: "uname -a".into(),
        offered: vec![Decision::AllowOnce, Decision::AllowAlways, Decision::Deny],
        ..Content::default()
    };
    Request {
        kind: ItemKind::Exec,
        id: id.into(),
        created_at,
        expires_at: Some(60_000),
        content,
    }
}

fn requested(id: &str, created_at: EpochMs) -> InboxEvent {
    InboxEvent::Requested {
        gateway: gateway(),
        generation: 1,
        request: request(id, created_at),
    }
}

fn connected() -> Inbox {
    let mut inbox = Inbox::default();
    let up = InboxEvent::Up {
        gateway: gateway(),
        generation: 1,
        kinds: vec![ItemKind::Exec],
    };
    reduce(&mut inbox, up, 0);
    inbox
}

fn key(id: &str) -> ItemKey {
    item_key(&gateway(), ItemKind::Exec, id)
}

fn choose(inbox: &Inbox, decision: Decision, surface: Surface) -> InboxEvent {
    let revision = inbox.item(&key("a")).map_or(0, |i| i.revision);
    InboxEvent::Decide(Choice {
        key: key("a"),
        decision,
        revision,
        surface,
        answer: Vec::new(),
        terms: None,
    })
}

fn refusal(effects: &[Effect]) -> Option<Refusal> {
    effects.iter().find_map(|e| {
        if let Effect::Refused(refusal) = e {
            Some(*refusal)
        } else {
            None
        }
    })
}

fn denied() -> Outcome {
    let verdict = Verdict::Decided(Decision::Deny);
    Outcome {
        verdict,
        by: Some("phone".into()),
        by_this_app: Some(false),
        at: Some(20),
        source: Source::Record,
    }
}

fn resolved(id: &str) -> InboxEvent {
    InboxEvent::Resolved {
        gateway: gateway(),
        generation: 1,
        kind: ItemKind::Exec,
        id: id.into(),
        outcome: denied(),
    }
}

#[test]
fn a_request_that_arrives_after_its_own_end_never_shows() {
    let mut inbox = connected();
    reduce(&mut inbox, resolved("a"), 1);
    reduce(&mut inbox, requested("a", 10), 2);
    assert!(inbox.item(&key("a")).is_none());
}

#[test]
fn a_second_choice_while_one_is_on_its_way_is_refused() {
    let mut inbox = connected();
    reduce(&mut inbox, requested("a", 10), 1);
    let first = choose(&inbox, Decision::Deny, Surface::Window);
    assert!(matches!(
        reduce(&mut inbox, first, 2).last(),
        Some(Effect::Resolve(_))
    ));
    let second = choose(&inbox, Decision::AllowOnce, Surface::Tray);
    assert_eq!(
        refusal(&reduce(&mut inbox, second, 3)),
        Some(Refusal::DecisionInFlight)
    );
}

#[test]
fn a_choice_made_on_an_older_state_of_the_item_is_refused() {
    let mut inbox = connected();
    reduce(&mut inbox, requested("a", 10), 1);
    let choice = choose(&inbox, Decision::AllowOnce, Surface::Notification);
    let mut other = request("a", 10);
    other.content.subject = "rm -rf /".into();
    let changed = InboxEvent::Requested {
        gateway: gateway(),
        generation: 1,
        request: other,
    };
    reduce(&mut inbox, changed, 2);
    assert_eq!(
        refusal(&reduce(&mut inbox, choice, 3)),
        Some(Refusal::ItemChanged)
    );
}

#[test]
fn allow_always_needs_a_window() {
    for (surface, taken) in [
        (Surface::Notification, false),
        (Surface::Tray, false),
        (Surface::ApprovalWindow, true),
        (Surface::Window, true),
    ] {
        let mut inbox = connected();
        reduce(&mut inbox, requested("a", 10), 1);
        let choice = choose(&inbox, Decision::AllowAlways, surface);
        let refused = refusal(&reduce(&mut inbox, choice, 2));
        assert_eq!(refused.is_none(), taken, "{surface:?}");
    }
}

#[test]
fn a_decision_whose_connection_ended_is_read_back_and_not_sent_again() {
    let mut inbox = connected();
    reduce(&mut inbox, requested("a", 10), 1);
    let choice = choose(&inbox, Decision::AllowOnce, Surface::Window);
    reduce(&mut inbox, choice, 2);
    reduce(
        &mut inbox,
        InboxEvent::Down {
            gateway: gateway(),
            generation: 1,
        },
        3,
    );
    let item = inbox.item(&key("a")).unwrap();
    assert!(matches!(
        item.phase,
        Phase::Unreachable {
            was_deciding: Some(Decision::AllowOnce),
            ..
        }
    ));

    let up = InboxEvent::Up {
        gateway: gateway(),
        generation: 2,
        kinds: vec![ItemKind::Exec],
    };
    let effects = reduce(&mut inbox, up, 4);
    let [Effect::List { token, .. }] = effects[..] else {
        panic!("only a list: {effects:?}")
    };
    let listed = InboxEvent::Listed {
        gateway: gateway(),
        generation: 2,
        kind: ItemKind::Exec,
        token,
        requests: Ok(vec![request("a", 10)]),
    };
    let effects = reduce(&mut inbox, listed, 5);
    assert!(
        !effects.iter().any(|e| matches!(e, Effect::Resolve(_))),
        "{effects:?}"
    );
    let shown = line(inbox.item(&key("a")).unwrap(), Standing::default());
    let PhaseView::Waiting {
        problem: Some(problem),
    } = shown.phase
    else {
        panic!("{shown:?}")
    };
    assert_eq!(
        problem.code, "unconfirmed",
        "the person is told why it asks again"
    );
}

#[test]
fn an_expiry_that_the_gateway_tells_of_as_a_denial_is_shown_as_recorded() {
    let mut inbox = connected();
    reduce(&mut inbox, requested("a", 10), 1);
    let effects = reduce(&mut inbox, resolved("a"), 2);
    let token = effects.iter().find_map(|e| match e {
        Effect::ReadBack { token, .. } => Some(*token),
        _ => None,
    });
    let outcome = Outcome {
        verdict: Verdict::Expired,
        by: None,
        by_this_app: None,
        at: Some(20),
        source: Source::Record,
    };
    let answer = ReadBackAnswer::Ended(outcome);
    let event = InboxEvent::ReadBack {
        key: key("a"),
        token: token.unwrap(),
        answer,
    };
    reduce(&mut inbox, event, 3);
    let shown = line(inbox.item(&key("a")).unwrap(), Standing::default());
    assert_eq!(shown.phase, PhaseView::Expired { at: 20.0 });
}

#[test]
fn a_flood_stays_bounded_and_what_did_not_fit_is_listed_again_once_there_is_room() {
    let mut inbox = connected();
    for n in 0..200_000 {
        reduce(&mut inbox, requested(&format!("a{n}"), 10), 1);
    }
    assert_eq!(inbox.items().count(), MAX_OPEN);
    assert_eq!(
        inbox.overflowing(),
        [gateway()],
        "it says that there is more"
    );

    let mut effects = Vec::new();
    for n in 0..MAX_OPEN {
        effects.extend(reduce(&mut inbox, resolved(&format!("a{n}")), 2));
    }
    assert!(effects.iter().any(|e| matches!(
        e,
        Effect::Overflow {
            overflow: false,
            ..
        }
    )));
    assert_eq!(
        inbox.items().count(),
        MAX_ENDED,
        "ended ones are bounded as well"
    );
}

#[test]
fn a_command_of_one_megabyte_is_kept_whole_and_one_beyond_the_limit_cannot_be_allowed() {
    let mut inbox = connected();
    let mut large = request("a", 10);
    large.content.subject = "x".repeat(1024 * 1024);
    reduce(
        &mut inbox,
        InboxEvent::Requested {
            gateway: gateway(),
            generation: 1,
            request: large,
        },
        1,
    );
    let shown = detail(
        inbox.item(&key("a")).unwrap(),
        Standing::default(),
        Beside::default(),
    );
    assert_eq!(shown.subject.len(), 1024 * 1024);
    assert!(shown.item.subject_cut && shown.item.subject.len() <= 2048);

    let mut huge = request("b", 10);
    huge.content.subject = "x".repeat(MAX_ITEM_BYTES + 1);
    reduce(
        &mut inbox,
        InboxEvent::Requested {
            gateway: gateway(),
            generation: 1,
            request: huge,
        },
        2,
    );
    let shown = detail(
        inbox.item(&key("b")).unwrap(),
        Standing::default(),
        Beside::default(),
    );
    assert_eq!(shown.item.offered, [Decision::Deny]);
    assert_eq!(shown.unavailable[0].reason.as_deref(), Some(TOO_LARGE));
}

#[test]
fn an_item_whose_time_is_over_here_is_asked_about_and_not_ended_by_our_clock() {
    let mut inbox = connected();
    reduce(&mut inbox, requested("a", 10), 1);
    let effects = reduce(&mut inbox, InboxEvent::Tick, 70_000);
    let [Effect::ReadBack { token, .. }] = effects[..] else {
        panic!("{effects:?}")
    };
    let pending = InboxEvent::ReadBack {
        key: key("a"),
        token,
        answer: ReadBackAnswer::Pending,
    };
    reduce(&mut inbox, pending, 70_010);
    assert!(
        inbox.item(&key("a")).unwrap().is_waiting(),
        "the gateway's clock is the one that counts"
    );
    assert!(
        reduce(&mut inbox, InboxEvent::Tick, 70_020).is_empty(),
        "not asked at every tick"
    );
}

#[test]
fn a_question_is_answered_with_what_it_offers_and_only_whole() {
    let mut inbox = connected();
    let question = |id: &str, many, free| Question {
        id: id.into(),
        text: "?".into(),
        options: vec![("red".into(), None), ("blue".into(), None)],
        many,
        free,
    };
    let mut asked = request("q", 10);
    asked.kind = ItemKind::Question;
    asked.content.offered = vec![Decision::Approve, Decision::Reject];
    asked.content.questions = vec![question("a", false, false), question("b", true, true)];
    reduce(
        &mut inbox,
        InboxEvent::Requested {
            gateway: gateway(),
            generation: 1,
            request: asked,
        },
        1,
    );
    let key = item_key(&gateway(), ItemKind::Question, "q");
    let answer = |inbox: &mut Inbox, given: &[&str]| {
        let choice = Choice {
            key: key.clone(),
            decision: Decision::Approve,
            revision: inbox.item(&key).unwrap().revision,
            surface: Surface::Window,
            answer: given.iter().map(|a| (*a).to_owned()).collect(),
            terms: None,
        };
        reduce(inbox, InboxEvent::Decide(choice), 2)
    };
    assert_eq!(
        refusal(&answer(&mut inbox, &["a:red"])),
        Some(Refusal::AnswerIncomplete)
    );
    assert_eq!(
        refusal(&answer(&mut inbox, &["a:green", "b:red"])),
        Some(Refusal::NotOffered)
    );
    let effects = answer(&mut inbox, &["a:red", "b:blue", "b:my own: words"]);
    let Some(Effect::Resolve(resolve)) = effects.last() else {
        panic!("{effects:?}")
    };
    let own = vec!["blue".to_owned(), "my own: words".to_owned()];
    assert_eq!(
        resolve.answers,
        [
            ("a".to_owned(), vec!["red".to_owned()]),
            ("b".to_owned(), own)
        ]
    );
}

/// How much of a decision is shown to be the gateway's record.
fn shown_record(inbox: &Inbox) -> RecordState {
    let shown = line(inbox.item(&key("a")).unwrap(), Standing::default());
    let PhaseView::Decided { record, .. } = shown.phase else {
        panic!("{shown:?}")
    };
    record
}

fn read_back(effects: &[Effect], answer: ReadBackAnswer) -> InboxEvent {
    let token = effects.iter().find_map(|e| match e {
        Effect::ReadBack { token, .. } => Some(*token),
        _ => None,
    });
    InboxEvent::ReadBack {
        key: key("a"),
        token: token.expect("the record is asked for"),
        answer,
    }
}

fn resolve_token(effects: &[Effect]) -> u64 {
    let token = effects.iter().find_map(|e| match e {
        Effect::Resolve(resolve) => Some(resolve.token),
        _ => None,
    });
    token.expect("it is sent")
}

#[test]
fn a_decision_that_the_gateway_only_accepted_is_not_called_its_record() {
    let mut inbox = connected();
    reduce(&mut inbox, requested("a", 10), 1);
    let decide = choose(&inbox, Decision::AllowOnce, Surface::Window);
    let token = resolve_token(&reduce(&mut inbox, decide, 2));
    let accepted = InboxEvent::ResolveAnswered {
        key: key("a"),
        token,
        answer: ResolveAnswer::Accepted,
    };
    let effects = reduce(&mut inbox, accepted, 3);
    let unknown = read_back(&effects, ReadBackAnswer::Unknown);
    reduce(&mut inbox, unknown, 4);
    assert_eq!(shown_record(&inbox), RecordState::OnlyAccepted);
}

#[test]
fn a_decision_that_an_event_told_of_is_the_record_only_once_that_was_read() {
    for (answer, expected) in [
        (ReadBackAnswer::Unknown, RecordState::OnlyTold),
        (ReadBackAnswer::Ended(denied()), RecordState::Read),
    ] {
        let mut inbox = connected();
        reduce(&mut inbox, requested("a", 10), 1);
        let mut told = denied();
        told.source = Source::Event;
        let resolved = InboxEvent::Resolved {
            gateway: gateway(),
            generation: 1,
            kind: ItemKind::Exec,
            id: "a".into(),
            outcome: told,
        };
        let effects = reduce(&mut inbox, resolved, 2);
        assert_eq!(shown_record(&inbox), RecordState::Due);
        let answered = read_back(&effects, answer);
        reduce(&mut inbox, answered, 3);
        assert_eq!(shown_record(&inbox), expected);
    }
}

#[test]
fn times_are_shown_by_this_computers_clock_whatever_the_gateways_says() {
    const HOUR: EpochMs = 3_600_000;
    let now = 1_000 * HOUR;
    for ahead in [-2 * HOUR, 0, 2 * HOUR] {
        let mut inbox = connected();
        let clock = InboxEvent::Clock {
            gateway: gateway(),
            ahead,
        };
        reduce(&mut inbox, clock, now);
        let mut asked = request("a", now + ahead);
        asked.expires_at = Some(now + ahead + HOUR / 2);
        let requested = InboxEvent::Requested {
            gateway: gateway(),
            generation: 1,
            request: asked,
        };
        reduce(&mut inbox, requested, now);
        let standing = Standing {
            ahead: inbox.clock_ahead(&gateway()),
            ..Standing::default()
        };
        let shown = line(inbox.item(&key("a")).unwrap(), standing);
        assert_eq!(shown.created_at, millis(now), "{ahead}");
        assert_eq!(shown.expires_at, Some(millis(now + HOUR / 2)), "{ahead}");

        let early = reduce(&mut inbox, InboxEvent::Tick, now + HOUR / 4);
        assert_eq!(early, [], "it has not expired yet");
        let late = reduce(&mut inbox, InboxEvent::Tick, now + HOUR);
        assert!(matches!(late[..], [Effect::ReadBack { .. }]), "{late:?}");
    }
}

#[test]
fn another_reading_of_the_clock_neither_changes_a_request_nor_brings_an_ended_one_back() {
    let mut inbox = connected();
    reduce(&mut inbox, requested("a", 10), 1);
    reduce(&mut inbox, resolved("a"), 2);
    let revision = inbox.item(&key("a")).unwrap().revision;
    let clock = InboxEvent::Clock {
        gateway: gateway(),
        ahead: -5_000,
    };
    let effects = reduce(&mut inbox, clock, 3);
    assert_eq!(effects, [Effect::Changed(key("a"))], "it is shown anew");
    reduce(&mut inbox, requested("a", 10), 4);
    let item = inbox.item(&key("a")).unwrap();
    assert!(!item.is_open());
    assert_eq!(item.revision, revision);
}

#[test]
fn a_request_that_does_not_say_when_it_was_asked_is_shown_as_asked_when_it_was_heard() {
    let mut inbox = connected();
    reduce(&mut inbox, requested("a", 0), 7_000);
    let shown = line(inbox.item(&key("a")).unwrap(), Standing::default());
    assert_eq!(shown.created_at, 7_000.0);
    reduce(&mut inbox, resolved("a"), 8_000);
    reduce(&mut inbox, requested("a", 0), 9_000);
    assert!(
        !inbox.item(&key("a")).unwrap().is_open(),
        "it does not come back by being told again"
    );
}
