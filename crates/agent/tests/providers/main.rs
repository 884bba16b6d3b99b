//! Providers over HTTP: an OpenAI-compatible endpoint, and answers recorded in the shapes of Anthropic and
//! Ollama.
// A test that cannot go on says so by its panic.
#![allow(clippy::unwrap_used)]

mod endpoint;
mod log;
mod odd;

use std::{sync::Arc, time::Duration};

use endpoint::Endpoint;
use futures_util::StreamExt;
use gatehouse_agent::{
    message::{AssistantMessage, Content, Message, StopReason, ToolCall, ToolResultMessage, Usage},
    provider::{
        Api, ApiKey, BreakerRules, Guarded, KeySource, ModelEvent, ModelRequest, Provider,
        ProviderError, ProviderKey, Purpose, Remote, client,
    },
    tools::ToolSpec,
};
use gatehouse_testkit::model::ScriptedModel;
use serde_json::json;

fn request(messages: Vec<Message>) -> ModelRequest {
    ModelRequest {
        model: "a-model".into(),
        purpose: Purpose::Reply,
        system: "Be brief.".into(),
        messages,
        tools: vec![ToolSpec {
            name: "exec",
            label: "Exec",
            description: "Runs a command.",
            parameters: json!({ "type": "object", "properties": { "command": { "type": "string" } } }),
        }],
        max_output_tokens: Some(1_000),
        context_window: Some(16_000),
        thinking: None,
    }
}

fn remote(api: Api, base_url: &str) -> Remote {
    let key = ApiKey::new("the-key".into());
    Remote::new(
        client().unwrap(),
        api,
        base_url,
        Some(ProviderKey::Here(key)),
    )
}

/// What an answer came to.
#[derive(Debug, Default)]
struct Told {
    text: String,
    pieces: usize,
    thinking: String,
    signature: String,
    calls: Vec<ToolCall>,
    end: Option<(Usage, StopReason)>,
}

async fn ask(provider: &dyn Provider, request: ModelRequest) -> Result<Told, ProviderError> {
    let mut stream = provider.stream(request).await?;
    let mut told = Told::default();
    while let Some(event) = stream.next().await {
        match event? {
            ModelEvent::Text(piece) => {
                told.pieces += 1;
                told.text.push_str(&piece);
            }
            ModelEvent::Thinking(piece) => told.thinking.push_str(&piece),
            ModelEvent::ThinkingSignature(piece) => told.signature.push_str(&piece),
            ModelEvent::Alive => {}
            ModelEvent::ToolCall(call) => told.calls.push(call),
            ModelEvent::Done { usage, stop } => told.end = Some((usage, stop)),
        }
    }
    Ok(told)
}

#[tokio::test]
async fn an_openai_compatible_endpoint_streams_text_with_usage() {
    let model = ScriptedModel::start().unwrap();
    let provider = remote(Api::OpenAiCompletions, &model.base_url());
    let told = ask(&provider, request(vec![Message::user("stream: 5", 0)]))
        .await
        .unwrap();
    assert_eq!(told.text, "word1 word2 word3 word4 word5 ");
    assert_eq!(told.pieces, 5, "it is streamed");
    let (usage, stop) = told.end.unwrap();
    assert_eq!(stop, StopReason::Stop);
    assert!(usage.input > 0 && usage.output > 0, "{usage:?}");
    let sent = &model.requests()[0];
    assert_eq!(sent["messages"][0]["role"], "system");
    assert_eq!(sent["tools"][0]["function"]["name"], "exec");
}

#[tokio::test]
async fn a_tool_call_and_its_result_go_there_and_back() {
    let model = ScriptedModel::start().unwrap();
    let provider = remote(Api::OpenAiCompletions, &model.base_url());
    let mut messages = vec![Message::user("exec: uname -a", 0)];
    let told = ask(&provider, request(messages.clone())).await.unwrap();
    let [call] = told.calls.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(call.name, "exec");
    assert_eq!(call.arguments, json!({ "command": "uname -a" }));
    assert_eq!(told.end.unwrap().1, StopReason::ToolUse);
    messages.push(Message::Assistant(AssistantMessage {
        content: vec![Content::ToolCall(call.clone())],
        provider: String::new(),
        model: String::new(),
        usage: Usage::default(),
        stop_reason: StopReason::ToolUse,
        error_message: None,
        timestamp: 0,
    }));
    messages.push(Message::ToolResult(ToolResultMessage {
        tool_call_id: call.id.clone(),
        tool_name: "exec".into(),
        content: vec![Content::text("Linux")],
        details: None,
        is_error: false,
        timestamp: 0,
    }));
    let told = ask(&provider, request(messages)).await.unwrap();
    assert_eq!(told.text, "Done: Linux");
}

