//! All the variables that a process will get, and the hash of them that is bound.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    sync::{Arc, OnceLock},
};

use sha2::{Digest, Sha256};

use crate::govern::hex;

/// The variables of a process. Cheap to clone: nearly every command gets the same.
#[derive(Clone, Debug, Default)]
pub struct Environment(Arc<Bound>);

#[derive(Debug, Default)]
struct Bound {
    variables: BTreeMap<OsString, OsString>,
    digest: OnceLock<String>,
}

impl Environment {
    pub fn of(variables: BTreeMap<OsString, OsString>) -> Self {
        let digest = OnceLock::new();
        Self(Arc::new(Bound { variables, digest }))
    }

    pub fn variables(&self) -> &BTreeMap<OsString, OsString> {
        &self.0.variables
    }

    /// SHA-256 over every name and value, each with its length.
    pub(super) fn digest(&self) -> &str {
        let Bound { variables, digest } = &*self.0;
        digest.get_or_init(|| {
            let mut hash = Sha256::new();
            for part in variables.iter().flat_map(|(name, value)| [name, value]) {
                let bytes = part.as_encoded_bytes();
                hash.update((bytes.len() as u64).to_le_bytes());
                hash.update(bytes);
            }
            hex(&hash.finalize())
        })
    }
}
