//! The hello: what this gateway is and can, how things stand, and what this connection may do.

use gatehouse_protocol::MethodScope;
use serde::Serialize;
use serde_json::{Value, json};

use crate::auth::Admission;
use crate::broadcast::EVENTS;
use crate::router::Caller;
use crate::state::App;

/// Builds the payload of `hello-ok`.
pub(super) fn build(app: &App, caller: &Caller, admission: &Admission) -> impl Serialize + use<> {
    let methods: Vec<&str> = app.methods.names().collect();
    let events: Vec<&str> = EVENTS.iter().map(|kind| kind.name).collect();
    let limits = &app.limits;
    json!({
        "type": "hello-ok",
        "protocol": caller.protocol,
        "server": {
            "version": app.identity.version,
            "bootId": app.identity.boot_id,
            "connId": format!("{}-{}", app.identity.boot_id, caller.conn.0),
        },
        "features": {"methods": methods, "events": events, "capabilities": []},
        "snapshot": snapshot(app, caller),
        "auth": auth(caller, admission),
        "policy": {
            "maxPayload": limits.max_payload,
            "maxBufferedBytes": limits.max_buffered,
            "tickIntervalMs": u64::try_from(limits.tick.as_millis()).unwrap_or(u64::MAX),
        },
    })
}

fn snapshot(app: &App, caller: &Caller) -> Value {
    let presence = app.hub.presence();
    let health = app.health.current();
    let mut snapshot = json!({
        "presence": presence.entries,
        "health": health.snapshot,
        "stateVersion": {
            "presence": presence.version.presence,
            "health": health.version,
        },
        "uptimeMs": app.uptime_ms(),
        "sessionDefaults": crate::methods::session_defaults(app),
    });
    // Where the files are, and what there is to guess at, is for whoever looks after the gateway.
    if caller.may(MethodScope::Admin) {
        snapshot["stateDir"] = json!(app.state_dir);
        snapshot["authMode"] = json!(app.gatekeeper.mode());
    }
    snapshot
}

/// The granted role and scopes, and the device's tokens. This text holds secrets: it goes to the socket alone.
fn auth(caller: &Caller, admission: &Admission) -> Value {
    let mut auth = json!({
        "method": caller.method.as_str(),
        "role": caller.role,
        "scopes": caller.scopes,
    });
    if let Some(issued) = &admission.issued {
        auth["deviceToken"] = json!(issued.token.expose());
        auth["issuedAtMs"] = json!(issued.issued_at_ms);
    }
    let further = admission.handoff.iter().flat_map(|handoff| &handoff.tokens);
    if further.clone().next().is_some() {
        let tokens = further.map(|issued| {
            json!({
                "deviceToken": issued.token.expose(),
                "role": issued.role,
                "scopes": issued.scopes,
                "issuedAtMs": issued.issued_at_ms,
            })
        });
        auth["deviceTokens"] = tokens.collect();
    }
    auth
}
