//! The words for a connection that is not up: what happened, what mends it, and which exit status it has. One
//! place for all of them; `doctor` and every other command say the same.

use gatehouse_client::{Problem, ProblemCode};
use gatehouse_protocol::untrusted::one_line;

use crate::dial::{Closed, Dial};
use crate::failure::{Failure, FailureKind};

/// A problem as a failure.
pub(crate) fn failure(problem: &Problem, dial: &Dial) -> Failure {
    let words = words(problem.code);
    let mut message = words.what.replace("{url}", dial.url.as_str());
    if let Some(detail) = &problem.detail {
        message = format!("{message} ({})", one_line(detail, 300));
    }
    if let Some(closed) = dial.closed.get().filter(|_| is_of_the_shelf(problem.code)) {
        return of_a_closed_shelf(*closed);
    }
    let mut failure = Failure::new(words.kind, &code_name(problem.code), message);
    failure.retry_after_ms = problem.retry_after_ms;
    match next(problem, dial, words.next) {
        Some(next) => failure.next(next),
        None => failure,
    }
}

fn is_of_the_shelf(code: ProblemCode) -> bool {
    matches!(
        code,
        ProblemCode::KeychainUnavailable | ProblemCode::KeychainLocked
    )
}

/// The encrypted file is there, and so is what is in it: the keychain has nothing to do with it.
fn of_a_closed_shelf(closed: Closed) -> Failure {
    let (code, what) = match closed {
        Closed::Missing => (
            "passphraseNeeded",
            "the key of this device is in an encrypted file, and GATEHOUSE_PASSPHRASE is not set",
        ),
        Closed::Wrong => (
            "wrongPassphrase",
            "GATEHOUSE_PASSPHRASE is not the passphrase of the encrypted file with the key of this device",
        ),
        Closed::TooShort => (
            "passphraseTooShort",
            "GATEHOUSE_PASSPHRASE is too short for the encrypted file with the key of this device",
        ),
    };
    Failure::new(FailureKind::Configuration, code, what).next(match closed {
        Closed::TooShort => "set a longer one",
        _ => "set it to the one that the file was made with; `--device ephemeral` uses no file",
    })
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
            "its log may say why: `gateway.log` in its state folder, or where it was started",
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
        _ => of_who_it_is(code),
    }
}

/// Refusals of who somebody is, other than by the secret. None of them names `doctor`, which says the same.
fn of_who_it_is(code: ProblemCode) -> Words {
    use FailureKind::Authentication;
    let (what, next) = match code {
        ProblemCode::AuthIdentityHeaderRequired => (
            "the gateway lets in whom a proxy in front of it names, and none that it trusts named anybody who may",
            "give the proxy's own address with --url; on the gateway's machine its gateway.auth.password, where one is \
             set, is let in without the proxy: --password-file; else set gateway.auth.trustedProxy right there",
        ),
        ProblemCode::AuthVerifiedUserRequired | ProblemCode::AuthenticatedProfileUnavailable => (
            "the gateway wants a person who has signed in at what is in front of it",
            "open the gateway's page in a browser, or use a token that the gateway gives to programs",
        ),
        ProblemCode::AuthTailscaleIdentityMissing
        | ProblemCode::AuthTailscaleProxyMissing
        | ProblemCode::AuthTailscaleWhoisFailed
        | ProblemCode::AuthTailscaleIdentityMismatch => (
            "the gateway could not learn from Tailscale who this is",
            "give the address that `tailscale serve status` shows there, or the gateway's token with --token-file",
        ),
        ProblemCode::AuthTokenNotConfigured | ProblemCode::AuthPasswordNotConfigured => (
            "the gateway has no secret that could be right",
            "set gateway.auth in its configuration and start it again",
        ),
        ProblemCode::AuthBootstrapTokenInvalid => (
            "the setup code is used up, too old, or not this gateway's",
            "make another one there, or give the gateway's token with --token-file",
        ),
        ProblemCode::DeviceAuthSignatureExpired => (
            "the proof of this device is too old or too new for the gateway",
            "set the clocks of both machines right and try again",
        ),
        ProblemCode::DeviceAuthInvalid
        | ProblemCode::DeviceAuthDeviceIdMismatch
        | ProblemCode::DeviceAuthNonceRequired
        | ProblemCode::DeviceAuthNonceMismatch
        | ProblemCode::DeviceAuthSignatureInvalid
        | ProblemCode::DeviceAuthPublicKeyInvalid => (
            "the gateway did not take the proof of this device",
            "bring the older of the two programs up to date; `--device ephemeral` shows another device",
        ),
        _ => (
            "the gateway did not let us in",
            "its log says why: `gateway.log` in its state folder, or where it was started",
        ),
    };
    say(Authentication, what, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_way_out_of_a_refusal_leads_back_to_the_doctor() {
        for code in [
            ProblemCode::AuthIdentityHeaderRequired,
            ProblemCode::AuthVerifiedUserRequired,
            ProblemCode::AuthTailscaleProxyMissing,
            ProblemCode::AuthTokenNotConfigured,
            ProblemCode::AuthBootstrapTokenInvalid,
            ProblemCode::DeviceAuthSignatureExpired,
            ProblemCode::DeviceAuthInvalid,
            ProblemCode::AuthUnauthorized,
            ProblemCode::ControlUiOriginNotAllowed,
            ProblemCode::ConnectionLost,
            ProblemCode::Unknown,
        ] {
            let next = words(code).next;
            assert!(!next.is_empty(), "{code:?}");
            assert!(!next.contains("doctor"), "{code:?}: {next}");
        }
        // A log that is read over the connection that broke is none.
        assert!(
            !words(ProblemCode::ConnectionLost)
                .next
                .contains("gatehouse logs")
        );
    }

    #[test]
    fn behind_a_trusted_proxy_the_way_in_is_named() {
        let next = words(ProblemCode::AuthIdentityHeaderRequired).next;
        for way in ["--url", "--password-file", "gateway.auth.trustedProxy"] {
            assert!(next.contains(way), "{way}: {next}");
        }
    }
}
