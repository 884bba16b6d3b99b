//! Crowds at the door: ten thousand who never finish their handshake, some of them slowly, and more connections than
//! there are files. Whoever is in notices nothing, whoever comes properly comes in, and memory stays where it was.
#![cfg(target_os = "linux")]

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use gatehouse_testkit::operator::Operator;
use rustix::process::{Resource, getrlimit, setrlimit};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::gateway::OwnGateway;
use crate::run::SOON;

const CROWD: usize = 10_000;

/// What the crowd may cost, in bytes: what is bounded holds for a tenth of it.
const ROOM: u64 = 96 * 1024 * 1024;

/// Both ends of this test want many files.
fn allow_many_files() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    setrlimit(Resource::Nofile, limit).unwrap();
    let files = limit.maximum.unwrap_or(u64::MAX);
    assert!(
        files > CROWD as u64 + 1_000,
        "this machine allows only {files} files"
    );
}

fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
    kilobytes.unwrap().parse::<u64>().unwrap() * 1024
}

async fn run_a_command(inside: &Operator) {
    let mut events = inside.events();
    let params = json!({
        "sessionKey": "agent:main:main", "message": "exec: uname", "idempotencyKey": "command",
    });
    inside.call("chat.send", params).await.unwrap();
    let done = async {
        loop {
            let event = events.recv().await.unwrap();
            let id = event["payload"]["id"].as_str();
            match (
                event["event"].as_str(),
                event["payload"]["state"].as_str(),
                id,
            ) {
                (Some("exec.approval.requested"), _, Some(id)) => {
                    inside.decide(id, "allow-once").await.unwrap();
                }
                (Some("chat"), Some("final"), _) => return event.to_string(),
                _ => {}
            }
        }
    };
    let said = timeout(SOON, done).await.expect("the command ends");
    assert!(said.contains("Linux"), "{said}");
}

/// One of the crowd: some say nothing, some begin a request and never end it, some upgrade and never connect.
async fn stranger(address: SocketAddr, number: usize) -> TcpStream {
    let mut stream = timeout(SOON, TcpStream::connect(address))
        .await
        .unwrap()
        .unwrap();
    let said: &[u8] = match number % 3 {
        0 => b"",
        1 => b"GET / HTTP/1.1\r\nhost: x\r\nx-slow: ",
        _ => {
            b"GET / HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\nupgrade: websocket\r\n\
            sec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        }
    };
    // The gateway may have let go of it already.
    let _ = stream.write_all(said).await;
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_half_open_handshakes_keep_nobody_out_and_cost_little() {
    allow_many_files();
    let gateway = OwnGateway::start();
    let address: SocketAddr = ([127, 0, 0, 1], gateway.port()).into();
    let inside = gateway.operator().await;
    // From the first command on, whoever comes from this machine is looked at.
    run_a_command(&inside).await;
    let before = resident(gateway.pid());
    let mut crowd = Vec::new();
    let mut highest = before;
    for number in 0..CROWD {
        crowd.push(stranger(address, number).await);
        if number % 500 == 0 {
            let health = timeout(SOON, inside.call("health", json!({}))).await;
            assert_eq!(health.unwrap().unwrap()["ok"], true);
            highest = highest.max(resident(gateway.pid()));
        }
        // The slow ones say a little more.
        if number % 100 == 50 {
            let _ = crowd[number - 49].write_all(b"x").await;
        }
    }
    let newcomer = timeout(SOON, gateway.operator())
        .await
        .expect("it comes in");
    let health = newcomer.call("health", json!({})).await.unwrap();
    assert_eq!(health["ok"], true);
    highest = highest.max(resident(gateway.pid()));
    assert!(
        highest < before + ROOM,
        "{} MB before, {} MB with the crowd",
        before >> 20,
        highest >> 20
    );
    assert_eq!(crowd.len(), CROWD);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_no_files_are_left_strangers_are_told_and_those_inside_go_on() {
    let gateway = OwnGateway::with_files(160);
    let address: SocketAddr = ([127, 0, 0, 1], gateway.port()).into();
    let inside = gateway.operator().await;
    let mut crowd = Vec::new();
    for number in 0..400 {
        crowd.push(stranger(address, number).await);
    }
    let begun = Instant::now();
    let mut told = false;
    while !told && begun.elapsed() < SOON {
        for stream in &mut crowd {
            let mut said = [0; 64];
            let read = timeout(Duration::from_millis(2), stream.read(&mut said)).await;
            told |= matches!(read, Ok(Ok(read)) if said[..read].starts_with(b"HTTP/1.1 503"));
        }
    }
    assert!(
        told,
        "nobody was told why they did not get in\n{}",
        gateway.log()
    );
    let health = timeout(SOON, inside.call("health", json!({}))).await;
    assert_eq!(health.unwrap().unwrap()["ok"], true);
    drop(crowd);
    let newcomer = timeout(SOON, gateway.operator())
        .await
        .expect("there is room again");
    newcomer.call("health", json!({})).await.unwrap();
}
