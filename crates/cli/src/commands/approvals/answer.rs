//! An answer as the command line says it: what a gateway has to have for it, whether an approval takes it, and how our
//! own gateway is told.

use gatehouse_protocol::model::approval::{Decision, Verdict};
use gatehouse_protocol::own;
use gatehouse_protocol::untrusted::one_line;
use serde_json::{Value, json};

use super::shape::Waiting;
use crate::args::{AllowArgs, Named};
use crate::dial::Link;
use crate::environment::now_ms;
use crate::failure::{Failure, FailureKind};

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) verdict: Verdict,
    pub(super) terms: Terms,
}

/// What an answer says beside its published word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Terms {
    Plain,
    /// Why not, for the agent.
    Reason(String),
    Session,
    For {
        minutes: u64,
    },
    /// `until` in milliseconds since 1970.
    Always {
        pattern: Option<String>,
        until: Option<u64>,
    },
    /// Another command in its place.
    Edit(String),
}

impl Terms {
    /// Our own gateway's word for the answer, where it has one of its own. An edit is a word of the question alone.
    fn word(&self) -> Option<&'static str> {
        match self {
            Self::Plain | Self::Reason(_) => None,
            Self::Session => Some("session"),
            Self::For { .. } => Some("for"),
            Self::Always { .. } => Some("always"),
            Self::Edit(_) => Some("edit"),
        }
    }

    /// Why a gateway that is not ours cannot take it.
    fn only_ours(&self) -> Option<&'static str> {
        match self {
            Self::Plain
            | Self::Reason(_)
            | Self::Always {
                pattern: None,
                until: None,
            } => None,
            Self::Session | Self::For { .. } => {
                Some("this gateway allows once or always, and nothing between them")
            }
            Self::Always {
                pattern: Some(_), ..
            } => Some("this gateway takes no pattern with an answer"),
            Self::Always { until: Some(_), .. } => {
                Some("only a gateway of ours takes an end with an answer")
            }
            Self::Edit(_) => Some("this gateway puts no command in the place of another"),
        }
    }
}

/// Something was refused, and nothing of it has left this machine.
pub(super) fn not_sent(why: &str) -> Failure {
    let text = format!("{why}; nothing was sent");
    Failure::new(FailureKind::Refused, "notOffered", text)
}

impl Answer {
    /// A yes, and how long it holds.
    pub(super) fn allowing(args: &AllowArgs) -> Result<Self, Failure> {
        let until = args.until.map(|until| until.end(now_ms()));
        if until.is_some_and(|until| until <= now_ms()) {
            let failure = Failure::usage("--until is over already");
            return Err(failure.next("say when it ends, such as 7d or 2026-12-31"));
        }
        let always = |pattern| Self {
            verdict: Verdict::AllowAlways,
            terms: Terms::Always { pattern, until },
        };
        let once = |terms| Self {
            verdict: Verdict::AllowOnce,
            terms,
        };
        Ok(match (&args.pattern, &args.edit, args.time) {
            (Some(pattern), ..) => always(Some(pattern.clone())),
            (_, Some(command), _) if command.trim().is_empty() => {
                return Err(Failure::usage("--edit takes a command"));
            }
            (_, Some(command), _) => once(Terms::Edit(command.clone())),
            (.., Some(minutes)) => once(Terms::For { minutes }),
            _ if args.session => once(Terms::Session),
            _ if args.always => always(None),
            _ => once(Terms::Plain),
        })
    }

    /// A no. The reason goes where there is a field for it.
    pub(super) fn denying(reason: Option<String>) -> Self {
        Self {
            verdict: Verdict::Deny,
            terms: reason.map_or(Terms::Plain, Terms::Reason),
        }
    }

    /// Whether it can be given of what was read of an approval alone, without having been listed.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.terms, Terms::Plain | Terms::Reason(_))
    }

    /// Refuses what this gateway has nothing for, before anything is sent.
    pub(super) fn check_gateway(&self, link: &Link, named: &Named) -> Result<(), Failure> {
        if link.offers::<own::ApprovalsResolve>() {
            return Ok(());
        }
        if let Some(why) = self.terms.only_ours() {
            return Err(not_sent(why));
        }
        match named.digest {
            Some(_) => Err(not_sent("this gateway lists no digests")),
            None => Ok(()),
        }
    }

    /// Whether what waits is what was named, and takes this answer.
    pub(super) fn check(&self, named: &Named, approval: &Waiting) -> Result<(), Failure> {
        if named.digest.is_some() && named.digest != approval.digest {
            let id = one_line(&named.id, 200);
            let text = format!("{id} is not what was listed any more; nothing was sent");
            let failure = Failure::new(FailureKind::Refused, "changed", text);
            return Err(failure.next("`gatehouse approvals list` shows what it asks for now"));
        }
        match self.terms.word() {
            Some(word) if approval.takes(word) => Ok(()),
            Some(word) if self.terms.only_ours().is_some() => Err(not_taken(approval, word)),
            _ => self.check_published(approval),
        }
    }

    fn check_published(&self, approval: &Waiting) -> Result<(), Failure> {
        let decision = Decision::from(self.verdict);
        if approval.offers(&decision) {
            return Ok(());
        }
        let offered = approval.decisions.iter().flatten();
        let offered: Vec<&str> = offered.map(Decision::as_str).collect();
        let offered = one_line(&offered.join(", "), 200);
        let why = format!("this approval cannot be answered with {decision}");
        Err(not_sent(&why).next(format!("it may be answered: {offered}")))
    }

    /// As our own gateway takes it: for what was listed, where that has a digest. None where the published word says it
    /// all.
    pub(super) fn own(&self, id: &str, listed: Option<&Waiting>) -> Option<Value> {
        let digest = listed.and_then(|listed| listed.digest.as_deref());
        let params = match &self.terms {
            Terms::Reason(reason) => json!({"decision": "deny", "reason": reason}),
            Terms::Session => json!({"decision": "session"}),
            Terms::For { minutes } => json!({"decision": "for", "minutes": minutes}),
            Terms::Always { pattern, until } if listed.is_some_and(|one| one.takes("always")) => {
                json!({"decision": "always", "pattern": pattern, "until": until})
            }
            Terms::Edit(command) => {
                // It makes a new request, which has a digest of its own.
                return Some(json!({"id": id, "decision": "once", "editedCommand": command}));
            }
            Terms::Plain | Terms::Always { .. } => match (self.verdict, digest) {
                (_, None) | (Verdict::AllowAlways, _) => return None,
                (Verdict::AllowOnce, _) => json!({"decision": "once"}),
                (Verdict::Deny, _) => json!({"decision": "deny"}),
            },
        };
        let mut params = params;
        params["id"] = json!(id);
        if let Some(digest) = digest {
            params["digest"] = json!(digest);
        }
        Some(params)
    }
}

