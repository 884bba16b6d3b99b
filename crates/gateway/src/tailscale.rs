//! Asks the Tailscale daemon of this machine who is behind an address, to confirm what Tailscale Serve says.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use gatehouse_protocol::ConnectErrorCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::auth::Refusal;

/// Where the daemon listens on Linux.
const SOCKET: &str = "/var/run/tailscale/tailscaled.sock";
const DEADLINE: Duration = Duration::from_secs(2);
const MAX_ANSWER: u64 = 256 * 1024;

/// The daemon, by its socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tailscale {
    pub socket: PathBuf,
}

impl Default for Tailscale {
    fn default() -> Self {
        Self {
            socket: PathBuf::from(SOCKET),
        }
    }
}

impl Tailscale {
    /// The login name, when the daemon agrees that it is behind this address.
    pub(crate) async fn confirmed(&self, login: &str, address: IpAddr) -> Result<String, Refusal> {
        let answer = tokio::time::timeout(DEADLINE, whois(&self.socket, address)).await;
        agreed(login, answer.ok().and_then(Result::ok))
    }
}

fn agreed(login: &str, answer: Option<String>) -> Result<String, Refusal> {
    let found = answer.and_then(|answer| login_of(&answer));
    match found {
        Some(found) if found.eq_ignore_ascii_case(login) => Ok(found),
        Some(_) => Err(refused(
            ConnectErrorCode::AuthTailscaleIdentityMismatch,
            "tailscale_user_mismatch",
        )),
        None => Err(refused(
            ConnectErrorCode::AuthTailscaleWhoisFailed,
            "tailscale_whois_failed",
        )),
    }
}

#[cfg(unix)]
async fn whois(socket: &std::path::Path, address: IpAddr) -> std::io::Result<String> {
    let mut socket = tokio::net::UnixStream::connect(socket).await?;
    let host = match address {
        IpAddr::V4(v4) => format!("{v4}:0"),
        IpAddr::V6(v6) => format!("[{v6}]:0"),
    };
    let request = format!(
        "GET /localapi/v0/whois?addr={host} HTTP/1.0\r\nHost: local-tailscaled.sock\r\n\r\n"
    );
    socket.write_all(request.as_bytes()).await?;
    let mut answer = String::new();
    socket.take(MAX_ANSWER).read_to_string(&mut answer).await?;
    Ok(answer)
}

#[cfg(not(unix))]
async fn whois(_: &std::path::Path, _: IpAddr) -> std::io::Result<String> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// The login name in an answer of the daemon.
fn login_of(answer: &str) -> Option<String> {
    let (head, body) = answer.split_once("\r\n\r\n")?;
    if head.split_whitespace().nth(1) != Some("200") {
        return None;
    }
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    let login = body["UserProfile"]["LoginName"].as_str()?.trim();
    (!login.is_empty()).then(|| login.to_owned())
}

fn refused(code: ConnectErrorCode, reason: &str) -> Refusal {
    Refusal::unauthorized(
        code,
        reason,
        "Tailscale did not confirm who this is",
        "review_auth_configuration",
        false,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_good_answer_names_somebody() {
        let good = "HTTP/1.0 200 OK\r\n\r\n{\"UserProfile\":{\"LoginName\":\"a@b.c\"}}";
        assert_eq!(login_of(good).as_deref(), Some("a@b.c"));
        for bad in [
            "",
            "HTTP/1.0 404 Not Found\r\n\r\n{}",
            "HTTP/1.0 200 OK\r\n\r\nnot json",
        ] {
            assert_eq!(login_of(bad), None);
        }
    }
}
