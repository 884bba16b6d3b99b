//! The scripted gateway's approvals: pending until the first answer, which is recorded.

use std::{
    collections::BTreeMap,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};

/// How long a request waits, as long as a real gateway's default.
const WAITS_MS: u64 = 1_800_000;

#[derive(Default)]
pub(super) struct Approvals {
    next: u64,
    pending: BTreeMap<String, Value>,
    decided: BTreeMap<String, Value>,
    resolves: BTreeMap<String, u32>,
}

impl Approvals {
    /// `more` is put into the request.
    pub(super) fn raise(&mut self, command: &str, more: Value) -> Value {
        self.next += 1;
        let id = format!("approval-{:08}", self.next);
        let now = now_ms();
        let mut request = json!({
            "approvalKind": "exec",
            "id": id,
            "request": {
                "command": command,
                "cwd": "/home/ada/workspace",
                "host": "gateway",
                "security": "allowlist",
                "ask": "on-miss",
                "allowedDecisions": ["allow-once", "deny"],
                "unavailableDecisions": ["allow-always"],
                "agentId": "main",
                "resolvedPath": "/usr/bin/env",
                "sessionKey": "agent:main:main",
                "runId": "run-1",
                "toolCallId": "call-1",
            },
            "createdAtMs": now,
            "expiresAtMs": now + WAITS_MS,
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            request["request"][name] = value.clone();
        }
        self.pending.insert(id, request.clone());
        request
    }

    pub(super) fn list(&self, garbage: &[Value]) -> Value {
        Value::Array(self.pending.values().chain(garbage).cloned().collect())
    }

    pub(super) fn get(&self, id: &str) -> Option<Value> {
        self.pending.get(id).cloned()
    }

    /// The `exec.approval.resolved` event, or the error that a second answer gets.
    pub(super) fn resolve(&mut self, id: &str, decision: &str, by: &str) -> Result<Value, Value> {
        *self.resolves.entry(id.to_owned()).or_default() += 1;
        let Some(request) = self.pending.remove(id) else {
            return Err(
                json!({ "code": "INVALID_REQUEST", "message": "unknown or expired approval id",
                "details": { "reason": "APPROVAL_NOT_FOUND" } }),
            );
        };
        let event = json!({ "id": id, "decision": decision, "resolvedBy": by, "ts": now_ms(),
            "request": request["request"] });
        self.decided.insert(id.to_owned(), event.clone());
        Ok(event)
    }

    pub(super) fn record(&self, id: &str) -> (Option<String>, u32) {
        let decision = self
            .decided
            .get(id)
            .and_then(|event| event["decision"].as_str());
        (
            decision.map(str::to_owned),
            self.resolves.get(id).copied().unwrap_or_default(),
        )
    }
}

pub(super) fn now_ms() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("the clock is after 1970");
    u64::try_from(since.as_millis()).expect("milliseconds fit for the next half billion years")
}
