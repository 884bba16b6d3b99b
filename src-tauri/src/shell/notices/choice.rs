//! The names under which a platform hands a pressed button back.

use gatehouse_fleet::view::Decision;
use uuid::Uuid;

/// What a platform calls a click on the notice itself.
pub(super) const OPEN: &str = "default";

/// The button that shows what is dangerous instead of allowing it.
pub(super) const REVIEW: &str = "review";

/// Names one showing of one notice, so that a button pressed on an earlier one, or on one left over from
/// an earlier run of the app, can never be taken for a button of this one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Showing(String);

impl Showing {
    pub(super) fn new() -> Self {
        Self(Uuid::new_v4().simple().to_string())
    }

    /// The name of a button of this showing.
    pub(super) fn button(&self, decision: Decision) -> String {
        format!("{}:{}", verb(decision), self.0)
    }
}

/// The showing and the decision that a button's name stands for.
pub(super) fn parse_button(name: &str) -> Option<(Showing, Decision)> {
    let (verb, showing) = name.split_once(':')?;
    Some((Showing(showing.to_owned()), decision(verb)?))
}

fn verb(decision: Decision) -> &'static str {
    match decision {
        Decision::AllowOnce => "allow-once",
        Decision::AllowAlways => "allow-always",
        Decision::Deny => "deny",
        Decision::Approve => "approve",
        Decision::Reject => "reject",
    }
}

fn decision(verb: &str) -> Option<Decision> {
    [
        Decision::AllowOnce,
        Decision::Deny,
        Decision::Approve,
        Decision::Reject,
    ]
    .into_iter()
    .find(|known| self::verb(*known) == verb)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_names_its_decision_and_its_showing_and_nothing_else_parses() {
        let showing = Showing::new();
        for decision in [
            Decision::AllowOnce,
            Decision::Deny,
            Decision::Approve,
            Decision::Reject,
        ] {
            let parsed = parse_button(&showing.button(decision));
            assert_eq!(parsed, Some((showing.clone(), decision)));
        }
        for other in ["", "default", "deny", "nonsense:x", ":x"] {
            assert_eq!(parse_button(other), None, "{other:?} is no button of ours");
        }
    }

    #[test]
    fn a_standing_permission_is_never_taken_from_a_button() {
        let named = Showing::new().button(Decision::AllowAlways);
        assert_eq!(parse_button(&named), None);
    }
}
