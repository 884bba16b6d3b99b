//! The HTTP client that talks to providers: rustls on ring, certificates checked as the system does.

use std::{sync::Arc, time::Duration};

use rustls_platform_verifier::BuilderVerifierExt;
use thiserror::Error;

/// No client could be made.
#[derive(Debug, Error)]
pub enum HttpError {
    #[error("the system's certificates cannot be used: {0}")]
    Tls(#[from] rustls::Error),
    #[error("the HTTP client cannot be made: {0}")]
    Client(#[from] reqwest::Error),
}

/// How long a connection may take to come about.
const CONNECT: Duration = Duration::from_secs(10);

/// A client for providers. It follows no redirect: a key goes to the address of the configuration alone.
pub fn client() -> Result<reqwest::Client, HttpError> {
    let client = builder()?.redirect(reqwest::redirect::Policy::none());
    Ok(client.build()?)
}

/// What every client of this crate begins with.
pub(crate) fn builder() -> Result<reqwest::ClientBuilder, HttpError> {
    let ring = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(ring)
        .with_safe_default_protocol_versions()?
        .with_platform_verifier()?
        .with_no_client_auth();
    Ok(reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .connect_timeout(CONNECT)
        .tcp_nodelay(true))
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    #[tokio::test]
    async fn a_key_is_sent_nowhere_that_a_provider_sends_on_to() {
        let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let provider = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let [from, to] = [&provider, &elsewhere].map(|at| at.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut socket, _) = provider.accept().await.unwrap();
            let _ = socket.read(&mut [0; 4096]).await.unwrap();
            let answer = format!(
                "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://{to}/\r\ncontent-length: 0\r\n\r\n"
            );
            socket.write_all(answer.as_bytes()).await.unwrap();
        });
        let request = super::client().unwrap().post(format!("http://{from}/"));
        let answer = tokio::select! {
            _ = elsewhere.accept() => panic!("the other server was connected to"),
            answer = request.bearer_auth("key").send() => answer.unwrap(),
        };
        assert_eq!(answer.status(), 307);
    }
}
