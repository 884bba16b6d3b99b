//! `connect`: who answers, what this connection may do.

use serde::Serialize;

use super::{Context, mock};
use crate::args::{ConnectArgs, Target};
use crate::dial::DEFAULT_PORT;
use crate::failure::{Failure, FailureKind};
use crate::output::table::Table;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Greeting {
    pub(super) url: String,
    pub(super) version: Option<String>,
    pub(super) protocol: u32,
    pub(super) auth: Option<String>,
    pub(super) role: Option<String>,
    pub(super) scopes: Vec<String>,
    pub(super) methods: usize,
    pub(super) uptime_ms: Option<u64>,
    pub(super) boot_id: Option<String>,
    /// It is the one in this process, whose model is a script.
    pub(super) mock: bool,
}

impl Greeting {
    pub(super) fn of(url: &str, hello: &gatehouse_protocol::HelloOk) -> Self {
        Self {
            url: url.to_owned(),
            version: hello.server.version.clone(),
            protocol: hello.protocol.0,
            auth: hello.auth.method.clone(),
            role: hello.auth.role.clone(),
            scopes: hello
                .auth
                .scopes
                .iter()
                .map(|s| s.as_str().to_owned())
                .collect(),
            methods: hello.features.methods.len(),
            uptime_ms: hello.snapshot.uptime_ms,
            boot_id: hello.server.boot_id.clone(),
            mock: false,
        }
    }
}

pub(super) async fn run(context: &mut Context<'_>, args: ConnectArgs) -> Result<(), Failure> {
    if args.mock {
        return mock::run(context).await;
    }
    let is_named = args.port.is_some()
        || args.host.is_some()
        || args.target.url.is_some()
        || context.environment.get("OPENCLAW_GATEWAY_URL").is_some();
    let met = meet(context, args.target, args.host, args.port).await;
    match met {
        Err(failure) if failure.kind == FailureKind::Unreachable && !is_named && !args.real => {
            context
                .output
                .note(&format!("{}: this is the mock instead", failure.message));
            mock::run(context).await
        }
        met => met,
    }
}

/// Connects to a real gateway.
async fn meet(
    context: &mut Context<'_>,
    mut target: Target,
    host: Option<String>,
    port: Option<u16>,
) -> Result<(), Failure> {
    if host.is_some() || port.is_some() {
        let host = host.as_deref().unwrap_or("127.0.0.1");
        let port = port.unwrap_or(DEFAULT_PORT);
        let host = match host.parse::<std::net::Ipv6Addr>() {
            Ok(address) => format!("[{address}]"),
            Err(_) => host.to_owned(),
        };
        target.url = Some(format!("ws://{host}:{port}"));
    }
    let dial = context.dial(target)?;
    let link = dial.connect(context.environment).await?;
    let greeting = Greeting::of(dial.url.as_str(), &link.hello);
    link.close().await;
    tell(context, greeting)
}

pub(super) fn tell(context: &mut Context<'_>, greeting: Greeting) -> Result<(), Failure> {
    if context.output.is_json() {
        // Of a visit to the mock it is the first line of several.
        return context.output.value_line(&greeting);
    }
    let mut table = Table::new(["CONNECTED", ""]);
    let known = |value: Option<String>| value.unwrap_or_default();
    table.row(["gateway".into(), greeting.url]);
    table.row(["version".into(), known(greeting.version)]);
    table.row(["protocol".into(), greeting.protocol.to_string()]);
    table.row(["let in by".into(), known(greeting.auth)]);
    table.row(["scopes".into(), greeting.scopes.join(" ")]);
    table.row(["methods".into(), greeting.methods.to_string()]);
    for line in table.lines(context.output.style) {
        context.output.line(&line)?;
    }
    Ok(())
}
