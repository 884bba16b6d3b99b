//! Why a provider gave no answer, from what it or the library said.

use std::{error::Error as _, time::Duration};

use jiff::fmt::rfc2822;
use reqwest::header::HeaderMap;

use super::super::{ApiKey, ProviderError};

pub(super) fn error(error: &genai::Error, key: Option<&ApiKey>) -> ProviderError {
    let error = innermost(error);
    let text = without_key(words(error), key);
    let Some(status) = error.status().map(|status| status.as_u16()) else {
        return without_status(error, text);
    };
    by_status(status, text, retry_after(error.headers()))
}

fn by_status(status: u16, text: String, retry_after: Option<Duration>) -> ProviderError {
    match status {
        401 | 403 => ProviderError::Unauthorized {
            status,
            message: text,
        },
        // 529 is Anthropic's word for overloaded.
        408 | 409 | 425 | 429 | 503 | 529 => ProviderError::Busy {
            status,
            message: text,
            retry_after,
        },
        500..=599 => ProviderError::Broken {
            status,
            message: text,
        },
        400 | 413 if says_too_long(&text) => ProviderError::ContextOverflow(text),
        _ => ProviderError::Refused(format!("status {status}: {text}")),
    }
}

/// A stream wraps what the server answered.
fn innermost(error: &genai::Error) -> &genai::Error {
    let genai::Error::WebStream { error: inner, .. } = error else {
        return error;
    };
    let inner = inner.downcast_ref::<genai::Error>();
    inner.map_or(error, innermost)
}

fn without_status(error: &genai::Error, text: String) -> ProviderError {
    use genai::Error;
    match error {
        Error::ChatResponse { .. } if says_too_long(&text) => ProviderError::ContextOverflow(text),
        Error::ChatResponse { .. } => ProviderError::BrokeOff(text),
        Error::WebModelCall { .. } | Error::WebAdapterCall { .. } | Error::WebStream { .. } => {
            ProviderError::Unreachable(text)
        }
        Error::StreamParse { .. }
        | Error::NoChatResponse { .. }
        | Error::InvalidJsonResponseElement { .. }
        | Error::ChatResponseGeneration { .. } => ProviderError::Unreadable(text),
        _ => ProviderError::Refused(text),
    }
}

/// A server that answered with another status than a good one, without the library.
pub(super) async fn refused(answer: reqwest::Response, key: Option<&ApiKey>) -> ProviderError {
    let status = answer.status().as_u16();
    let wait = retry_after(Some(answer.headers()));
    let body = answer.text().await.unwrap_or_default();
    let told = message_in(&body).unwrap_or(body);
    by_status(status, without_key(told, key), wait)
}

/// One that did not answer, or whose connection broke.
pub(super) fn unreachable(error: &reqwest::Error, key: Option<&ApiKey>) -> ProviderError {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        words = format!("{words}: {deeper}");
        cause = deeper.source();
    }
    ProviderError::Unreachable(without_key(words, key))
}

/// Characters of a provider's words that are kept.
const MOST_WORDS: usize = 500;

/// Before it is cut: half of a key is not known as one.
fn without_key(text: String, key: Option<&ApiKey>) -> String {
    let text = key.map_or_else(|| text.clone(), |key| key.redact(&text));
    text.chars().take(MOST_WORDS).collect()
}

/// The provider's own words where it has some.
fn words(error: &genai::Error) -> String {
    let body = match error {
        genai::Error::HttpError { body, .. } => Some(body.clone()),
        genai::Error::ChatResponse { body, .. } => Some(body.to_string()),
        genai::Error::WebModelCall { webc_error, .. }
        | genai::Error::WebAdapterCall { webc_error, .. } => match webc_error {
            genai::webc::Error::ResponseFailedStatus { body, .. } => Some(body.clone()),
            _ => None,
        },
        _ => None,
    };
    let told = body.as_deref().and_then(message_in);
    told.or(body).unwrap_or_else(|| error.to_string())
}

/// An answer that an error ended.
pub(super) fn broke_off(words: &str, key: Option<&ApiKey>) -> ProviderError {
    let text = without_key(words.to_owned(), key);
    match says_too_long(&text) {
        true => ProviderError::ContextOverflow(text),
        false => ProviderError::BrokeOff(text),
    }
}

/// OpenAI, Anthropic and Gemini put it at `error.message`, Ollama at `error`.
fn message_in(body: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(body).ok()?;
    let error = &value["error"];
    let message = error["message"].as_str().or(error.as_str());
    message.or(value["message"].as_str()).map(str::to_owned)
}

/// Providers have no common code for it, only words.
fn says_too_long(text: &str) -> bool {
    let text = text.to_lowercase();
    [
        "context length",
        "context_length",
        "context window",
        "too long",
        "too many tokens",
        "maximum context",
    ]
    .iter()
    .any(|words| text.contains(words))
}

/// `Retry-After` as a number of seconds or a date (RFC 9110, 10.2.3), or OpenAI's `retry-after-ms`.
fn retry_after(headers: Option<&HeaderMap>) -> Option<Duration> {
    let headers = headers?;
    let text = |name: &str| Some(headers.get(name)?.to_str().ok()?.trim());
    let number = |name: &str| text(name)?.parse::<f64>().ok();
    let millis = number("retry-after-ms").and_then(|ms| wait(ms / 1_000.0));
    let seconds = || number("retry-after").and_then(wait);
    let date = || {
        let until = rfc2822::parse(text("retry-after")?).ok()?.timestamp();
        let now = text("date").and_then(|date| rfc2822::parse(date).ok());
        let now = now.map_or_else(jiff::Timestamp::now, |now| now.timestamp());
        Some(Duration::try_from(until.duration_since(now)).unwrap_or_default())
    };
    millis.or_else(seconds).or_else(date)
}

/// None for what is no time to wait.
fn wait(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}
