//! Where a run's tool calls are governed, in one line: judge, record the intent, ask where it must be asked, look
//! again, take the answer once, keep what will be replaced, and hand on exactly what was judged.

pub(in crate::govern) mod course;
mod edits;
mod granted;
mod held_back;
mod judging;
pub(in crate::govern) mod records;
mod stop;

use std::sync::Arc;

use async_trait::async_trait;
use gatehouse_agent::launch::Digests;
use gatehouse_agent::secrets::Credentials;
use gatehouse_agent::tools::exec::ExecOptions;
use gatehouse_agent::{Action, Governor, ToolOutcome, Verdict};
use gatehouse_policy::authz::Right;
use gatehouse_protocol::{MethodScope, Role};
use gatehouse_store::StoreError;
use gatehouse_store::gateway::{ApprovalRecord, ApprovalState, Consumed, GatewayStore};
use uuid::Uuid;

pub(crate) use held_back::HeldBack;

use crate::broadcast::Hub;
use crate::clock::Clock;
use crate::govern::approvals::question::Question;
use crate::govern::approvals::registry::{Approvals, Pending};
use crate::govern::approvals::wire;
use crate::govern::judge::rates::Place;
use crate::govern::judge::taint::Taints;
use crate::govern::judge::vetter::Vetter;
use crate::govern::judge::{Judge, Judged};
use crate::govern::look::wanted::Wanted;
use crate::govern::look::{Look, Looker};
use crate::govern::modes::document::ExecModes;
use crate::govern::modes::exec_policy::ExecPolicy;
use crate::govern::policy_desk::PolicyDesk;
use crate::govern::undo::{UndoBox, Whose, targets::targets};
use crate::router::{Caller, rights};
use crate::sessions::Lineages;
use course::{Course, Question as Asking, course, without_anyone};
use edits::{MOST_EDITS, OpenQuestions};
use records::{Leave, Recorder};
use stop::{Stop, refusal, untaken};

/// Told while a run waits for a person, so that its watchers see why nothing happens.
pub trait Waiting: Send + Sync {
    fn waits(&self, action: &Action, approval_id: &str);
    fn goes_on(&self, action: &Action, approval_id: &str);
}

/// What a governor is made of.
pub struct GovernorParts {
    pub store: Arc<dyn GatewayStore>,
    pub approvals: Approvals,
    pub exec_modes: ExecModes,
    pub hub: Hub,
    pub clock: Clock,
    pub waiting: Arc<dyn Waiting>,
    /// As the tool that starts commands has them.
    pub exec: ExecOptions,
    pub(crate) judge: Judge,
    /// Gives the values of the credentials that calls name.
    pub credentials: Arc<dyn Credentials>,
    pub(crate) taints: Taints,
    pub(crate) vetter: Vetter,
    pub undo: UndoBox,
    /// Whether an agent has a tool now.
    pub(crate) offers: Offers,
}

/// Of an agent and a tool.
pub(crate) type Offers = Arc<dyn Fn(&str, &str) -> bool + Send + Sync>;

/// Governs the tool calls of runs.
pub struct GatewayGovernor {
    parts: GovernorParts,
    judge: Judge,
    looker: Looker,
    taints: Taints,
    lineages: Lineages,
    recorder: Recorder,
    questions: OpenQuestions,
}

/// What may run.
struct Cleared {
    look: Look,
    judged: Judged,
    digest: String,
    approval: Option<String>,
    leave: Leave,
    /// What the agent should know about what ran.
    note: Option<String>,
}

#[async_trait]
impl Governor for GatewayGovernor {
    async fn govern(&self, action: &Action) -> Verdict {
        match self.decide(action).await {
            Ok(cleared) => {
                let approval = cleared.approval.clone();
                self.recorder
                    .allowed(action, cleared.digest, approval, cleared.leave);
                Verdict::Allow {
                    approval_id: cleared.approval,
                    launch: cleared.look.launch,
                    note: cleared.note,
                }
            }
            Err(Stop::Denied { reason, code }) => Verdict::Deny { reason, code },
            Err(Stop::Store(error)) => {
                // Without a record of it nothing happens.
                tracing::error!(%error, tool = %action.tool, "a call could not be governed");
                let why = match error {
                    StoreError::DiskFull => "the gateway's disk is full: it",
                    _ => "the gateway",
                };
                Verdict::Deny {
                    reason: format!("{why} could not record the decision, so the call did not run"),
                    code: Some("no_record"),
                }
            }
        }
    }

    async fn outcome(&self, action: &Action, outcome: &ToolOutcome) {
        self.recorder.outcome(action, outcome).await;
    }

    async fn meaningless(&self, action: &Action, why: &str) {
        self.recorder.meaningless(action, why).await;
    }
}

