//! Judging a call off the async threads, and what is done there with it.

use std::sync::Arc;

use gatehouse_agent::Action;

use super::course::{Course, course};
use super::exec_policy::ExecPolicy;
use super::governor::GatewayGovernor;
use super::judge::{Judged, SessionFacts};
use super::look::Look;
use super::rates::Place;
use super::stop::Stop;

impl GatewayGovernor {
    /// The policy's answer, from what is known now.
    pub(super) async fn judged(&self, action: &Action, place: &Arc<Place>) -> Result<Judged, Stop> {
        self.judged_and(action, place, |_, judged| judged).await
    }

    /// The same, and where nobody has to be asked, the look at what will run: one change of threads for both. Nothing
    /// runs by it before the intent is written.
    pub(super) async fn judged_to_run(
        &self,
        action: &Action,
        place: &Arc<Place>,
        policy: &ExecPolicy,
    ) -> Result<(Judged, Option<Result<Look, String>>), Stop> {
        let (looker, policy) = (self.looker.clone(), policy.clone());
        let is_vetted = self.judge.policy.current().policy.vetting().is_some();
        self.judged_and(action, place, move |action, judged| {
            let runs = matches!(course(action, &judged, &policy), Course::Run { .. });
            let look = (runs && !is_vetted).then(|| looker.look_here(action, &judged));
            (judged, look)
        })
        .await
    }

    /// Judges off the async threads, and goes on there with what came of it.
    async fn judged_and<T: Send + 'static>(
        &self,
        action: &Action,
        place: &Arc<Place>,
        then: impl FnOnce(&Action, Judged) -> T + Send + 'static,
    ) -> Result<T, Stop> {
        let session = SessionFacts {
            lineage: self.lineages.of(&action.session_key).await?,
            told_by: self.lineages.tellers(&action.told_by).await?,
            taint: self.taints.of(&action.session_key).await?,
        };
        let (judge, action, place) = (self.judge.clone(), action.clone(), place.clone());
        let judge = move || then(&action, judge.judge(&action, session, &place));
        let judged = tokio::task::spawn_blocking(judge).await;
        judged.map_err(|_| Stop::denied("the call could not be judged", "unjudged"))
    }
}
