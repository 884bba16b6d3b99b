//! People whom somebody in front has identified: a reverse proxy that authenticates, and Tailscale Serve, whose word the
//! daemon of this machine has to confirm. The proxy is a real one, in Node; the daemon is a socket that answers as
//! tailscaled does.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod support;

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use gatehouse_gateway::auth::{AuthSettings, IdentityRules};
use gatehouse_gateway::config::{Env, Flags, prepare};
use gatehouse_gateway::{StartOptions, Tailscale};
use gatehouse_protocol::device::DeviceKey;
use serde_json::{Value, json};
use support::{ALL_SCOPES, TestGateway, Wire};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixListener;
use tokio::process::{Child, Command};

/// A reverse proxy for HTTP and WebSocket that signs in everyone as one person, and passes on nothing that a client says
/// about who it is.
const PROXY: &str = r#"
const [port, user] = process.argv.slice(1);
const http = require("node:http");
const head = (request) => {
  const headers = { ...request.headers };
  for (const name of Object.keys(headers)) {
    if (name.startsWith("x-forwarded-") || name === "forwarded") delete headers[name];
  }
  headers["x-forwarded-for"] = "203.0.113.9";
  headers["x-forwarded-proto"] = "https";
  if (user) headers["x-forwarded-user"] = user;
  return { host: "127.0.0.1", port, path: request.url, method: request.method, headers };
};
const server = http.createServer((request, response) => {
  const upstream = http.request(head(request), (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  upstream.on("error", () => response.destroy());
  request.pipe(upstream);
});
server.on("upgrade", (request, socket) => {
  const upstream = http.request(head(request));
  upstream.on("upgrade", (answer, far, first) => {
    const lines = Object.entries(answer.headers).map(([name, value]) => `${name}: ${value}`);
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join("\r\n")}\r\n\r\n`);
    socket.write(first);
    far.pipe(socket).on("error", () => far.destroy());
    socket.pipe(far).on("error", () => socket.destroy());
  });
  upstream.on("response", () => socket.destroy());
  upstream.on("error", () => socket.destroy());
  upstream.end();
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
"#;

struct Proxy {
    address: SocketAddr,
    _child: Child,
}

impl Proxy {
    async fn before(gateway: &TestGateway, user: &str) -> Self {
        let node = gatehouse_testkit::peers::node().unwrap();
        let mut child = Command::new(node)
            .args([
                "-e",
                PROXY,
                "--",
                &gateway.address().port().to_string(),
                user,
            ])
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = child.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).await.unwrap();
        let port: u16 = line.trim().parse().unwrap();
        Self {
            address: ([127, 0, 0, 1], port).into(),
            _child: child,
        }
    }
}

async fn behind_a_proxy(change: impl FnOnce(&mut IdentityRules)) -> TestGateway {
    let mut rules = IdentityRules {
        user_header: "x-forwarded-user".to_owned(),
        allow_loopback: true,
        ..IdentityRules::default()
    };
    change(&mut rules);
    TestGateway::with(|options| {
        let proxies = vec!["127.0.0.1/32".parse().unwrap()];
        options.config.gateway.trusted_proxies = proxies.clone();
        options.config.gateway.auth.identity_scopes = [(
            "ada@example.com".to_owned(),
            vec!["operator.read".to_owned()],
        )]
        .into();
        options.auth = AuthSettings::TrustedProxy {
            rules,
            proxies,
            local: None,
        };
    })
    .await
}

/// Comes in through an address, with a device and without any secret.
async fn comes(address: SocketAddr, headers: &[(&'static str, &str)]) -> (Wire, Value) {
    let mut wire = Wire::dial_with(address, headers).await;
    let key = DeviceKey::from_seed([31; 32]);
    let answer = wire
        .connect_as(&key, json!({}), &["operator.read"], |_| {})
        .await;
    (wire, answer)
}

#[tokio::test]
async fn whom_a_trusted_proxy_names_comes_in_with_the_scopes_of_that_name() {
    let gateway = behind_a_proxy(|_| {}).await;
    let proxy = Proxy::before(&gateway, "ada@example.com").await;
    let mut wire = Wire::dial(proxy.address).await;
    let (nonce, ts) = wire.challenge().await;
    let key = DeviceKey::from_seed([31; 32]);
    let mut params = support::connect_params(&key, &nonce, ts, json!({}), &[]);
    params.as_object_mut().unwrap().remove("device");
    let hello = wire.request("connect", params).await;
    assert_eq!(hello["ok"], true, "{hello}");
    wire.ask("health", json!({})).await;
    let answer = support::http::get(proxy.address, "/health", None).await;
    assert_eq!(answer.status, 200, "HTTP goes through it as well");
}

#[tokio::test]
async fn nobody_comes_past_the_proxy_and_nobody_without_a_name() {
    let gateway =
        behind_a_proxy(|rules| rules.allow_users = vec!["ada@example.com".to_owned()]).await;
    let nameless = Proxy::before(&gateway, "").await;
    let stranger = Proxy::before(&gateway, "eve@example.com").await;
    for (address, reason) in [
        (nameless.address, "trusted_proxy_user_missing"),
        (stranger.address, "trusted_proxy_user_not_allowed"),
    ] {
        // What the client itself says about who it is does not get through the proxy.
        let (_, refused) = comes(address, &[("x-forwarded-user", "ada@example.com")]).await;
        let details = &refused["error"]["details"];
        assert_eq!(details["authReason"], reason, "{refused}");
    }
}

#[tokio::test]
async fn headers_from_an_address_that_is_no_proxy_name_nobody() {
    let gateway = behind_a_proxy(|rules| rules.allow_loopback = false).await;
    let (_, refused) = comes(
        gateway.address(),
        &[
            ("x-forwarded-user", "ada@example.com"),
            ("x-forwarded-for", "203.0.113.9"),
        ],
    )
    .await;
    let details = &refused["error"]["details"];
    assert_eq!(
        details["authReason"], "trusted_proxy_untrusted_source",
        "{refused}"
    );
}

/// What a proxy on this machine says about Ada.
const ADA: [(&str, &str); 2] = [
    ("x-forwarded-user", "ada@example.com"),
    ("x-forwarded-for", "203.0.113.9"),
];

/// Comes in without a device and asks for everything; gives the scopes that it got.
async fn scopes_of(gateway: &TestGateway, client: &str, more: &[(&'static str, &str)]) -> Value {
    let headers = [&ADA[..], more].concat();
    let mut wire = Wire::dial_with(gateway.address(), &headers).await;
    let (nonce, ts) = wire.challenge().await;
    let key = DeviceKey::from_seed([31; 32]);
    let mut params = support::connect_params(&key, &nonce, ts, json!({}), &ALL_SCOPES);
    params.as_object_mut().unwrap().remove("device");
    params["client"]["id"] = json!(client);
    let hello = wire.request("connect", params).await;
    assert_eq!(hello["ok"], true, "{hello}");
    let patch = json!({"raw": "{}"});
    let refused = wire.request("config.patch", patch).await;
    assert_eq!(
        refused["error"]["details"]["code"], "MISSING_SCOPE",
        "{refused}"
    );
    hello["payload"]["auth"]["scopes"].clone()
}

#[tokio::test]
async fn whom_a_proxy_names_has_what_the_name_has_and_nothing_that_the_client_asks_for() {
    let gateway = behind_a_proxy(|_| {}).await;
    for client in ["gateway-client", "cli"] {
        let scopes = scopes_of(&gateway, client, &[]).await;
        assert_eq!(scopes, json!(["operator.read"]), "{client}");
    }
}

#[tokio::test]
async fn the_one_in_front_can_cap_the_scopes_of_a_connection() {
    let gateway = behind_a_proxy(|_| {}).await;
    for (cap, left) in [
        ("operator.read, operator.admin", json!(["operator.read"])),
        ("operator.pairing", json!([])),
        ("", json!([])),
    ] {
        let scopes = scopes_of(&gateway, "cli", &[("x-openclaw-scopes", cap)]).await;
        assert_eq!(scopes, left, "{cap:?}");
    }
}

#[tokio::test]
async fn a_device_is_asked_about_for_no_more_than_the_cap_lets_through() {
    let gateway = behind_a_proxy(|rules| rules.required_headers = vec!["via".to_owned()]).await;
    let via = [("via", "one"), ("via", "two")];
    let cap = [("x-openclaw-scopes", "operator.read")];
    let headers = [&ADA[..], &via[..], &cap[..]].concat();
    let mut wire = Wire::dial_with(gateway.address(), &headers).await;
    let key = DeviceKey::from_seed([31; 32]);
    let asked = wire.connect_as(&key, json!({}), &ALL_SCOPES, |_| {}).await;
    let details = &asked["error"]["details"];
    assert_eq!(details["code"], "PAIRING_REQUIRED", "{asked}");
    assert_eq!(details["requestedScopes"], json!(["operator.read"]));
}

#[tokio::test]
async fn a_name_that_comes_twice_or_in_other_letters_or_for_nobody_is_refused() {
    let gateway =
        behind_a_proxy(|rules| rules.allow_users = vec!["ada@example.com".to_owned()]).await;
    let ada = ("x-forwarded-user", "ada@example.com");
    let eve = ("x-forwarded-user", "eve@example.com");
    let from = ("x-forwarded-for", "203.0.113.9");
    for (headers, reason) in [
        (vec![ada, eve, from], "trusted_proxy_user_missing"),
        (vec![eve, ada, from], "trusted_proxy_user_missing"),
        (
            vec![("x-forwarded-user", "ADA@example.com"), from],
            "trusted_proxy_user_not_allowed",
        ),
        (vec![ada], "proxy_attribution_required"),
        (
            vec![ada, ("x-forwarded-for", "junk")],
            "proxy_attribution_required",
        ),
        (
            vec![ada, ("x-forwarded-for", "127.0.0.1")],
            "proxy_attribution_required",
        ),
    ] {
        let (_, refused) = comes(gateway.address(), &headers).await;
        let details = &refused["error"]["details"];
        assert_eq!(details["authReason"], reason, "{headers:?}: {refused}");
    }
    let (_, known) = comes(gateway.address(), &[ada, from]).await;
    let details = &known["error"]["details"];
    assert_eq!(
        details["code"], "PAIRING_REQUIRED",
        "a new device of hers: {known}"
    );
}

/// Answers `whois` as the daemon does: the one tailnet address is Ada's.
fn daemon(socket: &Path) {
    let listener = UnixListener::bind(socket).unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let read = stream.read(&mut request).await.unwrap_or(0);
            let request = String::from_utf8_lossy(&request[..read]).into_owned();
            let known = request.starts_with("GET /localapi/v0/whois?addr=100.64.0.7:");
            let answer = if known {
                let body = r#"{"Node":{},"UserProfile":{"LoginName":"ada@example.com"}}"#;
                format!(
                    "HTTP/1.0 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
                    body.len()
                )
            } else {
                "HTTP/1.0 404 Not Found\r\n\r\nno match for IP:port".to_owned()
            };
            // A gateway that gave up has the answer no more.
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
}

async fn on_a_tailnet() -> (TestGateway, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("tailscaled.sock");
    daemon(&socket);
    let gateway = TestGateway::with(|options| {
        options.config.gateway.auth.allow_tailscale = true;
        options.config.gateway.auth.identity_scopes = [(
            "ada@example.com".to_owned(),
            vec!["operator.read".to_owned()],
        )]
        .into();
        options.tailscale = Tailscale { socket };
    })
    .await;
    (gateway, folder)
}

fn served(from: &'static str, login: &'static str) -> [(&'static str, &'static str); 4] {
    [
        ("tailscale-user-login", login),
        ("x-forwarded-for", from),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "studio.tail1234.ts.net"),
    ]
}

#[tokio::test]
async fn whom_tailscale_serve_names_and_its_daemon_confirms_comes_in() {
    let (gateway, _folder) = on_a_tailnet().await;
    let mut wire =
        Wire::dial_with(gateway.address(), &served("100.64.0.7", "ada@example.com")).await;
    let (nonce, ts) = wire.challenge().await;
    let key = DeviceKey::from_seed([31; 32]);
    let mut params = support::connect_params(&key, &nonce, ts, json!({}), &[]);
    params.as_object_mut().unwrap().remove("device");
    let hello = wire.request("connect", params).await;
    assert_eq!(hello["ok"], true, "{hello}");
    wire.ask("health", json!({})).await;
}

#[tokio::test]
async fn whom_the_daemon_does_not_confirm_stays_out() {
    let (gateway, folder) = on_a_tailnet().await;
    for (headers, code) in [
        (
            served("100.64.0.7", "eve@example.com"),
            "AUTH_TAILSCALE_IDENTITY_MISMATCH",
        ),
        (
            served("100.64.0.8", "ada@example.com"),
            "AUTH_TAILSCALE_WHOIS_FAILED",
        ),
    ] {
        let (_, refused) = comes(gateway.address(), &headers).await;
        assert_eq!(refused["error"]["details"]["code"], code, "{refused}");
    }
    // Serve sets all of its headers; who has only some of them is not Serve.
    let some = served("100.64.0.7", "ada@example.com");
    let (_, refused) = comes(gateway.address(), &some[..2]).await;
    assert_eq!(
        refused["error"]["details"]["code"], "AUTH_TOKEN_MISSING",
        "{refused}"
    );
    drop(folder);
    let (_, refused) = comes(gateway.address(), &served("100.64.0.7", "ada@example.com")).await;
    assert_eq!(
        refused["error"]["details"]["code"], "AUTH_TAILSCALE_WHOIS_FAILED",
        "without a daemon nobody is confirmed: {refused}"
    );
}

/// Whom a proxy on this machine names, without a device.
async fn named_by_a_proxy(gateway: &TestGateway, user: &'static str) -> Wire {
    let headers = [
        ("x-forwarded-user", user),
        ("x-forwarded-for", "203.0.113.9"),
    ];
    let mut wire = Wire::dial_with(gateway.address(), &headers).await;
    let (nonce, ts) = wire.challenge().await;
    let key = DeviceKey::from_seed([31; 32]);
    let mut params = support::connect_params(&key, &nonce, ts, json!({}), &["operator.read"]);
    params.as_object_mut().unwrap().remove("device");
    let hello = wire.request("connect", params).await;
    assert_eq!(hello["ok"], true, "{hello}");
    wire
}

#[tokio::test]
async fn whom_the_configuration_names_no_more_is_shown_out_and_stays_out() {
    let named = |users: &str| {
        format!(
            "{{gateway: {{port: 0, reload: {{debounceMs: 20}}, trustedProxies: ['127.0.0.1'], auth: {{
                mode: 'trusted-proxy', identityScopes: {{'ada@example.com': ['operator.read']}}, trustedProxy: {{
                    userHeader: 'x-forwarded-user', allowLoopback: true, allowUsers: [{users}]}}}}}}}}"
        )
    };
    let gateway = TestGateway::with(|options| {
        let folder = options.state_dir.clone();
        let text = named("'ada@example.com', 'eve@example.com'");
        std::fs::write(folder.join("gatehouse.json"), text).unwrap();
        let prepared = prepare(&folder, &Flags::default(), &Env::new()).unwrap();
        *options = StartOptions::prepared(prepared, Env::new(), folder);
    })
    .await;
    let eve = [
        ("x-forwarded-user", "eve@example.com"),
        ("x-forwarded-for", "203.0.113.9"),
    ];
    let mut stays = named_by_a_proxy(&gateway, "ada@example.com").await;
    let mut goes = named_by_a_proxy(&gateway, "eve@example.com").await;
    let file = gateway.state.path().join("gatehouse.json");
    std::fs::write(file, named("'ada@example.com'")).unwrap();
    assert_eq!(
        goes.closed_with().await,
        Some((4001, "no longer let in".to_owned()))
    );
    let (_, refused) = comes(gateway.address(), &eve).await;
    let reason = &refused["error"]["details"]["authReason"];
    assert_eq!(reason, "trusted_proxy_user_not_allowed", "{refused}");
    stays.ask("health", json!({})).await;
}

#[tokio::test]
async fn who_loses_a_scope_that_only_the_name_had_is_shown_out() {
    let with = |scopes: &str| {
        format!(
            "{{gateway: {{port: 0, reload: {{debounceMs: 20}}, trustedProxies: ['127.0.0.1'], auth: {{
                mode: 'trusted-proxy', trustedProxy: {{userHeader: 'x-forwarded-user', allowLoopback: true}},
                identityScopes: {{'ada@example.com': [{scopes}], 'eve@example.com': ['operator.admin']}}}}}}}}"
        )
    };
    let gateway = TestGateway::with(|options| {
        let folder = options.state_dir.clone();
        let text = with("'operator.write', 'operator.approvals'");
        std::fs::write(folder.join("gatehouse.json"), text).unwrap();
        let prepared = prepare(&folder, &Flags::default(), &Env::new()).unwrap();
        *options = StartOptions::prepared(prepared, Env::new(), folder);
    })
    .await;
    let mut goes = named_by_a_proxy(&gateway, "ada@example.com").await;
    let mut stays = named_by_a_proxy(&gateway, "eve@example.com").await;
    let file = gateway.state.path().join("gatehouse.json");
    std::fs::write(file, with("'operator.write'")).unwrap();
    assert_eq!(
        goes.closed_with().await,
        Some((4001, "no longer let in".to_owned()))
    );
    stays.ask("health", json!({})).await;
}
