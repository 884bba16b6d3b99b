use sqlx::Row;

use super::{SqliteGatewayStore, sessions, transcripts};
use crate::gateway::SessionFilter;

/// How SQLite is going to run a query.
async fn plan(store: &SqliteGatewayStore, sql: &str) -> String {
    let explained = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
    let rows = sqlx::query(explained)
        .fetch_all(&store.database.read)
        .await
        .unwrap();
    rows.iter()
        .map(|row| row.get::<String, _>(3) + "\n")
        .collect()
}

#[tokio::test]
async fn a_page_of_the_list_is_read_off_an_index_and_nothing_is_sorted() {
    let store = SqliteGatewayStore::in_memory().await.unwrap();
    let live = SessionFilter {
        archived: Some(false),
        limit: Some(50),
        ..SessionFilter::default()
    };
    let of_agent = SessionFilter {
        agent: Some("main".to_owned()),
        ..live.clone()
    };
    let spawned = SessionFilter {
        spawned_by: Some("a".to_owned()),
        ..SessionFilter::default()
    };
    for (filter, index) in [
        (live, "session_latest"),
        (of_agent, "session_of_agent"),
        (spawned, "session_spawned"),
    ] {
        let sql = sessions::page_query(&filter).sql().as_str().to_owned();
        let plan = plan(&store, &sql).await;
        assert!(!plan.contains("TEMP B-TREE"), "{filter:?} sorts: {plan}");
        assert!(plan.contains(index), "{filter:?}: {plan}");
    }
}

#[tokio::test]
async fn a_page_of_a_transcript_is_read_off_an_index_and_nothing_is_sorted() {
    let store = SqliteGatewayStore::in_memory().await.unwrap();
    let plan = plan(&store, transcripts::LATEST).await;
    assert!(
        plan.contains("entry_order (transcript=? AND seq<?)"),
        "{plan}"
    );
    assert!(!plan.contains("SCAN"), "{plan}");
    assert!(!plan.contains("TEMP B-TREE"), "{plan}");
}
