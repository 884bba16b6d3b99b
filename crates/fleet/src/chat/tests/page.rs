//! The page's side of the contract: applies updates to the snapshot it began with, as the page does. And a
//! transcript with its page, to be fed by tests.

use gatehouse_protocol::GatewayEvent;
use gatehouse_protocol::frame::EventFrame;
use gatehouse_protocol::model::message::ChatHistory;
use serde_json::{Value, json};

use crate::chat::{Coalescer, Transcript};
use crate::view::{
    BlockView, ChatUpdate, GatewayId, MessageView, RunView, SendMessage, SessionRef, ToolView,
};

pub(super) const SESSION: &str = "agent:main:main";

/// What the page has on screen.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Page {
    pub messages: Vec<MessageView>,
    pub run: RunView,
    pub tokens: (Option<f64>, Option<f64>),
}

impl Page {
    pub(super) fn of(transcript: &Transcript) -> Self {
        let snapshot = transcript.snapshot();
        Self {
            messages: snapshot.messages,
            run: snapshot.run,
            tokens: (snapshot.context_tokens, snapshot.total_tokens),
        }
    }

    pub(super) fn apply(&mut self, updates: impl IntoIterator<Item = ChatUpdate>) {
        for update in updates {
            self.apply_one(update);
        }
    }

    fn message(&mut self, id: &str) -> &mut MessageView {
        self.messages
            .iter_mut()
            .find(|message| message.id == id)
            .unwrap_or_else(|| panic!("an update of {id}, which the page does not have"))
    }

    fn apply_one(&mut self, update: ChatUpdate) {
        match update {
            ChatUpdate::Reset { snapshot } => {
                self.messages = snapshot.messages;
                self.run = snapshot.run;
                self.tokens = (snapshot.context_tokens, snapshot.total_tokens);
            }
            ChatUpdate::Message { message } => {
                match self
                    .messages
                    .iter_mut()
                    .find(|known| known.id == message.id)
                {
                    Some(known) => *known = message,
                    None => self.messages.push(message),
                }
            }
            ChatUpdate::Renamed { from, to } => {
                assert!(
                    self.messages.iter().all(|message| message.id != to),
                    "{to} is taken"
                );
                self.message(&from).id = to;
            }
            ChatUpdate::Removed { id } => {
                self.message(&id);
                self.messages.retain(|message| message.id != id);
            }
            ChatUpdate::Append { id, block, text } => {
                append(self.message(&id), block as usize, text);
            }
            ChatUpdate::ToolOutput { id, tool, text } => {
                let known = tool_of(self.message(&id), &tool).expect("output of a known call");
                known.output.push_str(&text);
            }
            ChatUpdate::Tool { id, tool } => set_tool(self.message(&id), tool),
            ChatUpdate::Run { run } => self.run = run,
            ChatUpdate::Usage {
                context_tokens,
                total_tokens,
            } => self.tokens = (context_tokens, total_tokens),
            ChatUpdate::Connection { .. } => {}
        }
    }

    pub(super) fn ids(&self) -> Vec<&str> {
        self.messages
            .iter()
            .map(|message| message.id.as_str())
            .collect()
    }

    /// Each message as `role:text`, calls as `[name:state:output]`.
    pub(super) fn lines(&self) -> Vec<String> {
        self.messages.iter().map(line).collect()
    }
}

fn append(message: &mut MessageView, block: usize, added: String) {
    assert!(block <= message.blocks.len(), "a block in the air");
    match message.blocks.get_mut(block) {
        None => message.blocks.push(BlockView::Text { text: added }),
        Some(BlockView::Text { text } | BlockView::Thinking { text }) => text.push_str(&added),
        Some(_) => panic!("text for a block that is none"),
    }
}

fn set_tool(message: &mut MessageView, tool: ToolView) {
    match tool_of(message, &tool.id) {
        None => message.blocks.push(BlockView::Tool { tool }),
        Some(known) => {
            let output = std::mem::take(&mut known.output);
            let is_kept = tool.output.is_empty();
            *known = tool;
            if is_kept {
                known.output = output;
            }
        }
    }
}

fn tool_of<'a>(message: &'a mut MessageView, id: &str) -> Option<&'a mut ToolView> {
    message.blocks.iter_mut().find_map(|block| match block {
        BlockView::Tool { tool } if tool.id == id => Some(tool),
        _ => None,
    })
}

pub(super) fn line(message: &MessageView) -> String {
    let role = match message.role {
        crate::view::Role::User => "user",
        crate::view::Role::Assistant => "agent",
        crate::view::Role::System => "system",
    };
    let blocks: Vec<String> = message
        .blocks
        .iter()
        .map(|block| match block {
            BlockView::Text { text } => text.clone(),
            BlockView::Thinking { text } => format!("({text})"),
            BlockView::Tool { tool } => {
                format!(
                    "[{}:{:?}:{}]",
                    tool.name,
                    tool.state,
                    tool.output.trim_end()
                )
            }
            BlockView::Image { name, .. } => format!("<image {}>", name.as_deref().unwrap_or("")),
            BlockView::File { name, .. } => format!("<file {name}>"),
        })
        .collect();
    format!("{role}: {}", blocks.join(" "))
}

/// A transcript, and a page that is always shown to be equal to it.
pub(super) struct Chat {
    pub transcript: Transcript,
    pub page: Page,
    pub now: f64,
    /// Every update so far, in order.
    pub said: Vec<ChatUpdate>,
    seq: u64,
}

impl Chat {
    pub(super) fn new() -> Self {
        let session = SessionRef {
            gateway: GatewayId("g".into()),
            key: SESSION.into(),
        };
        let transcript = Transcript::new(session, "Main".into());
        let page = Page::of(&transcript);
        Self {
            transcript,
            page,
            now: 1_000.0,
            said: Vec::new(),
            seq: 0,
        }
    }

