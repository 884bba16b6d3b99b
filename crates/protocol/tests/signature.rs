//! The device proof, against vectors made with the reference client: its `buildDeviceAuthPayload` and
//! `buildDeviceAuthPayloadV3` (gateway-client 2026.9.1), signed by Node's own Ed25519 with the same seed.
#![allow(clippy::unwrap_used)]

use gatehouse_protocol::DeviceKey;
use gatehouse_protocol::device::{ProofClaims, ProofVersion};

const DEVICE: &str = "56475aa75463474c0285df5dbf2bcab73da651358839e9b77481b2eab107708c";

fn key() -> DeviceKey {
    DeviceKey::from_seed(std::array::from_fn(|index| index as u8))
}

fn check(claims: &ProofClaims<'_>, version: ProofVersion, payload: &str, signature: &str) {
    let key = key();
    assert_eq!(*claims.payload(version, &key.device_id()), payload);
    let proof = claims.prove(version, &key);
    assert_eq!(proof.signature, signature, "the signature of {payload}");
    assert_eq!(proof.id, DEVICE);
    assert_eq!(proof.signed_at, claims.signed_at_ms);
}

#[test]
fn the_device_is_named_by_its_public_key() {
    assert_eq!(key().device_id().as_str(), DEVICE);
    assert_eq!(
        key().public_key(),
        "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"
    );
}

#[test]
fn a_proof_with_everything_is_the_reference_clients() {
    let scopes = ["operator.read".to_owned(), "operator.approvals".to_owned()];
    let claims = ProofClaims {
        client_id: "gateway-client",
        client_mode: "ui",
        role: "operator",
        scopes: &scopes,
        signed_at_ms: 1_795_255_710_151,
        token: Some("tok-1"),
        nonce: "n-123",
        platform: " Linux ",
        device_family: Some("Desktop ÄÖ"),
    };
    check(
        &claims,
        ProofVersion::V2,
        &format!(
            "v2|{DEVICE}|gateway-client|ui|operator|operator.read,operator.approvals|1795255710151|tok-1|n-123"
        ),
        "9RvqgIymBkqVynQZu8amkMjDudv6e5jf8v4VyccdlDEI8v3qm6sBvxgnEszfD0F8VkyQC7JroiWf8JyMFmZ6DA",
    );
    check(
        &claims,
        ProofVersion::V3,
        &format!(
            "v3|{DEVICE}|gateway-client|ui|operator|operator.read,operator.approvals|1795255710151|tok-1|n-123|linux|desktop ÄÖ"
        ),
        "bCcpD0cGmfVSDh4cP2lMg047p3LVe6G-KvsRUir8H4hvqi-jl5BE2d3KiU0XqdcaTF-nlFwc9c4i66ITbIwEDQ",
    );
}

#[test]
fn a_proof_with_nothing_optional_is_the_reference_clients() {
    let claims = ProofClaims {
        client_id: "gateway-client",
        client_mode: "ui",
        role: "operator",
        scopes: &[],
        signed_at_ms: 1_795_255_710_151,
        token: None,
        nonce: "n-123",
        platform: "",
        device_family: None,
    };
    check(
        &claims,
        ProofVersion::V2,
        &format!("v2|{DEVICE}|gateway-client|ui|operator||1795255710151||n-123"),
        "pfU8_9fuHCqI0CzlriDY2OuKMLbU1f1tLwwkeLlZmhi1RyczBBNczWrTjH4ZDOk4DSvXe7-kp7bhIJJrOarjAg",
    );
    check(
        &claims,
        ProofVersion::V3,
        &format!("v3|{DEVICE}|gateway-client|ui|operator||1795255710151||n-123||"),
        "kDNbRcKNbxjo-asZlqnPkZQFEEoQBwCDLE3tFzm6HhRB0jQ-2KhohDo7yBeKw7_cdxWWDW5fFUxGKSf2rE8KAA",
    );
}
