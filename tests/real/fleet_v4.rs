//! The whole fleet against the published protocol 4 gateway (`openclaw` 2026.9.6).
#![allow(clippy::unwrap_used)] // helpers of tests, outside of test functions

mod desk;
mod doubt_cases;
mod fleet_cases;
mod kind_cases;
mod peers;
mod rule_cases;

use std::time::Duration;

use desk::Desk;
use gatehouse_fleet::view::{Decision, PhaseView};
use gatehouse_testkit::cable::Cable;
use gatehouse_testkit::gateway::Version;

#[tokio::test]
async fn an_allowed_command_runs_and_every_surface_shows_what_was_recorded() {
    fleet_cases::an_allowed_command_runs_and_every_surface_shows_what_was_recorded(Version::V4)
        .await;
}

#[tokio::test]
async fn a_denied_command_does_not_run_and_the_card_says_so() {
    fleet_cases::a_denied_command_does_not_run_and_the_card_says_so(Version::V4).await;
}

#[tokio::test]
async fn an_approval_that_nobody_answers_expires() {
    fleet_cases::an_approval_that_nobody_answers_expires(Version::V4).await;
}

#[tokio::test]
async fn an_approval_that_another_client_answers_is_withdrawn_and_names_who() {
    fleet_cases::an_approval_that_another_client_answers_is_withdrawn_and_names_who(Version::V4)
        .await;
}

#[tokio::test]
async fn a_turn_is_shown_whole() {
    fleet_cases::a_turn_is_shown_whole(Version::V4).await;
}

#[tokio::test]
async fn an_aborted_run_keeps_what_it_said() {
    fleet_cases::an_aborted_run_keeps_what_it_said(Version::V4).await;
}

#[tokio::test]
async fn a_stop_ends_the_run_that_was_found_at_the_start() {
    fleet_cases::a_stop_ends_the_run_that_was_found_at_the_start(Version::V4).await;
}

#[tokio::test]
async fn a_pending_approval_survives_a_pulled_cable_and_is_decided_after_it() {
    let gateway = peers::shared(Version::V4).await;
    let operator = gateway.operator().await.unwrap();
    let cable = Cable::to(gateway.port()).await.unwrap();
    // This gateway ends an approval at once that no connected client may see: somebody else stays.
    let beside = Desk::new().await;
    beside
        .join(&gateway.url(), "beside", gateway.secret())
        .await;
    let desk = Desk::new().await;
    let id = desk.join(&cable.url(), "home", gateway.secret()).await;
    let raised = operator
        .raise_exec_approval("echo cable", Duration::from_secs(600))
        .await
        .unwrap();
    desk.waits(&id, "echo cable").await;
    cable.unplug();
    let away = desk
        .item(&id, "echo cable", |p| {
            matches!(p, PhaseView::Unreachable { .. })
        })
        .await;
    let refused = desk.decide(&away, Decision::AllowOnce).await;
    assert_eq!(
        refused,
        Err("notConnected".to_owned()),
        "nothing is decided on what may have ended"
    );

    let meanwhile = operator
        .raise_exec_approval("echo meanwhile", Duration::from_secs(600))
        .await
        .unwrap();
    cable.plug();
    let item = desk.waits(&id, "echo cable").await;
    desk.waits(&id, "echo meanwhile").await;
    desk.decide(&item, Decision::Deny).await.unwrap();
    let ended = desk.ended(&id, "echo cable").await;
    assert!(
        matches!(
            ended,
            PhaseView::Decided {
                decision: Decision::Deny,
                by_this_app: true,
                ..
            }
        ),
        "{ended:?}"
    );
    let waiting = operator.pending_approvals().await.unwrap();
    let ids: Vec<_> = waiting.iter().filter_map(|a| a["id"].as_str()).collect();
    assert!(
        !ids.contains(&raised.id.as_str()) && ids.contains(&meanwhile.id.as_str()),
        "{ids:?}"
    );
    operator.decide(&meanwhile.id, "deny").await.unwrap();
    desk.ended(&id, "echo meanwhile").await;
}

