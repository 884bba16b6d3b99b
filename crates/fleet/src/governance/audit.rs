//! The audit: listed, read, verified, exported.

use std::path::{Path, PathBuf};

use gatehouse_audit::kinds::of_group;
use gatehouse_protocol::{NoParams, own};
use serde_json::{Value, json};
use tokio::fs::OpenOptions;
use tokio::io::AsyncWriteExt as _;

use super::read::Fields;
use crate::error::FleetError;
use crate::fleet::Fleet;
use crate::untrusted::json as shown_json;
use crate::view::{
    AuditActor, AuditExportPage, AuditFormat, AuditLine, AuditPage, AuditQuery, AuditRecordView,
    BrokenRecord, CheckpointView, ExportAudit, ExportedAudit, GatewayId, UnprovenRecords,
    VerificationView,
};

/// The longest page of a list.
const MOST_LISTED: u32 = 500;

/// Files of one name that are tried, before an export gives up.
const NAMES: u32 = 100;

impl Fleet {
    /// A page, the newest first.
    pub async fn audit_list(&self, query: AuditQuery) -> Result<AuditPage, FleetError> {
        let mut params = json!({
            "limit": query.limit.clamp(1, MOST_LISTED),
            "kinds": kinds(&query.kinds),
        });
        let wanted = [
            ("before", query.before.map(whole)),
            ("agentId", query.agent.map(Value::from)),
            ("sessionKey", query.session.map(Value::from)),
            ("verdict", query.verdict.map(|verdict| json!(verdict))),
            ("text", query.text.map(Value::from)),
        ];
        for (name, value) in wanted {
            if let Some(value) = value {
                params[name] = value;
            }
        }
        let answer = self
            .ask_governed::<own::AuditList>(&query.gateway, params)
            .await?;
        let fields = Fields(&answer);
        Ok(AuditPage {
            records: fields.list("records").map(line).collect(),
            more: fields.flag("more"),
            size: fields.number("size").unwrap_or_default(),
            root: fields.word("root"),
        })
    }

    /// One record whole.
    pub async fn audit_record(
        &self,
        gateway: GatewayId,
        seq: f64,
    ) -> Result<AuditRecordView, FleetError> {
        let params = json!({"seq": whole(seq)});
        let answer = self.ask_governed::<own::AuditGet>(&gateway, params).await?;
        let fields = Fields(&answer);
        let record = fields.part("record").unwrap_or(fields);
        let whole = match record.value("json") {
            Some(Value::String(text)) => text.clone(),
            Some(value) => serde_json::to_string_pretty(value).unwrap_or_default(),
            None => String::new(),
        };
        Ok(AuditRecordView {
            line: line(record),
            json: shown_json(&whole),
            leaf: fields.word("leaf"),
            previous: fields.word("previous"),
        })
    }

    /// Checks every record against the tree and the checkpoint.
    pub async fn audit_verify(&self, gateway: GatewayId) -> Result<VerificationView, FleetError> {
        let answer = self
            .ask_governed::<own::AuditVerify>(&gateway, NoParams {})
            .await?;
        let fields = Fields(&answer);
        let checkpoint = fields.part("checkpoint").map(|fields| CheckpointView {
            size: fields.number("size").unwrap_or_default(),
            root: fields.word("root"),
            at: fields.number("at"),
        });
        let broken = fields.part("broken").map(|fields| BrokenRecord {
            seq: fields.number("seq").unwrap_or_default(),
            kind: fields.word("kind"),
            text: fields.word("text"),
        });
        let unproven = fields.list("unproven").map(|fields| UnprovenRecords {
            first: fields.number("first"),
            text: fields.word("text"),
        });
        Ok(VerificationView {
            // Whatever it says, a broken record is one.
            intact: fields.flag("intact") && broken.is_none(),
            records: fields.number("records").unwrap_or_default(),
            checkpoint,
            unproven: unproven.collect(),
            broken,
        })
    }

    /// A part of an export, from the record after `after`.
    pub async fn audit_export_page(
        &self,
        input: &ExportAudit,
        after: Option<f64>,
    ) -> Result<AuditExportPage, FleetError> {
        let mut params = json!({"format": input.format});
        if let Some(after) = after {
            params["after"] = whole(after);
        }
        let answer = self
            .ask_governed::<own::AuditExport>(&input.gateway, params)
            .await?;
        let fields = Fields(&answer);
        Ok(AuditExportPage {
            text: fields.raw("text"),
            next: fields.number("next"),
        })
    }

