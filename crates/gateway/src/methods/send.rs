//! `send`: a message out of the gateway, without a run, to somebody on a channel.
//!
//! The one channel that is built in is `webchat`: the conversations themselves. Its addresses are the keys of sessions,
//! and what is sent there stands in the transcript and is shown to whoever watches. Another channel is refused by its
//! name, in the published words, with those that there are in the details.

use gatehouse_protocol::MethodScope;
use serde::Deserialize;
use serde_json::{Value, json};

use super::chat::put;
use super::session_write::ensured;
use crate::once::once;
use crate::router::{Cx, MethodError, MethodTable};

/// The channel that is the conversations themselves.
const WEBCHAT: &str = "webchat";

/// What stands for a model at a message that was only delivered; the published word.
const MIRROR: &str = "delivery-mirror";

pub(super) fn register(table: &mut MethodTable) {
    table.operator("send", MethodScope::Write, send);
}

/// Those of the published `SendParams` that mean something here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SendParams {
    to: String,
    #[serde(default)]
    message: String,
    media_url: Option<String>,
    #[serde(default)]
    media_urls: Vec<String>,
    buffer: Option<String>,
    channel: Option<String>,
    agent_id: Option<String>,
    idempotency_key: String,
}

impl SendParams {
    fn has_media(&self) -> bool {
        let one = [&self.media_url, &self.buffer];
        !self.media_urls.is_empty() || one.into_iter().any(Option::is_some)
    }
}

async fn send(cx: Cx, params: SendParams) -> Result<Value, MethodError> {
    if params.message.trim().is_empty() && !params.has_media() {
        return Err(MethodError::params("send", "text or media is required"));
    }
    if params.to.trim().is_empty() || params.idempotency_key.is_empty() {
        return Err(MethodError::params(
            "send",
            "to and idempotencyKey must not be empty",
        ));
    }
    known_channel(params.channel.as_deref().unwrap_or(WEBCHAT).trim())?;
    if params.has_media() {
        return Err(MethodError::invalid(
            "webchat takes text alone; say where the file is in the message",
        ));
    }
    let key = params.idempotency_key.clone();
    let input = json!([params.to, params.agent_id, params.message]);
    once(&cx.app, "send", Some(&key), &input, || {
        delivered(&cx, params)
    })
    .await
}

async fn delivered(cx: &Cx, params: SendParams) -> Result<Value, MethodError> {
    let sessions = &cx.app.sessions;
    let name = sessions.name(params.to.trim(), params.agent_id.as_deref());
    if sessions.store.session(&name.key).await?.is_none() {
        // The main session is there before anything was said in it.
        if !name.is_main() {
            let text = format!("unknown target: webchat has no session {}", params.to);
            return Err(MethodError::invalid(text));
        }
        ensured(cx, &name).await?;
    }
    let message_id = put(cx, &name, params.message, MIRROR).await?;
    Ok(json!({
        "runId": params.idempotency_key,
        "messageId": message_id,
        "channel": WEBCHAT,
        "conversationId": name.key,
    }))
}

/// The one channel that there is; `last` is the one of the session, which is the same.
pub(super) fn known_channel(channel: &str) -> Result<(), MethodError> {
    let known = ["", WEBCHAT, "last"];
    match known
        .iter()
        .any(|known| channel.eq_ignore_ascii_case(known))
    {
        true => Ok(()),
        false => Err(unsupported(channel)),
    }
}

fn unsupported(channel: &str) -> MethodError {
    MethodError::invalid(format!(
        "unsupported channel: {channel} (this gateway has webchat alone, whose addresses are session keys)"
    ))
    .with_details(json!({
        "code": "UNSUPPORTED_CHANNEL",
        "channel": channel,
        "channels": [WEBCHAT],
    }))
}
