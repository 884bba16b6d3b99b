//! What people paste, and what is made of it.

use base64::{Engine as _, engine::general_purpose};
use proptest::prelude::*;

use super::*;

/// Checks form, address and secret.
fn check(text: &str, form: PastedForm, url: Option<&str>, secret: Option<(CredentialKind, &str)>) {
    let pasted = recognise(text);
    assert_eq!(pasted.form, form, "the form of {text}");
    assert_eq!(pasted.url.as_deref(), url, "the address in {text}");
    let found = pasted
        .secret
        .as_ref()
        .map(|found| (pasted.kind, found.expose()));
    assert_eq!(found, secret, "the secret in {text}");
    assert_eq!(
        pasted.kind,
        secret.map_or(CredentialKind::None, |(kind, _)| kind)
    );
}

fn setup_code(json: &str) -> String {
    general_purpose::URL_SAFE_NO_PAD.encode(json)
}

#[test]
fn an_address_is_taken_with_or_without_its_scheme() {
    let url = PastedForm::Url;
    check(
        "ws://127.0.0.1:18789",
        url,
        Some("ws://127.0.0.1:18789/"),
        None,
    );
    check(
        " https://gw.example.com/ ",
        url,
        Some("wss://gw.example.com/"),
        None,
    );
    check("gw.example.com", url, Some("wss://gw.example.com/"), None);
    check(
        "gw.example.com:8443",
        url,
        Some("wss://gw.example.com:8443/"),
        None,
    );
    check("192.168.1.5", url, Some("ws://192.168.1.5:18789/"), None);
    check("localhost", url, Some("ws://localhost:18789/"), None);
    check("[::1]:4000", url, Some("ws://[::1]:4000/"), None);
    check("::1", url, Some("ws://[::1]:18789/"), None);
    check("studio.local", url, Some("ws://studio.local:18789/"), None);
    check(
        "box.tail1234.ts.net",
        url,
        Some("wss://box.tail1234.ts.net/"),
        None,
    );
}

#[test]
fn a_dashboard_link_gives_its_token_and_loses_its_page() {
    let link = PastedForm::DashboardLink;
    let token = CredentialKind::Token;
    let at = Some("ws://127.0.0.1:18789/");
    check(
        "http://127.0.0.1:18789/#token=abc%2Bdef",
        link,
        at,
        Some((token, "abc+def")),
    );
    check(
        "http://127.0.0.1:18789/chat?session=main#token=abc",
        link,
        at,
        Some((token, "abc")),
    );
    check(
        "http://127.0.0.1:18789/?token=abc",
        link,
        at,
        Some((token, "abc")),
    );
    let bootstrap = Some((CredentialKind::SetupCode, "once"));
    check(
        "http://127.0.0.1:18789/#bootstrapToken=once&token=abc",
        link,
        at,
        bootstrap,
    );
    let remote = "http://localhost:5173/?gatewayUrl=wss%3A%2F%2Fgw.example.com%3A18789#token=abc";
    check(
        remote,
        link,
        Some("wss://gw.example.com:18789/"),
        Some((token, "abc")),
    );
}

#[test]
fn a_password_in_an_address_becomes_a_draft_and_leaves_the_address() {
    let secret = Some((CredentialKind::Password, "p@ss+1"));
    check(
        "wss://ada:p%40ss+1@gw.example.com",
        PastedForm::DashboardLink,
        Some("wss://gw.example.com/"),
        secret,
    );
}

