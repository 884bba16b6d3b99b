//! The name of a model as it is, past the library: that takes `-max` and the like at its end for a wish how much to think,
//! and what is before `::` for the name of an adapter, and leaves both out.

use serde_json::{Value, json};

use super::Api;

/// What the library cuts off after the last hyphen.
const CUT: [&str; 8] = [
    "zero", "none", "low", "medium", "high", "xhigh", "max", "minimal",
];

fn would_be_cut(model: &str) -> bool {
    let last = model.rsplit_once('-').map(|(_, last)| last);
    last.is_some_and(|last| CUT.contains(&last))
}

/// What the library is given.
pub(super) fn given(api: Api, model: &str) -> String {
    let is_cut = would_be_cut(model);
    if api == Api::Gemini {
        // It stands in the address, where both may be written so.
        let model = model.replace("::", "%3A%3A");
        return match model.rsplit_once('-') {
            Some((head, last)) if is_cut => format!("{head}%2D{last}"),
            _ => model,
        };
    }
    // Only what is before the first is left out.
    let before = if model.contains("::") { "_::" } else { "" };
    // Nothing is after the last hyphen then; [`corrected`] puts the name right.
    let after = if is_cut { "-" } else { "" };
    format!("{before}{model}{after}")
}

/// What takes the place of the name that the library writes into the body of the request.
pub(super) fn corrected(api: Api, model: &str) -> Option<Value> {
    let is_in_body = api != Api::Gemini;
    (is_in_body && would_be_cut(model)).then(|| json!({"model": model}))
}
