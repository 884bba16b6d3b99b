//! Where the audit is read: over the wire, or from the files of a gateway. Both give the wire's shapes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gatehouse_audit::checkpoint::log_signer;
use gatehouse_audit::note::Signer;
use gatehouse_audit::verify::Report;
use gatehouse_gateway::audit::{
    AuditKey, AuditKeyError, AuditView, Evidence, StateKey, TailFile, export_end, export_page,
    export_proven_end, export_start, report_json, verify,
};
use gatehouse_store::StoreError;
use gatehouse_store::gateway::{AuditFilter, AuditStore, GatewayStore, SqliteGatewayStore};
use gatehouse_vault::Redactor;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::args::{AuditFilters, Format, Target};
use crate::commands::Context;
use crate::dial::Link;
use crate::environment::now_ms;
use crate::failure::{Failure, FailureKind};
use crate::server::secret;

/// How many records are exported at once.
const PAGE: u32 = 2_000;

pub(super) enum Source {
    Gateway(Box<Link>),
    Files(Box<Files>),
}

/// The files of a gateway, opened to be looked at.
pub(super) struct Files {
    store: Arc<SqliteGatewayStore>,
    /// The key and the head; an error where they cannot be read now, which is a sentence.
    evidence: Result<Evidence, String>,
    signer: Option<Signer>,
    /// What an export goes up to: the log as it was found intact when the export began; none where it was not.
    proven: OnceCell<Option<Report>>,
}

/// An answer of `gatehouse.audit.list`.
pub(super) struct Listing {
    pub(super) whole: Value,
}

impl Listing {
    pub(super) fn records(&self) -> &[Value] {
        let records = self.whole["records"].as_array();
        records.map(Vec::as_slice).unwrap_or_default()
    }

    pub(super) fn more(&self) -> bool {
        self.whole["more"] == true
    }

    pub(super) fn latest(&self) -> u64 {
        let latest = self.records().first();
        latest
            .and_then(|record| record["seq"].as_u64())
            .unwrap_or(0)
    }
}

impl Source {
    pub(super) async fn open(
        context: &Context<'_>,
        state_dir: Option<PathBuf>,
        target: Target,
    ) -> Result<Self, Failure> {
        match state_dir {
            Some(folder) => {
                let files = Files::open(context, &folder).await?;
                Ok(Self::Files(Box::new(files)))
            }
            None => Ok(Self::Gateway(Box::new(context.link(target).await?))),
        }
    }

    pub(super) async fn list(
        &self,
        filter: &AuditFilters,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Listing, Failure> {
        let whole = match self {
            Self::Gateway(link) => {
                let params = json!({
                    "before": before, "limit": limit, "kinds": filter.kinds(),
                    "agentId": filter.agent, "sessionKey": filter.session,
                    "verdict": filter.verdict, "text": filter.text,
                });
                call(link, "gatehouse.audit.list", params).await?
            }
            Self::Files(files) => files
                .list(filter, before, limit)
                .await
                .map_err(unreadable)?,
        };
        Ok(Listing { whole })
    }

    pub(super) async fn verify(&self) -> Result<Value, Failure> {
        match self {
            Self::Gateway(link) => call(link, "gatehouse.audit.verify", json!({})).await,
            Self::Files(files) => files.verify().await,
        }
    }

    /// A page, and what the next one comes after.
    pub(super) async fn export(
        &self,
        format: Format,
        after: Option<u64>,
    ) -> Result<(String, Option<u64>), Failure> {
        match self {
            Self::Gateway(link) => {
                let params = json!({"format": format.word(), "after": after, "limit": PAGE});
                let page = call(link, "gatehouse.audit.export", params).await?;
                let text = page["text"].as_str().unwrap_or_default().to_owned();
                Ok((text, page["next"].as_u64()))
            }
            Self::Files(files) => files.export(format, after).await.map_err(unreadable),
        }
    }

    /// Drops what was signed before a time, in milliseconds since 1970.
    pub(super) async fn seal(&self, before: u64) -> Result<Value, Failure> {
        match self {
            Self::Gateway(link) => {
                call(link, "gatehouse.audit.seal", json!({"before": before})).await
            }
            Self::Files(_) => Err(Failure::usage(
                "nothing is sealed away in the files of a gateway: it does that itself".to_owned(),
            )
            .next("start it, and leave out --state-dir")),
        }
    }

    pub(super) async fn close(self) {
        match self {
            Self::Gateway(link) => link.close().await,
            Self::Files(files) => files.store.close().await,
        }
    }
}

/// Calls a method, leaving out the parameters that were not given.
async fn call(link: &Link, method: &str, mut params: Value) -> Result<Value, Failure> {
    if let Value::Object(fields) = &mut params {
        fields.retain(|_, value| !value.is_null());
    }
    Ok(link.connection.call(method, &params).await?)
}

impl Files {
    async fn open(context: &Context<'_>, folder: &Path) -> Result<Self, Failure> {
        let store = SqliteGatewayStore::look(folder).await.map_err(unreadable)?;
        let vault = secret::audit_vault(folder, &Redactor::new()).await?;
        let key = StateKey::new(folder, vault);
        // One that was emptied or overwritten is gone: a log that was signed is broken without it.
        let head = match key.head().await {
            Err(AuditKeyError::Unreadable(_)) => Ok(None),
            head => head,
        };
        let seed = key.seed().await;
        let signer = seed.as_ref().ok().and_then(Option::as_ref);
        let signer = signer.map(|seed| log_signer(seed));
        let evidence = match (seed, head) {
            (Ok(seed), Ok(head)) => Ok(Evidence {
                tail: key
                    .tail()
                    .zip(seed.as_deref())
                    .map(|(path, seed)| TailFile::new(&path, seed)),
                key: seed.map(|seed| log_signer(&seed).verifier()),
                head,
            }),
            (Err(error), _) | (_, Err(error)) => {
                context
                    .output
                    .note(&format!("without its key and head: {error}"));
                Err(error.to_string())
            }
        };
        Ok(Self {
            store: Arc::new(store),
            evidence,
            signer,
            proven: OnceCell::new(),
        })
    }

