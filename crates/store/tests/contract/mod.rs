//! What every store has to do, whatever it is built on. `contract_tests!` makes a test of each function;
//! the store under test is made by a `World`.

pub mod inbox;
pub mod messages;
pub mod records;
pub mod search;
pub mod sessions;

use async_trait::async_trait;
use gatehouse_store::{
    Bounds, Cache, GatewayRecord, InboxPhase, InboxRecord, MessageBatch, MessageRecord, Millis,
    SessionBatch, SessionKey, SessionRecord,
};

/// A place to keep things that outlives the store that is opened on it.
#[async_trait]
pub trait World: Send + Sync {
    /// Opens the store. Called again after `close`, it is a restart of the application.
    async fn open(&self, bounds: Bounds) -> Box<dyn Cache>;
}

/// Makes a test of each function of the contract. `$world` is an expression that makes a `World`.
#[macro_export]
macro_rules! contract_tests {
    ($world:expr) => {
        $crate::contract_tests! { @area records, $world,
            gateways_come_back_after_a_restart_in_the_order_they_were_added
            a_gateway_put_again_takes_the_place_of_the_former
            a_gateway_was_last_seen_at_the_latest_time_noted
            a_removed_gateway_takes_everything_of_its_own_along_and_nothing_else
            a_setting_is_the_last_that_was_put
            text_of_any_kind_comes_back_as_it_was
            a_closed_store_says_so
        }
        $crate::contract_tests! { @area sessions, $world,
            sessions_are_listed_latest_first_for_one_gateway
            a_whole_list_forgets_what_is_not_in_it_with_its_messages
            a_removed_session_takes_its_messages_along
            sessions_past_the_bound_go_the_oldest_first
        }
        $crate::contract_tests! { @area messages, $world,
            pages_lead_from_the_latest_to_the_first
            messages_of_the_same_position_are_told_apart_by_their_ids
            a_message_written_again_is_replaced_and_may_move
            removals_come_before_additions_and_a_whole_batch_is_all_there_is
            a_page_before_an_unknown_message_is_empty
            a_session_keeps_its_latest_messages_within_the_bound
            past_the_total_the_session_written_longest_ago_gives_way
            past_the_bytes_the_oldest_give_way
            everything_written_is_there_after_a_restart
        }
        $crate::contract_tests! { @area search, $world,
            a_search_finds_every_word_and_the_beginning_of_the_last
            nothing_typed_into_a_search_is_an_operator_or_an_error
            an_excerpt_shows_the_match_and_is_short
            a_search_forgets_what_was_removed_and_knows_what_was_changed
        }
        $crate::contract_tests! { @area inbox, $world,
            what_waits_and_what_was_decided_are_listed_apart
            an_item_that_waits_is_never_dropped_however_many_were_decided
            an_inbox_write_is_one_step_with_its_removals
        }
    };
    (@area $area:ident, $world:expr, $($test:ident)*) => {
        mod $area {
            use super::*;
            $(
                #[tokio::test]
                async fn $test() {
                    $crate::contract::$area::$test(&$world).await;
                }
            )*
        }
    };
}

pub fn gateway(id: &str, added_at: Millis) -> GatewayRecord {
    GatewayRecord {
        id: id.to_owned(),
        name: format!("Gateway {id}"),
        url: format!("wss://{id}.example"),
        pin: Some("AB:CD".to_owned()),
        credential: "token".to_owned(),
        credential_saved_at: Some(added_at + 1),
        paused: false,
        added_at,
        last_seen: None,
        json: r#"{"version":"1"}"#.to_owned(),
    }
}

pub fn session(key: &str, updated_at: Option<Millis>) -> SessionRecord {
    SessionRecord {
        key: key.to_owned(),
        updated_at,
        json: format!("{{\"title\":\"{key}\"}}"),
    }
}

pub fn message(n: i64) -> MessageRecord {
    MessageRecord {
        id: format!("m{n:05}"),
        position: n,
        at: Some(n * 1000),
        json: format!("{{\"n\":{n}}}"),
        text: format!("message number {n}"),
    }
}

pub fn numbered(range: std::ops::RangeInclusive<i64>) -> MessageBatch {
    MessageBatch {
        upsert: range.map(message).collect(),
        ..MessageBatch::default()
    }
}

pub fn item(key: &str, created_at: Millis, decided_at: Option<Millis>) -> InboxRecord {
    InboxRecord {
        key: key.to_owned(),
        gateway: "g".to_owned(),
        created_at,
        phase: decided_at.map_or(InboxPhase::Waiting, |at| InboxPhase::Decided { at }),
        json: format!("{{\"key\":\"{key}\"}}"),
    }
}

pub fn whole(upsert: Vec<SessionRecord>) -> SessionBatch {
    SessionBatch {
        upsert,
        whole: true,
        ..SessionBatch::default()
    }
}

pub fn main_session() -> SessionKey {
    SessionKey::new("g", "main")
}

/// The ids of the whole transcript, read in pages of `limit`.
pub async fn transcript(cache: &dyn Cache, session: &SessionKey, limit: u32) -> Vec<String> {
    let mut ids = Vec::new();
    let mut page = cache.messages_page(session, None, limit).await.unwrap();
    loop {
        let earlier = page.messages.iter().map(|message| message.id.clone());
        ids.splice(0..0, earlier);
        if !page.has_older {
            return ids;
        }
        page = cache
            .messages_page(session, ids.first().map(String::as_str), limit)
            .await
            .unwrap();
        assert!(
            !page.messages.is_empty(),
            "there was said to be an older one"
        );
    }
}
