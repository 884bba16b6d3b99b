//! What the shell knows of its own.

use gatehouse_fleet::view::{AppInfo, NotificationSupport, Platform};
use tauri::{AppHandle, WebviewWindow};

use crate::commands::Answer;
use crate::fleet::Fleet;

#[derive(Default)]
pub(crate) struct Desk;

impl Desk {
    pub(crate) async fn app_info(&self, fleet: &Fleet) -> AppInfo {
        AppInfo {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            platform: Platform::Linux,
            secrets: fleet.secret_store_state().await,
            notifications: NotificationSupport::None,
            settings: fleet.settings().await,
            open_item: None,
        }
    }

    pub(crate) async fn show_sample(&self, _app: &AppHandle) -> Answer<NotificationSupport> {
        Ok(NotificationSupport::None)
    }

    pub(crate) fn window_ready(&self, _window: &WebviewWindow) {}
}
