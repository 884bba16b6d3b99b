//! Why a command did not do what it was asked, with the exit status that scripts branch on and what a person
//! can do next. The words for refused connects are in `problem_words`.

use gatehouse_client::RequestError;
use gatehouse_protocol::error::DETAIL_MISSING_SCOPE;
use gatehouse_protocol::untrusted::one_line;
use serde::Serialize;
use serde_json::{Value, json};

/// Longest text of a gateway in a message.
const MAX_WORDS: usize = 400;

/// The codes of a run that ended badly.
pub(crate) const RUN_FAILED: &str = "runFailed";
pub(crate) const RUN_ABORTED: &str = "runAborted";

/// What kind of failure. Its number is the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum FailureKind {
    General,
    Usage,
    /// The gateway said no.
    Refused,
    Unreachable,
    Authentication,
    /// Nothing is wrong with the audit as far as it is proven, and not all of it is.
    Unproven,
    /// `EX_CONFIG` of sysexits.
    Configuration,
    /// Whoever read our output has gone, as `head` does. Not worth a word.
    NobodyReads,
}

impl FailureKind {
    pub(crate) fn status(self) -> u8 {
        match self {
            Self::General => 1,
            Self::Usage => 2,
            Self::Refused => 3,
            Self::Unreachable => 4,
            Self::Authentication => 5,
            Self::Unproven => 6,
            Self::Configuration => 78,
            Self::NobodyReads => 0,
        }
    }
}

#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Failure {
    pub(crate) kind: FailureKind,
    /// Stable, for scripts: the gateway's own code where there is one.
    pub(crate) code: String,
    pub(crate) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) next: Option<String>,
    /// How long the gateway takes no other attempt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) retry_after_ms: Option<u64>,
    /// The gateway's refusal as it came, whole: `code`, `message`, `details`, `retryable` and `retryAfterMs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) refusal: Option<Value>,
}

impl Failure {
    pub(crate) fn new(kind: FailureKind, code: &str, message: impl Into<String>) -> Self {
        Self {
            kind,
            code: code.to_owned(),
            message: message.into(),
            next: None,
            retry_after_ms: None,
            refusal: None,
        }
    }

    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Usage, "usage", message)
    }

    pub(crate) fn configuration(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Configuration, "configuration", message)
    }

    /// The run did not do what it was asked; the connection and the gateway are well.
    pub(crate) fn is_of_the_run(&self) -> bool {
        [RUN_FAILED, RUN_ABORTED].contains(&self.code.as_str())
    }

    pub(crate) fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        let kind = match error.kind() {
            std::io::ErrorKind::BrokenPipe => FailureKind::NobodyReads,
            _ => FailureKind::General,
        };
        Self::new(kind, "io", error.to_string())
    }
}

impl From<RequestError> for Failure {
    fn from(error: RequestError) -> Self {
        let message = error.to_string();
        match error {
            RequestError::Disconnected | RequestError::Stale => Self::new(
                FailureKind::Unreachable,
                "disconnected",
                "the connection broke before the answer came",
            )
            .next("the gateway may have acted all the same: look before you repeat it"),
            RequestError::TimedOut { .. } => {
                Self::new(FailureKind::Unreachable, "timedOut", message)
                    .next("wait longer with --timeout, or look with `gatehouse doctor`")
            }
            RequestError::Unsupported { .. } => {
                Self::new(FailureKind::Refused, "notSupported", message)
                    .next("it needs a newer gateway")
            }
            RequestError::Busy | RequestError::TooLarge { .. } => {
                Self::new(FailureKind::General, "tooMuch", message)
            }
            RequestError::BadResponse { .. } => {
                Self::new(FailureKind::General, "badAnswer", message)
            }
            RequestError::Gateway(error) => refused(&error),
        }
    }
}

/// A request that the gateway refused, in the gateway's words.
fn refused(error: &gatehouse_protocol::GatewayError) -> Failure {
    let words = one_line(&error.message, MAX_WORDS);
    let code = error.detail_code().unwrap_or(error.code.as_str());
    let code = one_line(code, 100);
    let message = if words.is_empty() {
        code.clone()
    } else {
        words
    };
    let mut failure = Failure::new(FailureKind::Refused, &code, message);
    failure.retry_after_ms = error.retry_after_ms;
    failure.refusal = Some(whole(error));
    if error.detail_code() == Some(DETAIL_MISSING_SCOPE) {
        let scope = one_line(error.missing_scope().unwrap_or("another scope"), 100);
        return failure.next(format!(
            "this connection lacks {scope}: `gatehouse doctor` shows what was granted"
        ));
    }
    match (error.retryable, error.retry_after_ms) {
        (false, _) => failure,
        (true, None) => failure.next("the gateway says that it may work in a moment: try again"),
        (true, Some(ms)) => failure.next(format!(
            "the gateway says that it may work in {} s: try again then",
            ms.div_ceil(1_000).max(1)
        )),
    }
}

/// What the gateway said, in the names that it goes over the wire with.
fn whole(error: &gatehouse_protocol::GatewayError) -> Value {
    let mut said = json!({
        "code": error.code.as_str(), "message": error.message, "retryable": error.retryable,
    });
    if !error.details.is_null() {
        said["details"] = error.details.clone();
    }
    if let Some(ms) = error.retry_after_ms {
        said["retryAfterMs"] = json!(ms);
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatehouse_protocol::GatewayError;
    use serde_json::json;

    #[test]
    fn a_missing_scope_is_a_refusal_that_names_it() {
        let error = GatewayError::from_value(json!({
            "code": "INVALID_REQUEST", "message": "missing scope: operator.admin",
            "details": {"code": "MISSING_SCOPE", "missingScope": "operator.admin"}
        }));
        let failure = Failure::from(RequestError::Gateway(error));
        assert_eq!(
            (failure.kind.status(), failure.code.as_str()),
            (3, "MISSING_SCOPE")
        );
        assert!(failure.next.unwrap().contains("operator.admin"));
    }

    #[test]
    fn a_refusal_is_kept_whole_and_says_how_long_to_wait() {
        let said = json!({
            "code": "UNAVAILABLE", "message": "busy", "details": {"queue": 3},
            "retryable": true, "retryAfterMs": 1500
        });
        let error = GatewayError::from_value(said.clone());
        let failure = Failure::from(RequestError::Gateway(error));
        assert_eq!(failure.refusal, Some(said));
        assert_eq!(failure.retry_after_ms, Some(1_500));
        assert!(failure.next.unwrap().contains("in 2 s"));
        let bare = GatewayError::from_value(json!({"code": "NOPE", "message": "no"}));
        let bare = Failure::from(RequestError::Gateway(bare)).refusal;
        assert_eq!(
            bare,
            Some(json!({"code": "NOPE", "message": "no", "retryable": false}))
        );
    }

    #[test]
    fn the_words_of_a_gateway_cannot_move_the_cursor() {
        let error =
            GatewayError::from_value(json!({"code": "NOPE", "message": "a\u{1b}[2Jb\u{202e}"}));
        let failure = Failure::from(RequestError::Gateway(error));
        assert_eq!(failure.message, "a⟨U+001B⟩[2Jb⟨U+202E⟩");
    }
}
