//! Providers over HTTP: an OpenAI-compatible endpoint, and answers recorded in the shapes of Anthropic and
//! Ollama.
// A test that cannot go on says so by its panic.
#![allow(clippy::unwrap_used)]

mod anthropic;
mod endpoint;
mod failures;
mod log;
mod odd;

use std::{sync::Arc, time::Duration};

use anthropic::ANTHROPIC;
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
