//! What the scripted gateway knows, and how it answers each method.

use serde_json::{Value, json};

use super::approvals::{Approvals, now_ms};

/// The methods it says it has.
const METHODS: &[&str] = &[
    "health",
    "status",
    "sessions.list",
    "sessions.subscribe",
    "sessions.messages.subscribe",
    "sessions.messages.unsubscribe",
    "chat.history",
    "chat.send",
    "chat.abort",
    "exec.approval.list",
    "exec.approval.get",
    "exec.approval.resolve",
    "models.list",
    "agents.list",
];

/// What a test wants to find on the gateway.
#[derive(Clone)]
pub struct Script {
    pub sessions: Vec<ScriptedSession>,
    pub max_payload: u64,
    pub tick_interval_ms: u64,
    /// What it grants, whatever was asked for.
    pub scopes: Vec<&'static str>,
    /// What stands among the exec approvals that it lists, whatever it is.
    pub listed_garbage: Vec<Value>,
    /// Runs that go on in every session when a client comes.
    pub running: Vec<&'static str>,
    /// Those of them that an abort does not end.
    pub unstoppable: Vec<&'static str>,
    /// It hangs up on whoever decides, and takes note of nothing.
    pub hangs_up_on_decisions: bool,
    pub refuses_messages: bool,
    /// It hangs up on whoever sends a message, once for each, and forgets that it came.
    pub hangs_up_on_messages: u32,
    /// Methods that are answered with an error, and how often.
    pub fails: Vec<(&'static str, u32)>,
    /// The protocol that it says it speaks.
    pub protocol: u32,
}

#[derive(Clone)]
pub struct ScriptedSession {
    pub key: String,
    pub title: String,
    /// How many messages its generated transcript has.
    pub messages: usize,
}

impl Default for Script {
    fn default() -> Self {
        let main = ScriptedSession {
            key: "agent:main:main".to_owned(),
            title: "Main".to_owned(),
            messages: 20,
        };
        Self {
            sessions: vec![main],
            max_payload: 26_214_400,
            tick_interval_ms: 30_000,
            scopes: vec![
                "operator.read",
                "operator.write",
                "operator.approvals",
                "operator.pairing",
                "operator.admin",
            ],
            listed_garbage: Vec::new(),
            running: Vec::new(),
            unstoppable: Vec::new(),
            hangs_up_on_decisions: false,
            refuses_messages: false,
            hangs_up_on_messages: 0,
            fails: Vec::new(),
            protocol: 4,
        }
    }
}

pub(super) struct World {
    pub(super) script: Script,
    pub(super) approvals: Approvals,
}

impl World {
    pub(super) fn new(script: Script) -> Self {
        Self {
            script,
            approvals: Approvals::default(),
        }
    }

    pub(super) fn hello(&self) -> Value {
        json!({
            "type": "hello-ok",
            "protocol": self.script.protocol,
            "server": { "version": "scripted", "connId": "scripted-connection" },
            "features": { "methods": METHODS, "events": [], "capabilities": [] },
            "snapshot": { "presence": [], "health": { "ok": true, "ts": now_ms() },
                "stateVersion": { "presence": 1, "health": 1 }, "uptimeMs": 1000,
                "sessionDefaults": { "defaultAgentId": "main", "mainKey": "main",
                    "mainSessionKey": "agent:main:main", "scope": "per-sender" } },
            "auth": { "role": "operator", "scopes": self.script.scopes },
            "policy": { "maxPayload": self.script.max_payload,
                "maxBufferedBytes": 52_428_800, "tickIntervalMs": self.script.tick_interval_ms },
        })
    }

    /// The result of a request, or its error. `event` is what every client is then told.
    pub(super) fn answer(&mut self, method: &str, params: &Value) -> Answer {
        if self.fails_now(method) {
            return Answer::error(json!({ "code": "UNAVAILABLE", "message": "not now" }));
        }
        match method {
            "sessions.list" => Answer::ok(self.sessions()),
            "sessions.subscribe" => {
                Answer::ok(json!({ "subscribed": true, "list": self.sessions() }))
            }
            "sessions.messages.subscribe" => {
                Answer::ok(json!({ "subscribed": true, "key": params["key"] }))
            }
            "chat.history" => Answer::ok(self.history(params)),
            "chat.abort" => Answer::ok(self.abort(params)),
            "chat.send" if self.script.refuses_messages => {
                Answer::error(json!({ "code": "UNAVAILABLE", "message": "not now" }))
            }
            "chat.send" => {
                Answer::ok(json!({ "runId": params["idempotencyKey"], "status": "started" }))
            }
            "exec.approval.list" => Answer::ok(self.approvals.list(&self.script.listed_garbage)),
            "exec.approval.get" => self.approval(params),
            "exec.approval.resolve" => self.resolve(params),
            "models.list" => Answer::ok(json!({ "models": [] })),
            "agents.list" => {
                Answer::ok(json!({ "defaultId": "main", "agents": [{ "id": "main" }] }))
            }
            known if METHODS.contains(&known) => Answer::ok(json!({ "ok": true })),
            unknown => Answer::error(json!({ "code": "INVALID_REQUEST",
                "message": format!("unknown method: {unknown}") })),
        }
    }

