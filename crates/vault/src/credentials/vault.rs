//! The credentials as a whole: set, rotated, listed, used and forgotten.
//!
//! It holds the master key once the shelf gave it, and never a value for longer than a call. Every value that
//! passes is made known to the redactor first. Who may use what, and the record of it, are the caller's.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, RwLock};

use super::keys::new_id;
use super::name::check_secret;
use super::opening::{Held, Open};
use super::{
    Bounds, CredentialError, CredentialKind, CredentialName, CredentialRow, CredentialRows,
    KeyShelf, Millis, Refusal, VersionRow, seal,
};
use crate::{Redactor, Secret};

/// Keeps credentials.
pub struct CredentialVault {
    pub(super) rows: Arc<dyn CredentialRows>,
    pub(super) shelf: Arc<dyn KeyShelf>,
    pub(super) redactor: Redactor,
    pub(super) held: Arc<RwLock<Option<Held>>>,
    /// The master key is being changed.
    pub(super) changing: Arc<AtomicBool>,
}

/// A credential to be kept.
pub struct NewCredential {
    pub name: CredentialName,
    pub kind: CredentialKind,
    pub secret: Secret,
    pub expires_at: Option<Millis>,
    pub max_uses: Option<u64>,
    pub bounds: Bounds,
}

/// What may be told of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    pub row: CredentialRow,
    pub state: CredentialState,
    /// Until when a former value is still usable; none when there is no such.
    pub grace_until: Option<Millis>,
}

/// Whether it can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CredentialState {
    Active,
    Expired,
    UsedUp,
}

/// How often a change is tried when another one comes in between.
pub(super) const TRIES: usize = 3;

impl CredentialVault {
    /// Finishes what an earlier process left half done. The master key is not asked for yet, except where a
    /// change of it was cut short; a shelf that cannot be reached is no error here.
    pub async fn open(
        rows: Arc<dyn CredentialRows>,
        shelf: Arc<dyn KeyShelf>,
        redactor: Redactor,
    ) -> Result<Self, CredentialError> {
        let vault = Self {
            rows,
            shelf,
            redactor,
            held: Arc::default(),
            changing: Arc::default(),
        };
        vault.settle().await?;
        Ok(vault)
    }

    /// The same credentials, by way of other rows of the same store: such as keep a record with each change.
    #[must_use]
    pub fn by_way_of(&self, rows: Arc<dyn CredentialRows>) -> Self {
        Self {
            rows,
            shelf: self.shelf.clone(),
            redactor: self.redactor.clone(),
            held: self.held.clone(),
            changing: self.changing.clone(),
        }
    }

    /// Makes every value that is still usable known to the redactor. Says how many.
    pub async fn teach(&self, now: Millis) -> Result<usize, CredentialError> {
        let Some(open) = self.opened().await? else {
            return Ok(0);
        };
        let mut secrets = Vec::new();
        for row in self.rows.credentials().await? {
            for version in self.rows.versions(&row.id).await? {
                if !is_usable(&version, now) {
                    continue;
                }
                match seal::value(&open.master, &open.header, &row, &version) {
                    Some(secret) => secrets.push(secret),
                    None => {
                        tracing::warn!(name = %row.name, "a credential was altered where it is kept")
                    }
                }
            }
        }
        self.redactor.learn_all(&secrets);
        Ok(secrets.len())
    }

    /// Keeps a credential, in place of one of the same name. Says whether there was one.
    pub async fn set(&self, new: NewCredential, now: Millis) -> Result<bool, CredentialError> {
        check_secret(&new.secret)?;
        if new.max_uses == Some(0) {
            return Err(CredentialError::BadLimit);
        }
        if new.expires_at.is_some_and(|at| at <= now) {
            return Err(CredentialError::InThePast);
        }
        self.redactor.learn(&new.secret);
        let row = CredentialRow {
            id: new_id(),
            name: new.name,
            kind: new.kind,
            created_at: now,
            rotated_at: None,
            expires_at: new.expires_at,
            max_uses: new.max_uses,
            bounds: new.bounds,
            version: 1,
            revision: 1,
            uses: 0,
            last_used_at: None,
        };
        let is_new = self.rows.credential(&row.name).await?.is_none();
        for _ in 0..TRIES {
            let open = self.opened_or_begun().await?;
            let version = seal::version(
                &open.master,
                &open.header,
                &row,
                &new.secret,
                (1, now, None),
            );
            if self.rows.put(&open.header.key_id, &row, &version).await? {
                return Ok(!is_new);
            }
        }
        Err(CredentialError::Conflict)
    }

    /// Gives a credential a new value. The one before stays usable for `grace_ms`.
    pub async fn rotate(
        &self,
        name: &CredentialName,
        secret: &Secret,
        grace_ms: Millis,
        now: Millis,
    ) -> Result<Credential, CredentialError> {
        check_secret(secret)?;
        self.redactor.learn(secret);
        self.change(name, now, |open, row, versions| {
            if is_expired(row, now) {
                return Err(Refusal::Expired(row.name.to_string()).into());
            }
            let former = row.version;
            let mut kept: Vec<VersionRow> = versions
                .into_iter()
                .filter(|version| version.version != former && is_usable(version, now))
                .collect();
            let newest = kept.iter().map(|version| version.version).max();
            row.version = newest.unwrap_or(0).max(former) + 1;
            row.rotated_at = Some(now);
            if grace_ms > 0 {
                let value = open.former_value.take().ok_or_else(|| altered(row))?;
                let until = Some(now.saturating_add(grace_ms));
                kept.push(open.seal(row, &value, (former, open.former_at, until)));
            }
            kept.push(open.seal(row, secret, (row.version, now, None)));
            Ok(kept)
        })
        .await
    }

