//! The mock: a gateway in this process, with its state in a folder that goes away with it. Its model is a script, no
//! AI; commands are refused and the web is not there, so that nothing outside that folder is touched.

use std::io::BufRead;
use std::path::{Path, PathBuf};

use gatehouse_gateway::auth::{AuthSettings, SharedSecret};
use gatehouse_gateway::config::{Env, read};
use gatehouse_gateway::{Gateway, RunningGateway, StartOptions};
use tokio::sync::mpsc;

use super::connect::{Greeting, tell};
use super::{Context, send};
use crate::args::Target;
use crate::dial::Link;
use crate::failure::{Failure, FailureKind};
use crate::server::signalled;

/// Commands and the web are refused whatever the model asks for, and the port is whichever is free.
const CONFIGURATION: &str = "{gateway: {port: 0}, \
    tools: {deny: ['group:web'], exec: {security: 'deny', ask: 'off'}}}";
const SESSION: &str = "agent:main:main";

pub(super) async fn run(context: &mut Context<'_>) -> Result<(), Failure> {
    let folder = Folder::make()?;
    let token = uuid::Uuid::new_v4().to_string();
    let gateway = start(&folder.0, &token).await?;
    let target = Target {
        url: Some(format!("ws://{}", gateway.local_addr())),
        token: Some(token),
        ..Target::default()
    };
    let done = tokio::select! {
        done = visit(context, target) => done,
        // What stays is a folder that has to go.
        ended = signalled() => ended.map(drop),
    };
    gateway.stop("the visit is over").await;
    done
}

async fn start(folder: &Path, token: &str) -> Result<RunningGateway, Failure> {
    let broken = |error: String| Failure::new(FailureKind::General, "mockNotStarted", error);
    let reading = read(CONFIGURATION, Path::new("the mock"), &Env::new());
    let config = reading.map_err(|error| broken(error.to_string()))?.config;
    let auth = AuthSettings::Token(SharedSecret::of(token));
    let options = StartOptions::new(config, auth, folder.to_owned());
    Gateway::start(options)
        .await
        .map_err(|error| broken(error.to_string()))
}

async fn visit(context: &mut Context<'_>, target: Target) -> Result<(), Failure> {
    let dial = context.dial_quietly(target)?.showing_approvals();
    let mut link = dial.connect(context.environment).await?;
    let mut greeting = Greeting::of(dial.url.as_str(), &link.hello);
    greeting.mock = true;
    tell(context, greeting)?;
    context
        .output
        .hint("the mock: a script, no AI. Say something, or `help`; Ctrl-D ends it");
    let talked = talk(context, &mut link).await;
    link.close().await;
    talked
}

/// Says what stdin says, line by line. A run that fails ends none of the others.
async fn talk(context: &mut Context<'_>, link: &mut Link) -> Result<(), Failure> {
    let mut lines = lines();
    while let Some(line) = lines.recv().await {
        let line = line?;
        let text = line.trim();
        if text.is_empty() {
            continue;
        }
        let answer = send::converse(context, link, SESSION.to_owned(), text.to_owned()).await?;
        match send::finish(context, &answer) {
            Err(failure) if failure.is_of_the_run() => context.output.failure(&failure),
            done => done?,
        }
    }
    Ok(())
}

/// Lines of stdin, read by a thread of its own: one that waits for a line does not keep the process from ending.
fn lines() -> mpsc::Receiver<std::io::Result<String>> {
    let (tell, told) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            if tell.blocking_send(line).is_err() {
                break;
            }
        }
    });
    told
}

/// A folder that goes away.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Result<Self, Failure> {
        let path = std::env::temp_dir().join(format!("gatehouse-mock-{}", uuid::Uuid::new_v4()));
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What stays behind is a script's chatter.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
