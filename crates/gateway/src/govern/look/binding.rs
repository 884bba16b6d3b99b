//! What an approval is bound to, and the digest of it. The digest covers who asks, all that will run, the policy
//! it was judged by, and a nonce, so that no two questions have the same one. A grant has a digest without what
//! changes from question to question.

use std::collections::BTreeMap;

use gatehouse_agent::Action;
use gatehouse_agent::govern::{Effect, canonical};
use gatehouse_agent::launch::Launch;
use gatehouse_audit::canonical::text;
use gatehouse_policy::{Effect as Reaches, EffectKind, Target};
use serde::Serialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::govern::judge::Judged;
use crate::hex::hex;
use crate::world::Seen;

const APPROVAL: &[u8] = b"gov-approval-v1\0";
const GRANT: &[u8] = b"gov-grant-v1\0";

/// All that an action is, at the moment it was looked at.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::govern) struct Binding {
    agent: String,
    session: String,
    policy_version: String,
    /// What will happen, without who does it: members of an object, each in canonical JSON.
    deed: Vec<Member>,
    /// What it reaches as things are now: for an approval, which is for this once. A grant outlives the files that a
    /// pattern matched when it was given.
    reach: Option<Member>,
}

type Member = (&'static str, String);

/// What a command does to which place, and what its patterns match.
#[derive(Serialize)]
struct Reach<'a> {
    effects: Vec<Reached<'a>>,
    matches: &'a BTreeMap<String, Vec<String>>,
}

#[derive(Serialize)]
struct Reached<'a> {
    kind: EffectKind,
    target: &'a Target,
}

/// Of what holds texts and small numbers alone.
fn member<T: Serialize + ?Sized>(name: &'static str, value: &T) -> Member {
    (
        name,
        text(value).expect("what holds texts can be said in JSON"),
    )
}

impl Binding {
    /// Of a command that was opened.
    pub(super) fn of_launch(action: &Action, launch: &Launch, judged: &Judged) -> Self {
        let bound = launch.bound();
        let mut deed = vec![
            member("kind", "exec"),
            member("plan", bound.plan),
            member("cwd", &bound.cwd),
            member("env", bound.env),
            member("exe", &bound.exe),
            member("scripts", &bound.scripts),
        ];
        if let Effect::Exec(exec) = &action.effect {
            deed.push(member("pty", &exec.pty));
            deed.push(member("background", &exec.background));
        }
        let decision = &judged.decision;
        Self::new(action, deed, &decision.policy_version).reaching(&decision.effects, &judged.seen)
    }

    /// Of an action that starts no process.
    pub(in crate::govern) fn of_action(action: &Action, policy_version: &str) -> Self {
        let arguments = hex(Sha256::digest(canonical(&action.arguments)));
        let deed = vec![
            member("kind", "tool"),
            member("tool", &action.tool),
            member("arguments", &arguments),
            ("effect", canonical(&json!(action.effect))),
        ];
        Self::new(action, deed, policy_version)
    }

    fn new(action: &Action, deed: Vec<Member>, policy_version: &str) -> Self {
        Self {
            agent: action.agent_id.clone(),
            session: action.session_key.clone(),
            policy_version: policy_version.to_owned(),
            deed,
            reach: None,
        }
    }

    /// With what it does to which place, links followed.
    fn reaching(mut self, effects: &[Reaches], seen: &Seen) -> Self {
        if !seen.links.is_empty() {
            self.deed.push(member("links", &seen.links));
        }
        let effects = effects.iter().map(|effect| Reached {
            kind: effect.kind,
            target: &effect.target,
        });
        let reach = Reach {
            effects: effects.collect(),
            matches: &seen.matches,
        };
        self.reach = Some(member("reach", &reach));
        self
    }

    /// What an approval carries.
    pub(in crate::govern) fn digest(&self, nonce: &str) -> String {
        let more = [
            member("agent", &self.agent),
            member("session", &self.session),
            member("policy_version", &self.policy_version),
            member("nonce", nonce),
        ];
        self.tagged(APPROVAL, more.iter().chain(&self.reach))
    }

    /// What a grant for this session carries: it ends with the policy it was given under.
    pub(in crate::govern) fn session_digest(&self) -> String {
        let more = [
            member("agent", &self.agent),
            member("session", &self.session),
            member("policy_version", &self.policy_version),
        ];
        self.tagged(GRANT, &more)
    }

    /// What a grant for every session of the agent carries. A policy that denies still denies.
    pub(in crate::govern) fn agent_digest(&self) -> String {
        self.tagged(GRANT, &[member("agent", &self.agent)])
    }

