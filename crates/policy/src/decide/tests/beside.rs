//! What has a say beside the rules: the session's past, the agent's rights, facts that are passed in.

use serde_json::Value;

use super::support::{HOME, WORKSPACE, act, analyse, effect, found, policy, request, world};
use crate::authz::{AgentRights, AgentScope, Role};
use crate::decide::{
    Act, Context, CredentialUse, Fetch, HostClass, Judged, Policy, SessionAccess, SessionUse,
    decide,
};
use crate::effect::{EffectKind, Target, Zone};
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
