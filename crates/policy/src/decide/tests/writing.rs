//! What a person writes, and what they are told about it.

use super::support::load;
use crate::decide::Policy;
use crate::rules::{Enabled, Severity};

#[track_caller]
fn complains(document: &str, expected: &[&str]) {
    let problems = match load(document) {
        Ok(policy) => policy.warnings().to_vec(),
        Err(problems) => problems,
    };
    let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(told, expected);
}

#[test]
fn a_mistake_is_told_with_its_line_and_what_was_meant() {
    complains(
        "{\n  presett: \"guarded\",\n  rules: [\n    {id: \"a\", verdict: \"dney\",\n     match: {comand: \"rm\"}},\n  ],\n}",
        &[
            "2:3: error: presett: \"presett\" is not a key of a policy (did you mean preset?)",
            "4:15: error: rules[0].verdict: \"dney\" is none of allow, ask, deny (did you mean deny?)",
            "5:14: error: rules[0].match.comand: \"comand\" is not a key of match (did you mean command?)",
        ],
    );
}

#[test]
fn every_kind_of_mistake_is_told() {
    let rule =
        |inner: &str| format!("{{rules: [{{id: 'a', verdict: 'deny', match: {{{inner}}}}}]}}");
    for (document, part) in [
        ("{".to_owned(), "is not JSON5: EOF"),
        ("[]".to_owned(), "a policy is an object"),
        ("{rules: {}}".to_owned(), "is a list"),
        ("{rules: [{}]}".to_owned(), "has no id"),
        (
            "{rules: [{id: '1', verdict: 'deny', match: {}}]}".to_owned(),
            "is a letter, then",
        ),
        (
            "{rules: [{id: 'a', verdict: 'deny'}]}".to_owned(),
            "has no match",
        ),
        (
            "{preset: 'strict', preset: 'observe'}".to_owned(),
            "is there twice",
        ),
        (
            "{rules: [{id: 'a', verdict: 'deny', enabled: 'shadw', match: {}}]}".to_owned(),
            "is true, false or \"shadow\" (did you mean shadow?)",
        ),
        (String::new(), "1:1: error: is empty: write {}"),
        (" \n\t".to_owned(), "1:1: error: is empty: write {}"),
        ("{\n  rules: [\n".to_owned(), "2:11: error: is not JSON5"),
        (rule("command: '^(a$'"), "is not a regular expression"),
        (rule("command: '^a'"), "begins with ^ and ends with $"),
        (rule("command: []"), "is an empty list"),
        (
            rule("notCommand: 'a', not_command: 'b'"),
            "is the same as notCommand",
        ),
        (rule("paths: '/a/../b'"), "may not have . or .."),
        (rule("hosts: 'https://a.test'"), "a host has no slash"),
        (rule("time: {from: '25:00'}"), "is a time such as"),
        (rule("time: {days: ['monday']}"), "is none of mon, tue"),
        (rule("effects: ['delte']"), "did you mean delete?"),
        (rule("effects: [{kinds: []}]"), "is an empty list"),
        (rule("args: {count: 1}"), "did you mean /count?"),
        (rule("args: {'/c': {}}"), "tests nothing"),
        (rule("rate: {limit: 1}"), "has no per"),
        (
            rule("rate: {limit: 1, per: 'fortnight'}"),
            "is none of minute, hour, day",
        ),
        (rule("tool: 7"), "must be a text"),
        (rule("toString: 'x'"), "is not a key of match"),
    ] {
        let problems = load(&document).map(|_| ()).expect_err(&document);
        let told: Vec<_> = problems.iter().map(ToString::to_string).collect();
        assert!(
            told.iter().any(|line| line.contains(part)),
            "{document}: {told:?}"
        );
    }
}

#[test]
fn two_rules_may_not_have_one_id() {
    complains(
        "{rules: [{id: 'a', verdict: 'deny', match: {tool: 'x'}},\n{id: 'a', verdict: 'ask', match: {tool: 'y'}}]}",
        &["2:2: error: rules[1].id: \"a\" is another rule's id already"],
    );
}

#[test]
fn examples_that_fail_refuse_the_document() {
    complains(
        "{rules: [{id: 'a', verdict: 'deny', match: {command: 'rm'}, examples: {\n match: ['rm a',\n 'ls'],\n \
         notMatch: ['ls',\n 'ls; rm b', 'rm $x']}}]}",
        &[
            "3:2: error: rules[0].examples.match[1]: example of \"a\" should match and does not",
            "5:2: error: rules[0].examples.notMatch[1]: example of \"a\" should not match and does",
            "5:14: error: rules[0].examples.notMatch[2]: example of \"a\" should not match and does",
        ],
    );
}

