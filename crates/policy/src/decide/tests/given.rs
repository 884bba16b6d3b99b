//! Credentials that a call is given: asked about among the words of a command, heard of afterwards, and put to the
//! roles one by one.

use serde_json::{Value, json};

use super::support::{HOME, WORKSPACE, policy, request, world};
use crate::authz::{AgentRights, AgentScope, DEFAULT_ROLES};
use crate::decide::{
    Act, Context, Decision, Fetch, HostClass, KnownCredential, PastAction, Policy, decide,
    is_answered_by_no_pattern, read_call, simulate,
};
use crate::verdict::Verdict::{Allow, Ask, Deny};
use crate::world::{Taint, World};

const WORD: &str = "word-credential";

/// What is decided of a command, and of a request, in a session.
struct Session {
    policy: Policy,
    rights: AgentRights,
    taint: Taint,
    known: Option<Vec<KnownCredential>>,
}

impl Session {
    fn new() -> Self {
        Self {
            policy: Policy::default(),
            rights: AgentRights::default(),
            taint: Taint::default(),
            known: None,
        }
    }

    fn with_roles(more: &str) -> Self {
        let roles = format!("{DEFAULT_ROLES}\n{more}");
        Self {
            policy: Policy::load("{}", Some(&roles)).unwrap(),
            ..Self::new()
        }
    }

    fn context(&self) -> Context<'_> {
        Context {
            credentials: self.known.as_deref(),
            ..Context::new(HOME, WORKSPACE, &self.rights, &self.taint)
        }
    }

    fn runs(&self, command: &str, env: Value) -> Decision {
        let arguments = json!({"command": command, "env": env});
        let world = World {
            taint: self.taint.clone(),
            ..world()
        };
        let analysis = read_call(command, &arguments, &world);
        let asked = request("exec", &arguments, Act::Command(&analysis));
        decide(&asked, &self.policy, &self.context())
    }

    fn fetches(&self, url: &str, headers: Value) -> Decision {
        let arguments = json!({"url": url, "headers": headers});
        let fetch = Act::Fetch(Fetch {
            url,
            host: "a.test",
            class: HostClass::Public,
            findings: &[],
        });
        let asked = request("web_fetch", &arguments, fetch);
        decide(&asked, &self.policy, &self.context())
    }
}

fn has(decision: &Decision, code: &str) -> bool {
    decision.findings.iter().any(|one| one.code == code)
}

fn texts(decision: &Decision) -> String {
    let texts = decision.findings.iter().map(|one| one.text.as_str());
    texts.collect::<Vec<_>>().join("\n")
}

fn known(name: &str, bound: bool) -> KnownCredential {
    KnownCredential {
        name: name.to_owned(),
        kind: "password".to_owned(),
        bound,
    }
}

#[test]
fn a_credential_among_the_words_of_a_command_is_asked_about_however_it_is_written() {
    let session = Session::new();
    for command in [
        "/bin/echo --t={{cred:github}} | cut -c1-20",
        "mkdir {{cred:github}}",
        "ls && echo {{cred:github}}",
        r#"mkdir {{cr""ed:github}}"#,
        "A='{{cred:github}}' ls",
        "echo x > {{cred:github}}",
        "cat <<< '{{cred:github}}'",
        "cat <<'E'\n{{cred:github}}\nE",
        "echo $HOME {{cred:github}}",
        "ls '{{cred:'",
    ] {
        let decision = session.runs(command, json!({}));
        assert!(decision.verdict >= Ask, "{command}");
        assert!(has(&decision, WORD), "{command}: {}", texts(&decision));
    }
    for command in ["ls", "echo {{other}}", "echo {cred:x}"] {
        assert!(!has(&session.runs(command, json!({})), WORD), "{command}");
    }
    let told = texts(&session.runs("mkdir {{cred:github}}", json!({})));
    let wanted = "puts the credential github into the words of mkdir";
    assert!(told.contains(wanted), "{told}");
}

