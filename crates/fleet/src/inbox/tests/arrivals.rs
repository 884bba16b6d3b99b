//! A request arrives once: then rules have their say. Whatever happens to it later is the person's.

use super::*;

fn up(generation: Generation) -> InboxEvent {
    InboxEvent::Up {
        gateway: gateway(),
        generation,
        kinds: vec![ItemKind::Exec],
    }
}

fn down(generation: Generation) -> InboxEvent {
    InboxEvent::Down {
        gateway: gateway(),
        generation,
    }
}

/// The list that these effects ask for comes back with this.
fn listed(effects: &[Effect], generation: Generation, requests: Vec<Request>) -> InboxEvent {
    let token = effects.iter().find_map(|effect| match effect {
        Effect::List { token, .. } => Some(*token),
        _ => None,
    });
    InboxEvent::Listed {
        gateway: gateway(),
        generation,
        kind: ItemKind::Exec,
        token: token.expect("the list is asked for"),
        requests: Ok(requests),
    }
}

fn arrives(effects: &[Effect]) -> bool {
    effects.contains(&Effect::Arrived(key("a")))
}

fn is_the_persons(effects: &[Effect]) -> bool {
    effects.contains(&Effect::Notify(key("a"))) && !arrives(effects)
}

/// The connection goes and comes back, and the gateway still lists it.
fn flap(inbox: &mut Inbox, generation: Generation, now: EpochMs) -> Vec<Effect> {
    let mut effects = reduce(inbox, down(generation - 1), now);
    let asked = reduce(inbox, up(generation), now);
    let list = listed(&asked, generation, vec![request("a", 10)]);
    effects.extend(reduce(inbox, list, now));
    effects
}

#[test]
fn a_request_arrives_with_its_event_or_with_the_first_list_that_has_it() {
    let mut inbox = connected();
    assert!(arrives(&reduce(&mut inbox, requested("a", 10), 1)));
    let mut inbox = Inbox::default();
    let asked = reduce(&mut inbox, up(1), 0);
    let list = listed(&asked, 1, vec![request("a", 10)]);
    assert!(arrives(&reduce(&mut inbox, list, 1)));
}

#[test]
fn it_does_not_arrive_again_when_the_connection_comes_back() {
    let mut inbox = connected();
    reduce(&mut inbox, requested("a", 10), 1);
    for generation in 2..5 {
        let effects = flap(&mut inbox, generation, 2);
        assert!(is_the_persons(&effects), "{generation}: {effects:?}");
    }
}

#[test]
fn it_does_not_arrive_again_after_a_decision_that_nobody_heard_of() {
    for surface in [Surface::Window, Surface::Rule] {
        let mut inbox = connected();
        reduce(&mut inbox, requested("a", 10), 1);
        let deny = choose(&inbox, Decision::Deny, surface);
        reduce(&mut inbox, deny, 2);
        // The second time nothing is said to be unconfirmed any more.
        for generation in 2..4 {
            let effects = flap(&mut inbox, generation, 3);
            assert!(is_the_persons(&effects), "{surface:?}: {effects:?}");
        }
    }
}

#[test]
fn it_does_not_arrive_again_when_its_decision_failed_or_what_it_asks_changed() {
    let mut inbox = connected();
    reduce(&mut inbox, requested("a", 10), 1);
    let deny = choose(&inbox, Decision::Deny, Surface::Rule);
    let token = resolve_token(&reduce(&mut inbox, deny, 2));
    let failed = InboxEvent::ResolveAnswered {
        key: key("a"),
        token,
        answer: ResolveAnswer::Failed(Trouble::new("timedOut")),
    };
    let effects = reduce(&mut inbox, failed, 3);
    let pending = read_back(&effects, ReadBackAnswer::Pending);
    assert!(is_the_persons(&reduce(&mut inbox, pending, 4)));
    let mut other = request("a", 10);
    other.content.subject = "ls".into();
    let changed = InboxEvent::Requested {
        gateway: gateway(),
        generation: 1,
        request: other,
    };
    assert!(is_the_persons(&reduce(&mut inbox, changed, 5)));
}

#[test]
fn it_does_not_arrive_again_after_the_app_was_started_again() {
    for answered in [false, true] {
        let mut before = connected();
        reduce(&mut before, requested("a", 10), 1);
        let deny = choose(&before, Decision::Deny, Surface::Rule);
        if answered {
            reduce(&mut before, deny, 2);
        }
        let kept = |item: &Item| {
            let json = serde_json::to_string(item).unwrap();
            serde_json::from_str(&json).unwrap()
        };
        let items = before.items().map(kept).collect();
        let mut inbox = Inbox::default();
        reduce(&mut inbox, InboxEvent::Restored { items }, 3);
        let effects = flap(&mut inbox, 1, 4);
        assert!(is_the_persons(&effects), "{answered}: {effects:?}");
    }
}

#[test]
fn one_that_was_given_up_too_early_comes_back_to_the_person_and_a_new_one_arrives() {
    for (created_at, is_new) in [(10, false), (30, true)] {
        let mut inbox = connected();
        reduce(&mut inbox, requested("a", 10), 1);
        reduce(&mut inbox, down(1), 2);
        let asked = reduce(&mut inbox, up(2), 3);
        let missing = reduce(&mut inbox, listed(&asked, 2, Vec::new()), 4);
        let unknown = read_back(&missing, ReadBackAnswer::Unknown);
        reduce(&mut inbox, unknown, 5);
        let doubt = InboxEvent::Doubt {
            gateway: gateway(),
            generation: 2,
        };
        let asked = reduce(&mut inbox, doubt, 6);
        let list = listed(&asked, 2, vec![request("a", created_at)]);
        let effects = reduce(&mut inbox, list, 7);
        assert_eq!(arrives(&effects), is_new, "{effects:?}");
        assert_eq!(is_the_persons(&effects), !is_new, "{effects:?}");
    }
}