fn not_taken(approval: &Waiting, word: &str) -> Failure {
    let failure = not_sent(&format!("this approval cannot be answered with {word:?}"));
    match &approval.choices {
        Some(choices) => {
            let choices = one_line(&choices.join(", "), 200);
            failure.next(format!(
                "it may be answered: {choices}; what is dangerous, or needs several people, is allowed once"
            ))
        }
        None => failure.next("another client asks this, and takes its own words alone"),
    }
}

#[cfg(test)]
mod tests {
    use gatehouse_protocol::model::approval::ExecApproval;

    use super::*;

    fn asked(request: Value) -> Waiting {
        let approval: ExecApproval =
            serde_json::from_value(json!({"id": "a", "request": request})).unwrap();
        approval.into()
    }

    fn named(digest: Option<&str>) -> Named {
        Named {
            id: "a".to_owned(),
            digest: digest.map(str::to_owned),
        }
    }

    fn ours() -> Waiting {
        asked(json!({
            "command": "make", "digest": "d1", "allowedDecisions": ["allow-once", "deny"],
            "choices": ["once", "always", "deny"],
        }))
    }

    fn of(verdict: Verdict, terms: Terms) -> Answer {
        Answer { verdict, terms }
    }

    fn plain(verdict: Verdict) -> Answer {
        of(verdict, Terms::Plain)
    }

    #[test]
    fn our_own_gateway_is_told_the_digest_that_was_listed() {
        let listed = ours();
        let sent = |answer: Answer| answer.own("a", Some(&listed)).unwrap();
        assert_eq!(
            sent(plain(Verdict::AllowOnce)),
            json!({"id": "a", "digest": "d1", "decision": "once"})
        );
        assert_eq!(
            sent(Answer::denying(Some("no".to_owned()))),
            json!({"id": "a", "digest": "d1", "decision": "deny", "reason": "no"})
        );
        let always = Terms::Always {
            pattern: None,
            until: Some(7),
        };
        assert_eq!(
            sent(of(Verdict::AllowAlways, always)),
            json!({"id": "a", "digest": "d1", "decision": "always", "pattern": null, "until": 7})
        );
        let theirs = asked(json!({"command": "make"}));
        let published = plain(Verdict::Deny).own("a", Some(&theirs));
        assert_eq!(published, None);
    }

    #[test]
    fn what_changed_since_it_was_listed_is_not_answered() {
        let answer = plain(Verdict::AllowOnce);
        assert!(answer.check(&named(Some("d1")), &ours()).is_ok());
        let changed = answer.check(&named(Some("d2")), &ours()).unwrap_err();
        assert_eq!(changed.code, "changed");
    }

    #[test]
    fn an_answer_that_is_not_offered_is_not_given() {
        let pattern = |pattern: Option<&str>| {
            let pattern = pattern.map(str::to_owned);
            let until = None;
            of(Verdict::AllowAlways, Terms::Always { pattern, until })
        };
        let taken = |answer: &Answer, approval: &Waiting| answer.check(&named(None), approval);
        assert!(taken(&pattern(Some("make *")), &ours()).is_ok());
        assert!(taken(&pattern(None), &ours()).is_ok());
        assert!(taken(&of(Verdict::AllowOnce, Terms::Session), &ours()).is_err());
        assert!(
            taken(
                &of(Verdict::AllowOnce, Terms::Edit("ls".to_owned())),
                &ours()
            )
            .is_err()
        );
        // Of another client: what "always" means there is the client's.
        let theirs = asked(json!({
            "command": "make", "allowedDecisions": ["allow-once", "allow-always", "deny"],
        }));
        assert!(taken(&pattern(None), &theirs).is_ok());
        assert!(taken(&pattern(Some("make *")), &theirs).is_err());
    }
}
