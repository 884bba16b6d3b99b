//! Records the protocol snapshots: starts both published gateways, talks to each over a bare socket, and
//! writes every frame, scrubbed, into `tests/snapshots/{v4,v3}/*.jsonl`. Run by `make record`; `v4` or `v3` as an
//! argument records only that one.
//!
//! A line is `{"sent": frame}` or `{"received": frame}`. What is asked is written here by hand and not with our
//! client, so that the snapshots show what a gateway says and not what we make of it.

mod scrub;
mod wire;

use std::{error::Error, path::PathBuf, time::Duration};

use gatehouse_testkit::{
    cable::Cable,
    gateway::{GatewayOptions, Pairing, RealGateway, Version},
};
use serde_json::{Value, json};

use wire::{Wire, WireOptions};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const SESSION: &str = "agent:main:main";
/// Events that still come after the one that was waited for.
const SETTLE: Duration = Duration::from_millis(1500);
/// In protocol 3 what came of a command begins a run of its own, whose words are the gateway's.
const FOLLOW_UP: Duration = Duration::from_secs(20);
/// What a starting gateway asks for.
const START_PAUSE: Duration = Duration::from_millis(500);
const START_ATTEMPTS: u32 = 240;

#[tokio::main]
async fn main() -> Outcome {
    let only = std::env::args().nth(1);
    for (name, version) in [("v4", Version::V4), ("v3", Version::V3)] {
        if only.as_deref().is_none_or(|wanted| wanted == name) {
            record(version).await?;
        }
    }
    Ok(())
}

async fn record(version: Version) -> Outcome {
    let gateway = RealGateway::start(version, GatewayOptions::default()).await?;
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/snapshots")
        .join(format!("v{}", version.protocol()));
    std::fs::create_dir_all(&folder)?;
    let mut wire = welcomed(&gateway, &folder.join("starting.jsonl")).await?;
    wire.save(&folder.join("hello.jsonl"))?;

    turn(&mut wire).await?;
    wire.save(&folder.join("chat-turn.jsonl"))?;
    command(&mut wire, &gateway, "allow-once").await?;
    wire.save(&folder.join("exec-allowed.jsonl"))?;
    command(&mut wire, &gateway, "deny").await?;
    wire.save(&folder.join("exec-denied.jsonl"))?;
    abort(&mut wire, &gateway).await?;
    wire.save(&folder.join("abort.jsonl"))?;
    expiry(&mut wire, &gateway).await?;
    wire.save(&folder.join("exec-expired.jsonl"))?;
    lists(&mut wire).await?;
    wire.save(&folder.join("lists.jsonl"))?;
    errors(&mut wire).await?;
    wire.save(&folder.join("errors.jsonl"))?;
    let scrubber = wire.close();
    refusals(&gateway, scrubber, &folder).await
}

/// Connects. A gateway that answers `GET /health` may still be starting; that refusal is worth a recording too.
async fn welcomed(gateway: &RealGateway, refusal: &std::path::Path) -> Outcome<Wire> {
    for _ in 0..START_ATTEMPTS {
        let scrubber = scrub::Scrubber::new(gateway);
        let mut wire = Wire::open(gateway, WireOptions::right(gateway), scrubber).await?;
        if wire.is_welcome() {
            return Ok(wire);
        }
        wire.settle(SETTLE).await?;
        wire.save(refusal)?;
        tokio::time::sleep(START_PAUSE).await;
    }
    Err("the gateway did not get ready".into())
}

async fn turn(wire: &mut Wire) -> Outcome {
    wire.ask("sessions.subscribe", json!({})).await?;
    wire.ask("sessions.messages.subscribe", json!({ "key": SESSION }))
        .await?;
    say(wire, "hello there").await?;
    wire.until_ever(is_end).await?;
    wire.settle(SETTLE).await
}

async fn command(wire: &mut Wire, gateway: &RealGateway, decision: &str) -> Outcome {
    let file = gateway.workspace().join(format!("{decision}.txt"));
    say(wire, &format!("exec: touch {}", file.display())).await?;
    let asked = wire
        .until(|frame| frame["event"] == "exec.approval.requested")
        .await?;
    let id = asked["payload"]["id"].clone();
    wire.ask("exec.approval.list", json!({})).await?;
    wire.ask("exec.approval.get", json!({ "id": id })).await?;
    if gateway.version() == Version::V4 {
        let answer = json!({ "id": id, "kind": "exec", "decision": decision });
        wire.ask("approval.resolve", answer).await?;
        wire.ask("approval.get", json!({ "id": id })).await?;
    } else {
        wire.ask(
            "exec.approval.resolve",
            json!({ "id": id, "decision": decision }),
        )
        .await?;
    }
    // The second answer, which is one too many.
    wire.ask(
        "exec.approval.resolve",
        json!({ "id": id, "decision": "deny" }),
    )
    .await?;
    if gateway.version() == Version::V3 {
        return wire.settle(FOLLOW_UP).await;
    }
    wire.until_ever(says_done).await?;
    wire.settle(SETTLE).await
}

