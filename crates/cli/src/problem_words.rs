//! The words for a connection that is not up: what happened, what mends it, and which exit status it has. One
//! place for all of them; `doctor` and every other command say the same.

use gatehouse_client::{Problem, ProblemCode};
use gatehouse_protocol::untrusted::one_line;

use crate::dial::Dial;
use crate::failure::{Failure, FailureKind};

/// A problem as a failure.
pub(crate) fn failure(problem: &Problem, dial: &Dial) -> Failure {
    let words = words(problem.code);
    let mut message = words.what.replace("{url}", dial.url.as_str());
    if let Some(detail) = &problem.detail {
        message = format!("{message} ({})", one_line(detail, 300));
    }
    let mut failure = Failure::new(words.kind, &code_name(problem.code), message);
    failure.retry_after_ms = problem.retry_after_ms;
    match next(problem, dial, words.next) {
        Some(next) => failure.next(next),
        None => failure,
    }
}

/// The code as scripts see it: the name that the desktop's page uses.
pub(crate) fn code_name(code: ProblemCode) -> String {
    let name = serde_json::to_value(code).ok();
    name.and_then(|name| name.as_str().map(str::to_owned))
        .unwrap_or_else(|| "unknown".to_owned())
}

fn next(problem: &Problem, dial: &Dial, usual: &str) -> Option<String> {
    if dial.kept_back && words(problem.code).kind == FailureKind::Authentication {
        return Some(
            "the secret in the environment belongs to the gateway of OPENCLAW_GATEWAY_URL and was not \
             sent: with --url give --token-file or --password-file as well"
                .to_owned(),
        );
    }
    let is_plain = !dial.url.is_tls();
    match (problem.code, &problem.request_id) {
        (ProblemCode::NotAGateway | ProblemCode::UpgradeRefused, _) if is_plain => Some(format!(
            "try wss://, in case it speaks TLS; otherwise {usual}"
        )),
        (ProblemCode::PairingRequired, Some(id)) => Some(format!(
            "let someone who is in approve it: `gatehouse call device.pair.approve \
             '{{\"requestId\":\"{id}\"}}'`, then try again"
        )),
        (ProblemCode::AuthRateLimited, _) => match problem.retry_after_ms {
            Some(ms) => Some(format!(
                "wait {} s, then try once",
                ms.div_ceil(1_000).max(1)
            )),
            None => Some(usual.to_owned()),
        },
        _ => (!usual.is_empty()).then(|| usual.to_owned()),
    }
}

struct Words {
    kind: FailureKind,
    what: &'static str,
    next: &'static str,
}

const fn say(kind: FailureKind, what: &'static str, next: &'static str) -> Words {
    Words { kind, what, next }
}

fn words(code: ProblemCode) -> Words {
    match code {
        ProblemCode::DnsFailed
        | ProblemCode::ConnectionRefused
        | ProblemCode::Unreachable
        | ProblemCode::TimedOut
        | ProblemCode::TlsUntrusted
        | ProblemCode::TlsFailed
        | ProblemCode::PinMismatch
        | ProblemCode::PlainTextRefused
        | ProblemCode::PinWithoutTls
        | ProblemCode::NotAGateway
        | ProblemCode::UpgradeRefused
        | ProblemCode::ProtocolMismatch => of_the_way(code),
        ProblemCode::FrameTooLarge
        | ProblemCode::BadFrame
        | ProblemCode::TickTimeout
        | ProblemCode::Shutdown
        | ProblemCode::StartupSidecars
        | ProblemCode::Unavailable
        | ProblemCode::ConnectionLost => of_the_connection(code),
        ProblemCode::KeychainLocked | ProblemCode::KeychainUnavailable => of_this_side(code),
        _ => of_a_refusal(code),
    }
}

fn of_the_way(code: ProblemCode) -> Words {
    use FailureKind::{Unreachable, Usage};
    match code {
        ProblemCode::DnsFailed => say(
            Unreachable,
            "the name in {url} has no address",
            "check the spelling, and whether this machine is on the right network or VPN",
        ),
        ProblemCode::ConnectionRefused => say(
            Unreachable,
            "nothing listens at {url}",
            "start the gateway there, or name another one with --url",
        ),
        ProblemCode::Unreachable => say(
            Unreachable,
            "{url} cannot be reached",
            "check the address and the network",
        ),
        ProblemCode::TimedOut => say(
            Unreachable,
            "{url} did not answer in time",
            "a firewall may be in between, or what listens there is no gateway; wait longer with --timeout",
        ),
        ProblemCode::TlsUntrusted => say(
            Unreachable,
            "the certificate of {url} is not trusted; its fingerprint follows",
            "compare the fingerprint with what the gateway printed; if it is the same, give it with --pin",
        ),
        ProblemCode::PinMismatch => say(
            Unreachable,
            "{url} presents another certificate than the pinned one; its fingerprint follows",
            "if the gateway's certificate was replaced, pin the new one; otherwise someone is in between",
        ),
        ProblemCode::TlsFailed => say(
            Unreachable,
            "TLS with {url} failed",
            "if the gateway speaks plain WebSocket, the address starts with ws://",
        ),
        ProblemCode::PlainTextRefused => say(
            Usage,
            "a secret would travel to {url} in the clear",
            "use wss://, or a tunnel to the machine",
        ),
        ProblemCode::PinWithoutTls => say(Usage, "--pin is for wss:// addresses", "use wss://"),
        ProblemCode::ProtocolMismatch => say(
            Unreachable,
            "the gateway speaks another protocol than this program (3 to 4)",
            "bring the older of the two up to date",
        ),
        ProblemCode::UpgradeRefused => say(
            Unreachable,
            "{url} answers, but not with a WebSocket",
            "check port and path; a proxy in between must pass WebSocket upgrades on",
        ),
        _ => say(
            Unreachable,
            "what answers at {url} is not a gateway",
            "check the port",
        ),
    }
}

