//! Options that make a connection lead elsewhere than its address says: a socket, a proxy, another meaning of a name.

use super::*;
use crate::place::{destination, locate};
use crate::programs::network::metadata;

/// What of `curl` leads elsewhere.
pub(super) fn elsewhere(parsed: &Parsed, reader: &mut Reader<'_>) {
    for socket in parsed.values("--unix-socket") {
        engine(socket, reader);
        let place = socket
            .known()
            .and_then(|path| locate(path, reader.cwd(), reader.world));
        if place.is_some_and(|place| place.guard.is_some() || place.secret == Some(Verdict::Deny)) {
            reader.deny(
                "own-gateway",
                "It speaks to the gateway that this agent is governed by.",
            );
        }
    }
    for proxy in parsed.values("-x") {
        let text = shown_word(proxy);
        if destination(&text, reader.world).own {
            reader.deny(
                "own-gateway",
                "It goes through the gateway that this agent is governed by.",
            );
        }
        metadata(reader, &text);
    }
    for meaning in parsed.values("--resolve") {
        metadata(reader, &shown_word(meaning));
    }
}

/// Sockets through which containers are started, with whatever of this machine in them.
const ENGINES: &[&str] = &[
    "docker",
    "podman",
    "containerd",
    "crio",
    "buildkit",
    "lxd",
    "incus",
];

/// A socket that is spoken to; one of an engine of containers hands over the machine.
pub(super) fn engine(socket: &Word, reader: &mut Reader<'_>) {
    let path = shown_word(socket).to_ascii_lowercase();
    if ENGINES.iter().any(|engine| path.contains(engine)) {
        let text = format!("Through {path} containers get this machine, and with it the machine.");
        reader.find(Verdict::Deny, "container-escape", text);
    }
}

/// `rsync -e COMMAND`: what is run to reach the other machine.
pub(super) fn remote_shell(parsed: &Parsed, reader: &mut Reader<'_>) {
    for command in parsed.values("-e") {
        let program = command.prefix().split_ascii_whitespace().next();
        let plain = matches!(program.map(name), Some("ssh"))
            && program.is_some_and(|path| path == "ssh" || path == "/usr/bin/ssh");
        if !plain && command.known() != Some("") {
            reader.deny(
                "helper-program",
                "It runs a program that is named by an option.",
            );
        }
    }
}
