//! What verifying reads of a record: its place in the chain, and what a database keeps copies of.
//!
//! A record is canonical JSON, with its names in one order and no spaces, so nearly every one is read by a scanner that
//! expects just that and builds nothing of what it passes over. It takes no text that serde does not, and leaves what
//! it does not expect to serde: what counts as a record is the same either way.

use std::borrow::Cow;

use serde::Deserialize;

use super::scanner::Scanner;

/// What a record says, as far as verifying asks.
#[derive(Debug, PartialEq, Deserialize)]
pub(super) struct Envelope<'a> {
    pub(super) v: u32,
    pub(super) seq: u64,
    #[serde(borrow)]
    pub(super) prev: Cow<'a, str>,
    pub(super) ts: i64,
    #[serde(borrow)]
    pub(super) kind: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(super) agent: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) session: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) run: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) verdict: Option<Text<'a>>,
    #[serde(default)]
    pub(super) intent: Option<u64>,
    #[serde(borrow, default)]
    pub(super) what: Option<Text<'a>>,
    #[serde(borrow, default)]
    pub(super) resource: Option<Text<'a>>,
}

/// A text that is borrowed from the record unless something in it is escaped. As a type of its own, because serde
/// copies what is in an `Option<Cow<str>>`.
#[derive(Debug, PartialEq, Deserialize)]
#[serde(transparent)]
pub(super) struct Text<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

impl<'a> Envelope<'a> {
    /// None where the bytes are no record.
    pub(super) fn read(bytes: &'a str) -> Option<Self> {
        canonical(bytes).or_else(|| serde_json::from_str(bytes).ok())
    }
}

/// What the members read so far say.
#[derive(Default)]
struct Members<'a> {
    v: Option<u64>,
    seq: Option<u64>,
    ts: Option<u64>,
    intent: Option<u64>,
    prev: Option<Cow<'a, str>>,
    kind: Option<Cow<'a, str>>,
    agent: Option<Cow<'a, str>>,
    session: Option<Cow<'a, str>>,
    run: Option<Cow<'a, str>>,
    verdict: Option<Cow<'a, str>>,
    what: Option<Cow<'a, str>>,
    resource: Option<Cow<'a, str>>,
}

/// None where the record is not written as canonical JSON writes it, or not for certain.
fn canonical(text: &str) -> Option<Envelope<'_>> {
    let mut scanner = Scanner::new(text);
    let mut members = Members::default();
    let mut before = "";
    scanner.expect(b'{')?;
    loop {
        let name = scanner.name()?;
        // Names that only go up come once.
        if name <= before {
            return None;
        }
        before = name;
        members.take(name, &mut scanner)?;
        match scanner.next()? {
            b',' => {}
            b'}' => break,
            _ => return None,
        }
    }
    scanner.is_at_end().then(|| members.envelope())?
}

impl<'a> Members<'a> {
    fn take(&mut self, name: &str, scanner: &mut Scanner<'a>) -> Option<()> {
        let text = match name {
            "v" => return scanner.number().map(|number| self.v = Some(number)),
            "seq" => return scanner.number().map(|number| self.seq = Some(number)),
            "ts" => return scanner.number().map(|number| self.ts = Some(number)),
            "intent" => return scanner.number().map(|number| self.intent = Some(number)),
            "prev" => &mut self.prev,
            "kind" => &mut self.kind,
            "agent" => &mut self.agent,
            "session" => &mut self.session,
            "run" => &mut self.run,
            "verdict" => &mut self.verdict,
            "what" => &mut self.what,
            "resource" => &mut self.resource,
            _ => return scanner.skip(),
        };
        *text = Some(scanner.text()?);
        Some(())
    }

