//! The official command line as a client of our gateway.

use gatehouse_testkit::official::{OfficialCli, Said};
use serde_json::{Value, json};

use crate::gateway::OwnGateway;

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
async fn it_sees_the_devices_and_lets_one_in() {
    let gateway = OwnGateway::start();
    let cli = gateway.official();
    let list = well(&gateway, &cli, &["devices", "list", "--json"])
        .await
        .json()
        .unwrap();
    assert_eq!(list["pending"], json!([]), "{list}");
}
