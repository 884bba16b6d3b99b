//! The commands that the page may call, by the names that the desktop's bridge gives them.
//!
//! What belongs to a desktop (where secrets are kept, other gateways, notifications) is not here: a browser sees
//! the one gateway that served it. `tests/` holds that every other command of the bridge is.

use gatehouse_fleet::view::{
    AppInfo, CommandError, NotificationSupport, Platform, SessionRef, Surface,
};
use gatehouse_fleet::{Fleet, FleetError};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::governance;

/// Every command that [`call`] answers.
#[cfg(test)]
const COMMANDS: &[&str] = &[
    "agent_credential_delete",
    "agent_credential_rotate",
    "agent_credential_set",
    "agent_credentials_list",
    "agents_list",
    "app_info",
    "audit_export_page",
    "audit_list",
    "audit_record",
    "audit_verify",
    "chat_abort",
    "chat_older",
    "chat_retry",
    "chat_send",
    "configuration_state",
    "gateway_reconnect",
    "gateways_list",
    "grant_revoke",
    "grants_list",
    "grants_preview",
    "inbox_decide",
    "inbox_item",
    "inbox_snapshot",
    "losses_seen",
    "policy_check",
    "policy_get",
    "policy_set",
    "policy_simulate",
    "policy_validate",
    "secret_store_state",
    "session_create",
    "session_delete",
    "session_patch",
    "session_read",
    "sessions_refresh",
    "sessions_search",
    "sessions_snapshot",
    "settings_save",
    "undo_list",
    "undo_restore",
];

pub(crate) type Answer = Result<Value, CommandError>;

/// Calls a command with its arguments by name.
pub(crate) async fn call(fleet: &Fleet, command: &str, arguments: Map<String, Value>) -> Answer {
    let mut args = Arguments(arguments);
    match command {
        "app_info" => plain(app_info(fleet).await),
        "losses_seen" => answer(fleet.losses_seen().await),
        "settings_save" => answer(fleet.settings_save(args.take("settings")?).await),
        "secret_store_state" => plain(fleet.secret_store_state().await),
        "gateways_list" => plain(fleet.gateways_list().await),
        "gateway_reconnect" => answer(fleet.gateway_reconnect(args.take("id")?).await),
        "inbox_snapshot" => plain(fleet.inbox_snapshot().await),
        "inbox_item" => answer(fleet.inbox_item(args.take("key")?).await),
        "inbox_decide" => answer(
            fleet
                .inbox_decide(args.take("input")?, Surface::Window)
                .await,
        ),
        _ => about_sessions(fleet, command, args).await,
    }
}

async fn about_sessions(fleet: &Fleet, command: &str, mut args: Arguments) -> Answer {
    match command {
        "sessions_snapshot" => plain(fleet.sessions_snapshot().await),
        "sessions_refresh" => answer(fleet.sessions_refresh(args.take("gateway")?).await),
        "sessions_search" => answer(fleet.sessions_search(args.take("text")?).await),
        "session_create" => answer(fleet.session_create(args.take("session")?).await),
        "session_patch" => answer(fleet.session_patch(args.take("patch")?).await),
        "session_read" => answer(fleet.session_read(args.take("session")?).await),
        "session_delete" => answer(fleet.session_delete(args.take("session")?).await),
        _ => about_a_chat(fleet, command, args).await,
    }
}

async fn about_a_chat(fleet: &Fleet, command: &str, mut args: Arguments) -> Answer {
    match command {
        "chat_older" => {
            let (session, before) = (args.take("session")?, args.take("before")?);
            answer(fleet.chat_older(session, before).await)
        }
        "chat_send" => answer(fleet.chat_send(args.take("message")?).await),
        "chat_retry" => {
            let (session, id): (SessionRef, String) = (args.take("session")?, args.take("id")?);
            answer(fleet.chat_retry(session, id).await)
        }
        "chat_abort" => answer(fleet.chat_abort(args.take("session")?).await),
        _ => governance::call(fleet, command, args).await,
    }
}

async fn app_info(fleet: &Fleet) -> AppInfo {
    AppInfo {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        platform: Platform::Browser,
        secrets: fleet.secret_store_state().await,
        notifications: NotificationSupport::None,
        settings: fleet.settings().await,
        losses: fleet.losses().await,
        opening: None,
    }
}

/// Arguments by name, each taken once.
pub(crate) struct Arguments(Map<String, Value>);

impl Arguments {
    pub(crate) fn take<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, CommandError> {
        let value = self.0.remove(name).unwrap_or(Value::Null);
        serde_json::from_value(value)
            .map_err(|error| refused("invalid_arguments", format!("{name}: {error}")))
    }
}

pub(crate) fn answer<T: Serialize>(result: Result<T, FleetError>) -> Answer {
    plain(result.map_err(|error| error.to_view())?)
}

fn plain<T: Serialize>(value: T) -> Answer {
    serde_json::to_value(value).map_err(|error| refused("internal", error.to_string()))
}

pub(crate) fn refused(code: &str, message: impl Into<String>) -> CommandError {
    CommandError {
        code: code.to_owned(),
        message: message.into(),
        retryable: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What only a desktop has: other gateways, a place for secrets, notifications, windows, links. A transcript is
    /// opened and closed at addresses of its own, because its updates need the tab's stream.
    const OF_THE_DESKTOP: &[&str] = &[
        "app_quit",
        "at_login",
        "at_login_set",
        "audit_export",
        "auto_answers",
        "auto_answers_pause",
        "auto_rule_remove",
        "auto_rule_save",
        "chat_close",
        "chat_open",
        "credential_forget",
        "credential_rotate",
        "draft_drop",
        "gateway_add",
        "gateway_diagnose",
        "gateway_discover",
        "gateway_edit",
        "gateway_pause",
        "gateway_recognise",
        "gateway_remove",
        "notification_test",
        "open_external",
        "open_log",
        "secret_store_choose",
        "secret_store_unlock",
        "window_close",
        "window_holds",
        "window_ready",
    ];

    #[test]
    fn every_command_of_the_page_is_answered_here_or_belongs_to_the_desktop() {
        let bindings = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../ui/src/lib/backend/bindings.ts"
        );
        let text = std::fs::read_to_string(bindings).unwrap();
        let calls = text.split("__TAURI_INVOKE<").skip(1);
        let named = calls.filter_map(|rest| rest.split("(\"").nth(1)?.split('"').next());
        let mut bridge: Vec<&str> = named.collect();
        bridge.sort_unstable();
        let mut ours: Vec<&str> = COMMANDS.iter().chain(OF_THE_DESKTOP).copied().collect();
        ours.sort_unstable();
        assert_eq!(ours, bridge);
    }
}
