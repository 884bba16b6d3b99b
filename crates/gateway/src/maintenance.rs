//! What has to be done now and then: forgetting answers whose time has passed, counting
//! what the health snapshot tells of agents and sessions, sealing away what is too old of the audit.

use std::time::Duration;

use gatehouse_audit::{Actor, Draft};
use tokio::time::MissedTickBehavior;

use crate::config::Config;
use crate::state::App;

const EVERY: Duration = Duration::from_secs(60);

/// How often what was kept for an undo is looked through: it is kept for days.
const TIDY_EVERY: u64 = 60;

/// How often the audit is looked through for what is too old, in rounds; all of it is verified for that.
const SEAL_EVERY: u64 = 24 * 60;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// Runs until the gateway stops.
pub(crate) async fn run(app: App) {
    let mut due = tokio::time::interval(EVERY);
    due.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut rounds: u64 = 0;
    loop {
        tokio::select! {
            biased;
            () = app.stopping.cancelled() => return,
            _ = due.tick() => {
                if let Err(error) = app.store.check_room().await {
                    tracing::debug!(%error, "nothing can be kept");
                }
                app.unwritten.settle_all(&*app.store).await;
                let now = i64::try_from(app.clock.now_ms()).unwrap_or(i64::MAX);
                if let Err(error) = app.store.answers_expire(now).await {
                    tracing::warn!(%error, "old answers could not be forgotten");
                }
                if let Err(error) = crate::methods::status::take_census(&app).await {
                    tracing::warn!(?error, "agents and sessions could not be counted");
                }
                if rounds.is_multiple_of(TIDY_EVERY) {
                    tidy(&app, now).await;
                }
                // Not in the first round, which is the start.
                if rounds % SEAL_EVERY == 1 {
                    seal(&app, now).await;
                }
                rounds += 1;
            }
        }
    }
}

/// Seals away the records that the configuration no longer wants kept.
async fn seal(app: &App, now: i64) {
    let Some(before) = kept_from(&app.config.current(), now) else {
        return;
    };
    let by = Draft {
        actor: Actor::gateway(),
        ..Draft::default()
    };
    match app.audit.seal(before, by).await {
        Ok(Ok(0)) => {}
        Ok(Ok(dropped)) => tracing::info!(dropped, "old records of the audit were sealed away"),
        Ok(Err(broken)) => {
            tracing::error!(
                problem = broken.text,
                "the audit is broken, and nothing of it is sealed away"
            );
        }
        Err(error) => tracing::warn!(%error, "the audit could not be sealed"),
    }
}

/// Since when records are kept.
fn kept_from(config: &Config, now: i64) -> Option<i64> {
    let days = config.gateway.audit.keep_days?;
    Some(now.saturating_sub(i64::from(days).saturating_mul(DAY_MS)))
}

async fn tidy(app: &App, now: i64) {
    let undo = app.undo.clone();
    let tidied = tokio::task::spawn_blocking(move || undo.tidy(now)).await;
    if let Ok(Err(error)) = tidied {
        tracing::warn!(%error, "what was kept for an undo could not be looked through");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_the_audit_is_kept_unless_the_configuration_says_for_how_long() {
        let mut config = Config::default();
        assert_eq!(kept_from(&config, 10 * DAY_MS), None);
        config.gateway.audit.keep_days = Some(3);
        assert_eq!(kept_from(&config, 10 * DAY_MS), Some(7 * DAY_MS));
    }
}
