//! Uses: checked, counted, and given the value for.

use super::opening::Open;
use super::vault::{TRIES, altered, is_usable, state};
use super::{
    CredentialError, CredentialName, CredentialRow, CredentialState, CredentialVault, Destination,
    Millis, Refusal, seal,
};
use crate::Secret;

/// What a use would be of, found before it is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub id: String,
    pub version: u32,
}

/// A value for one use.
pub struct Taken {
    pub version: u32,
    pub secret: Secret,
}

impl CredentialVault {
    /// Whether a use would be allowed and given a value, without making it. For the record that comes before the use.
    pub async fn check(
        &self,
        name: &CredentialName,
        to: &Destination<'_>,
        now: Millis,
    ) -> Result<Standing, CredentialError> {
        let row = self.allowed(name, to, now).await?;
        self.value(&row, row.version).await?;
        Ok(Standing {
            id: row.id,
            version: row.version,
        })
    }

    /// Makes a use: counts it and gives the value in force.
    pub async fn take(
        &self,
        name: &CredentialName,
        to: &Destination<'_>,
        now: Millis,
    ) -> Result<Taken, CredentialError> {
        let row = self.allowed(name, to, now).await?;
        let version = row.version;
        self.take_version(row, version, now).await
    }

    /// Whether there is a former value in its grace that a use would be given, without making the use.
    pub async fn check_former(
        &self,
        name: &CredentialName,
        to: &Destination<'_>,
        now: Millis,
    ) -> Result<Option<Standing>, CredentialError> {
        let row = self.allowed(name, to, now).await?;
        let Some(version) = self.former(&row, now).await? else {
            return Ok(None);
        };
        self.value(&row, version).await?;
        Ok(Some(Standing {
            id: row.id,
            version,
        }))
    }

    /// As [`Self::take`], but the newest former value in its grace: for where the one in force is not known yet.
    /// None when there is no such.
    pub async fn take_former(
        &self,
        name: &CredentialName,
        to: &Destination<'_>,
        now: Millis,
    ) -> Result<Option<Taken>, CredentialError> {
        let row = self.allowed(name, to, now).await?;
        match self.former(&row, now).await? {
            Some(version) => self.take_version(row, version, now).await.map(Some),
            None => Ok(None),
        }
    }

    async fn former(
        &self,
        row: &CredentialRow,
        now: Millis,
    ) -> Result<Option<u32>, CredentialError> {
        let versions = self.rows.versions(&row.id).await?;
        let usable = versions
            .iter()
            .filter(|one| one.version != row.version && is_usable(one, now));
        Ok(usable.map(|one| one.version).max())
    }

    async fn take_version(
        &self,
        row: CredentialRow,
        number: u32,
        now: Millis,
    ) -> Result<Taken, CredentialError> {
        let secret = self.value(&row, number).await?;
        self.redactor.learn(&secret);
        if !self.rows.used(&row.id, row.revision, now).await? {
            return Err(self.why_not(&row.name, now).await?);
        }
        Ok(Taken {
            version: number,
            secret,
        })
    }

    async fn value(&self, row: &CredentialRow, number: u32) -> Result<Secret, CredentialError> {
        for _ in 0..TRIES {
            let open = self.opened().await?.ok_or(CredentialError::KeyMissing)?;
            let versions = self.rows.versions(&row.id).await?;
            let version = versions.into_iter().find(|one| one.version == number);
            let version = version.ok_or(CredentialError::Conflict)?;
            match seal::value(&open.master, &open.header, row, &version) {
                Some(secret) => return Ok(secret),
                None if self.has_key(&open).await? => return Err(altered(row)),
                None => {}
            }
        }
        Err(CredentialError::Conflict)
    }

    /// Whether the master key is still the same: where something did not open, that may be why.
    pub(super) async fn has_key(&self, open: &Open) -> Result<bool, CredentialError> {
        let header = self.rows.header().await?;
        Ok(header.is_some_and(|header| header.key_id == open.header.key_id))
    }

    async fn allowed(
        &self,
        name: &CredentialName,
        to: &Destination<'_>,
        now: Millis,
    ) -> Result<CredentialRow, CredentialError> {
        let unknown = || Refusal::Unknown(name.to_string());
        let row = self.rows.credential(name).await?.ok_or_else(unknown)?;
        match state(&row, now) {
            CredentialState::Active => {}
            CredentialState::Expired => return Err(Refusal::Expired(name.to_string()).into()),
            CredentialState::UsedUp => return Err(Refusal::UsedUp(name.to_string()).into()),
        }
        if !row.bounds.allow(to) {
            let name = name.to_string();
            let to = to.to_string();
            return Err(Refusal::NotBound { name, to }.into());
        }
        Ok(row)
    }

    /// A use was not counted though it was allowed a moment before.
    async fn why_not(
        &self,
        name: &CredentialName,
        now: Millis,
    ) -> Result<CredentialError, CredentialError> {
        let row = self.rows.credential(name).await?;
        let name = name.to_string();
        Ok(match row.map(|row| state(&row, now)) {
            None => Refusal::Unknown(name).into(),
            Some(CredentialState::Expired) => Refusal::Expired(name).into(),
            Some(CredentialState::UsedUp) => Refusal::UsedUp(name).into(),
            Some(CredentialState::Active) => CredentialError::Conflict,
        })
    }
}