    /// Without the key and the head nothing is proven, so that neither intact nor broken can be said.
    async fn verify(&self) -> Result<Value, Failure> {
        let evidence = self.evidence.clone().map_err(|error| {
            let text = format!("the audit cannot be verified: {error}");
            Failure::new(FailureKind::General, "auditKey", text)
        })?;
        let key = evidence.key.clone();
        let report = verify(self.store.clone(), evidence).await;
        Ok(report_json(&report.map_err(unreadable)?, key.as_ref()))
    }

    async fn list(
        &self,
        filter: &AuditFilters,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Value, StoreError> {
        let filter = AuditFilter {
            before,
            since: None,
            kinds: filter.kinds().into_iter().map(str::to_owned).collect(),
            agent: filter.agent.clone(),
            session: filter.session.clone(),
            verdict: filter.verdict.clone(),
            text: filter.text.clone(),
            limit,
        };
        let page = self.store.audit_list(&filter).await?;
        let records: Vec<_> = page.rows.iter().map(AuditView::of).collect();
        Ok(json!({"records": records, "more": page.more}))
    }

    async fn export(
        &self,
        format: Format,
        after: Option<u64>,
    ) -> Result<(String, Option<u64>), StoreError> {
        let format = format.into();
        let mut text = String::new();
        if after.is_none() {
            let key = self
                .evidence
                .as_ref()
                .ok()
                .and_then(|known| known.key.as_ref());
            text = export_start(&*self.store, format, key).await?;
        }
        let after = after.unwrap_or(0);
        let proven = self.proven.get_or_try_init(|| self.prove()).await?.as_ref();
        // The end of a log that is not intact is that of its last checkpoint, and does not verify.
        let last = self.store.audit_checkpoint_latest().await?;
        let until = proven.map_or(u64::MAX, |proven| proven.size);
        let page = export_page(&*self.store, format, after, until, PAGE).await?;
        text.push_str(&page.text);
        if page.next.is_none() {
            let end = match (proven, &self.signer) {
                (Some(proven), Some(signer)) => {
                    export_proven_end(&*self.store, format, signer, proven, now()).await
                }
                (_, signer) => export_end(format, last.as_ref(), signer.as_ref(), now()),
            };
            text.push_str(&end?);
        }
        Ok((text, page.next))
    }

    /// The log as it is, where it is intact up to its end and there is what shows it.
    async fn prove(&self) -> Result<Option<Report>, StoreError> {
        let (Ok(evidence), Some(_)) = (&self.evidence, &self.signer) else {
            return Ok(None);
        };
        let report = verify(self.store.clone(), evidence.clone()).await?;
        // Signed for an export it would look proven elsewhere: the gateway says of it at its next start that it is not.
        let is_proven = report.intact() && !report.is_end_unproven();
        Ok(is_proven.then_some(report))
    }
}

fn now() -> i64 {
    i64::try_from(now_ms()).unwrap_or(i64::MAX)
}

fn unreadable(error: StoreError) -> Failure {
    let failure = Failure::new(FailureKind::General, "audit", error.to_string());
    match error {
        StoreError::NotWritable { path } if !path.exists() => {
            let text = format!(
                "there is no gateway's record: {} is missing",
                path.display()
            );
            Failure::configuration(text).next("--state-dir names the folder of a gateway")
        }
        StoreError::NotWritable { .. } => failure.next("--state-dir names the folder of a gateway"),
        _ => failure,
    }
}
