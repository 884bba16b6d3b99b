//! The methods, one file for each family. A family adds its methods in its `register`; it takes one line here.

mod config;
mod devices;
mod logs;
mod scope_upgrade;
mod system;

use serde_json::{Value, json};

use crate::router::MethodTable;
use crate::state::App;

/// The whole table.
pub(crate) fn table() -> MethodTable {
    let mut table = MethodTable::default();
    system::register(&mut table);
    devices::register(&mut table);
    config::register(&mut table);
    logs::register(&mut table);
    scope_upgrade::register(&mut table);
    table
}

/// What a client needs to address the main session before it has read any list.
pub(crate) fn session_defaults(_app: &App) -> Value {
    json!({
        "defaultAgentId": "main",
        "mainKey": "main",
        "mainSessionKey": "agent:main:main",
        "scope": "per-sender",
    })
}
