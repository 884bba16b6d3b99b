//! What a person set, and what this build can do.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{LossesView, Opening, SecretStoreView};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase", default)]
pub struct Settings {
    pub notifications: NotificationSettings,
    pub appearance: AppearanceSettings,
    pub own_gateway: OwnGatewaySettings,
}

/// The gateway in this process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase", default)]
pub struct OwnGatewaySettings {
    pub enabled: bool,
}

impl Default for OwnGatewaySettings {
    fn default() -> Self {
        Self { enabled: true }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase", default)]
pub struct NotificationSettings {
    pub approvals: bool,
    pub detail: NotificationDetail,
    pub run_finished: bool,
    pub run_failed: bool,
    pub gateway_lost: bool,
    pub sound: bool,
}

impl Default for NotificationSettings {
    fn default() -> Self {
        Self {
            approvals: true,
            detail: NotificationDetail::Full,
            run_finished: false,
            run_failed: true,
            gateway_lost: true,
            sound: true,
        }
    }
}

/// How much a notification shows. `Private` hides command, folder and agent: for a lock screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum NotificationDetail {
    #[default]
    Full,
    Private,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase", default)]
pub struct AppearanceSettings {
    pub theme: Theme,
    pub density: Density,
    pub reduce_motion: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Density {
    #[default]
    Compact,
    Comfortable,
}

/// What the page is told once, at its start.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AppInfo {
    pub version: String,
    pub platform: Platform,
    pub secrets: SecretStoreView,
    pub notifications: NotificationSupport,
    pub settings: Settings,
    pub losses: LossesView,
    /// What a person asked for before the page was there: a clicked notification, a link.
    pub opening: Option<Opening>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Platform {
    Linux,
    Macos,
    Windows,
    Browser,
}

/// How approvals reach the person outside the window.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum NotificationSupport {
    /// Notifications with buttons.
    Actions { server: String },
    /// A server without buttons: the approval window is used for decisions.
    NoActions { server: String },
    /// No server: the approval window is used.
    None,
}

/// An error at the desktop's edge.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CommandError {
    /// A code that the page acts on; the words are the page's.
    pub code: String,
    /// For the log and to copy; never the only thing shown.
    pub message: String,
    pub retryable: bool,
}
