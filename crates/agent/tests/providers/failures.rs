//! What a provider refuses, and what is made of it: another key, a pause, being left alone.

use super::*;

#[tokio::test]
async fn a_provider_that_refuses_a_new_key_is_asked_once_more_with_the_one_before_it() {
    let refusal = (401, "application/json", "{}".to_owned());
    let lines = "data: [DONE]\n\n".to_owned();
    for (former, wanted) in [(Some("the-old-key"), 2), (None, 1)] {
        let answers = vec![refusal.clone(), (200, "text/event-stream", lines.clone())];
        let endpoint = Endpoint::start(answers).await;
        let key = ProviderKey::Kept(Arc::new(Rotated { former }));
        let http = client().unwrap();
        let url = endpoint.url("/v1");
        let provider = Remote::new(http, Api::OpenAiCompletions, &url, Some(key));
        let answered = ask(&provider, request(vec![Message::user("hi", 0)])).await;
        let refused = matches!(answered, Err(ProviderError::Unauthorized { .. }));
        assert_eq!(refused, former.is_none());
        let asked = endpoint.asked();
        assert_eq!(asked.len(), wanted, "{asked:?}");
        assert!(asked[0].contains("the-new-key"), "{asked:?}");
        if let Some(former) = former {
            assert!(asked[1].contains(former), "{asked:?}");
        }
    }
}

async fn failure(status: u16, body: &str) -> ProviderError {
    let body = body.to_owned();
    let endpoint = Endpoint::start(vec![(status, "application/json", body)]).await;
    let provider = remote(Api::OpenAiCompletions, &endpoint.url("/v1"));
    let asked = ask(&provider, request(vec![Message::user("hi", 0)])).await;
    asked.unwrap_err()
}

#[tokio::test]
async fn failures_are_told_apart_by_what_can_be_done_about_them() {
    let body = |message: &str| json!({ "error": { "message": message } }).to_string();
    let error = failure(401, &body("Incorrect API key provided: the-key")).await;
    assert!(
        matches!(error, ProviderError::Unauthorized { .. }),
        "{error}"
    );
    assert!(!error.to_string().contains("the-key"), "{error}");
    let error = failure(503, &body("overloaded")).await;
    assert!(error.is_transient() && error.to_string().contains("overloaded"));
    let error = failure(500, &body("boom")).await;
    assert!(error.is_transient(), "{error}");
    assert_eq!(
        error.to_string(),
        "the model provider failed (status 500): boom",
        "nobody said that it is busy"
    );
    let error = failure(
        400,
        &body("This model's maximum context length is 8 tokens"),
    )
    .await;
    assert!(
        matches!(error, ProviderError::ContextOverflow(_)),
        "{error}"
    );
    let error = failure(400, &body("no such parameter")).await;
    assert!(matches!(error, ProviderError::Refused(_)), "{error}");
}

#[tokio::test]
async fn a_key_that_a_server_repeats_reaches_no_log() {
    let (log, _logging) = log::Log::start();
    tracing::error!("this test sees what is logged");
    for status in [401, 500] {
        let body = json!({ "error": { "message": "you sent the-key" } }).to_string();
        failure(status, &body).await;
    }
    let logged = log.text();
    assert!(logged.contains("this test sees"), "{logged}");
    assert!(!logged.contains("the-key"), "{logged}");
}

#[tokio::test]
async fn a_rate_limit_says_how_long_to_wait() {
    for (headers, wanted) in [
        ("application/json\r\nretry-after: 7", Some(7_000)),
        ("application/json\r\nretry-after: 1.5", Some(1_500)),
        (
            "application/json\r\ndate: Wed, 21 Oct 2026 07:28:00 GMT\r\nretry-after: Wed, 21 Oct 2026 07:28:09 GMT",
            Some(9_000),
        ),
        (
            "application/json\r\ndate: Wed, 21 Oct 2026 07:28:00 GMT\r\nretry-after: Wed, 21 Oct 2026 07:27:00 GMT",
            Some(0),
        ),
        ("application/json\r\nretry-after: -3", None),
        ("application/json\r\nretry-after: soon", None),
    ] {
        let endpoint = Endpoint::start(vec![(429, headers, "{}".to_owned())]).await;
        let provider = remote(Api::OpenAiCompletions, &endpoint.url("/v1"));
        let asked = request(vec![Message::user("hi", 0)]);
        let error = ask(&provider, asked).await.unwrap_err();
        let ProviderError::Busy { retry_after, .. } = error else {
            panic!("{error}");
        };
        assert_eq!(retry_after, wanted.map(Duration::from_millis), "{headers}");
    }
}

#[tokio::test]
async fn a_provider_that_is_down_is_left_alone_after_a_while() {
    // A port that was free a moment ago.
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let remote = remote(
        Api::OpenAiCompletions,
        &format!("http://127.0.0.1:{port}/v1"),
    );
    let rules = BreakerRules {
        failures: 2,
        ..BreakerRules::default()
    };
    let guarded = Guarded::new(Arc::new(remote), "mine", rules);
    for _ in 0..2 {
        let error = ask(&guarded, request(vec![Message::user("hi", 0)])).await;
        let error = error.unwrap_err();
        assert!(matches!(error, ProviderError::Unreachable(_)), "{error}");
    }
    let error = ask(&guarded, request(vec![Message::user("hi", 0)])).await;
    let error = error.unwrap_err();
    let words = error.to_string();
    assert!(words.starts_with("mine failed repeatedly"), "{words}");
    assert!(words.contains("cannot be reached"), "{words}");
}