#[tokio::test]
async fn a_call_may_have_any_number() {
    let piece = |function: &str| {
        format!(
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"tool_calls\":[{{\"index\":{},{function}}}]}}}}]}}\n\n",
            u32::MAX
        )
    };
    let answer = [
        piece("\"id\":\"c1\",\"function\":{\"name\":\"exec\",\"arguments\":\"{\\\"command\\\":\"}"),
        piece("\"function\":{\"arguments\":\"\\\"ls\\\"}\"}"),
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n".into(),
    ];
    let endpoint = Endpoint::start(vec![(200, "text/event-stream", answer.concat())]).await;
    let provider = remote(Api::OpenAiCompletions, &endpoint.url("/v1"));
    let told = ask(&provider, request(vec![Message::user("go", 0)]))
        .await
        .unwrap();
    let [call] = &told.calls[..] else {
        panic!("{:?}", told.calls);
    };
    assert_eq!((call.id.as_str(), call.name.as_str()), ("c1", "exec"));
    assert_eq!(call.arguments, json!({"command": "ls"}));
}

#[tokio::test]
async fn thinking_is_told_apart_from_text() {
    let model = ScriptedModel::start().unwrap();
    let provider = remote(Api::OpenAiCompletions, &model.base_url());
    let told = ask(&provider, request(vec![Message::user("think: hard", 0)]))
        .await
        .unwrap();
    assert_eq!(told.thinking, "Let me see. I have it.");
    assert_eq!(told.text, "Thought about: hard");
}

#[tokio::test]
async fn dropping_an_answer_hangs_up() {
    let model = ScriptedModel::start().unwrap();
    let provider = remote(Api::OpenAiCompletions, &model.base_url());
    let mut stream = provider
        .stream(request(vec![Message::user("slow: x", 0)]))
        .await
        .unwrap();
    stream.next().await.unwrap().unwrap();
    while model.stalled() == 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    drop(stream);
    while model.stalled() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

const ANTHROPIC: &str = r#"event: message_start
data: {"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],"model":"a-model","usage":{"input_tokens":10,"cache_read_input_tokens":5,"cache_creation_input_tokens":3,"output_tokens":1}}}

event: content_block_start
data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"I will "}}

event: content_block_delta
data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"look."}}

event: content_block_stop
data: {"type":"content_block_stop","index":0}

event: content_block_start
data: {"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"toolu_1","name":"exec","input":{}}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":"{\"command\":"}}

event: content_block_delta
data: {"type":"content_block_delta","index":1,"delta":{"type":"input_json_delta","partial_json":" \"ls\"}"}}

event: content_block_stop
data: {"type":"content_block_stop","index":1}

event: message_delta
data: {"type":"message_delta","delta":{"stop_reason":"tool_use"},"usage":{"output_tokens":7}}

event: message_stop
data: {"type":"message_stop"}

"#;

#[tokio::test]
async fn anthropic_answers_with_text_a_call_and_cached_tokens() {
    let endpoint = Endpoint::start(vec![(200, "text/event-stream", ANTHROPIC.to_owned())]).await;
    let provider = remote(Api::Anthropic, &endpoint.url("/v1"));
    let told = ask(&provider, request(vec![Message::user("look", 0)]))
        .await
        .unwrap();
    assert_eq!(told.text, "I will look.");
    assert_eq!(told.calls[0].id, "toolu_1");
    assert_eq!(told.calls[0].arguments, json!({ "command": "ls" }));
    let (usage, stop) = told.end.unwrap();
    assert_eq!(stop, StopReason::ToolUse);
    assert_eq!(
        (
            usage.input,
            usage.output,
            usage.cache_read,
            usage.cache_write
        ),
        (10, 7, 5, 3)
    );
    let asked = endpoint.asked();
    assert!(asked[0].starts_with("POST /v1/messages"), "{}", asked[0]);
    assert!(asked[0].contains("x-api-key: the-key"));
    assert!(asked[0].contains("Be brief."));
}

