//! What is sent: the page's URL and the call's own headers, with credentials put in.

use std::collections::BTreeMap;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use url::Url;

use super::{CallContext, ToolError};
use crate::secrets::{BEGIN, CredentialUse, END, Values};

/// The tool that credentials are bound to, beside the host.
const TOOL: &str = "web_fetch";

/// The most headers of a call.
const MOST: usize = 32;

/// Those that are not the call's to set: they say where a request goes and where it ends.
const REFUSED: [&str; 7] = [
    "host",
    "connection",
    "content-length",
    "transfer-encoding",
    "upgrade",
    "te",
    "trailer",
];

/// As a path writes the characters around a reference.
const BEGIN_IN_PATH: &str = "%7B%7Bcred:";
const END_IN_PATH: &str = "%7D%7D";

/// Where a request may refer to a credential, by the call's arguments: its address, as it was written, and its headers.
pub fn credential_texts(url: &Url, arguments: &Value) -> Vec<String> {
    let headers = arguments.get("headers").and_then(Value::as_object);
    let headers = headers.into_iter().flatten();
    let sent = headers.filter_map(|(_, value)| Some(value.as_str()?.to_owned()));
    std::iter::once(with_references(url)).chain(sent).collect()
}

/// What goes to the first host.
pub(super) struct Request {
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
}

/// Whether headers may be set, before anything happens.
pub(super) fn check(headers: &BTreeMap<String, String>) -> Result<(), ToolError> {
    let wrong = |text: String| Err(ToolError::Arguments(text));
    if headers.len() > MOST {
        return wrong(format!("more than {MOST} headers"));
    }
    for (name, value) in headers {
        let lower = name.to_lowercase();
        let is_refused = REFUSED.contains(&lower.as_str()) || lower.starts_with("proxy-");
        if is_refused || HeaderName::try_from(name.as_str()).is_err() {
            return wrong(format!("the header {name} cannot be set"));
        }
        if HeaderValue::try_from(value.as_str()).is_err() {
            return wrong(format!("the value of the header {name} cannot be sent"));
        }
    }
    Ok(())
}

/// Puts values in. The host is the one that was shown; a credential that is not bound to it is refused.
pub(super) async fn filled(
    url: &Url,
    headers: &BTreeMap<String, String>,
    call: &CallContext,
) -> Result<Request, ToolError> {
    let written = with_references(url);
    let usage = CredentialUse::of(TOOL, Some(url), call);
    let texts = texts(&written, headers);
    let values = call.secrets.values(&texts, &usage).await?;
    with_values(url, &written, headers, &values)
}

/// As [`filled`], with the values before a rotation; none where the call has no such value.
pub(super) async fn filled_formerly(
    url: &Url,
    headers: &BTreeMap<String, String>,
    call: &CallContext,
) -> Result<Option<Request>, ToolError> {
    let written = with_references(url);
    let usage = CredentialUse::of(TOOL, Some(url), call);
    let texts = texts(&written, headers);
    let Some(values) = call.secrets.former_values(&texts, &usage).await? else {
        return Ok(None);
    };
    with_values(url, &written, headers, &values).map(Some)
}

fn texts<'t>(url: &'t str, headers: &'t BTreeMap<String, String>) -> Vec<&'t str> {
    let headers = headers.values().map(String::as_str);
    std::iter::once(url).chain(headers).collect()
}

fn with_values(
    url: &Url,
    written: &str,
    headers: &BTreeMap<String, String>,
    values: &Values,
) -> Result<Request, ToolError> {
    let mut filled = HeaderMap::new();
    for (name, value) in headers {
        let text = values.fill(value);
        let cannot = || ToolError::Failed(format!("the value of the header {name} cannot be sent"));
        let name = HeaderName::try_from(name.as_str()).map_err(|_| cannot())?;
        let mut value = HeaderValue::try_from(text.as_str()).map_err(|_| cannot())?;
        value.set_sensitive(true);
        filled.insert(name, value);
    }
    Ok(Request {
        url: filled_url(url, written, values)?,
        headers: filled,
    })
}

/// The URL with references as they were written.
fn with_references(url: &Url) -> String {
    if !url.path().contains(BEGIN_IN_PATH) {
        return url.as_str().to_owned();
    }
    let text = url.as_str().replace(BEGIN_IN_PATH, BEGIN);
    text.replace(END_IN_PATH, END)
}

fn filled_url(url: &Url, written: &str, values: &Values) -> Result<Url, ToolError> {
    if values.is_empty() {
        return Ok(url.clone());
    }
    let text = values.fill_with(written, |value| encoded(value).into());
    let filled = Url::parse(&text).ok();
    let filled = filled.filter(|filled| filled.origin() == url.origin());
    filled.ok_or_else(|| ToolError::Failed("a credential does not fit into this URL".into()))
}

/// Percent-encoded so that it cannot end the part of the URL that it is in: RFC 3986, unreserved characters.
fn encoded(value: &str) -> String {
    let mut text = String::with_capacity(value.len() * 3);
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
    }
    text
}
