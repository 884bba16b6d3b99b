//! Recognises what a person pastes to add a gateway: an address, a dashboard link, a setup code, an add link,
//! a bare token.
//!
//! The secret found in it is kept apart from the rest, for the drafts: the page is told what it is, not what it
//! says. Nothing is connected to here.

use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use gatehouse_client::{AddressError, GatewayUrl};
use gatehouse_vault::Secret;
use serde_json::Value;
use url::Url;

use crate::discover::first_name;
use crate::error::address_code;
use crate::view::{CredentialKind, PastedForm};

/// The port that a gateway listens on unless told otherwise.
pub(crate) const DEFAULT_PORT: u16 = 18789;

/// The longest text that is looked at. A setup code with several addresses is under 2 KiB.
const LONGEST: usize = 16 * 1024;

/// Shorter words are not taken for a token: more likely a slip of the hand.
const SHORTEST_TOKEN: usize = 8;

/// What was made of a pasted text. Holds the secret, so it has no `Debug` and never serialises.
pub struct Pasted {
    pub form: PastedForm,
    pub url: Option<String>,
    pub name: Option<String>,
    pub kind: CredentialKind,
    pub secret: Option<Secret>,
    /// Why it cannot be used, as a problem code.
    pub problem: Option<&'static str>,
}

impl Pasted {
    fn new(form: PastedForm) -> Self {
        Self {
            form,
            url: None,
            name: None,
            kind: CredentialKind::None,
            secret: None,
            problem: None,
        }
    }

    fn unusable(form: PastedForm, problem: &'static str) -> Self {
        Self {
            problem: Some(problem),
            ..Self::new(form)
        }
    }

    fn with_secret(mut self, found: Option<(CredentialKind, String)>) -> Self {
        if let Some((kind, value)) = found {
            self.kind = kind;
            self.secret = Some(Secret::new(value));
        }
        self
    }

    /// With an address, which also gives its first name. Says so where it may not carry secrets.
    fn at(mut self, address: &str) -> Self {
        match GatewayUrl::parse(address) {
            Ok(url) => {
                self.problem = (!url.may_carry_secrets()).then_some("plainTextRefused");
                self.name = self.name.or_else(|| Some(first_name(&url)));
                self.url = Some(url.as_str().to_owned());
            }
            Err(error) => self.problem = Some(address_code(&error)),
        }
        self
    }
}

/// Recognises a text.
pub fn recognise(text: &str) -> Pasted {
    let text = text.trim();
    if text.is_empty() || text.len() > LONGEST {
        return Pasted::unusable(PastedForm::Unknown, "unreadablePaste");
    }
    if text.contains("://") {
        return match Url::parse(text) {
            Ok(url) => read_link(&url),
            Err(url::ParseError::InvalidPort) => Pasted::unusable(PastedForm::Url, "badPort"),
            Err(_) => Pasted::unusable(PastedForm::Unknown, "badAddress"),
        };
    }
    if let Some(code) = read_setup_code(text) {
        return code;
    }
    if names_no_port(text) {
        return Pasted::unusable(PastedForm::Url, "badPort");
    }
    if let Some(address) = bare_address(text) {
        return Pasted::new(PastedForm::Url).at(&address);
    }
    if let Some(problem) = unusable_address(text) {
        return Pasted::unusable(PastedForm::Unknown, problem);
    }
    let is_word = text.chars().all(|c| c.is_ascii_graphic());
    if !is_word || text.len() < SHORTEST_TOKEN {
        return Pasted::unusable(PastedForm::Unknown, "unreadablePaste");
    }
    let secret = Some((CredentialKind::Token, text.to_owned()));
    Pasted::new(PastedForm::BareToken).with_secret(secret)
}

fn read_link(url: &Url) -> Pasted {
    match url.scheme() {
        "openclaw" | "gatehouse" => read_add_link(url),
        "http" | "https" | "ws" | "wss" if is_join_link(url) => {
            Pasted::unusable(PastedForm::NodeJoinLink, "nodeJoinLink")
        }
        "http" | "https" | "ws" | "wss" if url.path().contains("://") => {
            Pasted::unusable(PastedForm::Url, address_code(&AddressError::Second))
        }
        "http" | "https" | "ws" | "wss" => read_address(url),
        _ => Pasted::unusable(PastedForm::Unknown, "badAddress"),
    }
}

