//! A v4 gateway that serves TLS with a certificate which no system trusts.

use gatehouse_client::{CertificatePin, ProblemCode};
use gatehouse_testkit::gateway::{GatewayOptions, Version};

use crate::{
    client::{Client, Dial},
    peers::own,
};

pub(crate) async fn a_pinned_certificate_connects_and_no_other_does() {
    let options = GatewayOptions {
        tls: true,
        ..GatewayOptions::default()
    };
    let gateway = own(Version::V4, options).await;
    let seen = gateway.certificate().unwrap().fingerprint();
    let dial = |pin: Option<&str>, device| {
        let pin = pin.map(|text| CertificatePin::parse(text).unwrap());
        Dial {
            pin,
            ..Dial::to(&gateway, device)
        }
    };
    Client::ready(dial(Some(&seen), "pinned")).await;

    let wrong = Client::dial(dial(Some(&"ab".repeat(32)), "wrong-pin"));
    let problem = wrong.stopped().await;
    assert_eq!(problem.code, ProblemCode::PinMismatch);
    let untrusted = Client::dial(dial(None, "no-pin"));
    assert_eq!(untrusted.stopped().await.code, ProblemCode::TlsUntrusted);
}
