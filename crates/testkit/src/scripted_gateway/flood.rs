//! A flood of events: of kinds that a client knows and of one that it doesn't, with approvals that come and go in it.

use serde_json::{Value, json};

use super::approvals::now_ms;

/// So many events are sent between two looks at what the client wants.
pub(super) const AT_ONCE: usize = 64;

/// One approval in so many events comes, and goes half as many later.
const APPROVALS: u64 = 1000;

/// What is left of a flood.
#[derive(Clone, Copy, Default)]
pub(super) struct Flood {
    next: u64,
    end: u64,
}

impl Flood {
    pub(super) fn of(events: u64) -> Self {
        Self {
            next: 0,
            end: events,
        }
    }

    pub(super) fn is_over(self) -> bool {
        self.next >= self.end
    }
}

impl Iterator for Flood {
    type Item = (&'static str, Value);

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over() {
            return None;
        }
        let number = self.next;
        self.next += 1;
        Some(event(number))
    }
}

fn event(number: u64) -> (&'static str, Value) {
    let of_approval = number % APPROVALS;
    if of_approval == 0 {
        return ("exec.approval.requested", requested(number));
    }
    if of_approval == APPROVALS / 2 {
        let id = format!("flood-{}", number - of_approval);
        let gone =
            json!({ "id": id, "decision": "deny", "resolvedBy": "somebody", "ts": now_ms() });
        return ("exec.approval.resolved", gone);
    }
    let text = format!("line {number} of a build that says much");
    match number % 4 {
        0 => ("tick", json!({ "ts": now_ms() })),
        1 => (
            "agent",
            json!({ "runId": "run-9", "stream": "assistant", "seq": number, "ts": now_ms(),
                "sessionKey": "agent:main:elsewhere", "data": { "text": text, "delta": text } }),
        ),
        2 => (
            "chat",
            json!({ "runId": "run-9", "sessionKey": "agent:main:elsewhere", "seq": number,
                "state": "delta", "deltaText": text }),
        ),
        _ => ("weather.changed", json!({ "number": number, "text": text })),
    }
}

fn requested(number: u64) -> Value {
    json!({ "id": format!("flood-{number}"), "createdAtMs": now_ms(), "expiresAtMs": null,
        "request": { "command": format!("make step-{number}"), "agentId": "main",
            "allowedDecisions": ["allow-once", "deny"] } })
}
