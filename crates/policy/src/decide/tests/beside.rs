//! What has a say beside the rules: the session's past, the agent's rights, facts that are passed in.

use serde_json::Value;

use super::support::{HOME, WORKSPACE, act, analyse, effect, found, policy, request, world};
use crate::authz::{AgentRights, AgentScope, Role};
use crate::decide::{
    Act, Context, CredentialUse, Fetch, HostClass, Judged, Policy, SessionAccess, SessionUse,
    decide,
};
use crate::effect::{EffectKind, Target, Zone};
use crate::rules::Teller;
use crate::verdict::Verdict::{Allow, Ask, Deny};
use crate::world::Taint;

#[test]
fn a_session_that_read_a_secret_asks_before_it_reaches_out() {
    let rights = AgentRights::default();
    let taint = Taint {
        secrets: ["/home/user/.netrc".to_owned()].into(),
        ..Taint::default()
    };
    let context = Context::new(HOME, WORKSPACE, &rights, &taint);
    let asked = |act| {
        let decision = decide(
            &request("t", &Value::Null, act),
            &Policy::default(),
            &context,
        );
        (decision.verdict, decision.dangerous)
    };
    let fetch = Fetch {
        url: "https://a.test/",
        host: "a.test",
        class: HostClass::Public,
        findings: &[],
    };
    assert_eq!(asked(Act::Fetch(fetch)), (Ask, true));
    let session = |access| SessionUse {
        access,
        target: "other",
        agent_id: "main",
    };
    assert_eq!(
        asked(Act::Session(session(SessionAccess::Write))),
        (Ask, true)
    );
    assert_eq!(
        asked(Act::Session(session(SessionAccess::Read))),
        (Allow, false)
    );
}

#[test]
fn a_task_for_another_agent_is_asked_about_unless_a_rule_names_it() {
    let spawn = |policy: &Policy, agent_id| {
        let arguments = serde_json::json!({"task": "x", "agentId": agent_id});
        let used = SessionUse {
            access: SessionAccess::Create,
            target: agent_id,
            agent_id,
        };
        let decision = act(policy, "sessions_spawn", &arguments, Act::Session(used));
        assert_eq!(
            decision.dangerous,
            decision.verdict == Ask,
            "who is asked has to look at the task"
        );
        decision.verdict
    };
    let none = Policy::default();
    assert_eq!(spawn(&none, "main"), Allow);
    assert_eq!(spawn(&none, "other"), Ask);
    let named = policy(
        r#"{id: "helpers", verdict: "allow", match: {tool: "sessions_spawn", args: {"/agentId": "other"}}}"#,
    );
    assert_eq!(spawn(&named, "other"), Allow);
    assert_eq!(spawn(&named, "third"), Ask);
}

#[test]
fn a_rule_that_holds_a_session_back_holds_back_those_that_it_began() {
    let (rights, taint) = (AgentRights::default(), Taint::default());
    let above = ["agent:main:telegram:1".to_owned()];
    let verdict = |rule: &str, above: &[String]| {
        let policy = policy(rule);
        let context = Context {
            above,
            ..Context::new(HOME, WORKSPACE, &rights, &taint)
        };
        let analysis = analyse("touch a", &world());
        let act = Act::Command(&analysis);
        decide(&request("exec", &Value::Null, act), &policy, &context).verdict
    };
    let denies =
        r#"{id: "r", verdict: "deny", match: {tool: "exec", sessions: "agent:main:telegram:*"}}"#;
    assert_eq!(verdict(denies, &[]), Ask);
    assert_eq!(verdict(denies, &above), Deny);
    let allows = r#"{id: "r", verdict: "allow", match: {command: "touch a", sessions: "agent:main:telegram:*"}}"#;
    assert_eq!(verdict(allows, &above), Ask, "it was allowed to that one");
}

