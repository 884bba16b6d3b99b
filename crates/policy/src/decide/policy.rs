//! A policy that was read, checked and compiled, and what it looks like from outside.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use specta::Type;

use crate::authz::{Authz, DEFAULT_ROLES};
use crate::rules::matching::Facts;
use crate::rules::model::Rule;
use crate::rules::{Analyse, Enabled, Preset, Problem, Vetting, check_examples, read};
use crate::verdict::Verdict;

/// The document that a gateway begins with.
pub const DEFAULT_DOCUMENT: &str = include_str!("default.json5");

/// A compiled policy. Cheap to read from many threads; a change makes another one.
#[derive(Debug)]
pub struct Policy {
    document: String,
    roles: String,
    preset: Preset,
    pub(super) rules: Vec<Rule>,
    vetting: Option<Vetting>,
    authz: Arc<Authz>,
    version: String,
    hash: String,
    warnings: Vec<Problem>,
}

/// A rule, for lists.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RuleView {
    pub id: String,
    #[specta(type = EnabledView)]
    pub enabled: Enabled,
    pub verdict: Verdict,
    /// In words.
    pub text: String,
    pub problems: Vec<Problem>,
}

/// How [`Enabled`] is written: true, false or "shadow".
#[derive(Serialize, Type)]
#[serde(untagged)]
#[allow(dead_code, reason = "only its shape is used, for the page's types")]
enum EnabledView {
    Flag(bool),
    Shadow(String),
}

impl Policy {
    /// Reads a document of rules (JSON5) and the roles (Cedar; none for the built-in ones). What is wrong is told at
    /// once, and one error refuses it all: whoever has a policy keeps it.
    pub fn load(document: &str, roles: Option<&str>) -> Result<Self, Vec<Problem>> {
        Self::load_with(document, roles, crate::shell::analyse)
    }

    /// As `load`, with another reader of the commands in examples.
    pub(crate) fn load_with(
        document: &str,
        roles: Option<&str>,
        analyse: Analyse,
    ) -> Result<Self, Vec<Problem>> {
        let mut read = read::read(document);
        check_examples(&mut read.reader, &read.value, &read.rules, analyse);
        let roles = roles.unwrap_or(DEFAULT_ROLES);
        let authz = Authz::shared(roles);
        let mut problems = read.reader.problems;
        let authz = match authz {
            Ok((authz, warnings)) => {
                problems.extend(warnings);
                Some(authz)
            }
            Err(found) => {
                problems.extend(found);
                None
            }
        };
        problems.sort_by_key(|problem| (!problem.is_error(), problem.line, problem.column));
        let refused = problems.iter().any(Problem::is_error);
        let Some(authz) = authz.filter(|_| !refused) else {
            return Err(problems);
        };
        Ok(Self {
            document: document.to_owned(),
            roles: roles.to_owned(),
            preset: read.preset,
            rules: ordered(read.rules),
            vetting: read.vetting,
            authz,
            version: digest(&[&canonical(&read.value), roles])[..16].to_owned(),
            hash: digest(&[document, roles]),
            warnings: problems,
        })
    }

    /// A preset without rules.
    pub fn of(preset: Preset) -> Self {
        let document = json!({ "preset": preset }).to_string();
        Self::load(&document, None).expect("the built-in policy was tested")
    }

    /// What is wrong with a document, warnings too; empty when nothing is.
    pub fn validate(document: &str, roles: Option<&str>) -> Vec<Problem> {
        match Self::load(document, roles) {
            Ok(policy) => policy.warnings,
            Err(problems) => problems,
        }
    }

    pub fn preset(&self) -> Preset {
        self.preset
    }

    /// Names what decided: the first 16 hex digits of a SHA-256 over the canonical document and the roles. Spaces and
    /// comments do not change it.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// SHA-256 over both texts as they are, in hex: what an editor had in hand.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// The rules as they were written.
    pub fn document(&self) -> &str {
        &self.document
    }

    /// The roles as they were written.
    pub fn roles(&self) -> &str {
        &self.roles
    }

    /// What may not do what was meant.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// Who may do what.
    pub fn authz(&self) -> &Authz {
        &self.authz
    }

    /// The model that may raise verdicts; none unless the document names one.
    pub fn vetting(&self) -> Option<&Vetting> {
        self.vetting.as_ref()
    }

    /// The longest time over which a rule counts, in milliseconds; none where no rule does.
    pub fn counts_over_ms(&self) -> Option<u64> {
        let rates = self.rules.iter().filter_map(|rule| rule.when.rate);
        rates.map(|rate| rate.window_ms).max()
    }

    /// Whether it may say one thing of a URL and another of a second one at the same scheme, host and port: a rule is
    /// about whole addresses, by `urls` or by the argument, or a model is asked, which sees the address. Roles know
    /// hosts by their names.
    pub fn tells_urls_apart(&self) -> bool {
        let counts = |rule: &&Rule| rule.enabled != Enabled::No;
        let mut rules = self.rules.iter().filter(counts);
        self.vetting.is_some() || rules.any(|rule| rule.when.tells_urls_apart())
    }

    pub fn rules(&self) -> Vec<RuleView> {
        let mut rules: Vec<_> = self.rules.iter().collect();
        rules.sort_by_key(|rule| index_of(&rule.path));
        let view = |rule: &&Rule| RuleView {
            id: rule.id.clone(),
            enabled: rule.enabled,
            verdict: rule.verdict,
            text: rule.words.clone(),
            problems: self.warnings_of(rule),
        };
        rules.iter().map(view).collect()
    }

    fn warnings_of(&self, rule: &Rule) -> Vec<Problem> {
        let below = |problem: &&Problem| {
            let rest = problem.path.strip_prefix(&rule.path);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.warnings.iter().filter(below).cloned().collect()
    }

    pub(super) fn matching<'p>(
        &'p self,
        facts: &'p Facts<'_>,
    ) -> impl Iterator<Item = (&'p Rule, crate::rules::matching::Hit)> {
        let counts = |rule: &&Rule| rule.enabled != Enabled::No;
        self.rules
            .iter()
            .filter(counts)
            .map(|rule| (rule, rule.hold(facts)))
    }
}

impl Default for Policy {
    /// What a gateway begins with.
    fn default() -> Self {
        Self::load(DEFAULT_DOCUMENT, None).expect("the built-in policy was tested")
    }
}

/// In the order of an explanation: the highest priority first, then as they were written.
fn ordered(mut rules: Vec<Rule>) -> Vec<Rule> {
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.priority));
    rules
}

fn index_of(path: &str) -> usize {
    let digits = path.trim_start_matches("rules[").trim_end_matches(']');
    digits.parse().unwrap_or(usize::MAX)
}

/// SHA-256 over texts, each with its length in front so that no two lists have the same bytes.
fn digest(texts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for text in texts {
        hasher.update((text.len() as u64).to_be_bytes());
        hasher.update(text.as_bytes());
    }
    hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// JSON with the keys of every object sorted.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<_> = map.keys().collect();
            keys.sort();
            let pairs = keys
                .iter()
                .map(|key| format!("{}:{}", json!(key), canonical(&map[*key])));
            format!("{{{}}}", pairs.collect::<Vec<_>>().join(","))
        }
        Value::Array(items) => {
            format!(
                "[{}]",
                items.iter().map(canonical).collect::<Vec<_>>().join(",")
            )
        }
        plain => plain.to_string(),
    }
}