fn of_the_connection(code: ProblemCode) -> Words {
    use FailureKind::Unreachable;
    match code {
        ProblemCode::StartupSidecars => say(
            Unreachable,
            "the gateway is still starting",
            "try again in a moment",
        ),
        ProblemCode::Unavailable => say(
            Unreachable,
            "the gateway takes nobody in now",
            "try again in a moment",
        ),
        ProblemCode::Shutdown => say(
            Unreachable,
            "the gateway goes away",
            "try again when it is back",
        ),
        ProblemCode::TickTimeout => say(
            Unreachable,
            "the gateway went silent",
            "see whether its process still works",
        ),
        ProblemCode::FrameTooLarge | ProblemCode::BadFrame => say(
            Unreachable,
            "the gateway said something that cannot be read",
            "",
        ),
        _ => say(
            Unreachable,
            "the connection to {url} broke",
            "see the gateway's log: `gatehouse logs`",
        ),
    }
}

fn of_this_side(code: ProblemCode) -> Words {
    use FailureKind::Configuration;
    match code {
        ProblemCode::KeychainLocked => say(
            Configuration,
            "the keychain is locked",
            "unlock it and try again",
        ),
        _ => say(
            Configuration,
            "the key of this device cannot be kept or read",
            "`--device file` with GATEHOUSE_PASSPHRASE keeps it in an encrypted file; `--device ephemeral` makes one for this command alone",
        ),
    }
}

fn of_a_refusal(code: ProblemCode) -> Words {
    use FailureKind::{Authentication, Refused};
    match code {
        ProblemCode::AuthTokenMissing | ProblemCode::AuthRequired | ProblemCode::NoCredential => {
            say(
                Authentication,
                "the gateway wants a token",
                "give it with --token-file or OPENCLAW_GATEWAY_TOKEN",
            )
        }
        ProblemCode::AuthPasswordMissing => say(
            Authentication,
            "the gateway wants a password",
            "give it with --password-file or OPENCLAW_GATEWAY_PASSWORD",
        ),
        ProblemCode::AuthTokenMismatch => say(
            Authentication,
            "the token is not this gateway's",
            "on the gateway's machine `openclaw gateway token` or `gatehouse gateway token` shows it",
        ),
        ProblemCode::AuthPasswordMismatch => say(
            Authentication,
            "the password is not this gateway's",
            "check it where the gateway was configured",
        ),
        ProblemCode::AuthDeviceTokenMismatch => say(
            Authentication,
            "the gateway does not know this device's token any more",
            "it was forgotten here; connect once with the gateway's token to get a new one",
        ),
        ProblemCode::AuthRateLimited => say(
            Authentication,
            "too many attempts failed: the gateway has locked this address out",
            "wait a few minutes; at some gateways every attempt meanwhile starts the wait anew",
        ),
        ProblemCode::PairingRequired => say(
            Authentication,
            "the gateway does not know this device yet",
            "let someone who is in approve it, then try again",
        ),
        ProblemCode::DeviceIdentityRequired | ProblemCode::ControlUiDeviceIdentityRequired => say(
            Authentication,
            "the gateway wants to know which device this is",
            "use --device keychain",
        ),
        ProblemCode::AuthScopeMismatch => say(
            Authentication,
            "the gateway did not grant all that was asked for",
            "approve the wider scopes for this device, or use a token that has them",
        ),
        ProblemCode::AccessRemoved => say(
            Authentication,
            "this device's access was taken back",
            "ask whoever runs the gateway",
        ),
        ProblemCode::Refused | ProblemCode::ClientVersionMismatch => {
            say(Refused, "the gateway refused the connection", "")
        }
        _ => say(
            Authentication,
            "the gateway did not let us in",
            "`gatehouse doctor` shows the step",
        ),
    }
}