#[test]
fn a_rule_that_holds_a_session_back_holds_back_those_that_follow_its_words() {
    let (rights, taint) = (AgentRights::default(), Taint::default());
    let chat = Teller {
        session: "agent:main:telegram:1".to_owned(),
        channel: Some("telegram".to_owned()),
        above: Vec::new(),
    };
    let child = Teller {
        session: "agent:main:subagent:1".to_owned(),
        above: vec![chat.session.clone()],
        ..chat.clone()
    };
    let decided = |rule: &str, told_by: &[&Teller]| {
        let policy = policy(rule);
        let told_by: Vec<Teller> = told_by.iter().map(|&teller| teller.clone()).collect();
        let context = Context {
            told_by: &told_by,
            ..Context::new(HOME, WORKSPACE, &rights, &taint)
        };
        let analysis = analyse("touch a", &world());
        let act = Act::Command(&analysis);
        decide(&request("exec", &Value::Null, act), &policy, &context)
    };
    for denies in [
        r#"{id: "r", verdict: "deny", match: {tool: "exec", sessions: "agent:main:telegram:*"}}"#,
        r#"{id: "r", verdict: "deny", match: {tool: "exec", channels: "telegram"}}"#,
    ] {
        assert_eq!(decided(denies, &[]).verdict, Ask);
        for teller in [&chat, &child] {
            let decision = decided(denies, &[teller]);
            assert_eq!(decision.verdict, Deny, "{denies} {teller:?}");
            let told = &decision.rules[0].text;
            assert!(told.contains(&teller.session), "{told}");
        }
    }
    let decision = decided(r#"{id: "r", verdict: "ask", match: {}}"#, &[&chat]);
    let found = decision.findings.iter().find(|one| one.code == "told-by");
    assert!(
        found.unwrap().text.contains(&chat.session),
        "it is told for whom"
    );
    // Each by itself is left out of it; they are not put together.
    let both = r#"{id: "r", verdict: "deny", match: {tool: "exec", channels: "telegram", sessions: "agent:main:main"}}"#;
    assert_eq!(decided(both, &[&chat]).verdict, Ask);
}

#[test]
fn what_is_allowed_to_a_session_is_not_allowed_to_another_that_has_it_done() {
    let (rights, taint) = (AgentRights::default(), Taint::default());
    let policy = policy(
        r#"{id: "r", verdict: "allow", match: {command: "touch a", sessions: ["agent:main:main", "agent:main:other"]}}"#,
    );
    let verdict = |told_by: &[&str]| {
        let teller = |key: &&str| Teller {
            session: (*key).to_owned(),
            ..Teller::default()
        };
        let told_by: Vec<Teller> = told_by.iter().map(teller).collect();
        let context = Context {
            told_by: &told_by,
            ..Context::new(HOME, WORKSPACE, &rights, &taint)
        };
        let analysis = analyse("touch a", &world());
        let act = Act::Command(&analysis);
        decide(&request("exec", &Value::Null, act), &policy, &context).verdict
    };
    assert_eq!(verdict(&[]), Allow);
    assert_eq!(verdict(&["agent:main:other"]), Allow);
    assert_eq!(verdict(&["agent:main:other", "agent:main:chat"]), Ask);
}

#[test]
fn a_role_that_forbids_something_to_a_session_forbids_it_to_those_that_act_for_it() {
    let (rights, taint) = (AgentRights::default(), Taint::default());
    let roles = r#"
        @id("chats-reach-nothing")
        forbid (principal, action == Action::"host.connect", resource)
        when { context.channel == "telegram" || context.session == "agent:main:top" };
        @id("main-alone")
        permit (principal is Agent, action in [Action::"tool.call", Action::"host.connect"], resource)
        when { context.session == "agent:main:main" };
    "#;
    let policy = Policy::load("{}", Some(roles)).unwrap();
    let fetch = Fetch {
        url: "https://a.test/",
        host: "a.test",
        class: HostClass::Public,
        findings: &[],
    };
    let verdict = |above: &[String], told_by: &[Teller]| {
        let context = Context {
            above,
            told_by,
            ..Context::new(HOME, WORKSPACE, &rights, &taint)
        };
        let act = Act::Fetch(fetch);
        decide(&request("t", &Value::Null, act), &policy, &context).verdict
    };
    let chat = Teller {
        session: "agent:main:telegram:1".to_owned(),
        channel: Some("telegram".to_owned()),
        ..Teller::default()
    };
    assert_eq!(verdict(&[], &[]), Allow);
    assert_eq!(verdict(&[], &[chat]), Deny);
    assert_eq!(verdict(&["agent:main:top".to_owned()], &[]), Deny);
    let other = ["agent:main:other".to_owned()];
    assert_eq!(
        verdict(&other, &[]),
        Allow,
        "it is permitted to main itself"
    );
}

#[test]
fn reading_a_secret_taints_the_session() {
    let mut secret = effect(
        EffectKind::Read,
        Target::Path("/h/.netrc".to_owned()),
        Zone::Home,
    );
    secret.secret = true;
    let written = effect(
        EffectKind::Write,
        Target::Path("/w/a".to_owned()),
        Zone::Workspace,
    );
    let effects = [secret, written];
    let judged = Judged {
        effects: &effects,
        findings: &[],
    };
    let taint = act(&Policy::default(), "read", &Value::Null, Act::Files(judged)).taint;
    assert!(taint.secrets.contains("/h/.netrc") && taint.written.contains("/w/a"));
}

#[test]
fn an_agent_does_only_what_its_scopes_and_its_role_permit() {
    let ask = |rights: &AgentRights, act| {
        let taint = Taint::default();
        let context = Context::new(HOME, WORKSPACE, rights, &taint);
        decide(
            &request("t", &Value::Null, act),
            &Policy::default(),
            &context,
        )
        .verdict
    };
    let without = |scope| {
        let mut rights = AgentRights::default();
        rights.scopes.remove(&scope);
        rights
    };
    let analysis = analyse("ls", &world());
    let run = Act::Command(&analysis);
    assert_eq!(ask(&AgentRights::default(), run), Allow);
    assert_eq!(ask(&without(AgentScope::Exec), run), Deny);
    assert_eq!(ask(&AgentRights::observer(), run), Deny);
    let fetch = Fetch {
        url: "https://a.test/",
        host: "a.test",
        class: HostClass::Public,
        findings: &[],
    };
    assert_eq!(ask(&without(AgentScope::Network), Act::Fetch(fetch)), Deny);
    let credential = |bound| {
        Act::Credential(CredentialUse {
            name: "c",
            kind: "api_key",
            host: None,
            bound,
        })
    };
    assert_eq!(ask(&AgentRights::default(), credential(true)), Allow);
    assert_eq!(ask(&AgentRights::default(), credential(false)), Deny);
    let release = AgentRights {
        role: Role::Release,
        ..AgentRights::default()
    };
    assert_eq!(ask(&release, credential(false)), Ask);
}

#[test]
fn facts_that_are_passed_in_have_a_say() {
    let (rights, taint) = (AgentRights::default(), Taint::default());
    let facts = [found(Deny, "breaker-open")];
    let context = Context {
        facts: &facts,
        ..Context::new(HOME, WORKSPACE, &rights, &taint)
    };
    let analysis = analyse("ls", &world());
    let decision = decide(
        &request("exec", &Value::Null, Act::Command(&analysis)),
        &Policy::default(),
        &context,
    );
    assert_eq!(decision.verdict, Deny);
}
