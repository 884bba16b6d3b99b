//! The credentials that a call is given: those that it names, `{{cred:NAME}}`, where values are put in. For a command
//! that is a variable of the call, or a word or a variable of a program that starts without a shell; for a request its
//! address and its headers.
//!
//! A session that was given one may have learned it: what a program does with a value is its own affair.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::baseline::finding;
use super::request::{Act, Fetch, Request};
use crate::analysis::Analysis;
use crate::plan::{Plan, Spawn};
use crate::shell;
use crate::verdict::{Finding, Verdict};
use crate::world::{Taint, World};

/// A credential stands among the words of a command.
pub(super) const WORD: &str = "word-credential";

const BEGIN: &str = "{{cred:";
const END: &str = "}}";

/// As a path writes the characters around a reference.
const BEGIN_IN_PATH: &str = "%7B%7Bcred:";
const END_IN_PATH: &str = "%7D%7D";

/// What is known of a credential that a call names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KnownCredential {
    pub name: String,
    /// `api_key`, `password`: what it was kept as.
    pub kind: String,
    /// Whether it is bound to the tool, or to the host, of the call.
    pub bound: bool,
}

/// Reads the command of a call, with the variables that the call sets. That the session was given a credential before
/// does not speak against a command that is given the same one: that is what is asked about it anyway.
pub fn read_call(command: &str, arguments: &Value, world: &World<'_>) -> Analysis {
    let analysis = shell::analyse(command, world).called_with(arguments, world);
    let given = of_command(&analysis.plan, arguments);
    let heard = heard(&given);
    if world.taint.secrets.is_disjoint(&heard) {
        return analysis;
    }
    let taint = Taint {
        secrets: &world.taint.secrets - &heard,
        ..world.taint.clone()
    };
    let world = World {
        taint,
        ..world.clone()
    };
    shell::analyse(command, &world).called_with(arguments, &world)
}

/// The names of the credentials that a call is given.
pub(super) fn names(request: &Request<'_>) -> BTreeSet<String> {
    match &request.act {
        Act::Command(analysis) => of_command(&analysis.plan, request.arguments),
        Act::Fetch(fetch) => of_fetch(fetch, request.arguments),
        _ => BTreeSet::new(),
    }
}

/// What the session has heard when a call was given these, as its taint says it.
pub(super) fn heard(names: &BTreeSet<String>) -> BTreeSet<String> {
    let entry = |name: &String| format!("the credential {name}");
    names.iter().map(entry).collect()
}

fn of_command(plan: &Plan, arguments: &Value) -> BTreeSet<String> {
    let set = texts(arguments, "env").map(|(_, value)| value);
    let words = spawns(plan).flat_map(|spawn| {
        let values = spawn.assignments.iter().map(|(_, value)| value.as_str());
        spawn.argv.iter().map(String::as_str).chain(values)
    });
    let all = set.chain(words).flat_map(credentials);
    all.map(str::to_owned).collect()
}

fn of_fetch(fetch: &Fetch<'_>, arguments: &Value) -> BTreeSet<String> {
    // References in a path are found as the address writes them.
    let url = fetch.url.replace(BEGIN_IN_PATH, BEGIN);
    let url = url.replace(END_IN_PATH, END);
    let given = arguments.get("url").and_then(Value::as_str);
    let sent = texts(arguments, "headers").map(|(_, value)| value);
    let all = sent.chain(given).chain([url.as_str()]);
    all.flat_map(credentials).map(str::to_owned).collect()
}

/// What is found where a credential stands among the words of a command: the values of those are in the list of
/// processes.
pub(super) fn in_words(plan: &Plan) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    let mut add = |text: String| {
        let one = finding(Verdict::Ask, WORD, text);
        if !found.contains(&one) {
            found.push(one);
        }
    };
    for spawn in spawns(plan) {
        let program = spawn.argv.first().map_or("a program", String::as_str);
        for word in spawn.argv.iter().filter(|word| word.contains(BEGIN)) {
            let named = named(word);
            add(format!(
                "puts {named} into the words of {program}, where whoever lists processes can read it"
            ));
        }
        for (name, value) in spawn
            .assignments
            .iter()
            .filter(|(_, value)| value.contains(BEGIN))
        {
            let named = named(value);
            add(format!(
                "runs {program} with {named} in the variable {name}"
            ));
        }
    }
    if let Plan::Shell { text } = plan
        && text.contains(BEGIN)
    {
        let named = named(text);
        add(format!("writes {named} into a text for a shell"));
    }
    found
}

/// The credentials that a text names, for a sentence.
fn named(text: &str) -> String {
    let names: BTreeSet<&str> = credentials(text).collect();
    let names: Vec<&str> = names.into_iter().collect();
    match names.as_slice() {
        [] => "what begins like a credential".to_owned(),
        [one] => format!("the credential {one}"),
        more => format!("the credentials {}", more.join(", ")),
    }
}

fn spawns(plan: &Plan) -> impl Iterator<Item = &Spawn> {
    let lists = match plan {
        Plan::Direct { lists } => lists.as_slice(),
        Plan::Shell { .. } | Plan::Nothing => &[],
    };
    lists.iter().flat_map(|list| &list.spawns)
}

/// Texts of an argument that is an object, by their names.
pub(super) fn texts<'a>(
    arguments: &'a Value,
    name: &str,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    let all = arguments.get(name).and_then(Value::as_object);
    let all = all.into_iter().flat_map(Map::iter);
    all.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
}

/// The credentials that a text refers to: `{{cred:NAME}}`.
pub(super) fn credentials(text: &str) -> impl Iterator<Item = &str> {
    let after = text.split(BEGIN).skip(1);
    after.filter_map(|rest| Some(rest.split_once(END)?.0.trim()))
}
