//! What must hold against either gateway. A case is written once; the file of each version names it.

pub(crate) mod approvals;
pub(crate) mod chat;
pub(crate) mod connecting;
