//! The credentials that a call names, where the tools put them in.

use std::borrow::Cow;

use gatehouse_agent::Action;
use gatehouse_agent::govern::Effect;
use gatehouse_agent::secrets::{CredentialUse, Credentials, with_references};
use gatehouse_agent::tools::{exec, web};
use gatehouse_policy::decide::KnownCredential;
use url::Url;

use super::Look;

/// What a call refers to, and where it would go.
pub(in crate::govern) struct Wanted<'a> {
    action: &'a Action,
    texts: Vec<Cow<'a, str>>,
    url: Option<Url>,
}

impl<'a> Wanted<'a> {
    /// An error is a sentence for the agent: it refers to one where no value is put in.
    pub(in crate::govern) fn of(action: &'a Action, look: &'a Look) -> Result<Self, String> {
        let url = url_of(action);
        let texts = match (&action.effect, &look.launch, &url) {
            (Effect::Exec(exec), Some(launch), _) => {
                let texts = exec::credential_texts(launch, exec);
                let texts = texts.map_err(|error| error.to_string())?;
                texts.into_iter().map(Cow::Borrowed).collect()
            }
            (Effect::Fetch { .. }, _, Some(url)) => {
                let texts = web::credential_texts(url, &action.arguments);
                texts.into_iter().map(Cow::Owned).collect()
            }
            _ => Vec::new(),
        };
        Ok(Self { action, texts, url })
    }

    /// An error is a sentence for the agent.
    pub(in crate::govern) async fn check(
        &self,
        credentials: &dyn Credentials,
    ) -> Result<(), String> {
        let texts: Vec<&str> = self.texts.iter().map(AsRef::as_ref).collect();
        let texts = with_references(&texts);
        if texts.is_empty() {
            return Ok(());
        }
        let usage = usage(self.action, self.url.as_ref());
        credentials.check(&texts, &usage).await
    }
}

/// What is known of the credentials of these names, as the call would use them. An error is a sentence for the agent.
pub(in crate::govern) async fn known(
    action: &Action,
    names: &[String],
    credentials: &dyn Credentials,
) -> Result<Vec<KnownCredential>, String> {
    let url = url_of(action);
    credentials.known(names, &usage(action, url.as_ref())).await
}

fn url_of(action: &Action) -> Option<Url> {
    match &action.effect {
        Effect::Fetch { url } => Url::parse(url).ok(),
        _ => None,
    }
}

fn usage<'a>(action: &'a Action, url: Option<&'a Url>) -> CredentialUse<'a> {
    CredentialUse {
        tool: &action.tool,
        url,
        agent_id: &action.agent_id,
        session_key: &action.session_key,
        run_id: &action.run_id,
        tool_call_id: &action.tool_call_id,
    }
}
