//! A program that is a gateway takes in orphans: what a run started stays a run's, however it left. In a program of
//! its own, as all that this one starts counts as a run's.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod support;

use std::fs;
use std::time::Duration;

use serde_json::json;
use support::{ALL_SCOPES, TestGateway};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const REQUEST: &str = "GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// The policy would ask; what is tried here is what holds without it.
async fn that_asks_nothing() -> TestGateway {
    TestGateway::with(|options| {
        options.config.raw = json!({"tools": {"exec": {"mode": "full"}}});
        support::write_policy(&options.state_dir, r#"{ preset: "observe" }"#);
    })
    .await
}

#[tokio::test]
async fn a_process_that_left_its_run_in_every_way_still_cannot_speak_to_the_gateway() {
    gatehouse_gateway::adopt_orphans();
    let gateway = that_asks_nothing().await;
    let workspace = gateway.state.path().join("workspace");
    fs::create_dir_all(&workspace).unwrap();
    let workspace = workspace.canonicalize().unwrap();
    let at = |name: &str| workspace.join(name);
    let port = gateway.address().port();
    let folder = workspace.display();
    let speak = format!(
        "exec 2>/dev/null\nsleep 1\nexec 3<>/dev/tcp/127.0.0.1/{port}\n\
         printf '{}' >&3\nhead -c 12 <&3 >{folder}/answer.txt\necho done >{folder}/done.txt\n",
        REQUEST.replace("\r\n", "\\r\\n")
    );
    fs::write(at("speak.sh"), speak).unwrap();
    // A session of its own, two forks, no environment: its parent is gone before it speaks.
    fs::write(
        at("leave.sh"),
        "( setsid env -i /bin/bash speak.sh </dev/null >/dev/null 2>&1 & ) &\nsleep 0.2\n",
    )
    .unwrap();
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let call = json!({"name": "exec", "args": {"command": "bash leave.sh"}, "sessionKey": "main"});
    let ran = wire.ask("tools.invoke", call).await;
    assert_eq!(ran["ok"], true, "{ran}");
    let told = async {
        while !at("done.txt").exists() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let patience = Duration::from_secs(30);
    tokio::time::timeout(patience, told).await.unwrap();
    let answer = fs::read_to_string(at("answer.txt")).unwrap_or_default();
    assert_eq!(answer, "", "it was hung up on");

    // This process, which is no run's, is answered.
    let mut stream = TcpStream::connect(gateway.address()).await.unwrap();
    stream.write_all(REQUEST.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1"), "{answer}");
}

/// Speaks to the gateway after its first thread has ended: the system shows of a process what its first thread has open.
/// The number is that of `exit`, of one thread.
const LEAVES_ITS_FIRST: &str = "import ctypes, platform, socket, sys, threading, time
def speak():
    time.sleep(0.5)
    s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
    s.sendall(b'GET /health HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n')
    try:
        answer = s.recv(12)
    except OSError:
        answer = b''
    open('answer.txt', 'wb').write(answer)
threading.Thread(target=speak).start()
ctypes.CDLL(None).syscall({'x86_64': 60, 'aarch64': 93}[platform.machine()], 0)
";

#[tokio::test]
async fn a_run_cannot_hide_its_connection_behind_a_first_thread_that_ended() {
    gatehouse_gateway::adopt_orphans();
    let gateway = that_asks_nothing().await;
    let workspace = gateway.state.path().join("workspace");
    fs::create_dir_all(&workspace).unwrap();
    fs::write(workspace.join("hide.py"), LEAVES_ITS_FIRST).unwrap();
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let command = format!("python3 hide.py {}", gateway.address().port());
    let call = json!({"name": "exec", "args": {"command": command}, "sessionKey": "main"});
    let ran = wire.ask("tools.invoke", call).await;
    assert_eq!(ran["ok"], true, "{ran}");
    let answer = fs::read(workspace.join("answer.txt")).unwrap();
    assert_eq!(String::from_utf8_lossy(&answer), "", "it was hung up on");
}

/// Reads its script bit by bit, and for no longer than a test takes.
const READS_ON: &str =
    ": > begun; n=0; while [ ! -e go ] && [ $n -lt 600 ]; do n=$((n+1)); sleep 0.05; done\n";

#[tokio::test]
async fn a_script_is_not_changed_while_what_left_its_run_in_every_way_still_reads_it() {
    gatehouse_gateway::adopt_orphans();
    let gateway = TestGateway::start().await;
    let workspace = gateway.state.path().join("workspace");
    fs::create_dir_all(&workspace).unwrap();
    let at = |name: &str| workspace.join(name);
    fs::write(at("run.sh"), format!("{READS_ON}echo $0\n")).unwrap();
    fs::write(at("other"), "x").unwrap();
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let mut agent = gateway.client(&ALL_SCOPES).await;
    let leaves = json!({"command": "env -i setsid -f /bin/bash run.sh </dev/null >log 2>&1"});
    let call = json!({"name": "exec", "args": leaves, "sessionKey": "agent:main:main"});
    // One that has not left its group when the command ends is ended with it.
    while !at("begun").exists() {
        let ran = agent.ask("tools.invoke", call.clone()).await;
        assert_eq!(ran["ok"], true, "{ran}");
        tokio::time::sleep(Duration::from_millis(500)).await;
    }

    let change = json!({"command": "cp other run.sh", "sessionKey": "agent:main:main"});
    let checked = wire.ask("gatehouse.policy.check", change.clone()).await;
    let found = checked["findings"].to_string();
    assert!(found.contains("still runs"), "{found}");

    fs::write(at("go"), "").unwrap();
    let ends = async {
        loop {
            let checked = wire.ask("gatehouse.policy.check", change.clone()).await;
            if !checked["findings"].to_string().contains("still runs") {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let patience = Duration::from_secs(60);
    let ended = tokio::time::timeout(patience, ends).await;
    assert!(
        ended.is_ok(),
        "it ended, and nothing reads the script any more"
    );
}

/// Says who it is, and stays for longer than a test takes.
const STAYS: &str = "echo $$ > \"$1.tmp\"; mv \"$1.tmp\" \"$1\"; exec sleep 600\n";

/// Whether a process is there, other than as a dead one that nobody waited for.
fn is_alive(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    let after = stat
        .rsplit_once(')')
        .map(|(_, after)| after.trim_start().to_owned());
    after.is_some_and(|after| !after.starts_with('Z'))
}

async fn until_there(path: &std::path::Path) -> String {
    let there = async {
        while !path.exists() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let patience = Duration::from_secs(30);
    tokio::time::timeout(patience, there).await.unwrap();
    fs::read_to_string(path).unwrap()
}

#[tokio::test]
async fn what_left_a_command_that_is_aborted_ends_with_it_and_what_one_left_that_ended_stays() {
    gatehouse_gateway::adopt_orphans();
    let gateway = that_asks_nothing().await;
    let workspace = gateway.state.path().join("workspace");
    fs::create_dir_all(&workspace).unwrap();
    let at = |name: &str| workspace.join(name);
    fs::write(at("stay.sh"), STAYS).unwrap();
    let leave = |name: &str, rest: &str| {
        format!("(nohup setsid bash stay.sh {name} </dev/null >/dev/null 2>&1 &)\n{rest}\n")
    };
    let ends = leave("left", "while [ ! -e left ]; do sleep 0.05; done");
    fs::write(at("ends.sh"), ends).unwrap();
    let goes_on = leave(
        "one",
        "setsid bash stay.sh two </dev/null >/dev/null 2>&1 & disown; sleep 600",
    );
    fs::write(at("goes_on.sh"), goes_on).unwrap();
    let mut wire = gateway.client(&ALL_SCOPES).await;
    let call = json!({"name": "exec", "args": {"command": "bash ends.sh"}, "sessionKey": "main"});
    let ran = wire.ask("tools.invoke", call).await;
    assert_eq!(ran["ok"], true, "{ran}");
    let left = until_there(&at("left")).await;

    let send = json!({"sessionKey": "agent:main:main", "message": "exec: bash goes_on.sh",
        "idempotencyKey": "r"});
    wire.ask("chat.send", send).await;
    let gone = [until_there(&at("one")).await, until_there(&at("two")).await];
    assert!(gone.iter().all(|pid| is_alive(pid)), "{gone:?}");
    let abort = json!({"sessionKey": "agent:main:main"});
    wire.ask("chat.abort", abort).await;
    let wait = json!({"runId": "r", "timeoutMs": 60_000});
    wire.ask("agent.wait", wait).await;
    assert!(
        !gone.iter().any(|pid| is_alive(pid)),
        "{gone:?} is still there"
    );
    let is_left = is_alive(&left);
    let pid = rustix_pid(&left);
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    assert!(is_left, "it was left on purpose");
}

fn rustix_pid(pid: &str) -> rustix::process::Pid {
    let pid = pid.trim().parse().unwrap();
    rustix::process::Pid::from_raw(pid).unwrap()
}