#[test]
fn examples_are_held_against_a_sound_rule_beside_one_that_is_not() {
    complains(
        "{rules: [{id: 'a', verdict: 'deny', match: {command: 'rm'}, examples: {match: ['ls']}},\n\
         {id: 'b', verdit: 'deny', verdict: 'deny', match: {command: 'rm'}, examples: {match: ['ls']}},\n\
         {id: 'c', match: {command: 'rm'}},\n\
         {id: 'd', verdict: 'ask', match: {command: 'rm'}, examples: {notMatch: ['rm x']}}]}",
        &[
            "1:80: error: rules[0].examples.match[0]: example of \"a\" should match and does not",
            "2:11: error: rules[1].verdit: \"verdit\" is not a key of a rule (did you mean verdict?)",
            "3:1: error: rules[2]: has no verdict: allow, ask or deny",
            "4:73: error: rules[3].examples.notMatch[0]: example of \"d\" should not match and does",
        ],
    );
}

#[test]
fn examples_of_every_kind_are_held_against_their_rule() {
    load(
        r#"{rules: [
        {id: "p", verdict: "deny", match: {effects: ["write"], paths: "~/notes"},
         examples: {match: [{path: "~/notes/a", access: "write"}], notMatch: [{path: "~/notes/a"}, {path: "b"}]}},
        {id: "h", verdict: "ask", match: {hosts: "*.test"},
         examples: {match: [{url: "https://a.test/x"}, {host: "b.test"}], notMatch: [{host: "a.example"}]}},
        {id: "t", verdict: "deny", match: {tool: "pay", agents: "main", time: {days: ["sat", "sun"]}},
         examples: {match: [{tool: "pay"}, {tool: "pay", time: "sun 12:00", agent: "main"}],
                    notMatch: [{tool: "pay", time: "mon 12:00"}, {tool: "pay", agent: "other"}, {tool: "x"}]}},
        {id: "r", verdict: "ask", match: {command: "ls", rate: {limit: 9, per: "day"}}, examples: {match: "ls"}},
        {id: "a", verdict: "ask", match: {tool: "pay", args: {"/n": {min: 1}}},
         examples: {match: [{tool: "pay", arguments: {n: 1}}], notMatch: [{tool: "pay", arguments: {n: 0}}]}},
        ]}"#,
    )
    .unwrap_or_else(|problems| panic!("{problems:#?}"));
}

#[test]
fn what_a_rule_that_allows_cannot_do_is_told() {
    complains(
        "{rules: [{id: 'a', verdict: 'allow', match: {command: 'make **'}}]}",
        &[
            "1:46: warning: rules[0].match.command: a pattern cannot make an action run without asking, only a command \
           written out in full can",
        ],
    );
}

#[test]
fn the_version_is_of_what_is_meant_and_not_of_how_it_is_written() {
    let version = |document: &str| load(document).unwrap().version().to_owned();
    let one = version("{preset: 'strict', rules: []}");
    assert_eq!(
        one,
        version("// mine\n{\"rules\": [],\n preset: \"strict\",}")
    );
    assert_ne!(one, version("{preset: 'guarded', rules: []}"));
    assert_eq!(one.len(), 16);
    let roles = format!("{}\n// mine", crate::authz::DEFAULT_ROLES);
    let other = Policy::load("{preset: 'strict', rules: []}", Some(&roles)).unwrap();
    assert_ne!(other.version(), one, "roles decide too");
}

#[test]
fn the_built_in_policies_are_in_order() {
    assert_eq!(Policy::validate(crate::decide::DEFAULT_DOCUMENT, None), []);
    assert_eq!(
        Policy::default().version(),
        Policy::load("{preset: 'guarded', rules: []}", None)
            .unwrap()
            .version()
    );
}

#[test]
fn rules_are_listed_as_they_were_written() {
    let policy = load(
        "{rules: [{id: 'a', verdict: 'deny', match: {}, priority: -1},\n\
         {id: 'b', verdict: 'ask', enabled: 'shadow', match: {tool: 'x'}, priority: 1}]}",
    )
    .unwrap();
    let rules = policy.rules();
    assert_eq!(
        rules
            .iter()
            .map(|rule| rule.id.as_str())
            .collect::<Vec<_>>(),
        ["a", "b"]
    );
    assert_eq!(rules[1].enabled, Enabled::Shadow);
    assert_eq!(rules[1].text, "Asks before the tool x");
    assert_eq!(rules[0].problems[0].severity, Severity::Warning);
    let wire = serde_json::to_value(&rules).unwrap();
    assert_eq!(
        (&wire[0]["enabled"], &wire[1]["enabled"]),
        (&true.into(), &"shadow".into())
    );
}

/// The examples of the user's reference, in one language.
fn blocks(language: &str) -> Vec<&'static str> {
    let text = include_str!("../../../../../docs/policy.md");
    let fence = format!("```{language}\n");
    text.split(&fence)
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect()
}

#[test]
fn what_the_reference_shows_is_right() {
    let documents = blocks("json5");
    assert!(documents.len() > 1);
    for text in documents {
        let document = match text.contains("rules:") {
            true => text.to_owned(),
            false => format!("{{rules: [{text}]}}"),
        };
        let policy = load(&document).unwrap_or_else(|problems| panic!("{text}: {problems:#?}"));
        assert_eq!(policy.warnings(), [], "{text}");
    }
    for text in blocks("cedar") {
        let (_, warnings) =
            crate::authz::Authz::load(text).unwrap_or_else(|problems| panic!("{problems:#?}"));
        assert_eq!(warnings, [], "{text}");
    }
}
