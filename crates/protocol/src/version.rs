//! Protocol versions. Gateway 2026.9.6 speaks 4, gateway 2026.4.25 speaks 3; a client offers both and writes a
//! newer field or method only where the negotiated version has it, because version 3 refuses unknown parameters.

use serde::{Deserialize, Serialize};

/// A negotiated protocol version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProtocolVersion(pub u32);

impl ProtocolVersion {
    pub const V3: Self = Self(3);
    pub const V4: Self = Self(4);
    /// The oldest version that this application speaks.
    pub const OLDEST: Self = Self::V3;
    /// The newest version that this application speaks.
    pub const NEWEST: Self = Self::V4;

    /// Whether this application speaks it.
    pub fn is_supported(self) -> bool {
        (Self::OLDEST..=Self::NEWEST).contains(&self)
    }
}

impl std::fmt::Display for ProtocolVersion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}
