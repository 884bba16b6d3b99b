//! Credentials that agents may use and never see: kept sealed in rows, used by reference.
//!
//! Envelope encryption. A master key lies where the system keeps secrets (see [`KeyShelf`]); each version of a
//! credential has a data key of its own, wrapped by it; the value is sealed with that one. Each seal is bound to
//! where it stands (see `seal`), so that a row that was swapped, copied or given other limits does not open. The
//! rows live wherever [`CredentialRows`] puts them; what lies there tells names and times, and no value.
//!
//! Not noticed is a whole set of rows put back to how it was, and the count of uses, which changes too often to
//! be sealed.

mod bounds;
mod error;
mod keys;
mod name;
mod opening;
mod reference;
mod rekey;
mod rows;
mod seal;
mod shelf;
mod taking;
#[cfg(test)]
mod tests;
mod vault;

pub use bounds::{Bounds, Destination, Host};
pub use error::{CredentialError, Refusal};
pub use keys::MasterKey;
pub use name::{CredentialKind, CredentialName, LONGEST_SECRET, SHORTEST_SECRET};
pub use reference::{Malformed, Part, has_reference, parts, reference};
pub use rows::{
    CredentialRow, CredentialRows, Header, Millis, Rewrapped, RowsError, Sealed, VersionRow,
};
pub use shelf::{KeyFile, KeyShelf, VaultShelf};
pub use taking::{Standing, Taken};
pub use vault::{Credential, CredentialState, CredentialVault, NewCredential};
