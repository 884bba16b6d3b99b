//! The tool `web_fetch`: one page, as Markdown or text.
//!
//! Only addresses out in the world, after names were resolved and again on every redirect, unless the
//! configuration names the host. No proxy, no cookies, no scripts. What comes back is marked as written by
//! others.

mod address;
mod extract;
mod request;
mod resolver;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures_util::StreamExt;
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};
use url::{Host, Url};

use extract::{extract, title, wrapped};

pub use request::credential_texts;

use super::{CallContext, Tool, ToolError, ToolOutput, ToolSpec, files::arguments};
use crate::{govern::Effect, provider::HttpError};

/// What may be fetched, and how much; OpenClaw's `tools.web.fetch`.
#[derive(Clone, Debug)]
pub struct FetchOptions {
    pub reach: Reach,
    pub max_bytes: usize,
    pub max_characters: usize,
    pub max_redirects: usize,
    /// For the whole fetch.
    pub timeout: Duration,
    pub user_agent: String,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            reach: Reach::default(),
            max_bytes: 750_000,
            max_characters: 20_000,
            max_redirects: 3,
            timeout: Duration::from_secs(30),
            user_agent: concat!(
                "Mozilla/5.0 (compatible; Gatehouse/",
                env!("CARGO_PKG_VERSION"),
                ")"
            )
            .into(),
        }
    }
}

/// Which hosts may have an address that is not public.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// All of them.
    pub private_network: bool,
    /// These, by their exact name.
    pub hosts: BTreeSet<String>,
}

impl Reach {
    fn allows(&self, host: &str) -> bool {
        self.private_network || self.hosts.contains(&host.to_lowercase())
    }
}

/// The tool.
pub struct WebFetch {
    options: FetchOptions,
    http: reqwest::Client,
}

