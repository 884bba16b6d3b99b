//! The bridge: the one list of commands that the page may call and of events that it hears.
//!
//! Nothing else registers a command. The build script reads this file to declare the commands to the
//! access-control list, the capabilities grant them window by window, and the bindings are generated from
//! it; `tests/bindings.rs` holds all of these together. There is deliberately no command that passes a
//! gateway's methods through: the page can do what is listed here and nothing else.

use std::path::Path;

use gatehouse_fleet::view::{
    GatewayView, InboxChange, Opening, SecretStoreView, SessionsChange, Settings,
};
use serde::Serialize;
use specta::Type;
use specta::datatype::{DataType, Primitive};
use specta_typescript::{Error as ExportError, Typescript};
use specta_util::Remapper;
use tauri_specta::{
    Builder, BuilderConfiguration, ErrorHandlingMode, Event, LanguageExt, collect_commands,
    collect_events,
};

use crate::commands::{app, chat, gateways, governance, inbox, secrets, sessions};

/// The gateways or their connections changed: all of them, as they are now.
#[derive(Clone, Debug, Serialize, Type, Event)]
pub struct GatewaysChanged(pub Vec<GatewayView>);

/// Items of the inbox changed.
#[derive(Clone, Debug, Serialize, Type, Event)]
pub struct InboxChanged(pub InboxChange);

/// Sessions changed.
#[derive(Clone, Debug, Serialize, Type, Event)]
pub struct SessionsChanged(pub SessionsChange);

/// Whether secrets can be kept changed: the keychain was locked, unlocked, or chosen.
#[derive(Clone, Debug, Serialize, Type, Event)]
pub struct SecretsChanged(pub SecretStoreView);

/// A person asked for this outside of the page: a click on a notification or in the tray, a link.
#[derive(Clone, Debug, Serialize, Type, Event)]
pub struct Open(pub Opening);

/// The settings changed in another window.
#[derive(Clone, Debug, Serialize, Type, Event)]
pub struct SettingsChanged(pub Settings);

/// The window is about to be closed, and nothing but the page can say that the app goes on without it.
#[derive(Clone, Debug, Serialize, Type, Event)]
pub struct CloseAsked;

/// Every command and every event. The application, the export and the tests all use this one.
///
/// One command to a line, as `area::name`: the build script reads the lines.
pub fn bridge() -> Builder<tauri::Wry> {
    Builder::<tauri::Wry>::new()
        .error_handling(ErrorHandlingMode::Throw)
        .disable_serde_phases()
        .commands(collect_commands![
            app::app_info,
            app::settings_save,
            app::losses_seen,
            app::notification_test,
            app::open_external,
            app::open_log,
            app::window_ready,
            app::window_holds,
            app::window_close,
            app::app_quit,
            app::at_login,
            app::at_login_set,
            secrets::secret_store_state,
            secrets::secret_store_choose,
            secrets::secret_store_unlock,
            gateways::gateways_list,
            gateways::gateway_recognise,
            gateways::gateway_discover,
            gateways::draft_drop,
            gateways::gateway_add,
            gateways::gateway_edit,
            gateways::gateway_remove,
            gateways::gateway_reconnect,
            gateways::gateway_pause,
            gateways::credential_rotate,
            gateways::credential_forget,
            gateways::gateway_diagnose,
            inbox::inbox_snapshot,
            inbox::inbox_item,
            inbox::inbox_decide,
            sessions::sessions_snapshot,
            sessions::sessions_refresh,
            sessions::sessions_search,
            sessions::session_create,
            sessions::session_patch,
            sessions::session_read,
            sessions::session_delete,
            chat::chat_open,
            chat::chat_close,
            chat::chat_older,
            chat::chat_send,
            chat::chat_retry,
            chat::chat_abort,
            governance::policy_get,
            governance::policy_validate,
            governance::policy_set,
            governance::policy_check,
            governance::policy_simulate,
            governance::grants_list,
            governance::grants_preview,
            governance::grant_revoke,
            governance::audit_list,
            governance::audit_record,
            governance::audit_verify,
            governance::audit_export,
            governance::audit_export_page,
            governance::agent_credentials_list,
            governance::agent_credential_set,
            governance::agent_credential_rotate,
            governance::agent_credential_delete,
            governance::agents_list,
            governance::configuration_state,
            governance::undo_list,
            governance::undo_restore,
            governance::auto_answers,
            governance::auto_answers_pause,
            governance::auto_rule_save,
            governance::auto_rule_remove,
        ])
        .events(collect_events![
            GatewaysChanged,
            InboxChanged,
            SessionsChanged,
            SecretsChanged,
            Open,
            SettingsChanged,
            CloseAsked,
        ])
}

/// Writes the TypeScript that the page imports: command functions, event objects, and every type.
///
/// # Errors
/// When a type cannot be expressed in TypeScript, or the file cannot be written.
pub fn export_bindings(path: &Path) -> Result<(), ExportError> {
    bridge().export(PlainNumbers, path)
}

/// TypeScript in which an `f64` is a `number`.
///
/// The exporter says `number | null`, because JSON has no NaN and serde writes `null` for one. Ours are
/// times, byte counts and token counts, never NaN, and a `null` in each of them would be noise for the page.
struct PlainNumbers;

impl LanguageExt for PlainNumbers {
    type Error = ExportError;

    fn export(self, cfg: &BuilderConfiguration, path: &Path) -> Result<(), ExportError> {
        let plain = Remapper::new().rule(
            DataType::Primitive(Primitive::f64),
            DataType::Primitive(Primitive::i32),
        );
        let mut cfg = cfg.clone();
        cfg.types = plain.remap_types(cfg.types);
        Typescript::default()
            .header("// Generated from src-tauri/src/bridge.rs by `make bindings`. Do not edit.\n")
            .export(&cfg, path)
    }
}
