//! Reads policies in Cedar: parsed, checked strictly against the schema, named by us, and sliced by action, so that
//! a decision evaluates only what can have a say.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use cedar_policy::{
    ActionConstraint, Effect, Policy, PolicyId, PolicySet, PrincipalConstraint, ResourceConstraint,
    Schema, ValidationMode, Validator,
};
use miette::Diagnostic;
use serde_json::Value;

use super::entities::action;
use super::memory::Memory;
use super::right::{Resource, Right};
use crate::rules::{Place, Problem, Severity};

/// What policies may speak of.
pub const SCHEMA: &str = include_str!("schema.cedarschema");
/// What is part of every policy.
pub const CORE: &str = include_str!("core.cedar");
/// The roles that a gateway begins with.
pub const DEFAULT_ROLES: &str = include_str!("roles.cedar");

/// The largest text of roles, in bytes.
const MAX_BYTES: usize = 256 * 1024;

/// Who may do what, compiled.
#[derive(Debug)]
pub struct Authz {
    /// The policies that are about an action, for each action.
    slices: HashMap<Right, PolicySet>,
    /// What a policy is called, and why it asks, by the id that we gave it.
    labels: HashMap<PolicyId, Label>,
    /// The rights whose policies tell one path, host, credential or session from another of its kind.
    particular: HashSet<Right>,
    /// The rights of which something is kept back by what it is on, so that a folder may hold what is not permitted
    /// while it is itself.
    kept_back: HashSet<Right>,
    pub(super) memory: Memory,
}

/// What is told of a policy.
#[derive(Debug, Clone, Default)]
pub(super) struct Label {
    /// Its `@id`, or its number. Two policies may have the same.
    pub(super) name: String,
    /// The reason of its `@require_approval`.
    pub(super) asks: Option<String>,
}

impl Authz {
    /// Reads roles. On the left what is unusual, on the right why they are refused.
    pub fn load(roles: &str) -> Result<(Self, Vec<Problem>), Vec<Problem>> {
        if roles.len() > MAX_BYTES {
            let message = format!("is longer than {MAX_BYTES} bytes");
            return Err(vec![problem(Severity::Error, Place::START, message)]);
        }
        if roles.trim().is_empty() {
            let message =
                "is empty: nobody could do anything; a comment in it says that this is meant";
            return Err(vec![problem(
                Severity::Error,
                Place::START,
                message.to_owned(),
            )]);
        }
        let parsed = PolicySet::from_str(roles).map_err(|errors| {
            errors
                .iter()
                .map(|error| told(Severity::Error, error, roles))
                .collect::<Vec<_>>()
        })?;
        if parsed.templates().next().is_some() {
            let message =
                "has a template (?principal or ?resource); write each policy out".to_owned();
            return Err(vec![problem(Severity::Error, Place::START, message)]);
        }
        let checked = Validator::new(schema()).validate(&parsed, ValidationMode::Strict);
        let errors = checked
            .validation_errors()
            .map(|error| told(Severity::Error, error, roles));
        let errors: Vec<_> = errors.collect();
        if !errors.is_empty() {
            return Err(errors);
        }
        let warnings = checked.validation_warnings();
        let mut warnings: Vec<_> = warnings
            .map(|warning| told(Severity::Warning, warning, roles))
            .collect();
        warnings.extend(parsed.policies().filter_map(unasked));
        let core = PolicySet::from_str(CORE).expect("the core was tested");
        Ok((Self::of(&[("core", &core), ("roles", &parsed)]), warnings))
    }

    /// As `load`; the roles that come with it are read once for all.
    pub(crate) fn shared(roles: &str) -> Result<(Arc<Self>, Vec<Problem>), Vec<Problem>> {
        static BUILT_IN: LazyLock<Arc<Authz>> = LazyLock::new(|| {
            let (authz, _) = Authz::load(DEFAULT_ROLES).expect("the roles were tested");
            Arc::new(authz)
        });
        if roles == DEFAULT_ROLES {
            return Ok((Arc::clone(&BUILT_IN), Vec::new()));
        }
        Self::load(roles).map(|(authz, warnings)| (Arc::new(authz), warnings))
    }

    fn of(sources: &[(&str, &PolicySet)]) -> Self {
        let mut authz = Self {
            slices: Right::ALL
                .iter()
                .map(|right| (*right, PolicySet::new()))
                .collect(),
            labels: HashMap::new(),
            particular: HashSet::new(),
            kept_back: HashSet::new(),
            memory: Memory::default(),
        };
        for (source, policies) in sources {
            for policy in policies.policies() {
                authz.add(source, policy);
            }
        }
        authz
    }

    /// Ids in a text may be there twice or be chosen to mislead; ours say where a policy comes from.
    fn add(&mut self, source: &str, policy: &Policy) {
        let number = policy.id().to_string().replace("policy", "");
        let id = PolicyId::new(format!("{source}.{number}"));
        let name = policy.annotation("id").filter(|name| !name.is_empty());
        let asks = policy
            .annotation("require_approval")
            .map(|reason| match reason {
                "" => "the policy asks for an approval".to_owned(),
                reason => reason.to_owned(),
            });
        let label = Label {
            name: name.map_or_else(|| format!("{source} policy {number}"), str::to_owned),
            asks,
        };
        self.labels.insert(id.clone(), label);
        let policy = policy.new_id(id);
        let particular = tells_apart(&policy);
        let keeps_back = particular && keeps_back(&policy);
        for (right, slice) in &mut self.slices {
            if is_about(&policy.action_constraint(), *right) {
                if particular {
                    self.particular.insert(*right);
                }
                if keeps_back {
                    self.kept_back.insert(*right);
                }
                slice
                    .add(policy.clone())
                    .expect("ids are numbered, so none is there twice");
            }
        }
    }

