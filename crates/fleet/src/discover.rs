//! Finds the OpenClaw gateway of this computer by its configuration file and the `OPENCLAW_*` variables.
//!
//! What is found is offered, never used by itself. Sources of the rules: OpenClaw's documentation, "Credential
//! precedence" (gateway/remote), "Environment" (help/environment) and "Env var substitution in config values".
//! Secret references other than `${VAR}` are not followed: they may run a program.

use std::{
    collections::BTreeMap,
    fs::File,
    io::Read as _,
    path::{Path, PathBuf},
};

use gatehouse_client::{AddressError, GatewayUrl};
use gatehouse_vault::Secret;
use serde_json::Value;

use crate::paste::DEFAULT_PORT;
use crate::view::{CredentialKind, DiscoveryFault};

/// A configuration file is some kilobytes; more is not read.
const LARGEST_CONFIG: u64 = 4 * 1024 * 1024;

/// The variables and the home folder that the app was started with. Passed in, so that tests need no real ones.
#[derive(Clone, Default)]
pub struct Environment {
    pub variables: BTreeMap<String, String>,
    pub home: Option<PathBuf>,
}

impl Environment {
    /// A variable that says something: OpenClaw takes blank, `undefined` and `null` for unset.
    fn get(&self, name: &str) -> Option<&str> {
        let value = self.variables.get(name)?.trim();
        (!matches!(value, "" | "undefined" | "null")).then_some(value)
    }

    fn home(&self) -> Option<PathBuf> {
        match self.get("OPENCLAW_HOME") {
            Some(home) => Some(self.expand(home)),
            None => self.home.clone(),
        }
    }

    /// `~` and `~/…`.
    fn expand(&self, path: &str) -> PathBuf {
        let rest = path
            .strip_prefix('~')
            .filter(|rest| rest.is_empty() || rest.starts_with('/'));
        match (rest, &self.home) {
            (Some(rest), Some(home)) => home.join(rest.trim_start_matches('/')),
            _ => PathBuf::from(path),
        }
    }

    fn state_dir(&self) -> Option<PathBuf> {
        if let Some(folder) = self.get("OPENCLAW_STATE_DIR") {
            return Some(self.expand(folder));
        }
        let profile = self
            .get("OPENCLAW_PROFILE")
            .filter(|profile| *profile != "default");
        let folder = profile.map_or(".openclaw".to_owned(), |profile| {
            format!(".openclaw-{profile}")
        });
        Some(self.home()?.join(folder))
    }

    fn config_path(&self) -> Option<PathBuf> {
        if let Some(path) = self.get("OPENCLAW_CONFIG_PATH") {
            return Some(self.expand(path));
        }
        Some(self.state_dir()?.join("openclaw.json"))
    }

    /// A path as the person would write it.
    fn written(&self, path: &Path) -> String {
        let below = self
            .home
            .as_ref()
            .and_then(|home| path.strip_prefix(home).ok());
        below.map_or_else(
            || path.display().to_string(),
            |below| format!("~/{}", below.display()),
        )
    }
}

/// What a gateway is called that nobody has named. The gateway of this app is called "This computer".
pub(crate) fn first_name(url: &GatewayUrl) -> String {
    if url.is_loopback() {
        "OpenClaw on this computer".to_owned()
    } else {
        url.host()
    }
}

/// A gateway that was found. Holds its secret, so it has no `Debug`.
pub struct Found {
    pub url: String,
    pub name: String,
    pub kind: CredentialKind,
    pub secret: Option<Secret>,
    /// The file or the variable that it was read from, as the person would write it.
    pub source: String,
}

/// What says that there is a gateway, and cannot be used. Quotes nothing of it, which may be a secret.
#[derive(Debug, PartialEq)]
pub struct Broken {
    pub source: String,
    pub fault: DiscoveryFault,
    /// From 1.
    pub line: Option<u32>,
}