#[test]
fn a_credential_among_the_words_can_be_answered_ahead_for_one_command_and_by_nothing_else() {
    let rule = "{id: 'yes', verdict: 'allow', match: {command: ['mkdir {{cred:github}}']}}";
    let session = Session {
        policy: policy(rule),
        ..Session::new()
    };
    let decision = session.runs("mkdir {{cred:github}}", json!({}));
    assert_eq!(decision.verdict, Ask, "no rule answers it");
    assert!(!decision.dangerous, "a grant may");
    let word = decision.findings.iter().find(|one| one.code == WORD);
    assert!(is_answered_by_no_pattern(word.unwrap()));
}

#[test]
fn a_session_that_was_given_a_credential_asks_before_it_reaches_out() {
    for (command, env) in [
        ("printenv T", json!({"T": "{{cred:github}}"})),
        ("mkdir {{cred:github}}", json!({})),
        ("T={{cred:github}} ls", json!({})),
    ] {
        let mut session = Session::new();
        assert_eq!(session.fetches("https://a.test/", json!({})).verdict, Allow);
        session.taint = session.runs(command, env).taint;
        let fetch = session.fetches("https://a.test/?ghp_Zm9v", json!({}));
        assert_eq!((fetch.verdict, fetch.dangerous), (Ask, true), "{command}");
        let told = texts(&fetch);
        assert!(told.contains("the credential github"), "{told}");
        let sends = session.runs("curl https://a.test/?ghp_Zm9v", json!({}));
        assert!(has(&sends, "secret-then-network"), "{}", texts(&sends));
    }
    let mut session = Session::new();
    session.taint = session.runs("ls", json!({"NODE_ENV": "test"})).taint;
    assert_eq!(session.fetches("https://a.test/", json!({})).verdict, Allow);
}

#[test]
fn what_is_given_the_same_credential_again_is_asked_about_as_it_was_the_first_time() {
    let mut session = Session::new();
    let env = json!({"T": "{{cred:github}}"});
    let call = "curl https://a.test/";
    let first = session.runs(call, env.clone());
    session.taint = first.taint.clone();
    let again = session.runs(call, env);
    let codes = |decision: &Decision| {
        let codes = decision.findings.iter().map(|one| one.code.clone());
        codes.collect::<Vec<_>>()
    };
    assert_eq!(codes(&first), codes(&again));
    assert_eq!(again.taint, first.taint, "it stays known");
    let other = session.runs(call, json!({"T": "{{cred:other}}"}));
    assert!(has(&other, "secret-then-network"));
    let comment = session.runs("curl https://a.test/ # {{cred:github}}", json!({}));
    assert!(has(&comment, "secret-then-network"), "it is given nothing");
    let header = |name: &str| json!({"authorization": format!("Bearer {{{{cred:{name}}}}}")});
    let fetch = |name: &str| session.fetches("https://a.test/", header(name)).verdict;
    assert_eq!((fetch("github"), fetch("other")), (Allow, Ask));
}

#[test]
fn the_roles_are_asked_about_each_credential_wherever_it_stands() {
    let forbids = r#"@id("not this one")
        forbid (principal, action == Action::"credential.use", resource == Credential::"prod")
        unless { principal in Role::"release" };"#;
    let session = Session::with_roles(forbids);
    let env = |name: &str| json!({"T": format!("{{{{cred:{name}}}}}")});
    let decisions = |name: &str| {
        let reference = format!("{{{{cred:{name}}}}}");
        [
            session.runs("ls", env(name)),
            session.runs(&format!("ls {reference}"), json!({})),
            session.runs(&format!("A={reference} ls"), json!({})),
            session.fetches("https://a.test/", json!({"x-a": reference})),
            session.fetches(&format!("https://a.test/?a={reference}"), json!({})),
            session.fetches(
                &format!("https://a.test/%7B%7Bcred:{name}%7D%7D"),
                json!({}),
            ),
        ]
    };
    for decision in decisions("prod") {
        assert_eq!(decision.verdict, Deny);
        let told = texts(&decision);
        let wanted = "the credential prod: credential.use is forbidden: not this one";
        assert!(told.contains(wanted), "{told}");
    }
    for decision in decisions("test") {
        assert_ne!(decision.verdict, Deny, "{}", texts(&decision));
    }
    assert_eq!(session.runs("ls", json!({})).verdict, Allow);
}

