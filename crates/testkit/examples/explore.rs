use gatehouse_testkit::gateway::*;
use serde_json::json;
use std::time::{Duration, Instant};
#[tokio::main]
async fn main() {
    let v = if std::env::args().nth(1).as_deref() == Some("v3") {
        Version::V3
    } else {
        Version::V4
    };
    let t = Instant::now();
    let skip = std::env::args().nth(2).is_some();
    let mut gw = RealGateway::start(v, GatewayOptions::default())
        .await
        .unwrap();
    println!("started {:?}", t.elapsed());
    let op = gw.operator().await.unwrap();
    println!(
        "operator {:?} protocol {}",
        t.elapsed(),
        op.hello()["protocol"]
    );
    let a = op
        .raise_exec_approval("uname -a", Duration::from_secs(5))
        .await
        .unwrap();
    println!("{}", a.accepted);
    println!(
        "{}",
        serde_json::to_string(&op.pending_approvals().await.unwrap()).unwrap()
    );
    println!("resolve {:?}", op.decide(&a.id, "deny").await);
    println!("resolve again {:?}", op.decide(&a.id, "allow-once").await);
    println!(
        "get {:?}",
        op.call("exec.approval.get", json!({"id": a.id})).await
    );
    println!(
        "approval.get {:?}",
        op.call("approval.get", json!({"id": a.id})).await
    );
    let mut ev = op.events();
    let b = op
        .raise_exec_approval("id -u", Duration::from_secs(3))
        .await
        .unwrap();
    let c = op
        .raise_exec_approval("whoami", Duration::from_secs(600))
        .await
        .unwrap();
    tokio::time::sleep(Duration::from_secs(5)).await;
    println!(
        "expired get {:?}",
        op.call("approval.get", json!({"id": b.id})).await
    );
    println!("expired resolve {:?}", op.decide(&b.id, "allow-once").await);
    println!(
        "waitDecision {:?}",
        op.call("exec.approval.waitDecision", json!({"id": b.id}))
            .await
    );
    println!(
        "list {}",
        serde_json::to_string(&op.pending_approvals().await.unwrap()).unwrap()
    );
    }
    while let Ok(e) = ev.try_recv() {
        println!(
            "  event {}",
            e.to_string().chars().take(700).collect::<String>()
        );
    }
    // a turn
    println!(
        "subscribe {:?}",
        op.call(
            "sessions.messages.subscribe",
            json!({"key": "agent:main:main"})
        )
        .await
        .map(|v| v.to_string().chars().take(200).collect::<String>())
    );
    let sent = op.call("chat.send", json!({"sessionKey":"agent:main:main","message":"exec: uname -s","idempotencyKey":"k1"})).await;
    println!("send {:?}", sent);
    let until = Instant::now() + Duration::from_secs(150);
    let mut turn_approval = None;
    while Instant::now() < until {
        if let Ok(Ok(e)) = tokio::time::timeout(Duration::from_secs(5), ev.recv()).await {
            println!(
                "  {:?} event {}",
                t.elapsed(),
                e.to_string().chars().take(500).collect::<String>()
            );
            if e["event"] == "chat" && e["payload"]["state"] == "final" { println!("FINAL EARLY {e}"); println!("{}", gw.log_tail()); return; }
            if e["event"] == "exec.approval.requested" {
                println!("APPROVAL {e}");
                turn_approval = e["payload"]["id"].as_str().map(str::to_owned);
                break;
            }
        }
    }
    println!(
        "allow {:?}",
        op.decide(&turn_approval.clone().unwrap(), "allow-once")
            .await
    );
    let until = Instant::now() + Duration::from_secs(60);
    while Instant::now() < until {
        if let Ok(Ok(e)) = tokio::time::timeout(Duration::from_secs(5), ev.recv()).await {
            println!(
                "  {:?} event {}",
                t.elapsed(),
                e.to_string().chars().take(300).collect::<String>()
            );
            if e["event"] == "chat" && e["payload"]["state"] == "final" {
                println!("FINAL {e}");
                break;
            }
        }
    }
    println!(
        "history {:?}",
        op.call(
            "chat.history",
            json!({"sessionKey":"agent:main:main","limit":10})
        )
        .await
        .map(|v| v.to_string().chars().take(3000).collect::<String>())
    );
    let t2 = Instant::now();
    gw.restart().await.unwrap();
    println!("restarted in {:?}", t2.elapsed());
    let op = gw.operator().await.unwrap();
    println!(
        "after restart: list {}",
        serde_json::to_string(&op.pending_approvals().await.unwrap()).unwrap()
    );
    println!(
        "after restart: get {:?}",
        op.call("approval.get", json!({"id": c.id})).await
    );
    println!(
        "after restart: resolve {:?}",
        op.decide(&c.id, "allow-once").await
    );
    println!(
        "history of approvals {:?}",
        op.call("approval.history", json!({})).await
    );
    println!("LOG {}", gw.log_tail());
}
