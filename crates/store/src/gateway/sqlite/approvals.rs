//! Approvals. Each swap from one state to the next is one statement: whoever changes the row has won.

use async_trait::async_trait;
use gatehouse_audit::Draft;
use sqlx::sqlite::SqliteRow;
use sqlx::{QueryBuilder, Row, Sqlite};

use super::rows::Word;
use super::{SqliteGatewayStore, allow_list, audit, grants};
use crate::gateway::{
    AllowEntry, AllowListChange, ApprovalRecord, ApprovalState, ApprovalStore, Consumed, Created,
    GrantRecord, Resolution, Resolved, Witness,
};
use crate::sqlite::database::Connection;
use crate::{Millis, Result};

type Done<T> = std::result::Result<T, sqlx::Error>;

const COLUMNS: &str = "id, kind, state, created_at, expires_at, agent, session, run, digest, \
    request, decision, reason, resolver, settled_at, consumed_at, requester, approvers, approved_by, bound, \
    requester_person";

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

    async fn approval_revoke(
        &self,
        id: &str,
        resolver: Option<&str>,
        at: Millis,
        audit: Option<Witness>,
    ) -> Result<Option<ApprovalRecord>> {
        let (id, resolver) = (id.to_owned(), resolver.map(str::to_owned));
        let audit = self.scrubbed(audit);
        self.write(move |c| Box::pin(revoke(c, id, resolver, at, audit)))
            .await
    }

    async fn approvals_expire(
        &self,
        now: Millis,
        audit: Option<Witness>,
    ) -> Result<Vec<ApprovalRecord>> {
        let audit = self.scrubbed(audit);
        self.write(move |c| Box::pin(async move { expire(c, now, None, audit.as_ref()).await }))
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

    async fn allow_entries(&self, agent: Option<&str>, now: Millis) -> Result<Vec<AllowEntry>> {
        self.read(allow_list::entries(&self.database.read, agent, now))
            .await
    }

    async fn allow_entry_add(&self, entry: AllowEntry) -> Result<()> {
        self.write(move |c| Box::pin(async move { allow_list::add(c, &entry).await }))
            .await
    }

    async fn allow_entries_replace(
        &self,
        change: AllowListChange,
        at: Millis,
        audit: Option<Draft>,
        ended: Option<Witness<GrantRecord>>,
    ) -> Result<bool> {
        let (audit, ended) = (self.scrubbed_draft(audit), self.scrubbed(ended));
        self.write(move |c| {
            Box::pin(async move {
                let replaced = allow_list::replace(c, change, at, ended.as_ref()).await?;
                grants::say(c, replaced, audit).await
            })
        })
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

/// Writes what the audit says of the records that have just changed.
async fn witness(
    c: &mut Connection,
    witness: Option<&Witness>,
    changed: &[ApprovalRecord],
) -> Done<()> {
    let (Some(witness), false) = (witness, changed.is_empty()) else {
        return Ok(());
    };
    let drafts = changed.iter().map(|record| witness.of(record).prepare());
    audit::append(c, &drafts.collect::<Vec<_>>()).await?;
    Ok(())
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
         digest, request, decision, reason, resolver, settled_at, consumed_at, requester, \
         approvers, approved_by, bound, requester_person) \
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
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
    .bind(&record.requester)
    .bind(record.approvers)
    .bind(record.approved_by.join("\n"))
    .bind(record.bound)
    .bind(&record.requester_person)
    .execute(&mut *c)
    .await?;
    witness(c, audit.as_ref(), &[record]).await?;
    Ok(Created::New)
}

async fn resolve(
    c: &mut Connection,
    id: String,
    resolution: Resolution,
    audit: Option<Witness>,
) -> Done<Resolved> {
    let expired = expire(c, resolution.at, Some(&id), audit.as_ref()).await?;
    // A yes that was not used in its time was an answer, and the first one.
    if let Some(record) = expired.into_iter().find(|record| record.decision.is_none()) {
        return Ok(Resolved::Expired(record));
    }
    if resolution.state == ApprovalState::Allowed
        && let Some(not_enough) = count(c, &id, &resolution).await?
    {
        if let Resolved::Counted(record) = &not_enough {
            witness(c, audit.as_ref(), std::slice::from_ref(record)).await?;
        }
        return Ok(not_enough);
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
    if won && let Some(grant) = &resolution.grant {
        grants::add(c, grant).await?;
    }
    let Some(record) = find(&mut *c, &id).await? else {
        return Ok(Resolved::Unknown);
    };
    if !won {
        return Ok(Resolved::Lost(record));
    }
    witness(c, audit.as_ref(), std::slice::from_ref(&record)).await?;
    Ok(Resolved::Won(record))
}

/// Counts a yes. Gives what it came to where it does not settle the question.
async fn count(c: &mut Connection, id: &str, yes: &Resolution) -> Done<Option<Resolved>> {
    let Some(mut record) = find(&mut *c, id).await? else {
        return Ok(None);
    };
    if record.state != ApprovalState::Pending {
        return Ok(None);
    }
    let Some(by) = &yes.by else {
        // Nobody in particular is nobody: alone they do, beside others they do not count.
        let alone = record.approvers <= 1;
        return Ok((!alone).then_some(Resolved::Counted(record)));
    };
    let person = yes.person.as_ref().unwrap_or(by);
    let own_person = record.requester_person.as_ref() == Some(person);
    if own_person || record.requester.as_ref() == Some(by) {
        return Ok(Some(Resolved::Own(record)));
    }
    if record.approved_by.contains(person) {
        return Ok(Some(Resolved::Again(record)));
    }
    record.approved_by.push(person.clone());
    sqlx::query("UPDATE approval SET approved_by = ? WHERE id = ? AND state = 'pending'")
        .bind(record.approved_by.join("\n"))
        .bind(id)
        .execute(c)
        .await?;
    let enough = record.approved_by.len() >= record.approvers as usize;
    Ok((!enough).then_some(Resolved::Counted(record)))
}

async fn consume(
    c: &mut Connection,
    id: String,
    digest: String,
    at: Millis,
    audit: Option<Witness>,
) -> Done<Consumed> {
    expire(c, at, Some(&id), audit.as_ref()).await?;
    let consumed = sqlx::query(
        "UPDATE approval SET state = 'consumed', consumed_at = ? \
         WHERE id = ? AND digest = ? AND state = 'allowed'",
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
        witness(c, audit.as_ref(), std::slice::from_ref(&record)).await?;
    }
    Ok(match record.state {
        ApprovalState::Consumed if consumed => Consumed::Now(Box::new(record)),
        ApprovalState::Consumed if record.digest == digest => Consumed::Before,
        ApprovalState::Allowed | ApprovalState::Consumed => Consumed::Differs,
        ApprovalState::Expired if record.decision.is_some() => Consumed::Late,
        _ => Consumed::NotAllowed,
    })
}

async fn revoke(
    c: &mut Connection,
    id: String,
    resolver: Option<String>,
    at: Millis,
    audit: Option<Witness>,
) -> Done<Option<ApprovalRecord>> {
    expire(c, at, Some(&id), audit.as_ref()).await?;
    let mut query = QueryBuilder::<Sqlite>::new(
        "UPDATE approval SET state = 'revoked', reason = 'revoked', settled_at = ",
    );
    query.push_bind(at);
    query
        .push(", resolver = coalesce(")
        .push_bind(resolver)
        .push(", resolver)");
    query
        .push(" WHERE state = 'allowed' AND id = ")
        .push_bind(id);
    query.push(" RETURNING ").push(COLUMNS);
    let row = query.build().fetch_optional(&mut *c).await?;
    let revoked = row.as_ref().map(approval).transpose()?;
    if let Some(record) = &revoked {
        witness(c, audit.as_ref(), std::slice::from_ref(record)).await?;
    }
    Ok(revoked)
}

/// Notes what has expired, of all or of one: first what was allowed and not used, then what nobody answered.
async fn expire(
    c: &mut Connection,
    now: Millis,
    id: Option<&str>,
    audit: Option<&Witness>,
) -> Done<Vec<ApprovalRecord>> {
    let unused = "UPDATE approval SET state = 'expired' WHERE state = 'allowed' AND bound \
        AND expires_at <= ";
    let unanswered = "UPDATE approval SET state = 'expired', settled_at = expires_at \
        WHERE state = 'pending' AND expires_at <= ";
    let mut expired = Vec::new();
    for statement in [unused, unanswered] {
        let mut query = QueryBuilder::<Sqlite>::new(statement);
        query.push_bind(now);
        if let Some(id) = id {
            query.push(" AND id = ").push_bind(id.to_owned());
        }
        query.push(" RETURNING ").push(COLUMNS);
        let rows = query.build().fetch_all(&mut *c).await?;
        let noted = rows.iter().map(approval).collect::<Done<Vec<_>>>()?;
        witness(c, audit, &noted).await?;
        expired.extend(noted);
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
        requester: row.try_get(15)?,
        approvers: row.try_get(16)?,
        approved_by: lines(row.try_get(17)?),
        bound: row.try_get(18)?,
        requester_person: row.try_get(19)?,
    })
}

fn lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}
