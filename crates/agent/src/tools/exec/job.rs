//! A plan of several programs: pipelines one after the other, each program's output the next one's input, no
//! shell in between. Each pipeline is a process group; what it leaves behind is ended with it.

use std::{
    io::{PipeReader, PipeWriter, pipe},
    process::Stdio,
    sync::Arc,
};

use gatehouse_policy::{Pipeline, Spawn, Stage};
use tokio::{
    process::Child,
    sync::{mpsc, watch},
};

use super::{
    launch::{self, Ready},
    spawn::{CHUNKS, Leader, Spawned, Status, group, read, status_of},
};
use crate::{launch::Launch, secrets::Values, tools::ToolError};

/// What a shell says when there is no such program.
const NOT_FOUND: i32 = 127;

/// A handle to the task that runs a plan.
pub(super) struct Job {
    state: watch::Receiver<State>,
    /// Asks that no further pipeline begins.
    stop: Arc<watch::Sender<bool>>,
}

#[derive(Clone, Debug, Default)]
struct State {
    /// The group that runs now.
    group: Option<u32>,
    ended: Option<Status>,
}

impl Job {
    /// The process of the pipeline that runs; 0 between two.
    pub(super) fn pid(&self) -> u32 {
        self.state.borrow().group.unwrap_or_default()
    }

    /// Waits for the end of the last pipeline.
    pub(super) async fn wait(&mut self) -> Status {
        let ended = self.state.wait_for(|state| state.ended.is_some()).await;
        let ended = ended.map(|state| state.ended.clone());
        ended.ok().flatten().unwrap_or_default()
    }

    /// Signals the group that runs; nothing begins after it.
    pub(super) fn end(&self, signal: group::Ending) {
        self.stop.send_replace(true);
        if let Some(group) = self.state.borrow().group {
            group::end(group, signal);
        }
    }
}

/// Starts the first pipeline, and a task for the rest.
pub(super) fn start(
    launch: &Launch,
    lists: &[Pipeline],
    values: &Values,
) -> Result<Spawned, ToolError> {
    let (chunks, output) = mpsc::channel(CHUNKS);
    let (publish, state) = watch::channel(State::default());
    let (stop, stopped) = watch::channel(false);
    let runner = Runner {
        launch: launch.clone(),
        values: values.clone(),
        chunks,
        publish,
        stopped,
    };
    tokio::spawn(runner.run(lists.to_vec()));
    // Nothing writes to a plan of several programs.
    let (input, _) = mpsc::channel(1);
    let stop = Arc::new(stop);
    Ok(Spawned {
        leader: Leader::Job(Job { state, stop }),
        output,
        input,
        held: None,
    })
}

struct Runner {
    launch: Launch,
    values: Values,
    chunks: mpsc::Sender<Vec<u8>>,
    publish: watch::Sender<State>,
    stopped: watch::Receiver<bool>,
}

impl Runner {
    async fn run(self, lists: Vec<Pipeline>) {
        let mut last = Status {
            code: Some(0),
            signal: None,
        };
        for (at, pipeline) in lists.iter().enumerate() {
            let succeeded = last.code == Some(0);
            let goes = match pipeline.when {
                Stage::Always => true,
                Stage::OnSuccess => succeeded,
                Stage::OnFailure => !succeeded,
            };
            if *self.stopped.borrow() {
                break;
            }
            if goes {
                last = self.pipeline(pipeline, at == 0).await;
            }
        }
        self.publish
            .send_modify(|state| state.ended = Some(last.clone()));
    }

    async fn pipeline(&self, pipeline: &Pipeline, first: bool) -> Status {
        let mut children = match self.begin(pipeline, first).await {
            Ok(children) => children,
            Err(status) => return negate(status, pipeline.negated),
        };
        let leader = children.first().and_then(Child::id);
        self.publish.send_modify(|state| state.group = leader);
        // It may have been stopped while it began.
        if let (true, Some(leader)) = (*self.stopped.borrow(), leader) {
            group::end(leader, group::Ending::Kill);
        }
        let mut status = Status::default();
        let mut ends = futures_util::future::join_all(children.iter_mut().map(Child::wait)).await;
        if let Some(Ok(last)) = ends.pop() {
            status = status_of(last);
        }
        if let Some(leader) = leader {
            group::end(leader, group::Ending::Kill);
        }
        self.publish.send_modify(|state| state.group = None);
        negate(status, pipeline.negated)
    }

    /// Starts every program of a pipeline. One that cannot start ends the others.
    async fn begin(&self, pipeline: &Pipeline, first: bool) -> Result<Vec<Child>, Status> {
        let mut children: Vec<Child> = Vec::new();
        let mut input: Option<PipeReader> = None;
        let last = pipeline.spawns.len().saturating_sub(1);
        for (n, spawn) in pipeline.spawns.iter().enumerate() {
            let leader = children.first().and_then(Child::id);
            let started = self.ready(spawn, first).and_then(|ready| {
                let (output, next) = joint(n < last)?;
                let child = self.start(&ready, input.take(), output, leader)?;
                input = next;
                Ok(child)
            });
            match started {
                Ok(child) => children.push(child),
                Err(error) => {
                    if let Some(leader) = leader {
                        group::end(leader, group::Ending::Kill);
                    }
                    // Nobody reads any more when the owner is gone.
                    let _ = self.chunks.send(format!("{error}\n").into_bytes()).await;
                    return Err(Status {
                        code: Some(NOT_FOUND),
                        signal: None,
                    });
                }
            }
        }
        Ok(children)
    }

    /// What is looked at once more when its turn comes, which may be long after the line began.
    fn ready(&self, spawn: &Spawn, first: bool) -> Result<Ready, ToolError> {
        if first {
            return Ready::direct(&self.launch, spawn, &self.values);
        }
        if !self.launch.is_unchanged_for(&spawn.argv) {
            return Err(launch::changed());
        }
        Ready::later(&self.launch, spawn, &self.values)
    }

    fn start(
        &self,
        ready: &Ready,
        input: Option<PipeReader>,
        output: Option<PipeWriter>,
        leader: Option<u32>,
    ) -> Result<Child, ToolError> {
        let mut command = ready.command(&self.launch);
        command
            .stdin(input.map_or_else(Stdio::null, Stdio::from))
            .stdout(output.map_or_else(Stdio::piped, Stdio::from))
            .stderr(Stdio::piped());
        group::join(&mut command, leader);
        let mut child = command
            .spawn()
            .map_err(|error| ToolError::io(format!("cannot start {}", ready.name), error))?;
        if let Some(stdout) = child.stdout.take() {
            tokio::spawn(read(stdout, self.chunks.clone()));
        }
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(read(stderr, self.chunks.clone()));
        }
        Ok(child)
    }
}

/// What joins a program to the next one, where there is one.
fn joint(is_joined: bool) -> Result<(Option<PipeWriter>, Option<PipeReader>), ToolError> {
    if !is_joined {
        return Ok((None, None));
    }
    let (reader, writer) =
        pipe().map_err(|error| ToolError::io("cannot join two programs", error))?;
    Ok((Some(writer), Some(reader)))
}

fn negate(status: Status, negated: bool) -> Status {
    match (negated, status.code) {
        (true, Some(0)) => Status {
            code: Some(1),
            ..status
        },
        (true, _) => Status {
            code: Some(0),
            signal: None,
        },
        (false, _) => status,
    }
}
