//! What was used and what it cost: `usage.status`, `usage.cost`, `sessions.usage` and its parts.

use gatehouse_protocol::MethodScope;
use gatehouse_store::gateway::{UsageBy, UsageQuery, UsageTotal};
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::day::{self, Calendar};
use crate::router::{Cx, MethodError, MethodTable};

/// Ten years: nothing is older.
const MOST_DAYS: i64 = 3_650;

pub(super) fn register(table: &mut MethodTable) {
    table.operator("usage.status", MethodScope::Read, status);
    table.operator("usage.cost", MethodScope::Read, cost);
    table.operator("sessions.usage", MethodScope::Read, sessions);
    table.operator("sessions.usage.timeseries", MethodScope::Read, timeseries);
    table.operator("sessions.usage.logs", MethodScope::Read, logs);
}

#[derive(Debug, Deserialize)]
struct Anything {}

/// The providers' quotas. None of ours tells one.
async fn status(cx: Cx, _: Anything) -> Result<Value, MethodError> {
    Ok(json!({"updatedAt": cx.now_ms(), "providers": []}))
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RangeParams {
    key: Option<String>,
    agent_id: Option<String>,
    start_date: Option<String>,
    end_date: Option<String>,
    /// Instead of dates: so many days up to today.
    days: Option<i64>,
    range: Option<String>,
    /// By whose clocks days are counted: `utc`, `gateway`, or the `specific` ones that are named.
    mode: Option<String>,
    time_zone: Option<String>,
    utc_offset: Option<String>,
    limit: Option<u32>,
}

impl RangeParams {
    fn query(&self, cx: &Cx, method: &str) -> Result<UsageQuery, MethodError> {
        self.check(method)?;
        let today = cx.app.sessions.now();
        let days = match self.range.as_deref() {
            Some("7d") => Some(7),
            Some("30d") => Some(30),
            Some("90d") => Some(90),
            Some("1y") => Some(365),
            Some(_) => None,
            None => self.days.or(Some(30)),
        };
        let calendar = self.calendar(method)?;
        let last = calendar.day(today);
        let since = days.map(|days| day::before(&last, days.min(MOST_DAYS) - 1));
        Ok(UsageQuery {
            clocks: calendar.clocks(today),
            from: self.start_date.clone().or(since),
            to: self.end_date.clone().or(Some(last)),
            session: self
                .key
                .as_deref()
                .map(|key| cx.app.sessions.name(key, None).key),
            agent: self.agent_id.clone(),
        })
    }

    /// As published: what names clocks counts where the mode says so, and a zone comes before an offset.
    fn calendar(&self, method: &str) -> Result<Calendar, MethodError> {
        match self.mode.as_deref() {
            Some("gateway") => return Ok(Calendar::Zone(TimeZone::system())),
            Some("specific") => {}
            _ => return Ok(Calendar::Utc),
        }
        let offset = self.utc_offset.as_deref();
        let zone = self.time_zone.as_deref();
        let named = zone.and_then(Calendar::named);
        match named.or_else(|| offset.and_then(Calendar::offset)) {
            Some(calendar) => Ok(calendar),
            None if zone.is_some() => {
                let reason = "at /timeZone: must be a time zone such as Europe/Berlin";
                Err(MethodError::params(method, reason))
            }
            None if offset.is_some() => {
                let reason = "at /utcOffset: must be from UTC-12:00 to UTC+14:00";
                Err(MethodError::params(method, reason))
            }
            None => Ok(Calendar::Utc),
        }
    }

    /// What the published schema says of some of these methods, of all of them.
    fn check(&self, method: &str) -> Result<(), MethodError> {
        if self.days.is_some_and(|days| days < 1) {
            return Err(MethodError::params(method, "at /days: must be >= 1"));
        }
        for (name, date) in [("startDate", &self.start_date), ("endDate", &self.end_date)] {
            if date
                .as_deref()
                .is_some_and(|date| day::number(date).is_none())
            {
                let reason = format!("at /{name}: must be a day such as 2026-11-21");
                return Err(MethodError::params(method, &reason));
            }
        }
        // As published: with one of them alone, the other end would be one that nobody named.
        match (&self.start_date, &self.end_date) {
            (Some(_), None) => Err(MethodError::params(
                method,
                "at /endDate: goes with startDate",
            )),
            (None, Some(_)) => Err(MethodError::params(
                method,
                "at /startDate: goes with endDate",
            )),
            (Some(from), Some(to)) if from > to => {
                let reason = "at /startDate: must not be after endDate";
                Err(MethodError::params(method, reason))
            }
            _ => Ok(()),
        }
    }
}

/// How many days a query looks at; where it has no beginning, from the first that anything was used on.
fn days_of(query: &UsageQuery, daily: &[UsageTotal]) -> i64 {
    let first = daily.first().map(|total| total.group.as_str());
    let from = query.from.as_deref().or(first).and_then(day::number);
    let to = query.to.as_deref().and_then(day::number);
    match (from, to) {
        (Some(from), Some(to)) => (to - from + 1).max(0),
        _ => 0,
    }
}

async fn cost(cx: Cx, params: RangeParams) -> Result<Value, MethodError> {
    let query = params.query(&cx, "usage.cost")?;
    let store = &cx.app.store;
    let daily = store.usage_totals(&query, UsageBy::Day).await?;
    let all = store.usage_totals(&query, UsageBy::All).await?;
    let days = days_of(&query, &daily);
    let daily: Vec<Value> = daily
        .iter()
        .map(|total| {
            let mut day = totals(Some(total));
            day.insert("date".into(), json!(total.group));
            Value::Object(day)
        })
        .collect();
    Ok(json!({
        "updatedAt": cx.now_ms(),
        "days": days,
        "daily": daily,
        "totals": totals(all.first()),
    }))
}

/// The published names of the sums. What the parts cost is not kept, so that only the whole is told.
fn totals(total: Option<&UsageTotal>) -> Map<String, Value> {
    let tokens = total.map(|total| total.tokens).unwrap_or_default();
    let sum = tokens.input + tokens.output + tokens.cache_read + tokens.cache_write;
    let value = json!({
        "input": tokens.input,
        "output": tokens.output,
        "cacheRead": tokens.cache_read,
        "cacheWrite": tokens.cache_write,
        "totalTokens": sum,
        "totalCost": tokens.cost_usd.unwrap_or(0.0),
        "missingCostEntries": total.map_or(0, |total| total.unpriced),
    });
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

async fn sessions(cx: Cx, params: RangeParams) -> Result<Value, MethodError> {
    let query = params.query(&cx, "sessions.usage")?;
    let store = &cx.app.store;
    let mut by_session = store.usage_totals(&query, UsageBy::Session).await?;
    by_session.sort_by_key(|total| std::cmp::Reverse(total.tokens.input + total.tokens.output));
    let limit = params.limit.unwrap_or(50).clamp(1, 1_000) as usize;
    let mut rows = Vec::new();
    for total in by_session.iter().take(limit) {
        let row = store.session(&total.group).await?;
        let label = row.as_ref().and_then(|row| row.label.clone());
        rows.push(json!({
            "key": total.group,
            "label": label,
            "sessionId": row.as_ref().map(|row| &row.session_id),
            "updatedAt": row.as_ref().map(|row| row.updated_at),
            "agentId": row.as_ref().map(|row| &row.agent),
            "usage": totals(Some(total)),
        }));
    }
    let all = store.usage_totals(&query, UsageBy::All).await?;
    let by = async |by| -> Result<Vec<Value>, MethodError> {
        let sums = store.usage_totals(&query, by).await?;
        let rows = sums
            .iter()
            .map(|sum| json!({"id": sum.group, "totals": totals(Some(sum))}));
        Ok(rows.collect())
    };
    Ok(json!({
        "updatedAt": cx.now_ms(),
        "startDate": query.from,
        "endDate": query.to,
        "sessions": rows,
        "totals": totals(all.first()),
        "aggregates": {
            "byModel": by(UsageBy::Model).await?,
            "byAgent": by(UsageBy::Agent).await?,
            "daily": by(UsageBy::Day).await?,
        },
    }))
}

#[derive(Debug, Deserialize)]
struct KeyParams {
    key: String,
    #[serde(default)]
    limit: Option<u32>,
}

async fn known(cx: &Cx, params: &KeyParams) -> Result<String, MethodError> {
    let name = cx.app.sessions.name(&params.key, None);
    let row = cx.app.store.session(&name.key).await?;
    row.map(|row| row.key).ok_or_else(|| {
        MethodError::invalid(format!("No transcript found for session: {}", params.key))
    })
}

async fn timeseries(cx: Cx, params: KeyParams) -> Result<Value, MethodError> {
    let key = known(&cx, &params).await?;
    let mut records = cx.app.store.usage_records(&key, 200).await?;
    records.reverse();
    let (mut tokens, mut cost) = (0, 0.0);
    let points: Vec<Value> = records
        .iter()
        .map(|record| {
            let own = record.tokens.input + record.tokens.output;
            tokens += own;
            cost += record.tokens.cost_usd.unwrap_or(0.0);
            json!({
                "timestamp": record.at, "input": record.tokens.input, "output": record.tokens.output,
                "cacheRead": record.tokens.cache_read, "cacheWrite": record.tokens.cache_write,
                "totalTokens": own, "cost": record.tokens.cost_usd.unwrap_or(0.0),
                "cumulativeTokens": tokens, "cumulativeCost": cost,
            })
        })
        .collect();
    Ok(json!({"points": points}))
}

async fn logs(cx: Cx, params: KeyParams) -> Result<Value, MethodError> {
    let key = known(&cx, &params).await?;
    let limit = params.limit.unwrap_or(200).clamp(1, 1_000);
    let records = cx.app.store.usage_records(&key, limit).await?;
    let logs: Vec<Value> = records
        .iter()
        .rev()
        .map(|record| {
            json!({
                "timestamp": record.at, "role": "assistant", "runId": record.run,
                "model": record.model, "tokens": record.tokens.input + record.tokens.output,
                "cost": record.tokens.cost_usd,
            })
        })
        .collect();
    Ok(json!({"logs": logs}))
}
