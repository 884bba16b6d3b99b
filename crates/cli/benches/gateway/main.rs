//! The gateway's figures: `make bench`. Our gateway and the published one, one after the other in the same run
//! on the same machine, asked the same things by the same client. Prints a table, and writes it to
//! `target/bench/gateway.md`.
//!
//! What only the code without sockets costs is measured by criterion in `crates/gateway/benches`.

mod crowd;
mod figures;
#[path = "../../../../tests/bench/measure.rs"]
#[allow(dead_code, reason = "the desktop's figures use the rest of it")]
mod measure;
mod own;
mod requests;
mod runs;
mod seed;
mod subject;
mod wire;

use std::{env, fs, path::Path, time::Duration};

use gatehouse_testkit::gateway::{GatewayOptions, RealGateway, Version};

use figures::{Figures, What, table};
use measure::{median, settled_pss_mb};
use own::OwnGateway;
use subject::Subject;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
/// The gateways hold as many sockets as this process does, and inherit its limit.
const OPEN_FILES: u64 = 8_192;

#[tokio::main]
async fn main() {
    raise_open_files();
    let (mut ours, mut theirs) = (Figures::default(), Figures::default());
    if wanted("own") {
        measure_own(&mut ours).await;
    }
    if wanted("real") {
        measure_real(&mut theirs).await;
    }
    let table = table(&ours, &theirs);
    let folder = Path::new(ROOT).join("target/bench");
    fs::create_dir_all(&folder).expect("a folder for the figures can be made");
    fs::write(folder.join("gateway.md"), &table).expect("the figures can be written");
    print(&table);
}

/// `cargo bench --bench gateway -- real` measures one of the two; without a name it is both.
fn wanted(name: &str) -> bool {
    let mut named = env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with('-'))
        .peekable();
    named.peek().is_none() || named.any(|argument| argument == name)
}

async fn measure_own(figures: &mut Figures) {
    let own = OwnGateway::lay_out().expect("a folder and a model for our gateway can be had");
    let mut subject = Subject::Own(own);
    figures.put(What::Start, start(&mut subject, 11).await);
    measure(&subject, figures).await;
    let seeded = seed::memory_with_sessions(&mut subject).await;
    figures.put(What::ManySessions, seeded);
}

async fn measure_real(figures: &mut Figures) {
    let real = RealGateway::start(Version::V4, GatewayOptions::default()).await;
    let mut subject = Subject::Real(Box::new(real.expect("the published gateway starts")));
    figures.put(What::Start, start(&mut subject, 3).await);
    measure(&subject, figures).await;
    let reason = "a million messages can only be injected one by one, which takes it hours";
    figures.put(What::ManySessions, Err(reason.to_owned()));
}

/// From the start of the process to the first 200 of `GET /health`, in milliseconds. It is left running.
async fn start(subject: &mut Subject, runs: u32) -> figures::Outcome {
    let mut taken = Vec::new();
    for _ in 0..runs {
        subject.stop();
        taken.push(subject.launch().await?.as_secs_f64() * 1000.0);
    }
    Ok(median(taken))
}

/// Everything that is measured on a gateway that runs and is new.
async fn measure(subject: &Subject, figures: &mut Figures) {
    // The published gateway goes on loading for a while after it is healthy.
    tokio::time::sleep(Duration::from_secs(5)).await;
    figures.put(What::Idle, Ok(memory(subject)));
    figures.put(What::Connects, requests::connects(subject).await);
    requests::lists_and_histories(subject, figures).await;
    figures.put(What::SendToModel, runs::send_to_model(subject).await);
    crowd::measure(subject, figures).await;
}

/// PSS of all processes of a gateway, once it has settled, in MB.
fn memory(subject: &Subject) -> f64 {
    let process = subject.process_id();
    tokio::task::block_in_place(|| settled_pss_mb(process))
}

fn raise_open_files() {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    let enough = limit
        .maximum
        .map_or(OPEN_FILES, |most| most.min(OPEN_FILES));
    if limit.current.is_some_and(|now| now < enough) {
        limit.current = Some(enough);
        setrlimit(Resource::Nofile, limit).expect("a limit may be raised up to its maximum");
    }
}

#[allow(clippy::print_stdout, reason = "a bench reports on standard output")]
fn print(table: &str) {
    println!("{table}");
}