async fn abort(wire: &mut Wire, gateway: &RealGateway) -> Outcome {
    let run = say(wire, "slow: never mind").await?;
    while gateway.model().stalled() == 0 {
        wire.settle(Duration::from_millis(100)).await?;
    }
    wire.ask("chat.history", json!({ "sessionKey": SESSION, "limit": 5 }))
        .await?;
    wire.ask("chat.abort", json!({ "sessionKey": SESSION, "runId": run }))
        .await?;
    wire.settle(SETTLE).await
}

async fn expiry(wire: &mut Wire, gateway: &RealGateway) -> Outcome {
    let operator = gateway.operator().await?;
    let raised = operator
        .raise_exec_approval("echo late", Duration::from_secs(2))
        .await?;
    wire.until(|frame| frame["event"] == "exec.approval.requested")
        .await?;
    wire.settle(Duration::from_secs(4)).await?;
    let answer = json!({ "id": raised.id, "decision": "deny" });
    wire.ask("exec.approval.resolve", answer).await?;
    if gateway.version() == Version::V4 {
        wire.ask("approval.get", json!({ "id": raised.id })).await?;
    }
    Ok(())
}

async fn lists(wire: &mut Wire) -> Outcome {
    wire.ask("sessions.list", json!({ "limit": 20 })).await?;
    wire.ask(
        "chat.history",
        json!({ "sessionKey": SESSION, "limit": 50 }),
    )
    .await?;
    wire.ask("device.pair.list", json!({})).await?;
    wire.ask("node.pair.list", json!({})).await?;
    wire.ask("agents.list", json!({})).await?;
    wire.ask("models.list", json!({})).await?;
    wire.ask("plugin.approval.list", json!({})).await?;
    wire.ask("approval.history", json!({ "limit": 10 }))
        .await
        .map(drop)
}

async fn errors(wire: &mut Wire) -> Outcome {
    wire.ask("no.such.method", json!({})).await?;
    wire.ask("chat.history", json!({ "limit": "many" })).await?;
    wire.ask(
        "exec.approval.resolve",
        json!({ "id": "none", "decision": "deny" }),
    )
    .await
    .map(drop)
}

/// The ways in which a connect is refused.
async fn refusals(
    gateway: &RealGateway,
    scrubber: scrub::Scrubber,
    folder: &std::path::Path,
) -> Outcome {
    let mut wrong = WireOptions::right(gateway);
    wrong.secret = Some("not-the-token".into());
    let scrubber = refused(gateway, wrong, scrubber, &folder.join("wrong-token.jsonl")).await?;

    let mut missing = WireOptions::right(gateway);
    missing.secret = None;
    let scrubber = refused(gateway, missing, scrubber, &folder.join("no-token.jsonl")).await?;

    let mut old = WireOptions::right(gateway);
    old.protocol = (1, 2);
    let scrubber = refused(
        gateway,
        old,
        scrubber,
        &folder.join("protocol-mismatch.jsonl"),
    )
    .await?;

    unpaired(gateway, scrubber, &folder.join("pairing-required.jsonl")).await
}

/// A device that has to be approved: v3 asks one from afar, v4 any when it is told to.
async fn unpaired(
    gateway: &RealGateway,
    scrubber: scrub::Scrubber,
    file: &std::path::Path,
) -> Outcome {
    if gateway.version() == Version::V3 {
        let cable = Cable::from_afar(gateway.port()).await?;
        let options = WireOptions {
            url: cable.url(),
            device: [7; 32],
            ..WireOptions::right(gateway)
        };
        return refused(gateway, options, scrubber, file).await.map(drop);
    }
    let options = GatewayOptions {
        pairing: Pairing::Required,
        ..GatewayOptions::default()
    };
    let asking = RealGateway::start(Version::V4, options).await?;
    // An operator is welcome as soon as the gateway has started.
    asking.operator().await?;
    let scrubber = scrub::Scrubber::new(&asking);
    refused(&asking, WireOptions::right(&asking), scrubber, file)
        .await
        .map(drop)
}

async fn refused(
    gateway: &RealGateway,
    options: WireOptions,
    scrubber: scrub::Scrubber,
    file: &std::path::Path,
) -> Outcome<scrub::Scrubber> {
    let mut wire = Wire::open(gateway, options, scrubber).await?;
    wire.settle(SETTLE).await?;
    wire.save(file)?;
    Ok(wire.close())
}

/// Says something and returns the run's id.
async fn say(wire: &mut Wire, message: &str) -> Outcome<Value> {
    let key = wire.fresh_id();
    let said = json!({ "sessionKey": SESSION, "message": message, "idempotencyKey": key });
    wire.ask("chat.send", said).await?;
    Ok(key.into())
}

fn is_end(frame: &Value) -> bool {
    frame["event"] == "chat" && frame["payload"]["state"] == "final"
}

/// The agent's last word on a command.
fn says_done(frame: &Value) -> bool {
    is_end(frame) && frame["payload"]["message"].to_string().contains("Done:")
}
