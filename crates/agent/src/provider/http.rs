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
