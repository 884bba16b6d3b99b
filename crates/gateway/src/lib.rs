//! The gateway: WebSocket and HTTP, request routing, sessions, approvals, configuration.
#![cfg_attr(test, allow(clippy::unwrap_used))]
