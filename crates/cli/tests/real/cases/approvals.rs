//! Approvals against a real gateway: watched, decided once, read back, and told apart from those that ran out of time.

use std::time::{Duration, Instant};

use gatehouse_testkit::gateway::{RealGateway, Version};
use serde_json::{Value, json};

use super::{insider, shared, well};
use crate::run::SOON;

/// Waits until an approval is on the list.
async fn listed(gateway: &RealGateway, id: &str) -> Value {
    let begun = Instant::now();
    loop {
        let list = well(gateway, &["approvals", "list", "--json"]).json();
        let found = list["approvals"]
            .as_array()
            .unwrap()
            .iter()
            .find(|a| a["id"] == id)
            .cloned();
        if let Some(found) = found {
            return found;
        }
        assert!(begun.elapsed() < SOON, "{id} is not on {list}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

pub(crate) async fn an_approval_is_watched_decided_once_and_read_back(version: Version) {
    let gateway = shared(version).await;
    let operator = gateway.operator().await.unwrap();
    // Someone who can see it has to be there, or the gateway denies it at once.
    let watch = insider(gateway).start(&["approvals", "watch", "--json"]);
    let _other = gateway.operator().await.unwrap();
    let command = "echo decided\u{202e}once";
    let raised = operator.raise_exec_approval(command, SOON).await.unwrap();
    let waiting = loop {
        let line = watch.json();
        if line["approval"]["id"] == raised.id.as_str() {
            break line;
        }
    };
    assert_eq!(waiting["event"], "waiting");
    let shown = listed(gateway, &raised.id).await;
    assert_eq!(
        shown, waiting["approval"],
        "the list and the event show the same"
    );
    assert_eq!(shown["kind"], "exec");
    let human = well(gateway, &["approvals", "list"]).stdout;
    // Protocol 4 escapes it itself, in its own way.
    assert!(human.contains("| echo decided"), "{human}");
    assert!(!human.contains('\u{202e}'), "{human}");

    let allowed = well(gateway, &["approvals", "allow", &raised.id, "--json"]).json();
    assert_eq!(allowed["applied"], true);
    assert_eq!(allowed["record"]["status"], "allowed");
    assert_eq!(allowed["record"]["decision"], "allow-once");
    let ended = loop {
        let line = watch.json();
        if line["record"]["id"] == raised.id.as_str() {
            break line;
        }
    };
    assert_eq!(
        (&ended["event"], &ended["record"]["status"]),
        (&json!("ended"), &json!("allowed"))
    );

    let second = insider(gateway).run(&["approvals", "deny", &raised.id, "--json"]);
    assert_eq!(second.status, 3, "the first answer stands: {second:?}");
    match version {
        Version::V4 => {
            let told = second.json();
            assert_eq!(
                (&told["applied"], &told["record"]["decision"]),
                (&json!(false), &json!("allow-once"))
            );
        }
        // It keeps no record.
        Version::V3 => assert!(second.stderr.contains("notWaiting"), "{second:?}"),
    }
}

pub(crate) async fn a_denial_and_an_expiry_are_told_apart(version: Version) {
    let gateway = shared(version).await;
    let operator = gateway.operator().await.unwrap();
    let watch = insider(gateway).start(&["approvals", "watch", "--json"]);
    let _other = gateway.operator().await.unwrap();
    let denied = operator
        .raise_exec_approval("echo denied", SOON)
        .await
        .unwrap();
    let done = well(
        gateway,
        &[
            "approvals",
            "deny",
            &denied.id,
            "--reason",
            "not today",
            "--json",
        ],
    );
    assert_eq!(done.json()["record"]["status"], "denied");
    assert!(
        done.stderr.contains("not sent"),
        "the note stays here: {done:?}"
    );

    let late = operator
        .raise_exec_approval("echo late", Duration::from_secs(4))
        .await
        .unwrap();
    let mut ends = std::collections::BTreeMap::new();
    while ends.len() < 2 {
        let line = watch.json();
        let Some(id) = line["record"]["id"].as_str() else {
            continue;
        };
        if id == denied.id || id == late.id {
            ends.insert(id.to_owned(), line["record"]["status"].clone());
        }
    }
    assert_eq!(ends[&denied.id], "denied");
    assert_eq!(ends[&late.id], "expired", "time ran out: nobody denied it");
    let after = insider(gateway).run(&["approvals", "allow", &late.id]);
    assert_eq!(after.status, 3, "{after:?}");
}

pub(crate) async fn an_answer_that_only_ours_takes_is_refused_before_it_is_sent(version: Version) {
    let gateway = shared(version).await;
    let operator = gateway.operator().await.unwrap();
    let _watch = insider(gateway).start(&["approvals", "watch", "--json"]);
    let _other = gateway.operator().await.unwrap();
    let raised = operator
        .raise_exec_approval("echo waits", SOON)
        .await
        .unwrap();
    listed(gateway, &raised.id).await;
    let id = raised.id.as_str();
    let with_digest = format!("{id}/{}", "0a".repeat(32));
    for line in [
        &["allow", id, "--session"][..],
        &["allow", id, "--for", "30m"],
        &["allow", id, "--always", "--until", "7d"],
        &["allow", id, "--pattern", "echo *", "--yes"],
        &["allow", id, "--edit", "echo edited"],
        &["allow", &with_digest],
        &["allow", id, "another"],
        &["deny", id, "another"],
        &["revoke", id],
        &["grants", "list"],
        &["grants", "revoke", "some"],
    ] {
        let line = [&["approvals"], line].concat();
        let done = insider(gateway).run(&line);
        assert_eq!(done.status, 3, "{line:?}: {done:?}");
        let told = done.stderr.replace('\n', " ");
        assert!(told.contains("nothing was sent"), "{line:?}: {told}");
    }
    listed(gateway, id).await;
    well(gateway, &["approvals", "deny", id]);
}
