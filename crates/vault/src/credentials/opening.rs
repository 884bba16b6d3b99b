//! The header of the rows and the master key that fits it, fetched when they are needed.

use std::sync::{Arc, PoisonError};

use super::keys::new_id;
use super::{CredentialError, CredentialVault, Header, MasterKey, seal};

/// The master key with its id.
#[derive(Clone)]
pub(super) struct Held {
    pub(super) key_id: String,
    pub(super) master: Arc<MasterKey>,
}

/// The rows' header and the key that fits it.
pub(super) struct Open {
    pub(super) header: Header,
    pub(super) master: Arc<MasterKey>,
}

impl CredentialVault {
    /// The header and its key; none while there are no credentials.
    pub(super) async fn opened(&self) -> Result<Option<Open>, CredentialError> {
        let Some(header) = self.rows.header().await? else {
            return Ok(None);
        };
        let held = self
            .held
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        if let Some(held) = held.filter(|held| held.key_id == header.key_id) {
            let master = held.master;
            return Ok(Some(Open { header, master }));
        }
        let master = self.shelf.get(&header.key_id).await?;
        let master = master.ok_or(CredentialError::KeyMissing)?;
        if !seal::fits(&master, &header) {
            return Err(CredentialError::WrongKey);
        }
        let master = self.hold(&header.key_id, master);
        Ok(Some(Open { header, master }))
    }

    pub(super) async fn opened_or_begun(&self) -> Result<Open, CredentialError> {
        if let Some(open) = self.opened().await? {
            return Ok(open);
        }
        let (vault_id, key_id, master) = (new_id(), new_id(), MasterKey::generate());
        self.put_on_shelf(&key_id, &master).await?;
        let header = Header {
            check: seal::check_of(&master, &vault_id, &key_id),
            vault_id,
            key_id,
            next_key_id: None,
            former_key_id: None,
        };
        if self.rows.header_swap(None, &header).await? {
            let master = self.hold(&header.key_id, master);
            return Ok(Open { header, master });
        }
        // Another one was quicker.
        self.shelf.delete(&header.key_id).await?;
        self.opened().await?.ok_or(CredentialError::Conflict)
    }

    /// A key counts only once it was read back: what is sealed with it must be openable tomorrow.
    pub(super) async fn put_on_shelf(
        &self,
        key_id: &str,
        master: &MasterKey,
    ) -> Result<(), CredentialError> {
        self.shelf.put(key_id, master).await?;
        let kept = self.shelf.get(key_id).await?;
        match kept {
            Some(kept) if kept.bytes() == master.bytes() => Ok(()),
            _ => Err(CredentialError::KeyMissing),
        }
    }

    pub(super) fn hold(&self, key_id: &str, master: MasterKey) -> Arc<MasterKey> {
        let master = Arc::new(master);
        let held = Held {
            key_id: key_id.to_owned(),
            master: Arc::clone(&master),
        };
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some(held);
        master
    }
}
