//! Canonical JSON (RFC 8785), written straight from the value: a record is one for each thing that an agent does, and
//! sorting what is sorted already, member by member, took most of the time of writing it.

use serde::Serialize;
use serde_json::{Map, Number, Value};

/// Integers up to this are written alike by everybody (RFC 8785, section 3.2.2.3); a larger one is rounded as a double.
const LARGEST: u64 = 1 << 53;

/// Writes a value to the end of a text.
pub(crate) fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Object(members) => write_object(members, out),
        Value::Array(items) => {
            out.push(b'[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push(b',');
                }
                write(item, out);
            }
            out.push(b']');
        }
        Value::Number(number) => write_number(number, out),
        Value::String(text) => write_text(text, out),
        Value::Null | Value::Bool(_) => write_plain(value, out),
    }
}

/// What serde writes of a text is what RFC 8785 asks for (section 3.2.2.2): the short escapes, and no others than have
/// to be.
pub(crate) fn write_text(text: &str, out: &mut Vec<u8>) {
    write_plain(text, out);
}

fn write_object(members: &Map<String, Value>, out: &mut Vec<u8>) {
    let mut members: Vec<_> = members.iter().collect();
    // The order is that of UTF-16, which of ASCII is that of the bytes.
    if members.iter().all(|(name, _)| name.is_ascii()) {
        members.sort_unstable_by_key(|(name, _)| *name);
    } else {
        members.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
    }
    out.push(b'{');
    for (n, (name, value)) in members.into_iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        write_text(name, out);
        out.push(b':');
        write(value, out);
    }
    out.push(b'}');
}

fn write_number(number: &Number, out: &mut Vec<u8>) {
    let size = number
        .as_u64()
        .or_else(|| number.as_i64().map(i64::unsigned_abs));
    if size.is_some_and(|size| size <= LARGEST) {
        return write_plain(number, out);
    }
    let written = serde_json_canonicalizer::to_vec(number);
    out.extend(written.expect("a JSON value has finite numbers"));
}

fn write_plain<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) {
    serde_json::to_writer(out, value).expect("memory takes whatever is written");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn check(value: &Value) {
        let mut written = Vec::new();
        write(value, &mut written);
        let wanted = serde_json_canonicalizer::to_string(value).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), wanted);
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
}
