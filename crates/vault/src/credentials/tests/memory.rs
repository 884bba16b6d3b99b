//! Rows and a shelf in memory, shared by their clones, as a disk is shared by the processes that come after one
//! another. They can fail from a call on, as for a process that was killed: before the call took effect or after.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;

use crate::credentials::{
    CredentialError, CredentialName, CredentialRow, CredentialRows, Header, KeyShelf, MasterKey,
    Millis, Rewrapped, RowsError, VersionRow,
};
use crate::{Secret, VaultError};

#[derive(Clone, Default)]
pub(super) struct Disk(Arc<Mutex<State>>);

#[derive(Default)]
pub(super) struct State {
    pub(super) header: Option<Header>,
    pub(super) rows: BTreeMap<String, CredentialRow>,
    pub(super) versions: BTreeMap<String, Vec<VersionRow>>,
    pub(super) shelf: BTreeMap<String, Secret>,
}

impl Disk {
    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// A process on this disk that dies at the writing call `at`, counted from 0: before it took effect, or after.
    pub(super) fn process(&self, dies: Option<(usize, bool)>) -> Process {
        Process {
            disk: self.clone(),
            dies,
            calls: Arc::default(),
        }
    }
}

#[derive(Clone)]
pub(super) struct Process {
    disk: Disk,
    dies: Option<(usize, bool)>,
    calls: Arc<AtomicUsize>,
}

impl Process {
    /// Writing calls so far.
    pub(super) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn write<T>(&self, work: impl FnOnce(&mut State) -> T) -> Result<T, RowsError> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        let Some((at, after)) = self.dies else {
            return Ok(work(&mut self.disk.state()));
        };
        if call < at {
            return Ok(work(&mut self.disk.state()));
        }
        if call == at && after {
            work(&mut self.disk.state());
        }
        Err(RowsError::new("killed"))
    }

    fn read<T>(&self, work: impl FnOnce(&State) -> T) -> Result<T, RowsError> {
        let dead = self.dies.is_some_and(|(at, _)| self.calls() > at);
        if dead {
            return Err(RowsError::new("killed"));
        }
        Ok(work(&self.disk.state()))
    }
}

fn on_shelf(error: RowsError) -> CredentialError {
    VaultError::KeychainFailed(error.to_string()).into()
}

#[async_trait]
impl KeyShelf for Process {
    async fn put(&self, id: &str, key: &MasterKey) -> Result<(), CredentialError> {
        let put = |state: &mut State| state.shelf.insert(id.to_owned(), key.to_text());
        self.write(put).map(drop).map_err(on_shelf)
    }

    async fn get(&self, id: &str) -> Result<Option<MasterKey>, CredentialError> {
        let text = self.read(|state| state.shelf.get(id).cloned());
        let text = text.map_err(on_shelf)?;
        Ok(text.and_then(|text| MasterKey::from_text(&text)))
    }

    async fn delete(&self, id: &str) -> Result<(), CredentialError> {
        let delete = |state: &mut State| state.shelf.remove(id);
        self.write(delete).map(drop).map_err(on_shelf)
    }
}

impl State {
    fn has_key(&self, key_id: &str) -> bool {
        self.header
            .as_ref()
            .is_some_and(|header| header.key_id == key_id)
    }
}

#[async_trait]
impl CredentialRows for Process {
    async fn header(&self) -> Result<Option<Header>, RowsError> {
        self.read(|state| state.header.clone())
    }

    async fn header_swap(&self, seen: Option<&Header>, new: &Header) -> Result<bool, RowsError> {
        self.write(|state| {
            let is_so = state.header.as_ref() == seen;
            if is_so {
                state.header = Some(new.clone());
            }
            is_so
        })
    }

    async fn rewrap(
        &self,
        seen: &Header,
        new: &Header,
        wrapped: Vec<Rewrapped>,
    ) -> Result<bool, RowsError> {
        self.write(|state| {
            let count: usize = state.versions.values().map(Vec::len).sum();
            if state.header.as_ref() != Some(seen) || count != wrapped.len() {
                return false;
            }
            for one in wrapped {
                let versions = state.versions.get_mut(&one.id).unwrap();
                let found = versions.iter_mut().find(|row| row.version == one.version);
                found.unwrap().wrapped = one.wrapped;
            }
            state.header = Some(new.clone());
            true
        })
    }

    async fn credentials(&self) -> Result<Vec<CredentialRow>, RowsError> {
        self.read(|state| state.rows.values().cloned().collect())
    }

    async fn credential(&self, name: &CredentialName) -> Result<Option<CredentialRow>, RowsError> {
        self.read(|state| state.rows.get(name.as_str()).cloned())
    }

    async fn versions(&self, id: &str) -> Result<Vec<VersionRow>, RowsError> {
        self.read(|state| state.versions.get(id).cloned().unwrap_or_default())
    }

    async fn put(
        &self,
        key_id: &str,
        row: &CredentialRow,
        version: &VersionRow,
    ) -> Result<bool, RowsError> {
        self.write(|state| {
            if !state.has_key(key_id) {
                return false;
            }
            let before = state.rows.insert(row.name.to_string(), row.clone());
            if let Some(before) = before {
                state.versions.remove(&before.id);
            }
            state.versions.insert(row.id.clone(), vec![version.clone()]);
            true
        })
    }

    async fn change(
        &self,
        key_id: &str,
        row: &CredentialRow,
        versions: &[VersionRow],
    ) -> Result<bool, RowsError> {
        self.write(|state| {
            let has_key = state.has_key(key_id);
            let Some(found) = state.rows.get_mut(row.name.as_str()) else {
                return false;
            };
            if !has_key || found.id != row.id || found.revision + 1 != row.revision {
                return false;
            }
            let (uses, last_used_at) = (found.uses, found.last_used_at);
            *found = CredentialRow {
                uses,
                last_used_at,
                ..row.clone()
            };
            state.versions.insert(row.id.clone(), versions.to_vec());
            true
        })
    }

    async fn delete(&self, name: &CredentialName) -> Result<bool, RowsError> {
        self.write(|state| match state.rows.remove(name.as_str()) {
            Some(row) => state.versions.remove(&row.id).is_some(),
            None => false,
        })
    }

    async fn used(&self, id: &str, revision: u64, at: Millis) -> Result<bool, RowsError> {
        self.write(|state| {
            let row = state.rows.values_mut().find(|row| row.id == id);
            let Some(row) = row.filter(|row| row.revision == revision) else {
                return false;
            };
            let is_over = row.expires_at.is_some_and(|end| end <= at)
                || row.max_uses.is_some_and(|most| row.uses >= most);
            if is_over {
                return false;
            }
            row.uses += 1;
            row.last_used_at = Some(at);
            true
        })
    }

    async fn forget_versions(&self, at: Millis) -> Result<u64, RowsError> {
        self.write(|state| {
            let is_old = |one: &VersionRow| one.usable_until.is_some_and(|until| until <= at);
            let mut count = 0;
            for versions in state.versions.values_mut() {
                count += versions.extract_if(.., |one| is_old(one)).count() as u64;
            }
            count
        })
    }
}