/// `https://host/j/<code>` pairs a node, which has no say in approvals.
fn is_join_link(url: &Url) -> bool {
    let mut parts = url.path_segments().into_iter().flatten();
    parts.any(|part| part == "j") && parts.next().is_some_and(|code| !code.is_empty())
}

/// An address, or a dashboard link: `http://host:port/#token=…`. The fragment holds either the shared token or
/// a single-use bootstrap token; older links have the token in the query.
fn read_address(url: &Url) -> Pasted {
    let secret = secret_in(url.fragment().unwrap_or_default())
        .or_else(|| secret_in(url.query().unwrap_or_default()))
        .or_else(|| {
            url.password()
                .map(|p| (CredentialKind::Password, decode(p)))
        });
    let elsewhere = pair(url.query().unwrap_or_default(), "gatewayUrl");
    let form = if secret.is_some() {
        PastedForm::DashboardLink
    } else {
        PastedForm::Url
    };
    let address = elsewhere.unwrap_or_else(|| without_page(url));
    Pasted::new(form).with_secret(secret).at(&address)
}

/// The gateway's address behind a page of its dashboard, such as `/chat`: the page's path is not the socket's.
fn without_page(url: &Url) -> String {
    let mut url = url.clone();
    if matches!(url.scheme(), "http" | "https") {
        url.set_path("/");
    }
    url.into()
}

/// `openclaw://gateway/add?url=…&name=…` or `gatehouse://add?url=…`, with or without a token.
fn read_add_link(url: &Url) -> Pasted {
    let is_add = matches!(
        (url.scheme(), url.host_str(), url.path().trim_matches('/')),
        (_, Some("gateway"), "add") | ("gatehouse", Some("add"), "")
    );
    let query = url.query().unwrap_or_default();
    let (true, Some(address)) = (is_add, pair(query, "url")) else {
        return Pasted::unusable(PastedForm::AddLink, "badAddress");
    };
    let name = pair(query, "name").map(|name| crate::untrusted::one_line(&name, 120));
    let link = Pasted {
        name,
        ..Pasted::new(PastedForm::AddLink)
    };
    link.with_secret(secret_in(query)).at(&address)
}

/// Base64 of `{"url", "urls"?, "bootstrapToken"}`: good for ten minutes, once.
fn read_setup_code(text: &str) -> Option<Pasted> {
    let compact: String = text.split_whitespace().collect();
    let bytes = decode_base64(&compact)?;
    let code: Value = serde_json::from_slice(&bytes).ok()?;
    let token = code["bootstrapToken"]
        .as_str()
        .filter(|token| !token.is_empty())?;
    let alternatives = code["urls"].as_array().into_iter().flatten();
    let urls: Vec<&str> = [&code["url"]]
        .into_iter()
        .chain(alternatives)
        .filter_map(Value::as_str)
        .collect();
    let usable = urls
        .iter()
        .find(|url| GatewayUrl::parse(url).is_ok_and(|address| address.may_carry_secrets()));
    let secret = Some((CredentialKind::SetupCode, token.to_owned()));
    let address = usable.or(urls.first()).copied().unwrap_or_default();
    Some(
        Pasted::new(PastedForm::SetupCode)
            .with_secret(secret)
            .at(address),
    )
}

/// Base64 in either alphabet, padded or not.
fn decode_base64(text: &str) -> Option<Vec<u8>> {
    let lenient =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    [alphabet::URL_SAFE, alphabet::STANDARD]
        .iter()
        .find_map(|alphabet| GeneralPurpose::new(alphabet, lenient).decode(text).ok())
}

