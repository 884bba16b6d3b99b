//! The tool `web_fetch`: one page, as Markdown or text.
//!
//! Only addresses out in the world, after names were resolved, unless the configuration names the host; never one
//! where a machine's credentials are handed out. A redirect away from what was judged is told and not followed. No
//! proxy, no cookies, no scripts. What comes back is marked as written by others.

mod address;
mod attributes;
mod charset;
mod extract;
mod html;
mod options;
mod redirect;
mod request;
mod resolver;

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use futures_util::StreamExt;
use reqwest::header::HeaderMap;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use url::{Host, Url};

use charset::Letters;
use extract::{Extract, extract, wrapped};
pub use options::{FetchOptions, Reach};
use redirect::Leads;

pub use request::credential_texts;

use super::{CallContext, Tool, ToolError, ToolOutput, ToolSpec, files::arguments};
use crate::{govern::Effect, provider::HttpError};

/// Of an address that a page sends on to, in characters; longer ones are seldom good for a second call.
const LONGEST_TARGET: usize = 2_048;

/// Of what a page is called, in characters.
const LONGEST_TITLE: usize = 256;

/// Whether all that has a say now says the same of any two URLs of one origin.
pub type SaysTheSame = Arc<dyn Fn() -> bool + Send + Sync>;

/// The tool.
pub struct WebFetch {
    options: FetchOptions,
    http: reqwest::Client,
    says_the_same: SaysTheSame,
}

impl WebFetch {
    /// Makes a client of its own. Redirects are followed only while `says_the_same` holds.
    pub fn new(options: FetchOptions, says_the_same: SaysTheSame) -> Result<Self, HttpError> {
        let reach = Arc::new(options.reach.clone());
        let http = crate::provider::http_builder()?
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .dns_resolver(resolver::Filtered(reach))
            .user_agent(&options.user_agent)
            .build()?;
        Ok(Self {
            options,
            http,
            says_the_same,
        })
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
            description: "Fetch a page over HTTP and return its content as Markdown or text. Runs no scripts. A page that sends on to another address is not followed there: the result then names it as `redirect`.",
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
        let work = tokio::time::timeout(self.options.timeout, self.told(url, &given, call));
        let told = tokio::select! {
            biased;
            () = call.cancel.cancelled() => {
                return Err(ToolError::Failed("the run was stopped".into()));
            }
            told = work => told,
        };
        let slow = |_| {
            let seconds = self.options.timeout.as_secs();
            ToolError::Failed(format!("{url} gave no answer within {seconds} s"))
        };
        told.map_err(slow)?
    }
}

