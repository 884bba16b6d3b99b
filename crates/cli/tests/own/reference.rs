//! The reference client at our gateway: handshake, pairing, a turn, abort, approval, a broken connection, and a reader
//! that does not read.

use std::time::Duration;

use gatehouse_testkit::operator::Operator;
use serde_json::{Value, json};
use tokio::sync::broadcast::Receiver;
use tokio::time::timeout;

use crate::frames::{check_answer, check_event};
use crate::gateway::OwnGateway;
use crate::run::SOON;

/// Calls a method and holds the answer to the schema.
async fn ask(gateway: &OwnGateway, operator: &Operator, method: &str, params: Value) -> Value {
    let answer = operator.call(method, params).await;
    let answer = answer.unwrap_or_else(|error| panic!("{method}: {error}\n{}", gateway.log()));
    check_answer(method, &answer);
    answer
}

/// Waits for an event, and holds every event on the way to the schema.
async fn hears<T>(events: &mut Receiver<Value>, mut pick: impl FnMut(&Value) -> Option<T>) -> T {
    let mut seen = Vec::new();
    let looking = async {
        loop {
            let event = events
                .recv()
                .await
                .expect("the client lives and the test keeps up");
            check_event(&event);
            if let Some(found) = pick(&event) {
                return found;
            }
            seen.push(event);
        }
    };
    let found = timeout(SOON, looking).await;
    found.unwrap_or_else(|_| panic!("no such event among {seen:#?}"))
}

/// Says something and returns the run's id.
async fn say(gateway: &OwnGateway, operator: &Operator, session: &str, text: &str) -> String {
    let key = format!("{session}/{text}");
    let params = json!({"sessionKey": session, "message": text, "idempotencyKey": key});
    let sent = ask(gateway, operator, "chat.send", params).await;
    sent["runId"]
        .as_str()
        .unwrap_or_else(|| panic!("{sent}"))
        .to_owned()
}

/// The last `chat` event of a run.
async fn ended(events: &mut Receiver<Value>, run: &str) -> Value {
    hears(events, |event| {
        let payload = &event["payload"];
        let is_end = ["final", "aborted", "error"]
            .iter()
            .any(|state| payload["state"] == *state);
        (event["event"] == "chat" && payload["runId"] == run && is_end).then(|| payload.clone())
    })
    .await
}

