//! Notices that stay on the screen when the app is killed: their ids are kept in a file while they are shown, and the
//! next start takes them away. Their buttons mean nothing any more, whether that succeeds or not.
//!
//! An id is one server's own, so it is kept with who gave it: another server's notice of that number is not ours.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;

/// What is on the screen, as far as we put it there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct OnScreen {
    /// The bus and the server's name on it. A bus gives no name twice.
    server: String,
    ids: BTreeSet<u32>,
}

/// The file, and what it says.
pub(super) struct Leftovers {
    file: Option<PathBuf>,
    written: OnScreen,
}

impl Leftovers {
    pub(super) fn nothing() -> Self {
        Self {
            file: None,
            written: OnScreen::default(),
        }
    }

    /// What an earlier run left behind. Without a file nothing is kept.
    pub(super) async fn load(file: Option<PathBuf>) -> Self {
        let Some(path) = &file else {
            return Self::nothing();
        };
        let written = read(path).await;
        Self { file, written }
    }

    /// The ids of an earlier run that this server may still show.
    pub(super) fn of(&self, server: &str) -> Vec<u32> {
        let same = self.written.server == server;
        let ids = self.written.ids.iter().copied();
        ids.filter(|_| same).collect()
    }

    /// Writes down what is shown now.
    pub(super) async fn keep(&mut self, server: &str, ids: BTreeSet<u32>) {
        let now = OnScreen {
            server: server.to_owned(),
            ids,
        };
        if now == self.written {
            return;
        }
        self.written = now;
        if let Some(file) = &self.file
            && let Err(error) = write(file, &self.written).await
        {
            tracing::warn!(%error, "what is on the screen could not be written down");
        }
    }
}

async fn read(file: &Path) -> OnScreen {
    // Missing at the first start; unreadable is as good as missing.
    let text = tokio::fs::read(file).await.unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

/// In the place of the former one at once, so that no kill leaves half of it.
async fn write(file: &Path, shown: &OnScreen) -> io::Result<()> {
    let text = serde_json::to_vec(shown)?;
    let next = file.with_extension("next");
    let mut options = tokio::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut written = options.open(&next).await?;
    written.write_all(&text).await?;
    written.flush().await?;
    tokio::fs::rename(&next, file).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_server_that_gave_the_ids_is_asked_to_take_them_away() {
        let folder = tempfile::tempdir().unwrap();
        let file = Some(folder.path().join("notices.json"));
        let mut before = Leftovers::load(file.clone()).await;
        assert!(before.of("bus/:1.2").is_empty());
        before.keep("bus/:1.2", BTreeSet::from([3, 9])).await;

        let after = Leftovers::load(file).await;
        assert_eq!(after.of("bus/:1.2"), [3, 9]);
        assert!(
            after.of("bus/:1.7").is_empty(),
            "another server of that bus"
        );
        assert!(after.of("other/:1.2").is_empty(), "another session's bus");
    }

    #[tokio::test]
    async fn a_file_that_is_no_record_leaves_nothing_to_take_away() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("notices.json");
        std::fs::write(&file, "{\"server\": \"bus/:1.2\", \"ids\": [1,").unwrap();
        let found = Leftovers::load(Some(file)).await;
        assert!(found.of("bus/:1.2").is_empty());
    }
}