impl Broken {
    fn new(source: &str, fault: DiscoveryFault) -> Self {
        Self {
            source: source.to_owned(),
            fault,
            line: None,
        }
    }
}

/// What a look around gave.
#[derive(Default)]
pub struct Looked {
    pub found: Vec<Found>,
    pub broken: Vec<Broken>,
}

impl Found {
    fn at(
        url: &str,
        secret: Option<(CredentialKind, String)>,
        source: String,
    ) -> Result<Self, Broken> {
        let fault = |error| match error {
            AddressError::Port => DiscoveryFault::BadPort,
            _ => DiscoveryFault::BadAddress,
        };
        let url = GatewayUrl::parse(url).map_err(|error| Broken::new(&source, fault(error)))?;
        if !url.may_carry_secrets() {
            return Err(Broken::new(&source, DiscoveryFault::BadAddress));
        }
        let (kind, secret) = match secret {
            Some((kind, value)) => (kind, Some(Secret::new(value))),
            None => (CredentialKind::None, None),
        };
        Ok(Self {
            url: url.as_str().to_owned(),
            name: first_name(&url),
            kind,
            secret,
            source,
        })
    }
}

/// Looks for gateways, off the async threads: it reads files.
pub async fn discover(environment: &Environment) -> Looked {
    let environment = environment.clone();
    tokio::task::spawn_blocking(move || look(&environment))
        .await
        .unwrap_or_default()
}

fn look(environment: &Environment) -> Looked {
    let mut looked = Looked::default();
    for tried in [from_variables(environment), from_config(environment)] {
        match tried {
            Some(Ok(found)) if looked.found.iter().any(|known| known.url == found.url) => {}
            Some(Ok(found)) => looked.found.push(found),
            Some(Err(broken)) => looked.broken.push(broken),
            None => {}
        }
    }
    looked
}

/// `OPENCLAW_GATEWAY_URL` goes with the variables' credentials alone.
fn from_variables(environment: &Environment) -> Option<Result<Found, Broken>> {
    let url = environment.get("OPENCLAW_GATEWAY_URL")?.to_owned();
    let source = "OPENCLAW_GATEWAY_URL".to_owned();
    let secret = choose(
        environment.get("OPENCLAW_GATEWAY_TOKEN").map(str::to_owned),
        environment
            .get("OPENCLAW_GATEWAY_PASSWORD")
            .map(str::to_owned),
        None,
    );
    Some(Found::at(&url, secret, source))
}

fn from_config(environment: &Environment) -> Option<Result<Found, Broken>> {
    let path = environment.config_path()?;
    let source = environment.written(&path);
    let root = match read(&path, &source)? {
        Ok(root) => root,
        Err(broken) => return Some(Err(broken)),
    };
    let config = Config { root, environment };
    let remote = config.text("/gateway/mode").as_deref() == Some("remote");
    let url = match config.text("/gateway/remote/url") {
        Some(url) if remote => Ok(url),
        _ => config.local_url(&source),
    };
    Some(url.and_then(|url| Found::at(&url, config.secret(remote), source)))
}

/// None where there is no such file. Of one that is no JSON5, the place and not the parser's words, which could quote a
/// secret.
fn read(path: &Path, source: &str) -> Option<Result<Value, Broken>> {
    let unreadable = || Broken::new(source, DiscoveryFault::Unreadable);
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if is_absent(&error) => return None,
        Err(_) => return Some(Err(unreadable())),
    };
    let mut text = String::new();
    if file.take(LARGEST_CONFIG).read_to_string(&mut text).is_err() {
        return Some(Err(unreadable()));
    }
    Some(json5::from_str(&text).map_err(|error| {
        Broken {
            line: error
                .position()
                .and_then(|position| u32::try_from(position.line + 1).ok()),
            ..unreadable()
        }
    }))
}

fn is_absent(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

struct Config<'a> {
    root: Value,
    environment: &'a Environment,
}

