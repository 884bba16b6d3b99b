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

    fn look(&self) -> Looked {
        look(&Environment {
            variables: self.variables.clone(),
            home: Some(self.folder.path().to_owned()),
        })
    }

    /// What is told of and cannot be used; then nothing is offered.
    fn broken(&self) -> Vec<Broken> {
        let looked = self.look();
        assert!(looked.found.is_empty(), "nothing is offered");
        looked.broken
    }

    fn found(&self) -> Vec<Seen> {
        let found = self.look().found;
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
    assert_eq!(Home::new().broken(), []);
}

const FILE: &str = "~/.openclaw/openclaw.json";

#[test]
fn a_file_that_is_there_and_cannot_be_read_is_told_of_and_not_quoted() {
    let half = "{\n  gateway: {\n    auth: { token: 'hunter2";
    let broken = Home::new().file(".openclaw/openclaw.json", half).broken();
    let unreadable = |line| Broken {
        line,
        ..Broken::new(FILE, DiscoveryFault::Unreadable)
    };
    assert_eq!(broken, [unreadable(Some(3))]);
    let folder = Home::new().file(".openclaw/openclaw.json/x", "");
    assert_eq!(folder.broken(), [unreadable(None)]);
}

#[test]
fn the_token_is_never_offered_to_another_port_than_the_one_that_is_given() {
    for port in ["'nope'", "'19001'", "99999", "0", "-1", "1.5", "null", "{}"] {
        let file = format!("{{gateway:{{port:{port},auth:{{token:'abc'}}}}}}");
        let home = Home::new().file(".openclaw/openclaw.json", &file);
        let bad = Broken::new(FILE, DiscoveryFault::BadPort);
        assert_eq!(home.broken(), [bad], "{port}");
    }
    for port in ["nope", "99999", "0", "-1"] {
        let file = "{gateway:{port:19001,auth:{token:'abc'}}}";
        let home = Home::new().file(".openclaw/openclaw.json", file);
        let home = home.variable("OPENCLAW_GATEWAY_PORT", port);
        let bad = Broken::new("OPENCLAW_GATEWAY_PORT", DiscoveryFault::BadPort);
        assert_eq!(home.broken(), [bad], "{port}");
    }
}

#[test]
fn an_address_that_cannot_be_used_is_told_of() {
    for (url, fault) in [
        ("ftp://gw.example.com", DiscoveryFault::BadAddress),
        ("ws://gw.example.com", DiscoveryFault::BadAddress),
        ("wss://gw.example.com:99999", DiscoveryFault::BadPort),
    ] {
        let home = Home::new().variable("OPENCLAW_GATEWAY_URL", url);
        let broken = Broken::new("OPENCLAW_GATEWAY_URL", fault);
        assert_eq!(home.broken(), [broken], "{url}");
    }
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
