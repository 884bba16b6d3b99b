//! Everything that has to be known before a gateway can start: the file, what the command line and the
//! environment say over it, and how clients are to authenticate.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use gatehouse_protocol::Secret;
use zeroize::Zeroizing;

use super::comments;
use super::desk::pretty;
use super::file::ConfigPlace;
use super::read::{Env, Reading, read};
use super::redact::{hidden, secrets};
use super::sections::ROOT;
use super::unused::unused;
use super::{AuthConfig, AuthMode, Bind, Config, ConfigError, Mistake, migrate};
use crate::auth::{AuthSettings, SharedSecret, random_token};

/// A secret of the command line, or the file it is in.
#[derive(Clone)]
pub enum SecretFlag {
    Text(Secret),
    File(PathBuf),
}

/// What the command line says over the file.
#[derive(Clone, Default)]
pub struct Flags {
    pub config: Option<PathBuf>,
    pub port: Option<u16>,
    pub bind: Option<Bind>,
    pub auth: Option<AuthMode>,
    pub token: Option<SecretFlag>,
    pub password: Option<SecretFlag>,
    pub tls_cert: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
    pub tls_self_signed: bool,
    /// The token to expect when nothing else names one; without it one is made and its hash kept.
    pub kept_token: Option<SharedSecret>,
}

/// A configuration that is ready to start with.
pub struct Prepared {
    pub place: ConfigPlace,
    /// The file's text; none when there is no file.
    pub text: Option<Zeroizing<String>>,
    pub reading: Reading,
    pub auth: AuthSettings,
    /// A token that was made just now, to be shown once.
    pub generated_token: Option<Secret>,
    /// What was brought up to date and written back.
    pub migrated: Vec<String>,
    /// The same, and what is otherwise worth a line in the log.
    pub notes: Vec<String>,
}

/// Reads, overrides, checks. The file is written when older names or clear secrets were found in it, and a
/// generated token's hash is kept.
pub fn prepare(state_dir: &Path, flags: &Flags, env: &Env) -> Result<Prepared, ConfigError> {
    let mut place = ConfigPlace::find(flags.config.as_deref(), state_dir);
    if let Some(named) = flags.config.as_ref().filter(|named| !named.exists()) {
        return Err(ConfigError::Read {
            path: named.clone(),
            source: std::io::Error::new(std::io::ErrorKind::NotFound, "there is no such file"),
        });
    }
    let is_beside = flags
        .config
        .as_ref()
        .is_some_and(|named| *named != place.read_from);
    let mut text = place.text()?;
    let mut reading = read(written(text.as_ref()), &place.read_from, env)?;
    let migrated = std::mem::take(&mut reading.changes);
    let mut notes = migrated.clone();
    if !migrated.is_empty() {
        // The copy that is kept must not keep what was just taken out of the clear.
        let mut before =
            json5::from_str(text.as_ref().map_or("{}", |text| text.as_str())).unwrap_or_default();
        let mut secrets = secrets(&ROOT, &before);
        secrets.extend(migrate::older_secrets(&before));
        migrate::hide_older_secrets(&mut before);
        let before = hidden(&ROOT, &before);
        let is_theirs = place.read_from != place.write_to;
        if is_theirs {
            // What does nothing here may hold keys of channels and the like: they stay in the file that they are in.
            for path in unused(&ROOT, &reading.source) {
                migrate::take(&mut reading.source, &path);
            }
        }
        let new = pretty(&reading.source);
        let own_text = text.as_deref().filter(|_| !is_theirs);
        if let Some(own) = own_text.filter(|own| comments::are_lost(own, &new)) {
            let kept = place.keep_comments(&comments::keepsake(own, &secrets, &before))?;
            notes.push(format!(
                "{} has its comments no more: they are kept in {}",
                place.write_to.display(),
                kept.display()
            ));
        }
        place.write(&new, Some(&pretty(&before)))?;
        notes.push(written_back(&place, is_theirs));
        text = Some(Zeroizing::new(new));
        place.prefer_own();
    }
    if let Some(named) = flags.config.as_ref().filter(|_| is_beside) {
        notes.push(format!(
            "{} is read instead of {}: it holds what was changed here since",
            place.read_from.display(),
            named.display()
        ));
    }
    let unused = unused(&ROOT, &reading.config.raw);
    if !unused.is_empty() {
        notes.push(format!(
            "these settings do nothing in this gateway: {}",
            unused.join(", ")
        ));
    }
    apply(&mut reading.config, flags, env)?;
    let (auth, generated_token) = auth(&reading.config, flags, env, state_dir)?;
    Ok(Prepared {
        place,
        text,
        reading,
        auth,
        generated_token,
        migrated,
        notes,
    })
}

