use gatehouse_store::StoreError;
use gatehouse_store::gateway::{
    AgentRecord, Claim, ClockChange, TokenUsage, UsageBy, UsageQuery, UsageRecord,
};

use super::{GatewayWorld, session};

fn usage(day: &str, session: &str, model: &str, cost_usd: Option<f64>) -> UsageRecord {
    UsageRecord {
        at: 1,
        day: day.to_owned(),
        session: session.to_owned(),
        agent: "main".to_owned(),
        run: "r".to_owned(),
        provider: "p".to_owned(),
        model: model.to_owned(),
        tokens: TokenUsage {
            input: 10,
            output: 5,
            cache_read: 1,
            cache_write: 2,
            context: 12,
            cost_usd,
        },
    }
}

pub async fn a_key_is_claimed_by_one_and_answered_for_all(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    let claim = async |now| store.answer_claim("k", now, now + 100).await.unwrap();
    assert_eq!(claim(0).await, Claim::First);
    assert_eq!(claim(1).await, Claim::Pending);
    store.answer_release("k").await.unwrap();
    assert_eq!(claim(2).await, Claim::First);
    store.answer_put("k", "{\"a\":1}", 500).await.unwrap();
    store.answer_release("k").await.unwrap();
    assert_eq!(claim(3).await, Claim::Answered("{\"a\":1}".to_owned()));
    store.close().await;
    let store = world.open(4).await;
    let kept = store.answer_claim("k", 499, 600).await.unwrap();
    assert_eq!(kept, Claim::Answered("{\"a\":1}".to_owned()));
    let expired = store.answer_claim("k", 500, 600).await.unwrap();
    assert_eq!(expired, Claim::First);
    assert_eq!(store.answers_expire(600).await.unwrap(), 1);
}

pub async fn a_claim_without_an_answer_does_not_outlive_the_process(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    store.answer_claim("k", 0, 10_000).await.unwrap();
    store.close().await;
    let store = world.open(1).await;
    let again = store.answer_claim("k", 1, 10_000).await.unwrap();
    assert_eq!(again, Claim::First, "nobody is left to answer");
}

pub async fn usage_is_summed_by_day_session_and_model(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    store.session_create(session("a", 1)).await.unwrap();
    for record in [
        usage("2026-11-20", "a", "m", Some(0.5)),
        usage("2026-11-21", "a", "m", Some(0.25)),
        usage("2026-11-21", "b", "n", Some(1.0)),
    ] {
        store.usage_add(record).await.unwrap();
    }
    let all = UsageQuery::default();
    let groups = async |query: &UsageQuery, by| {
        let totals = store.usage_totals(query, by).await.unwrap();
        let groups = totals.iter().map(|t| (t.group.clone(), t.tokens.cost_usd));
        groups.collect::<Vec<_>>()
    };
    let of = |group: &str, cost| (group.to_owned(), Some(cost));
    assert_eq!(
        groups(&all, UsageBy::Day).await,
        [of("2026-11-20", 0.5), of("2026-11-21", 1.25)]
    );
    assert_eq!(
        groups(&all, UsageBy::Session).await,
        [of("a", 0.75), of("b", 1.0)]
    );
    assert_eq!(
        groups(&all, UsageBy::Model).await,
        [of("p/m", 0.75), of("p/n", 1.0)]
    );
    let one_day = UsageQuery {
        from: Some("2026-11-21".to_owned()),
        to: Some("2026-11-21".to_owned()),
        session: Some("a".to_owned()),
        ..UsageQuery::default()
    };
    assert_eq!(groups(&one_day, UsageBy::All).await, [of("", 0.25)]);
    let row = store.session("a").await.unwrap().unwrap();
    assert_eq!((row.usage.input, row.usage.context), (20, 12));
    assert_eq!(row.usage.cost_usd, Some(0.75), "the session knows its sum");
    assert_eq!(store.usage_records("a", 1).await.unwrap().len(), 1);
}

