//! The answers that a question takes: the three published words, and what lies between once and always.
//!
//! What an answer grants is made from the recorded question alone, so that it is the same after a restart.

use gatehouse_store::gateway::{AllowEntry, ApprovalRecord, ApprovalState, GrantKind, GrantRecord};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use super::question::Decision;
use super::wire;

/// The longest that a grant can hold: 90 days.
pub(crate) const LONGEST_GRANT_MS: i64 = 90 * 24 * 60 * 60 * 1000;

/// The longest "for a time": a day. Beyond it, "always" says what is meant.
const LONGEST_TIME_MIN: u32 = 24 * 60;

/// What a person says to a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    Once,
    /// The same again, in this session.
    Session,
    /// The same again, for so many minutes.
    For {
        minutes: u32,
    },
    /// The same again from now on, or what a pattern matches; until a time, in milliseconds since the epoch.
    Always {
        pattern: Option<String>,
        until: Option<i64>,
    },
    /// The reason reaches the agent.
    Deny {
        reason: Option<String>,
    },
}

/// Why a choice cannot be made of a question.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChoiceError {
    #[error("{0} is not offered for this approval")]
    NotOffered(&'static str),
    #[error("what is dangerous, or needs several people, is allowed one by one")]
    OneByOne,
    #[error("{0}")]
    Wrong(String),
}

/// What the recorded question keeps for grants. Not shown to anyone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct GrantBasis {
    pub(crate) session_digest: String,
    pub(crate) agent_digest: String,
    /// For a person: the command.
    pub(crate) text: String,
    pub(crate) cwd: Option<String>,
    /// Whether a pattern can stand for it: a command of plain words, and nothing beside them.
    pub(crate) may_be_pattern: bool,
    /// What asks: the kinds of what was found, and the rules.
    #[serde(default)]
    pub(crate) answers: Vec<String>,
}

/// A choice, made ready to be recorded.
pub(super) struct Effects {
    pub(super) state: ApprovalState,
    /// The published word.
    pub(super) decision: Decision,
    pub(super) allow: Option<AllowEntry>,
    pub(super) grant: Option<GrantRecord>,
}

impl Choice {
    /// The choice of a published word.
    pub fn of(decision: Decision) -> Self {
        match decision {
            Decision::AllowOnce => Self::Once,
            Decision::AllowAlways => Self::Always {
                pattern: None,
                until: None,
            },
            Decision::Deny => Self::Deny { reason: None },
        }
    }

