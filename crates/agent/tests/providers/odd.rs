//! What servers and models do that the documents do not say, and what is sent back after it.

use gatehouse_agent::{
    message::{Content, Message, StopReason, ToolCall},
    provider::{Api, Thinking},
};
use serde_json::{Value, json};

use super::{Told, ask, endpoint::Endpoint, remote, request};

/// Frames of an OpenAI-compatible server, without the `[DONE]` at the end.
fn frames(frames: &[Value]) -> String {
    frames
        .iter()
        .map(|frame| format!("data: {frame}\n\n"))
        .collect()
}

fn delta(delta: Value) -> Value {
    json!({"choices": [{"index": 0, "delta": delta}]})
}

fn finish(reason: &str) -> Value {
    json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
}

async fn told_of(body: String) -> Told {
    let endpoint = Endpoint::start(vec![(200, "text/event-stream", body)]).await;
    let provider = remote(Api::OpenAiCompletions, &endpoint.url("/v1"));
    let asked = request(vec![Message::user("go", 0)]);
    ask(&provider, asked).await.unwrap()
}

#[tokio::test]
async fn an_answer_that_said_why_it_stopped_is_whole_without_another_word() {
    let usage = json!({"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2, "total_tokens": 9}});
    let body = frames(&[delta(json!({"content": "Hello"})), finish("stop"), usage]);
    let told = told_of(body).await;
    assert_eq!(told.text, "Hello");
    let (usage, stop) = told.end.unwrap();
    assert_eq!((usage.input, usage.output), (7, 2));
    assert_eq!(stop, StopReason::Stop);
}

#[tokio::test]
async fn no_error_is_none() {
    let mut said = delta(json!({"content": "Hel"}));
    said["error"] = Value::Null;
    let mut end = finish("stop");
    end["choices"][0]["delta"] = json!({"content": "lo"});
    end["error"] = Value::Null;
    let told = told_of(frames(&[said, end]) + "data: [DONE]\n\n").await;
    assert_eq!(told.text, "Hello");
    assert_eq!(told.end.unwrap().1, StopReason::Stop);
}

#[tokio::test]
async fn calls_without_a_number_and_calls_of_one_number_are_all_made() {
    let call = |id: &str, command: &str| {
        let arguments = json!({ "command": command }).to_string();
        json!({"id": id, "type": "function", "function": {"name": "exec", "arguments": arguments}})
    };
    let numbered = |mut call: Value| {
        call["index"] = json!(0);
        call
    };
    let (one, two) = (call("a", "ls"), call("b", "id"));
    for pieces in [[one.clone(), two.clone()], [numbered(one), numbered(two)]] {
        let [one, two] = pieces.map(|call| delta(json!({"tool_calls": [call]})));
        let told = told_of(frames(&[one, two, finish("tool_calls")]) + "data: [DONE]\n\n").await;
        let made = told.calls.iter();
        let made: Vec<_> = made
            .map(|call| (call.id.as_str(), call.arguments["command"].as_str()))
            .collect();
        assert_eq!(made, [("a", Some("ls")), ("b", Some("id"))]);
        assert_eq!(told.end.unwrap().1, StopReason::ToolUse);
    }
}

#[tokio::test]
async fn thinking_and_text_come_in_every_shape_that_servers_give_them() {
    let parts = json!([
        {"type": "thinking", "thinking": [{"type": "text", "text": "I "}]},
        {"type": "text", "text": "An "},
    ]);
    let told = told_of(frames(&[
        delta(json!({"content": parts})),
        delta(json!({"content": "", "reasoning": "think"})),
        delta(json!({"content": null, "reasoning_content": " hard."})),
        delta(json!({"content": "answer."})),
        finish("stop"),
    ]))
    .await;
    assert_eq!(told.thinking, "I think hard.");
    assert_eq!(told.text, "An answer.");
}

/// The body of the one request that a provider makes of these messages.
pub(crate) async fn sent(api: Api, model: &str, messages: Vec<Message>) -> (String, Value) {
    let endpoint = Endpoint::start(vec![(400, "application/json", "{}".to_owned())]).await;
    let provider = remote(api, &endpoint.url("/v1"));
    let asked = gatehouse_agent::provider::ModelRequest {
        model: model.to_owned(),
        ..request(messages)
    };
    let refused = ask(&provider, asked).await;
    assert!(refused.is_err(), "{refused:?}");
    let asked = endpoint.asked().pop().unwrap();
    let (head, body) = asked.split_once("\r\n\r\n").unwrap();
    let first = head.lines().next().unwrap_or_default().to_owned();
    (first, serde_json::from_str(body).unwrap())
}

fn message(value: Value) -> Message {
    serde_json::from_value(value).unwrap()
}

pub(crate) fn calling(call: Value) -> Message {
    message(json!({
        "role": "assistant", "content": [call], "stopReason": "toolUse", "timestamp": 0,
    }))
}

pub(crate) fn result(id: &str, name: &str, content: Value) -> Message {
    message(json!({
        "role": "toolResult", "toolCallId": id, "toolName": name, "content": content, "timestamp": 0,
    }))
}

#[tokio::test]
async fn a_call_that_a_model_made_badly_goes_back_in_a_form_that_every_provider_takes() {
    let name = "exec<|channel|>commentary";
    let odd =
        json!({"type": "toolCall", "id": "functions.exec:0", "name": name, "arguments": "{\"comm"});
    let messages = vec![
        Message::user("go", 0),
        calling(odd),
        result(
            "functions.exec:0",
            name,
            json!([{"type": "text", "text": "no"}]),
        ),
    ];
    let plain = |text: &Value| {
        let text = text.as_str().unwrap_or_default();
        let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
        !text.is_empty() && text.chars().all(plain)
    };
    let (_, body) = sent(Api::Anthropic, "m", messages.clone()).await;
    let call = &body["messages"][1]["content"][0];
    assert!(call["input"].is_object(), "{call}");
    assert!(plain(&call["name"]) && plain(&call["id"]), "{call}");
    let answered = &body["messages"][2]["content"][0]["tool_use_id"];
    assert_eq!(answered, &call["id"]);
    let (_, body) = sent(Api::OpenAiCompletions, "m", messages.clone()).await;
    let calls = &body["messages"][2]["tool_calls"][0];
    assert!(plain(&calls["function"]["name"]), "{calls}");
    let arguments = calls["function"]["arguments"].as_str().unwrap();
    let arguments: Value = serde_json::from_str(arguments).unwrap();
    assert_eq!(arguments, json!({"_invalid": "{\"comm"}));
    assert_eq!(body["messages"][3]["tool_call_id"], calls["id"]);
    let (_, body) = sent(Api::Ollama, "m", messages).await;
    let call = &body["messages"][2]["tool_calls"][0]["function"];
    assert!(call["arguments"].is_object(), "{call}");
}

#[tokio::test]
async fn the_name_of_a_model_is_sent_as_it_is() {
    for model in [
        "qwen3-max",
        "mistral-medium",
        "vendor::big",
        "a::b-high",
        "plain",
    ] {
        for api in [
            Api::OpenAiCompletions,
            Api::OpenAiResponses,
            Api::Anthropic,
            Api::Ollama,
        ] {
            let (_, body) = sent(api, model, vec![Message::user("go", 0)]).await;
            assert_eq!(body["model"], model, "{api:?}");
            for effort in ["reasoning_effort", "reasoning", "thinking", "output_config"] {
                assert_eq!(body[effort], Value::Null, "{api:?}: nobody asked for it");
            }
        }
        let (line, body) = sent(Api::Gemini, model, vec![Message::user("go", 0)]).await;
        let named = line.replace("%2D", "-").replace("%3A", ":");
        assert!(named.contains(&format!("models/{model}:stream")), "{line}");
        assert_eq!(body["generationConfig"]["thinkingConfig"], Value::Null);
    }
}

#[tokio::test]
async fn how_much_to_think_is_told_whatever_the_model_is_called() {
    let endpoint = Endpoint::start(vec![(400, "application/json", "{}".to_owned())]).await;
    let provider = remote(Api::OpenAiCompletions, &endpoint.url("/v1"));
    let asked = gatehouse_agent::provider::ModelRequest {
        model: "qwen3-max".to_owned(),
        thinking: Some(Thinking::Low),
        ..request(vec![Message::user("go", 0)])
    };
    ask(&provider, asked).await.unwrap_err();
    let asked = endpoint.asked().pop().unwrap();
    assert!(asked.contains("\"reasoning_effort\":\"low\""), "{asked}");
    assert!(asked.contains("\"model\":\"qwen3-max\""), "{asked}");
}

#[tokio::test]
async fn images_of_results_are_shown_to_the_model_behind_the_last_result() {
    let call = |id: &str| json!({"type": "toolCall", "id": id, "name": "read", "arguments": {}});
    let both = message(json!({
        "role": "assistant", "content": [call("a"), call("b")], "stopReason": "toolUse", "timestamp": 0,
    }));
    let image = json!([{"type": "image", "data": "aW1hZ2U=", "mimeType": "image/png"}]);
    let messages = vec![
        Message::user("look", 0),
        both,
        result("a", "read", image),
        result("b", "read", json!([{"type": "text", "text": "text"}])),
    ];
    let (_, body) = sent(Api::OpenAiCompletions, "m", messages.clone()).await;
    let roles = body["messages"].as_array().unwrap().iter();
    let roles: Vec<_> = roles
        .filter_map(|message| message["role"].as_str())
        .collect();
    assert_eq!(
        roles,
        ["system", "user", "assistant", "tool", "tool", "user"]
    );
    assert_ne!(body["messages"][3]["content"], "(no output)");
    let shown = body["messages"][5]["content"].to_string();
    assert!(
        shown.contains("aW1hZ2U=") && shown.contains("read"),
        "{shown}"
    );
    for api in [
        Api::Anthropic,
        Api::OpenAiResponses,
        Api::Gemini,
        Api::Ollama,
    ] {
        let (_, body) = sent(api, "m", messages.clone()).await;
        assert!(body.to_string().contains("aW1hZ2U="), "{api:?}: {body}");
    }
}

#[tokio::test]
async fn the_signature_of_a_call_goes_back_to_gemini_with_its_call() {
    let part = json!({"functionCall": {"name": "exec", "args": {"command": "ls"}}, "thoughtSignature": "c2ln"});
    let body = json!({
        "candidates": [{"content": {"parts": [part], "role": "model"}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {"promptTokenCount": 1},
    });
    let endpoint = Endpoint::start(vec![(200, "text/event-stream", frames(&[body]))]).await;
    let provider = remote(Api::Gemini, &endpoint.url("/v1"));
    let asked = request(vec![Message::user("go", 0)]);
    let told = ask(&provider, asked).await.unwrap();
    let [call]: [ToolCall; 1] = told.calls.try_into().unwrap();
    let (id, name) = (call.id.clone(), call.name.clone());
    let call = serde_json::to_value(Content::ToolCall(call)).unwrap();
    let messages = vec![
        Message::user("go", 0),
        calling(call),
        result(&id, &name, json!([{"type": "text", "text": "fine"}])),
    ];
    let (_, body) = sent(Api::Gemini, "gemini-3-pro", messages).await;
    let part = &body["contents"][1]["parts"][0];
    assert_eq!(part["thoughtSignature"], "c2ln", "{body}");
}
