//! What a person set.

use crate::error::FleetError;
use crate::fleet::{Fleet, FleetEvent, SETTINGS};
use crate::view::Settings;

impl Fleet {
    pub async fn settings(&self) -> Settings {
        self.call(|core| core.settings.clone())
            .await
            .unwrap_or_default()
    }

    /// Keeps the settings and answers with what was kept.
    pub async fn settings_save(&self, settings: Settings) -> Result<Settings, FleetError> {
        let json =
            serde_json::to_string(&settings).map_err(|_| FleetError::InvalidInput("settings"))?;
        self.shared.cache.setting_put(SETTINGS, &json).await?;
        let kept = settings.clone();
        self.call(move |core| {
            let renotify = core.settings.notifications != kept.notifications;
            core.settings = kept;
            if renotify {
                core.notify_again();
            }
        })
        .await?;
        self.publish(FleetEvent::SettingsChanged(settings.clone()));
        Ok(settings)
    }
}
