//! What is asked: one tool call of an agent, as far as it was resolved.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fed::Fed;
use super::given::KnownCredential;
use crate::analysis::Analysis;
use crate::authz::AgentRights;
use crate::effect::{Effect, EffectKind, Target, Zone};
use crate::place::HostClass;
use crate::rules::{Counts, Moment, NoCounts, Teller};
use crate::verdict::Finding;
use crate::world::Taint;

/// A tool call.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    pub agent_id: &'a str,
    pub session_key: &'a str,
    /// Where the session's words come from: `telegram`, `webchat`.
    pub channel: Option<&'a str>,
    pub tool: &'a str,
    /// As the model gave them.
    pub arguments: &'a Value,
    pub act: Act<'a>,
}

/// What the call comes to.
#[derive(Debug, Clone, Copy)]
pub enum Act<'a> {
    /// A command line, read by [`crate::shell::analyse`].
    Command(&'a Analysis),
    /// Files, each looked at with [`crate::place`].
    Files(Judged<'a>),
    Fetch(Fetch<'a>),
    /// A call that is judged by its name and arguments alone.
    Tool(ToolUse<'a>),
    /// A process of this agent is looked at or acted on.
    Process {
        action: &'a str,
        id: &'a str,
        /// What is typed into it.
        fed: Option<&'a Fed>,
    },
    Session(SessionUse<'a>),
    Credential(CredentialUse<'a>),
}

/// What a call does and what was found about it.
#[derive(Debug, Clone, Copy)]
pub struct Judged<'a> {
    pub effects: &'a [Effect],
    pub findings: &'a [Finding],
}

#[derive(Debug, Clone, Copy)]
pub struct Fetch<'a> {
    pub url: &'a str,
    pub host: &'a str,
    pub class: HostClass,
    pub findings: &'a [Finding],
}

#[derive(Debug, Clone, Copy)]
pub struct ToolUse<'a> {
    /// Whose tool it is, where it is not one of the gateway's own.
    pub server: Option<&'a str>,
    /// Whether it changes nothing, as far as it is known and not only said by a server.
    pub reads_only: bool,
}

#[derive(Debug, Clone, Copy)]
pub struct SessionUse<'a> {
    pub access: SessionAccess,
    pub target: &'a str,
    /// The agent that the session belongs to; empty where that is not known.
    pub agent_id: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SessionAccess {
    List,
    Read,
    Write,
    Create,
}

#[derive(Debug, Clone, Copy)]
pub struct CredentialUse<'a> {
    pub name: &'a str,
    pub kind: &'a str,
    /// Where it would be sent.
    pub host: Option<&'a str>,
    /// Whether it is bound to this tool or this host.
    pub bound: bool,
}

/// What is known beside the request, passed in.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub now: Moment,
    pub home: &'a str,
    pub workspace: &'a str,
    pub rights: &'a AgentRights,
    /// What the session did before.
    pub taint: &'a Taint,
    /// The keys of the sessions that began this one, the nearest first: rules that ask or deny hold for what they began.
    pub above: &'a [String],
    /// The sessions whose words this one follows in it.
    pub told_by: &'a [Teller],
    /// How often things happened, for rules with a rate.
    pub counts: &'a dyn Counts,
    /// What is known of the credentials that the call names; one that is not among them does not exist. None where
    /// nobody looked: each is taken for one that is bound to where it goes.
    pub credentials: Option<&'a [KnownCredential]>,
    /// What else speaks against it: a breaker that is open, a session that is paused.
    pub facts: &'a [Finding],
}

impl<'a> Context<'a> {
    /// Nothing happened before.
    pub fn new(
        home: &'a str,
        workspace: &'a str,
        rights: &'a AgentRights,
        taint: &'a Taint,
    ) -> Self {
        Self {
            now: Moment::default(),
            home,
            workspace,
            rights,
            taint,
            above: &[],
            told_by: &[],
            counts: &NoCounts,
            credentials: None,
            facts: &[],
        }
    }
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context")
            .field("now", &self.now)
            .field("workspace", &self.workspace)
            .field("rights", &self.rights)
            .field("facts", &self.facts)
            .finish_non_exhaustive()
    }
}

impl Act<'_> {
    /// What it does to the world.
    pub(crate) fn effects(&self) -> Vec<Effect> {
        match self {
            Self::Command(analysis) => analysis.effects.clone(),
            Self::Files(files) => files.effects.to_vec(),
            Self::Fetch(fetch) => vec![Effect {
                kind: EffectKind::Network,
                target: Target::Url(fetch.url.to_owned()),
                zone: Zone::Elsewhere,
                secret: false,
                span: None,
                text: format!("fetches {}", fetch.url),
            }],
            Self::Credential(used) => used
                .host
                .iter()
                .map(|host| Effect {
                    kind: EffectKind::Network,
                    target: Target::Host((*host).to_owned()),
                    zone: Zone::Elsewhere,
                    secret: true,
                    span: None,
                    text: format!("sends the credential {} to {host}", used.name),
                })
                .collect(),
            Self::Process { fed: Some(fed), .. } => fed.effects.clone(),
            Self::Tool(_) | Self::Process { .. } | Self::Session(_) => Vec::new(),
        }
    }
}
