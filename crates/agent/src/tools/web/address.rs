//! Which addresses are out in the world. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use gatehouse_policy::place::{HostClass, address_class};

/// True for where a cloud hands out the credentials of the machine that asks, and for the link-local ranges in which
/// such services live: nothing is fetched from there, whatever the configuration opens.
pub(super) fn is_never_reached(address: IpAddr) -> bool {
    let never = |address| {
        matches!(
            address_class(address),
            HostClass::Metadata | HostClass::LinkLocal
        )
    };
    let inner = match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => inner_v4(address),
    };
    never(address) || inner.is_some_and(|inner| never(IpAddr::V4(inner)))
}

/// False for everything that is this machine, its network, a cloud's metadata service, or nobody: the ranges
/// of the IANA special-purpose address registries (RFC 6890 and its successors).
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = match (a, b, c) {
        // This network, private, loopback.
        (0 | 10 | 127, _, _) => true,
        // Carrier-grade NAT (RFC 6598); also where Tailscale and some metadata services live.
        (100, 64..=127, _) => true,
        // Link-local, with 169.254.169.254.
        (169, 254, _) => true,
        (172, 16..=31, _) => true,
        // IETF assignments, documentation, 6to4 relays.
        (192, 0, 0 | 2) | (192, 88, 99) => true,
        (192, 168, _) => true,
        // Benchmarks and documentation.
        (198, 18 | 19, _) | (198, 51, 100) | (203, 0, 113) => true,
        // Multicast and reserved, with the broadcast address.
        (224..=255, _, _) => true,
        _ => false,
    };
    // Alibaba's and Oracle's metadata services have addresses in ranges that are public otherwise.
    let metadata = [
        Ipv4Addr::new(192, 0, 0, 192),
        Ipv4Addr::new(168, 63, 129, 16),
    ];
    !special && !metadata.contains(&address)
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(inner) = inner_v4(address) {
        return is_public_v4(inner);
    }
    let segments = address.segments();
    // Global unicast is 2000::/3 alone.
    let global = segments[0] & 0xe000 == 0x2000;
    let special = match (segments[0], segments[1]) {
        // Protocol assignments with Teredo and ORCHID, and documentation.
        (0x2001, 0..=0x01ff | 0x0db8) => true,
        (0x3fff, 0..=0x0fff) => true,
        _ => false,
    };
    global && !special
}

/// The IPv4 address that an IPv6 address stands for: mapped, compatible, NAT64 (also local), 6to4.
fn inner_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let s = address.segments();
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Ipv4Addr::new(a, b, c, d)
    };
    match s {
        [0, 0, 0, 0, 0, 0xffff | 0, high, low] => Some(of(high, low)),
        [0x64, 0xff9b, 0 | 1, .., high, low] => Some(of(high, low)),
        [0x2002, high, low, ..] => Some(of(high, low)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_this_machine_and_its_network_are_not_public() {
        for address in [
            "0.0.0.0",
            "10.1.2.3",
            "127.0.0.1",
            "127.9.9.9",
            "100.64.0.1",
            "100.100.100.200",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "192.0.0.192",
            "168.63.129.16",
            "198.18.0.1",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::a00:1",
            "2002:7f00:1::",
            "2002:c0a8:101::1",
            "fe80::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "2001:db8::1",
            "2001::1",
            "100::1",
            "fec0::1",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn nothing_opens_link_local_and_metadata_addresses_and_all_else_can_be_opened() {
        for address in [
            "169.254.169.254",
            "169.254.1.1",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "fe80::1",
            "febf::1",
            "fd00:ec2::254",
            "fd00:ec2::23",
            "fd20:ce::254",
            "fd00:42::42",
            "fd00:c1::a9fe:a9fe",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
        ] {
            assert!(is_never_reached(address.parse().unwrap()), "{address}");
        }
        for address in ["127.0.0.1", "10.0.0.1", "::1", "fd00::1", "1.1.1.1"] {
            assert!(!is_never_reached(address.parse().unwrap()), "{address}");
        }
    }

    #[test]
    fn addresses_in_the_world_are_public() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "93.184.216.34",
            "172.32.0.1",
            "100.128.0.1",
            "192.0.1.1",
            "2606:4700:4700::1111",
            "2a00:1450:4001:80b::200e",
            "64:ff9b::808:808",
            "2002:808:808::1",
        ] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }
}