    /// Lets a credential end at `at`, which may be now: then its values are forgotten. An end is only ever brought
    /// nearer, and what has ended stays so.
    pub async fn expire(
        &self,
        name: &CredentialName,
        at: Millis,
        now: Millis,
    ) -> Result<Credential, CredentialError> {
        let ended = self.change(name, now, |open, row, versions| {
            if is_expired(row, now) {
                return Err(Refusal::Expired(row.name.to_string()).into());
            }
            if let Some(end) = row.expires_at.filter(|end| *end < at) {
                return Err(CredentialError::LaterEnd { end });
            }
            let before = row.clone();
            row.expires_at = Some(at);
            if at <= now {
                return Ok(Vec::new());
            }
            let usable = versions.into_iter().filter(|one| is_usable(one, now));
            let reseal = |one: VersionRow| {
                let value = seal::value(&open.open.master, &open.open.header, &before, &one);
                let value = value.ok_or_else(|| altered(&before))?;
                let (number, at, until) = (one.version, one.created_at, one.usable_until);
                Ok(open.seal(row, &value, (number, at, until)))
            };
            usable.map(reseal).collect()
        });
        let ended = ended.await;
        if let Err(CredentialError::Refused(Refusal::Expired(_))) = &ended {
            self.forget_expired(name, now).await?;
        }
        ended
    }

    /// Forgets the values of a credential whose time was over already.
    async fn forget_expired(
        &self,
        name: &CredentialName,
        now: Millis,
    ) -> Result<(), CredentialError> {
        let forgotten = self.change(name, now, |_, row, versions| {
            // One of the same name may have been set meanwhile.
            let is_over = is_expired(row, now);
            Ok(if is_over { Vec::new() } else { versions })
        });
        forgotten.await.map(drop)
    }

    /// Forgets a credential. Says whether there was one.
    pub async fn delete(&self, name: &CredentialName) -> Result<bool, CredentialError> {
        Ok(self.rows.delete(name).await?)
    }

    /// All credentials, without their values. Works without the master key.
    pub async fn list(&self, now: Millis) -> Result<Vec<Credential>, CredentialError> {
        self.rows.forget_versions(now).await?;
        let mut list = Vec::new();
        for row in self.rows.credentials().await? {
            list.push(self.told(row, now).await?);
        }
        Ok(list)
    }

    /// Changes a credential: `work` alters the row and gives all versions it is to have.
    async fn change(
        &self,
        name: &CredentialName,
        now: Millis,
        work: impl Fn(
            &mut Change<'_>,
            &mut CredentialRow,
            Vec<VersionRow>,
        ) -> Result<Vec<VersionRow>, CredentialError>,
    ) -> Result<Credential, CredentialError> {
        for _ in 0..TRIES {
            let unknown = || CredentialError::Unknown(name.to_string());
            let mut row = self.rows.credential(name).await?.ok_or_else(unknown)?;
            let open = self.opened().await?.ok_or(CredentialError::KeyMissing)?;
            let versions = self.rows.versions(&row.id).await?;
            let in_force = versions.iter().find(|one| one.version == row.version);
            let value = |one| seal::value(&open.master, &open.header, &row, one);
            let mut change = Change {
                former_value: in_force.and_then(value),
                former_at: in_force.map_or(row.created_at, |one| one.created_at),
                open: &open,
            };
            let versions = match work(&mut change, &mut row, versions) {
                Err(CredentialError::Altered(_)) if !self.has_key(&open).await? => continue,
                other => other?,
            };
            row.revision += 1;
            let key_id = &open.header.key_id;
            if self.rows.change(key_id, &row, &versions).await? {
                return self.told(row, now).await;
            }
        }
        Err(CredentialError::Conflict)
    }

    async fn told(&self, row: CredentialRow, now: Millis) -> Result<Credential, CredentialError> {
        let versions = self.rows.versions(&row.id).await?;
        let graces = versions.iter().filter_map(|one| one.usable_until);
        Ok(Credential {
            state: state(&row, now),
            grace_until: graces.filter(|until| *until > now).max(),
            row,
        })
    }
}

/// What a change of a credential works with.
struct Change<'a> {
    open: &'a Open,
    /// The value in force; none when it does not open.
    former_value: Option<Secret>,
    /// Since when.
    former_at: Millis,
}

impl Change<'_> {
    fn seal(
        &self,
        row: &CredentialRow,
        value: &Secret,
        version: (u32, Millis, Option<Millis>),
    ) -> VersionRow {
        seal::version(&self.open.master, &self.open.header, row, value, version)
    }
}

pub(super) fn altered(row: &CredentialRow) -> CredentialError {
    CredentialError::Altered(row.name.to_string())
}

pub(super) fn is_usable(version: &VersionRow, now: Millis) -> bool {
    version.usable_until.is_none_or(|until| now < until)
}

fn is_expired(row: &CredentialRow, now: Millis) -> bool {
    row.expires_at.is_some_and(|at| at <= now)
}

pub(super) fn state(row: &CredentialRow, now: Millis) -> CredentialState {
    if is_expired(row, now) {
        CredentialState::Expired
    } else if row.max_uses.is_some_and(|most| row.uses >= most) {
        CredentialState::UsedUp
    } else {
        CredentialState::Active
    }
}
