//! A configuration file in a temporary home, and what is offered from it.

use std::fs;

use super::*;

/// Address, secret and source of a gateway that was found.
type Seen = (String, Option<(CredentialKind, String)>, String);

struct Home {
    folder: tempfile::TempDir,
    variables: BTreeMap<String, String>,
}

impl Home {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            variables: BTreeMap::new(),
        }
    }

    fn file(self, path: &str, text: &str) -> Self {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    fn found(&self) -> Vec<Seen> {
        let environment = Environment {
            variables: self.variables.clone(),
            home: Some(self.folder.path().to_owned()),
        };
        let found = look(&environment);
        let secret = |f: &Found| f.secret.as_ref().map(|s| (f.kind, s.expose().to_owned()));
        found
            .iter()
            .map(|f| (f.url.clone(), secret(f), f.source.clone()))
            .collect()
    }
}

fn check(home: &Home, url: &str, secret: Option<(CredentialKind, &str)>, source: &str) {
    let secret = secret.map(|(kind, value)| (kind, value.to_owned()));
    assert_eq!(home.found(), [(url.to_owned(), secret, source.to_owned())]);
}

const TOKEN: CredentialKind = CredentialKind::Token;
const PASSWORD: CredentialKind = CredentialKind::Password;

#[test]
fn the_configuration_file_of_this_computer_is_offered() {
    let json5 = "// mine\n{ gateway: { port: 19001, auth: { mode: 'token', token: 'abc', }, }, }";
    let home = Home::new().file(".openclaw/openclaw.json", json5);
    check(
        &home,
        "ws://127.0.0.1:19001/",
        Some((TOKEN, "abc")),
        "~/.openclaw/openclaw.json",
    );
}

#[test]
fn without_a_file_or_a_variable_nothing_is_offered() {
    assert!(Home::new().found().is_empty());
    assert!(
        Home::new()
            .file(".openclaw/openclaw.json", "{ not json")
            .found()
            .is_empty()
    );
}

#[test]
fn variables_say_where_the_file_is() {
    let file = r#"{"gateway":{"auth":{"token":"abc"}}}"#;
    let home = Home::new().file("elsewhere/openclaw.json", file);
    let home = home.variable("OPENCLAW_STATE_DIR", "~/elsewhere");
    check(
        &home,
        "ws://127.0.0.1:18789/",
        Some((TOKEN, "abc")),
        "~/elsewhere/openclaw.json",
    );
    let home = Home::new()
        .file("my.json", file)
        .variable("OPENCLAW_CONFIG_PATH", "~/my.json");
    check(
        &home,
        "ws://127.0.0.1:18789/",
        Some((TOKEN, "abc")),
        "~/my.json",
    );
    let home = Home::new().file(".openclaw-work/openclaw.json", file);
    let home = home.variable("OPENCLAW_PROFILE", "work");
    check(
        &home,
        "ws://127.0.0.1:18789/",
        Some((TOKEN, "abc")),
        "~/.openclaw-work/openclaw.json",
    );
}

#[test]
fn a_local_gateway_takes_its_own_token_before_the_variable_and_the_remote_one() {
    let all = r#"{gateway:{auth:{token:"own"},remote:{token:"far"}}}"#;
    let home = Home::new()
        .file(".openclaw/openclaw.json", all)
        .variable("OPENCLAW_GATEWAY_TOKEN", "var");
    assert_eq!(home.found()[0].1, Some((TOKEN, "own".into())));
    let far = r#"{gateway:{remote:{token:"far"}}}"#;
    let home = Home::new().file(".openclaw/openclaw.json", far);
    assert_eq!(home.found()[0].1, Some((TOKEN, "far".into())));
    let home = home.variable("OPENCLAW_GATEWAY_TOKEN", "var");
    assert_eq!(home.found()[0].1, Some((TOKEN, "var".into())));
}

#[test]
fn a_remote_gateway_is_offered_at_its_own_address() {
    let remote = r#"{gateway:{mode:"remote",remote:{url:"wss://gw.example.com",token:"far"},auth:{token:"own"}}}"#;
    let home = Home::new().file(".openclaw/openclaw.json", remote);
    check(
        &home,
        "wss://gw.example.com/",
        Some((TOKEN, "far")),
        "~/.openclaw/openclaw.json",
    );
}

#[test]
fn the_mode_chooses_between_token_and_password() {
    let both = r#"{gateway:{auth:{mode:"password",token:"t",password:"p"}}}"#;
    let home = Home::new().file(".openclaw/openclaw.json", both);
    assert_eq!(home.found()[0].1, Some((PASSWORD, "p".into())));
    let none = r#"{gateway:{auth:{mode:"none",token:"t"}}}"#;
    let home = Home::new().file(".openclaw/openclaw.json", none);
    assert_eq!(home.found()[0].1, None);
}

#[test]
fn a_variable_in_the_file_is_put_in_and_an_unset_one_gives_nothing() {
    let file = r#"{gateway:{auth:{token:"${MY_TOKEN}"}}}"#;
    let home = Home::new().file(".openclaw/openclaw.json", file);
    assert_eq!(
        home.found()[0].1,
        None,
        "an unset variable is not a token of its own name"
    );
    let home = home.variable("MY_TOKEN", "abc");
    assert_eq!(home.found()[0].1, Some((TOKEN, "abc".into())));
    let literal = substitute("$${NOT} ${YES}!", |_| Some("x"));
    assert_eq!(literal.as_deref(), Some("${NOT} x!"));
}

#[test]
fn an_address_variable_goes_with_the_variables_credentials_alone() {
    let home = Home::new()
        .file(
            ".openclaw/openclaw.json",
            r#"{gateway:{auth:{token:"own"}}}"#,
        )
        .variable("OPENCLAW_GATEWAY_URL", "wss://gw.example.com");
    let found = home.found();
    assert_eq!(
        found[0],
        (
            "wss://gw.example.com/".into(),
            None,
            "OPENCLAW_GATEWAY_URL".into()
        )
    );
    assert_eq!(found[1].1, Some((TOKEN, "own".into())));
}

#[test]
fn a_secret_that_is_a_reference_is_not_followed() {
    let file = r#"{gateway:{auth:{token:{source:"exec",provider:"x",id:"y"}}}}"#;
    let home = Home::new().file(".openclaw/openclaw.json", file);
    assert_eq!(home.found()[0].1, None);
}
