//! The walk of the doctor: each step stops where it should, and names the problem that a person can mend.

use gatehouse_client::ProblemCode;
use gatehouse_client::doctor::{CheckedStep, Diagnosis, DoctorStep, StepOutcome, walk};
use serde_json::{Value, json};

use crate::client::{Vault, config, vault};
use crate::peer::{Peer, hello};

/// Walks to a gateway that answers the connect as told.
async fn walk_to(answer: Result<Value, Value>, vault: Vault) -> Diagnosis {
    let peer = Peer::bind().await;
    let (config, steps) = (config(&peer.url()), |_: &CheckedStep| {});
    let gateway = async {
        let (mut talk, connect) = peer.challenged().await;
        match answer {
            Ok(payload) => talk.answer(&connect, payload).await,
            Err(error) => talk.refuse(&connect, error).await,
        }
        talk.hung_up().await;
    };
    let (diagnosis, ()) = tokio::join!(walk(&config, &vault, steps), gateway);
    diagnosis
}

fn refusal(code: &str) -> Result<Value, Value> {
    Err(json!({"code": "INVALID_REQUEST", "message": "no", "details": {"code": code}}))
}

fn token() -> Vault {
    vault(Some("shared"), None, None)
}

#[tokio::test]
async fn a_walk_without_a_problem_passes_every_step_and_keeps_nothing() {
    let mut welcome = hello();
    welcome["auth"]["scopes"] = json!(["operator.read", "operator.approvals"]);
    welcome["auth"]["deviceToken"] = json!("issued");
    let vault = token();
    let peer = Peer::bind().await;
    let mut heard = Vec::new();
    let config = config(&peer.url());
    let gateway = async {
        peer.welcome_with(welcome).await.hung_up().await;
    };
    let walking = walk(&config, &vault, |checked| heard.push(checked.step));
    let (diagnosis, ()) = tokio::join!(walking, gateway);
    assert_eq!(diagnosis.stopped(), None, "{diagnosis:?}");
    assert_eq!(heard, DoctorStep::ALL, "each step is told as it ends");
    assert_eq!(diagnosis.steps[2].outcome, StepOutcome::NotNeeded, "ws://");
    assert!(diagnosis.hello.is_some());
    assert_eq!(vault.device_token(), None, "a look keeps no token");
}

#[tokio::test]
async fn a_refusal_stops_at_the_step_that_it_is_about() {
    for (code, step, problem) in [
        (
            "AUTH_TOKEN_MISMATCH",
            DoctorStep::Auth,
            ProblemCode::AuthTokenMismatch,
        ),
        (
            "PAIRING_REQUIRED",
            DoctorStep::Pairing,
            ProblemCode::PairingRequired,
        ),
        (
            "DEVICE_IDENTITY_REQUIRED",
            DoctorStep::Pairing,
            ProblemCode::DeviceIdentityRequired,
        ),
        (
            "AUTH_SCOPE_MISMATCH",
            DoctorStep::Scopes,
            ProblemCode::AuthScopeMismatch,
        ),
        (
            "PROTOCOL_MISMATCH",
            DoctorStep::Challenge,
            ProblemCode::ProtocolMismatch,
        ),
    ] {
        let diagnosis = walk_to(refusal(code), token()).await;
        let (at, why) = diagnosis.stopped().unwrap();
        assert_eq!((at, why.code), (step, problem), "{code}");
        assert_eq!(diagnosis.steps.len(), DoctorStep::ALL.len(), "{code}");
        let after = diagnosis
            .steps
            .iter()
            .skip_while(|c| c.step != step)
            .skip(1);
        for checked in after {
            assert_eq!(checked.outcome, StepOutcome::NotReached, "{code}");
        }
    }
}

#[tokio::test]
async fn scopes_that_were_not_granted_are_named() {
    let diagnosis = walk_to(Ok(hello()), token()).await;
    let (step, problem) = diagnosis.stopped().unwrap();
    assert_eq!(step, DoctorStep::Scopes);
    assert_eq!(problem.detail.as_deref(), Some("operator.approvals"));
}

#[tokio::test]
async fn a_setup_code_is_not_used_up_by_a_look() {
    let peer = Peer::bind().await;
    let config = config(&peer.url());
    let vault = vault(None, None, Some("once"));
    let gateway = async {
        let mut talk = peer.accept().await;
        talk.say(json!({"type": "event", "event": "connect.challenge", "payload": {"nonce": "n", "ts": 1}}))
            .await;
        assert!(talk.hung_up_without_a_word().await, "nothing was presented");
    };
    let (diagnosis, ()) = tokio::join!(walk(&config, &vault, |_| {}), gateway);
    let (step, problem) = diagnosis.stopped().unwrap();
    assert_eq!(
        (step, problem.code),
        (DoctorStep::Auth, ProblemCode::NoCredential)
    );
}

#[tokio::test]
async fn nobody_there_stops_at_tcp_and_a_stranger_at_the_upgrade() {
    let port = Peer::bind().await.port();
    let nobody = walk(&config(&format!("ws://127.0.0.1:{port}")), &token(), |_| {}).await;
    let (step, problem) = nobody.stopped().unwrap();
    assert_eq!(
        (step, problem.code),
        (DoctorStep::Tcp, ProblemCode::ConnectionRefused)
    );

    let peer = Peer::bind().await;
    let url = peer.url();
    let stranger = async {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let mut stream = peer.dialled().await;
        let _ = stream.read(&mut [0; 1024]).await;
        let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\n\r\n").await;
    };
    let config = config(&url);
    let vault = token();
    let (diagnosis, ()) = tokio::join!(walk(&config, &vault, |_| {}), stranger);
    let (step, problem) = diagnosis.stopped().unwrap();
    assert_eq!(
        (step, problem.code),
        (DoctorStep::Upgrade, ProblemCode::UpgradeRefused)
    );
}
