//! Copies to and from other machines, and options of OpenSSH.

use super::instead::engine;
use super::*;

/// Options of OpenSSH that name a command of this machine.
pub(super) fn ssh_options(parsed: &Parsed, reader: &mut Reader<'_>) {
    for word in parsed.values("-o") {
        let text = word.prefix();
        let at = text.find(['=', ' ']).unwrap_or(text.len());
        let key = text[..at].trim().to_ascii_lowercase();
        let value = without(word, (at + 1).min(text.len()));
        match key.as_str() {
            "proxycommand" | "localcommand" | "knownhostscommand" => {
                if value.known() == Some("none") {
                    continue;
                }
                reader.deny(
                    "helper-program",
                    "It runs a command of this machine that is named by an option.",
                );
                reader.shell(value);
            }
            "proxyusefdpass"
            | "permitlocalcommand"
            | "pkcs11provider"
            | "securitykeyprovider"
            | "include"
            | "sendenv"
            | "xauthlocation"
            | "match" => {
                reader.ask(
                    "ssh-option",
                    "An option decides what is run or loaded on this machine.",
                );
            }
            "localforward" | "remoteforward" | "dynamicforward" | "tunnel" => {
                reader.ask("tunnel", "It opens a way from one network into another.")
            }
            "hostname" | "proxyjump" => {
                let hosts = shown_word(&value);
                hosts
                    .split(',')
                    .filter(|host| *host != "none")
                    .for_each(|host| reaches(reader, host));
            }
            "" => reader.ask("unknown-argument", "An option is only known when it runs."),
            _ => {}
        }
    }
}

pub(super) fn ssh(parsed: &Parsed, reader: &mut Reader<'_>) {
    ssh_options(parsed, reader);
    let Some((host, rest)) = parsed.operands.split_first() else {
        return;
    };
    url(reader, host, Use::Send);
    reader.ask("network", "It logs in to another machine.");
    hands_over_the_gateway(reader);
    // Options may stand behind the host as well.
    if rest
        .first()
        .is_some_and(|word| word.prefix().starts_with('-'))
    {
        let again = crate::programs::options::parse(
            rest,
            crate::programs::lookup::find("ssh").expect("ssh is in the table"),
        );
        ssh_options(&again, reader);
        if !again.operands.is_empty() {
            reader.script(
                super::super::builtins::joined(&again.operands),
                crate::world::Dialect::Posix,
                true,
            );
        }
        return;
    }
    if !rest.is_empty() {
        reader.script(
            super::super::builtins::joined(rest),
            crate::world::Dialect::Posix,
            true,
        );
    } else if let crate::programs::Stdin::Text(text) = &reader.invocation.stdin {
        // A shell at the other end reads it.
        let text = text.clone();
        reader.script(text, crate::world::Dialect::Posix, true);
    }
}

/// `ssh -R 8080:localhost:18789 host`: others reach the gateway from there.
fn hands_over_the_gateway(reader: &mut Reader<'_>) {
    let argv = &reader.invocation.argv;
    let own = |forward: &str| {
        let port = forward
            .rsplit(':')
            .next()
            .and_then(|port| port.parse().ok());
        forward.contains(':') && port.is_some_and(|port| reader.world.own_ports.contains(&port))
    };
    let given = argv.windows(2).filter(|pair| pair[0].known() == Some("-R"));
    let given = given.filter_map(|pair| pair[1].known());
    let mut joined = argv
        .iter()
        .filter_map(|word| word.known()?.strip_prefix("-R"));
    if given.into_iter().any(own) || joined.any(own) {
        reader.deny(
            "own-gateway",
            "It lets others reach the gateway that this agent is governed by.",
        );
    }
}

pub(super) fn sftp(parsed: &Parsed, reader: &mut Reader<'_>) {
    ssh_options(parsed, reader);
    typed(reader);
    let Some(to) = parsed.operands.first() else {
        return;
    };
    let text = shown_word(to);
    match of_scp(&text) {
        Some(host) => reaches(reader, host),
        None => url(reader, to, Use::Send),
    }
}

/// What is typed into a program that moves files: `put FILE` sends one, `!COMMAND` runs one here.
pub(super) fn typed(reader: &mut Reader<'_>) {
    let crate::programs::Stdin::Text(text) = &reader.invocation.stdin else {
        return;
    };
    for line in shown_word(text).lines() {
        let line = line.trim();
        if let Some(command) = line.strip_prefix('!') {
            reader.shell(Word::from(command));
        }
        let mut words = line.split_ascii_whitespace();
        if matches!(
            words.next(),
            Some("put" | "mput" | "reput" | "send" | "append" | "mirror")
        ) {
            for path in words.filter(|word| !word.starts_with('-')) {
                upload(reader, &Word::from(path));
            }
        }
    }
}