impl Config<'_> {
    /// A text at a JSON pointer, its `${VAR}` put in; none where one of them is unset.
    fn text(&self, pointer: &str) -> Option<String> {
        let text = self.root.pointer(pointer)?.as_str()?;
        let text = substitute(text, |name| self.environment.get(name))?;
        (!text.trim().is_empty()).then_some(text)
    }

    fn local_url(&self, source: &str) -> Result<String, Broken> {
        let port = self.port(source)?;
        let tls = self
            .root
            .pointer("/gateway/tls/enabled")
            .and_then(Value::as_bool);
        let scheme = if tls == Some(true) { "wss" } else { "ws" };
        Ok(format!("{scheme}://127.0.0.1:{port}/"))
    }

    /// The usual one only where none is given: at another than the gateway's, a stranger may listen for its token.
    fn port(&self, source: &str) -> Result<u16, Broken> {
        const VARIABLE: &str = "OPENCLAW_GATEWAY_PORT";
        let bad = |source| Broken::new(source, DiscoveryFault::BadPort);
        if let Some(port) = self.environment.get(VARIABLE) {
            let port = port.parse().ok().filter(|port| *port != 0);
            return port.ok_or_else(|| bad(VARIABLE));
        }
        let Some(port) = self.root.pointer("/gateway/port") else {
            return Ok(DEFAULT_PORT);
        };
        let port = port.as_u64().and_then(|port| u16::try_from(port).ok());
        port.filter(|port| *port != 0).ok_or_else(|| bad(source))
    }

    /// Where a value of the file is given but cannot be had, nothing else stands in for it.
    fn secret(&self, remote: bool) -> Option<(CredentialKind, String)> {
        let variable = |name| self.environment.get(name).map(str::to_owned);
        let token = variable("OPENCLAW_GATEWAY_TOKEN");
        let password = variable("OPENCLAW_GATEWAY_PASSWORD");
        let file = |pointer| self.text(pointer);
        let mode = self.text("/gateway/auth/mode").filter(|_| !remote);
        if remote {
            let token = file("/gateway/remote/token")
                .or(token)
                .or_else(|| file("/gateway/auth/token"));
            let password = password.or_else(|| file("/gateway/remote/password"));
            return choose(
                token,
                password.or_else(|| file("/gateway/auth/password")),
                None,
            );
        }
        let token = file("/gateway/auth/token")
            .or(token)
            .or_else(|| file("/gateway/remote/token"));
        let password = file("/gateway/auth/password").or(password);
        choose(
            token,
            password.or_else(|| file("/gateway/remote/password")),
            mode.as_deref(),
        )
    }
}

/// The credential that the gateway's mode asks for; without a mode a token goes before a password.
fn choose(
    token: Option<String>,
    password: Option<String>,
    mode: Option<&str>,
) -> Option<(CredentialKind, String)> {
    let token = token.map(|token| (CredentialKind::Token, token));
    let password = password.map(|password| (CredentialKind::Password, password));
    match mode {
        Some("none") => None,
        Some("password") => password,
        _ => token.or(password),
    }
}

/// Puts `${NAME}` in; `$${NAME}` is a literal. None where a variable is unset.
fn substitute<'a>(text: &str, variable: impl Fn(&str) -> Option<&'a str>) -> Option<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, after) = rest.split_at(at);
        let Some(end) = after.find('}').filter(|end| is_variable(&after[2..*end])) else {
            out.push_str(before);
            out.push_str("${");
            rest = &after[2..];
            continue;
        };
        if let Some(literal) = before.strip_suffix('$') {
            out.push_str(literal);
            out.push_str(&after[..=end]);
        } else {
            out.push_str(before);
            out.push_str(variable(&after[2..end])?);
        }
        rest = &after[end + 1..];
    }
    out.push_str(rest);
    Some(out)
}

fn is_variable(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes
        .next()
        .is_some_and(|b| b.is_ascii_uppercase() || b == b'_')
        && bytes.all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

#[cfg(test)]
#[path = "discover_tests.rs"]
mod tests;