    fn envelope(self) -> Option<Envelope<'a>> {
        Some(Envelope {
            v: u32::try_from(self.v?).ok()?,
            seq: self.seq?,
            prev: self.prev?,
            ts: i64::try_from(self.ts?).ok()?,
            kind: self.kind?,
            agent: self.agent.map(Text),
            session: self.session.map(Text),
            run: self.run.map(Text),
            verdict: self.verdict.map(Text),
            intent: self.intent,
            what: self.what.map(Text),
            resource: self.resource.map(Text),
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::{Actor, Draft, Hash};

    fn record(what: &str, request: serde_json::Value) -> String {
        let some = |text: &str| Some(text.to_owned());
        let draft = Draft {
            ts: 1_795_262_400_000,
            kind: "tool.intent".to_owned(),
            actor: Actor::agent("main"),
            agent: some("main"),
            session: some("agent:main:main"),
            run: some("r1"),
            what: some(what),
            resource: some("/tmp/a b"),
            verdict: some("allow"),
            rules: vec!["a".to_owned()],
            request: Some(request),
            intent: Some(3),
            ..Draft::default()
        };
        draft.prepare().seal(42, Hash::ZERO).bytes
    }

    fn by_serde(text: &str) -> Option<Envelope<'_>> {
        serde_json::from_str(text).ok()
    }

    /// Nothing that the scanner takes may be taken otherwise by serde.
    fn check(text: &str) {
        if let Some(read) = canonical(text) {
            assert_eq!(Some(read), by_serde(text), "{text}");
        }
    }

    #[test]
    fn a_record_is_read_by_the_scanner_as_serde_reads_it() {
        for (what, request) in [
            ("plain", json!({})),
            ("", json!([])),
            (
                "say \"hi\" \\ \u{1}\t",
                json!({"a": [1, -2.5, 1e21, 0, true, false, null, "\n"]}),
            ),
            (
                "ü€\u{1f600} and a long one that is more than eight bytes",
                json!({"\"": {"": [[]]}}),
            ),
        ] {
            let text = record(what, request);
            let read = canonical(&text);
            assert!(read.is_some(), "{text}");
            assert_eq!(read, by_serde(&text), "{text}");
        }
    }

    #[test]
    fn what_is_not_canonical_is_left_to_serde() {
        let text = record("plain", json!({"n": 1}));
        for (from, to) in [
            ("{\"actor\"", "{ \"actor\""),
            ("\"seq\":42", "\"seq\":042"),
            ("\"seq\":42", "\"seq\":4.2"),
            ("\"seq\":42", "\"seq\":-42"),
            ("\"seq\":42", "\"seq\":99999999999999999999"),
            ("\"seq\":42", "\"seq\":42,\"seq\":43"),
            ("\"v\":1", "\"v\":4294967296"),
            ("\"run\":\"r1\"", "\"run\":null"),
            ("\"kind\"", "\"\\u006bind\""),
            ("\"kind\":\"tool.intent\",", ""),
            ("{\"n\":1}", "{\"n\":01}"),
            ("{\"n\":1}", "{\"n\":\"\u{1}\"}"),
            ("{\"n\":1}", "{\"n\":\"\\x\"}"),
            ("{\"n\":1}", "{\"n\":1,}"),
            ("{\"n\":1}", "{n:1}"),
            ("{\"n\":1}", "tru"),
        ] {
            let other = text.replacen(from, to, 1);
            assert_ne!(other, text);
            assert_eq!(canonical(&other), None, "{other}");
            assert_eq!(Envelope::read(&other), by_serde(&other), "{other}");
        }
        let cut = (0..text.len()).filter_map(|end| text.get(..end));
        cut.for_each(|cut| assert_eq!(canonical(cut), None, "{cut}"));
        assert_eq!(canonical(&format!("{text} ")), None);
        let deep = format!("{}{}", "[".repeat(99), "]".repeat(99));
        assert_eq!(canonical(&text.replace("{\"n\":1}", &deep)), None);
    }

    proptest! {
        #[test]
        fn a_record_that_somebody_changed_is_read_as_serde_reads_it(
            what in ".{0,20}",
            changes in prop::collection::vec(
                (any::<prop::sample::Index>(), "[\"\\\\{}\\[\\],:0-9a-u\u{1}. -]{0,3}", 0..3_usize),
                1..4,
            ),
        ) {
            let mut text = record(&what, json!({"a": ["b", {"c": -1.5e3}], "d": null}));
            check(&text);
            for (place, put, removed) in changes {
                let start = text.floor_char_boundary(place.index(text.len().max(1)));
                let end = text.ceil_char_boundary((start + removed).min(text.len()));
                text.replace_range(start..end, &put);
                check(&text);
            }
        }
    }
}
