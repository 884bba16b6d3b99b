//! Another master key, in steps of which each can be the last one of a process:
//!
//! 1. the header names the next key;
//! 2. the next key is put on the shelf, and read back;
//! 3. in one transaction every data key is wrapped anew and the header takes the next key into force;
//! 4. the former key is taken from the shelf;
//! 5. the header forgets it.
//!
//! Until 3 is done the former key opens everything, from then on the new one does; both are on the shelf
//! meanwhile. Whatever was left half done is finished at the next opening: before 3 the next key goes, after it
//! the former one.

use std::sync::atomic::{AtomicBool, Ordering};

use super::keys::new_id;
use super::opening::Open;
use super::{CredentialError, CredentialVault, Header, MasterKey, Rewrapped, seal};

/// How often the data keys are wrapped anew when a credential comes in between.
const TRIES: usize = 3;

impl CredentialVault {
    /// Puts another master key in place of the one in force. Says how many data keys it wraps.
    pub async fn rotate_master_key(&self) -> Result<usize, CredentialError> {
        let _alone = Alone::take(&self.changing)?;
        self.settle().await?;
        let Some(Open { header, master }) = self.opened().await? else {
            return Ok(0);
        };
        if header.former_key_id.is_some() || header.next_key_id.is_some() {
            // One more would be forgotten on the shelf.
            return Err(CredentialError::KeyLeft);
        }
        let next = MasterKey::generate();
        let next_id = new_id();
        let announced = Header {
            next_key_id: Some(next_id.clone()),
            ..header.clone()
        };
        if !self.rows.header_swap(Some(&header), &announced).await? {
            return Err(CredentialError::Conflict);
        }
        let from = Open {
            header: announced,
            master,
        };
        let wrapped = self.take_into_force(&from, next_id, next).await;
        // What became of it, the rows say: an error may have come after all was written.
        if let Err(cause) = self.settle().await {
            tracing::warn!(%cause, "a change of the master key is to be finished later");
        }
        wrapped
    }

    async fn take_into_force(
        &self,
        from: &Open,
        next_id: String,
        next: MasterKey,
    ) -> Result<usize, CredentialError> {
        self.put_on_shelf(&next_id, &next).await?;
        let to = Header {
            check: seal::check_of(&next, &from.header.vault_id, &next_id),
            vault_id: from.header.vault_id.clone(),
            key_id: next_id,
            next_key_id: None,
            former_key_id: Some(from.header.key_id.clone()),
        };
        let count = self.wrap_anew(from, &to, &next).await?;
        self.hold(&to.key_id, next);
        Ok(count)
    }

    async fn wrap_anew(
        &self,
        from: &Open,
        to: &Header,
        next: &MasterKey,
    ) -> Result<usize, CredentialError> {
        for _ in 0..TRIES {
            let wrapped = self.all_wrapped(from, to, next).await?;
            let count = wrapped.len();
            if self.rows.rewrap(&from.header, to, wrapped).await? {
                return Ok(count);
            }
        }
        Err(CredentialError::Conflict)
    }

    async fn all_wrapped(
        &self,
        from: &Open,
        to: &Header,
        next: &MasterKey,
    ) -> Result<Vec<Rewrapped>, CredentialError> {
        let mut all = Vec::new();
        for row in self.rows.credentials().await? {
            for version in self.rows.versions(&row.id).await? {
                let number = version.version;
                let place = seal::wrap_place(&from.header, &row, number);
                let key = seal::DataKey::unwrap(&from.master, &place, &version.wrapped);
                let key = key.ok_or_else(|| CredentialError::Altered(row.name.to_string()))?;
                all.push(Rewrapped {
                    id: row.id.clone(),
                    version: number,
                    wrapped: key.wrap(next, &seal::wrap_place(to, &row, number)),
                });
            }
        }
        Ok(all)
    }

    /// Takes keys from the shelf that are not in force, and forgets them. Which those are is read from the rows
    /// now, never remembered: the only copy of the key in force must not go. Where the shelf cannot be reached
    /// they stay noted for the next time.
    pub(super) async fn settle(&self) -> Result<(), CredentialError> {
        let Some(header) = self.rows.header().await? else {
            return Ok(());
        };
        let left = [&header.next_key_id, &header.former_key_id];
        if left.iter().all(|key| key.is_none()) {
            return Ok(());
        }
        for key_id in left.into_iter().flatten() {
            if let Err(cause) = self.shelf.delete(key_id).await {
                tracing::warn!(%cause, "a master key that is not in force stays on its shelf for now");
                return Ok(());
            }
        }
        let settled = Header {
            next_key_id: None,
            former_key_id: None,
            ..header.clone()
        };
        match self.rows.header_swap(Some(&header), &settled).await? {
            true => Ok(()),
            false => Err(CredentialError::Conflict),
        }
    }
}

/// One change of the master key at a time.
struct Alone<'a>(&'a AtomicBool);

impl<'a> Alone<'a> {
    fn take(flag: &'a AtomicBool) -> Result<Self, CredentialError> {
        if flag.swap(true, Ordering::SeqCst) {
            return Err(CredentialError::Conflict);
        }
        Ok(Self(flag))
    }
}

impl Drop for Alone<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}
