//! Held against the published implementation.

use proptest::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};

use super::*;

fn check<T: Serialize>(value: &T) {
    let wanted = serde_json_canonicalizer::to_string(value).unwrap();
    assert_eq!(text(value).unwrap(), wanted);
}

#[test]
fn names_come_in_the_order_of_utf_16_and_numbers_as_a_double_is_written() {
    check(&json!({"\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6}));
    check(&json!([
        0,
        -0.0,
        0.0,
        1.0,
        -1,
        1e21,
        1e20,
        1e-7,
        4.35,
        333_333_333.333_333_3_f64
    ]));
    for number in [1 << 53, (1 << 53) + 1, u64::MAX, 1 << 62] {
        check(&json!(number));
    }
    for number in [-(1_i64 << 53), -(1_i64 << 53) - 1, i64::MIN] {
        check(&json!(number));
    }
    let every = (0..0x100_u32).chain([0x2028, 0xffff, 0x1f600]);
    let every: String = every.filter_map(char::from_u32).collect();
    check(&json!({every.clone(): [every, null, true, false, {}, []]}));
}

#[derive(Serialize)]
enum Kind {
    Unit,
    Tagged { z: u8, a: Option<char> },
    Pair(i16, f32),
    One(Box<Kind>),
}

#[derive(Serialize)]
struct Pair(u64, ());

#[derive(Serialize)]
struct All {
    kinds: Vec<Kind>,
    by_number: std::collections::BTreeMap<u32, &'static str>,
    pair: Pair,
    bytes: (u8, [u8; 2]),
    a: Option<bool>,
}

#[test]
fn whatever_serde_can_say_is_written_as_its_tree_would_be() {
    let tagged = || Kind::Tagged { z: 1, a: Some('"') };
    check(&All {
        kinds: vec![
            Kind::Unit,
            tagged(),
            Kind::Pair(-3, 0.5),
            Kind::One(tagged().into()),
        ],
        by_number: [(10, "ten"), (9, "nine")].into(),
        pair: Pair(u64::MAX, ()),
        bytes: (1, [2, 3]),
        a: None,
    });
}

#[test]
fn what_json_cannot_say_is_refused() {
    assert!(text(&f64::NAN).is_err());
    let by_flag = std::collections::BTreeMap::from([(vec![1_u8], 2)]);
    assert!(text(&by_flag).is_err());
}

proptest! {
    #[test]
    fn any_value_is_written_as_the_published_implementation_writes_it(value in value()) {
        check(&value);
    }
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<i64>().prop_map(|number| json!(number)),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,12}".prop_map(|text| json!(text)),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        let members = prop::collection::vec((".{0,4}", inner.clone()), 0..5);
        prop_oneof![
            prop::collection::vec(inner, 0..5).prop_map(Value::Array),
            members.prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}
