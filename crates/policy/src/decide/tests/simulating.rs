//! Past actions, decided again.

use serde_json::json;

use crate::decide::{PastAction, Policy, simulate};
use crate::verdict::Verdict::{Allow, Ask, Deny};

fn fetched(seq: u64, at: i64, host: &str) -> PastAction {
    serde_json::from_value(json!({
        "seq": seq, "at": at, "agentId": "main", "sessionKey": "agent:main:main", "tool": "web_fetch",
        "workspace": "/w", "home": "/h", "verdict": "allow",
        "act": {"kind": "fetch", "url": format!("https://{host}/"), "host": host, "class": "public"},
    }))
    .unwrap()
}

fn policy(rules: &str) -> Policy {
    Policy::load(&format!("{{rules: [{rules}]}}"), None).unwrap()
}

#[test]
fn only_what_another_policy_decides_otherwise_is_told() {
    let past = [
        fetched(1, 0, "a.test"),
        fetched(2, 1, "b.test"),
        fetched(3, 2, "b.test"),
    ];
    let candidate = policy("{id: 'b', verdict: 'deny', reason: 'not b', match: {hosts: 'b.test'}}");
    let found = simulate(&past, &candidate, Some(&Policy::default()));
    assert_eq!(found.examined, 3);
    let told: Vec<_> = found
        .flips
        .iter()
        .map(|flip| (flip.seq, flip.was, flip.would))
        .collect();
    assert_eq!(told, [(2, Allow, Deny), (3, Allow, Deny)]);
    assert_eq!(found.flips[0].why, "deny: rule b: not b");
    assert_eq!(found.flips[0].what, "web_fetch: https://b.test/");
    assert_eq!(found.counts.get("allow->deny"), Some(&2));
}

#[test]
fn limits_are_counted_as_they_would_have_been() {
    let past: Vec<_> = (0..5)
        .map(|n| fetched(n, i64::try_from(n).unwrap() * 20_000, "a.test"))
        .collect();
    let candidate =
        policy("{id: 'r', verdict: 'ask', match: {hosts: '*', rate: {limit: 2, per: 'minute'}}}");
    let found = simulate(&past, &candidate, Some(&Policy::default()));
    let told: Vec<_> = found.flips.iter().map(|flip| flip.seq).collect();
    // The third is the first with two within the minute before it, and so is each after it.
    assert_eq!(told, [2, 3, 4]);
    assert!(found.flips.iter().all(|flip| flip.would == Ask));
}

#[test]
fn without_a_current_policy_it_is_what_was_decided_then() {
    let past = [PastAction {
        verdict: Deny,
        ..fetched(7, 0, "a.test")
    }];
    let found = simulate(&past, &Policy::default(), None);
    assert_eq!((found.flips[0].was, found.flips[0].would), (Deny, Allow));
}

#[test]
fn the_same_policy_flips_nothing() {
    let past = [fetched(1, 0, "a.test")];
    assert!(
        simulate(&past, &Policy::default(), Some(&Policy::default()))
            .flips
            .is_empty()
    );
}

#[test]
fn the_channel_the_rights_and_the_hour_of_the_record_count() {
    let past = |more: serde_json::Value| {
        let mut past = serde_json::to_value(fetched(1, 0, "a.test")).unwrap();
        let all = past.as_object_mut().unwrap();
        all.extend(more.as_object().unwrap().clone());
        serde_json::from_value::<PastAction>(past).unwrap()
    };
    let flips = |past: PastAction, rule: &str| {
        let simulation = simulate(&[past], &policy(rule), Some(&Policy::default()));
        simulation.flips.len()
    };
    let chat = "{id: 'c', verdict: 'deny', match: {channels: 'telegram'}}";
    assert_eq!(flips(past(json!({"channel": "telegram"})), chat), 1);
    assert_eq!(flips(past(json!({"channel": "webchat"})), chat), 0);
    let teller = json!([{"session": "agent:main:telegram:1", "channel": "telegram"}]);
    let told = past(json!({"channel": "webchat", "toldBy": teller}));
    assert_eq!(flips(told, chat), 1);
    // 1970 began on a Thursday at midnight in UTC; two hours ahead it was two o'clock.
    let early = "{id: 'e', verdict: 'deny', match: {time: {from: '00:00', to: '01:00'}}}";
    assert_eq!(flips(past(json!({})), early), 1);
    assert_eq!(flips(past(json!({"offsetMinutes": 120})), early), 0);
    let observer = past(json!({"rights": {"role": "observer", "scopes": ["read"]}}));
    let denied = simulate(&[observer], &Policy::default(), None);
    assert_eq!(denied.flips[0].would, Deny);
}
