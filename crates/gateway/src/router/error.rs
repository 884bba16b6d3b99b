//! Why a method did not do what it was asked. The codes are the published ones; clients branch on them
//! and on `details`, never on the message.

use gatehouse_protocol::serve::ErrorShape;
use gatehouse_protocol::{ErrorCode, MethodScope};
use serde_json::{Value, json};

/// The error of one request.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{code}: {message}")]
pub struct MethodError {
    pub code: ErrorCode,
    /// For people. Must hold no secret.
    pub message: String,
    /// Boxed, because errors are returned by value everywhere.
    pub details: Option<Box<Value>>,
    pub retryable: bool,
    pub retry_after_ms: Option<u64>,
}

impl From<gatehouse_store::StoreError> for MethodError {
    /// A full disk and a busy one are said; the rest is ours to look into.
    fn from(error: gatehouse_store::StoreError) -> Self {
        use gatehouse_store::StoreError;
        match error {
            StoreError::DiskFull => {
                Self::unavailable("the gateway's disk is full").retry_after(5_000)
            }
            StoreError::Busy => Self::unavailable("the gateway's store is busy").retry_after(500),
            StoreError::Closed => Self::unavailable("the gateway is stopping").retry_after(1_000),
            other => Self::internal(other),
        }
    }
}

impl MethodError {
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            details: None,
            retryable: false,
            retry_after_ms: None,
        }
    }

    /// The request is wrong, and stays wrong when repeated.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::InvalidRequest, message)
    }

    /// What is needed is not there now.
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Unavailable, message)
    }

    /// A file could not be read or written. A full disk has the words that it has everywhere.
    pub fn file(name: &str, error: &std::io::Error) -> Self {
        use std::io::ErrorKind::{QuotaExceeded, StorageFull};
        match error.kind() {
            StorageFull | QuotaExceeded => gatehouse_store::StoreError::DiskFull.into(),
            _ => Self::unavailable(format!("{name}: {error}")),
        }
    }

    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(ErrorCode::Forbidden, message)
    }

    pub fn unknown_method(name: &str) -> Self {
        Self::invalid(format!("unknown method: {name}"))
    }

    /// Parameters that break the method's shape.
    pub fn params(method: &str, reason: &str) -> Self {
        Self::invalid(format!("invalid {method} params: {reason}"))
    }

    /// "Transport" of the protocol: the details name the missing scope.
    pub fn missing_scope(scope: MethodScope) -> Self {
        let name = scope.as_str();
        Self::forbidden(format!("missing scope: {name}")).with_details(json!({
            "code": gatehouse_protocol::error::DETAIL_MISSING_SCOPE,
            "missingScope": name,
            "requiredScopes": [name],
        }))
    }

    /// A failure inside; the cause goes to the log under the request's id, not to the client.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "a request failed inside");
        Self::unavailable("internal error")
    }

    #[must_use]
    pub fn with_details(mut self, details: Value) -> Self {
        self.details = Some(Box::new(details));
        self
    }

    /// The same request may succeed after this many milliseconds.
    #[must_use]
    pub fn retry_after(mut self, ms: u64) -> Self {
        self.retryable = true;
        self.retry_after_ms = Some(ms);
        self
    }

    pub(crate) fn into_shape(self) -> ErrorShape {
        ErrorShape {
            code: self.code.as_str().to_owned(),
            message: self.message,
            details: self.details.map_or(Value::Null, |details| *details),
            retryable: self.retryable,
            retry_after_ms: self.retry_after_ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_a_full_disk_has_no_room_for_is_said_as_everywhere() {
        let full = MethodError::file("SOUL.md", &std::io::ErrorKind::StorageFull.into());
        assert_eq!(full.message, "the gateway's disk is full");
        assert!(full.retryable && full.retry_after_ms.is_some());
        let denied = MethodError::file("SOUL.md", &std::io::ErrorKind::PermissionDenied.into());
        assert!(denied.message.starts_with("SOUL.md: ") && !denied.retryable);
    }
}
