//! What one client says in a row, and what two do at the same time, comes out as if it was said in order.
#![allow(clippy::unwrap_used)]

mod support;

use std::time::Duration;

use futures_util::SinkExt;
use gatehouse_protocol::device::DeviceKey;
use serde_json::{Value, json};
use sqlx::{ConnectOptions, Executor, SqliteConnection};
use support::{ALL_SCOPES, TOKEN, TestGateway, Wire, another_person};
use tokio_tungstenite::tungstenite::Message;

const MAIN: &str = "agent:main:main";

#[tokio::test]
async fn the_end_of_a_subscription_that_comes_right_behind_its_beginning_ends_all_of_it() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let mut other = another_person(&gateway).await;
    other.ask("sessions.create", json!({"key": MAIN})).await;
    let follow = json!({"key": MAIN, "includeApprovals": true});
    let both = [
        ("sessions.messages.subscribe", follow),
        ("sessions.messages.unsubscribe", json!({"key": MAIN})),
    ];
    for (method, params) in both {
        let frame = json!({"type": "req", "id": method, "method": method, "params": params});
        wire.socket
            .feed(Message::text(frame.to_string()))
            .await
            .unwrap();
    }
    // Both in one piece, so that the gateway has the second at hand when it works on the first.
    wire.socket.flush().await.unwrap();
    for _ in 0..2 {
        let answer = loop {
            let frame = wire.receive().await.unwrap();
            if frame["type"] == "res" {
                break frame;
            }
        };
        assert_eq!(answer["ok"], true, "{answer}");
    }
    let send = json!({"sessionKey": MAIN, "message": "exec: uname", "idempotencyKey": "r"});
    other.ask("chat.send", send).await;
    let heard = until_the_end(&mut wire).await;
    let own = |event: &Value| {
        let event_name = event["event"].as_str().unwrap_or_default();
        event_name == "session.message" || event["payload"]["stream"] == "tool"
    };
    let heard: Vec<&Value> = heard.iter().filter(|event| own(event)).collect();
    assert!(heard.is_empty(), "{heard:?}");
    // Who follows hears of both.
    other
        .ask("sessions.messages.subscribe", json!({"key": MAIN}))
        .await;
    let send = json!({"sessionKey": MAIN, "message": "exec: uname", "idempotencyKey": "s"});
    other.ask("chat.send", send).await;
    assert!(until_the_end(&mut other).await.iter().any(own));
}

/// All that is heard until a run has said its last word.
async fn until_the_end(wire: &mut Wire) -> Vec<Value> {
    let mut heard = std::mem::take(&mut wire.events);
    loop {
        let event = wire.receive().await.unwrap();
        let is_last = event["event"] == "chat" && event["payload"]["state"] != "delta";
        heard.push(event);
        if is_last {
            return heard;
        }
    }
}

/// What two clients are answered who ask at the same time.
async fn at_once(
    wires: &mut [Wire; 2],
    one: (&str, Value),
    other: (&str, Value),
) -> (Value, Value) {
    let [first, second] = wires;
    tokio::join!(
        first.request(one.0, one.1),
        second.request(other.0, other.1)
    )
}

#[tokio::test]
async fn a_label_that_two_want_at_once_is_given_to_one() {
    let gateway = TestGateway::start().await;
    let mut wires = [
        gateway.client(&ALL_SCOPES).await,
        another_person(&gateway).await,
    ];
    for round in 0..16 {
        let label = format!("label {round}");
        let create = json!({"key": format!("agent:main:a{round}"), "label": label});
        let patch = json!({"key": MAIN, "label": label});
        let (one, other) = at_once(
            &mut wires,
            ("sessions.create", create),
            ("sessions.patch", patch),
        )
        .await;
        assert_ne!(one["ok"], other["ok"], "{round}: {one} {other}");
    }
}

#[tokio::test]
async fn who_means_one_session_changes_and_deletes_no_other_of_its_key() {
    const KEY: &str = "agent:main:busy";
    let gateway = TestGateway::start().await;
    let mut wires = [
        gateway.client(&ALL_SCOPES).await,
        another_person(&gateway).await,
    ];
    for round in 0..16 {
        let made = wires[0].ask("sessions.create", json!({"key": KEY})).await;
        let seen = &made["sessionId"];
        let reset = || ("sessions.reset", json!({"key": KEY}));
        let patch = json!({"key": KEY, "expectedSessionId": seen, "execAsk": "always"});
        let (patched, _) = at_once(&mut wires, ("sessions.patch", patch), reset()).await;
        if patched["ok"] == true {
            let changed = &patched["payload"]["entry"]["sessionId"];
            assert_eq!(changed, seen, "round {round} changed another one");
        }
        let made = wires[0].ask("sessions.create", json!({"key": KEY})).await;
        let delete = json!({"key": KEY, "expectedSessionId": made["sessionId"]});
        let (_, reset) = at_once(&mut wires, ("sessions.delete", delete), reset()).await;
        if reset["ok"] != true {
            // It was deleted in the middle of that, as it may be.
            continue;
        }
        let kept = gateway.running.app().store.session(KEY).await.unwrap();
        let begun = &reset["payload"]["entry"]["sessionId"];
        let kept = kept.map(|row| json!(row.session_id));
        assert_eq!(
            kept.as_ref(),
            Some(begun),
            "round {round} deleted another one"
        );
    }
}

