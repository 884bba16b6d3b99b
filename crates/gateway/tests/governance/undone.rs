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
