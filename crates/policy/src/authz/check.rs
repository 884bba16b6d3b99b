//! Asks the policies whether somebody may do something.

use std::cell::OnceCell;
use std::fmt::Write;

use cedar_policy::{Authorizer, Context, Decision, Entities, Entity, PolicySet, Request};

use super::entities::{Call, Principal, action};
use super::load::Authz;
use super::right::{Resource, Right};
use super::role::Person;
use crate::verdict::Verdict;

/// The answer of the policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    pub verdict: Verdict,
    /// Why it is not allowed, or asks. Empty where it is allowed.
    pub reasons: Vec<Reason>,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The policy's `@id`; none where there is no policy that permits it.
    pub policy: Option<String>,
    pub text: String,
}

impl Access {
    fn denied(policy: Option<String>, text: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Deny,
            reasons: vec![Reason {
                policy,
                text: text.into(),
            }],
        }
    }
}

impl Authz {
    /// Whether a person may do something.
    pub fn person(&self, person: &Person, right: Right, resource: &Resource<'_>) -> Access {
        let call = Call::default();
        let asking = Asking::new(Principal::Person(person), &call);
        self.ask(&asking, right, resource)
    }

    /// Whether somebody may do something. Whatever goes wrong on the way is a denial.
    pub(crate) fn ask(&self, asking: &Asking<'_>, right: Right, resource: &Resource<'_>) -> Access {
        if asking.principal.is_agent() && right.is_for_people_only() {
            return Access::denied(None, "an agent decides nothing about agents");
        }
        let Some(slice) = self.slice(right) else {
            return Access::denied(None, "no policy is about it");
        };
        // Policies see neither a clock nor a file: the same question has the same answer.
        let resource = &self.as_seen(right, resource);
        let question = asking.question(right, resource);
        self.memory
            .answer(question, || self.evaluate(slice, asking, right, resource))
    }

    fn evaluate(
        &self,
        slice: &PolicySet,
        asking: &Asking<'_>,
        right: Right,
        resource: &Resource<'_>,
    ) -> Access {
        let Some((request, entities)) = asking.request(right, resource) else {
            return Access::denied(None, "the request could not be put to the policies");
        };
        let response = Authorizer::new().is_authorized(&request, slice, &entities);
        let diagnostics = response.diagnostics();
        // Cedar leaves out a policy that errs, a forbid too; what is left could permit.
        if let Some(error) = diagnostics.errors().next() {
            return Access::denied(None, format!("a policy could not be evaluated: {error}"));
        }
        let mut labels: Vec<_> = diagnostics.reason().map(|id| self.label(id)).collect();
        labels.sort_by(|a, b| a.name.cmp(&b.name));
        match response.decision() {
            Decision::Deny => match labels.first() {
                Some(label) => {
                    let text = format!("{} is forbidden: {}", right.as_str(), label.name);
                    Access::denied(Some(label.name.clone()), text)
                }
                None => Access::denied(None, format!("no policy permits {}", right.as_str())),
            },
            Decision::Allow => {
                let asks = labels.into_iter().filter_map(|label| {
                    let (name, text) = (label.name, label.asks?);
                    Some(Reason {
                        policy: Some(name),
                        text,
                    })
                });
                let reasons: Vec<_> = asks.collect();
                let verdict = if reasons.is_empty() {
                    Verdict::Allow
                } else {
                    Verdict::Ask
                };
                Access { verdict, reasons }
            }
        }
    }
}

/// Who asks, made ready once for all that is asked about a call, and only where an answer is not known yet.
pub(crate) struct Asking<'a> {
    principal: Principal<'a>,
    call: &'a Call<'a>,
    /// All that policies see of them.
    seen: String,
    told: OnceCell<Option<(Entity, Context)>>,
}

impl<'a> Asking<'a> {
    pub(crate) fn new(principal: Principal<'a>, call: &'a Call<'a>) -> Self {
        Self {
            principal,
            call,
            // Debug escapes what stands between quotes, so that no two differ and are written alike.
            seen: format!("{principal:?} {call:?} "),
            told: OnceCell::new(),
        }
    }

    /// The question in full: what differs in it may be answered otherwise.
    fn question(&self, right: Right, resource: &Resource<'_>) -> String {
        let mut question = String::with_capacity(self.seen.len() + 128);
        question.push_str(&self.seen);
        // Writing to a text cannot fail.
        let _ = write!(question, "{right:?} {resource:?}");
        question
    }

    fn request(&self, right: Right, resource: &Resource<'_>) -> Option<(Request, Entities)> {
        let told = || Some((self.principal.entity()?, self.call.context()?));
        let (entity, context) = self.told.get_or_init(told).as_ref()?;
        let entities = [entity.clone(), resource.entity()?];
        let entities = Entities::from_entities(entities, None).ok()?;
        let (principal, action) = (self.principal.uid(), action(right));
        let context = context.clone();
        let request = Request::new(principal, action, resource.uid(), context, None).ok()?;
        Some((request, entities))
    }
}
