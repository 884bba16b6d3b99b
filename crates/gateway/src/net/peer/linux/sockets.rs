//! Which sockets there are, and what their numbers are.

use std::collections::HashMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The number of every socket by its own end and the other one; 0 where no process has it. None where the system
/// does not tell. Ports alone say too little: one of another address can have the same.
pub(super) fn sockets() -> Option<HashMap<(SocketAddr, SocketAddr), u64>> {
    let mut found = HashMap::new();
    for table in ["/proc/net/tcp6", "/proc/net/tcp"] {
        let text = match fs::read_to_string(table) {
            Ok(text) => text,
            // A machine may do without the newer addresses.
            Err(_) if table.ends_with('6') => continue,
            Err(_) => return None,
        };
        for line in text.lines().skip(1) {
            if let Some((ends, inode)) = socket(line) {
                let known = found.entry(ends).or_insert(inode);
                *known = (*known).max(inode);
            }
        }
    }
    Some(found)
}

fn socket(line: &str) -> Option<((SocketAddr, SocketAddr), u64)> {
    let mut fields = line.split_whitespace().skip(1);
    let ends = (end(fields.next()?)?, end(fields.next()?)?);
    Some((ends, fields.nth(6)?.parse().ok()?))
}

/// An address as the tables have it: words of four bytes, each in the machine's own order.
fn end(text: &str) -> Option<SocketAddr> {
    let (address, port) = text.rsplit_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let mut bytes = Vec::with_capacity(16);
    for at in (0..address.len()).step_by(8) {
        let word = u32::from_str_radix(address.get(at..at + 8)?, 16).ok()?;
        bytes.extend(word.to_ne_bytes());
    }
    let ip = match <[u8; 4]>::try_from(bytes.as_slice()) {
        Ok(four) => IpAddr::from(Ipv4Addr::from(four)),
        Err(_) => IpAddr::from(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)),
    };
    Some(plain(SocketAddr::new(ip, port)))
}

/// Without what is said of an address beside it, and one of the older kind as that.
pub(super) fn plain(end: SocketAddr) -> SocketAddr {
    SocketAddr::new(end.ip().to_canonical(), end.port())
}