#[tokio::test]
async fn signed_thinking_goes_back_to_anthropic_as_it_came() {
    let answer = concat!(
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"model\":\"a\",\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\n",
        "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}}\n\n",
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"thinking_delta\",\"thinking\":\"hm\"}}\n\n",
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"signature_delta\",\"signature\":\"c2ln\"}}\n\n",
        "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n",
        "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"},\"usage\":{\"output_tokens\":2}}\n\n",
        "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
    );
    let endpoint = Endpoint::start(vec![(200, "text/event-stream", answer.to_owned())]).await;
    let provider = remote(Api::Anthropic, &endpoint.url("/v1"));
    let asked = request(vec![Message::user("think", 0)]);
    let told = ask(&provider, asked).await.unwrap();
    assert_eq!(
        (told.thinking.as_str(), told.signature.as_str()),
        ("hm", "c2ln")
    );
    let thought = Content::Thinking {
        thinking: told.thinking,
        thinking_signature: Some(told.signature),
    };
    let call = ToolCall {
        id: "toolu_1".into(),
        name: "exec".into(),
        arguments: json!({ "command": "true" }),
        thought_signature: None,
    };
    let before = Message::Assistant(AssistantMessage {
        content: vec![thought, Content::ToolCall(call)],
        provider: String::new(),
        model: String::new(),
        usage: Usage::default(),
        stop_reason: StopReason::ToolUse,
        error_message: None,
        timestamp: 0,
    });
    let result = Message::ToolResult(ToolResultMessage {
        tool_call_id: "toolu_1".into(),
        tool_name: "exec".into(),
        content: vec![Content::text("fine")],
        details: None,
        is_error: false,
        timestamp: 0,
    });
    let asked = request(vec![Message::user("think", 0), before, result]);
    ask(&provider, asked).await.unwrap();
    let body = endpoint.asked().pop().unwrap();
    let body = body.split_once("\r\n\r\n").unwrap().1.to_owned();
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    let block = &body["messages"][1]["content"][0];
    assert_eq!(
        (&block["type"], &block["thinking"], &block["signature"]),
        (&json!("thinking"), &json!("hm"), &json!("c2ln"))
    );
}

#[tokio::test]
async fn a_provider_that_breaks_off_because_it_is_busy_may_be_asked_again() {
    let event = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n";
    let endpoint = Endpoint::start(vec![(200, "text/event-stream", event.to_owned())]).await;
    let provider = remote(Api::Anthropic, &endpoint.url("/v1"));
    let error = ask(&provider, request(vec![Message::user("hi", 0)])).await;
    let error = error.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    let words = "the model provider ended its answer with an error: Overloaded";
    assert_eq!(error.to_string(), words);
}

#[tokio::test]
async fn an_answer_that_ends_without_a_reason_has_not_ended() {
    let ollama = concat!(
        r#"{"message":{"role":"assistant","content":"par"},"done":false}"#,
        "\n",
        r#"{"error":"model runner crashed"}"#,
        "\n",
    );
    let responses = "data: {\"type\":\"response.output_text.delta\",\"output_index\":0,\"content_index\":0,\"delta\":\"par\"}\n\n";
    let gemini = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"par\"}],\"role\":\"model\"},\"index\":0}],\"usageMetadata\":{\"promptTokenCount\":1}}\n\n";
    let completions =
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"par\"}}]}\n\ndata: [DONE]\n\n";
    for (api, kind, body) in [
        (Api::Ollama, "application/x-ndjson", ollama),
        (Api::OpenAiResponses, "text/event-stream", responses),
        (Api::Gemini, "text/event-stream", gemini),
        (Api::OpenAiCompletions, "text/event-stream", completions),
    ] {
        let endpoint = Endpoint::start(vec![(200, kind, body.to_owned())]).await;
        let provider = remote(api, &endpoint.url("/v1"));
        let answer = ask(&provider, request(vec![Message::user("hi", 0)])).await;
        let Err(error) = answer else {
            panic!("{api:?}: {answer:?}");
        };
        assert!(error.is_transient(), "{api:?}: {error}");
    }
}

#[tokio::test]
async fn what_made_ollama_break_off_is_told_in_its_words() {
    let begun = r#"{"message":{"role":"assistant","content":"an \"error\" of mine"},"done":false}"#;
    let error = r#"{"error":"model runner has unexpectedly stopped (the-key)"}"#;
    for lines in [format!("{begun}\n{error}\n"), format!("{error}\n")] {
        let endpoint = Endpoint::start(vec![(200, "application/x-ndjson", lines)]).await;
        let provider = remote(Api::Ollama, &endpoint.url(""));
        let answer = ask(&provider, request(vec![Message::user("hi", 0)])).await;
        let told = answer.unwrap_err().to_string();
        assert!(
            told.contains("model runner has unexpectedly stopped"),
            "{told}"
        );
        assert!(!told.contains("the-key"), "a key is in no error: {told}");
    }
    let missing = r#"{"error":"model 'a-model' not found"}"#.to_owned();
    let endpoint = Endpoint::start(vec![(404, "application/json", missing)]).await;
    let provider = remote(Api::Ollama, &endpoint.url(""));
    let answer = ask(&provider, request(vec![Message::user("hi", 0)])).await;
    let told = answer.unwrap_err().to_string();
    assert!(told.contains("model 'a-model' not found"), "{told}");
}