/// What came of it.
enum Fetched {
    Page(Page),
    /// The page sends on to an address that was not judged with the call.
    SentOn {
        status: u16,
        to: Url,
    },
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

/// Names that mean this machine wherever they are asked for (RFC 6761, section 6.3).
fn is_this_machine(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_lowercase();
    name == "localhost" || name.ends_with(".localhost")
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
            // Other names are not looked up before a person was asked: that would already be a word to the outside.
            Some(Host::Domain(name)) if !is_this_machine(name) => return Ok(parsed),
            Some(Host::Domain(_)) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            Some(Host::Ipv4(address)) => IpAddr::V4(address),
            Some(Host::Ipv6(address)) => IpAddr::V6(address),
        };
        let host = parsed.host_str().unwrap_or_default();
        if self.options.reach.permits(host, address) {
            return Ok(parsed);
        }
        Err(refused(if address::is_never_reached(address) {
            "its address is link-local or hands out a machine's credentials, and no setting opens that"
        } else {
            "its address is not a public one"
        }))
    }

    /// Fetches a page and reads it.
    async fn told(
        &self,
        url: &str,
        given: &Arguments,
        call: &CallContext,
    ) -> Result<ToolOutput, ToolError> {
        let started = Instant::now();
        let page = match self.fetch(url, given, call).await? {
            Fetched::Page(page) => page,
            Fetched::SentOn { status, to } => return Ok(sent_on(url, status, &to, call)),
        };
        let (page, extract) = read(page, given.extract_mode, &call.cancel).await?;
        Ok(self.report(url, given, &page, extract, started.elapsed(), call))
    }

    async fn fetch(
        &self,
        url: &str,
        given: &Arguments,
        call: &CallContext,
    ) -> Result<Fetched, ToolError> {
        let asked = self.checked(url)?;
        let first = request::filled(&asked, &given.headers, call).await?;
        let (mut url, mut headers) = (first.url, first.headers);
        for hop in 0..=self.options.max_redirects {
            let mut response = self.get(&url, &headers).await?;
            let status = response.status().as_u16();
            if hop == 0
                && matches!(status, 401 | 403)
                && let Some(former) = self.former(&asked, given, call).await
            {
                (url, headers) = (former.url, former.headers);
                response = self.get(&url, &headers).await?;
            }
            let Some(to) = self.target(&url, &response)? else {
                return self.load(url, response, call).await.map(Fetched::Page);
            };
            if !self.follows(&url, &to, &headers) {
                let status = response.status().as_u16();
                return Ok(Fetched::SentOn { status, to });
            }
            url = to;
        }
        let most = self.options.max_redirects;
        Err(ToolError::Failed(format!(
            "{url}: more than {most} redirects"
        )))
    }

    /// Where a page sends on to, if it does.
    fn target(&self, url: &Url, response: &reqwest::Response) -> Result<Option<Url>, ToolError> {
        if !response.status().is_redirection() {
            return Ok(None);
        }
        let target = response.headers().get(reqwest::header::LOCATION);
        let Some(target) = target.and_then(|target| target.to_str().ok()) else {
            return Ok(None);
        };
        let joined = url
            .join(target)
            .map_err(|error| ToolError::Failed(format!("{url} leads nowhere: {error}")))?;
        self.checked(joined.as_str()).map(Some)
    }

    /// Whether the call may go on to where a page sends it: only where that was judged with the page itself.
    fn follows(&self, from: &Url, to: &Url, headers: &HeaderMap) -> bool {
        let judged_alike = match redirect::leads(from, to) {
            Leads::Within => true,
            // Headers were meant for the place that was named; and of a host that is let in by name another port may
            // be another thing.
            Leads::Upgrade => {
                let host = to.host_str().unwrap_or_default();
                headers.is_empty() && !self.options.reach.allows(host)
            }
            Leads::Elsewhere => false,
        };
        judged_alike && (self.says_the_same)()
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
        let mut letters = Letters::new(&content_type);
        let mut bytes = Vec::new();
        let mut cut = false;
        let mut stream = response.bytes_stream();
        while let Some(chunk) = stream.next().await {
            let chunk =
                chunk.map_err(|error| ToolError::Failed(format!("{url}: {}", chain(&error))))?;
            redaction.push(letters.push(&chunk).as_bytes(), &mut bytes);
            if bytes.len() > self.options.max_bytes {
                bytes.truncate(self.options.max_bytes);
                cut = true;
                break;
            }
        }
        if !cut {
            redaction.push(letters.finish().as_bytes(), &mut bytes);
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
        extract: Extract,
        took: Duration,
        call: &CallContext,
    ) -> ToolOutput {
        // What HTML had written in its own way is plain now.
        let plain = |text: &str| call.secrets.redactor.text(text).into_owned();
        let text = plain(&extract.text);
        let title = extract.title.map(|title| plain(&title));
        let title =
            title.map(|title| wrapped(&title.chars().take(LONGEST_TITLE).collect::<String>()));
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
            "title": title,
            "extractMode": if given.extract_mode == Mode::Text { "text" } else { "markdown" },
            "extractor": extract.extractor,
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

/// Reads a page on a thread that may be busy with it, until nobody waits for it.
async fn read(
    page: Page,
    mode: Mode,
    cancel: &CancellationToken,
) -> Result<(Page, Extract), ToolError> {
    let given_up = cancel.child_token();
    let _when_dropped = given_up.clone().drop_guard();
    let work = move || {
        let extract = extract(&page, mode, &|| given_up.is_cancelled());
        extract.map(|extract| (page, extract))
    };
    let read = tokio::task::spawn_blocking(work).await.ok().flatten();
    read.ok_or_else(|| ToolError::Failed("the page could not be read".into()))
}

/// What the model is told of a page that sends on to an address of its own. Secrets are taken out before it is cut: half
/// of one is not known as such.
fn sent_on(url: &str, status: u16, to: &Url, call: &CallContext) -> ToolOutput {
    let to = call.secrets.redactor.text(to.as_str());
    let to: String = to.chars().take(LONGEST_TARGET).collect();
    ToolOutput::json(json!({
        "url": url,
        "status": status,
        "redirect": to,
        "text": "Nothing was read: this page sends on to the address in `redirect`, which is judged by itself. If you \
            want the page there, call web_fetch with that address.",
    }))
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
