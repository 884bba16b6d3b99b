//! What was used, by the days of whoever asks.
#![allow(clippy::unwrap_used)]

mod support;

use serde_json::json;
use support::{ALL_SCOPES, TestGateway};

#[tokio::test]
async fn days_of_usage_are_those_of_the_clocks_that_are_named() {
    let gateway = TestGateway::start().await;
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let mut days = Vec::new();
    for offset in ["UTC-12", "UTC+14"] {
        let asked = json!({"mode": "specific", "utcOffset": offset});
        let usage = wire.ask("sessions.usage", asked).await;
        days.push(usage["endDate"].as_str().unwrap().to_owned());
    }
    assert!(days[0] < days[1], "26 hours lie between them: {days:?}");
    for (asked, field) in [
        (
            json!({"mode": "specific", "timeZone": "No/Where"}),
            "timeZone",
        ),
        (
            json!({"mode": "specific", "utcOffset": "UTC+15"}),
            "utcOffset",
        ),
        (
            json!({"startDate": "2026-11-02", "endDate": "2026-11-01"}),
            "startDate",
        ),
        (json!({"startDate": "2026-11-02"}), "endDate"),
        (json!({"endDate": "2026-11-02"}), "startDate"),
    ] {
        for method in ["sessions.usage", "usage.cost"] {
            let refused = wire.request(method, asked.clone()).await;
            let words = refused["error"]["message"].as_str().unwrap_or_default();
            assert!(
                words.contains(&format!("/{field}")),
                "{method} {asked}: {refused}"
            );
        }
    }
}