/// `host`, `host:port`, an IP address: with the scheme and the port that go with where it is.
fn bare_address(text: &str) -> Option<String> {
    let authority = text.split('/').next()?;
    let (host, port) = split_port(authority);
    let is_ip = host
        .trim_matches(['[', ']'])
        .parse::<std::net::IpAddr>()
        .is_ok();
    let named = host == "localhost" || port.is_some() || is_ip || looks_like_domain(host);
    if !named || !is_plain_host(host) {
        return None;
    }
    let host = if is_ip && host.contains(':') && !host.starts_with('[') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    let in_clear = format!("ws://{host}:{}/", port.unwrap_or(DEFAULT_PORT));
    let near = GatewayUrl::parse(&in_clear).ok()?.may_carry_secrets();
    match port {
        // Tailscale serves a gateway with TLS, on the usual port.
        _ if near && !host.ends_with(".ts.net") => Some(in_clear),
        Some(port) => Some(format!("wss://{host}:{port}/")),
        None => Some(format!("wss://{host}/")),
    }
}

/// `host:port` with a number that is no port.
fn names_no_port(text: &str) -> bool {
    let authority = text.split('/').next().unwrap_or_default();
    let is_bare_v6 = authority.parse::<std::net::Ipv6Addr>().is_ok();
    let Some((host, port)) = authority.rsplit_once(':') else {
        return false;
    };
    let is_number = !port.is_empty() && port.bytes().all(|b| b.is_ascii_digit());
    let is_port = port.parse::<u16>().is_ok_and(|port| port != 0);
    is_plain_host(host) && !is_bare_v6 && is_number && !is_port
}

fn is_plain_host(host: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b".-[]:".contains(&b);
    !host.is_empty() && host.bytes().all(plain)
}

/// `scheme:…` is an address of something else, and not a token.
fn unusable_address(text: &str) -> Option<&'static str> {
    let (scheme, _) = text.split_once(':')?;
    let mut bytes = scheme.bytes();
    let is_scheme = bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
        && bytes.all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    is_scheme.then_some("badAddress")
}

fn split_port(authority: &str) -> (&str, Option<u16>) {
    let is_bare_v6 = authority.parse::<std::net::Ipv6Addr>().is_ok();
    match authority.rsplit_once(':') {
        Some((host, port)) if !is_bare_v6 => match port.parse() {
            Ok(port) => (host, Some(port)),
            Err(_) => (authority, None),
        },
        _ => (authority, None),
    }
}

/// A token can hold dots as well; a name ends in letters and has short labels.
fn looks_like_domain(host: &str) -> bool {
    let labels: Vec<&str> = host.split('.').collect();
    let last = labels.last().copied().unwrap_or_default();
    labels.len() > 1
        && host.len() <= 253
        && labels
            .iter()
            .all(|label| !label.is_empty() && label.len() <= 40)
        && (2..=18).contains(&last.len())
        && last.bytes().all(|b| b.is_ascii_lowercase())
}

/// The secret among `key=value` pairs, a bootstrap token first: a link has it where both would do.
fn secret_in(pairs: &str) -> Option<(CredentialKind, String)> {
    const KEYS: [(&str, CredentialKind); 4] = [
        ("bootstrapToken", CredentialKind::SetupCode),
        ("bootstrap", CredentialKind::SetupCode),
        ("token", CredentialKind::Token),
        ("password", CredentialKind::Password),
    ];
    KEYS.iter()
        .find_map(|(key, kind)| pair(pairs, key).map(|value| (*kind, value)))
}

fn pair(pairs: &str, key: &str) -> Option<String> {
    let pairs = pairs.trim_start_matches(['?', '/']);
    url::form_urlencoded::parse(pairs.as_bytes())
        .find(|(name, value)| name == key && !value.is_empty())
        .map(|(_, value)| value.into_owned())
}

/// A part of an address, its escapes undone. A form's decoding would turn `+` into a space, which a password may hold.
pub(crate) fn decode(text: &str) -> String {
    let escaped = text
        .replace('+', "%2B")
        .replace('=', "%3D")
        .replace('&', "%26");
    let mut decoded = url::form_urlencoded::parse(escaped.as_bytes());
    decoded
        .next()
        .map_or_else(String::new, |(name, _)| name.into_owned())
}

#[cfg(test)]
#[path = "paste_tests.rs"]
mod tests;
