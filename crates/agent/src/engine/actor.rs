//! The task that owns the queues of all sessions, and knows every run that is active, waits or ended lately.
//!
//! It decides nothing about a queue (that is [`Lane`]) and does nothing of a run (that is [`super::run`]).

mod reserve;

use std::{collections::HashMap, sync::Arc};

use tokio::{
    sync::{mpsc, oneshot},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use reserve::Reserving;
pub(crate) use reserve::Room;

use super::{
    WeakEngine,
    ended::EndedRuns,
    families::Families,
    lane::{Batch, Item, Lane, QueueRules, Step, StopWhy, Withdrawal},
    parts::Shared,
    request::{AbortCause, ActiveRun, RunOutcome, RunRequest, RunStatus},
    run::Run,
    stop::{StopCause, StopSignal},
};
use crate::{
    ambient::at,
    event::{Emitter, RunEventKind},
    message::{Message, StopReason, Usage},
};

/// An accepted input with all that its run needs.
pub(crate) struct Submission {
    pub(crate) request: RunRequest,
    /// The input as it goes into the transcript.
    pub(crate) message: Message,
    pub(crate) emitter: Arc<Emitter>,
}

pub(crate) type Input = Item<Submission>;

/// What can be asked of the actor.
pub(crate) enum Command {
    /// Takes a run id, unless it is known already.
    Reserve {
        run_id: String,
        room: Room,
        reply: Reserving,
    },
    /// Gives back an id whose input could not be kept.
    Release {
        run_id: String,
    },
    Submit(Box<Input>),
    Abort {
        session_key: String,
        run_id: Option<String>,
        reply: oneshot::Sender<Vec<String>>,
    },
    /// A run's question for more input before its next step.
    TakeSteers {
        session_key: String,
        run_id: Arc<str>,
        reply: oneshot::Sender<Vec<Input>>,
    },
    /// The same, from a run that ends if there is none.
    Finishing {
        session_key: String,
        run_id: Arc<str>,
        reply: oneshot::Sender<Vec<Input>>,
    },
    Ended {
        session_key: String,
        outcome: RunOutcome,
    },
    Active {
        session_key: String,
        reply: oneshot::Sender<Option<ActiveRun>>,
    },
    Await {
        run_id: String,
        reply: oneshot::Sender<Option<RunOutcome>>,
    },
    SetRules(QueueRules),
    /// A sub-agent is about to begin.
    BeginChild {
        parent: String,
        child: String,
        told: oneshot::Sender<RunOutcome>,
    },
    EndChild {
        parent: String,
        child: String,
    },
}

pub(crate) struct Actor {
    shared: Arc<Shared>,
    commands: mpsc::Receiver<Command>,
    /// For the runs, to talk back.
    engine: WeakEngine,
    lanes: HashMap<String, Lane<Submission>>,
    running: HashMap<String, Arc<StopSignal>>,
    ended: EndedRuns,
    families: Families,
    /// Ids that were taken and whose input is not durable yet, with those who wanted the same one since.
    reserved: HashMap<String, Vec<(Room, Reserving)>>,
    rules: QueueRules,
    runs: TaskTracker,
    closing: CancellationToken,
    shutdown: CancellationToken,
}

impl Actor {
    pub(crate) fn new(engine: WeakEngine, commands: mpsc::Receiver<Command>) -> Self {
        let options = &engine.shared.options;
        Self {
            ended: EndedRuns::new(options.kept_outcomes),
            families: Families::default(),
            reserved: HashMap::new(),
            rules: options.queue,
            shared: engine.shared.clone(),
            runs: engine.runs.clone(),
            closing: engine.closing.clone(),
            shutdown: engine.shutdown.clone(),
            engine,
            commands,
            lanes: HashMap::new(),
            running: HashMap::new(),
        }
    }

    /// Until every handle is gone, or the engine stops and its runs have ended.
    pub(crate) async fn run(mut self) {
        let (mut closing, mut stopping) = (false, false);
        loop {
            let due = self.lanes.values().filter_map(Lane::deadline).min();
            tokio::select! {
                biased;
                () = self.closing.cancelled(), if !closing => closing = true,
                () = self.shutdown.cancelled(), if !stopping => {
                    stopping = true;
                    self.stop_everything();
                }
                command = self.commands.recv() => match command {
                    Some(command) => self.handle_command(command, closing),
                    None => return self.stop_everything(),
                },
                () = at(due), if !closing => self.tick(),
            }
            let lanes = &self.lanes;
            self.families
                .settle(|key| lanes.get(key).is_none_or(Lane::is_quiet));
            if stopping && self.running.is_empty() {
                return;
            }
        }
    }

    fn handle_command(&mut self, command: Command, stopping: bool) {
        // A caller that went away needs no answer.
        match command {
            Command::Reserve {
                run_id,
                room,
                reply,
            } => self.reserve_in_turn(run_id, room, reply, stopping),
            Command::Release { run_id } => self.release(&run_id, stopping),
            Command::Submit(input) => {
                self.durable(&input.run_id);
                self.submit(*input, stopping);
            }
            Command::Abort {
                session_key,
                run_id,
                reply,
            } => {
                let _ = reply.send(self.abort(&session_key, run_id.as_deref()));
            }
            Command::TakeSteers {
                session_key,
                run_id,
                reply,
            } => self.give(&session_key, &run_id, reply, Lane::take_steers),
            Command::Finishing {
                session_key,
                run_id,
                reply,
            } => self.give(&session_key, &run_id, reply, Lane::finishing),
            Command::Ended {
                session_key,
                outcome,
            } => self.run_ended(&session_key, outcome, stopping),
            Command::Active { session_key, reply } => {
                let _ = reply.send(self.lanes.get(&session_key).and_then(active_of));
            }
            Command::Await { run_id, reply } => self.ended.when_ended(&run_id, reply),
            Command::BeginChild {
                parent,
                child,
                told,
            } => self.families.begin(parent, child, told),
            Command::EndChild { parent, child } => self.families.end(&parent, &child),
            Command::SetRules(rules) => {
                self.rules = rules;
                for lane in self.lanes.values_mut() {
                    lane.set_rules(rules);
                }
            }
        }
    }

    fn submit(&mut self, input: Input, stopping: bool) {
        if stopping {
            return self.withdraw(input, RunStatus::Aborted(AbortCause::Shutdown));
        }
        let key = input.payload.request.session_key.clone();
        let rules = self.rules;
        let lane = self
            .lanes
            .entry(key.clone())
            .or_insert_with(|| Lane::new(rules));
        let emitter = input.payload.emitter.clone();
        let steps = lane.submit(input, Instant::now());
        self.carry_out(&key, steps, Some(&emitter));
    }

    /// All of a session is stopped with what is at work below it.
    fn abort(&mut self, session_key: &str, run_id: Option<&str>) -> Vec<String> {
        let mut hit = self.abort_in(session_key, run_id);
        if run_id.is_none() {
            for child in self.families.give_up_below(session_key) {
                hit.extend(self.abort_in(&child, None));
            }
        }
        hit
    }

    fn abort_in(&mut self, session_key: &str, run_id: Option<&str>) -> Vec<String> {
        let Some(lane) = self.lanes.get_mut(session_key) else {
            return Vec::new();
        };
        let steps = lane.abort(run_id);
        let hit = steps.iter().map(|step| match step {
            Step::Withdraw { item, .. } => item.run_id.clone(),
            Step::Stop { run_id, .. } | Step::Waits { run_id, .. } => run_id.clone(),
            Step::Start(batch) => batch.items[0].run_id.clone(),
        });
        let hit = hit.collect();
        self.carry_out(session_key, steps, None);
        hit
    }

    fn give(
        &mut self,
        session_key: &str,
        run_id: &str,
        reply: oneshot::Sender<Vec<Input>>,
        take: fn(&mut Lane<Submission>, &str) -> Vec<Input>,
    ) {
        let Some(lane) = self.lanes.get_mut(session_key) else {
            return;
        };
        let items = take(lane, run_id);
        for item in &items {
            self.ended.merge(&item.run_id, run_id);
        }
        // A run that died in between fails as a whole, and with it what it was given.
        let _ = reply.send(items);
    }

    fn run_ended(&mut self, session_key: &str, outcome: RunOutcome, stopping: bool) {
        let run_id = outcome.run_id.clone();
        self.running.remove(&*run_id);
        self.families.run_ended(session_key, &outcome);
        self.ended.end(outcome);
        let Some(lane) = self.lanes.get_mut(session_key) else {
            return;
        };
        let steps = lane.ended(&run_id, Instant::now());
        if stopping {
            self.withdraw_all(steps);
        } else {
            self.carry_out(session_key, steps, None);
        }
        if self.lanes.get(session_key).is_some_and(Lane::is_idle) {
            self.lanes.remove(session_key);
        }
    }

    fn tick(&mut self) {
        let now = Instant::now();
        let keys: Vec<String> = self.lanes.keys().cloned().collect();
        for key in keys {
            let steps = self.lanes.get_mut(&key).map(|lane| lane.tick(now));
            self.carry_out(&key, steps.unwrap_or_default(), None);
        }
    }

    fn carry_out(
        &mut self,
        session_key: &str,
        steps: Vec<Step<Submission>>,
        newest: Option<&Arc<Emitter>>,
    ) {
        for step in steps {
            match step {
                Step::Start(batch) => self.start(session_key, batch),
                Step::Stop { run_id, why } => self.stop(&run_id, why),
                Step::Waits { position, .. } => {
                    if let Some(emitter) = newest {
                        emitter.emit(RunEventKind::Queued { position });
                    }
                }
                Step::Withdraw { item, why } => self.withdraw(item, status_of(why)),
            }
        }
    }

    fn start(&mut self, session_key: &str, batch: Batch<Submission>) {
        let run_id = batch.items[0].run_id.clone();
        for item in batch.items.iter().skip(1) {
            self.ended.merge(&item.run_id, &run_id);
        }
        let Some(engine) = self.engine.upgrade() else {
            return;
        };
        let handle = engine.commands.clone();
        let stop = Arc::new(StopSignal::default());
        self.running.insert(run_id, stop.clone());
        let run = Run::new(self.shared.clone(), engine, batch, stop);
        let session_key = session_key.to_owned();
        self.runs.spawn(async move {
            let outcome = run.supervised().await;
            // Without an actor nobody waits for the outcome.
            let _ = handle
                .send(Command::Ended {
                    session_key,
                    outcome,
                })
                .await;
        });
    }

    fn stop(&self, run_id: &str, why: StopWhy) {
        if let Some(stop) = self.running.get(run_id) {
            stop.stop(StopCause::Abort(match why {
                StopWhy::Requested => AbortCause::Requested,
                StopWhy::Interrupted => AbortCause::Interrupted,
            }));
        }
    }

    /// An input that will not run: told, remembered, and forgotten by the journal. When the engine stops the
    /// journal keeps it, so that its writer finds it after the restart.
    fn withdraw(&mut self, item: Input, status: RunStatus) {
        let outcome = RunOutcome {
            run_id: item.payload.emitter.run_id().clone(),
            status,
            text: String::new(),
            error: None,
            stop_reason: StopReason::Aborted,
            usage: Usage::default(),
            started_at_ms: None,
            ended_at_ms: self.shared.clock.now_ms(),
            silent: false,
        };
        item.payload
            .emitter
            .emit(RunEventKind::Ended(outcome.clone()));
        let session = &item.payload.request.session_key;
        self.families.run_ended(session, &outcome);
        self.ended.end(outcome);
        if status == RunStatus::Aborted(AbortCause::Shutdown) {
            return;
        }
        let journal = self.shared.journal.clone();
        self.runs.spawn(async move {
            let key = &item.payload.request.session_key;
            if let Err(error) = journal.withdraw(key, &item.run_id).await {
                tracing::warn!(%error, run_id = item.run_id, "a withdrawn input stays in the journal");
            }
        });
    }

    fn stop_everything(&mut self) {
        let keys: Vec<String> = self.lanes.keys().cloned().collect();
        for key in keys {
            let steps = self.lanes.get_mut(&key).map(|lane| lane.abort(None));
            self.withdraw_all(steps.unwrap_or_default());
        }
        for stop in self.running.values() {
            stop.stop(StopCause::Abort(AbortCause::Shutdown));
        }
    }

    /// Nothing starts any more.
    fn withdraw_all(&mut self, steps: Vec<Step<Submission>>) {
        for step in steps {
            let items = match step {
                Step::Withdraw { item, .. } => vec![item],
                Step::Start(batch) => batch.items,
                Step::Stop { .. } | Step::Waits { .. } => Vec::new(),
            };
            for item in items {
                self.withdraw(item, RunStatus::Aborted(AbortCause::Shutdown));
            }
        }
    }
}

fn status_of(why: Withdrawal) -> RunStatus {
    match why {
        Withdrawal::Aborted => RunStatus::Aborted(AbortCause::Requested),
        Withdrawal::Overflowed => RunStatus::Dropped,
    }
}

fn active_of(lane: &Lane<Submission>) -> Option<ActiveRun> {
    let (run_id, stopping) = lane.active()?;
    Some(ActiveRun {
        run_id: run_id.to_owned(),
        stopping,
        waiting: lane.waiting().map(str::to_owned).collect(),
    })
}
