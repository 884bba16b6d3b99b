//! What lies below `/dev`, told apart by what writing to it does.

use super::path::is_below;

/// What a path below `/dev` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// `/dev/null`, `/dev/stdout`: nothing is kept or it is the command's own input and output.
    Harmless,
    /// `/dev/tcp/HOST/PORT`, which bash makes a connection of.
    Network,
    /// A disk, the memory, a terminal of someone else.
    Raw,
}

/// None where the path is not below `/dev`, or is the temporary folder there.
pub fn device(path: &str) -> Option<Device> {
    if is_below(path, "/dev/shm") || is_below(path, "/dev/mqueue") || !is_below(path, "/dev") {
        return None;
    }
    let rest = path.strip_prefix("/dev/").unwrap_or("");
    let first = rest.split('/').next().unwrap_or("");
    Some(match first {
        "null" | "zero" | "full" | "random" | "urandom" | "stdin" | "stdout" | "stderr" | "tty" | "fd" | "ptmx" => {
            Device::Harmless
        }
        "tcp" | "udp" => Device::Network,
        _ => Device::Raw,
    })
}
