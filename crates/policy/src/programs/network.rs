//! Connections: where they go, what they send, what they bring.

mod addressed;

use super::reader::{Reader, shown_word};
use crate::effect::{Effect, EffectKind, Target, Zone};
use crate::place::{Access, HostClass, destination, host_class};
use crate::verdict::Verdict;
use crate::word::{Piece, Word};

/// What is done over a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    Get,
    /// Something is sent, changed, or a connection is held.
    Send,
}

/// A URL, a `host:port` or a host that is connected to.
pub(crate) fn url(reader: &mut Reader<'_>, word: &Word, how: Use) {
    let text = shown_word(word);
    let lower = text.to_ascii_lowercase();
    if let Some(path) = lower.strip_prefix("file:") {
        let path = &text[text.len() - path.len()..];
        return addressed::files(path, reader);
    }
    let to = destination(&text, reader.world);
    let zone = if to.class == HostClass::Loopback {
        Zone::System
    } else {
        Zone::Elsewhere
    };
    // Without a scheme it is a host, whatever stands around it.
    let named = !text.contains("://") && !to.host.is_empty() && !to.host.contains('…');
    let target = if named {
        Target::Host(to.host)
    } else {
        Target::Url(text.clone())
    };
    reader.effect(
        EffectKind::Network,
        target,
        zone,
        format!("connects to {text}"),
    );
    let strange = addressed::is_strange(&text) && to.class != HostClass::Metadata;
    let class = if strange {
        HostClass::Unknown
    } else if text.contains('…') && host_is_unknown(word) {
        match host_class(known_host(&text)) {
            HostClass::Metadata => HostClass::Metadata,
            _ => HostClass::Unknown,
        }
    } else {
        to.class
    };
    if to.own {
        return reader.find(
            Verdict::Deny,
            "own-gateway",
            format!("{text} is the gateway that this agent is governed by."),
        );
    }
    if !matches!(to.scheme.as_str(), "" | "http" | "https" | "ws" | "wss")
        && class == HostClass::Loopback
    {
        reader.find(
            Verdict::Ask,
            "network-scheme",
            format!("{text} speaks to a local service in a way that is not a web page's."),
        );
    }
    judge(reader, class, &text, how);
}

/// What of a host stands before the part that nobody knows: `http://169.254.170.2$PATH`.
fn known_host(text: &str) -> &str {
    let known = text.split('…').next().unwrap_or_default();
    known.rsplit(['/', '@']).next().unwrap_or_default()
}

fn host_is_unknown(word: &Word) -> bool {
    let Word::Partial(pieces) = word else {
        return true;
    };
    let Some(Piece::Text(text)) = pieces.first() else {
        return true;
    };
    let rest = text
        .split_once("://")
        .map_or(text.as_str(), |(_, rest)| rest);
    !rest.contains('/')
}

/// An address of the cloud's metadata service among hosts and ports: `example.org:80:169.254.169.254`.
pub(crate) fn metadata(reader: &mut Reader<'_>, text: &str) {
    let bracketed = text
        .split('[')
        .skip(1)
        .filter_map(|rest| rest.split(']').next());
    let mut hosts = text.split([':', ',', '/', '@']).chain(bracketed);
    if hosts.any(|host| host_class(host) == HostClass::Metadata) {
        let text = format!(
            "{text} leads to the cloud's metadata service, which hands out this machine's credentials."
        );
        reader.find(Verdict::Deny, "metadata-address", text);
    }
}

/// A host that is connected to.
pub(crate) fn host(reader: &mut Reader<'_>, word: &Word) {
    url(reader, word, Use::Send);
}

/// A host that is reached, where that is asked about already.
pub(crate) fn reaches(reader: &mut Reader<'_>, text: &str) {
    let to = destination(text, reader.world);
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    if to.host.is_empty() || !to.host.chars().all(plain) {
        return;
    }
    let zone = match to.class {
        HostClass::Loopback => Zone::System,
        _ => Zone::Elsewhere,
    };
    reader.effect(
        EffectKind::Network,
        Target::Host(to.host),
        zone,
        format!("connects to {text}"),
    );
}

/// `user@host:path`, `host:path`, as `scp` and git write it: the host.
pub(crate) fn of_scp(text: &str) -> Option<&str> {
    let (before, _) = text.split_once(':')?;
    let host = before.rsplit('@').next()?;
    (!text.contains("://") && host.len() > 1 && !before.contains('/')).then_some(host)
}

/// Addresses that are arguments of a program that reaches other machines and has not said which.
pub(crate) fn addresses(reader: &mut Reader<'_>) {
    let told = |effect: &Effect| matches!(effect.target, Target::Url(_) | Target::Host(_));
    let reaches = |effect: &Effect| {
        matches!(
            effect.kind,
            EffectKind::Network | EffectKind::Remote | EffectKind::System
        )
    };
    let out = &reader.out;
    let other = out.findings.iter().any(|f| f.code == "other-machine");
    if out.effects.iter().any(told) || !(other || out.effects.iter().any(reaches)) {
        return;
    }
    let words = reader.invocation.argv.iter().skip(1).map(shown_word);
    let urls: Vec<String> = words.filter_map(|word| address(&word)).collect();
    for url in urls {
        reader.effect(
            EffectKind::Network,
            Target::Url(url.clone()),
            Zone::Elsewhere,
            format!("connects to {url}"),
        );
    }
}

/// `https://…`, `--index-url=https://…`, `git+https://…`.
fn address(word: &str) -> Option<String> {
    let word = match word.split_once('=') {
        Some((option, value)) if option.starts_with('-') => value,
        _ => word,
    };
    let (scheme, rest) = word.split_once("://")?;
    let scheme = scheme.rsplit('+').next()?;
    let plain = !scheme.is_empty() && scheme.bytes().all(|b| b.is_ascii_alphanumeric());
    (plain && scheme != "file").then(|| format!("{scheme}://{rest}"))
}

fn judge(reader: &mut Reader<'_>, class: HostClass, text: &str, how: Use) {
    match (class, how) {
        (HostClass::Loopback, Use::Get) => {}
        (HostClass::Loopback, Use::Send) => {
            reader.find(Verdict::Ask, "network-local", format!("It sends to {text} on this machine."));
        }
        (HostClass::Metadata, _) => reader.find(
            Verdict::Deny,
            "metadata-address",
            format!("{text} is the cloud's metadata service, which hands out this machine's credentials."),
        ),
        (HostClass::Private, _) => {
            reader.find(Verdict::Ask, "network-private", format!("It connects to {text} in a private network."));
        }
        (HostClass::LinkLocal, _) => {
            reader.find(Verdict::Ask, "network-link-local", format!("It connects to {text}, an address of the link."));
        }
        (HostClass::Public, _) => {
            reader.find(Verdict::Ask, "network", format!("It connects to {text}."));
        }
        (HostClass::Unknown, _) => {
            reader.find(Verdict::Ask, "network-unknown", "Where it connects to is only known when it runs.");
        }
    }
}

/// A file whose content is sent.
pub(crate) fn upload(reader: &mut Reader<'_>, word: &Word) {
    reader.out.io.sends_input = true;
    if reader.touch(word, Access::Read) {
        let text = format!(
            "{} authenticates someone, and it is sent over the network.",
            shown_word(word)
        );
        reader.find(Verdict::Deny, "upload-secret", text);
    }
}
