//! Anthropic's own protocol: text, calls, cached tokens, signed thinking.

use super::*;

pub(super) const ANTHROPIC: &str = r#"event: message_start
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
