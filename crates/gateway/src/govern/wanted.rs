//! The credentials that a call names, where the tools put them in.

use gatehouse_agent::Action;
use gatehouse_agent::govern::Effect;
use gatehouse_agent::secrets::{CredentialUse, Credentials, with_references};
use gatehouse_agent::tools::exec::credential_texts;
use serde_json::Value;
use url::Url;

use super::look::Look;

/// What a call refers to, and where it would go.
pub(super) struct Wanted<'a> {
    action: &'a Action,
    texts: Vec<&'a str>,
    url: Option<Url>,
}

impl<'a> Wanted<'a> {
    pub(super) fn of(action: &'a Action, look: &'a Look) -> Self {
        let (texts, url) = match &action.effect {
            Effect::Exec(_) => {
                let launch = look.launch.as_ref();
                (launch.map_or_else(Vec::new, credential_texts), None)
            }
            Effect::Fetch { url } => (sent(&action.arguments), Url::parse(url).ok()),
            _ => (Vec::new(), None),
        };
        Self {
            action,
            texts: with_references(&texts),
            url,
        }
    }

    /// An error is a sentence for the agent.
    pub(super) async fn check(&self, credentials: &dyn Credentials) -> Result<(), String> {
        if self.texts.is_empty() {
            return Ok(());
        }
        let action = self.action;
        let usage = CredentialUse {
            tool: &action.tool,
            url: self.url.as_ref(),
            agent_id: &action.agent_id,
            session_key: &action.session_key,
            run_id: &action.run_id,
            tool_call_id: &action.tool_call_id,
        };
        credentials.check(&self.texts, &usage).await
    }
}

/// What a request would send: its address and its headers.
fn sent(arguments: &Value) -> Vec<&str> {
    let url = arguments.get("url").and_then(Value::as_str);
    let headers = arguments.get("headers").and_then(Value::as_object);
    let headers = headers.into_iter().flatten();
    url.into_iter()
        .chain(headers.filter_map(|(_, value)| value.as_str()))
        .collect()
}
