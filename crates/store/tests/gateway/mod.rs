//! What every store of a gateway has to do, whatever it is built on. `gateway_contract_tests!` makes a test
//! of each function; the store under test is made by a `GatewayWorld`.

pub mod approvals;
pub mod audit;
pub mod credentials;
pub mod devices;
pub mod grants;
pub mod ledger;
pub mod sessions;
pub mod transcripts;

use std::sync::Arc;

use async_trait::async_trait;
use gatehouse_store::Millis;
use gatehouse_store::gateway::{GatewayStore, NewEntry, RunRecord, RunState, SessionRow};

/// A place to keep things that outlives the store that is opened on it.
#[async_trait]
pub trait GatewayWorld: Send + Sync {
    /// Opens the store. Called again after `close`, it is a restart of the gateway.
    async fn open(&self, now: Millis) -> Arc<dyn GatewayStore>;
}

/// Makes a test of each function of the contract. `$world` is an expression that makes a `GatewayWorld`.
#[macro_export]
macro_rules! gateway_contract_tests {
    ($world:expr) => {
        $crate::gateway_contract_tests! { @area sessions, $world,
            a_session_is_created_once
            the_revision_grows_with_a_write_and_not_with_a_read_or_a_record
            sessions_are_listed_latest_first_in_pages_with_their_total
            a_list_is_narrowed_by_what_was_asked_for
            a_change_is_made_to_what_is_there_and_concurrent_ones_lose_nothing
            a_reset_gives_a_new_id_and_keeps_the_old_transcript
            a_fork_copies_up_to_the_entry_named
            a_deleted_session_takes_its_transcripts_along_and_no_other
            groups_are_kept_in_order_and_renamed_with_their_sessions
            a_run_begins_and_ends_once_and_its_session_says_so
            a_run_that_the_process_did_not_live_to_end_is_interrupted
            an_earlier_run_does_not_end_what_a_later_one_says
        }
        $crate::gateway_contract_tests! { @area transcripts, $world,
            entries_are_numbered_from_one_and_paged_backwards
            an_entry_that_is_there_is_not_added_again
            an_append_moves_the_session_and_its_preview
            a_compaction_keeps_the_old_transcript_and_goes_on_counting
            what_is_meant_for_a_session_reaches_no_other_of_its_key
            a_search_finds_words_of_the_live_transcript_alone
            everything_written_is_there_after_a_restart
            an_append_to_no_session_is_refused
            an_input_waits_until_it_is_an_entry
            an_input_is_taken_only_after_what_it_was_written_after
        }
        $crate::gateway_contract_tests! { @area approvals, $world,
            the_first_answer_wins_and_the_other_sees_it
            of_many_answers_at_once_exactly_one_wins
            what_was_allowed_is_consumed_once_and_by_its_own_digest
            what_was_not_allowed_is_never_consumed
            an_expired_approval_takes_no_answer
            what_waits_comes_back_after_a_restart
            history_is_read_in_pages_the_latest_first
            an_approval_of_a_known_id_changes_nothing
            what_was_allowed_and_not_used_in_its_time_expires
            a_yes_is_taken_back_until_it_is_used
            two_people_must_say_yes_where_two_are_asked_for
            nobody_says_yes_to_their_own_question
            nobody_says_yes_to_their_own_question_by_another_device
        }
        $crate::gateway_contract_tests! { @area grants, $world,
            allow_always_is_added_with_the_answer_that_wins_and_with_no_other
            an_entry_that_shows_a_grant_is_there_as_long_as_the_grant_holds
            of_two_changes_of_the_same_allow_list_one_is_made
            the_allow_list_keeps_its_order_and_is_replaced_whole
            a_grant_comes_with_its_answer_and_holds_until_its_end
            what_was_granted_ends_with_its_session_or_its_agent
        }
        $crate::gateway_contract_tests! { @area devices, $world,
            a_device_is_paired_with_the_request_that_wins
            a_later_request_of_a_device_supersedes_the_former
            an_expired_request_is_neither_listed_nor_approved
            a_token_is_found_by_its_hash_until_its_device_is_removed
            a_setup_code_is_taken_by_one_device_and_not_after_its_time
            what_became_of_a_setup_code_is_kept_for_a_while
        }
        $crate::gateway_contract_tests! { @area credentials, $world,
            a_credential_comes_back_as_it_was_put_also_after_a_restart
            a_credential_is_changed_only_from_the_state_that_was_seen
            a_use_is_counted_within_its_limits
            all_data_keys_change_with_the_header_or_none
            a_change_of_a_credential_and_its_record_are_one_step
        }
        $crate::gateway_contract_tests! { @area ledger, $world,
            a_key_is_claimed_by_one_and_answered_for_all
            a_claim_without_an_answer_does_not_outlive_the_process
            usage_is_summed_by_day_session_and_model
            a_model_without_a_price_is_counted_apart
            a_day_begins_when_the_clocks_that_are_asked_for_say_so
            agents_and_settings_are_the_last_that_were_put
            a_closed_store_says_so
        }
        $crate::gateway_contract_tests! { @area audit, $world,
            records_are_chained_without_a_gap_whoever_writes
            a_page_is_narrowed_and_goes_on_where_the_last_one_ended
            an_intent_is_open_until_its_outcome
            a_change_of_an_approval_is_written_with_it_and_no_other
            checkpoints_and_segments_are_kept_and_a_sealed_log_goes_on
        }
    };
    (@area $area:ident, $world:expr, $($test:ident)*) => {
        mod $area {
            use super::*;
            $(
                #[tokio::test]
                async fn $test() {
                    $crate::gateway::$area::$test(&$world).await;
                }
            )*
        }
    };
}

pub fn session(key: &str, updated_at: Millis) -> SessionRow {
    SessionRow {
        key: key.to_owned(),
        session_id: format!("id-of-{key}"),
        agent: "main".to_owned(),
        kind: "direct".to_owned(),
        overrides: "{}".to_owned(),
        extra: "{}".to_owned(),
        created_at: 1,
        updated_at,
        ..SessionRow::default()
    }
}

pub fn entry(n: i64) -> NewEntry {
    NewEntry {
        id: format!("m{n}"),
        at: n * 1000,
        role: "user".to_owned(),
        run: None,
        input: None,
        json: format!("{{\"n\":{n}}}"),
        text: format!("message number {n}"),
    }
}

pub fn run(id: &str, session: &str, started_at: Millis) -> RunRecord {
    RunRecord {
        id: id.to_owned(),
        session: session.to_owned(),
        agent: "main".to_owned(),
        state: RunState::Running,
        started_at,
        ended_at: None,
        json: "{}".to_owned(),
    }
}
