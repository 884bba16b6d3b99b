//! Another command in the place of the one that is asked about. It is judged before the question is withdrawn, so that
//! a mistake in it costs nothing: the question stays, and who edits is told why.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gatehouse_agent::Action;
use gatehouse_agent::govern::Effect;

use super::GatewayGovernor;
use super::course::{Course, Question as Asking, course};
use super::stop::Stop;
use crate::govern::approvals::answers::Resolver;
use crate::govern::approvals::registry::{AnswerError, Answered};
use crate::govern::judge::Judged;
use crate::govern::modes::exec_policy::ExecPolicy;

/// How often a person may put another command in place before it has to be answered.
pub(super) const MOST_EDITS: usize = 8;

/// Another command, judged and not denied.
pub(super) struct Replacement {
    pub(super) action: Action,
    pub(super) judged: Judged,
    pub(super) asking: Asking,
}

/// The calls whose questions wait, by the id of the question; locked for a look at a time.
#[derive(Clone, Default)]
pub(super) struct OpenQuestions(Arc<Mutex<HashMap<String, Open>>>);

struct Open {
    action: Action,
    policy: ExecPolicy,
    edits_left: usize,
    /// The last command that was tried and would do.
    tried: Option<(String, Replacement)>,
}

/// A question that waits, until this is dropped.
pub(super) struct OpenQuestion<'a> {
    questions: &'a OpenQuestions,
    id: String,
}

impl OpenQuestions {
    pub(super) fn open(
        &self,
        id: &str,
        action: &Action,
        policy: &ExecPolicy,
        edits_left: usize,
    ) -> OpenQuestion<'_> {
        let open = Open {
            action: action.clone(),
            policy: policy.clone(),
            edits_left,
            tried: None,
        };
        self.lock().insert(id.to_owned(), open);
        OpenQuestion {
            questions: self,
            id: id.to_owned(),
        }
    }

    fn find(&self, id: &str) -> Option<(Action, ExecPolicy, usize)> {
        let all = self.lock();
        let open = all.get(id)?;
        Some((open.action.clone(), open.policy.clone(), open.edits_left))
    }

    fn keep(&self, id: &str, command: &str, replacement: Replacement) {
        if let Some(open) = self.lock().get_mut(id) {
            open.tried = Some((command.to_owned(), replacement));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenQuestion<'_> {
    /// What a command was judged as when it was put in place.
    pub(super) fn replacement(self, command: &str) -> Option<Replacement> {
        let open = self.questions.lock().remove(&self.id)?;
        let tried = open.tried.filter(|(tried, _)| tried == command);
        tried.map(|(_, replacement)| replacement)
    }
}

impl Drop for OpenQuestion<'_> {
    fn drop(&mut self) {
        self.questions.lock().remove(&self.id);
    }
}

impl GatewayGovernor {
    /// Puts another command in the place of the one that is asked about, if it may be asked about.
    pub(crate) async fn edit(
        &self,
        id: &str,
        command: &str,
        resolver: &Resolver,
    ) -> Result<Answered, AnswerError> {
        let approvals = &self.parts.approvals;
        approvals.check_edit(id).await?;
        // Nobody waits for the answer any more.
        let (action, policy, edits_left) = self.questions.find(id).ok_or(AnswerError::Unknown)?;
        if edits_left == 0 {
            let why = "the command was changed too often already";
            return Err(AnswerError::Edit(why.to_owned()));
        }
        let replacement = self.replacement(&action, command, &policy).await;
        let replacement = replacement.map_err(|stop| match stop {
            Stop::Denied { reason, .. } => AnswerError::Edit(reason),
            Stop::Store(error) => AnswerError::Store(error),
        })?;
        self.questions.keep(id, command, replacement);
        approvals.edit(id, command, resolver).await
    }

    /// The action with another command, judged, and looked at as it will be when it is asked about.
    pub(super) async fn replacement(
        &self,
        action: &Action,
        command: &str,
        policy: &ExecPolicy,
    ) -> Result<Replacement, Stop> {
        let mut action = action.clone();
        let Effect::Exec(exec) = &mut action.effect else {
            return Err(Stop::denied("only a command can be changed", "changed"));
        };
        exec.argv.truncate(2);
        exec.argv.push(command.to_owned());
        command.clone_into(&mut exec.command);
        exec.program = None;
        // Rules about arguments are about what would run.
        if let Some(arguments) = action.arguments.as_object_mut() {
            arguments.insert("command".to_owned(), command.into());
        }
        // What is only looked at takes nobody's place among those that are counted.
        let place = self.parts.judge.rates.place();
        let judged = self.vetted(self.judged(&action, &place).await?).await;
        drop(place);
        let asking = match course(&action, &judged, policy) {
            Course::Deny { reason, code } => return Err(Stop::Denied { reason, code }),
            Course::Ask(asking) => asking,
            // What a person wrote is asked about all the same: its digest is what is approved.
            Course::Run { .. } => Asking {
                may_be_always: false,
                by_mode: true,
                may_be_granted: false,
                listed_only: false,
            },
        };
        let look = self.look(&action, &judged).await?;
        self.can_use(&action, &look).await?;
        Ok(Replacement {
            action,
            judged,
            asking,
        })
    }
}
