//! TLS: the platform's trust, or one pinned certificate. Either way the certificate that was seen is
//! remembered, so that a person can be shown its fingerprint. The pin takes the place of the trust chain and
//! of the name check, never of the proof that the peer holds the key.

use std::sync::{Arc, OnceLock};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error as TlsError, SignatureScheme,
};
use rustls_platform_verifier::Verifier;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::pin::CertificatePin;
use crate::problem::{Problem, ProblemCode};

/// Wraps a stream in TLS.
pub(crate) async fn wrap<S>(
    stream: S,
    host: &str,
    pin: Option<CertificatePin>,
) -> Result<TlsStream<S>, Problem>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let failed = |error: String| Problem::new(ProblemCode::TlsFailed).with_detail(error);
    let seen = Arc::new(OnceLock::new());
    let config = client_config(pin, seen.clone()).map_err(|error| failed(error.to_string()))?;
    let name = ServerName::try_from(host.to_owned()).map_err(|error| failed(error.to_string()))?;
    let connected = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await;
    connected.map_err(|error| problem_of(&error, pin, seen.get()))
}

fn client_config(
    pin: Option<CertificatePin>,
    seen: Arc<OnceLock<CertificatePin>>,
) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let trust = match pin {
        Some(pin) => Trust::Pinned(pin),
        None => Trust::Platform(Verifier::new(provider.clone())?),
    };
    let verifier = Arc::new(LeafVerifier {
        trust,
        provider: provider.clone(),
        seen,
    });
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(config)
}

/// A refused certificate is told from a broken handshake, because a person acts differently on them.
fn problem_of(
    error: &std::io::Error,
    pin: Option<CertificatePin>,
    seen: Option<&CertificatePin>,
) -> Problem {
    let refused = matches!(
        error
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<TlsError>()),
        Some(TlsError::InvalidCertificate(_))
    );
    match (refused, seen) {
        (true, Some(seen)) if pin.is_some() => {
            Problem::new(ProblemCode::PinMismatch).with_detail(seen.to_string())
        }
        (true, Some(seen)) => Problem::new(ProblemCode::TlsUntrusted).with_detail(seen.to_string()),
        _ => Problem::new(ProblemCode::TlsFailed).with_detail(error.to_string()),
    }
}

#[derive(Debug)]
enum Trust {
    Pinned(CertificatePin),
    Platform(Verifier),
}

#[derive(Debug)]
struct LeafVerifier {
    trust: Trust,
    provider: Arc<CryptoProvider>,
    seen: Arc<OnceLock<CertificatePin>>,
}

impl ServerCertVerifier for LeafVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, TlsError> {
        let leaf = *self
            .seen
            .get_or_init(|| CertificatePin::of_certificate(end_entity));
        match &self.trust {
            Trust::Pinned(pin) if *pin == leaf => Ok(ServerCertVerified::assertion()),
            Trust::Pinned(_) => Err(TlsError::InvalidCertificate(
                CertificateError::ApplicationVerificationFailure,
            )),
            Trust::Platform(verifier) => verifier.verify_server_cert(
                end_entity,
                intermediates,
                server_name,
                ocsp_response,
                now,
            ),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, TlsError> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
