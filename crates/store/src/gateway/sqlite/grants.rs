//! Grants. They are added with the answer that made them; see `approvals`.

use async_trait::async_trait;
use gatehouse_audit::Draft;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};

use super::rows::Word;
use super::{SqliteGatewayStore, audit};
use crate::gateway::{GrantKind, GrantRecord, GrantStore, Witness};
use crate::sqlite::database::Connection;
use crate::{Millis, Result};

type Done<T> = std::result::Result<T, sqlx::Error>;

/// What holds at a time.
pub(super) const HOLDS: &str = "revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ";

const COLUMNS: &str = "id, kind, text, digest, agent, session, cwd, created_at, created_by, \
    expires_at, uses, last_used_at, revoked_at, answers";

#[async_trait]
impl GrantStore for SqliteGatewayStore {
    async fn grants(&self, agent: Option<&str>, now: Millis) -> Result<Vec<GrantRecord>> {
        let mut query = QueryBuilder::<Sqlite>::new("SELECT ");
        query.push(COLUMNS).push(" FROM approval_grant WHERE ");
        query.push(HOLDS).push_bind(now).push(")");
        if let Some(agent) = agent {
            query.push(" AND agent = ").push_bind(agent.to_owned());
        }
        query.push(" ORDER BY created_at DESC, id");
        let rows = query.build().fetch_all(&self.database.read);
        self.read(async { rows.await?.iter().map(grant).collect() })
            .await
    }

    async fn grant_use(&self, id: &str, at: Millis, audit: Option<Draft>) -> Result<bool> {
        let (id, audit) = (id.to_owned(), self.scrubbed_draft(audit));
        let set = "UPDATE approval_grant SET uses = uses + 1, last_used_at = ";
        self.write(move |c| {
            Box::pin(async move {
                let changed = change(c, set, id, at).await?;
                say(c, changed, audit).await
            })
        })
        .await
    }

    async fn grant_revoke(&self, id: &str, at: Millis, audit: Option<Draft>) -> Result<bool> {
        let (id, audit) = (id.to_owned(), self.scrubbed_draft(audit));
        self.write(move |c| {
            Box::pin(async move {
                let changed = revoke(c, id, at).await?;
                say(c, changed, audit).await
            })
        })
        .await
    }
}

impl SqliteGatewayStore {
    pub(super) fn scrubbed_draft(&self, audit: Option<Draft>) -> Option<Draft> {
        match &self.scrub {
            Some(scrub) => audit.map(|draft| scrub(draft)),
            None => audit,
        }
    }
}

/// Writes what the audit says of what has just changed.
pub(super) async fn say(c: &mut Connection, changed: bool, draft: Option<Draft>) -> Done<bool> {
    if let (true, Some(draft)) = (changed, draft) {
        audit::append(c, &[draft.prepare()]).await?;
    }
    Ok(changed)
}

/// Takes a grant back, with the entry of the allow-list that shows it.
pub(super) async fn revoke(c: &mut Connection, id: String, at: Millis) -> Done<bool> {
    sqlx::query("DELETE FROM allow_entry WHERE id = (SELECT id FROM approval_grant WHERE id = ?)")
        .bind(&id)
        .execute(&mut *c)
        .await?;
    let set = "UPDATE approval_grant SET revoked_at = ";
    change(c, set, id, at).await
}

/// What the grants have in common that end together.
#[derive(Clone, Copy)]
pub(super) enum Of<'a> {
    /// Those that hold in this session alone.
    Session(&'a str),
    Agent(&'a str),
    Id(&'a str),
}

/// Takes back what holds, each with its record.
pub(super) async fn revoke_all(
    c: &mut Connection,
    of: Of<'_>,
    at: Millis,
    audit: Option<&Witness<GrantRecord>>,
) -> Done<()> {
    let (column, value) = match of {
        Of::Session(key) => ("session", key),
        Of::Agent(id) => ("agent", id),
        Of::Id(id) => ("id", id),
    };
    let mut query = QueryBuilder::<Sqlite>::new("SELECT ");
    query.push(COLUMNS).push(" FROM approval_grant WHERE ");
    query.push(HOLDS).push_bind(at).push(") AND ").push(column);
    query.push(" = ").push_bind(value.to_owned());
    let rows = query.build().fetch_all(&mut *c).await?;
    for grant in rows.iter().map(grant) {
        let grant = grant?;
        let draft = audit.map(|audit| audit.of(&grant));
        let revoked = revoke(c, grant.id, at).await?;
        say(c, revoked, draft).await?;
    }
    Ok(())
}

/// Changes a grant if it holds.
async fn change(c: &mut Connection, set: &'static str, id: String, at: Millis) -> Done<bool> {
    let mut query = QueryBuilder::<Sqlite>::new(set);
    query.push_bind(at).push(" WHERE id = ").push_bind(id);
    query.push(" AND ").push(HOLDS).push_bind(at).push(")");
    Ok(query.build().execute(c).await?.rows_affected() > 0)
}

pub(super) async fn add(c: &mut Connection, grant: &GrantRecord) -> Done<()> {
    sqlx::query(
        "INSERT INTO approval_grant (id, kind, text, digest, agent, session, cwd, created_at, \
         created_by, expires_at, answers) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&grant.id)
    .bind(grant.kind.word())
    .bind(&grant.text)
    .bind(&grant.digest)
    .bind(&grant.agent)
    .bind(&grant.session)
    .bind(&grant.cwd)
    .bind(grant.created_at)
    .bind(&grant.created_by)
    .bind(grant.expires_at)
    .bind(grant.answers.join("\n"))
    .execute(c)
    .await?;
    Ok(())
}

fn grant(row: &SqliteRow) -> Done<GrantRecord> {
    let uses: i64 = row.try_get(10)?;
    let answers: &str = row.try_get(13)?;
    Ok(GrantRecord {
        id: row.try_get(0)?,
        kind: GrantKind::column(row, 1)?,
        text: row.try_get(2)?,
        digest: row.try_get(3)?,
        agent: row.try_get(4)?,
        session: row.try_get(5)?,
        cwd: row.try_get(6)?,
        answers: answers.lines().map(str::to_owned).collect(),
        created_at: row.try_get(7)?,
        created_by: row.try_get(8)?,
        expires_at: row.try_get(9)?,
        uses: u64::try_from(uses).unwrap_or_default(),
        last_used_at: row.try_get(11)?,
        revoked_at: row.try_get(12)?,
    })
}
