//! The windows.

/// The label of the small approval window.
pub(crate) const APPROVAL: &str = "approval";