    /// A chat whose history has been read.
    pub(super) fn open(rows: &[Value]) -> Self {
        let mut chat = Self::new();
        chat.history(json!({"messages": rows}));
        chat
    }

    /// Applies updates, coalesced and not, and compares with a fresh snapshot.
    #[track_caller]
    pub(super) fn take(&mut self, updates: Vec<ChatUpdate>) -> Vec<ChatUpdate> {
        let mut joined = self.page.clone();
        let mut coalescer = Coalescer::new();
        coalescer.push(updates.clone());
        joined.apply(coalescer.take());
        self.page.apply(updates.clone());
        self.said.extend(updates.iter().cloned());
        let fresh = Page::of(&self.transcript);
        let from = self
            .page
            .messages
            .len()
            .saturating_sub(fresh.messages.len());
        assert_eq!(
            self.page.messages[from..],
            fresh.messages,
            "the page and a fresh snapshot"
        );
        assert_eq!(self.page.run, fresh.run);
        assert_eq!(self.page.tokens, fresh.tokens);
        assert_eq!(self.page, joined, "joined updates lead to the same page");
        updates
    }

    #[track_caller]
    pub(super) fn event(&mut self, name: &str, payload: Value) -> Vec<ChatUpdate> {
        let event = GatewayEvent::read(EventFrame {
            name: name.into(),
            payload,
            seq: None,
        });
        self.now += 1.0;
        let updates = self.transcript.apply(&event, self.now);
        self.take(updates)
    }

    #[track_caller]
    pub(super) fn history(&mut self, mut answer: Value) -> Vec<ChatUpdate> {
        answer["sessionKey"] = json!(SESSION);
        let history: ChatHistory = serde_json::from_value(answer).unwrap();
        self.now += 1.0;
        let updates = self.transcript.load_history(&history, self.now);
        self.take(updates)
    }

    fn next_seq(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    /// A `chat` event of a run.
    #[track_caller]
    pub(super) fn chat(&mut self, run: &str, mut payload: Value) -> Vec<ChatUpdate> {
        payload["runId"] = json!(run);
        payload["sessionKey"] = json!(SESSION);
        if payload.get("seq").is_none() {
            payload["seq"] = json!(self.next_seq());
        }
        self.event("chat", payload)
    }

    #[track_caller]
    pub(super) fn delta(&mut self, run: &str, delta: &str, whole: &str) -> Vec<ChatUpdate> {
        self.chat(
            run,
            json!({"state": "delta", "deltaText": delta, "message": said(whole)}),
        )
    }

    #[track_caller]
    pub(super) fn done(&mut self, run: &str, whole: &str) -> Vec<ChatUpdate> {
        self.chat(run, json!({"state": "final", "message": said(whole)}))
    }

    /// An `agent` event of a run.
    #[track_caller]
    pub(super) fn agent(&mut self, run: &str, stream: &str, data: Value) -> Vec<ChatUpdate> {
        let seq = self.next_seq();
        self.event(
            "agent",
            json!({"runId": run, "sessionKey": SESSION, "stream": stream, "seq": seq, "data": data}),
        )
    }

    #[track_caller]
    pub(super) fn row(&mut self, row: Value) -> Vec<ChatUpdate> {
        self.event(
            "session.message",
            json!({"sessionKey": SESSION, "message": row}),
        )
    }

    #[track_caller]
    pub(super) fn send(&mut self, id: &str, text: &str) -> Vec<ChatUpdate> {
        let send = SendMessage {
            session: self.transcript.session().clone(),
            id: id.into(),
            text: text.into(),
            attachments: Vec::new(),
        };
        let updates = self.transcript.send_begin(&send, self.now);
        self.take(updates)
    }

    #[track_caller]
    pub(super) fn accepted(&mut self, id: &str, run: &str) -> Vec<ChatUpdate> {
        let updates = self.transcript.send_accepted(id, Some(run), self.now);
        self.take(updates)
    }
}

fn said(text: &str) -> Value {
    json!({"role": "assistant", "content": [{"type": "text", "text": text}]})
}

/// A row of a person.
pub(super) fn user(id: &str, seq: u64, text: &str) -> Value {
    json!({"role": "user", "content": text, "timestamp": seq * 1000, "__openclaw": {"id": id, "seq": seq}})
}

/// A row of a person, sent under a key.
pub(super) fn keyed(id: &str, seq: u64, text: &str, key: &str) -> Value {
    let mut row = user(id, seq, text);
    row["idempotencyKey"] = json!(format!("{key}:user"));
    row
}

/// A row of an agent.
pub(super) fn agent(id: &str, seq: u64, run: &str, text: &str) -> Value {
    json!({"role": "assistant", "content": [{"type": "text", "text": text}], "timestamp": seq * 1000,
        "__openclaw": {"id": id, "seq": seq, "runId": run}})
}

/// A row of an agent that calls a tool, after some words where there are any.
pub(super) fn call(id: &str, seq: u64, run: &str, text: &str, call: &str) -> Value {
    let mut row = agent(id, seq, run, text);
    let tool =
        json!({"type": "toolCall", "id": call, "name": "exec", "arguments": {"command": "ls"}});
    if text.is_empty() {
        row["content"] = json!([tool]);
    } else {
        row["content"].as_array_mut().unwrap().push(tool);
    }
    row
}

/// A row with what a call printed.
pub(super) fn result(id: &str, seq: u64, run: &str, call: &str, text: &str) -> Value {
    json!({"role": "toolResult", "toolCallId": call, "toolName": "exec", "isError": false,
        "content": [{"type": "text", "text": text}], "__openclaw": {"id": id, "seq": seq, "runId": run}})
}
