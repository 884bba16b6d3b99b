//! The official command line as a client of our gateway.

use gatehouse_testkit::cable::Cable;
use gatehouse_testkit::official::{OfficialCli, Said};
use serde_json::{Value, json};

use crate::gateway::{OwnGateway, TOKEN};
use crate::run::Gatehouse;

/// Runs it with `--url` and `--token`, and expects it to go well.
async fn well(gateway: &OwnGateway, cli: &OfficialCli, arguments: &[&str]) -> Said {
    let said = cli.run(arguments).await.unwrap();
    assert_eq!(
        said.status,
        Some(0),
        "openclaw {arguments:?}: {said:?}\n{}",
        gateway.log()
    );
    said
}

async fn call(gateway: &OwnGateway, cli: &OfficialCli, method: &str, params: Value) -> Value {
    let params = params.to_string();
    let line = ["gateway", "call", method, "--json", "--params", &params];
    well(gateway, cli, &line).await.json().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn it_asks_how_the_gateway_is() {
    let gateway = OwnGateway::start();
    let cli = gateway.official();
    let health = call(&gateway, &cli, "health", json!({})).await;
    assert_eq!(health["ok"], true);
    let shown = well(&gateway, &cli, &["gateway", "health"]).await;
    assert!(shown.stdout.contains("OK"), "{shown:?}");
    let health = cli.run_plain(&["health", "--json"]).await.unwrap();
    assert_eq!(health.status, Some(0), "{health:?}");
    let status = cli.run_plain(&["status", "--json"]).await.unwrap();
    assert_eq!(status.status, Some(0), "{status:?}");
    assert_eq!(
        status.json().unwrap()["gateway"]["reachable"],
        true,
        "{status:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn it_sees_that_no_device_waits() {
    let gateway = OwnGateway::start();
    let cli = gateway.official();
    let list = well(&gateway, &cli, &["devices", "list", "--json"])
        .await
        .json()
        .unwrap();
    assert_eq!(list["pending"], json!([]), "{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_approves_a_device_that_waits_and_names_and_removes_it() {
    let gateway = OwnGateway::start();
    let cli = gateway.official();
    // To the gateway its clients are somewhere else, so that their devices have to be paired.
    let afar = Cable::from_afar(gateway.port()).await.unwrap();
    let newcomer = Gatehouse::new()
        .env("OPENCLAW_GATEWAY_TOKEN", TOKEN)
        .env("GATEHOUSE_PASSPHRASE", "a passphrase for this test")
        .env("OPENCLAW_GATEWAY_URL", &afar.url())
        .with("--device", "file");
    let waits = newcomer.run(&["connect", "--json"]);
    assert_eq!(waits.status, 5, "{waits:?}");
    let list = ["devices", "list", "--json"];
    let listed = well(&gateway, &cli, &list).await.json().unwrap();
    let request = listed["pending"][0]["requestId"].as_str();
    let request = request.unwrap_or_else(|| panic!("{listed:#}")).to_owned();
    assert!(waits.stderr.contains(&request), "{waits:?}");

    well(&gateway, &cli, &["devices", "approve", &request]).await;
    let comes_in = newcomer.run(&["connect", "--json"]);
    assert_eq!(comes_in.status, 0, "{comes_in:?}\n{}", gateway.log());
    let listed = well(&gateway, &cli, &list).await.json().unwrap();
    assert_eq!(listed["pending"], json!([]), "{listed:#}");
    let paired = listed["paired"].as_array().unwrap();
    let device = paired.iter().find(|device| device["requestId"] != "");
    let device = device.unwrap()["deviceId"].as_str().unwrap().to_owned();

    let rename = [
        "devices", "rename", "--device", &device, "--name", "Kitchen",
    ];
    well(&gateway, &cli, &rename).await;
    well(&gateway, &cli, &["devices", "remove", &device]).await;
    let turned_away = newcomer.run(&["connect", "--json"]);
    assert_eq!(turned_away.status, 5, "{turned_away:?}");
    let heard = gateway.tap.methods();
    for method in [
        "device.pair.list",
        "device.pair.approve",
        "device.pair.remove",
    ] {
        assert!(heard.contains(method), "{method} among {heard:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn it_puts_a_session_away_and_deletes_it() {
    let gateway = OwnGateway::start();
    let cli = gateway.official();
    let key = "agent:main:listed";
    let params = json!({"key": key, "label": "listed"});
    call(&gateway, &cli, "sessions.create", params).await;
    // Its `sessions list` reads a store of this machine's own; these go to the gateway.
    well(&gateway, &cli, &["sessions", "archive", key, "--json"]).await;
    let put_away = json!({"archived": true});
    let list = call(&gateway, &cli, "sessions.list", put_away.clone()).await;
    assert_eq!(list["sessions"][0]["key"], key, "{list:#}");
    let delete = ["sessions", "delete", key, "--json", "--yes"];
    well(&gateway, &cli, &delete).await;
    let list = call(&gateway, &cli, "sessions.list", put_away).await;
    assert_eq!(list["sessions"], json!([]), "{list:#}");
    let heard = gateway.tap.methods();
    assert!(heard.contains("sessions.delete"), "{heard:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_reads_the_log() {
    let gateway = OwnGateway::start();
    let cli = gateway.official();
    let log = well(&gateway, &cli, &["logs", "--json", "--limit", "20"]).await;
    assert!(!log.stdout.trim().is_empty(), "{log:?}");
    let log = well(&gateway, &cli, &["logs", "--plain", "--limit", "20"]).await;
    let line = log.stdout.lines().find(|line| line.contains(" info "));
    let line = line.unwrap_or_else(|| panic!("no line has its level: {log:?}"));
    assert!(!line.contains("_meta"), "words, not a record: {line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_starts_a_turn_and_finds_the_session_again() {
    let gateway = OwnGateway::start();
    let cli = gateway.official();
    let key = "agent:main:main";
    let params = json!({"sessionKey": key, "message": "stream: 5", "idempotencyKey": "one"});
    let sent = call(&gateway, &cli, "chat.send", params).await;
    assert_eq!(sent["runId"], "one", "{sent}");
    let wait = json!({"runId": "one", "timeoutMs": 110_000});
    let ended = call(&gateway, &cli, "agent.wait", wait).await;
    assert_eq!(ended["status"], "ok", "{ended}");
    let list = call(&gateway, &cli, "sessions.list", json!({})).await;
    assert_eq!(list["sessions"][0]["key"], key, "{list:#}");
    let history = call(&gateway, &cli, "chat.history", json!({"sessionKey": key})).await;
    assert!(history.to_string().contains("word5"), "{history:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_sees_what_waits_and_decides() {
    let gateway = OwnGateway::start();
    let cli = gateway.official();
    let operator = gateway.operator().await;
    let _other = gateway.operator().await;
    let minutes = std::time::Duration::from_secs(300);
    let raised = operator
        .raise_exec_approval("echo from afar", minutes)
        .await
        .unwrap();
    let pending = well(&gateway, &cli, &["approvals", "pending", "--json"])
        .await
        .json()
        .unwrap();
    assert_eq!(
        pending["approvals"][0]["id"],
        raised.id.as_str(),
        "{pending:#}"
    );
    well(
        &gateway,
        &cli,
        &["approvals", "resolve", &raised.id, "deny"],
    )
    .await;
    let record = operator
        .call("approval.get", json!({"id": raised.id}))
        .await
        .unwrap();
    assert_eq!(record["approval"]["status"], "denied", "{record:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn it_has_an_agent_do_a_turn() {
    let gateway = OwnGateway::start();
    let cli = gateway.official();
    let said = cli
        .run_plain(&[
            "agent",
            "--agent",
            "main",
            "--message",
            "stream: 5",
            "--json",
        ])
        .await
        .unwrap();
    assert_eq!(said.status, Some(0), "{said:?}\n{}", gateway.log());
    assert!(said.stdout.contains("word5"), "{said:?}");
}
