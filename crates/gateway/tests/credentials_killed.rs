//! A gateway that is killed while it changes the master key of its credentials: at the next start everything opens,
//! with the one key that is in force.
#![allow(clippy::unwrap_used)]

mod support;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use gatehouse_gateway::StartOptions;
use gatehouse_vault::credentials::KeyFile;
use serde_json::{Value, json};
use support::{ALL_SCOPES, TestGateway, Wire};

const FOLDER: &str = "GATEHOUSE_TEST_FOLDER";
const VICTIM: &str = "a_gateway_that_is_going_to_be_killed";
const ROUNDS: u64 = 6;
const COUNT: usize = 40;

fn options(options: &mut StartOptions, folder: &Path) {
    options.state_dir = folder.to_owned();
    options.keys = Some(Arc::new(KeyFile::new(folder.join("master-keys"))));
}

async fn again(folder: &Path) -> (TestGateway, Wire) {
    let gateway = TestGateway::with(|given| options(given, folder)).await;
    let wire = gateway.client(&ALL_SCOPES).await;
    (gateway, wire)
}

fn keys(folder: &Path) -> usize {
    let text = std::fs::read_to_string(folder.join("master-keys")).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    file["keys"].as_object().unwrap().len()
}

#[tokio::test]
async fn everything_opens_after_a_change_of_the_master_key_was_killed() {
    let folder = tempfile::tempdir().unwrap();
    let (gateway, mut wire) = again(folder.path()).await;
    for number in 0..COUNT {
        let name = format!("c{number}");
        let params =
            json!({"name": name, "type": "password", "secret": format!("value-of-{number}")});
        wire.ask("gatehouse.credentials.set", params).await;
    }
    drop(wire);
    gateway.running.stop("the test").await;
    for round in 0..ROUNDS {
        kill_while_changing(folder.path(), Duration::from_millis(round * 7)).await;
        let (gateway, mut wire) = again(folder.path()).await;
        assert_eq!(keys(folder.path()), 1, "round {round}: one key is left");
        // Wrapping anew opens every data key.
        let wrapped = wire
            .ask("gatehouse.credentials.rotateMasterKey", json!({}))
            .await;
        assert_eq!(wrapped["wrapped"], COUNT, "round {round}");
        drop(wire);
        gateway.running.stop("the test").await;
    }
}

async fn kill_while_changing(folder: &Path, after: Duration) {
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "--nocapture", VICTIM])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let address = lines
        .map_while(Result::ok)
        .find_map(|line| line.strip_prefix("listens on ")?.parse().ok())
        .expect("it says where it listens");
    let mut wire = Wire::dial(address).await;
    wire.connect(&ALL_SCOPES).await;
    for id in 0..50 {
        let method = "gatehouse.credentials.rotateMasterKey";
        let frame = json!({"type": "req", "id": format!("k{id}"), "method": method, "params": {}});
        wire.send(frame.to_string()).await;
    }
    wire.receive().await.unwrap();
    tokio::time::sleep(after).await;
    process.kill().unwrap();
    process.wait().unwrap();
}

#[tokio::test]
#[ignore = "not a test of its own: the process that the test above starts and kills"]
async fn a_gateway_that_is_going_to_be_killed() {
    let folder = std::env::var_os(FOLDER).expect("started by a test above");
    let gateway = TestGateway::with(|given| options(given, Path::new(&folder))).await;
    println!("listens on {}", gateway.address());
    std::future::pending::<()>().await;
}
