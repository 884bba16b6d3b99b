//! Answers of the HTTP routes, and the headers that every one of them has.

use axum::body::Body;
use axum::http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, RETRY_AFTER,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};

use crate::auth::Refusal;

/// For answers that are no pages: nothing in them is to be run or framed.
const NOTHING_RUNS: &str = "default-src 'none'; frame-ancestors 'none'";

/// A JSON answer that nobody keeps.
pub(super) fn json(status: u16, value: &Value) -> Response {
    bytes(
        status,
        "application/json; charset=utf-8",
        value.to_string().into_bytes(),
    )
}

pub(super) fn bytes(status: u16, kind: &'static str, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(NOTHING_RUNS),
    );
    response
}

/// `{ ok: false, error: { type, message } }`.
pub(super) fn error(status: u16, kind: &str, message: &str) -> Response {
    json(
        status,
        &json!({"ok": false, "error": {"type": kind, "message": message}}),
    )
}

pub(super) fn not_found() -> Response {
    error(404, "not_found", "not found")
}

/// `allow` names the methods that there are, as RFC 9110 wants it.
pub(super) fn method_not_allowed(allow: &'static str) -> Response {
    let mut response = error(405, "method_not_allowed", "Method Not Allowed");
    let headers = response.headers_mut();
    headers.insert(ALLOW, HeaderValue::from_static(allow));
    response
}

/// 401, or 429 with the seconds to wait.
pub(super) fn unauthorized(refusal: &Refusal) -> Response {
    let Some(wait_ms) = refusal.error.retry_after_ms else {
        return error(401, "unauthorized", "Unauthorized");
    };
    let mut response = error(
        429,
        "rate_limited",
        "Too many failed authentication attempts. Please try again later.",
    );
    let seconds = HeaderValue::from(wait_ms.div_ceil(1000).max(1));
    response.headers_mut().insert(RETRY_AFTER, seconds);
    response
}
