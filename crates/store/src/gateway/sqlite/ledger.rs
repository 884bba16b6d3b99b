//! Agents and settings; answers and usage are next door.

use async_trait::async_trait;
use gatehouse_audit::Draft;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, Sqlite};

use super::grants::{self, Of};
use super::{SqliteGatewayStore, allow_list, answers};
use crate::gateway::{
    AgentRecord, Claim, GrantRecord, LedgerStore, UsageBy, UsageQuery, UsageRecord, UsageTotal,
    Witness,
};
use crate::sqlite::database::Connection;
use crate::{Millis, Result};

type Done<T> = std::result::Result<T, sqlx::Error>;

#[async_trait]
impl LedgerStore for SqliteGatewayStore {
    async fn answer_claim(&self, key: &str, now: Millis, expires_at: Millis) -> Result<Claim> {
        let key = key.to_owned();
        self.write(move |c| Box::pin(answers::claim(c, key, now, expires_at)))
            .await
    }

    async fn answer_put(&self, key: &str, json: &str, expires_at: Millis) -> Result<()> {
        let (key, json) = (key.to_owned(), json.to_owned());
        self.write(move |c| Box::pin(answers::put(c, key, json, expires_at)))
            .await
    }

    async fn answer_release(&self, key: &str) -> Result<()> {
        let key = key.to_owned();
        self.write(move |c| Box::pin(answers::release(c, key)))
            .await
    }

    async fn answers_expire(&self, now: Millis) -> Result<u64> {
        self.write(move |c| Box::pin(answers::expire(c, now))).await
    }

    async fn usage_add(&self, usage: UsageRecord) -> Result<()> {
        self.write(move |c| Box::pin(answers::add_usage(c, usage)))
            .await
    }

    async fn usage_totals(&self, query: &UsageQuery, by: UsageBy) -> Result<Vec<UsageTotal>> {
        self.read(answers::totals(&self.database.read, query, by))
            .await
    }

    async fn usage_records(&self, session: &str, limit: u32) -> Result<Vec<UsageRecord>> {
        self.read(answers::records(&self.database.read, session, limit))
            .await
    }

    async fn agents(&self) -> Result<Vec<AgentRecord>> {
        let rows =
            sqlx::query("SELECT id, name, created_at, json FROM agent ORDER BY created_at, id")
                .fetch_all(&self.database.read);
        self.read(async { rows.await?.iter().map(agent).collect() })
            .await
    }

    async fn agent_put(&self, agent: AgentRecord, audit: Option<Draft>) -> Result<()> {
        let audit = self.scrubbed_draft(audit);
        self.write(move |c| {
            Box::pin(async move {
                put_agent(c, agent).await?;
                grants::say(c, true, audit).await.map(drop)
            })
        })
        .await
    }

    async fn agent_remove(
        &self,
        id: &str,
        at: Millis,
        audit: Option<Draft>,
        ended: Option<Witness<GrantRecord>>,
    ) -> Result<bool> {
        let id = id.to_owned();
        let (audit, ended) = (self.scrubbed_draft(audit), self.scrubbed(ended));
        self.write(move |c| {
            Box::pin(async move {
                let gone = sqlx::query("DELETE FROM agent WHERE id = ?")
                    .bind(&id)
                    .execute(&mut *c)
                    .await?;
                if gone.rows_affected() == 0 {
                    return Ok(false);
                }
                grants::say(c, true, audit).await?;
                grants::revoke_all(c, Of::Agent(&id), at, ended.as_ref()).await?;
                allow_list::forget(c, &id).await?;
                Ok(true)
            })
        })
        .await
    }

    async fn setting(&self, name: &str) -> Result<Option<String>> {
        self.read(setting(&self.database.read, name)).await
    }

    async fn setting_put(&self, name: &str, json: &str) -> Result<()> {
        let (name, json) = (name.to_owned(), json.to_owned());
        self.write(move |c| Box::pin(async move { put_setting(c, &name, &json).await }))
            .await
    }

    async fn setting_remove(&self, name: &str) -> Result<bool> {
        let name = name.to_owned();
        self.write(move |c| {
            Box::pin(async move {
                let gone = sqlx::query("DELETE FROM setting WHERE name = ?")
                    .bind(name)
                    .execute(c)
                    .await?;
                Ok(gone.rows_affected() > 0)
            })
        })
        .await
    }
}

async fn put_agent(c: &mut Connection, agent: AgentRecord) -> Done<()> {
    sqlx::query(
        "INSERT INTO agent (id, name, created_at, json) VALUES (?, ?, ?, ?) \
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, json = excluded.json",
    )
    .bind(&agent.id)
    .bind(&agent.name)
    .bind(agent.created_at)
    .bind(&agent.json)
    .execute(c)
    .await?;
    Ok(())
}

pub(super) async fn setting<'e>(
    executor: impl sqlx::Executor<'e, Database = Sqlite>,
    name: &str,
) -> Done<Option<String>> {
    sqlx::query_scalar("SELECT json FROM setting WHERE name = ?")
        .bind(name)
        .fetch_optional(executor)
        .await
}

pub(super) async fn put_setting(c: &mut Connection, name: &str, json: &str) -> Done<()> {
    sqlx::query("INSERT OR REPLACE INTO setting (name, json) VALUES (?, ?)")
        .bind(name)
        .bind(json)
        .execute(c)
        .await?;
    Ok(())
}

fn agent(row: &SqliteRow) -> Done<AgentRecord> {
    Ok(AgentRecord {
        id: row.try_get(0)?,
        name: row.try_get(1)?,
        created_at: row.try_get(2)?,
        json: row.try_get(3)?,
    })
}
