//! Requests and their answers: in time, late, never, wrong, and on another connection.

use std::time::Duration;

use gatehouse_client::RequestError;
use gatehouse_protocol::methods::{
    ApprovalIdParams, ChatSend, ChatSendParams, ExecApprovalGet, Health, MessagesSubscribe,
    MessagesSubscribeParams, SessionsSearch, SessionsSearchParams,
};
use gatehouse_protocol::{ErrorCode, NoParams};
use serde_json::json;

use crate::client::{Client, config};
use crate::peer::{Peer, hello};

#[tokio::test]
async fn answers_find_who_asked_in_whatever_order_they_come() {
    let peer = Peer::bind().await;
    let mut client = Client::start(config(&peer.url()));
    let mut talk = peer.welcome().await;
    client.up().await;
    let ask = || client.connection.request::<Health>(NoParams {});
    let answering = async {
        let first = talk.asked().await;
        let second = talk.asked().await;
        talk.answer(&second, json!("second")).await;
        talk.answer(&first, json!("first")).await;
    };
    let (first, second, ()) = tokio::join!(ask(), ask(), answering);
    assert_eq!(
        (first.unwrap(), second.unwrap()),
        (json!("first"), json!("second"))
    );
}

#[tokio::test]
async fn a_request_that_is_not_answered_in_time_fails_and_its_late_answer_is_harmless() {
    let peer = Peer::bind().await;
    let mut config = config(&peer.url());
    config.limits.request_deadline = Duration::from_millis(100);
    let mut client = Client::start(config);
    let mut talk = peer.welcome().await;
    client.up().await;
    let answer = client.connection.request::<Health>(NoParams {}).await;
    assert_eq!(
        answer,
        Err(RequestError::TimedOut {
            method: "health".into()
        })
    );
    let late = talk.asked().await;
    talk.answer(&late, json!(1)).await;
    talk.answer(&late, json!(2)).await;
    let asking = client.connection.request::<Health>(NoParams {});
    let answering = async {
        let asked = talk.asked().await;
        talk.answer(&asked, json!("in time")).await;
    };
    assert_eq!(tokio::join!(asking, answering).0, Ok(json!("in time")));
}

#[tokio::test]
async fn a_dropped_socket_fails_pending_requests_with_disconnected() {
    let peer = Peer::bind().await;
    let mut client = Client::start(config(&peer.url()));
    let mut talk = peer.welcome().await;
    client.up().await;
    let asking = client.connection.request::<Health>(NoParams {});
    let dropping = async {
        talk.asked().await;
        drop(talk);
    };
    assert_eq!(
        tokio::join!(asking, dropping).0,
        Err(RequestError::Disconnected)
    );
}

#[tokio::test]
async fn a_request_without_a_connection_fails_at_once() {
    let peer = Peer::bind().await;
    let client = Client::start(config(&peer.url()));
    let _silent = peer.dialled().await;
    let answer = client.connection.request::<Health>(NoParams {}).await;
    assert_eq!(answer, Err(RequestError::Disconnected));
}

#[tokio::test]
async fn a_decision_of_an_earlier_connection_is_not_sent() {
    let peer = Peer::bind().await;
    let mut client = Client::start(config(&peer.url()));
    let talk = peer.welcome().await;
    let first = client.up().await;
    drop(talk);
    client.down().await;
    let mut talk = peer.welcome().await;
    let second = client.up().await;
    let stale = client
        .connection
        .request_on::<Health>(first, NoParams {})
        .await;
    assert_eq!(stale, Err(RequestError::Stale));
    let asking = client.connection.request_on::<Health>(second, NoParams {});
    let answering = async {
        let asked = talk.asked().await;
        talk.answer(&asked, json!("only this one arrived")).await;
    };
    assert_eq!(
        tokio::join!(asking, answering).0,
        Ok(json!("only this one arrived"))
    );
}

