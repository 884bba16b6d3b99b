//! What tool calls replaced, and bringing it back.

use gatehouse_client::RequestError;
use gatehouse_protocol::own;
use serde_json::json;

use super::read::Fields;
use crate::error::FleetError;
use crate::fleet::Fleet;
use crate::view::{GatewayId, UndoItemView, UndoWhat};

impl Fleet {
    pub async fn undo_list(
        &self,
        gateway: GatewayId,
        session: Option<String>,
    ) -> Result<Vec<UndoItemView>, FleetError> {
        let params = json!({"sessionKey": session});
        let answer = self.ask_governed::<own::UndoList>(&gateway, params).await?;
        Ok(Fields(&answer).list("items").filter_map(item).collect())
    }

    /// Answers where it is again.
    pub async fn undo_restore(&self, gateway: GatewayId, id: String) -> Result<String, FleetError> {
        let answer = self
            .ask_governed::<own::UndoRestore>(&gateway, json!({"id": id}))
            .await;
        match answer {
            Ok(answer) => Ok(Fields(&answer).word("restored")),
            Err(FleetError::Request(RequestError::Gateway(refusal))) => {
                Err(FleetError::UndoGone(refusal.message.clone()))
            }
            Err(error) => Err(error),
        }
    }
}

fn item(fields: Fields<'_>) -> Option<UndoItemView> {
    let what = match fields.word("what").as_str() {
        "deleted" => UndoWhat::Deleted,
        "overwrote" => UndoWhat::Overwrote,
        _ => return None,
    };
    Some(UndoItemView {
        id: fields.raw("id"),
        at: fields.number("at").unwrap_or_default(),
        path: fields.word("path"),
        what,
        size: fields.number("size").unwrap_or_default(),
        session: fields.line("sessionKey"),
        tool_call: fields.line("toolCallId"),
    })
}
