//! What has to be done now and then: forgetting answers whose time has passed, counting
//! what the health snapshot tells of agents and sessions.

use std::time::Duration;

use tokio::time::MissedTickBehavior;

use crate::state::App;

const EVERY: Duration = Duration::from_secs(60);

/// How often what was kept for an undo is looked through: it is kept for days.
const TIDY_EVERY: u64 = 60;

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
                rounds += 1;
            }
        }
    }
}

async fn tidy(app: &App, now: i64) {
    let undo = app.undo.clone();
    let tidied = tokio::task::spawn_blocking(move || undo.tidy(now)).await;
    if let Ok(Err(error)) = tidied {
        tracing::warn!(%error, "what was kept for an undo could not be looked through");
    }
}
