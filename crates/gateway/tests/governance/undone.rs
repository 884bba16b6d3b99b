//! What an allowed action took away comes back.

use std::fs;

use serde_json::json;

use super::bench::{Bench, MAIN};

#[tokio::test]
async fn what_a_search_deletes_in_the_workspace_comes_back() {
    let mut bench = Bench::new().await;
    let gone = bench.write("sub/a", "old");
    let stays = bench.write("b", "b");
    let (question, call) = bench.exec("find . -name a -delete").await;
    bench.resolve(&question, json!({"decision": "once"})).await;
    assert_eq!(call.await.unwrap()["ok"], true);
    assert!(!gone.exists());
    fs::write(&stays, "newer").unwrap();
    let listed = bench.caller.ask("gatehouse.undo.list", json!({})).await;
    let items = listed["items"].as_array().unwrap();
    let of_a = items
        .iter()
        .find(|item| item["path"] == json!(gone))
        .unwrap();
    let restore = json!({"id": of_a["id"]});
    bench.caller.ask("gatehouse.undo.restore", restore).await;
    assert_eq!(fs::read_to_string(&gone).unwrap(), "old");
    assert_eq!(fs::read_to_string(&stays).unwrap(), "newer");
}

#[tokio::test]
async fn what_is_overwritten_is_kept_and_comes_back() {
    let mut bench = Bench::new().await;
    let path = bench.write("notes.txt", "old");
    let args = json!({"path": "notes.txt", "content": "new"});
    let call = bench.call(MAIN, "write", args).await;
    assert_eq!(call.await.unwrap()["ok"], true);
    assert_eq!(fs::read_to_string(&path).unwrap(), "new");
    let listed = bench
        .caller
        .ask("gatehouse.undo.list", json!({"sessionKey": MAIN}))
        .await;
    let item = &listed["items"][0];
    assert_eq!(
        (&item["what"], &item["path"]),
        (&json!("overwrote"), &json!(path))
    );
    assert!(item["toolCallId"].is_string(), "{item}");
    let restored = json!({"id": item["id"]});
    let restored = bench.caller.ask("gatehouse.undo.restore", restored).await;
    assert_eq!(restored["restored"], json!(path));
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    let listed = bench.caller.ask("gatehouse.undo.list", json!({})).await;
    assert_eq!(
        listed["items"].as_array().unwrap().len(),
        2,
        "what was newer is kept too"
    );
}

#[tokio::test]
async fn what_is_given_back_and_what_cannot_be_is_recorded_before_and_afterwards() {
    let mut bench = Bench::new().await;
    let path = bench.write("sub/a", "old");
    let folder = path.parent().unwrap().to_owned();
    let (question, call) = bench.exec("rm -rf sub").await;
    bench.resolve(&question, json!({"decision": "once"})).await;
    assert_eq!(call.await.unwrap()["ok"], true);
    bench.write("sub/.git/HEAD", "ref: refs/heads/main");
    let listed = bench.caller.ask("gatehouse.undo.list", json!({})).await;
    let restore = json!({"id": listed["items"][0]["id"]});
    let refused = bench
        .caller
        .request("gatehouse.undo.restore", restore.clone())
        .await;
    assert_eq!(refused["ok"], false, "{refused}");
    let said = refused["error"]["message"].as_str().unwrap();
    assert!(said.contains(".git") && said.contains("move"), "{said}");
    std::fs::remove_dir_all(&folder).unwrap();
    bench.caller.ask("gatehouse.undo.restore", restore).await;
    let kinds = json!({"kinds": ["undo.restoring", "undo.restored", "undo.failed"]});
    let listed = bench.caller.ask("gatehouse.audit.list", kinds).await;
    let records = listed["records"].as_array().unwrap();
    let kinds: Vec<_> = records.iter().map(|record| &record["kind"]).collect();
    assert_eq!(
        kinds,
        [
            "undo.restored",
            "undo.restoring",
            "undo.failed",
            "undo.restoring"
        ],
        "the latest first"
    );
    for pair in records.chunks(2) {
        assert_eq!(pair[0]["json"]["intent"], pair[1]["seq"], "{pair:?}");
        assert_eq!(pair[0]["json"]["resource"], json!(folder));
    }
}
