//! What could not be read at a start. It is kept until the person has seen it: the start may have been one without a window.

use std::path::{Path, PathBuf};

use gatehouse_store::{Cache, StoreError, StoreNotice};

use crate::error::FleetError;
use crate::fleet::Fleet;
use crate::view::{LossView, LossesView};

/// The setting under which they are kept.
const LOSSES: &str = "losses";

impl Fleet {
    /// What of the app's own records could not be read, and was not seen yet.
    pub async fn losses(&self) -> LossesView {
        let found = self.call(|core| LossesView {
            losses: core.losses.clone(),
            rules_paused: !core.losses.is_empty() && core.answers.book.paused,
        });
        found.await.unwrap_or_default()
    }

    /// The person has seen what could not be read.
    pub async fn losses_seen(&self) -> Result<(), FleetError> {
        self.shared.cache.setting_put(LOSSES, "[]").await?;
        self.call(|core| core.losses.clear()).await
    }
}

/// What earlier starts lost and nobody has seen, and what this one lost.
pub(crate) async fn at_start(
    cache: &dyn Cache,
    unread: Vec<LossView>,
) -> Result<Vec<LossView>, StoreError> {
    let before = cache.setting(LOSSES).await?.unwrap_or_default();
    let mut losses: Vec<LossView> = serde_json::from_str(&before).unwrap_or_default();
    let known = losses.len();
    let notices = cache.notices().into_iter().filter_map(of_store);
    for loss in notices.chain(unread) {
        if !losses.contains(&loss) {
            losses.push(loss);
        }
    }
    if losses.len() > known {
        let json = serde_json::to_string(&losses).unwrap_or_default();
        cache.setting_put(LOSSES, &json).await?;
    }
    Ok(losses)
}

fn of_store(notice: StoreNotice) -> Option<LossView> {
    match notice {
        StoreNotice::RecordsSetAside { to, restored } => Some(LossView::Records {
            aside: shown(&to),
            restored: u32::try_from(restored).unwrap_or(u32::MAX),
        }),
        StoreNotice::CacheSetAside { to } => Some(LossView::Cache { aside: shown(&to) }),
        // Another store's.
        StoreNotice::GatewaySetAside { .. } => None,
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Puts what could not be read whole where a person finds it, because the next change is written over it. Where no file
/// can be written it is kept beside the setting. Answers where it is.
pub(crate) async fn put_aside(
    cache: &dyn Cache,
    folder: &Path,
    name: &str,
    json: &str,
) -> Result<String, StoreError> {
    let file = folder.join(format!("{name}.unread.json"));
    match write(file.clone(), json.to_owned()).await {
        Ok(()) => Ok(shown(&file)),
        Err(error) => {
            tracing::error!(%error, name, "it is kept in the database, as no file can be written");
            let beside = format!("{name}.unread");
            cache.setting_put(&beside, json).await?;
            Ok(format!("{} ({beside})", shown(folder)))
        }
    }
}

async fn write(file: PathBuf, json: String) -> std::io::Result<()> {
    let written = tokio::task::spawn_blocking(move || {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        std::io::Write::write_all(&mut options.open(file)?, json.as_bytes())
    });
    written.await.map_err(std::io::Error::other)?
}