pub async fn a_model_without_a_price_is_counted_apart(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    for cost in [None, Some(0.5)] {
        store.usage_add(usage("d", "a", "m", cost)).await.unwrap();
    }
    let query = UsageQuery::default();
    let totals = store.usage_totals(&query, UsageBy::All).await.unwrap();
    assert_eq!((totals[0].calls, totals[0].unpriced), (2, 1));
    assert_eq!(totals[0].tokens.cost_usd, Some(0.5));
}

pub async fn agents_and_settings_are_the_last_that_were_put(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    let agent = |json: &str| AgentRecord {
        id: "ops".to_owned(),
        name: Some("Operations".to_owned()),
        created_at: 1,
        json: json.to_owned(),
    };
    for json in ["1", "2"] {
        store.agent_put(agent(json), None).await.unwrap();
        store.setting_put("s", json).await.unwrap();
    }
    assert_eq!(store.agents().await.unwrap(), [agent("2")]);
    assert_eq!(store.setting("s").await.unwrap().as_deref(), Some("2"));
    assert!(store.agent_remove("ops", 1, None, None).await.unwrap());
    assert!(!store.agent_remove("ops", 1, None, None).await.unwrap());
    assert!(store.setting_remove("s").await.unwrap());
    assert_eq!(store.setting("s").await.unwrap(), None);
}

pub async fn a_closed_store_says_so(world: &dyn GatewayWorld) {
    let store = world.open(0).await;
    store.close().await;
    let written = store.setting_put("a", "1").await;
    assert!(matches!(written, Err(StoreError::Closed)), "{written:?}");
    let read = store.setting("a").await;
    assert!(matches!(read, Err(StoreError::Closed)), "{read:?}");
}

pub async fn a_day_begins_when_the_clocks_that_are_asked_for_say_so(world: &dyn GatewayWorld) {
    const HOUR: i64 = 3_600_000;
    // 2026-11-21, 00:30 in UTC.
    const NIGHT: i64 = 1_795_221_000_000;
    let store = world.open(0).await;
    for at in [NIGHT, NIGHT + 12 * HOUR, NIGHT + 24 * HOUR] {
        let day = "2026-11-21".to_owned();
        let record = UsageRecord {
            at,
            day,
            ..usage("", "a", "m", Some(1.0))
        };
        store.usage_add(record).await.unwrap();
    }
    let days = async |clocks: &[(i64, i64)]| {
        let clocks = clocks.iter().map(|(since, hours)| ClockChange {
            since: *since,
            ahead_ms: hours * HOUR,
        });
        let query = UsageQuery {
            clocks: clocks.collect(),
            to: Some("2026-11-21".to_owned()),
            ..UsageQuery::default()
        };
        let totals = store.usage_totals(&query, UsageBy::Day).await.unwrap();
        let all = store.usage_totals(&query, UsageBy::All).await.unwrap();
        let counted: u64 = totals.iter().map(|total| total.calls).sum();
        assert_eq!(all[0].calls, counted, "the same days are counted");
        let days = totals.into_iter().map(|total| (total.group, total.calls));
        days.collect::<Vec<_>>()
    };
    let of = |day: &str, calls| (day.to_owned(), calls);
    assert_eq!(days(&[]).await, [of("2026-11-21", 3)], "as noted");
    assert_eq!(days(&[(0, 0)]).await, [of("2026-11-21", 2)]);
    let west = [of("2026-11-20", 1), of("2026-11-21", 2)];
    assert_eq!(days(&[(0, -5)]).await, west);
    let change = [(0, -5), (NIGHT, 0)];
    assert_eq!(
        days(&change).await,
        [of("2026-11-21", 2)],
        "from its moment on"
    );
    let later = [(0, 0), (NIGHT + HOUR, 13)];
    assert_eq!(days(&later).await, [of("2026-11-21", 1)]);
}
