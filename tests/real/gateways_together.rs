//! Two gateways at once, one of each protocol, with approvals on both.
#![allow(clippy::unwrap_used)] // helpers of tests, outside of test functions
#![allow(dead_code)] // the cases of a single gateway are run elsewhere

mod cases;
mod client;
mod peers;

use std::time::Duration;

use gatehouse_protocol::model::approval::{Decision, Verdict};
use gatehouse_testkit::gateway::Version;

use cases::approvals::{asked, decide, over};
use client::{Client, Dial};
use peers::shared;

const LONG: Duration = Duration::from_secs(600);

#[tokio::test]
async fn approvals_on_two_gateways_at_once_are_decided_each_on_its_own() {
    let (new, old) = tokio::join!(shared(Version::V4), shared(Version::V3));
    let (on_new, on_old) = tokio::join!(new.operator(), old.operator());
    let (on_new, on_old) = (on_new.unwrap(), on_old.unwrap());
    let (ours_new, generation_new) = Client::ready(Dial::to(new, "both")).await;
    let (ours_old, generation_old) = Client::ready(Dial::to(old, "both")).await;

    // The same command on both: nothing but the connection tells them apart.
    let command = "echo the same on both";
    let (raised_new, raised_old) = tokio::join!(
        on_new.raise_exec_approval(command, LONG),
        on_old.raise_exec_approval(command, LONG)
    );
    let (raised_new, raised_old) = (raised_new.unwrap(), raised_old.unwrap());
    assert_eq!(asked(&ours_new, command).await.id, raised_new.id);
    assert_eq!(asked(&ours_old, command).await.id, raised_old.id);

    // An id of the one means nothing to the other.
    let crossed = decide(
        &ours_old,
        Version::V3,
        generation_old,
        &raised_new.id,
        Verdict::AllowOnce,
    )
    .await;
    crossed.unwrap_err();

    let (allowed, denied) = tokio::join!(
        decide(
            &ours_new,
            Version::V4,
            generation_new,
            &raised_new.id,
            Verdict::AllowOnce
        ),
        decide(
            &ours_old,
            Version::V3,
            generation_old,
            &raised_old.id,
            Verdict::Deny
        )
    );
    allowed.unwrap();
    denied.unwrap();
    assert_eq!(
        over(&ours_new, &raised_new.id).await.decision,
        Some(Decision::AllowOnce)
    );
    assert_eq!(
        over(&ours_old, &raised_old.id).await.decision,
        Some(Decision::Deny)
    );
}
