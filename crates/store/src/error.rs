//! What can go wrong, by what a person can do about it.

use std::path::PathBuf;

/// Why something could not be remembered or recalled.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the disk is full")]
    DiskFull,
    /// The folder or file cannot be written or opened: permissions, or a read-only disk.
    #[error("{path} cannot be opened for writing")]
    NotWritable { path: PathBuf },
    /// The database is damaged. It is set aside at the next start and begun anew.
    #[error("the database is damaged")]
    Damaged,
    /// It was written by a later version of the application. It is left as it is.
    #[error("{path} was written by a later version")]
    LaterVersion { path: PathBuf },
    /// Another process holds the database for longer than is waited for.
    #[error("the database is in use by another process")]
    Busy,
    #[error("the store is closed")]
    Closed,
    #[error("the database failed: {0}")]
    Failed(String),
}

/// What a person should know about how the store was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreNotice {
    /// The cache was damaged and begins empty; it fills again from the gateways.
    CacheSetAside { to: PathBuf },
    /// Gateways, settings and inbox were damaged. `restored` of the gateways came back with the settings
    /// from the copy that is kept beside; the inbox's history did not.
    RecordsSetAside { to: PathBuf, restored: usize },
    /// What the gateway persists was damaged: sessions, devices and the allow-list begin empty.
    GatewaySetAside { to: PathBuf },
}
