//! What rules make of actions.

use serde_json::{Value, json};

use super::support::{
    HOME, WORKSPACE, act, analyse, check, effect, found, policy, request, run, world,
};
use crate::authz::AgentRights;
use crate::decide::{Act, Context, Fetch, HostClass, Judged, Policy, ToolUse, decide, explain};
use crate::effect::{EffectKind, Target, Zone};
use crate::rules::{Counts, Moment, RateBy, RateKey};
use crate::verdict::Verdict::{Allow, Ask, Deny};
use crate::world::Taint;

#[test]
fn without_rules_the_analysis_decides() {
    check(
        "",
        &[
            ("ls", Allow),
            ("make", Ask),
            ("rm /", Deny),
            ("ls; rm /", Deny),
        ],
    );
}

#[test]
fn a_rule_is_held_against_each_command_of_a_line() {
    let rule = r#"{id: "no-rm", verdict: "deny", match: {command: "rm"}}"#;
    check(
        rule,
        &[
            ("rm a", Deny),
            ("ls; rm a", Deny),
            ("/bin/rm a", Deny),
            ("ls rm", Allow),
        ],
    );
}

#[test]
fn what_is_left_out_of_a_rule_is_left_out_command_by_command() {
    let rule = r#"{id: "only-ls", verdict: "deny", match: {notCommand: ["ls", "ls **"]}}"#;
    check(
        rule,
        &[("ls -l", Allow), ("ls; make", Deny), ("ls $x", Deny)],
    );
}

#[test]
fn a_rule_that_may_be_about_it_asks() {
    let rule = r#"{id: "no-force", verdict: "deny", match: {command: "ls --force"}}"#;
    check(
        rule,
        &[("ls --force", Deny), ("ls $x", Ask), ("ls -l", Allow)],
    );
}

#[test]
fn paths_and_effects_are_about_the_same_thing() {
    let rule = r#"{id: "keep", verdict: "deny", match: {effects: ["delete"], paths: ["./keep", "/data/**"]}}"#;
    check(
        rule,
        &[
            ("rm keep", Deny),
            ("rm keep/a", Deny),
            ("rm other", Allow),
            ("rm $x", Ask),
            ("rm /data/a", Deny),
        ],
    );
    let rule =
        r#"{id: "home", verdict: "ask", match: {effects: [{kinds: "delete", zones: ["system"]}]}}"#;
    check(rule, &[("rm /srv/x", Ask), ("rm a", Allow)]);
}

#[test]
fn hosts_are_matched_wherever_they_are_reached() {
    let rule = r#"{id: "h", verdict: "deny", match: {hosts: "*.evil.test"}}"#;
    check(rule, &[("curl a.evil.test", Deny), ("curl good.test", Ask)]);
    let policy = policy(rule);
    let fetch = |host: &'static str, url: &'static str, class| {
        let fetch = Fetch {
            url,
            host,
            class,
            findings: &[],
        };
        act(&policy, "web_fetch", &Value::Null, Act::Fetch(fetch)).verdict
    };
    assert_eq!(
        fetch("good.test", "https://good.test/", HostClass::Public),
        Allow
    );
    assert_eq!(
        fetch("x.evil.test", "https://x.evil.test/", HostClass::Public),
        Deny
    );
    assert_eq!(
        fetch(
            "169.254.169.254",
            "http://169.254.169.254/",
            HostClass::Metadata
        ),
        Deny
    );
    assert_eq!(
        fetch("localhost", "http://localhost/", HostClass::Loopback),
        Ask
    );
}

#[test]
fn arguments_are_tested_by_pointer() {
    let policy = policy(
        r#"{id: "pay", verdict: "ask", match: {tool: "pay", args: {"/amount": {min: 100}, "/to/0": {glob: "x*"}}}},
           {id: "pay-all", verdict: "deny", match: {tool: "pay", args: {"/all": true}}}"#,
    );
    let tool = ToolUse {
        server: None,
        reads_only: false,
    };
    let with = |arguments: Value| act(&policy, "pay", &arguments, Act::Tool(tool)).verdict;
    assert_eq!(with(json!({"amount": 100, "to": ["xy"]})), Ask);
    assert_eq!(with(json!({"amount": 99.5, "to": ["xy"]})), Allow);
    assert_eq!(with(json!({"amount": 100})), Allow);
    assert_eq!(with(json!({"all": true})), Deny);
}

#[test]
fn files_ask_outside_of_the_workspace_and_never_change_what_is_protected() {
    let policy = Policy::default();
    let touch = |kind, path: &str, zone| {
        let effects = [effect(kind, Target::Path(path.to_owned()), zone)];
        let judged = Judged {
            effects: &effects,
            findings: &[],
        };
        act(&policy, "write", &Value::Null, Act::Files(judged)).verdict
    };
    assert_eq!(
        touch(EffectKind::Write, "/home/user/workspace/a", Zone::Workspace),
        Allow
    );
    assert_eq!(touch(EffectKind::Read, "/home/user/notes", Zone::Home), Ask);
    assert_eq!(touch(EffectKind::Write, "/etc/hosts", Zone::System), Ask);
    assert_eq!(
        touch(EffectKind::Write, "/home/user/.bashrc", Zone::Protected),
        Deny
    );
}

#[test]
fn what_was_found_about_a_file_is_not_said_twice() {
    let effects = [effect(
        EffectKind::Write,
        Target::Path("/h/.bashrc".to_owned()),
        Zone::Protected,
    )];
    let findings = [found(Deny, "protected")];
    let judged = Judged {
        effects: &effects,
        findings: &findings,
    };
    let decision = act(
        &Policy::default(),
        "write",
        &Value::Null,
        Act::Files(judged),
    );
    assert_eq!(decision.findings, findings);
}