    fn fails_now(&mut self, method: &str) -> bool {
        let mut fails = self.script.fails.iter_mut();
        let left = fails.find(|(name, left)| *name == method && *left > 0);
        left.map(|(_, left)| *left -= 1).is_some()
    }

    /// Whether it hangs up on this request instead of answering it.
    pub(super) fn hangs_up(&mut self, method: &str) -> bool {
        let script = &mut self.script;
        match method {
            "exec.approval.resolve" => script.hangs_up_on_decisions,
            "chat.send" if script.hangs_up_on_messages > 0 => {
                script.hangs_up_on_messages -= 1;
                true
            }
            _ => false,
        }
    }

    fn approval(&self, params: &Value) -> Answer {
        match self
            .approvals
            .get(params["id"].as_str().unwrap_or_default())
        {
            Some(request) => Answer::ok(request),
            None => Answer::error(json!({ "code": "INVALID_REQUEST",
                "message": "unknown or expired approval id",
                "details": { "reason": "APPROVAL_NOT_FOUND" } })),
        }
    }

    fn resolve(&mut self, params: &Value) -> Answer {
        let id = params["id"].as_str().unwrap_or_default();
        let decision = params["decision"].as_str().unwrap_or_default();
        match self.approvals.resolve(id, decision, "Gatehouse") {
            Ok(event) => Answer {
                result: Ok(json!({ "ok": true })),
                event: Some(("exec.approval.resolved", event)),
            },
            Err(error) => Answer::error(error),
        }
    }

    /// Ends the run that is named, else all of them.
    fn abort(&mut self, params: &Value) -> Value {
        let named = params["runId"].as_str();
        let script = &mut self.script;
        let kept = &script.unstoppable;
        let ends = |run: &str| named.is_none_or(|of| of == run) && !kept.contains(&run);
        let (ended, left): (Vec<_>, Vec<_>) = script.running.iter().partition(|run| ends(run));
        script.running = left;
        let beside = named.filter(|run| !ended.contains(run));
        let runs: Vec<&str> = ended.into_iter().chain(beside).collect();
        json!({ "ok": true, "aborted": true, "runIds": runs })
    }

    fn sessions(&self) -> Value {
        let now = now_ms();
        let sessions: Vec<Value> = self
            .script
            .sessions
            .iter()
            .zip(0u64..)
            .map(|(session, age)| {
                json!({ "key": session.key, "label": session.title, "kind": "direct",
                    "agentId": "main", "updatedAt": now - age * 60_000, "hasActiveRun": false,
                    "sessionId": format!("session-{age}"), "totalTokens": 1200,
                    "contextTokens": 128_000, "modelProvider": "scripted", "model": "scripted-1" })
            })
            .collect();
        json!({ "ts": now, "count": sessions.len(), "totalCount": sessions.len(),
            "hasMore": false, "sessions": sessions })
    }

    /// Messages counted back from the newest: `offset` are skipped, then `limit` are given, oldest first.
    fn history(&self, params: &Value) -> Value {
        let key = params["sessionKey"].as_str().unwrap_or_default();
        let total = self
            .script
            .sessions
            .iter()
            .find(|session| session.key == key)
            .map_or(0, |session| session.messages);
        let limit = params["limit"]
            .as_u64()
            .map_or(200, |limit| usize::try_from(limit).unwrap_or(200));
        let offset = params["offset"]
            .as_u64()
            .map_or(0, |at| usize::try_from(at).unwrap_or(0));
        let end = total.saturating_sub(offset);
        let start = end.saturating_sub(limit);
        let messages: Vec<Value> = (start..end).map(message).collect();
        let mut history = json!({ "sessionKey": key, "sessionId": "session-0", "messages": messages,
            "hasMore": start > 0, "nextOffset": offset + (end - start), "totalMessages": total });
        let running = &self.script.running;
        if !running.is_empty() {
            history["sessionInfo"] = json!({ "hasActiveRun": true, "activeRunIds": running });
        }
        history
    }
}

/// What a request gets, and the event that follows from it.
pub(super) struct Answer {
    pub(super) result: Result<Value, Value>,
    pub(super) event: Option<(&'static str, Value)>,
}

impl Answer {
    fn ok(result: Value) -> Self {
        Self {
            result: Ok(result),
            event: None,
        }
    }

    fn error(error: Value) -> Self {
        Self {
            result: Err(error),
            event: None,
        }
    }
}

/// The nth message of a generated transcript: questions and answers with prose, lists and code.
fn message(n: usize) -> Value {
    let (role, text) = match n % 4 {
        0 => (
            "user",
            format!("Question {n}: what does step {n} of the build do?"),
        ),
        1 => (
            "assistant",
            format!(
                "Step {n} compiles the *protocol* crate.\n\n- reads `Cargo.toml`\n- checks **{n}** files\n- writes the result\n"
            ),
        ),
        2 => ("user", format!("And question {n}?")),
        _ => (
            "assistant",
            format!(
                "Run it so:\n\n```rust\nfn step_{n}() -> usize {{\n    {n} + 1\n}}\n```\n\nIt prints {n}."
            ),
        ),
    };
    json!({ "role": role, "content": [{ "type": "text", "text": text }],
        "timestamp": 1_790_000_000_000_u64 + n as u64 * 1000,
        "__openclaw": { "id": format!("message-{n:06}"), "seq": n + 1 } })
}
