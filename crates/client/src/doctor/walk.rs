//! The walk itself. Each step either hands on what the next one needs or ends the walk.

use std::time::Duration;

use gatehouse_protocol::device::Challenge;
use gatehouse_protocol::{HelloOk, Scope};

use super::{CheckedStep, Diagnosis, DoctorStep, StepOutcome};
use crate::config::ConnectionConfig;
use crate::credentials::{CredentialError, CredentialSource, Purpose, select};
use crate::handshake::{await_answer, await_challenge, send_connect};
use crate::problem::{Problem, ProblemCode};
use crate::transport::{self, Socket};

/// Walks to a gateway. `report` hears of each step as it ends; the answer has them all.
pub async fn walk(
    config: &ConnectionConfig,
    source: &dyn CredentialSource,
    report: impl FnMut(&CheckedStep) + Send,
) -> Diagnosis {
    let mut log = Log {
        steps: Vec::new(),
        report,
    };
    let hello = take_steps(config, source, &mut log).await;
    for step in DoctorStep::ALL.into_iter().skip(log.steps.len()) {
        log.note(step, StepOutcome::NotReached);
    }
    Diagnosis {
        steps: log.steps,
        hello: hello.map(Box::new),
    }
}

/// What was found so far.
struct Log<F> {
    steps: Vec<CheckedStep>,
    report: F,
}

impl<F: FnMut(&CheckedStep)> Log<F> {
    fn note(&mut self, step: DoctorStep, outcome: StepOutcome) {
        let checked = CheckedStep { step, outcome };
        (self.report)(&checked);
        self.steps.push(checked);
    }

    fn passed(&mut self, step: DoctorStep, fact: Option<String>) {
        self.note(step, StepOutcome::Passed { fact });
    }

    /// The value of a step that went well; otherwise the walk ends.
    fn must<T>(&mut self, step: DoctorStep, result: Result<T, Problem>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(problem) => {
                self.note(step, StepOutcome::Stopped { problem });
                None
            }
        }
    }
}

async fn take_steps<F: FnMut(&CheckedStep)>(
    config: &ConnectionConfig,
    source: &dyn CredentialSource,
    log: &mut Log<F>,
) -> Option<HelloOk> {
    let mut socket = reach(config, log).await?;
    let deadline = config.limits.handshake_deadline;
    let challenge = within(deadline, await_challenge(&mut socket)).await;
    let challenge = log.must(DoctorStep::Challenge, challenge)?;
    let answer = ask(config, source, &mut socket, &challenge).await;
    let closing = tokio::time::timeout(Duration::from_millis(250), socket.close(None));
    // Whether it says goodbye changes nothing any more.
    let _ = closing.await;
    let hello = match answer {
        Ok(hello) => hello,
        Err(problem) => {
            stop_at_refusal(problem, log);
            return None;
        }
    };
    greet(config, &hello, log);
    Some(hello)
}

/// Name, TCP, TLS and the upgrade.
async fn reach<F: FnMut(&CheckedStep)>(
    config: &ConnectionConfig,
    log: &mut Log<F>,
) -> Option<Socket> {
    let deadline = config.limits.connect_deadline;
    let found = within(deadline, transport::resolve(&config.url)).await;
    let addresses = log.must(DoctorStep::Name, found)?;
    let texts: Vec<_> = addresses.iter().map(|a| a.ip().to_string()).collect();
    log.passed(DoctorStep::Name, Some(texts.join(", ")));

    let dialled = within(deadline, transport::dial(&addresses)).await;
    let tcp = log.must(DoctorStep::Tcp, dialled)?;
    let peer = tcp.peer_addr().ok().map(|address| address.to_string());
    log.passed(DoctorStep::Tcp, peer);

    log.must(DoctorStep::Tls, transport::allowed(config))?;
    let secured = within(deadline, transport::secure(tcp, config)).await;
    let stream = log.must(DoctorStep::Tls, secured)?;
    match (config.url.is_tls(), config.pin) {
        (false, _) => log.note(DoctorStep::Tls, StepOutcome::NotNeeded),
        (true, None) => log.passed(DoctorStep::Tls, None),
        (true, Some(pin)) => log.passed(DoctorStep::Tls, Some(pin.to_string())),
    }

    let upgraded = within(deadline, transport::upgrade(stream, config)).await;
    let socket = log.must(DoctorStep::Upgrade, upgraded)?;
    log.passed(DoctorStep::Upgrade, None);
    Some(socket)
}