#[tokio::test]
async fn an_answer_that_is_held_back_says_so_and_one_that_is_cut_too() {
    let completions = |reason: &str| {
        format!(
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"par\"}},\"finish_reason\":\"{reason}\"}}]}}\n\ndata: [DONE]\n\n"
        )
    };
    let anthropic = ANTHROPIC.replace("\"tool_use\"},\"usage\"", "\"refusal\"},\"usage\"");
    for (api, body, wanted) in [
        (
            Api::OpenAiCompletions,
            completions("content_filter"),
            StopReason::Refused,
        ),
        (
            Api::OpenAiCompletions,
            completions("length"),
            StopReason::Length,
        ),
        (Api::Anthropic, anthropic, StopReason::Refused),
    ] {
        let endpoint = Endpoint::start(vec![(200, "text/event-stream", body)]).await;
        let provider = remote(api, &endpoint.url("/v1"));
        let told = ask(&provider, request(vec![Message::user("hi", 0)])).await;
        assert_eq!(told.unwrap().end.unwrap().1, wanted, "{api:?}");
    }
}

#[tokio::test]
async fn ollama_answers_line_by_line() {
    let lines = concat!(
        r#"{"model":"a-model","message":{"role":"assistant","content":"Hel"},"done":false}"#,
        "\n",
        r#"{"model":"a-model","message":{"role":"assistant","content":"lo"},"done":false}"#,
        "\n",
        r#"{"model":"a-model","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":11,"eval_count":2}"#,
        "\n",
    );
    let endpoint = Endpoint::start(vec![(200, "application/x-ndjson", lines.to_owned())]).await;
    let provider = remote(Api::Ollama, &endpoint.url(""));
    let told = ask(&provider, request(vec![Message::user("hi", 0)]))
        .await
        .unwrap();
    assert_eq!(told.text, "Hello");
    let (usage, stop) = told.end.unwrap();
    assert_eq!((usage.input, usage.output), (11, 2));
    assert_eq!(stop, StopReason::Stop);
    assert!(endpoint.asked()[0].starts_with("POST /api/chat"));
}

#[tokio::test]
async fn ollama_is_told_how_long_a_conversation_it_is_to_take() {
    let (_, body) = odd::sent(Api::Ollama, "m", vec![Message::user("hi", 0)]).await;
    assert_eq!(
        body["options"],
        json!({"num_ctx": 16_000, "num_predict": 1_000})
    );
    assert_eq!(body["messages"][0]["content"], "Be brief.");
    assert_eq!(body["tools"][0]["function"]["name"], "exec");
}

#[tokio::test]
async fn a_call_and_its_result_go_to_ollama_and_back() {
    let lines = concat!(
        r#"{"message":{"role":"assistant","content":"","thinking":"hm"},"done":false}"#,
        "\n",
        r#"{"message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"exec","arguments":{"command":"ls"}}}]},"done":false}"#,
        "\n",
        r#"{"message":{"role":"assistant","content":""},"done":true,"done_reason":"stop"}"#,
    );
    let endpoint = Endpoint::start(vec![(200, "application/x-ndjson", lines.to_owned())]).await;
    let provider = remote(Api::Ollama, &endpoint.url(""));
    let told = ask(&provider, request(vec![Message::user("hi", 0)]))
        .await
        .unwrap();
    assert_eq!(told.thinking, "hm");
    assert_eq!(told.calls[0].name, "exec");
    assert_eq!(told.calls[0].arguments, json!({"command": "ls"}));
    assert_eq!(told.end.unwrap().1, StopReason::ToolUse);
    let messages = vec![
        Message::user("hi", 0),
        odd::calling(
            json!({"type": "toolCall", "id": "c", "name": "exec", "arguments": {"command": "ls"}}),
        ),
        odd::result("c", "exec", json!([{"type": "text", "text": "a b"}])),
    ];
    let (_, body) = odd::sent(Api::Ollama, "m", messages).await;
    let sent = &body["messages"];
    assert_eq!(
        sent[2]["tool_calls"],
        json!([{"function": {"name": "exec", "arguments": {"command": "ls"}}}])
    );
    assert_eq!(
        sent[3],
        json!({"role": "tool", "tool_name": "exec", "content": "a b"})
    );
}

/// A key that was rotated a moment ago.
struct Rotated {
    former: Option<&'static str>,
}

#[async_trait::async_trait]
impl KeySource for Rotated {
    async fn key(&self) -> Result<ApiKey, String> {
        Ok(ApiKey::new("the-new-key".to_owned()))
    }

    async fn former(&self) -> Result<Option<ApiKey>, String> {
        Ok(self.former.map(|key| ApiKey::new(key.to_owned())))
    }
}

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