#[tokio::test]
async fn too_many_requests_at_once_are_refused_here() {
    let peer = Peer::bind().await;
    let mut config = config(&peer.url());
    config.limits.in_flight = 2;
    let mut client = Client::start(config);
    let mut talk = peer.welcome().await;
    client.up().await;
    let ask = || client.connection.request::<Health>(NoParams {});
    let answering = async {
        let (first, second) = (talk.asked().await, talk.asked().await);
        talk.answer(&first, json!(1)).await;
        talk.answer(&second, json!(2)).await;
    };
    let (first, second, third, ()) = tokio::join!(ask(), ask(), ask(), answering);
    assert_eq!((first, second), (Ok(json!(1)), Ok(json!(2))));
    assert_eq!(third, Err(RequestError::Busy));
}

#[tokio::test]
async fn a_request_larger_than_the_gateway_takes_is_not_sent() {
    let peer = Peer::bind().await;
    let mut client = Client::start(config(&peer.url()));
    let _talk = peer.welcome().await;
    client.up().await;
    let params = ChatSendParams {
        session_key: "main".into(),
        message: "x".repeat(100_000),
        idempotency_key: "k".into(),
        ..Default::default()
    };
    let answer = client.connection.request::<ChatSend>(params).await;
    let Err(RequestError::TooLarge { size, limit, .. }) = answer else {
        panic!("expected it to be too large: {answer:?}");
    };
    assert!(size > limit && limit == 100_000);
}

#[tokio::test]
async fn a_refusal_carries_the_gateways_code_and_details() {
    let peer = Peer::bind().await;
    let mut client = Client::start(config(&peer.url()));
    let mut talk = peer.welcome().await;
    client.up().await;
    let asking = client.connection.request::<Health>(NoParams {});
    let answering = async {
        let asked = talk.asked().await;
        let error = json!({"code": "FORBIDDEN", "message": "missing scope: operator.read",
            "details": {"code": "MISSING_SCOPE", "missingScope": "operator.read"}});
        talk.refuse(&asked, error).await;
    };
    let Err(RequestError::Gateway(error)) = tokio::join!(asking, answering).0 else {
        panic!("a refusal");
    };
    assert_eq!(error.code, ErrorCode::Forbidden);
    assert_eq!(error.missing_scope(), Some("operator.read"));
}

#[tokio::test]
async fn an_answer_of_another_shape_is_told_from_a_refusal() {
    let peer = Peer::bind().await;
    let mut client = Client::start(config(&peer.url()));
    let mut talk = peer.welcome().await;
    client.up().await;
    let asking = client
        .connection
        .request::<ExecApprovalGet>(ApprovalIdParams { id: "a".into() });
    let answering = async {
        let asked = talk.asked().await;
        talk.answer(&asked, json!("surprise")).await;
    };
    let answer = tokio::join!(asking, answering).0;
    assert!(
        matches!(answer, Err(RequestError::BadResponse { .. })),
        "{answer:?}"
    );
}

#[tokio::test]
async fn an_old_gateway_is_asked_only_what_it_understands() {
    let peer = Peer::bind().await;
    let mut client = Client::start(config(&peer.url()));
    let mut old = hello();
    old["protocol"] = json!(3);
    let mut talk = peer.welcome_with(old).await;
    client.up().await;
    let search = SessionsSearchParams {
        query: "q".into(),
        ..Default::default()
    };
    let unknown = client.connection.request::<SessionsSearch>(search).await;
    assert_eq!(
        unknown,
        Err(RequestError::Unsupported {
            method: "sessions.search"
        })
    );
    let params = MessagesSubscribeParams {
        key: "main".into(),
        include_approvals: true,
        agent_id: None,
    };
    let asking = client.connection.request::<MessagesSubscribe>(params);
    let answering = async {
        let asked = talk.asked().await;
        assert_eq!(asked.params, json!({"key": "main"}));
        talk.answer(&asked, json!({"subscribed": true})).await;
    };
    assert!(tokio::join!(asking, answering).0.unwrap().subscribed);
}