    pub fn word(&self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Session => "session",
            Self::For { .. } => "for",
            Self::Always { .. } => "always",
            Self::Deny { .. } => "deny",
        }
    }

    /// The reason that the agent is told.
    pub(super) fn reason(&self) -> Option<&str> {
        match self {
            Self::Deny { reason } => reason.as_deref(),
            _ => None,
        }
    }

    /// What the choice does to a question, at a time.
    pub(super) fn effects(
        &self,
        record: &ApprovalRecord,
        by: &str,
        now: i64,
    ) -> Result<Effects, ChoiceError> {
        if !wire::choices(record).iter().any(|word| word == self.word()) {
            return Err(ChoiceError::NotOffered(self.word()));
        }
        let yes = |decision, allow, grant| Effects {
            state: ApprovalState::Allowed,
            decision,
            allow,
            grant,
        };
        Ok(match self {
            Self::Deny { .. } => Effects {
                state: ApprovalState::Denied,
                decision: Decision::Deny,
                allow: None,
                grant: None,
            },
            Self::Once => yes(Decision::AllowOnce, None, None),
            Self::Session | Self::For { .. } => {
                let grant = self.grant(record, by, now)?;
                yes(Decision::AllowOnce, None, grant)
            }
            Self::Always { pattern, .. } => {
                let grant = self.grant(record, by, now)?;
                // The published list shows the grant; what lets the command run is the grant alone.
                let shown = grant.as_ref().filter(|_| pattern.is_none());
                let allow = shown.and_then(|grant| wire::always(record, grant));
                yes(Decision::AllowAlways, allow, grant)
            }
        })
    }

    fn grant(
        &self,
        record: &ApprovalRecord,
        by: &str,
        now: i64,
    ) -> Result<Option<GrantRecord>, ChoiceError> {
        // A question of another client has none: what "always" means there is the client's.
        let Some(basis) = wire::grant_basis(record) else {
            return Ok(None);
        };
        let mut grant = GrantRecord {
            id: Uuid::new_v4().to_string(),
            kind: GrantKind::Exact,
            text: basis.text.clone(),
            digest: Some(basis.agent_digest.clone()),
            agent: record.agent.clone().unwrap_or_default(),
            cwd: basis.cwd.clone(),
            answers: basis.answers.clone(),
            created_at: now,
            created_by: by.to_owned(),
            expires_at: Some(now.saturating_add(LONGEST_GRANT_MS)),
            ..GrantRecord::default()
        };
        match self {
            Self::Session => {
                grant.session.clone_from(&record.session);
                grant.digest = Some(basis.session_digest);
            }
            Self::For { minutes } => {
                if !(1..=LONGEST_TIME_MIN).contains(minutes) {
                    let text = format!("minutes must be from 1 to {LONGEST_TIME_MIN}");
                    return Err(ChoiceError::Wrong(text));
                }
                grant.expires_at = Some(now.saturating_add(i64::from(*minutes) * 60_000));
            }
            Self::Always { pattern, until } => {
                let longest = now.saturating_add(LONGEST_GRANT_MS);
                let until = until.unwrap_or(longest);
                if until <= now || until > longest {
                    let text = "until must be in the future, and within 90 days".to_owned();
                    return Err(ChoiceError::Wrong(text));
                }
                grant.expires_at = Some(until);
                if let Some(pattern) = pattern {
                    if !basis.may_be_pattern {
                        let text = "a pattern stands for one command whose words are all known, and nothing beside \
                                    them; this line comes to several, to words that are known only when it runs, \
                                    sets a variable, writes to a file, or runs what was written before"
                            .to_owned();
                        return Err(ChoiceError::Wrong(text));
                    }
                    pattern_grant(&mut grant, pattern)?;
                }
            }
            Self::Once | Self::Deny { .. } => return Ok(None),
        }
        Ok(Some(grant))
    }
}

fn pattern_grant(grant: &mut GrantRecord, pattern: &str) -> Result<(), ChoiceError> {
    let parsed = crate::govern::grants::GrantPattern::parse(pattern);
    let parsed = parsed.map_err(|error| ChoiceError::Wrong(error.to_string()))?;
    if !parsed.matches_text(&grant.text) {
        let text = "the pattern does not match the command that is asked about".to_owned();
        return Err(ChoiceError::Wrong(text));
    }
    grant.kind = GrantKind::Pattern;
    grant.text = pattern.to_owned();
    grant.digest = None;
    Ok(())
}

/// Who answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolver {
    /// The device's id, where it proved one.
    pub device: Option<String>,
    /// How people know it.
    pub label: String,
    /// Who acts: nobody answers their own question.
    pub principal: String,
    /// Who counts as one person where several have to say yes.
    pub person: String,
}

impl Resolver {
    pub(super) fn json(&self, choice: &Choice) -> String {
        let mut json = json!({
            "kind": "runtime", "label": self.label, "choice": choice.word(),
        });
        if let Some(device) = &self.device {
            json["kind"] = json!("device");
            json["id"] = json!(device);
        }
        if let Some(reason) = choice.reason() {
            json["note"] = json!(reason);
        }
        json.to_string()
    }

    /// With the terms of what the answer grants beyond this once, for the record.
    pub(super) fn json_granting(&self, choice: &Choice, grant: Option<&GrantRecord>) -> String {
        let json = self.json(choice);
        let (Some(grant), Ok(mut json)) = (grant, serde_json::from_str::<Value>(&json)) else {
            return json;
        };
        json[wire::GRANT] = wire::terms(grant);
        json.to_string()
    }
}