fn written_back(place: &ConfigPlace, is_theirs: bool) -> String {
    let (to, from) = (place.write_to.display(), place.read_from.display());
    if is_theirs {
        return format!(
            "{to} was made from {from}, without what does nothing here, and is read instead of it from now on"
        );
    }
    format!("{to} was brought up to date")
}

fn written(text: Option<&Zeroizing<String>>) -> &str {
    text.map_or("", |text| text.as_str())
}

/// The command line over the environment over the file.
fn apply(config: &mut Config, flags: &Flags, env: &Env) -> Result<(), ConfigError> {
    let gateway = &mut config.gateway;
    if let Some((name, text)) = variable(env, "GATEWAY_PORT") {
        gateway.port = text
            .parse()
            .map_err(|_| one(&name, "must be a whole number from 0 to 65535"))?;
    }
    if let Some((name, text)) = variable(env, "GATEWAY_BIND") {
        gateway.bind =
            bind(&text).ok_or_else(|| one(&name, "must be loopback, lan or an IP address"))?;
    }
    if let Some(port) = flags.port {
        gateway.port = port;
    }
    if let Some(bind) = flags.bind {
        gateway.bind = bind;
    }
    if let Some(mode) = flags.auth {
        gateway.auth.mode = mode;
    } else if flags.password.is_some() {
        gateway.auth.mode = AuthMode::Password;
    } else if flags.token.is_some() {
        gateway.auth.mode = AuthMode::Token;
    } else if let Some(mode) = mode_of(&gateway.auth, env) {
        gateway.auth.mode = mode;
    }
    if flags.tls_cert.is_some() || flags.tls_self_signed {
        gateway.tls.enabled = true;
        gateway.tls.cert_path = flags.tls_cert.clone();
        gateway.tls.key_path = flags.tls_key.clone();
        gateway.tls.auto_generate = Some(flags.tls_self_signed);
    }
    Ok(())
}

/// The mode that a secret of the environment asks for, where the file has no secret for its own: a secret that is given
/// is never left unasked for in silence.
fn mode_of(auth: &AuthConfig, env: &Env) -> Option<AuthMode> {
    let has = |name| variable(env, name).is_some();
    let (token, password) = (has("GATEWAY_TOKEN"), has("GATEWAY_PASSWORD"));
    match auth.mode {
        AuthMode::None if token => Some(AuthMode::Token),
        AuthMode::None if password => Some(AuthMode::Password),
        AuthMode::Token if !token && password && auth.token_hash.is_none() => {
            Some(AuthMode::Password)
        }
        AuthMode::Password if !password && token && auth.password_hash.is_none() => {
            Some(AuthMode::Token)
        }
        _ => None,
    }
}

fn bind(text: &str) -> Option<Bind> {
    match text.trim() {
        "loopback" => Some(Bind::Loopback),
        "lan" => Some(Bind::Lan),
        other => other.parse::<IpAddr>().ok().map(Bind::Address),
    }
}

/// Our own name for a variable, or the published gateway's.
fn variable(env: &Env, name: &str) -> Option<(String, String)> {
    ["GATEHOUSE", "OPENCLAW"].into_iter().find_map(|prefix| {
        let name = format!("{prefix}_{name}");
        let value = env.get(&name)?.trim().to_owned();
        (!value.is_empty()).then_some((name, value))
    })
}

fn one(path: &str, problem: &str) -> ConfigError {
    ConfigError::Mistakes(vec![Mistake {
        path: path.to_owned(),
        problem: problem.to_owned(),
        suggestion: None,
    }])
}

/// Where the hash of a token that we made is kept.
const TOKEN_HASH_FILE: &str = "gateway-token.hash";

fn auth(
    config: &Config,
    flags: &Flags,
    env: &Env,
    state_dir: &Path,
) -> Result<(AuthSettings, Option<Secret>), ConfigError> {
    let auth = &config.gateway.auth;
    let token = given(
        &flags.token,
        env,
        "GATEWAY_TOKEN",
        config,
        "token",
        auth.token_hash.as_deref(),
    );
    let password = given(
        &flags.password,
        env,
        "GATEWAY_PASSWORD",
        config,
        "password",
        auth.password_hash.as_deref(),
    );
    match auth.mode {
        AuthMode::None => Ok((AuthSettings::None, None)),
        AuthMode::Token => match token? {
            Some(secret) => Ok((AuthSettings::Token(secret), None)),
            None => match &flags.kept_token {
                Some(kept) => Ok((AuthSettings::Token(kept.clone()), None)),
                None => kept_or_made(state_dir),
            },
        },
        AuthMode::Password => match password? {
            Some(secret) => Ok((AuthSettings::Password(secret), None)),
            None => Err(one(
                "gateway.auth.password",
                "is needed in this mode: give --password-file or set GATEHOUSE_GATEWAY_PASSWORD",
            )),
        },
        AuthMode::TrustedProxy => {
            let rules = auth.trusted_proxy.rules().ok_or_else(|| {
                one(
                    "gateway.auth.trustedProxy.userHeader",
                    "is needed in this mode",
                )
            })?;
            let proxies = config.gateway.trusted_proxies.clone();
            Ok((
                AuthSettings::TrustedProxy {
                    rules,
                    proxies,
                    local: password?,
                },
                None,
            ))
        }
    }
}

