//! Our client against the published protocol 3 gateway (`openclaw` 2026.4.25).
#![allow(clippy::unwrap_used)] // helpers of tests, outside of test functions

mod cases;
mod client;
mod peers;

use gatehouse_testkit::gateway::Version;

use cases::{approvals, chat, connecting};

#[tokio::test]
async fn a_client_connects_and_is_greeted() {
    connecting::a_client_connects_and_is_greeted(Version::V3).await;
}

#[tokio::test]
async fn a_wrong_token_stops_the_client_until_a_person_acts() {
    connecting::a_wrong_token_stops_the_client_until_a_person_acts(Version::V3).await;
}

#[tokio::test]
async fn a_wrong_password_stops_the_client_and_the_right_one_connects() {
    connecting::a_wrong_password_stops_the_client_and_the_right_one_connects(Version::V3).await;
}

#[tokio::test]
async fn an_unpaired_device_waits_and_connects_by_itself_once_approved() {
    connecting::an_unpaired_device_waits_and_connects_by_itself_once_approved(Version::V3).await;
}

#[tokio::test]
async fn a_gateway_restarted_under_a_run_is_found_again_with_its_history() {
    connecting::a_gateway_restarted_under_a_run_is_found_again_with_its_history(Version::V3).await;
}

#[tokio::test]
async fn a_gateway_that_says_goodbye_is_waited_for() {
    connecting::a_gateway_that_says_goodbye_is_waited_for(Version::V3).await;
}

#[tokio::test]
async fn a_turn_is_streamed_whole_and_in_order() {
    chat::a_turn_is_streamed_whole_and_in_order(Version::V3).await;
}

#[tokio::test]
async fn an_aborted_run_ends_and_its_model_is_left_alone() {
    chat::an_aborted_run_ends_and_its_model_is_left_alone(Version::V3).await;
}

#[tokio::test]
async fn an_allowed_command_runs_and_the_agent_goes_on() {
    approvals::an_allowed_command_runs_and_the_agent_goes_on(Version::V3).await;
}

#[tokio::test]
async fn a_denied_command_does_not_run_and_the_agent_is_told() {
    approvals::a_denied_command_does_not_run_and_the_agent_is_told(Version::V3).await;
}

#[tokio::test]
async fn an_approval_that_expires_cannot_be_decided_any_more() {
    approvals::an_approval_that_expires_cannot_be_decided_any_more(Version::V3).await;
}

#[tokio::test]
async fn an_approval_answered_elsewhere_first_keeps_that_answer() {
    approvals::an_approval_answered_elsewhere_first_keeps_that_answer(Version::V3).await;
}

#[tokio::test]
async fn an_approval_that_waits_is_found_again_after_a_reconnect() {
    approvals::an_approval_that_waits_is_found_again_after_a_reconnect(Version::V3).await;
}

#[tokio::test]
async fn an_approval_does_not_survive_the_gateways_own_restart() {
    approvals::an_approval_does_not_survive_the_gateways_own_restart(Version::V3).await;
}
