//! Where a connection goes: this machine, a private network, the cloud's metadata service, the world.
//!
//! Addresses are read as `inet_aton` reads them: `2852039166`, `0xa9fea9fe`, `0251.0376.0251.0376` and `127.1`
//! are addresses too. Names are not resolved here; whoever connects does that and looks again.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};

use crate::world::World;

/// What kind of host a name or an address is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum HostClass {
    /// This machine.
    Loopback,
    Private,
    LinkLocal,
    /// Hands out the credentials of the machine it is asked from.
    Metadata,
    Public,
    /// It is not known before it runs.
    Unknown,
}

/// What an address in a command names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Destination {
    pub scheme: String,
    pub host: String,
    pub port: Option<u16>,
    pub class: HostClass,
    /// It is a gateway of ours on this machine.
    pub own: bool,
}

/// Reads `https://user@host:443/path`, `host:port`, `host`.
pub fn destination(text: &str, world: &World<'_>) -> Destination {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let scheme = scheme.to_ascii_lowercase();
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or("");
    let authority = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let (host, port) = host_and_port(authority);
    let port = port.or_else(|| default_port(&scheme));
    let class = host_class(&host);
    let own =
        class == HostClass::Loopback && port.is_some_and(|port| world.own_ports.contains(&port));
    Destination {
        scheme,
        host,
        port,
        class,
        own,
    }
}

fn host_and_port(authority: &str) -> (String, Option<u16>) {
    if let Some(rest) = authority.strip_prefix('[') {
        let (host, after) = rest.split_once(']').unwrap_or((rest, ""));
        return (
            host.to_owned(),
            after.strip_prefix(':').and_then(|port| port.parse().ok()),
        );
    }
    match authority.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') => (host.to_owned(), port.parse().ok()),
        _ => (authority.to_owned(), None),
    }
}

fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" | "ws" | "" => Some(80),
        "https" | "wss" => Some(443),
        "ssh" | "sftp" | "scp" => Some(22),
        "ftp" => Some(21),
        _ => None,
    }
}

