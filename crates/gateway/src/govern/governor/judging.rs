//! Judging a call off the async threads, and what is done there with it.

use std::sync::Arc;

use gatehouse_agent::Action;
use gatehouse_policy::decide::KnownCredential;

use super::GatewayGovernor;
use super::course::{Course, course};
use super::stop::Stop;
use crate::govern::judge::rates::Place;
use crate::govern::judge::{Judge, Judged, SessionFacts};
use crate::govern::look::Look;
use crate::govern::look::wanted;
use crate::govern::modes::exec_policy::ExecPolicy;

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
        let unjudged = |_| Stop::denied("the call could not be judged", "unjudged");
        let call = Call {
            judge: self.judge.clone(),
            action: action.clone(),
            session,
            place: place.clone(),
        };
        let begun = tokio::task::spawn_blocking(move || call.begin(then)).await;
        let (names, call, then) = match begun.map_err(unjudged)? {
            Begun::Done(done) => return Ok(done),
            Begun::Names { names, call, then } => (names, call, then),
        };
        let known = wanted::known(action, &names, &*self.parts.credentials).await;
        let known = known.map_err(|reason| Stop::denied(&reason, "credential"))?;
        let judged = tokio::task::spawn_blocking(move || then(&call.action, call.judged(&known)));
        judged.await.map_err(unjudged)
    }
}

/// A call that is judged off the async threads.
struct Call {
    judge: Judge,
    action: Action,
    session: SessionFacts,
    place: Arc<Place>,
}

/// How far a call was judged.
enum Begun<T, F> {
    Done(T),
    /// It names credentials; only who has read the command knows which.
    Names {
        names: Vec<String>,
        call: Box<Call>,
        then: F,
    },
}

impl Call {
    fn begin<T, F: FnOnce(&Action, Judged) -> T>(self, then: F) -> Begun<T, F> {
        let session = self.session.clone();
        let judged = self.judge.judge(&self.action, session, None, &self.place);
        match judged.decision.credentials.as_slice() {
            [] => Begun::Done(then(&self.action, judged)),
            names => Begun::Names {
                names: names.to_vec(),
                call: Box::new(self),
                then,
            },
        }
    }

    fn judged(&self, known: &[KnownCredential]) -> Judged {
        let session = self.session.clone();
        self.judge
            .judge(&self.action, session, Some(known), &self.place)
    }
}
