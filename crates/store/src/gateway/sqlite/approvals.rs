//! Approvals. The swap from `pending` is one statement: whoever changes the row has won.

use async_trait::async_trait;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};

use super::rows::Word;
use super::{SqliteGatewayStore, allow_list, audit};
use crate::gateway::{
    AllowEntry, ApprovalRecord, ApprovalState, ApprovalStore, Consumed, Created, Resolution,
    Resolved, Witness,
};
use crate::sqlite::database::Connection;
use crate::{Millis, Result};

type Done<T> = std::result::Result<T, sqlx::Error>;

const COLUMNS: &str = "id, kind, state, created_at, expires_at, agent, session, run, digest, \
    request, decision, reason, resolver, settled_at, consumed_at";

#[async_trait]
impl ApprovalStore for SqliteGatewayStore {
    async fn approval_create(
        &self,
        approval: ApprovalRecord,
        audit: Option<Witness>,
    ) -> Result<Created> {
        let audit = self.scrubbed(audit);
        self.write(move |c| Box::pin(create(c, approval, audit)))
            .await
    }

    async fn approval_resolve(
        &self,
        id: &str,
        resolution: Resolution,
        audit: Option<Witness>,
    ) -> Result<Resolved> {
        let (id, audit) = (id.to_owned(), self.scrubbed(audit));
        self.write(move |c| Box::pin(resolve(c, id, resolution, audit)))
            .await
    }

    async fn approval_consume(
        &self,
        id: &str,
        digest: &str,
        at: Millis,
        audit: Option<Witness>,
    ) -> Result<Consumed> {
        let (id, digest) = (id.to_owned(), digest.to_owned());
        let audit = self.scrubbed(audit);
        self.write(move |c| Box::pin(consume(c, id, digest, at, audit)))
            .await
    }

    async fn approvals_expire(
        &self,
        now: Millis,
        audit: Option<Witness>,
    ) -> Result<Vec<ApprovalRecord>> {
        let audit = self.scrubbed(audit);
        self.write(move |c| Box::pin(expire(c, now, None, audit)))
            .await
    }

    async fn approval(&self, id: &str) -> Result<Option<ApprovalRecord>> {
        self.read(find(&self.database.read, id)).await
    }

    async fn approvals_pending(&self) -> Result<Vec<ApprovalRecord>> {
        let mut query = select(" WHERE state = 'pending' ORDER BY created_at, id");
        let rows = query.build().fetch_all(&self.database.read);
        self.read(async { rows.await?.iter().map(approval).collect() })
            .await
    }

    async fn approvals_history(
        &self,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<ApprovalRecord>> {
        let mut query = select(" WHERE state <> 'pending'");
        if let Some(before) = before {
            query.push(" AND (settled_at, id) < (SELECT settled_at, id FROM approval WHERE id = ");
            query.push_bind(before.to_owned()).push(")");
        }
        query.push(" ORDER BY settled_at DESC, id DESC LIMIT ");
        query.push_bind(limit);
        let rows = query.build().fetch_all(&self.database.read);
        self.read(async { rows.await?.iter().map(approval).collect() })
            .await
    }

    async fn allow_entries(&self, agent: Option<&str>) -> Result<Vec<AllowEntry>> {
        self.read(allow_list::entries(&self.database.read, agent))
            .await
    }

    async fn allow_entry_add(&self, entry: AllowEntry) -> Result<()> {
        self.write(move |c| Box::pin(async move { allow_list::add(c, &entry).await }))
            .await
    }

    async fn allow_entries_replace(
        &self,
        entries: Vec<AllowEntry>,
        setting: Option<(String, String)>,
    ) -> Result<()> {
        self.write(move |c| Box::pin(allow_list::replace(c, entries, setting)))
            .await
    }

    async fn allow_entry_used(
        &self,
        id: &str,
        at: Millis,
        command: &str,
        resolved: Option<&str>,
    ) -> Result<()> {
        let (id, command) = (id.to_owned(), command.to_owned());
        let resolved = resolved.map(str::to_owned);
        self.write(move |c| Box::pin(allow_list::used(c, id, at, command, resolved)))
            .await
    }
}

fn select(rest: &'static str) -> QueryBuilder<Sqlite> {
    let mut query = QueryBuilder::new("SELECT ");
    query.push(COLUMNS).push(" FROM approval").push(rest);
    query
}

async fn find<'e>(
    executor: impl sqlx::Executor<'e, Database = Sqlite>,
    id: &str,
) -> Done<Option<ApprovalRecord>> {
    let mut query = select(" WHERE id = ");
    query.push_bind(id.to_owned());
    let row = query.build().fetch_optional(executor).await?;
    row.as_ref().map(approval).transpose()
}