impl WebFetch {
    /// Makes a client of its own.
    pub fn new(options: FetchOptions) -> Result<Self, HttpError> {
        let reach = Arc::new(options.reach.clone());
        let http = crate::provider::http_builder()?
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .dns_resolver(resolver::Filtered(reach))
            .user_agent(&options.user_agent)
            .build()?;
        Ok(Self { options, http })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Arguments {
    url: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    extract_mode: Mode,
    #[serde(default)]
    max_chars: Option<usize>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Mode {
    #[default]
    Markdown,
    Text,
}

#[async_trait]
impl Tool for WebFetch {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: "web_fetch",
            label: "Web fetch",
            description: "Fetch a page over HTTP and return its content as Markdown or text. Runs no scripts.",
            parameters: json!({
                "type": "object",
                "required": ["url"],
                "properties": {
                    "url": { "type": "string", "description": "http or https." },
                    "headers": { "type": "object", "additionalProperties": { "type": "string" },
                        "description": "Further headers. A credential is named as {{cred:NAME}}, here or in the url." },
                    "extractMode": { "type": "string", "enum": ["markdown", "text"] },
                    "maxChars": { "type": "integer", "minimum": 100 },
                },
            }),
        }
    }

    async fn resolve(&self, given: &Value, _call: &CallContext) -> Result<Effect, ToolError> {
        let given: Arguments = arguments(given)?;
        let url = self.checked(&given.url)?;
        request::check(&given.headers)?;
        Ok(Effect::Fetch { url: url.into() })
    }

    async fn run(
        &self,
        effect: &Effect,
        given: &Value,
        call: &CallContext,
    ) -> Result<ToolOutput, ToolError> {
        let Effect::Fetch { url } = effect else {
            return Err(ToolError::Failed("not a page".into()));
        };
        let given: Arguments = arguments(given)?;
        let work = tokio::time::timeout(self.options.timeout, self.fetch(url, &given, call));
        let started = Instant::now();
        let fetched = tokio::select! {
            biased;
            () = call.cancel.cancelled() => {
                return Err(ToolError::Failed("the run was stopped".into()));
            }
            fetched = work => fetched,
        };
        let slow = |_| {
            let seconds = self.options.timeout.as_secs();
            ToolError::Failed(format!("{url} gave no answer within {seconds} s"))
        };
        let page = fetched.map_err(slow)??;
        Ok(self.report(url, &given, &page, started.elapsed(), call))
    }
}

/// What came back.
struct Page {
    url: Url,
    status: u16,
    content_type: String,
    body: String,
    /// There was more than may be loaded.
    cut: bool,
}

impl WebFetch {
    /// A URL that may be asked for, as far as the URL itself tells.
    fn checked(&self, url: &str) -> Result<Url, ToolError> {
        let refused = |why: &str| ToolError::Arguments(format!("{url} cannot be fetched: {why}"));
        let parsed = Url::parse(url).map_err(|error| refused(&error.to_string()))?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return Err(refused("only http and https can be"));
        }
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return Err(refused("it holds credentials"));
        }
        let address = match parsed.host() {
            None => return Err(refused("it names no host")),
            Some(Host::Domain(_)) => return Ok(parsed),
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
        };
        let host = parsed.host_str().unwrap_or_default();
        if address::is_public(address) || self.options.reach.allows(host) {
            return Ok(parsed);
        }
        Err(refused("its address is not a public one"))
    }

    async fn fetch(
        &self,
        url: &str,
        given: &Arguments,
        call: &CallContext,
    ) -> Result<Page, ToolError> {
        let asked = self.checked(url)?;
        let first = request::filled(&asked, &given.headers, call).await?;
        let (mut url, mut headers) = (first.url, first.headers);
        for hop in 0..=self.options.max_redirects {
            let mut response = self.get(&url, &headers).await?;
            if hop == 0
                && matches!(response.status().as_u16(), 401 | 403)
                && let Some(former) = self.former(&asked, given, call).await
            {
                (url, headers) = (former.url, former.headers);
                response = self.get(&url, &headers).await?;
            }
            if !response.status().is_redirection() {
                return self.load(url, response, call).await;
            }
            let target = response.headers().get(reqwest::header::LOCATION);
            let Some(target) = target.and_then(|target| target.to_str().ok()) else {
                return self.load(url, response, call).await;
            };
            let joined = url
                .join(target)
                .map_err(|error| ToolError::Failed(format!("{url} leads nowhere: {error}")))?;
            let next = self.checked(joined.as_str())?;
            if next.origin() != url.origin() {
                // They were meant for the host that the call named, and so were the credentials in them.
                headers.clear();
            }
            url = next;
        }
        let most = self.options.max_redirects;
        Err(ToolError::Failed(format!(
            "{url}: more than {most} redirects"
        )))
    }

    /// The request with the values before a rotation. Where they cannot be had the first answer stands.
    async fn former(
        &self,
        asked: &Url,
        given: &Arguments,
        call: &CallContext,
    ) -> Option<request::Request> {
        let former = request::filled_formerly(asked, &given.headers, call).await;
        former.unwrap_or_else(|error| {
            tracing::debug!(%error, "no second try with a former value");
            None
        })
    }

    async fn get(&self, url: &Url, headers: &HeaderMap) -> Result<reqwest::Response, ToolError> {
        let request = self
            .http
            .get(url.clone())
            .header(
                reqwest::header::ACCEPT,
                "text/markdown, text/html;q=0.9, */*;q=0.1",
            )
            .header(reqwest::header::ACCEPT_LANGUAGE, "en-US,en;q=0.9")
            // In place of those above, where they are the same.
            .headers(headers.clone());
        request
            .send()
            .await
            .map_err(|error| ToolError::Failed(format!("{url}: {}", chain(&error))))
    }

    /// What is cut here is cut after secrets were taken out: half of one is not known as such.
    async fn load(
        &self,
        url: Url,
        response: reqwest::Response,
        call: &CallContext,
    ) -> Result<Page, ToolError> {
        let status = response.status().as_u16();
        let content_type = response
            .headers()
            .get(reqwest::header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned();
        let mut redaction = call.secrets.redactor.stream();
        let mut bytes = Vec::new();
        let mut cut = false;
        let mut stream = response.bytes_stream();
        while let Some(chunk) = stream.next().await {
            let chunk =
                chunk.map_err(|error| ToolError::Failed(format!("{url}: {}", chain(&error))))?;
            redaction.push(&chunk, &mut bytes);
            if bytes.len() > self.options.max_bytes {
                bytes.truncate(self.options.max_bytes);
                cut = true;
                break;
            }
        }
        if !cut {
            redaction.finish(&mut bytes);
        }
        Ok(Page {
            url,
            status,
            content_type,
            body: String::from_utf8_lossy(&bytes).into_owned(),
            cut,
        })
    }

    fn report(
        &self,
        url: &str,
        given: &Arguments,
        page: &Page,
        took: Duration,
        call: &CallContext,
    ) -> ToolOutput {
        let (text, extractor) = extract(page, given.extract_mode);
        // What HTML had written in its own way is plain now.
        let text = call.secrets.redactor.text(&text);
        let most = given.max_chars.unwrap_or(self.options.max_characters);
        let most = most.min(self.options.max_characters);
        let raw_length = text.chars().count();
        let shown: String = text.chars().take(most).collect();
        let wrapped = wrapped(&shown);
        let output = json!({
            "url": url,
            "finalUrl": page.url.as_str(),
            "status": page.status,
            "contentType": page.content_type.chars().take(256).collect::<String>(),
            "title": title(page),
            "extractMode": if given.extract_mode == Mode::Text { "text" } else { "markdown" },
            "extractor": extractor,
            "externalContent": { "untrusted": true, "source": "web_fetch", "wrapped": true },
            "truncated": page.cut || raw_length > most,
            "length": wrapped.chars().count(),
            "rawLength": raw_length,
            "tookMs": u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
            "text": wrapped,
        });
        ToolOutput {
            is_error: page.status >= 400,
            ..ToolOutput::json(output)
        }
    }
}

/// An error with its causes: the library's own words leave the reason out.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod credential_tests;
#[cfg(test)]
mod tests;
