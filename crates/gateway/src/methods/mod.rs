//! The methods, one file for each family. A family adds its methods in its `register`; it takes one line here.

mod agent_files;
mod agent_runs;
mod agents;
mod agents_configured;
mod anchored;
mod approvals;
mod attachment;
mod audit;
mod catalog;
mod chat;
mod config;
mod credentials;
mod device_tokens;
mod devices;
#[cfg(test)]
mod documented;
mod exec_policy;
mod expected;
mod grants;
mod groups;
mod history;
mod logs;
mod not_here;
mod policy;
mod preview;
mod scope_upgrade;
mod send;
mod session_patch;
mod session_runs;
mod session_write;
mod sessions;
mod setup_codes;
pub(crate) mod status;
mod system;
mod tools;
mod undo;
mod usage;

use serde_json::{Value, json};

use crate::router::MethodTable;
use crate::state::App;

/// The whole table.
pub(crate) fn table() -> MethodTable {
    let mut table = MethodTable::default();
    status::register(&mut table);
    system::register(&mut table);
    agent_files::register(&mut table);
    devices::register(&mut table);
    device_tokens::register(&mut table);
    setup_codes::register(&mut table);
    config::register(&mut table);
    credentials::register(&mut table);
    logs::register(&mut table);
    scope_upgrade::register(&mut table);
    sessions::register(&mut table);
    send::register(&mut table);
    session_write::register(&mut table);
    session_patch::register(&mut table);
    chat::register(&mut table);
    history::register(&mut table);
    preview::register(&mut table);
    approvals::register(&mut table);
    audit::register(&mut table);
    exec_policy::register(&mut table);
    grants::register(&mut table);
    policy::register(&mut table);
    undo::register(&mut table);
    catalog::register(&mut table);
    session_runs::register(&mut table);
    agent_runs::register(&mut table);
    groups::register(&mut table);
    agents::register(&mut table);
    usage::register(&mut table);
    tools::register(&mut table);
    table
}

/// What a client needs to address the main session before it has read any list.
pub(crate) fn session_defaults(app: &App) -> Value {
    let agent = app.sessions.defaults().agent_id;
    json!({
        "defaultAgentId": agent,
        "mainKey": "main",
        "mainSessionKey": format!("agent:{agent}:main"),
        "scope": "per-sender",
    })
}