#[test]
fn a_setup_code_gives_its_bootstrap_token_and_its_usable_address() {
    let secret = Some((CredentialKind::SetupCode, "boot"));
    let code = setup_code(r#"{"url":"wss://gw.example.com","bootstrapToken":"boot"}"#);
    check(
        &code,
        PastedForm::SetupCode,
        Some("wss://gw.example.com/"),
        secret,
    );
    let wrapped = format!("{}\n  {}", &code[..20], &code[20..]);
    check(
        &wrapped,
        PastedForm::SetupCode,
        Some("wss://gw.example.com/"),
        secret,
    );
    let many = r#"{"url":"ws://8.8.8.8:1","urls":["ws://8.8.8.8:1","ws://10.0.0.2:18789"],"bootstrapToken":"boot"}"#;
    check(
        &setup_code(many),
        PastedForm::SetupCode,
        Some("ws://10.0.0.2:18789/"),
        secret,
    );
    let padded =
        general_purpose::STANDARD.encode(r#"{"url":"wss://a.example","bootstrapToken":"boot"}"#);
    check(
        &padded,
        PastedForm::SetupCode,
        Some("wss://a.example/"),
        secret,
    );
}

#[test]
fn an_address_of_this_computer_is_not_called_by_its_digits() {
    let name = |text| recognise(text).name;
    for local in ["ws://127.0.0.1:18789", "http://localhost:18789/#token=abc"] {
        assert_eq!(name(local).as_deref(), Some("OpenClaw on this computer"));
    }
    let far = name("wss://gw.example.com");
    assert_eq!(far.as_deref(), Some("gw.example.com"));
}

#[test]
fn an_add_link_gives_address_and_name() {
    let text = "openclaw://gateway/add?url=wss%3A%2F%2Fgw.example.com&name=Studio%20%E2%80%AEevil";
    check(
        text,
        PastedForm::AddLink,
        Some("wss://gw.example.com/"),
        None,
    );
    let name = recognise(text).name.expect("the link has a name");
    assert!(
        !name.contains('\u{202e}'),
        "a direction override in a name is escaped: {name}"
    );
    check(
        "gatehouse://gateway/add?url=ws://10.0.0.2:1",
        PastedForm::AddLink,
        Some("ws://10.0.0.2:1/"),
        None,
    );
    check(
        "gatehouse://add?url=wss%3A%2F%2Fgw.example.com&token=abc",
        PastedForm::AddLink,
        Some("wss://gw.example.com/"),
        Some((CredentialKind::Token, "abc")),
    );
}

#[test]
fn an_add_link_takes_no_address_that_could_be_another_thing() {
    for address in [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "gatehouse://add?url=wss://a.example",
        "ws://",
        "",
    ] {
        let link = format!("gatehouse://add?url={address}&token=abc");
        assert_eq!(recognise(&link).problem, Some("badAddress"), "{address}");
    }
    let elsewhere = recognise("openclaw://add?url=wss://a.example");
    assert_eq!(
        elsewhere.problem,
        Some("badAddress"),
        "not a form of that scheme"
    );
    let inner = recognise("gatehouse://add?url=wss://ada:pw@a.example/%23token=t");
    let shown = format!("{:?} {:?}", inner.url, inner.name);
    assert!(
        !shown.contains("pw"),
        "credentials leave the address: {shown}"
    );
    let plain = recognise("gatehouse://add?url=ws://gw.example.com&token=abc");
    assert_eq!(plain.problem, Some("plainTextRefused"));
}

#[test]
fn a_bare_token_is_a_token_and_not_an_address() {
    for token in [
        "0f3b9c1d2e4a5b6c7d8e9f00112233",
        "sk_live-ABCDEF123456",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbb.CC9",
    ] {
        check(
            token,
            PastedForm::BareToken,
            None,
            Some((CredentialKind::Token, token)),
        );
    }
}

#[test]
fn what_cannot_be_used_says_why() {
    let problem = |text: &str| recognise(text).problem;
    assert_eq!(
        problem("https://gw.example.com/j/AB12"),
        Some("nodeJoinLink")
    );
    assert_eq!(problem("ws://gw.example.com"), Some("plainTextRefused"));
    assert_eq!(problem("ftp://gw.example.com"), Some("badAddress"));
    for other in [
        "javascript:alert(1)",
        "mailto:ada@example.com",
        "data:text/html,x",
    ] {
        assert_eq!(problem(other), Some("badAddress"), "{other}");
    }
    for no_port in [
        "ws://127.0.0.1:0",
        "wss://gw.example.com:99999",
        "127.0.0.1:0",
        "localhost:99999",
        "gatehouse://add?url=ws://127.0.0.1:0",
    ] {
        assert_eq!(problem(no_port), Some("badPort"), "{no_port}");
    }
    assert_eq!(problem("openclaw://gateway/add?name=x"), Some("badAddress"));
    assert_eq!(problem(""), Some("unreadablePaste"));
    assert_eq!(problem("what is this"), Some("unreadablePaste"));
    assert_eq!(problem(&"x".repeat(LONGEST + 1)), Some("unreadablePaste"));
    assert_eq!(problem("wss://gw.example.com"), None);
}

proptest! {
    #[test]
    fn no_paste_panics_and_no_token_reaches_the_page(text in ".{0,200}", token in "[A-Za-z0-9]{24,48}") {
        let _ = recognise(&text);
        for pasted in [
            format!("http://127.0.0.1:18789/#token={token}"),
            format!("https://gw.example.com/?token={token}"),
            format!("openclaw://gateway/add?url=wss://gw.example.com&token={token}"),
            format!("wss://user:{token}@gw.example.com/"),
            setup_code(&format!(r#"{{"url":"wss://gw.example.com","bootstrapToken":"{token}"}}"#)),
            token.clone(),
        ] {
            let found = recognise(&pasted);
            let shown = format!("{:?} {:?} {:?}", found.url, found.name, found.problem);
            prop_assert!(!shown.contains(&token), "{} shows the token: {}", pasted, shown);
            prop_assert_eq!(found.secret.map(|secret| secret.expose().to_owned()), Some(token.clone()));
        }
    }
}

#[test]
fn an_address_that_was_pasted_behind_another_is_said_to_be_two() {
    for twice in [
        "ws://127.0.0.1:28003/openclaw://gateway/add?url=ws://127.0.0.1:1&token=abc",
        "http://127.0.0.1:18789/http://127.0.0.1:18789/#token=abc",
    ] {
        let found = recognise(twice);
        assert_eq!(found.problem, Some("secondAddress"), "{twice}");
        assert!(found.secret.is_none(), "{twice}: nothing of it is kept");
    }
}