impl GatewayGovernor {
    pub fn new(parts: GovernorParts) -> Self {
        Self {
            judge: parts.judge.clone(),
            looker: Looker {
                environment: parts.exec.clean_environment(),
                digests: Arc::new(Digests::default()),
                clock: parts.clock.clone(),
            },
            taints: parts.taints.clone(),
            lineages: Lineages::new(parts.store.clone()),
            recorder: Recorder::new(parts.store.clone(), parts.clock.clone()),
            questions: OpenQuestions::default(),
            parts,
        }
    }

    async fn decide(&self, action: &Action) -> Result<Cleared, Stop> {
        self.offered(action)?;
        let policy = self.exec_policy(action).await?;
        let place = self.judge.rates.place();
        let (judged, ahead) = self.judged_to_run(action, &place, &policy).await?;
        let mut judged = self.vetted(judged).await;
        self.recorder.intent(action, &mut judged).await?;
        let cleared = match course(action, &judged, &policy) {
            Course::Deny { reason, code } => return Err(Stop::Denied { reason, code }),
            Course::Run { rule } => {
                self.used(rule.as_deref(), action).await?;
                let look = match ahead {
                    Some(look) => look.map_err(|reason| Stop::denied(&reason, "unusable"))?,
                    None => self.look(action, &judged).await?,
                };
                Cleared::unasked(look, judged, Leave::of_rule(rule))
            }
            Course::Ask(asking) => self.ask(action, judged, asking, &policy, &place).await?,
        };
        let session = &action.session_key;
        self.taints.add(session, &cleared.judged.taint).await?;
        self.taints.overheard(action).await?;
        let now = i64::try_from(self.parts.clock.now_ms()).unwrap_or(i64::MAX);
        place.keep(now);
        if let Some(launch) = &cleared.look.launch {
            self.judge.running.add(launch, &cleared.judged);
        }
        self.keep(action, &cleared.judged).await;
        Ok(cleared)
    }

    /// A run keeps the list of tools that it began with; the configuration may have taken one away since.
    fn offered(&self, action: &Action) -> Result<(), Stop> {
        if (self.parts.offers)(&action.agent_id, &action.tool) {
            return Ok(());
        }
        let text = format!("the tool {} is not offered to this agent", action.tool);
        Err(Stop::denied(&text, "not_offered"))
    }

    /// The exec modes and the allow-list, as they are now.
    async fn exec_policy(&self, action: &Action) -> Result<ExecPolicy, StoreError> {
        let now = self.parts.approvals.now();
        let (agent, session) = (&action.agent_id, &action.session_key);
        let modes = &self.parts.exec_modes;
        modes.of(agent, session, &action.told_by, now).await
    }

    /// With a second opinion, where the policy wants one. Before the question only: what a person has answered is not
    /// a model's to answer again.
    async fn vetted(&self, judged: Judged) -> Judged {
        let policy = self.judge.policy.current().policy;
        self.parts.vetter.vetted(judged, policy.vetting()).await
    }

    async fn look(&self, action: &Action, judged: &Judged) -> Result<Look, Stop> {
        let look = self.looker.look(action, judged).await;
        look.map_err(|reason| Stop::denied(&reason, "unusable"))
    }

    /// By a grant, by a person, or not at all.
    async fn ask(
        &self,
        action: &Action,
        judged: Judged,
        asking: Asking,
        policy: &ExecPolicy,
        place: &Arc<Place>,
    ) -> Result<Cleared, Stop> {
        let look = self.look(action, &judged).await?;
        let listed = asking.listed_only.then_some(policy);
        if asking.may_be_granted {
            let grants = self.granted(action, &judged, &look, listed).await?;
            if !grants.is_empty() {
                // What was looked at for the grant is what runs.
                return Ok(Cleared::unasked(look, judged, Leave::Grants(grants)));
            }
        }
        if asking.listed_only {
            return Err(Stop::unlisted());
        }
        if !self.someone_can_answer(&action.agent_id).await {
            return match without_anyone(action, asking, policy) {
                Course::Run { rule } => {
                    self.used(rule.as_deref(), action).await?;
                    let leave = rule.map_or(Leave::Fallback, Leave::Entry);
                    Ok(Cleared::unasked(look, judged, leave))
                }
                Course::Deny { reason, code } => Err(Stop::Denied { reason, code }),
                Course::Ask(_) => Err(Stop::denied("nobody was asked", "no_approver")),
            };
        }
        self.can_use(action, &look).await?;
        place.release();
        let question = (judged, look, asking);
        self.asked(action.clone(), question, policy, place).await
    }

    /// Whether the credentials that the call names can be used. Nobody is asked about a call that would fail for them.
    async fn can_use(&self, action: &Action, look: &Look) -> Result<(), Stop> {
        let refused = |reason: String| Stop::denied(&reason, "credential");
        let wanted = Wanted::of(action, look).map_err(refused)?;
        let checked = wanted.check(&*self.parts.credentials).await;
        checked.map_err(refused)
    }