/// The secret that the command line, the environment or the file gives, in this order.
fn given(
    flag: &Option<SecretFlag>,
    env: &Env,
    variable_name: &str,
    config: &Config,
    name: &str,
    hash: Option<&str>,
) -> Result<Option<SharedSecret>, ConfigError> {
    match flag {
        Some(SecretFlag::Text(secret)) => return Ok(Some(SharedSecret::of(secret.expose()))),
        Some(SecretFlag::File(path)) => {
            let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
                path: path.clone(),
                source,
            })?;
            let secret =
                Secret::new(text).ok_or_else(|| one(&path.display().to_string(), "is empty"))?;
            return Ok(Some(SharedSecret::of(secret.expose())));
        }
        None => {}
    }
    if let Some((_, text)) = variable(env, variable_name) {
        return Ok(Some(SharedSecret::of(&text)));
    }
    // What still stands in the file is a reference that has been resolved.
    let path = format!("gateway.auth.{name}");
    if let Some(text) = config.at(&path).and_then(serde_json::Value::as_str) {
        return Ok(Some(SharedSecret::of(text)));
    }
    let Some(hash) = hash else {
        return Ok(None);
    };
    let secret = SharedSecret::from_hash(hash);
    secret
        .map(Some)
        .map_err(|error| one(&format!("{path}Hash"), &error.to_string()))
}