#[tokio::test]
async fn two_gateways_ask_at_once_and_each_gets_its_own_answer() {
    let first = peers::shared(Version::V4).await;
    let second = peers::own(Version::V4, Default::default()).await;
    let (one, two) = (
        first.operator().await.unwrap(),
        second.operator().await.unwrap(),
    );
    let desk = Desk::new().await;
    let home = desk.join(&first.url(), "home", first.secret()).await;
    let work = desk.join(&second.url(), "work", second.secret()).await;
    let hour = Duration::from_secs(3600);
    let (asked_home, asked_work) = tokio::join!(
        one.raise_exec_approval("echo both", hour),
        two.raise_exec_approval("echo both", hour)
    );
    let (at_home, at_work) = (
        desk.waits(&home, "echo both").await,
        desk.waits(&work, "echo both").await,
    );
    desk.decide(&at_home, Decision::AllowOnce).await.unwrap();
    desk.decide(&at_work, Decision::Deny).await.unwrap();
    let (home, work) = (
        desk.ended(&home, "echo both").await,
        desk.ended(&work, "echo both").await,
    );
    assert!(
        matches!(
            home,
            PhaseView::Decided {
                decision: Decision::AllowOnce,
                ..
            }
        ),
        "{home:?}"
    );
    assert!(
        matches!(
            work,
            PhaseView::Decided {
                decision: Decision::Deny,
                ..
            }
        ),
        "{work:?}"
    );
    for (operator, asked, decision) in [(one, asked_home, "allow-once"), (two, asked_work, "deny")]
    {
        let id = asked.unwrap().id;
        let record = operator
            .call("approval.get", serde_json::json!({ "id": id }))
            .await
            .unwrap();
        assert_eq!(record["approval"]["decision"], decision, "{record}");
    }
}

#[tokio::test]
async fn a_rule_denies_one_and_leaves_another_with_its_analysis() {
    rule_cases::a_rule_denies_one_and_leaves_another_with_its_analysis(Version::V4).await;
}

#[tokio::test]
async fn the_pause_leaves_everything_to_the_person() {
    rule_cases::the_pause_leaves_everything_to_the_person(Version::V4).await;
}

#[tokio::test]
async fn a_call_that_sets_variables_says_so_and_is_allowed_by_no_rule() {
    rule_cases::a_call_that_sets_variables_says_so_and_is_allowed_by_no_rule(Version::V4).await;
}

#[tokio::test]
async fn an_agent_whose_command_a_rule_denies_is_told_and_goes_on() {
    rule_cases::an_agent_whose_command_a_rule_denies_is_told_and_goes_on(Version::V4).await;
}

#[tokio::test]
async fn a_plugins_request_is_shown_whole_and_decided() {
    kind_cases::a_plugins_request_is_shown_whole_and_decided(Version::V4).await;
}

#[tokio::test]
async fn a_plugins_request_that_another_client_answers_is_shown_as_theirs() {
    kind_cases::a_plugins_request_that_another_client_answers_is_shown_as_theirs(Version::V4).await;
}

#[tokio::test]
async fn a_question_that_another_answered_while_the_cable_was_out_is_known_as_answered() {
    kind_cases::a_question_that_another_answered_while_the_cable_was_out_is_known_as_answered()
        .await;
}

#[tokio::test]
async fn an_agents_question_is_answered_and_another_declined() {
    kind_cases::an_agents_question_is_answered_and_another_declined().await;
}

#[tokio::test]
async fn a_change_that_the_system_agent_proposes_waits_and_is_applied_only_when_allowed() {
    kind_cases::a_change_that_the_system_agent_proposes_waits_and_is_applied_only_when_allowed()
        .await;
}

#[tokio::test]
async fn a_device_that_wants_in_is_let_in_and_another_is_turned_away() {
    kind_cases::a_device_that_wants_in_is_let_in_and_another_is_turned_away(Version::V4).await;
}

#[tokio::test]
async fn a_node_that_offers_commands_waits_for_them_to_be_approved() {
    kind_cases::a_node_that_offers_commands_waits_for_them_to_be_approved(Version::V4).await;
}

#[tokio::test]
async fn a_decision_that_a_hanging_gateway_may_not_have_taken_counts_once() {
    doubt_cases::a_decision_that_a_hanging_gateway_may_not_have_taken_counts_once(Version::V4)
        .await;
}

#[tokio::test]
async fn requests_of_one_id_on_two_gateways_are_decided_each_on_its_own() {
    doubt_cases::requests_of_one_id_on_two_gateways_are_decided_each_on_its_own().await;
}
