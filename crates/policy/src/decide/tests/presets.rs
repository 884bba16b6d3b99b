//! The presets.

use serde_json::Value;

use super::support::{act, analyse, effect, load, world};
use crate::decide::{Act, Policy};
use crate::effect::{EffectKind, Target, Zone};
use crate::rules::Preset;
use crate::verdict::Verdict::{self, Allow, Ask, Deny};

fn decide(preset: Preset, line: &str) -> (Verdict, Verdict) {
    let analysis = analyse(line, &world());
    let decision = act(
        &Policy::of(preset),
        "exec",
        &Value::Null,
        Act::Command(&analysis),
    );
    (decision.verdict, decision.would)
}

#[test]
fn guarded_takes_the_analysis_as_it_is() {
    for (line, verdict) in [
        ("ls", Allow),
        ("rm a", Allow),
        ("make", Ask),
        ("rm /", Deny),
    ] {
        assert_eq!(decide(Preset::Guarded, line), (verdict, verdict), "{line}");
    }
}

#[test]
fn strict_asks_about_what_is_not_surely_the_workspaces_and_lets_nothing_out() {
    for (line, verdict) in [
        ("ls", Allow),
        ("rm a", Allow),
        ("rm /srv/a", Ask),
        ("rm $x", Ask),
        ("ls $x", Ask),
        ("curl a.test", Deny),
    ] {
        assert_eq!(decide(Preset::Strict, line), (verdict, verdict), "{line}");
    }
}

#[test]
fn observe_holds_nothing_up_and_says_what_would_have_been() {
    for (line, would) in [("ls", Allow), ("make", Ask), ("rm /", Deny)] {
        assert_eq!(decide(Preset::Observe, line), (Allow, would), "{line}");
    }
}

#[test]
fn a_rule_does_not_open_what_strict_closes() {
    let document = r#"{preset: "strict", rules: [{id: "c", verdict: "allow", match: {command: "curl a.test"}}]}"#;
    let analysis = analyse("curl a.test", &world());
    let decision = act(
        &load(document).unwrap(),
        "exec",
        &Value::Null,
        Act::Command(&analysis),
    );
    assert_eq!(decision.verdict, Deny);
}

#[test]
fn strict_is_never_more_open_than_guarded() {
    let kinds = [
        EffectKind::Read,
        EffectKind::Write,
        EffectKind::Network,
        EffectKind::Signal,
        EffectKind::Remote,
    ];
    for kind in kinds {
        for zone in [
            Zone::Workspace,
            Zone::Home,
            Zone::System,
            Zone::Elsewhere,
            Zone::Unknown,
        ] {
            let mut analysis = analyse("ls", &world());
            analysis.effects.push(effect(kind, Target::Unknown, zone));
            let verdict = |preset| {
                act(
                    &Policy::of(preset),
                    "exec",
                    &Value::Null,
                    Act::Command(&analysis),
                )
                .verdict
            };
            assert!(
                verdict(Preset::Strict) >= verdict(Preset::Guarded),
                "{kind:?} {zone:?}"
            );
        }
    }
}
