//! A caller that may do everything, as the handshake would have made it.
#![allow(unreachable_pub)]

use std::net::Ipv4Addr;
use std::sync::Arc;

use gatehouse_gateway::auth::AuthMethod;
use gatehouse_gateway::broadcast::ConnId;
use gatehouse_gateway::router::Caller;
use gatehouse_protocol::serve::ClientClaims;
use gatehouse_protocol::{ProtocolVersion, Role, Scope};

pub fn caller(number: u64) -> Arc<Caller> {
    let client = ClientClaims {
        id: "gateway-client".to_owned(),
        display_name: None,
        version: "1".to_owned(),
        build_id: None,
        platform: "linux".to_owned(),
        device_family: None,
        model_identifier: None,
        time_zone: None,
        mode: "backend".to_owned(),
        instance_id: None,
    };
    Arc::new(Caller {
        conn: ConnId(number),
        role: Role::Operator,
        scopes: vec![Scope::Admin],
        protocol: ProtocolVersion::V4,
        client,
        caps: Vec::new(),
        device_id: None,
        is_device_vouched: false,
        method: AuthMethod::Token,
        user: None,
        personal_scopes: Vec::new(),
        address: Ipv4Addr::LOCALHOST.into(),
    })
}