/// What kind of host a name or an address is.
pub fn host_class(host: &str) -> HostClass {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let host = decoded(&host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let host = host.split('%').next().unwrap_or(host);
    if host.is_empty() {
        return HostClass::Unknown;
    }
    if let Some(address) = v4(host) {
        return class_v4(address);
    }
    match host.parse::<IpAddr>() {
        Ok(address) => address_class(address),
        Err(_) => by_name(host),
    }
}

/// What kind of host an address is.
pub fn address_class(address: IpAddr) -> HostClass {
    match address {
        IpAddr::V4(address) => class_v4(address),
        IpAddr::V6(address) => class_v6(address),
    }
}

/// `%31%36%39` and full-width digits are resolved by some clients.
fn decoded(host: &str) -> String {
    let mut out = String::with_capacity(host.len());
    let mut chars = host.chars();
    while let Some(c) = chars.next() {
        let c = match c {
            '%' => {
                let hex: String = chars.clone().take(2).collect();
                match u8::from_str_radix(&hex, 16) {
                    Ok(byte) if hex.len() == 2 && byte.is_ascii_graphic() => {
                        chars.next();
                        chars.next();
                        char::from(byte)
                    }
                    _ => '%',
                }
            }
            '\u{ff10}'..='\u{ff19}' => char::from(b'0' + (u32::from(c) - 0xff10) as u8),
            '\u{2460}'..='\u{2468}' => char::from(b'1' + (u32::from(c) - 0x2460) as u8),
            '\u{3002}' | '\u{ff0e}' | '\u{ff61}' => '.',
            c => c,
        };
        out.push(c);
    }
    out
}

#[rustfmt::skip]
const LOOPBACK: &[&str] = &[
    "localhost", "ip6-localhost", "ip6-loopback", "localhost.localdomain", "localhost6", "host.docker.internal",
    "host.containers.internal", "gateway.docker.internal", "localtest.me", "lvh.me", "kubernetes.docker.internal",
];

/// Domains that answer with the address that stands before them.
const WILDCARDS: &[&str] = &["nip.io", "sslip.io", "xip.io"];

#[rustfmt::skip]
const BY_NAME_METADATA: &[&str] = &[
    "metadata.google.internal", "metadata", "metadata.goog", "instance-data", "instance-data.ec2.internal",
    "metadata.azure.internal", "metadata.azure.com", "metadata.packet.net", "metadata.platformequinix.com",
    "rancher-metadata",
];

fn by_name(host: &str) -> HostClass {
    if BY_NAME_METADATA.contains(&host)
        || host.contains("169.254.169.254")
        || host.contains("169-254-169-254")
    {
        return HostClass::Metadata;
    }
    if host.contains("a9fea9fe") || host.contains("2852039166") {
        return HostClass::Metadata;
    }
    let below = |name: &&str| {
        host == *name
            || host
                .strip_suffix(*name)
                .is_some_and(|rest| rest.ends_with('.'))
    };
    let numbered = |begin: &str| {
        host.strip_prefix(begin)
            .is_some_and(|end| WILDCARDS.contains(&end))
    };
    if LOOPBACK.iter().any(below) || numbered("127.0.0.1.") || numbered("127-0-0-1.") {
        return HostClass::Loopback;
    }
    let private = [
        ".local",
        ".internal",
        ".lan",
        ".home",
        ".corp",
        ".intranet",
        ".home.arpa",
        ".cluster.local",
    ];
    if private.iter().any(|end| host.ends_with(end)) {
        return HostClass::Private;
    }
    HostClass::Public
}

/// As `inet_aton`: one to four parts, each decimal, octal or hexadecimal; the last fills what is left.
fn v4(host: &str) -> Option<Ipv4Addr> {
    let mut parts = [0_u64; 4];
    let mut count = 0;
    for part in host.split('.') {
        *parts.get_mut(count)? = number(part)?;
        count += 1;
    }
    let last = parts[count - 1];
    let room = 8 * (5 - count as u32);
    if parts[..count - 1].iter().any(|&part| part > 255) || last >= 1 << room.min(32) {
        return None;
    }
    let mut address = last;
    for (at, part) in parts[..count - 1].iter().enumerate() {
        address |= part << (24 - 8 * at);
    }
    u32::try_from(address).ok().map(Ipv4Addr::from)
}

fn number(part: &str) -> Option<u64> {
    if let Some(hex) = part.strip_prefix("0x") {
        return u64::from_str_radix(hex, 16).ok();
    }
    if part.len() > 1 && part.starts_with('0') && part.bytes().all(|b| (b'0'..b'8').contains(&b)) {
        return u64::from_str_radix(part, 8).ok();
    }
    if part.is_empty() || !part.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    part.parse().ok()
}

#[rustfmt::skip]
const METADATA: &[[u8; 4]] = &[
    [169, 254, 169, 254], [169, 254, 170, 2], [169, 254, 170, 23], [169, 254, 169, 253], [169, 254, 0, 23], [169,
    254, 10, 10], [100, 100, 100, 200], [168, 63, 129, 16], [192, 0, 0, 192],
];

/// AWS (IMDS and EKS), Google, Scaleway, Oracle.
const METADATA_V6: &[[u16; 8]] = &[
    [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254],
    [0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23],
    [0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254],
    [0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42],
    [0xfd00, 0xc1, 0, 0, 0, 0, 0xa9fe, 0xa9fe],
];

fn class_v4(address: Ipv4Addr) -> HostClass {
    if METADATA.contains(&address.octets()) {
        return HostClass::Metadata;
    }
    if address.is_loopback() || address.octets()[0] == 0 {
        return HostClass::Loopback;
    }
    if address.is_link_local() {
        return HostClass::LinkLocal;
    }
    let shared = address.octets()[0] == 100 && (64..128).contains(&address.octets()[1]);
    if address.is_private() || shared {
        return HostClass::Private;
    }
    HostClass::Public
}

fn class_v6(address: Ipv6Addr) -> HostClass {
    if let Some(inner) = embedded(address) {
        return class_v4(inner);
    }
    if METADATA_V6.contains(&address.segments()) {
        return HostClass::Metadata;
    }
    if address.is_loopback() || address.is_unspecified() {
        return HostClass::Loopback;
    }
    if address.is_unicast_link_local() {
        return HostClass::LinkLocal;
    }
    if address.is_unique_local() {
        return HostClass::Private;
    }
    HostClass::Public
}

/// An IPv4 address in an IPv6 one: mapped, compatible, NAT64 and 6to4 (RFC 4291, 6052, 3056).
fn embedded(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let [a, b, c, d, e, f, g, h] = address.segments();
    let low = Ipv4Addr::from((u32::from(g) << 16) | u32::from(h));
    match [a, b, c, d, e, f] {
        [0, 0, 0, 0, 0, 0xffff] | [0, 0, 0, 0, 0xffff, 0] | [0x64, 0xff9b, 0 | 1, ..] => Some(low),
        [0, 0, 0, 0, 0, 0] if g != 0 => Some(low),
        [0x2002, ..] => Some(Ipv4Addr::from((u32::from(b) << 16) | u32::from(c))),
        _ => None,
    }
}
