//! Following a link of our own scheme.

use crate::deep_link::{self, DeepLink};
use crate::fleet::Fleet;
use crate::inbox::Item;
use crate::view::{ItemKey, Opening, ProblemView};

impl Fleet {
    /// What a link opens. A secret in it stays here under a draft, as one that was pasted does, and goes to the
    /// vault only when the person adds the gateway.
    pub async fn open_link(&self, text: String) -> Opening {
        match deep_link::read(&text) {
            Some(DeepLink::Add) => match self.gateway_recognise(text).await {
                Ok(recognised) => Opening::AddGateway { recognised },
                Err(error) => refused(error.code()),
            },
            Some(DeepLink::Approval { gateway, id }) => {
                let found = self.call(move |core| core.item_named(&gateway, &id)).await;
                match found.ok().flatten() {
                    Some(key) => Opening::Item { key },
                    None => refused("linkItemUnknown"),
                }
            }
            None => refused("linkUnreadable"),
        }
    }
}

impl crate::core::Core {
    /// A request by its gateway, our id of it or its name, and the gateway's id of it. One that waits comes first,
    /// for ids of different kinds may be the same.
    fn item_named(&self, gateway: &str, id: &str) -> Option<ItemKey> {
        let is_there = |item: &Item| {
            item.gateway.0 == gateway
                || self
                    .gateway_name(&item.gateway)
                    .eq_ignore_ascii_case(gateway)
        };
        let items = self.inbox.inbox.items();
        let named = items.filter(|item| item.request.id == id && is_there(item));
        named.max_by_key(|item| item.is_waiting()).map(Item::key)
    }
}

fn refused(code: &str) -> Opening {
    let problem = ProblemView {
        code: code.to_owned(),
        detail: None,
        request_id: None,
        device_id: None,
    };
    Opening::Refused { problem }
}
