//! The whole fleet against the published protocol 3 gateway (`openclaw` 2026.4.25).
#![allow(clippy::unwrap_used)] // helpers of tests, outside of test functions

mod desk;
mod fleet_cases;
mod peers;

use gatehouse_testkit::gateway::Version;

#[tokio::test]
async fn an_approval_that_another_client_answers_is_withdrawn_and_names_who() {
    fleet_cases::an_approval_that_another_client_answers_is_withdrawn_and_names_who(Version::V3)
        .await;
}

#[tokio::test]
async fn an_approval_that_nobody_answers_expires() {
    fleet_cases::an_approval_that_nobody_answers_expires(Version::V3).await;
}

#[tokio::test]
async fn a_raised_approval_is_decided_once_and_shown_as_recorded() {
    fleet_cases::a_raised_approval_is_decided_once_and_shown_as_recorded(Version::V3).await;
}

#[tokio::test]
async fn a_turn_is_shown_whole() {
    fleet_cases::a_turn_is_shown_whole(Version::V3).await;
}
