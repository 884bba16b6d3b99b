//! The whole fleet against the published protocol 3 gateway (`openclaw` 2026.4.25).
#![allow(clippy::unwrap_used)] // helpers of tests, outside of test functions

mod desk;
mod fleet_cases;
mod kind_cases;
mod peers;
mod rule_cases;

use gatehouse_fleet::view::{AddGateway, CredentialKind, PastedForm};
use gatehouse_testkit::gateway::{GatewayOptions, Version};

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

#[tokio::test]
async fn a_rule_denies_one_and_leaves_another_with_its_analysis() {
    rule_cases::a_rule_denies_one_and_leaves_another_with_its_analysis(Version::V3).await;
}

#[tokio::test]
async fn the_pause_leaves_everything_to_the_person() {
    rule_cases::the_pause_leaves_everything_to_the_person(Version::V3).await;
}

#[tokio::test]
async fn a_call_that_sets_variables_says_so_and_is_allowed_by_no_rule() {
    rule_cases::a_call_that_sets_variables_says_so_and_is_allowed_by_no_rule(Version::V3).await;
}

#[tokio::test]
async fn a_plugins_request_is_shown_whole_and_decided() {
    kind_cases::a_plugins_request_is_shown_whole_and_decided(Version::V3).await;
}

#[tokio::test]
async fn a_plugins_request_that_another_client_answers_is_shown_as_theirs() {
    kind_cases::a_plugins_request_that_another_client_answers_is_shown_as_theirs(Version::V3).await;
}

#[tokio::test]
async fn a_device_that_wants_in_is_let_in_and_another_is_turned_away() {
    kind_cases::a_device_that_wants_in_is_let_in_and_another_is_turned_away(Version::V3).await;
}

#[tokio::test]
async fn a_node_that_offers_commands_waits_for_them_to_be_approved() {
    kind_cases::a_node_that_offers_commands_waits_for_them_to_be_approved(Version::V3).await;
}

/// Protocol 4 gives an operator's token for a setup code to OpenClaw's own phone apps alone.
#[tokio::test]
async fn a_setup_code_that_is_pasted_lets_the_app_in() {
    let gateway = peers::own(Version::V3, GatewayOptions::default()).await;
    let code = gateway.setup_code().await.unwrap();
    let desk = desk::Desk::new().await;
    let seen = desk.fleet.gateway_recognise(code).await.unwrap();
    assert_eq!(seen.form, PastedForm::SetupCode);
    assert_eq!(seen.credential, CredentialKind::SetupCode);
    let add = AddGateway {
        url: seen.url.unwrap(),
        name: "home".to_owned(),
        draft: seen.draft,
        secret: None,
        pin: None,
    };
    let added = desk.fleet.gateway_add(add).await.unwrap();
    desk.connected(&added.id).await;
}
