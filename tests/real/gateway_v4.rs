//! Our client against the published protocol 4 gateway (`openclaw` 2026.9.6).
#![allow(clippy::unwrap_used)] // helpers of tests, outside of test functions

mod cases;
mod client;
mod peers;
mod tls;

use gatehouse_testkit::gateway::Version;

use cases::{approvals, chat, connecting};

#[tokio::test]
async fn a_client_connects_and_is_greeted() {
    connecting::a_client_connects_and_is_greeted(Version::V4).await;
}

#[tokio::test]
async fn a_wrong_token_stops_the_client_until_a_person_acts() {
    connecting::a_wrong_token_stops_the_client_until_a_person_acts(Version::V4).await;
}

#[tokio::test]
async fn a_wrong_password_stops_the_client_and_the_right_one_connects() {
    connecting::a_wrong_password_stops_the_client_and_the_right_one_connects(Version::V4).await;
}

#[tokio::test]
async fn an_unpaired_device_waits_and_connects_by_itself_once_approved() {
    connecting::an_unpaired_device_waits_and_connects_by_itself_once_approved(Version::V4).await;
}

#[tokio::test]
async fn a_gateway_restarted_under_a_run_is_found_again_with_its_history() {
    connecting::a_gateway_restarted_under_a_run_is_found_again_with_its_history(Version::V4).await;
}

#[tokio::test]
async fn a_gateway_that_says_goodbye_is_waited_for() {
    connecting::a_gateway_that_says_goodbye_is_waited_for(Version::V4).await;
}

#[tokio::test]
async fn a_token_that_was_changed_is_got_past_with_the_device_token() {
    connecting::a_token_that_was_changed_is_got_past_with_the_device_token(Version::V4).await;
}

#[tokio::test]
async fn a_device_token_connects_alone_and_is_forgotten_once_it_is_not_known() {
    connecting::a_device_token_connects_alone_and_is_forgotten_once_it_is_not_known(Version::V4)
        .await;
}

#[tokio::test]
async fn a_device_that_was_removed_asks_to_be_paired_again() {
    connecting::a_device_that_was_removed_asks_to_be_paired_again(Version::V4).await;
}

#[tokio::test]
async fn a_gateway_that_changes_whom_it_lets_in_is_connected_to_again() {
    connecting::a_gateway_that_changes_whom_it_lets_in_is_connected_to_again().await;
}

#[tokio::test]
async fn a_turn_is_streamed_whole_and_in_order() {
    chat::a_turn_is_streamed_whole_and_in_order(Version::V4).await;
}

#[tokio::test]
async fn an_aborted_run_ends_and_its_model_is_left_alone() {
    chat::an_aborted_run_ends_and_its_model_is_left_alone(Version::V4).await;
}

#[tokio::test]
async fn an_allowed_command_runs_and_the_agent_goes_on() {
    approvals::an_allowed_command_runs_and_the_agent_goes_on(Version::V4).await;
}

#[tokio::test]
async fn a_denied_command_does_not_run_and_the_agent_is_told() {
    approvals::a_denied_command_does_not_run_and_the_agent_is_told(Version::V4).await;
}

#[tokio::test]
async fn an_approval_that_expires_cannot_be_decided_any_more() {
    approvals::an_approval_that_expires_cannot_be_decided_any_more(Version::V4).await;
}

#[tokio::test]
async fn an_approval_answered_elsewhere_first_keeps_that_answer() {
    approvals::an_approval_answered_elsewhere_first_keeps_that_answer(Version::V4).await;
}

#[tokio::test]
async fn an_approval_that_waits_is_found_again_after_a_reconnect() {
    approvals::an_approval_that_waits_is_found_again_after_a_reconnect(Version::V4).await;
}

#[tokio::test]
async fn an_approval_does_not_survive_the_gateways_own_restart() {
    approvals::an_approval_does_not_survive_the_gateways_own_restart(Version::V4).await;
}

#[tokio::test]
async fn a_pinned_certificate_connects_and_no_other_does() {
    tls::a_pinned_certificate_connects_and_no_other_does().await;
}