    /// Whether something that lies below a permitted folder may be forbidden.
    pub(crate) fn keeps_back(&self, right: Right) -> bool {
        self.kept_back.contains(&right)
    }

    pub(super) fn slice(&self, right: Right) -> Option<&PolicySet> {
        self.slices.get(&right)
    }

    /// A resource as the policies of a right see it: without its name, where none of them looks at that.
    pub(super) fn as_seen<'r>(&self, right: Right, resource: &Resource<'r>) -> Resource<'r> {
        let mut seen = resource.clone();
        if self.particular.contains(&right) {
            return seen;
        }
        match &mut seen {
            Resource::Path { path, .. } => *path = "",
            Resource::Host { name } => *name = "",
            Resource::Approval { id, .. } => *id = "",
            _ => {}
        }
        seen
    }

    pub(super) fn label(&self, id: &PolicyId) -> Label {
        self.labels.get(id).cloned().unwrap_or_default()
    }
}

pub(super) fn schema() -> Schema {
    Schema::from_cedarschema_str(SCHEMA)
        .expect("the schema was tested")
        .0
}

/// Whether a policy may look at which path, host or approval it is, and not only at its kind: by an attribute, or as a whole. Read
/// from the policy's own JSON, and taken for yes where that is in doubt.
fn tells_apart(policy: &Policy) -> bool {
    if policy.resource_constraint() != ResourceConstraint::Any {
        return true;
    }
    let Ok(json) = policy.to_json() else {
        return true;
    };
    looks_at_more(&json["conditions"])
}

/// Whether a policy that looks at which one it is takes some out: it forbids, or permits all but some.
fn keeps_back(policy: &Policy) -> bool {
    if policy.effect() == Effect::Forbid {
        return true;
    }
    policy.to_json().map_or(true, |json| {
        let conditions = json["conditions"].as_array();
        conditions.into_iter().flatten().any(|condition| {
            looks_at_more(&condition["body"])
                && (condition["kind"] == "unless" || takes_out(&condition["body"]))
        })
    })
}

/// Whether something is turned around in a condition.
fn takes_out(json: &Value) -> bool {
    match json {
        Value::Object(map) => map.iter().any(|(operator, operands)| {
            matches!(operator.as_str(), "!" | "!=" | "if-then-else") || takes_out(operands)
        }),
        Value::Array(items) => items.iter().any(takes_out),
        _ => false,
    }
}

/// Attributes of a resource that tell its kind.
const OF_A_KIND: [&str; 10] = [
    "zone",
    "secret",
    "below",
    "readsOnly",
    "runs",
    "server",
    "bound",
    "agent",
    "kind",
    "requestedBy",
];

/// Whether `resource` stands there in another way than as `resource.zone` and the like.
fn looks_at_more(json: &Value) -> bool {
    match json {
        Value::Object(map) => {
            if map.get("Var").and_then(Value::as_str) == Some("resource") {
                return true;
            }
            map.iter().any(|(operator, operands)| {
                let harmless = matches!(operator.as_str(), "." | "has")
                    && operands["left"]["Var"] == "resource"
                    && operands["attr"]
                        .as_str()
                        .is_some_and(|attribute| OF_A_KIND.contains(&attribute));
                !harmless && looks_at_more(operands)
            })
        }
        Value::Array(items) => items.iter().any(looks_at_more),
        _ => false,
    }
}

fn is_about(constraint: &ActionConstraint, right: Right) -> bool {
    // The schema has no groups of actions, so that `in` names the actions themselves.
    match constraint {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(uid) => *uid == action(right),
        ActionConstraint::In(uids) => uids.contains(&action(right)),
    }
}

/// What a policy forbids to people that is never asked about people, so that it would seem to hold and does not.
fn unasked(policy: &Policy) -> Option<Problem> {
    let of_people = match policy.principal_constraint() {
        PrincipalConstraint::Is(kind) | PrincipalConstraint::IsIn(kind, _) => {
            kind.to_string() == "User"
        }
        PrincipalConstraint::Eq(uid) => uid.type_name().to_string() == "User",
        PrincipalConstraint::Any | PrincipalConstraint::In(_) => false,
    };
    let constraint = policy.action_constraint();
    let named = !matches!(constraint, ActionConstraint::Any);
    let mut unasked = Right::ALL
        .into_iter()
        .filter(|right| !right.is_for_people_only() && is_about(&constraint, *right))
        .map(Right::as_str)
        .peekable();
    if policy.effect() != Effect::Forbid || !of_people || !named || unasked.peek().is_none() {
        return None;
    }
    let unasked: Vec<_> = unasked.collect();
    let message = format!(
        "forbids people {}, which is asked of agents alone: what people do in sessions follows the scopes of their \
         connection",
        unasked.join(", ")
    );
    Some(problem(Severity::Warning, Place::START, message))
}

fn told(severity: Severity, error: &dyn Diagnostic, text: &str) -> Problem {
    let label = error.labels().and_then(|mut labels| labels.next());
    let place = label.map_or(Place::START, |label| Place::of(label.offset(), text));
    let mut told = problem(severity, place, error.to_string());
    told.suggestion = error.help().map(|help| help.to_string());
    told
}

fn problem(severity: Severity, place: Place, message: String) -> Problem {
    Problem {
        severity,
        path: "roles".to_owned(),
        line: place.line,
        column: place.column,
        message,
        suggestion: None,
    }
}