#[test]
fn a_limit_speaks_when_it_is_reached_and_says_what_to_count() {
    struct Happened(u64);
    impl Counts for Happened {
        fn count(&self, _: &RateKey) -> u64 {
            self.0
        }
    }
    let policy = policy(
        r#"{id: "few", verdict: "deny", match: {command: "ls", rate: {limit: 3, per: "hour", by: "session"}}}"#,
    );
    let (rights, taint) = (AgentRights::default(), Taint::default());
    let analysis = analyse("ls", &world());
    let after = |count| {
        let counts = Happened(count);
        let context = Context {
            counts: &counts,
            ..Context::new(HOME, WORKSPACE, &rights, &taint)
        };
        decide(
            &request("exec", &Value::Null, Act::Command(&analysis)),
            &policy,
            &context,
        )
    };
    assert_eq!(after(2).verdict, Allow);
    assert_eq!(after(3).verdict, Deny);
    let key = RateKey {
        rule: "few".to_owned(),
        by: RateBy::Session,
        subject: "agent:main:main".to_owned(),
        window_ms: 3_600_000,
    };
    assert_eq!(after(0).rates, [key], "it counts before it speaks");
    let above = ["agent:main:between", "agent:main:top"].map(str::to_owned);
    let context = Context {
        above: &above,
        ..Context::new(HOME, WORKSPACE, &rights, &taint)
    };
    let request = request("exec", &Value::Null, Act::Command(&analysis));
    let decision = decide(&request, &policy, &context);
    assert_eq!(
        decision.rates[0].subject, "agent:main:top",
        "a sub-agent has no limit of its own"
    );
    assert!(
        run(&policy, "make").rates.is_empty(),
        "what it is not about is not counted"
    );
}

#[test]
fn a_rule_holds_at_its_time() {
    let policy = policy(
        r#"{id: "night", verdict: "deny", match: {time: {days: ["fri"], from: "22:00", to: "06:00"}}}"#,
    );
    let (rights, taint) = (AgentRights::default(), Taint::default());
    let analysis = analyse("ls", &world());
    let at = |hour: i64| {
        // 2026-11-20 was a Friday.
        let unix_ms = 1_795_132_800_000 + hour * 3_600_000;
        let now = Moment {
            unix_ms,
            offset_minutes: 0,
        };
        let context = Context {
            now,
            ..Context::new(HOME, WORKSPACE, &rights, &taint)
        };
        decide(
            &request("exec", &Value::Null, Act::Command(&analysis)),
            &policy,
            &context,
        )
        .verdict
    };
    assert_eq!((at(12), at(23), at(29), at(31)), (Allow, Deny, Deny, Allow));
}

#[test]
fn what_an_approval_takes_is_the_strictest_of_the_rules_that_ask() {
    let policy = policy(
        r#"{id: "a", verdict: "ask", match: {command: "make"}, approval: {timeoutSeconds: 60}},
           {id: "b", verdict: "ask", match: {command: "make"}, approval: {timeoutSeconds: 300, approvers: 2}},
           {id: "c", verdict: "ask", match: {command: "other"}, approval: {timeoutSeconds: 5}}"#,
    );
    let approval = run(&policy, "make").approval;
    assert_eq!((approval.timeout_seconds, approval.approvers), (60, 2));
    let usual = run(&Policy::default(), "make").approval;
    assert_eq!((usual.timeout_seconds, usual.approvers), (600, 1));
}

#[test]
fn an_explanation_says_the_strictest_first_and_rules_by_their_priority() {
    let policy = policy(
        r#"{id: "low", verdict: "ask", reason: "low reason", match: {command: "make"}},
           {id: "high", verdict: "ask", reason: "high reason", priority: 10, match: {command: "make"}},
           {id: "dark", verdict: "deny", enabled: "shadow", match: {command: "make"}},
           {id: "no", verdict: "deny", reason: "not here", priority: -5, match: {command: "make"}}"#,
    );
    assert_eq!(
        explain(&run(&policy, "make")),
        [
            "Denied",
            "deny: rule no: not here",
            "ask: rule high: high reason",
            "ask: rule low: low reason",
            "ask: because of unknown-make",
            "in the shadow: rule dark would deny: Denies a command make",
        ]
    );
}

#[test]
fn only_rules_about_whole_addresses_and_a_model_tell_the_urls_of_an_origin_apart() {
    for (rule, apart) in [
        (
            r#"{id: "r", verdict: "deny", match: {hosts: "a.example"}}"#,
            false,
        ),
        (
            r#"{id: "r", verdict: "ask", match: {tool: "web_fetch"}}"#,
            false,
        ),
        (
            r#"{id: "r", verdict: "ask", match: {args: {"/agentId": "x"}}}"#,
            false,
        ),
        (
            r#"{id: "r", verdict: "deny", match: {urls: "https://a.example/b"}}"#,
            true,
        ),
        (
            r#"{id: "r", verdict: "ask", match: {args: {"/url": {glob: "*b*"}}}}"#,
            true,
        ),
        (
            r#"{id: "r", enabled: false, verdict: "deny", match: {urls: "https://a.example/b"}}"#,
            false,
        ),
        (
            r#"{id: "r", enabled: "shadow", verdict: "deny", match: {urls: "https://a.example/b"}}"#,
            true,
        ),
    ] {
        assert_eq!(policy(rule).tells_urls_apart(), apart, "{rule}");
    }
    let vetted = Policy::load(r#"{vetting: {model: "a/b"}}"#, None).unwrap();
    assert!(vetted.tells_urls_apart());
}