#[test]
fn an_agent_without_the_scope_is_given_no_credential_and_one_that_is_asked_for_asks() {
    let mut session = Session::new();
    session.rights.scopes.remove(&AgentScope::Credentials);
    let token = json!({"x-a": "{{cred:key}}"});
    let fetch = |session: &Session| session.fetches("https://a.test/", token.clone());
    assert_eq!(fetch(&session).verdict, Deny);
    let plain = session.fetches("https://a.test/", json!({}));
    assert_eq!(plain.verdict, Allow, "all else is as it was");
    let asks = r#"@id("look") @require_approval("it is the one for production")
        permit (principal is Agent, action == Action::"credential.use", resource)
        when { resource.kind == "password" };"#;
    let mut session = Session::with_roles(asks);
    assert_eq!(
        fetch(&session).verdict,
        Allow,
        "of what kind it is nobody knows"
    );
    session.known = Some(vec![known("key", true)]);
    let asked = fetch(&session);
    assert_eq!(asked.verdict, Ask);
    let told = texts(&asked);
    assert!(
        told.contains("the credential key: it is the one for production"),
        "{told}"
    );
}

#[test]
fn a_credential_that_is_not_bound_there_or_that_there_is_not_is_refused_in_plain_words() {
    let mut session = Session::new();
    session.known = Some(vec![known("key", false)]);
    let told = |name: &str| {
        let header = json!({"x-a": format!("{{{{cred:{name}}}}}")});
        let decision = session.fetches("https://a.test/", header);
        assert_eq!(decision.verdict, Deny, "{name}");
        texts(&decision)
    };
    assert!(told("key").contains("the credential key is not bound to where it would go"));
    assert!(told("other").contains("there is no credential other"));
}

#[test]
fn what_touches_more_than_anybody_is_asked_about_is_asked_about_its_credentials_all_the_same() {
    let forbids = r#"forbid (principal, action == Action::"credential.use", resource);"#;
    let session = Session::with_roles(forbids);
    let files: Vec<String> = (0..200).map(|n| format!("f{n}")).collect();
    let command = format!("cat {}", files.join(" "));
    let decision = session.runs(&command, json!({"T": "{{cred:key}}"}));
    assert_eq!(decision.verdict, Deny);
}

#[test]
fn a_simulation_asks_the_roles_about_credentials_with_what_was_known_of_them() {
    let past = |credentials: Value| -> PastAction {
        serde_json::from_value(json!({
            "seq": 1, "at": 0, "agentId": "main", "sessionKey": "s", "tool": "web_fetch", "workspace": "/w",
            "home": "/h", "verdict": "allow", "credentials": credentials,
            "arguments": {"url": "https://a.test/", "headers": {"x-a": "{{cred:key}}"}},
            "act": {"kind": "fetch", "url": "https://a.test/", "host": "a.test", "class": "public"},
        }))
        .unwrap()
    };
    let flips = |credentials: Value, policy: &Policy| {
        let found = simulate([&past(credentials)], policy, None);
        found
            .flips
            .iter()
            .map(|flip| flip.would)
            .collect::<Vec<_>>()
    };
    let passwords = r#"forbid (principal, action == Action::"credential.use", resource)
        when { resource.kind == "password" };"#;
    let forbids = Session::with_roles(passwords).policy;
    let password = json!([{"name": "key", "kind": "password", "bound": true}]);
    assert_eq!(flips(password.clone(), &forbids), [Deny]);
    assert!(flips(password, &Policy::default()).is_empty());
    assert!(
        flips(Value::Null, &Policy::default()).is_empty(),
        "an older record"
    );
}
