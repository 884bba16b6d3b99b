//! The reference client at our gateway: handshake, pairing, a turn, abort, approval, a broken connection, and a reader
//! that does not read.

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
