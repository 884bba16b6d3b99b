//! What the audit says of a change that the gateway makes to its own configuration: that it is about to be made, before
//! the file is written, and what came of it.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use gatehouse_audit::Draft;
use gatehouse_store::gateway::GatewayStore;

use super::changes::Change;
use super::edit::{EditError, Recorder};
use crate::clock::Clock;

const BEFORE: &str = "config.changing";
const CHANGED: &str = "config.changed";
const UNCHANGED: &str = "config.unchanged";

/// One change, from before it is made.
pub(crate) struct ConfigRecord {
    store: Arc<dyn GatewayStore>,
    clock: Clock,
    /// Who changes it.
    by: Draft,
    intent: Arc<OnceLock<Intent>>,
}

/// That it was recorded before: the record's number, and which file.
struct Intent {
    seq: Option<u64>,
    file: String,
}

impl ConfigRecord {
    pub(crate) fn new(store: Arc<dyn GatewayStore>, clock: Clock, by: Draft) -> Self {
        Self {
            store,
            clock,
            by,
            intent: Arc::default(),
        }
    }

    /// For whoever writes the file, right before that.
    pub(crate) fn before(&self) -> Recorder {
        let (store, intent) = (self.store.clone(), self.intent.clone());
        let base = dated(self.by.clone(), &self.clock);
        Box::new(move |changes: &[Change], path: &Path| {
            let file = path.display().to_string();
            let draft = Draft {
                kind: BEFORE.to_owned(),
                what: Some(format!(
                    "the configuration is about to be changed{}",
                    at(changes)
                )),
                resource: Some(file.clone()),
                ..base
            };
            Box::pin(async move {
                let appended = store.audit_append(vec![draft]).await?;
                let seq = appended.first().map(|appended| appended.seq);
                // It is written once for each change.
                let _ = intent.set(Intent { seq, file });
                Ok(())
            })
        })
    }

    /// What came of it. Where nothing was recorded before, nothing was about to be written. The change stands, or does
    /// not, whether this can be recorded or not.
    pub(crate) async fn after(self, came_of_it: Result<&[Change], &EditError>) {
        let Some(intent) = self.intent.get() else {
            return;
        };
        let (kind, what) = match came_of_it {
            Ok(changes) => (
                CHANGED,
                format!("the configuration was changed{}", at(changes)),
            ),
            Err(error) => (
                UNCHANGED,
                format!("the configuration was not changed: {error}"),
            ),
        };
        let draft = Draft {
            kind: kind.to_owned(),
            what: Some(what),
            resource: Some(intent.file.clone()),
            intent: intent.seq,
            ..dated(self.by, &self.clock)
        };
        if let Err(error) = self.store.audit_append(vec![draft]).await {
            tracing::error!(%error, "what came of a change of the configuration could not be recorded");
        }
    }
}

fn dated(draft: Draft, clock: &Clock) -> Draft {
    let ts = i64::try_from(clock.now_ms()).unwrap_or(i64::MAX);
    Draft { ts, ..draft }
}

/// Where it is changed; nothing where only its words are.
fn at(changes: &[Change]) -> String {
    let paths: Vec<&str> = changes.iter().map(|change| change.path.as_str()).collect();
    match paths.is_empty() {
        true => String::new(),
        false => format!(" at {}", paths.join(", ")),
    }
}
