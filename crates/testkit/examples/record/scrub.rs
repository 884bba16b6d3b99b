//! Takes out of a frame what belongs to this machine, this run or a secret, always in the same way, so that
//! two recordings differ only where the gateway did.

use std::collections::HashMap;

use gatehouse_testkit::{gateway::RealGateway, peers::peers_folder};
use regex::{Captures, Regex};
use serde_json::Value;

/// What the first moment of a recording becomes: 2027-01-15 08:00 UTC.
const EPOCH_MS: u64 = 1_800_000_000_000;
/// Whole numbers in this range are times in milliseconds.
const TIMES_MS: std::ops::Range<u64> = 1_600_000_000_000..2_500_000_000_000;

pub(crate) struct Scrubber {
    fixed: Vec<(String, &'static str)>,
    uuid: Regex,
    key: Regex,
    stamp: Regex,
    uuids: HashMap<String, usize>,
    keys: HashMap<String, usize>,
    begun: Option<u64>,
}

impl Scrubber {
    pub(crate) fn new(gateway: &RealGateway) -> Self {
        let folder = gateway
            .state_dir()
            .parent()
            .map(|path| path.display().to_string());
        let peers = peers_folder()
            .canonicalize()
            .unwrap_or_else(|_| peers_folder());
        let mut fixed = vec![
            (gateway.secret().to_owned(), "SHARED-TOKEN"),
            (folder.unwrap_or_default(), "/home/user"),
            (peers.display().to_string(), "/opt/peers"),
            (gateway.port().to_string(), "18789"),
        ];
        if let Ok(name) = std::fs::read_to_string("/etc/hostname") {
            fixed.push((name.trim().to_owned(), "gateway-host"));
        }
        fixed.retain(|(found, _)| found.len() > 3);
        let regex = |text: &str| Regex::new(text).expect("the pattern is fixed and right");
        Self {
            fixed,
            uuid: regex(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"),
            // Keys, signatures, nonces, fingerprints, cursors: long runs without a word in them.
            key: regex(r"\b(?:[0-9a-f]{32,}|(?:eyJ)?[A-Za-z0-9_-]{43,})\b"),
            stamp: regex(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?Z?"),
            uuids: HashMap::new(),
            keys: HashMap::new(),
            begun: None,
        }
    }

    pub(crate) fn scrub(&mut self, value: &Value) -> Value {
        match value {
            Value::Object(fields) => fields
                .iter()
                .map(|(name, field)| (self.text(name), self.field(name, field)))
                .collect(),
            Value::Array(items) => items.iter().map(|item| self.scrub(item)).collect(),
            Value::String(text) => self.text(text).into(),
            Value::Number(number) => match number.as_u64() {
                Some(time) if TIMES_MS.contains(&time) => self.time(time).into(),
                _ => value.clone(),
            },
            other => other.clone(),
        }
    }

    /// Some fields say by their name that they belong to this machine.
    fn field(&mut self, name: &str, value: &Value) -> Value {
        match (name, value) {
            ("ip" | "remoteIp" | "host", Value::String(text)) if looks_like_address(text) => {
                "192.0.2.1".into()
            }
            ("host" | "hostname", Value::String(text)) if !is_exec_host(text) => {
                "gateway-host".into()
            }
            ("text", Value::String(text)) if text.starts_with("Gateway:") => "Gateway".into(),
            ("pid" | "uptimeMs" | "durationMs", Value::Number(_)) => 1.into(),
            ("modelIdentifier" | "platform", Value::String(text)) if text.contains(' ') => {
                "linux".into()
            }
            (_, value) => self.scrub(value),
        }
    }

    fn text(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for (found, instead) in &self.fixed {
            text = text.replace(found, instead);
        }
        let uuids = &mut self.uuids;
        let text = self.uuid.replace_all(&text, |found: &Captures<'_>| {
            let number = numbered(uuids, &found[0]);
            format!("00000000-0000-4000-8000-{number:012}")
        });
        let keys = &mut self.keys;
        let text = self.key.replace_all(&text, |found: &Captures<'_>| {
            let number = numbered(keys, &found[0]);
            format!("{number:0>width$}", width = found[0].len())
        });
        self.stamp
            .replace_all(&text, "2027-01-15T08:00:00.000Z")
            .into_owned()
    }

    fn time(&mut self, time: u64) -> u64 {
        let begun = *self.begun.get_or_insert(time);
        EPOCH_MS.saturating_add(time).saturating_sub(begun)
    }
}

fn numbered(known: &mut HashMap<String, usize>, text: &str) -> usize {
    let next = known.len() + 1;
    *known.entry(text.to_owned()).or_insert(next)
}

fn looks_like_address(text: &str) -> bool {
    text.parse::<std::net::IpAddr>().is_ok()
}

/// `host` of a command says where it runs, not on which machine.
fn is_exec_host(text: &str) -> bool {
    ["gateway", "node", "sandbox", "auto", "agent"].contains(&text)
}