    /// Asks, and asks anew for each command that a person puts in place.
    async fn asked(
        &self,
        mut action: Action,
        (mut judged, mut look, mut asking): (Judged, Look, Asking),
        policy: &ExecPolicy,
        place: &Arc<Place>,
    ) -> Result<Cleared, Stop> {
        let mut note = None;
        for edits_left in (0..=MOST_EDITS).rev() {
            let nonce = Uuid::new_v4().simple().to_string();
            let digest = look.binding.digest(&nonce);
            let question = Question::about(&action, &judged, &look, asking, policy, digest);
            let id = Uuid::new_v4().to_string();
            // Nothing stays open while a person thinks.
            drop(look);
            let open = self.questions.open(&id, &action, policy, edits_left);
            let question = Question {
                id: Some(id),
                ..question
            };
            let pending = self.parts.approvals.ask(question).await;
            let pending = pending.map_err(|error| {
                let text = format!("the approval could not be asked for: {error}");
                Stop::denied(&text, "unasked")
            })?;
            let settled = self.answer(&action, pending).await?;
            if settled.state == ApprovalState::Allowed {
                let mut cleared = self.take(&action, &nonce, &settled, place).await?;
                cleared.note = note;
                return Ok(cleared);
            }
            let Some(edited) = wire::edited(&settled) else {
                return Err(refusal(&settled));
            };
            let next = match open.replacement(&edited) {
                Some(next) => next,
                None => self.replacement(&action, &edited, policy).await?,
            };
            (action, judged, asking) = (next.action, next.judged, next.asking);
            self.recorder.replaced(&action).await?;
            self.recorder.intent(&action, &mut judged).await?;
            look = self.look(&action, &judged).await?;
            note = Some(format!(
                "A person changed the command; what ran is: {edited}"
            ));
        }
        Err(Stop::denied("the command was changed too often", "changed"))
    }

    async fn answer(&self, action: &Action, pending: Pending) -> Result<ApprovalRecord, Stop> {
        let id = pending.record.id.clone();
        self.parts.waiting.waits(action, &id);
        let settled = pending.settled().await?;
        self.parts.waiting.goes_on(action, &id);
        Ok(settled)
    }

    /// Looks at everything again and takes the answer, if it is still for the same.
    async fn take(
        &self,
        action: &Action,
        nonce: &str,
        settled: &ApprovalRecord,
        place: &Arc<Place>,
    ) -> Result<Cleared, Stop> {
        self.offered(action)?;
        let policy = self.exec_policy(action).await?;
        let judged = self.judged(action, place).await?;
        let course = course(action, &judged, &policy);
        if let Course::Deny { reason, code } = course {
            return Err(Stop::Denied { reason, code });
        }
        let look = self.look(action, &judged).await?;
        if let Course::Ask(asking) = course
            && asking.listed_only
        {
            let listed = Some(&policy);
            if self
                .granted(action, &judged, &look, listed)
                .await?
                .is_empty()
            {
                return Err(Stop::unlisted());
            }
        }
        let digest = look.binding.digest(nonce);
        let id = &settled.id;
        match self.parts.approvals.consume(id, &digest).await? {
            Consumed::Now(_) => Ok(Cleared {
                look,
                judged,
                digest,
                approval: Some(id.clone()),
                leave: Leave::Policy,
                note: None,
            }),
            consumed => Err(untaken(&consumed)),
        }
    }

    /// Keeps what the action replaces.
    async fn keep(&self, action: &Action, judged: &Judged) {
        let targets = targets(action, &judged.decision.effects);
        if targets.is_empty() {
            return;
        }
        let undo = self.parts.undo.clone();
        let action = action.clone();
        let now = self.parts.approvals.now();
        let kept = tokio::task::spawn_blocking(move || {
            let whose = Whose {
                workspace: &action.workspace,
                session: &action.session_key,
                tool_call: Some(&action.tool_call_id),
            };
            undo.keep_all(&whose, targets, now);
        });
        // It ends by itself if it must.
        let _ = kept.await;
    }

    /// Whether anyone is connected who may answer for the agent and can show a question.
    async fn someone_can_answer(&self, agent: &str) -> bool {
        let members = self.parts.hub.members().await;
        let policy = &self.judge.policy;
        members
            .iter()
            .any(|caller| can_answer(caller, policy, agent))
    }
}

/// The scope and the role to see and answer, and the capability to show (`approvals`, or the older `exec-approvals`).
pub(crate) fn can_answer(caller: &Caller, policy: &PolicyDesk, agent: &str) -> bool {
    let shows = caller.has_cap("approvals") || caller.has_cap("exec-approvals");
    let may = |right| rights::of_agent(policy, caller, right, agent);
    caller.role == Role::Operator
        && caller.may(MethodScope::Approvals)
        && shows
        && may(Right::ApprovalRead)
        && may(Right::ApprovalDecide)
}

impl Cleared {
    /// Without an approval.
    fn unasked(look: Look, judged: Judged, leave: Leave) -> Self {
        Self {
            digest: look.binding.digest(""),
            look,
            judged,
            approval: None,
            leave,
            note: None,
        }
    }
}
