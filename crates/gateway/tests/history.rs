//! Reading a conversation from a place in it.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::{Value, json};
use support::{ALL_SCOPES, TestGateway};

const MAIN: &str = "agent:main:main";

fn with(base: &Value, more: &Value) -> Value {
    let mut whole = base.clone();
    for (name, value) in more.as_object().unwrap() {
        whole[name] = value.clone();
    }
    whole
}

#[tokio::test]
async fn a_history_is_shown_around_a_message_also_of_a_conversation_that_was_reset() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    for key in ["one", "two", "three"] {
        let send = json!({"sessionKey": MAIN, "message": "say: fine", "idempotencyKey": key});
        wire.ask("chat.send", send).await;
        let wait = json!({"runId": key, "timeoutMs": 20_000});
        wire.ask("agent.wait", wait).await;
    }
    let seen = wire.ask("chat.history", json!({"sessionKey": MAIN})).await;
    let id = |at: usize| seen["messages"][at]["__openclaw"]["id"].clone();
    let ids = |page: &Value| -> Vec<Value> {
        let messages = page["messages"].as_array().unwrap().iter();
        messages
            .map(|message| message["__openclaw"]["id"].clone())
            .collect()
    };
    let around = json!({"sessionKey": MAIN, "messageId": id(2), "limit": 3});
    let page = wire.ask("chat.history", around.clone()).await;
    assert_eq!(ids(&page), [id(1), id(2), id(3)], "{page}");
    for counted in [
        "hasMore",
        "nextOffset",
        "offset",
        "totalMessages",
        "deltaCursor",
    ] {
        assert!(page.get(counted).is_none(), "{counted}: {page}");
    }
    wire.ask("sessions.reset", json!({"key": MAIN})).await;
    let named = with(&around, &json!({"sessionId": seen["sessionId"]}));
    let page = wire.ask("chat.history", named).await;
    assert_eq!(ids(&page), [id(1), id(2), id(3)], "{page}");
    assert_eq!(page["sessionId"], seen["sessionId"]);

    let none = json!({"sessionKey": MAIN, "messageId": "none"});
    let page = wire.ask("chat.history", none).await;
    assert_eq!(ids(&page), [] as [Value; 0], "{page}");
    for wrong in [
        json!({"offset": 1}),
        json!({"cursor": "a:1"}),
        json!({"sessionId": "another"}),
    ] {
        let refused = wire.request("chat.history", with(&around, &wrong)).await;
        assert_eq!(
            refused["error"]["code"], "INVALID_REQUEST",
            "{wrong}: {refused}"
        );
    }
}