fn text_of(message: &Value) -> String {
    match &message["content"] {
        Value::String(text) => text.clone(),
        blocks => blocks
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|block| block["text"].as_str())
            .collect(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_greeted_as_the_schema_has_it() {
    let gateway = OwnGateway::start();
    let operator = gateway.operator().await;
    assert!(
        check_answer("connect", operator.hello()),
        "a hello has a published definition"
    );
    let offered = operator.hello()["features"]["methods"].as_array().unwrap();
    assert!(offered.contains(&json!("health")));
    let unknown = operator.call("no.such.method", json!({})).await;
    assert!(unknown.is_err(), "{unknown:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_paired_and_holds_a_token() {
    let gateway = OwnGateway::start();
    let mut dial = gateway.dial();
    dial.with_device = true;
    let device = Operator::dial(dial).await.unwrap();
    assert!(
        device.hello()["auth"]["deviceToken"].is_string(),
        "{}",
        device.hello()
    );
    let operator = gateway.operator().await;
    let list = ask(&gateway, &operator, "device.pair.list", json!({})).await;
    assert_eq!(list["paired"].as_array().unwrap().len(), 1, "{list:#}");
    device.drop_connection().unwrap();
    let mut events = device.events();
    let again = hears(&mut events, |event| {
        event["hello"].is_object().then(|| event["hello"].clone())
    })
    .await;
    assert_eq!(again["auth"]["role"], "operator");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_turn_is_streamed_and_kept() {
    let gateway = OwnGateway::start();
    let operator = gateway.operator().await;
    let mut events = operator.events();
    let session = "agent:main:turn";
    ask(
        &gateway,
        &operator,
        "sessions.messages.subscribe",
        json!({"key": session}),
    )
    .await;
    let run = say(&gateway, &operator, session, "stream: 40").await;
    let last = ended(&mut events, &run).await;
    let wanted: Vec<String> = (1..=40).map(|n| format!("word{n}")).collect();
    assert_eq!(last["state"], "final", "{last}");
    assert_eq!(text_of(&last["message"]).trim(), wanted.join(" "));

    let history = ask(
        &gateway,
        &operator,
        "chat.history",
        json!({"sessionKey": session}),
    )
    .await;
    let texts: Vec<String> = history["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(text_of)
        .collect();
    assert!(
        texts.iter().any(|text| text.trim() == wanted.join(" ")),
        "{texts:?}"
    );
    let twice = say(&gateway, &operator, session, "stream: 40").await;
    assert_eq!(twice, run, "the same key is the same message");
    let list = ask(&gateway, &operator, "sessions.list", json!({})).await;
    assert_eq!(list["sessions"][0]["key"], session, "{list:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_is_aborted() {
    let gateway = OwnGateway::start();
    let operator = gateway.operator().await;
    let mut events = operator.events();
    let session = "agent:main:abort";
    let run = say(&gateway, &operator, session, "slow: 400").await;
    hears(&mut events, |event| {
        (event["event"] == "chat" && event["payload"]["state"] == "delta").then_some(())
    })
    .await;
    let params = json!({"sessionKey": session, "runId": run});
    ask(&gateway, &operator, "chat.abort", params).await;
    assert_eq!(ended(&mut events, &run).await["state"], "aborted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_waits_for_a_person_and_runs_once_allowed() {
    let gateway = OwnGateway::start();
    let operator = gateway.operator().await;
    let mut events = operator.events();
    let run = say(&gateway, &operator, "agent:main:asks", "exec: echo it-ran").await;
    let asked = hears(&mut events, |event| {
        (event["event"] == "exec.approval.requested").then(|| event["payload"].clone())
    })
    .await;
    assert_eq!(asked["request"]["command"], "echo it-ran", "{asked:#}");
    let id = asked["id"].as_str().unwrap();
    let list = operator.pending_approvals().await.unwrap();
    assert_eq!(list.len(), 1, "{list:?}");
    let params = json!({"id": id, "kind": "exec", "decision": "allow-once"});
    let decided = ask(&gateway, &operator, "approval.resolve", params.clone()).await;
    assert_eq!(decided["applied"], true, "{decided:#}");
    let late = json!({"id": id, "kind": "exec", "decision": "deny"});
    let late = ask(&gateway, &operator, "approval.resolve", late).await;
    assert_eq!(
        (&late["applied"], &late["approval"]["decision"]),
        (&json!(false), &json!("allow-once"))
    );
    let last = ended(&mut events, &run).await;
    assert!(text_of(&last["message"]).contains("it-ran"), "{last:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_in_flight_is_adopted_after_the_connection_broke() {
    let gateway = OwnGateway::start();
    let operator = gateway.operator().await;
    let mut events = operator.events();
    let session = "agent:main:adopted";
    let run = say(&gateway, &operator, session, "slow: 40").await;
    operator.drop_connection().unwrap();
    hears(&mut events, |event| {
        event["hello"].is_object().then_some(())
    })
    .await;
    ask(
        &gateway,
        &operator,
        "sessions.messages.subscribe",
        json!({"key": session}),
    )
    .await;
    let history = ask(
        &gateway,
        &operator,
        "chat.history",
        json!({"sessionKey": session}),
    )
    .await;
    assert_eq!(history["inFlightRun"]["runId"], run.as_str(), "{history:#}");
    assert_eq!(ended(&mut events, &run).await["state"], "final");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_does_not_read_holds_up_nobody() {
    let gateway = OwnGateway::start();
    let sleeper = gateway.operator().await;
    let operator = gateway.operator().await;
    let mut events = operator.events();
    sleeper.pause().unwrap();
    let run = say(&gateway, &operator, "agent:main:fast", "stream: 1000").await;
    let last = ended(&mut events, &run).await;
    assert_eq!(last["state"], "final");
    sleeper.resume().unwrap();
    let after = timeout(Duration::from_secs(60), sleeper.call("health", json!({}))).await;
    let after = after.expect("it is served again, or told that it is not");
    assert!(after.is_ok() || gateway.log().contains("slow"), "{after:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_a_kill() {
    let gateway = OwnGateway::start();
    let operator = gateway.operator().await;
    let session = "agent:main:kept";
    let mut events = operator.events();
    let run = say(&gateway, &operator, session, "stream: 3").await;
    ended(&mut events, &run).await;
    drop(operator);
    let gateway = gateway.killed_and_back();
    let operator = gateway.operator().await;
    let history = ask(
        &gateway,
        &operator,
        "chat.history",
        json!({"sessionKey": session}),
    )
    .await;
    let texts: Vec<String> = history["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(text_of)
        .collect();
    assert!(
        texts.iter().any(|text| text.contains("stream: 3")),
        "{texts:?}"
    );
    assert!(texts.iter().any(|text| text.contains("word3")), "{texts:?}");
}