pub(super) fn is_remote(word: &Word) -> bool {
    let text = word.prefix();
    if text.contains("://") {
        return true;
    }
    match text.find(':') {
        Some(at) => at > 0 && !text[..at].contains('/'),
        None => word.known().is_none() && text.is_empty(),
    }
}

pub(super) fn transfer(parsed: &Parsed, reader: &mut Reader<'_>) {
    ssh_options(parsed, reader);
    super::instead::remote_shell(parsed, reader);
    if let Some(path) = parsed.value("--rsync-path") {
        reader.script(path.clone(), crate::world::Dialect::Posix, true);
    }
    let remote = parsed.operands.iter().any(is_remote);
    let Some((to, from)) = parsed.operands.split_last() else {
        return;
    };
    if remote {
        reader.ask("network", "It copies files to or from another machine.");
        reader.out.io.emits_network = true;
        for word in parsed.operands.iter().filter(|word| is_remote(word)) {
            let text = shown_word(word);
            let host = if text.contains("://") {
                text.clone()
            } else {
                text.split(':').next().unwrap_or("").to_owned()
            };
            url(reader, &Word::Known(host), Use::Send);
        }
    }
    for word in from {
        if is_remote(word) {
            continue;
        }
        if is_remote(to) {
            upload(reader, word);
            reader.touch(word, Access::ReadAll);
        } else {
            reader.touch(word, Access::ReadAll);
        }
        if parsed.has("--remove-source-files") {
            reader.touch(word, Access::DeleteAll);
        }
    }
    if !is_remote(to) {
        let dry = reader
            .invocation
            .argv
            .iter()
            .any(|arg| matches!(arg.known(), Some("-n" | "--dry-run" | "--list-only")));
        if !dry && parsed.operands.len() > 1 {
            reader.touch(to, Access::Write);
        }
        if parsed.has("--delete") && !dry {
            reader.touch(to, Access::DeleteAll);
        }
    }
}

pub(super) fn netcat(parsed: &Parsed, reader: &mut Reader<'_>) {
    let listens = reader.invocation.argv.iter().any(|arg| {
        let text = arg.prefix();
        text == "--listen"
            || (text.starts_with('-') && !text.starts_with("--") && text.contains('l'))
    });
    if parsed.has("-U") {
        parsed
            .operands
            .iter()
            .for_each(|socket| engine(socket, reader));
    } else if listens {
        reader.ask("listens", "It opens a port.");
    } else if let Some(host) = parsed.operands.first() {
        let port = parsed.operands.get(1).map(shown_word).unwrap_or_default();
        let named = shown_word(host);
        let here = matches!(named.as_str(), "localhost" | "127.0.0.1" | "::1");
        let host = Word::Known(format!("{named}:{port}"));
        // Whether a port of this machine is open is all that is asked.
        let looks = parsed.has("-z") && here && parsed.operands.len() == 2;
        url(reader, &host, if looks { Use::Get } else { Use::Send });
        if looks {
            return;
        }
    }
    reader.ask(
        "network",
        "It sends to another machine or takes from it, as it is.",
    );
}

pub(super) fn socat(parsed: &Parsed, reader: &mut Reader<'_>) {
    for word in &parsed.operands {
        let text = word.prefix();
        let upper = text.to_ascii_uppercase();
        if upper.starts_with("EXEC:") || upper.starts_with("SYSTEM:") || upper.starts_with("SHELL:")
        {
            reader.deny(
                "reverse-shell",
                "It hands a program of this machine to whoever is at the other end.",
            );
            let at = text.find(':').unwrap_or(0) + 1;
            reader.shell(without(word, at));
        }
        if upper.starts_with("UNIX") || upper.starts_with("GOPEN:") || text.starts_with('/') {
            engine(word, reader);
        }
        let file = ["OPEN:", "FILE:", "GOPEN:", "CREATE:"]
            .iter()
            .any(|begin| upper.starts_with(begin));
        if file || text.starts_with('/') || text.starts_with("./") {
            let at = if file {
                text.find(':').unwrap_or(0) + 1
            } else {
                0
            };
            let path = without(word, at);
            let path = path.known().map_or(path.clone(), |text| {
                Word::from(text.split(',').next().unwrap_or(""))
            });
            reader.touch(&path, Access::Read);
            reader.touch(&path, Access::Write);
        }
        if let Some(at) = [
            "TCP:",
            "TCP4:",
            "TCP6:",
            "TCP-CONNECT:",
            "UDP:",
            "OPENSSL:",
            "SSL:",
        ]
        .iter()
        .find(|begin| upper.starts_with(**begin))
        {
            let host = without(word, at.len());
            url(reader, &host, Use::Send);
        }
    }
}
