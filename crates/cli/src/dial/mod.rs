//! From options and environment to a connection that is up. Which secret goes where is decided here, once.
//!
//! Secrets of the environment belong to the gateway of the environment: with `--url` naming another one they are not
//! sent, as the reference command line has it. A token on the command line is taken without a word in
//! scripts; at a terminal a note says that others can see it.

mod device;
mod link;
mod vault;

use std::io::Read;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use gatehouse_client::{CertificatePin, GatewayUrl};
use gatehouse_protocol::Secret;
use gatehouse_protocol::connect::caps;

use crate::args::Target;
use crate::environment::Environment;
use crate::failure::Failure;
use crate::output::Output;

pub(crate) use link::Link;
pub(crate) use vault::Closed;

/// Where a gateway listens unless told otherwise.
pub(crate) const DEFAULT_URL: &str = "ws://127.0.0.1:18789";
pub(crate) const DEFAULT_PORT: u16 = 18789;
/// How long the gateway and each answer may take unless told otherwise.
const PATIENCE_SECONDS: u64 = 30;
/// A secret is a line; a file of another kind was named by mistake.
const MAX_SECRET_BYTES: u64 = 16 * 1024;

/// A gateway, and what to present there.
pub(crate) struct Dial {
    pub(crate) url: GatewayUrl,
    pub(crate) pin: Option<CertificatePin>,
    pub(crate) secrets: Secrets,
    pub(crate) timeout: Duration,
    target: Target,
    /// There is a secret in the environment, and it is another gateway's.
    pub(crate) kept_back: bool,
    /// Why the encrypted file with the device did not open, where it is one and did not.
    pub(crate) closed: Arc<OnceLock<Closed>>,
    /// What the command shows to the person who runs it.
    caps: &'static [&'static str],
}

/// The shared secrets that were given.
#[derive(Default)]
pub(crate) struct Secrets {
    pub(crate) token: Option<Secret>,
    pub(crate) password: Option<Secret>,
}

impl Secrets {
    pub(crate) fn is_empty(&self) -> bool {
        self.token.is_none() && self.password.is_none()
    }
}

impl Dial {
    /// Reads the options.
    pub(crate) fn new(
        target: Target,
        environment: &Environment,
        output: &Output,
    ) -> Result<Self, Failure> {
        let home_url = environment
            .get("OPENCLAW_GATEWAY_URL")
            .unwrap_or(DEFAULT_URL);
        let url = address(target.url.as_deref().unwrap_or(home_url))?;
        let is_home = target.url.is_none() || address(home_url).is_ok_and(|home| home == url);
        let mut secrets = given(&target, output)?;
        if let Some(text) = target.url.as_deref().filter(|_| secrets.is_empty()) {
            secrets = of_link(text);
        }
        let from_environment = environment_secrets(environment);
        let kept_back = secrets.is_empty() && !is_home && !from_environment.is_empty();
        if secrets.is_empty() && is_home {
            secrets = from_environment;
        }
        let pin = target.pin.as_deref().map(CertificatePin::parse).transpose();
        let pin = pin.map_err(|error| Failure::usage(format!("--pin: {error}")))?;
        Ok(Self {
            timeout: Duration::from_secs(target.timeout.unwrap_or(PATIENCE_SECONDS)),
            url,
            pin,
            secrets,
            target,
            kept_back,
            closed: Arc::default(),
            caps: &caps::PASSING,
        })
    }
}

impl Dial {
    /// For a command that shows what waits for a decision. For any other a gateway would let an agent wait for
    /// somebody who never sees the question.
    pub(crate) fn showing_approvals(mut self) -> Self {
        self.caps = &caps::OFFERED;
        self
    }

    /// For a gateway of one's own that no address names: the environment's secret is the one that it was started with.
    pub(crate) fn take_own_secrets(&mut self, environment: &Environment) {
        let read = |name: &str| {
            let names = ["GATEHOUSE", "OPENCLAW"].map(|prefix| format!("{prefix}_GATEWAY_{name}"));
            let mut said = names.iter().filter_map(|name| environment.get(name));
            said.next().and_then(Secret::new)
        };
        self.secrets = Secrets {
            token: read("TOKEN"),
            password: read("PASSWORD"),
        };
        self.kept_back = false;
    }
}

/// What a link to a dashboard carries: `http://…/#token=…`. The address itself never has it.
fn of_link(text: &str) -> Secrets {
    let Ok(link) = url::Url::parse(text.trim()) else {
        return Secrets::default();
    };
    let parts = [link.fragment(), link.query()];
    let find = |name: &str| {
        let pairs = parts.iter().flatten();
        let mut pairs = pairs.flat_map(|part| url::form_urlencoded::parse(part.as_bytes()));
        let found = pairs.find(|(key, _)| key == name);
        found.and_then(|(_, value)| Secret::new(&*value))
    };
    Secrets {
        token: find("token"),
        password: find("password"),
    }
}

fn address(text: &str) -> Result<GatewayUrl, Failure> {
    GatewayUrl::parse(text).map_err(|error| {
        Failure::usage(format!("this is no gateway's address: {error}"))
            .next(format!("an address looks like {DEFAULT_URL}"))
    })
}

