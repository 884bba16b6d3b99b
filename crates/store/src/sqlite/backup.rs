//! The copy of gateways and settings in a plain JSON file: it survives damage to the database, and a
//! person can read it. The inbox's history is not in it.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::GatewayRecord;

/// What is copied.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct Copy {
    #[serde(with = "gateways")]
    pub(super) gateways: Vec<GatewayRecord>,
    /// Names and JSON texts.
    pub(super) settings: Vec<(String, String)>,
}

/// How a gateway stands in the file.
mod gateways {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::{GatewayRecord, Millis};

    #[derive(Serialize, Deserialize)]
    #[serde(remote = "GatewayRecord", rename_all = "camelCase")]
    struct Row {
        id: String,
        name: String,
        url: String,
        pin: Option<String>,
        credential: String,
        credential_saved_at: Option<Millis>,
        paused: bool,
        added_at: Millis,
        last_seen: Option<Millis>,
        json: String,
    }

    #[derive(Serialize, Deserialize)]
    struct Wrapped(#[serde(with = "Row")] GatewayRecord);

    #[derive(Serialize)]
    struct Borrowed<'a>(#[serde(with = "Row")] &'a GatewayRecord);

    pub(super) fn serialize<S: Serializer>(
        rows: &[GatewayRecord],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(rows.iter().map(Borrowed))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<GatewayRecord>, D::Error> {
        let rows = Vec::<Wrapped>::deserialize(deserializer)?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }
}

/// Replaces the file in one step: a reader finds the old copy or the new, never a part.
pub(super) fn write(path: &Path, copy: &Copy) -> io::Result<()> {
    let temporary = path.with_extension("json.new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&temporary)?;
    file.write_all(&serde_json::to_vec_pretty(copy)?)?;
    file.sync_all()?;
    fs::rename(&temporary, path)
}

/// The copy, or none where there is none that can be read: then there is nothing better than to begin anew.
pub(super) fn read(path: &Path) -> Option<Copy> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => return None,
        Err(cause) => {
            tracing::warn!(%cause, "could not read the copy of gateways and settings");
            return None;
        }
    };
    serde_json::from_slice(&bytes)
        .inspect_err(|cause| tracing::warn!(%cause, "the copy of gateways and settings is damaged"))
        .ok()
}
