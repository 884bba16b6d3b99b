//! TLS with a certificate of one's own: pinned, pinned wrongly, not pinned.

use std::sync::Arc;

use gatehouse_client::{CertificatePin, ProblemCode};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::client::{Client, config};
use crate::peer::{Peer, Talk, hello};

struct SelfSigned {
    acceptor: TlsAcceptor,
    pin: CertificatePin,
}

fn self_signed() -> SelfSigned {
    let made = rcgen::generate_simple_self_signed(["gateway.test".to_owned()]).unwrap();
    let certificate = made.cert.der().clone();
    let pin = CertificatePin::of_certificate(&certificate);
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    SelfSigned {
        acceptor: TlsAcceptor::from(Arc::new(config)),
        pin,
    }
}

async fn accept(peer: &Peer, server: &SelfSigned) -> std::io::Result<TlsStream<TcpStream>> {
    server.acceptor.accept(peer.dialled().await).await
}

fn url(peer: &Peer) -> String {
    format!("wss://127.0.0.1:{}", peer.port())
}

#[tokio::test]
async fn a_self_signed_certificate_works_when_it_is_pinned() {
    let (peer, server) = (Peer::bind().await, self_signed());
    let mut config = config(&url(&peer));
    config.pin = Some(server.pin);
    let mut client = Client::start(config);
    let mut talk = Talk::upgrade(accept(&peer, &server).await.unwrap()).await;
    let connect = talk.challenge().await;
    talk.answer(&connect, hello()).await;
    client.up().await;
}

#[tokio::test]
async fn another_certificate_than_the_pinned_one_is_refused_and_shown() {
    let (peer, server) = (Peer::bind().await, self_signed());
    let mut config = config(&url(&peer));
    config.pin = Some(CertificatePin::of_certificate(b"another"));
    let client = Client::start(config);
    assert!(
        accept(&peer, &server).await.is_err(),
        "the client hangs up before it says a word"
    );
    let problem = client.closed().await;
    assert_eq!(problem.code, ProblemCode::PinMismatch);
    assert_eq!(problem.detail, Some(server.pin.to_string()));
}

#[tokio::test]
async fn a_self_signed_certificate_without_a_pin_is_refused_and_can_be_compared() {
    let (peer, server) = (Peer::bind().await, self_signed());
    let client = Client::start(config(&url(&peer)));
    assert!(accept(&peer, &server).await.is_err());
    let problem = client.closed().await;
    assert_eq!(problem.code, ProblemCode::TlsUntrusted);
    assert_eq!(problem.detail, Some(server.pin.to_string()));
}

#[tokio::test]
async fn plain_text_behind_a_tls_address_is_told_from_a_bad_certificate() {
    let peer = Peer::bind().await;
    let client = Client::start(config(&url(&peer)));
    let mut stream = peer.dialled().await;
    tokio::io::AsyncWriteExt::write_all(&mut stream, b"HTTP/1.1 400 Bad Request\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(client.backing_off().await.code, ProblemCode::TlsFailed);
}

#[tokio::test]
async fn what_was_not_trusted_is_looked_at_again_by_itself() {
    let (peer, portal, server) = (Peer::bind().await, self_signed(), self_signed());
    let mut config = config(&url(&peer));
    config.pin = Some(server.pin);
    config.limits.second_look = std::time::Duration::from_millis(100);
    let mut client = Client::start(config);
    assert!(accept(&peer, &portal).await.is_err(), "not the gateway");
    assert_eq!(client.closed().await.code, ProblemCode::PinMismatch);
    let mut talk = Talk::upgrade(accept(&peer, &server).await.unwrap()).await;
    let connect = talk.challenge().await;
    talk.answer(&connect, hello()).await;
    client.up().await;
}