/// What the command line says, straight or by a file.
fn given(target: &Target, output: &Output) -> Result<Secrets, Failure> {
    for (option, value) in [("--token", &target.token), ("--password", &target.password)] {
        if value.is_some() {
            output.hint(&format!(
                "{option} can be seen by other programs of this machine; {option}-file keeps it to yourself"
            ));
        }
    }
    let read = |straight: &Option<String>, file: &Option<std::path::PathBuf>| match (straight, file)
    {
        (Some(text), _) => secret_text(text).map(Some),
        (None, Some(path)) => secret_file(path).map(Some),
        (None, None) => Ok(None),
    };
    Ok(Secrets {
        token: read(&target.token, &target.token_file)?,
        password: read(&target.password, &target.password_file)?,
    })
}

fn environment_secrets(environment: &Environment) -> Secrets {
    let read = |name: &str| environment.get(name).and_then(Secret::new);
    Secrets {
        token: read("OPENCLAW_GATEWAY_TOKEN"),
        password: read("OPENCLAW_GATEWAY_PASSWORD"),
    }
}

/// A secret as it was typed.
pub(crate) fn secret_text(text: &str) -> Result<Secret, Failure> {
    Secret::new(text).ok_or_else(|| {
        Failure::configuration("an empty secret is no secret")
            .next("leave the option out, or give it what is the secret")
    })
}

/// A secret from a file, or from stdin for `-`.
pub(crate) fn secret_file(path: &Path) -> Result<Secret, Failure> {
    let mut text = zeroize::Zeroizing::new(String::new());
    let read = if path == Path::new("-") {
        std::io::stdin()
            .take(MAX_SECRET_BYTES)
            .read_to_string(&mut text)
    } else {
        std::fs::File::open(path)
            .and_then(|file| file.take(MAX_SECRET_BYTES).read_to_string(&mut text))
    };
    let shown = path.display();
    read.map_err(|error| {
        Failure::configuration(format!("{shown} cannot be read: {error}"))
            .next("name a file that this user can read, or `-` for stdin")
    })?;
    Secret::new(text.as_str()).ok_or_else(|| {
        Failure::configuration(format!("{shown} is empty")).next("put the secret into it, alone")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dial(target: Target, variables: &[(&str, &str)]) -> Dial {
        let environment = Environment::with(variables);
        Dial::new(target, &environment, &Output::quiet()).unwrap()
    }

    fn token(dial: &Dial) -> Option<&str> {
        dial.secrets.token.as_ref().map(Secret::expose)
    }

    #[test]
    fn the_environments_secret_goes_to_the_environments_gateway_only() {
        let variables = [
            ("OPENCLAW_GATEWAY_URL", "wss://home.example"),
            ("OPENCLAW_GATEWAY_TOKEN", "mine"),
        ];
        let home = dial(Target::default(), &variables);
        assert_eq!(token(&home), Some("mine"));

        let other = Target {
            url: Some("wss://other.example".into()),
            ..Target::default()
        };
        let other = dial(other, &variables);
        assert_eq!(token(&other), None, "another gateway must not see it");
        assert!(other.kept_back);

        let same = Target {
            url: Some("https://home.example/".into()),
            ..Target::default()
        };
        assert_eq!(token(&dial(same, &variables)), Some("mine"));
    }

    #[test]
    fn what_is_given_stands_above_the_environment_whole() {
        let target = Target {
            password: Some("given".into()),
            ..Target::default()
        };
        let dial = dial(target, &[("OPENCLAW_GATEWAY_TOKEN", "mine")]);
        assert_eq!(token(&dial), None, "two secrets of two origins do not mix");
        assert_eq!(
            dial.secrets.password.as_ref().map(Secret::expose),
            Some("given")
        );
    }

    #[test]
    fn the_token_of_a_pasted_link_is_used_and_not_kept_in_the_address() {
        for link in [
            "http://127.0.0.1:19300/#token=a%2Bb",
            "http://127.0.0.1:19300/?token=a%2Bb",
        ] {
            let pasted = Target {
                url: Some(link.into()),
                ..Target::default()
            };
            let pasted = dial(pasted, &[("OPENCLAW_GATEWAY_TOKEN", "mine")]);
            assert_eq!(token(&pasted), Some("a+b"), "{link}");
            assert_eq!(pasted.url.as_str(), "ws://127.0.0.1:19300/");
        }
        let both = Target {
            url: Some("http://127.0.0.1:19300/#token=pasted".into()),
            token: Some("given".into()),
            ..Target::default()
        };
        assert_eq!(token(&dial(both, &[])), Some("given"));
    }

    #[test]
    fn a_secret_comes_out_of_a_file_without_its_line_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "abc\n").unwrap();
        assert_eq!(secret_file(&path).ok().unwrap().expose(), "abc");
        std::fs::write(&path, " \n").unwrap();
        assert_eq!(secret_file(&path).err().unwrap().kind.status(), 78);
    }
}