/// The token that was made at an earlier start, or a new one. Of it only the hash is kept: it is random, so
/// SHA-256 is enough, and a person sees it once.
fn kept_or_made(state_dir: &Path) -> Result<(AuthSettings, Option<Secret>), ConfigError> {
    let path = state_dir.join(TOKEN_HASH_FILE);
    match std::fs::read_to_string(&path) {
        Ok(hash) => {
            let secret = SharedSecret::from_hash(hash.trim());
            let secret =
                secret.map_err(|error| one(&path.display().to_string(), &error.to_string()))?;
            return Ok((AuthSettings::Token(secret), None));
        }
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(source) => return Err(ConfigError::Read { path, source }),
    }
    let token = random_token().ok().and_then(Secret::new);
    let token = token.ok_or_else(|| {
        one(
            "gateway.auth.token",
            "cannot be made: the system gives no randomness",
        )
    })?;
    let hash = SharedSecret::hash_random(token.expose());
    let place = ConfigPlace {
        read_from: path.clone(),
        write_to: path,
    };
    place.write(&hash, None)?;
    Ok((
        AuthSettings::Token(SharedSecret::of(token.expose())),
        Some(token),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(pairs: &[(&str, &str)]) -> Env {
        pairs
            .iter()
            .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
            .collect()
    }

    fn accepts(auth: &AuthSettings, text: &str) -> bool {
        matches!(auth, AuthSettings::Token(secret) if secret.matches(text))
    }

    #[test]
    fn without_any_secret_a_token_is_made_once_and_only_its_hash_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let first = prepare(folder.path(), &Flags::default(), &Env::new()).unwrap();
        let token = first.generated_token.unwrap();
        assert!(accepts(&first.auth, token.expose()));
        let second = prepare(folder.path(), &Flags::default(), &Env::new()).unwrap();
        assert!(second.generated_token.is_none());
        assert!(accepts(&second.auth, token.expose()));
        for entry in std::fs::read_dir(folder.path()).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            assert!(!text.contains(token.expose()));
        }
    }

    #[test]
    fn the_command_line_goes_over_the_environment_over_the_file() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("gatehouse.json"), "{gateway: {port: 1}}").unwrap();
        let variables = env(&[
            ("OPENCLAW_GATEWAY_PORT", "2"),
            ("OPENCLAW_GATEWAY_TOKEN", "from-env"),
        ]);
        let flags = Flags {
            port: Some(3),
            ..Flags::default()
        };
        let read = prepare(folder.path(), &Flags::default(), &Env::new()).unwrap();
        assert_eq!(read.reading.config.gateway.port, 1);
        let read = prepare(folder.path(), &Flags::default(), &variables).unwrap();
        assert_eq!(read.reading.config.gateway.port, 2);
        assert!(accepts(&read.auth, "from-env"));
        let read = prepare(folder.path(), &flags, &variables).unwrap();
        assert_eq!(read.reading.config.gateway.port, 3);
    }

    #[test]
    fn a_clear_token_of_an_openclaw_file_is_honoured_and_leaves_no_copy_of_ours_in_the_clear() {
        let folder = tempfile::tempdir().unwrap();
        let theirs = folder.path().join("openclaw.json");
        std::fs::write(&theirs, "{gateway: {auth: {token: 'hunter2'}}}").unwrap();
        let read = prepare(folder.path(), &Flags::default(), &Env::new()).unwrap();
        assert!(accepts(&read.auth, "hunter2"));
        assert!(!read.notes.is_empty());
        assert!(
            std::fs::read_to_string(&theirs)
                .unwrap()
                .contains("hunter2"),
            "not ours to change"
        );
        for name in ["gatehouse.json", "gatehouse.json.bak"] {
            let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
            assert!(!text.contains("hunter2"), "{name}");
        }
    }

    #[test]
    fn what_was_changed_here_is_read_before_the_openclaw_file_that_was_named() {
        let folder = tempfile::tempdir().unwrap();
        let theirs = folder.path().join("openclaw.json");
        let ours = folder.path().join("gatehouse.json");
        std::fs::write(&theirs, "{gateway: {port: 1, auth: {token: 'hunter2'}}}").unwrap();
        let flags = Flags {
            config: Some(theirs.clone()),
            ..Flags::default()
        };
        let first = prepare(folder.path(), &flags, &Env::new()).unwrap();
        assert_eq!(
            first.place.read_from, ours,
            "what was written is what holds"
        );
        let changed = std::fs::read_to_string(&ours)
            .unwrap()
            .replace(": 1", ": 2");
        std::fs::write(&ours, changed).unwrap();
        let second = prepare(folder.path(), &flags, &Env::new()).unwrap();
        assert_eq!(second.reading.config.gateway.port, 2);
        let told = second
            .notes
            .iter()
            .any(|note| note.contains("is read instead of"));
        assert!(told, "{:?}", second.notes);
        std::fs::remove_file(&theirs).unwrap();
        assert!(
            prepare(folder.path(), &flags, &Env::new()).is_err(),
            "a file that was named is there"
        );
    }

    #[test]
    fn a_secret_of_the_environment_is_asked_for_where_the_file_has_none() {
        let mode = |file: &str, variables: &[(&str, &str)]| {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join("gatehouse.json"), file).unwrap();
            let read = prepare(folder.path(), &Flags::default(), &env(variables)).unwrap();
            read.reading.config.gateway.auth.mode
        };
        let none = "{gateway: {auth: {mode: 'none'}}}";
        let token = ("GATEHOUSE_GATEWAY_TOKEN", "a-token-of-some-length");
        let password = ("OPENCLAW_GATEWAY_PASSWORD", "a-password");
        assert_eq!(mode(none, &[]), AuthMode::None);
        assert_eq!(mode(none, &[token]), AuthMode::Token);
        assert_eq!(mode(none, &[password]), AuthMode::Password);
        assert_eq!(mode("{}", &[password]), AuthMode::Password);
        assert_eq!(mode("{}", &[password, token]), AuthMode::Token);
        let own = "{gateway: {auth: {mode: 'password', password: 'of-the-file'}}}";
        assert_eq!(mode(own, &[token]), AuthMode::Password);
    }

    #[test]
    fn a_secret_under_an_older_name_is_in_no_copy() {
        for (name, secret) in [
            ("token", "hunter2-of-old"),
            ("password", "swordfish-of-old"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let own = folder.path().join("gatehouse.json");
            std::fs::write(&own, format!("{{gateway: {{{name}: '{secret}'}}}}")).unwrap();
            let read = prepare(folder.path(), &Flags::default(), &Env::new());
            assert!(!read.unwrap().migrated.is_empty());
            for file in std::fs::read_dir(folder.path()).unwrap() {
                let path = file.unwrap().path();
                let text = std::fs::read_to_string(&path).unwrap();
                assert!(!text.contains(secret), "{}: {text}", path.display());
            }
        }
    }

    #[test]
    fn what_does_nothing_here_stays_in_the_file_of_the_other_gateway() {
        let folder = tempfile::tempdir().unwrap();
        let theirs = folder.path().join("openclaw.json");
        let text = "{gateway: {auth: {token: 'hunter2'}, port: 7}, channels: {telegram: {botToken: 'b0t'}}}";
        std::fs::write(&theirs, text).unwrap();
        let read = prepare(folder.path(), &Flags::default(), &Env::new()).unwrap();
        assert!(
            read.notes.iter().any(|note| note.contains("instead of it")),
            "{:?}",
            read.notes
        );
        for name in ["gatehouse.json", "gatehouse.json.bak"] {
            let text = std::fs::read_to_string(folder.path().join(name)).unwrap();
            assert!(!text.contains("b0t"), "{name}: {text}");
        }
        let again = prepare(folder.path(), &Flags::default(), &Env::new()).unwrap();
        assert_eq!(again.reading.config.gateway.port, 7);
    }
}