#[tokio::test]
async fn what_two_change_at_once_of_agents_and_groups_is_all_there() {
    let gateway = TestGateway::start().await;
    let mut wires = [
        gateway.client(&ALL_SCOPES).await,
        another_person(&gateway).await,
    ];
    for round in 0..16 {
        let name = format!("agent {round}");
        wires[0].ask("agents.create", json!({"name": name})).await;
        let id = format!("agent-{round}");
        let change = json!({"agentId": id, "emoji": "x"});
        let delete = ("agents.delete", json!({"agentId": id}));
        at_once(&mut wires, ("agents.update", change), delete).await;
        let list = wires[0].ask("agents.list", json!({})).await;
        let agents = list["agents"].as_array().unwrap();
        assert!(
            agents.iter().all(|agent| agent["id"] != *id),
            "round {round}"
        );

        let groups = json!({"names": ["one", "other"]});
        wires[0].ask("sessions.groups.put", groups).await;
        let update = |name: &str| {
            let group = json!({"name": name, "cwd": format!("/ws/{round}"), "worktree": false});
            ("sessions.groups.update", group)
        };
        at_once(&mut wires, update("one"), update("other")).await;
        let kept = wires[0].ask("sessions.groups.defaults", json!({})).await;
        for group in kept["defaults"].as_array().unwrap() {
            assert_eq!(group["cwd"], format!("/ws/{round}"), "{kept}");
        }
    }
}

/// Keeps the gateway from writing until it is given back.
async fn held_store(gateway: &TestGateway) -> SqliteConnection {
    let file = gateway.state.path().join("gateway.sqlite3");
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(file);
    let mut connection = options.connect().await.unwrap();
    connection.execute("BEGIN IMMEDIATE").await.unwrap();
    connection
}

/// Nothing shows how far the gateway is with what it was sent, so it is given time; where that was too little, the round
/// says nothing and is gone through again with more.
#[tokio::test]
async fn who_is_shown_out_on_the_way_in_does_not_stay() {
    let gateway = TestGateway::start().await;
    let mut operator = gateway.client(&ALL_SCOPES).await;
    for round in 1..=8 {
        let key = DeviceKey::from_seed([100 + round; 32]);
        let device = approved(&gateway, &mut operator, &key).await;
        let mut held = held_store(&gateway).await;
        let remove = json!({"type": "req", "id": "remove", "method": "device.pair.remove",
            "params": {"deviceId": device}});
        operator.send(remove.to_string()).await;
        let time = Duration::from_millis(100 * u64::from(round));
        tokio::time::sleep(time).await;
        let mut wire = from_afar(&gateway).await;
        let on_its_way = tokio::spawn(async move {
            let answer = joins(&mut wire, &key).await;
            (wire, answer)
        });
        tokio::time::sleep(time).await;
        held.execute("COMMIT").await.unwrap();
        let (mut wire, answer) = on_its_way.await.unwrap();
        while operator.receive().await.unwrap()["id"] != "remove" {}
        if answer["ok"] != true {
            continue;
        }
        let ask = json!({"type": "req", "id": "still in", "method": "health"});
        // It may be shown out already.
        let _ = wire.socket.send(Message::text(ask.to_string())).await;
        while let Some(frame) = wire.receive().await {
            assert_ne!(frame["id"], "still in", "it is answered: {frame}");
        }
        return;
    }
    panic!("nobody was on the way in any round");
}

async fn from_afar(gateway: &TestGateway) -> Wire {
    Wire::dial_with(gateway.address(), &[("x-forwarded-for", "203.0.113.9")]).await
}

async fn joins(wire: &mut Wire, key: &DeviceKey) -> Value {
    let token = json!({"token": TOKEN});
    wire.connect_as(key, token, &["operator.read"], |_| {})
        .await
}

/// A device from afar that was let in; its id.
async fn approved(gateway: &TestGateway, operator: &mut Wire, key: &DeviceKey) -> Value {
    let refused = joins(&mut from_afar(gateway).await, key).await;
    let request = refused["error"]["details"]["requestId"].clone();
    let approve = json!({"requestId": request});
    let approved = operator.ask("device.pair.approve", approve).await;
    // Its token is made at the first time, which nobody waits for the store for later.
    let joined = joins(&mut from_afar(gateway).await, key).await;
    assert_eq!(joined["ok"], true, "{joined}");
    approved["device"]["deviceId"].clone()
}