/// Presents the credentials and reads the answer.
async fn ask(
    config: &ConnectionConfig,
    source: &dyn CredentialSource,
    socket: &mut Socket,
    challenge: &Challenge,
) -> Result<HelloOk, Problem> {
    let credentials = source.load().await.map_err(unloadable)?;
    let selected = select(&credentials, &config.scopes, false);
    if selected.purpose == Purpose::Handoff {
        // It works once, and that once belongs to the connection.
        return Err(ProblemCode::NoCredential.into());
    }
    send_connect(socket, config, &credentials, &selected, challenge).await?;
    let answer = within(config.limits.handshake_deadline, await_answer(socket)).await?;
    let payload = answer.map_err(|error| Problem::from_connect_error(&error))?;
    let (hello, _not_kept) =
        HelloOk::read(payload).map_err(|error| Problem::from_hello_error(&error))?;
    Ok(hello)
}

/// A refusal tells how far it came: a device that has to be paired has shown the right secret.
fn stop_at_refusal<F: FnMut(&CheckedStep)>(problem: Problem, log: &mut Log<F>) {
    let step = step_of(problem.code);
    for before in [
        DoctorStep::Challenge,
        DoctorStep::Auth,
        DoctorStep::Pairing,
        DoctorStep::Scopes,
    ] {
        if before == step {
            break;
        }
        log.passed(before, None);
    }
    log.note(step, StepOutcome::Stopped { problem });
}

fn step_of(code: ProblemCode) -> DoctorStep {
    match code {
        ProblemCode::ProtocolMismatch | ProblemCode::NotAGateway | ProblemCode::BadFrame => {
            DoctorStep::Challenge
        }
        ProblemCode::PairingRequired
        | ProblemCode::DeviceIdentityRequired
        | ProblemCode::ControlUiDeviceIdentityRequired
        | ProblemCode::AccessRemoved => DoctorStep::Pairing,
        ProblemCode::AuthScopeMismatch => DoctorStep::Scopes,
        _ => DoctorStep::Auth,
    }
}

/// The gateway let us in: what did it grant?
fn greet<F: FnMut(&CheckedStep)>(config: &ConnectionConfig, hello: &HelloOk, log: &mut Log<F>) {
    let version = hello.server.version.as_deref().unwrap_or("unknown version");
    let protocol = hello.protocol;
    log.passed(
        DoctorStep::Challenge,
        Some(format!("protocol {protocol}, {version}")),
    );
    log.passed(DoctorStep::Auth, hello.auth.method.clone());
    log.passed(DoctorStep::Pairing, hello.auth.role.clone());
    let granted = &hello.auth.scopes;
    let missing: Vec<&str> = config
        .scopes
        .iter()
        .filter(|wanted| !is_granted(wanted, granted))
        .map(Scope::as_str)
        .collect();
    if missing.is_empty() {
        let names: Vec<&str> = granted.iter().map(Scope::as_str).collect();
        log.passed(DoctorStep::Scopes, Some(names.join(", ")));
        return;
    }
    let problem = Problem::new(ProblemCode::AuthScopeMismatch).with_detail(missing.join(", "));
    log.note(DoctorStep::Scopes, StepOutcome::Stopped { problem });
}

/// `operator.admin` stands for every scope, as the gateway's own check has it.
fn is_granted(wanted: &Scope, granted: &[Scope]) -> bool {
    granted.contains(wanted) || granted.contains(&Scope::Admin)
}

fn unloadable(error: CredentialError) -> Problem {
    match error {
        CredentialError::Locked => ProblemCode::KeychainLocked.into(),
        CredentialError::Unavailable(reason) => {
            Problem::new(ProblemCode::KeychainUnavailable).with_detail(reason)
        }
        CredentialError::Missing => ProblemCode::NoCredential.into(),
    }
}

async fn within<T>(
    deadline: Duration,
    work: impl Future<Output = Result<T, Problem>>,
) -> Result<T, Problem> {
    tokio::time::timeout(deadline, work)
        .await
        .unwrap_or_else(|_| Err(ProblemCode::TimedOut.into()))
}