async fn create(
    c: &mut Connection,
    record: ApprovalRecord,
    audit: Option<Witness>,
) -> Done<Created> {
    if let Some(there) = find(&mut *c, &record.id).await? {
        return Ok(Created::Exists(Box::new(there)));
    }
    sqlx::query(
        "INSERT INTO approval (id, kind, state, created_at, expires_at, agent, session, run, \
         digest, request, decision, reason, resolver, settled_at, consumed_at) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&record.id)
    .bind(&record.kind)
    .bind(record.state.word())
    .bind(record.created_at)
    .bind(record.expires_at)
    .bind(&record.agent)
    .bind(&record.session)
    .bind(&record.run)
    .bind(&record.digest)
    .bind(&record.request)
    .bind(&record.decision)
    .bind(&record.reason)
    .bind(&record.resolver)
    .bind(record.settled_at)
    .bind(record.consumed_at)
    .execute(&mut *c)
    .await?;
    witness(c, audit.as_ref(), &[&record]).await?;
    Ok(Created::New)
}

/// Writes what the audit says of the records that have just changed.
async fn witness(
    c: &mut Connection,
    witness: Option<&Witness>,
    changed: &[&ApprovalRecord],
) -> Done<()> {
    let Some(witness) = witness else {
        return Ok(());
    };
    let drafts = changed.iter().map(|record| witness.of(record).prepare());
    audit::append(c, &drafts.collect::<Vec<_>>()).await?;
    Ok(())
}

async fn resolve(
    c: &mut Connection,
    id: String,
    resolution: Resolution,
    audit: Option<Witness>,
) -> Done<Resolved> {
    let expired = expire(c, resolution.at, Some(&id), audit.clone()).await?;
    if let Some(record) = expired.into_iter().next() {
        return Ok(Resolved::Expired(record));
    }
    let won = sqlx::query(
        "UPDATE approval SET state = ?, decision = ?, reason = ?, resolver = ?, settled_at = ? \
         WHERE id = ? AND state = 'pending'",
    )
    .bind(resolution.state.word())
    .bind(&resolution.decision)
    .bind(&resolution.reason)
    .bind(&resolution.resolver)
    .bind(resolution.at)
    .bind(&id)
    .execute(&mut *c)
    .await?
    .rows_affected()
        > 0;
    if won && let Some(entry) = &resolution.allow {
        allow_list::add(c, entry).await?;
    }
    let Some(record) = find(&mut *c, &id).await? else {
        return Ok(Resolved::Unknown);
    };
    if !won {
        return Ok(Resolved::Lost(record));
    }
    witness(c, audit.as_ref(), &[&record]).await?;
    Ok(Resolved::Won(record))
}

async fn consume(
    c: &mut Connection,
    id: String,
    digest: String,
    at: Millis,
    audit: Option<Witness>,
) -> Done<Consumed> {
    let consumed = sqlx::query(
        "UPDATE approval SET consumed_at = ? WHERE id = ? AND digest = ? AND state = 'allowed' \
         AND consumed_at IS NULL",
    )
    .bind(at)
    .bind(&id)
    .bind(&digest)
    .execute(&mut *c)
    .await?
    .rows_affected()
        > 0;
    let Some(record) = find(&mut *c, &id).await? else {
        return Ok(Consumed::Unknown);
    };
    if consumed {
        witness(c, audit.as_ref(), &[&record]).await?;
        return Ok(Consumed::Now(Box::new(record)));
    }
    Ok(match record {
        record if record.state != ApprovalState::Allowed => Consumed::NotAllowed,
        record if record.digest != digest => Consumed::Differs,
        _ => Consumed::Before,
    })
}

/// Notes what has expired, of all or of one.
async fn expire(
    c: &mut Connection,
    now: Millis,
    id: Option<&str>,
    audit: Option<Witness>,
) -> Done<Vec<ApprovalRecord>> {
    let mut query = QueryBuilder::<Sqlite>::new(
        "UPDATE approval SET state = 'expired', settled_at = expires_at \
         WHERE state = 'pending' AND expires_at <= ",
    );
    query.push_bind(now);
    if let Some(id) = id {
        query.push(" AND id = ").push_bind(id.to_owned());
    }
    query.push(" RETURNING ").push(COLUMNS);
    let rows = query.build().fetch_all(&mut *c).await?;
    let expired: Vec<_> = rows.iter().map(approval).collect::<Done<_>>()?;
    if !expired.is_empty() {
        witness(c, audit.as_ref(), &expired.iter().collect::<Vec<_>>()).await?;
    }
    Ok(expired)
}

fn approval(row: &SqliteRow) -> Done<ApprovalRecord> {
    Ok(ApprovalRecord {
        id: row.try_get(0)?,
        kind: row.try_get(1)?,
        state: ApprovalState::column(row, 2)?,
        created_at: row.try_get(3)?,
        expires_at: row.try_get(4)?,
        agent: row.try_get(5)?,
        session: row.try_get(6)?,
        run: row.try_get(7)?,
        digest: row.try_get(8)?,
        request: row.try_get(9)?,
        decision: row.try_get(10)?,
        reason: row.try_get(11)?,
        resolver: row.try_get(12)?,
        settled_at: row.try_get(13)?,
        consumed_at: row.try_get(14)?,
    })
}
