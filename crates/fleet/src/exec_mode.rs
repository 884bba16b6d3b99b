//! How far a session's agent may go without a person: what a gateway offers, what a row says, what a change sends.
//!
//! Published gateways of protocol 4 have a permission mode, which is about files too, and refuse the older pair of
//! security and ask. Ours keeps the pair, where a session can only be stricter than its gateway. Gateways of protocol
//! 3 take the pair and do not say what it is, so nothing is offered there.

use gatehouse_protocol::methods::{Change, SessionsPatchParams};
use gatehouse_protocol::model::session::SessionRow;

use crate::view::ExecMode;

/// What a session can be set to, in the order to show.
pub(crate) fn offered(governed: bool, protocol: Option<u32>) -> Vec<ExecMode> {
    use ExecMode::{Allowlist, Ask, Deny, Full, Guarded, Inherited, ReadOnly, Workspace};
    match protocol {
        Some(_) if governed => vec![Inherited, Ask, Allowlist, Deny],
        Some(4..) => vec![Inherited, ReadOnly, Guarded, Workspace, Full],
        _ => Vec::new(),
    }
}

/// What a session is set to. A word of a newer gateway counts as its own affair.
pub(crate) fn of(row: &SessionRow) -> ExecMode {
    match row.permission_mode.as_deref() {
        Some("read-only") => return ExecMode::ReadOnly,
        Some("guarded") => return ExecMode::Guarded,
        Some("workspace") => return ExecMode::Workspace,
        Some("full") => return ExecMode::Full,
        _ => {}
    }
    match (row.exec_security.as_deref(), row.exec_ask.as_deref()) {
        (Some("deny"), _) => ExecMode::Deny,
        (Some("allowlist"), Some("off")) => ExecMode::Allowlist,
        (Some("allowlist"), _) | (_, Some("on-miss" | "always")) => ExecMode::Ask,
        (Some("full"), _) => ExecMode::Full,
        _ => ExecMode::Inherited,
    }
}

/// Puts a mode into a change, in the gateway's own words.
pub(crate) fn put(mode: ExecMode, governed: bool, params: &mut SessionsPatchParams) {
    if governed {
        (params.exec_security, params.exec_ask) = pair(mode);
    } else {
        params.permission_mode = permission(mode);
    }
}

fn pair(mode: ExecMode) -> (Change<String>, Change<String>) {
    let set = |word: &str| Change::Set(word.to_owned());
    match mode {
        ExecMode::Deny => (set("deny"), set("off")),
        ExecMode::Allowlist => (set("allowlist"), set("off")),
        ExecMode::Ask => (set("allowlist"), set("on-miss")),
        ExecMode::Inherited => (Change::Clear, Change::Clear),
        _ => (Change::Leave, Change::Leave),
    }
}

fn permission(mode: ExecMode) -> Change<String> {
    let word = match mode {
        ExecMode::ReadOnly => "read-only",
        ExecMode::Guarded => "guarded",
        ExecMode::Workspace => "workspace",
        ExecMode::Full => "full",
        ExecMode::Inherited => return Change::Clear,
        _ => return Change::Leave,
    };
    Change::Set(word.to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn sent(mode: ExecMode, governed: bool) -> Value {
        let mut params = SessionsPatchParams::default();
        put(mode, governed, &mut params);
        let mut sent = serde_json::to_value(params).unwrap();
        sent.as_object_mut().unwrap().remove("key");
        sent
    }

    #[test]
    fn what_a_session_is_set_to_is_read_back_as_the_same() {
        for (governed, protocol) in [(true, 4), (false, 4)] {
            for mode in offered(governed, Some(protocol)) {
                let mut row = sent(mode, governed);
                row["key"] = json!("main");
                let row: SessionRow = serde_json::from_value(row).unwrap();
                assert_eq!(of(&row), mode, "governed: {governed}");
            }
        }
    }

    #[test]
    fn a_published_gateway_is_never_sent_the_pair_that_it_refuses() {
        for mode in offered(false, Some(4)) {
            let sent = sent(mode, false);
            assert_eq!(sent.as_object().unwrap().len(), 1, "{sent}");
            assert!(sent.get("permissionMode").is_some(), "{sent}");
        }
        assert_eq!(
            sent(ExecMode::Inherited, false),
            json!({"permissionMode": null})
        );
    }

    #[test]
    fn nothing_is_offered_where_it_could_not_be_shown() {
        assert!(offered(false, Some(3)).is_empty());
        assert!(offered(true, None).is_empty(), "nobody is there to ask");
    }
}
