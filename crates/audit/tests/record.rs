//! A record's bytes are RFC 8785's, whatever is in it.

#![allow(clippy::unwrap_used)]

use gatehouse_audit::{Actor, Draft, Hash, Record, Sealed, leaf_hash};
use serde_json::{Value, json};

fn full() -> Draft {
    let some = |text: &str| Some(text.to_owned());
    Draft {
        ts: 1_795_262_400_000,
        kind: "tool.intent".to_owned(),
        actor: Actor::agent("main"),
        agent: some("main"),
        session: some("agent:main:main"),
        run: some("r1"),
        action: some("exec"),
        what: some("echo \"ü\u{20ac}\u{1f600}\u{1}\""),
        resource: some("/tmp"),
        verdict: some("allow"),
        rules: vec!["b".to_owned(), "a".to_owned()],
        policy_version: some("7"),
        request_digest: some("d"),
        request: Some(json!({"z": 1, "a": [1.5, 1e21, -0.0], "\u{20ac}": 2, "\u{1f600}": 3})),
        outcome: some("ok"),
        detail: Some(json!({"exit": 0})),
        intent: Some(3),
        approval_id: some("p"),
        trace: some("t"),
    }
}

fn check(draft: Draft) -> Sealed {
    let prev = leaf_hash(b"before");
    let sealed = draft.clone().prepare().seal(42, prev);
    let value: Value = serde_json::from_str(&sealed.bytes).unwrap();
    let canonical = serde_json_canonicalizer::to_string(&value).unwrap();
    assert_eq!(sealed.bytes, canonical, "written in parts is written whole");
    assert_eq!(sealed.leaf, leaf_hash(sealed.bytes.as_bytes()));
    let record = Record::read(&sealed.bytes).unwrap();
    assert_eq!((record.v, record.seq), (1, 42));
    assert_eq!(Hash::from_hex(&record.prev), Some(prev));
    assert_eq!(record.draft.what, draft.what);
    sealed
}

#[test]
fn a_record_is_canonical_json_with_everything_in_it_and_with_nothing() {
    check(full());
    let least = check(Draft::default());
    assert_eq!(
        least.bytes,
        format!(
            r#"{{"actor":{{"id":"","type":""}},"kind":"","prev":"{}","seq":42,"ts":0,"v":1}}"#,
            leaf_hash(b"before")
        )
    );
}

#[test]
fn a_hash_is_read_from_the_digits_that_it_writes_and_from_no_others() {
    let hash = leaf_hash(b"");
    assert_eq!(
        hash.to_hex(),
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    );
    assert_eq!(Hash::from_hex(&hash.to_hex()), Some(hash));
    assert_eq!(Hash::from_hex(&hash.to_hex().to_uppercase()), None);
    assert_eq!(Hash::from_hex(&hash.to_hex()[1..]), None);
    let digits = hash.to_hex();
    for place in 0..64 {
        for other in ["/", ":", "`", "g", " ", "\0", "\u{7f}"] {
            let mut text = digits.clone();
            text.replace_range(place..=place, other);
            assert_eq!(Hash::from_hex(&text), None, "{other:?} at {place}");
        }
    }
}