    /// The digest over the deed and what else is bound, whose names the deed does not have, as one canonical object.
    fn tagged<'m>(&'m self, tag: &[u8], more: impl IntoIterator<Item = &'m Member>) -> String {
        let mut members: Vec<_> = self.deed.iter().chain(more).collect();
        members.sort_unstable_by_key(|(name, _)| *name);
        let mut hash = Sha256::new();
        hash.update(tag);
        for (n, (name, value)) in members.into_iter().enumerate() {
            hash.update(if n == 0 { "{\"" } else { ",\"" });
            hash.update(name);
            hash.update("\":");
            hash.update(value);
        }
        hash.update("}");
        hex(hash.finalize())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn action(session: &str, arguments: Value) -> Action {
        Action {
            tool: "web_fetch".to_owned(),
            arguments,
            effect: Effect::None,
            agent_id: "main".to_owned(),
            session_key: session.to_owned(),
            run_id: "r".to_owned(),
            tool_call_id: "c".to_owned(),
            workspace: "/ws".into(),
            told_by: Vec::new(),
        }
    }

    #[test]
    fn every_part_changes_the_digest_and_the_run_does_not() {
        let digest = |action: &Action, policy: &str, nonce: &str| {
            Binding::of_action(action, policy).digest(nonce)
        };
        let first = action("s", json!({"b": 1, "a": [1, 2]}));
        let wanted = digest(&first, "1", "n");
        let other_run = Action {
            run_id: "r2".to_owned(),
            ..first.clone()
        };
        assert_eq!(digest(&other_run, "1", "n"), wanted);
        for (action, policy, nonce) in [
            (first.clone(), "2", "n"),
            (first.clone(), "1", "m"),
            (action("t", first.arguments.clone()), "1", "n"),
            (action("s", json!({"b": 2, "a": [1, 2]})), "1", "n"),
        ] {
            assert_ne!(
                digest(&action, policy, nonce),
                wanted,
                "{action:?} {policy} {nonce}"
            );
        }
    }

    #[test]
    fn a_grant_of_the_agent_holds_in_every_session_and_one_of_the_session_does_not() {
        let of = |session, policy| Binding::of_action(&action(session, json!({})), policy);
        assert_eq!(of("s", "1").agent_digest(), of("t", "2").agent_digest());
        assert_ne!(of("s", "1").session_digest(), of("t", "1").session_digest());
        assert_ne!(of("s", "1").session_digest(), of("s", "2").session_digest());
        assert_ne!(of("s", "1").session_digest(), of("s", "1").agent_digest());
    }

    #[test]
    fn a_link_is_bound_for_good_and_what_a_pattern_matches_for_once() {
        let bound = |links: &[(&str, &str)], matched: &[&str]| {
            let own = |(from, to): &(&str, &str)| ((*from).to_owned(), (*to).to_owned());
            let seen = Seen {
                links: links.iter().map(own).collect(),
                matches: [(
                    "/ws/*".to_owned(),
                    matched.iter().map(|one| (*one).to_owned()).collect(),
                )]
                .into(),
                ..Seen::default()
            };
            Binding::of_action(&action("s", json!({})), "1").reaching(&[], &seen)
        };
        let first = bound(&[("/ws/junk", "/h/old")], &["/ws/a"]);
        let led_elsewhere = bound(&[("/ws/junk", "/h/important")], &["/ws/a"]);
        assert_ne!(first.digest("n"), led_elsewhere.digest("n"));
        assert_ne!(first.agent_digest(), led_elsewhere.agent_digest());
        let one_more = bound(&[("/ws/junk", "/h/old")], &["/ws/a", "/ws/b"]);
        assert_ne!(first.digest("n"), one_more.digest("n"));
        assert_eq!(first.agent_digest(), one_more.agent_digest());
    }

    #[test]
    fn a_digest_is_over_one_canonical_object_with_all_that_is_bound() {
        // Grants are kept with their digests: another way to write them would end all that were given.
        let bound = Binding::of_action(&action("s", json!({"b": 1, "a": "\u{e9}\n"})), "1");
        let deed = bound.deed.iter();
        let deed = deed.map(|(name, value)| (*name, serde_json::from_str::<Value>(value).unwrap()));
        let mut value = json!(deed.collect::<BTreeMap<_, _>>());
        value["agent"] = json!("main");
        let over = |tag: &[u8], value: &Value| {
            hex(Sha256::digest([tag, canonical(value).as_bytes()].concat()))
        };
        assert_eq!(bound.agent_digest(), over(GRANT, &value));
        value["session"] = json!("s");
        value["policy_version"] = json!("1");
        assert_eq!(bound.session_digest(), over(GRANT, &value));
        value["nonce"] = json!("n");
        assert_eq!(bound.digest("n"), over(APPROVAL, &value));
        let reaching = bound.reaching(&[], &Seen::default());
        value["reach"] = json!({"effects": [], "matches": {}});
        assert_eq!(reaching.digest("n"), over(APPROVAL, &value));
    }

    #[test]
    fn the_bound_value_is_canonical() {
        let value = json!({"b": [1, {"d": "\u{1}\n\"é", "c": null}], "a": true});
        let wanted = "{\"a\":true,\"b\":[1,{\"c\":null,\"d\":\"\\u0001\\n\\\"é\"}]}";
        assert_eq!(canonical(&value), wanted);
    }
}
