//! `call`: any method, as it is. The answer is the gateway's, whole, and so is a refusal.

use std::io::Read;

use gatehouse_policy::rules::nearest;
use gatehouse_protocol::untrusted::one_line;
use serde_json::Value;

use super::Context;
use crate::args::CallArgs;
use crate::failure::Failure;

/// The largest frame that gateways take.
const MAX_PARAMS: u64 = 25 * 1024 * 1024;

pub(super) async fn run(context: &mut Context<'_>, args: CallArgs) -> Result<(), Failure> {
    let params = read_params(args.params.as_deref())?;
    let link = context.link(args.target).await?;
    let answer = link.connection.call(&args.method, &params).await;
    let offered = link.hello.features.methods.clone();
    link.close().await;
    let answer = answer.map_err(|error| {
        let failure = Failure::from(error);
        if let Some(refusal) = &failure.refusal {
            context.output.refusal(refusal);
        }
        let is_offered = offered.contains(&args.method);
        match failure.next.is_none() && !is_offered {
            true => failure.next(instead(&args.method, &offered)),
            false => failure,
        }
    });
    context.output.value(&answer?)
}

/// What was perhaps meant by a method that the gateway does not name.
fn instead(method: &str, offered: &[String]) -> String {
    let offered = offered.iter().map(String::as_str);
    if let Some(name) = nearest(offered.clone(), method) {
        return format!("did you mean {}?", one_line(&name, 100));
    }
    let family = method.split('.').next().unwrap_or_default();
    let related = offered.filter(|name| name.split('.').next() == Some(family));
    let related: Vec<String> = related.map(|name| one_line(name, 100)).collect();
    match related.is_empty() {
        true => {
            "the gateway names no such method; `health`, `sessions.list` and `chat.send` are some"
                .to_owned()
        }
        false => format!("it has {}", related.join(", ")),
    }
}

fn read_params(given: Option<&str>) -> Result<Value, Failure> {
    let text = match given {
        None => return Ok(Value::Object(serde_json::Map::new())),
        Some("-") => {
            let mut text = String::new();
            std::io::stdin()
                .take(MAX_PARAMS)
                .read_to_string(&mut text)?;
            text
        }
        Some(text) => text.to_owned(),
    };
    serde_json::from_str(&text).map_err(|error| {
        Failure::usage(format!("the parameters are not JSON: {error}"))
            .next(r#"they look like '{"limit": 5}'"#)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_method_is_answered_with_what_is_like_it() {
        let offered = ["sessions.list", "sessions.send", "health"].map(str::to_owned);
        assert_eq!(
            instead("session.list", &offered),
            "did you mean sessions.list?"
        );
        assert_eq!(
            instead("sessions.everything", &offered),
            "it has sessions.list, sessions.send"
        );
        assert!(instead("nope", &offered).contains("`health`"));
    }
}
