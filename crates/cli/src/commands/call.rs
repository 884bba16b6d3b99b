//! `call`: any method, as it is. The answer is the gateway's, whole.

use std::io::Read;

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
    link.close().await;
    context.output.value(&answer?)
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