    /// Writes the whole audit to a new file in `folder`, readable by nobody else.
    pub async fn audit_export(
        &self,
        input: ExportAudit,
        folder: PathBuf,
    ) -> Result<ExportedAudit, FleetError> {
        let mut page = self.audit_export_page(&input, None).await?;
        let (path, mut file) = create(&folder, input.format).await?;
        let mut bytes = 0.0;
        loop {
            file.write_all(page.text.as_bytes()).await?;
            bytes += length(&page.text);
            let Some(next) = page.next else { break };
            let following = self.audit_export_page(&input, Some(next)).await?;
            if following.next.is_some_and(|after| after <= next) {
                return Err(FleetError::InvalidInput("the export does not go on"));
            }
            page = following;
        }
        file.flush().await?;
        file.sync_all().await?;
        Ok(ExportedAudit {
            place: path.display().to_string(),
            bytes,
        })
    }
}

/// Numbers of records are whole and fit a page's numbers.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a record's number"
)]
fn whole(number: f64) -> Value {
    json!(number.max(0.0) as u64)
}

#[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 bytes")]
fn length(text: &str) -> f64 {
    text.len() as f64
}

/// Groups of kinds by their kinds; what is none is a kind itself.
fn kinds(wanted: &[String]) -> Vec<&str> {
    wanted
        .iter()
        .flat_map(|name| match of_group(name) {
            Some(kinds) => kinds.to_vec(),
            None => vec![name.as_str()],
        })
        .collect()
}

fn line(fields: Fields<'_>) -> AuditLine {
    let actor = fields.part("actor");
    let of = |name| actor.and_then(|actor| actor.line(name)).unwrap_or_default();
    let detail = fields.part("json").and_then(|json| json.part("detail"));
    AuditLine {
        seq: fields.number("seq").unwrap_or_default(),
        at: fields.number("at").unwrap_or_default(),
        kind: fields.word("kind"),
        actor: AuditActor {
            kind: of("type"),
            id: of("id"),
            name: detail.and_then(|detail| detail.line("client")),
        },
        agent: fields.line("agentId"),
        session: fields.line("sessionKey"),
        what: fields.text("what"),
        verdict: fields.verdict("verdict"),
        rules: fields.lines("rules"),
        approval: fields.line("approvalId"),
        policy_version: fields.line("policyVersion"),
        outcome: fields.line("outcome"),
    }
}

/// A new file; an earlier export is never written over.
async fn create(
    folder: &Path,
    format: AuditFormat,
) -> Result<(PathBuf, tokio::fs::File), FleetError> {
    let ending = match format {
        AuditFormat::Jsonl => "jsonl",
        AuditFormat::Csv => "csv",
        AuditFormat::Otlp => "otlp.jsonl",
    };
    for number in 1..=NAMES {
        let path = folder.join(if number == 1 {
            format!("gatehouse-audit.{ending}")
        } else {
            format!("gatehouse-audit-{number}.{ending}")
        });
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        options.mode(0o600);
        match options.open(&path).await {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(FleetError::InvalidInput(
        "there are too many exports in that folder",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_asked_for_by_its_kinds() {
        assert_eq!(kinds(&["tool".into()]), ["tool.intent", "tool.outcome"]);
        assert_eq!(kinds(&["own.kind".into()]), ["own.kind"]);
    }

    #[tokio::test]
    async fn an_export_never_takes_the_place_of_an_earlier_one() {
        let folder = tempfile::tempdir().unwrap();
        let (first, _) = create(folder.path(), AuditFormat::Csv).await.unwrap();
        let (second, _) = create(folder.path(), AuditFormat::Csv).await.unwrap();
        assert_ne!(first, second);
    }

    #[test]
    fn a_record_is_shown_with_what_hides_in_it_visible() {
        let line = line(Fields(
            &json!({"seq": 4, "what": "ls\u{202e}", "verdict": "odd"}),
        ));
        assert_eq!((line.what.as_str(), line.verdict), ("ls⟨U+202E⟩", None));
    }

    #[test]
    fn a_record_names_the_client_that_acted_as_it_called_itself() {
        let record = json!({
            "actor": {"type": "operator", "id": "38eb5b6f"},
            "json": {"detail": {"client": "Gatehouse on\u{202e} vm"}},
        });
        let actor = line(Fields(&record)).actor;
        assert_eq!(actor.name.as_deref(), Some("Gatehouse on⟨U+202E⟩ vm"));
        assert_eq!(line(Fields(&json!({"seq": 1}))).actor.name, None);
    }
}
