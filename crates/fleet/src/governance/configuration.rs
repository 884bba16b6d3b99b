//! The gateway's configuration file: whether what it says is in force. It is never shown, for keys may stand in it.

use gatehouse_protocol::NoParams;
use gatehouse_protocol::methods::ConfigGet;

use super::read::Fields;
use crate::error::FleetError;
use crate::fleet::Fleet;
use crate::view::{ConfigurationNote, ConfigurationView, GatewayId};

impl Fleet {
    pub async fn configuration_state(
        &self,
        gateway: GatewayId,
    ) -> Result<ConfigurationView, FleetError> {
        let answer = self
            .ask_governed::<ConfigGet>(&gateway, NoParams {})
            .await?;
        let fields = Fields(&answer);
        Ok(ConfigurationView {
            path: fields.word("path"),
            mistakes: fields.list("issues").map(note).collect(),
            waiting: fields.list("warnings").map(note).collect(),
        })
    }
}

fn note(fields: Fields<'_>) -> ConfigurationNote {
    ConfigurationNote {
        path: fields.word("path"),
        message: fields.word("message"),
    }
}
