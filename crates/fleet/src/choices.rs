//! Choices outside of the window, on a notification or in the tray: which there are, and their words.
//!
//! The page has words of its own; these are for where there is no page.

use crate::view::{BarredDecision, CommandError, Decision, PeopleView};

/// What is said of a request whose gateway did not say what would run.
pub(crate) const UNSAID: &str = "The gateway did not say what would run, or not so that it can be read. It can only be refused.";

/// The words on a decision's button. Unique, and without commas, which one platform takes for separators.
pub fn label(decision: Decision) -> &'static str {
    match decision {
        Decision::AllowOnce => "Allow once",
        Decision::AllowAlways => "Always allow",
        Decision::Deny => "Deny",
        Decision::Approve => "Approve",
        Decision::Reject => "Reject",
    }
}

/// The decisions that may be made from a notice or the tray: what is offered, less what outlasts the request. Of what
/// has to be reviewed, being dangerous or not seen whole there, no more than to refuse it.
///
/// A standing permission deserves the window, where all that it permits can be read, and so does what is reviewed.
pub fn outside_the_window(offered: &[Decision], review: bool) -> Vec<Decision> {
    let fits = |decision: &Decision| match decision {
        Decision::AllowAlways => false,
        Decision::AllowOnce | Decision::Approve => !review,
        Decision::Deny | Decision::Reject => true,
    };
    offered.iter().copied().filter(fits).collect()
}

/// The offered decisions that this connection may make.
pub(crate) fn allowed(offered: &[Decision], barred: &[BarredDecision]) -> Vec<Decision> {
    let is_barred = |decision: &Decision| barred.iter().any(|b| b.decision == *decision);
    offered.iter().copied().filter(|d| !is_barred(d)).collect()
}

/// How far a request has come that takes several people.
pub(crate) fn people(people: &PeopleView) -> String {
    let PeopleView {
        needed, allowed, ..
    } = people;
    if *allowed == 0 {
        return format!("It takes {needed} people to allow it.");
    }
    // Whom the gateway names may be this person, too.
    let nameless = people.names.len() < *allowed as usize;
    let ours = (people.ours && nameless).then_some("you");
    let names = people.names.iter().map(String::as_str);
    let who: Vec<&str> = ours.into_iter().chain(names).collect();
    let by = if who.is_empty() { "" } else { ", by " };
    format!(
        "{allowed} of {needed} have allowed it{by}{}.",
        who.join(", ")
    )
}

/// Why a choice is missing, where it is for want of a scope.
pub(crate) fn lack(barred: &[BarredDecision]) -> Option<String> {
    let first = barred.first()?;
    Some(format!("This app was not granted {}.", first.scope))
}

/// Why a choice did not count.
pub fn refusal(error: &CommandError) -> &'static str {
    match error.code.as_str() {
        "itemChanged" => "The request changed after it was shown. Look at it again.",
        "alreadyDecided" => "It was decided elsewhere first, or its time had run out.",
        "itemUnknown" => "The gateway no longer asks for it.",
        "busy" => "Another choice for it is on its way.",
        "missingScope" => {
            "This app may not decide on that gateway. Open Gatehouse to see what it lacks."
        }
        "gatewayRefused" => "The gateway refused it. Open Gatehouse to see why.",
        _ => {
            "It is not known to have reached the gateway. Whether the request still waits shows when the gateway is back."
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standing_permission_is_not_given_outside_of_the_window() {
        let offered = [Decision::AllowOnce, Decision::AllowAlways, Decision::Deny];
        let left = [Decision::AllowOnce, Decision::Deny];
        assert_eq!(outside_the_window(&offered, false), left);
    }

    #[test]
    fn how_many_have_allowed_it_is_said_with_those_who_have_a_name() {
        let said = |allowed, names: &[&str], ours| {
            people(&PeopleView {
                needed: 2,
                allowed,
                names: names.iter().map(|name| (*name).to_owned()).collect(),
                ours,
            })
        };
        assert_eq!(said(0, &[], false), "It takes 2 people to allow it.");
        assert_eq!(said(1, &[], false), "1 of 2 have allowed it.");
        assert_eq!(said(1, &[], true), "1 of 2 have allowed it, by you.");
        assert_eq!(said(1, &["ada"], true), "1 of 2 have allowed it, by ada.");
    }

    #[test]
    fn what_is_dangerous_can_only_be_refused_outside_of_the_window() {
        let offered = [Decision::AllowOnce, Decision::AllowAlways, Decision::Deny];
        assert_eq!(outside_the_window(&offered, true), [Decision::Deny]);
    }
}
