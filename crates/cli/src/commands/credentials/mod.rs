//! `credentials`: set, listed, rotated, ended, forgotten. A secret goes to the gateway and never comes back.

mod secret;

use gatehouse_client::RequestError;
use serde_json::{Value, json};

use super::Context;
use crate::args::{CredentialsAction, CredentialsArgs, SetArgs};
use crate::environment::now_ms;
use crate::failure::{Failure, FailureKind};
use crate::output::age;
use crate::output::table::Table;

pub(super) async fn run(context: &mut Context<'_>, args: CredentialsArgs) -> Result<(), Failure> {
    let (method, params) = match args.action {
        CredentialsAction::List => ("list", json!({})),
        CredentialsAction::Set(set) => ("set", to_set(set)?),
        CredentialsAction::Rotate {
            name,
            grace,
            secret,
        } => {
            let secret = secret::read(&secret, false)?;
            let grace = grace.unwrap_or(0);
            (
                "rotate",
                json!({"name": name, "secret": secret.as_str(), "graceMs": grace}),
            )
        }
        CredentialsAction::Expire { name, within } => {
            let at = within.map(|ms| now_ms().saturating_add(ms));
            ("expire", json!({"name": name, "at": at}))
        }
        CredentialsAction::Delete { name } => ("delete", json!({"name": name})),
        CredentialsAction::RotateMasterKey => ("rotateMasterKey", json!({})),
    };
    let link = context.link(args.target).await?;
    let method = format!("gatehouse.credentials.{method}");
    let answer = link.connection.call(&method, &params).await;
    link.close().await;
    let answer: Value = answer.map_err(with_a_way_on)?;
    if context.output.is_json() {
        context.output.value(&answer)?;
    } else {
        show(context, &method, &answer)?;
    }
    if answer["deleted"] == false {
        let text = "there is no credential of this name, so none was deleted";
        return Err(Failure::new(FailureKind::Refused, "notThere", text));
    }
    Ok(())
}

/// What is said where there is no place for the key that seals credentials.
const NO_KEY: &str = "CREDENTIAL_KEY_UNAVAILABLE";

fn with_a_way_on(error: RequestError) -> Failure {
    let failure = Failure::from(error);
    if failure.code != NO_KEY {
        return failure;
    }
    failure.next(
        "open the keychain where the gateway runs; where there is none, start it with --credential-passphrase-file FILE",
    )
}

fn to_set(set: SetArgs) -> Result<Value, Failure> {
    let secret = secret::read(&set.secret, set.kind.has_lines())?;
    let expires_at = set.expires_in.map(|ms| now_ms().saturating_add(ms));
    Ok(json!({
        "name": set.name, "type": set.kind.word(), "secret": secret.as_str(),
        "expiresAt": expires_at, "maxUses": set.max_uses,
        "boundHosts": set.hosts, "boundTools": set.tools,
    }))
}

fn show(context: &mut Context<'_>, method: &str, answer: &Value) -> Result<(), Failure> {
    match method {
        "gatehouse.credentials.list" => list(context, answer),
        "gatehouse.credentials.delete" => match answer["deleted"] {
            Value::Bool(true) => context.output.line("deleted"),
            _ => Ok(()),
        },
        "gatehouse.credentials.rotateMasterKey" => {
            let count = answer["wrapped"].as_u64().unwrap_or_default();
            context
                .output
                .line(&format!("{count} values are under another master key now"))
        }
        _ => one(context, answer),
    }
}

fn one(context: &mut Context<'_>, credential: &Value) -> Result<(), Failure> {
    let name = text(&credential["name"]);
    let words = format!("{{{{cred:{name}}}}} is {}", text(&credential["state"]));
    let words = gatehouse_protocol::untrusted::one_line(&words, 200);
    context.output.line(&words)?;
    if bounds(credential).is_empty() {
        context.output.note(
            "it is bound to nothing, so nothing can use it yet: --tool and --host say what may",
        );
    }
    Ok(())
}

fn list(context: &mut Context<'_>, answer: &Value) -> Result<(), Failure> {
    let all = answer["credentials"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    if all.is_empty() {
        context.output.note("there are no credentials");
        return Ok(());
    }
    let mut table = Table::new([
        "NAME",
        "TYPE",
        "STATE",
        "USES",
        "LAST USED",
        "EXPIRES",
        "BOUND TO",
    ]);
    for one in &all {
        let uses = match one["maxUses"].as_u64() {
            Some(most) => format!("{} of {most}", one["uses"]),
            None => one["uses"].to_string(),
        };
        table.row([
            text(&one["name"]),
            text(&one["type"]),
            text(&one["state"]),
            uses,
            age::ago(one["lastUsedAt"].as_u64(), now_ms()),
            one["expiresAt"]
                .as_u64()
                .map(age::moment)
                .unwrap_or_default(),
            bounds(one),
        ]);
    }
    let lines = table.lines(context.output.style);
    lines.iter().try_for_each(|line| context.output.line(line))
}

fn bounds(credential: &Value) -> String {
    let list = |name: &str| credential[name].as_array().cloned().unwrap_or_default();
    let all = list("boundTools").into_iter().chain(list("boundHosts"));
    all.map(|one| text(&one)).collect::<Vec<_>>().join(", ")
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
