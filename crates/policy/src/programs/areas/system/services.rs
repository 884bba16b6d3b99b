//! Services, schedules and processes: what is looked at and what is stopped or set up.

use super::*;

pub(super) fn signal(reader: &mut Reader<'_>, what: String) {
    let text = format!("signals {what}");
    reader.effect(
        EffectKind::Signal,
        Target::Process(what),
        Zone::System,
        text,
    );
}

/// `kill -0`: no signal is sent, it only tells whether the process is there.
fn only_looks(parsed: &Parsed) -> bool {
    let words: Vec<&str> = parsed.operands.iter().map(|word| word.prefix()).collect();
    let rest = match words.as_slice() {
        ["-0", rest @ ..] | ["-s" | "-n" | "--signal", "0", rest @ ..] => rest,
        _ => return false,
    };
    !rest.is_empty() && rest.iter().all(|word| !word.starts_with('-'))
}

pub(super) fn kill(parsed: &Parsed, reader: &mut Reader<'_>) {
    if only_looks(parsed) {
        return;
    }
    let mut words = parsed.operands.iter().peekable();
    let mut first = true;
    let mut any = false;
    while let Some(word) = words.next() {
        let text = shown_word(word);
        if first && matches!(text.as_str(), "-l" | "-L" | "--list" | "--table") {
            return;
        }
        if first && matches!(text.as_str(), "-s" | "-n" | "--signal" | "-q" | "--queue") {
            words.next();
            continue;
        }
        let is_signal = first && text.starts_with('-') && text != "--";
        first = first && text != "--" && text.starts_with('-') && !any;
        let numbers = text.starts_with('-') && text[1..].bytes().all(|b| b.is_ascii_digit());
        if is_signal && words.peek().is_some() && !any {
            any = true;
            continue;
        }
        if text == "--" {
            any = true;
            continue;
        }
        any = true;
        if is_the_gateway(word) {
            reader.deny("kill-gateway", "It stops what governs this agent.");
        }
        if text == "-1" || text == "0" || text == "-0" || text == "1" {
            reader.deny("kill-all", "It signals every process of the user, the gateway among them, or the first process.");
        } else if numbers {
            reader.deny("kill-group", "It signals a whole group of processes.");
        } else if matches!(word, crate::word::Word::Unknown(why) if why == "$!") {
            // What this very line put into the background.
        } else if text == "…" {
            reader.ask(
                "signal",
                "Which process it signals is only known when it runs.",
            );
        } else if !text.starts_with('%') {
            reader.ask(
                "signal",
                "It signals a process that this run may not have started.",
            );
        }
        signal(reader, text);
    }
}

/// The gateway, the desktop session and what supervises: not an agent's to stop.
pub(in crate::programs) fn is_ours(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["openclaw", "gatehouse", "clawd", "moltbot"]
        .iter()
        .any(|name| text.contains(name) || (text.len() >= 4 && name.starts_with(&text)))
        || matches!(
            text.as_str(),
            "." | ".*"
                | ""
                | "systemd"
                | "init"
                | "launchd"
                | "sshd"
                | "dbus-daemon"
                | "auditd"
                | "rsyslogd"
                | "syslogd"
                | "Xorg"
                | "gnome-shell"
                | "loginwindow"
                | "windowserver"
                | "-1"
                | "claw"
        )
}

/// Whether a pattern matches the line that a gateway was started with: `pkill -f 'gateway run'`.
fn is_in_our_line(pattern: &str) -> bool {
    const LINES: &[&str] = &[
        "openclaw gateway run",
        "gatehouse gateway run",
        "openclaw-gateway",
        "gatehouse-desktop",
    ];
    /// Less than this is in the lines of many others.
    const SHORTEST: usize = 4;
    let text = pattern.to_ascii_lowercase();
    let text = text.trim_start_matches('^').trim_end_matches('$');
    let glob = format!(
        "*{}*",
        text.replace(".*", "*")
            .replace("\\s", "?")
            .replace('.', "?")
    );
    text.len() >= SHORTEST && LINES.iter().any(|line| crate::place::matches(&glob, line))
}

/// A process that was looked for by the gateway's name.
fn is_the_gateway(word: &crate::word::Word) -> bool {
    use crate::programs::GATEWAY_PROCESS;
    use crate::word::{Piece, Word};
    match word {
        Word::Unknown(why) => why == GATEWAY_PROCESS,
        Word::Partial(pieces) => pieces
            .iter()
            .any(|piece| matches!(piece, Piece::Unknown(why) if why == GATEWAY_PROCESS)),
        Word::Known(_) => false,
    }
}

/// Whether a word names one of these ports as `lsof` and `fuser` do: `18789/tcp`, `-ti:18789`.
pub(in crate::programs) fn names_a_port(word: &str, ports: &[u16]) -> bool {
    let mut numbers = word.split(|c: char| !c.is_ascii_digit());
    numbers.any(|number| number.parse().is_ok_and(|number| ports.contains(&number)))
}

/// `fuser -k 18789/tcp`
pub(super) fn frees(parsed: &Parsed, reader: &mut Reader<'_>) {
    let ports = &reader.world.own_ports;
    let words = parsed.operands.iter().map(shown_word);
    if parsed.has("-k") && words.into_iter().any(|word| names_a_port(&word, ports)) {
        reader.deny("kill-gateway", "It stops what governs this agent.");
    }
}

/// What looks into a process reads, and may change, all that it has in its hands.
pub(in crate::programs) fn attaches(reader: &mut Reader<'_>) {
    if reader.invocation.argv.iter().any(is_the_gateway) {
        reader.deny(
            "attach",
            "It looks into the process that governs this agent.",
        );
    }
}

pub(super) fn kill_by_name(parsed: &Parsed, reader: &mut Reader<'_>) {
    let everyone = parsed.strange.iter().any(|name| {
        matches!(
            name.as_str(),
            "-u" | "-U" | "--user" | "-t" | "--uid" | "-g"
        )
    });
    let whole_lines = parsed.strange.iter().any(|name| name.contains('f'));
    for word in &parsed.operands {
        let text = shown_word(word);
        let ours = is_ours(&text) || whole_lines && is_in_our_line(&text);
        if ours || reader.invocation.argv[0].prefix() == "killall5" {
            reader.find(
                Verdict::Deny,
                "kill-gateway",
                format!("It stops {text}, which governs this agent or keeps this machine running."),
            );
        }
        if everyone && text == reader.world.user {
            reader.deny(
                "kill-all",
                "It signals every process of the user, the gateway among them.",
            );
        }
        signal(reader, text);
    }
    let pointed_at = reader.invocation.argv[0].prefix() == "xkill";
    if !parsed.operands.is_empty() || everyone || pointed_at {
        reader.ask("signal", "It signals processes by their name.");
    }
    if reader.invocation.argv[0].prefix() == "killall5" {
        reader.deny("kill-all", "It signals every process.");
    }
}

/// Services that protect the machine or record what is done.
#[rustfmt::skip]
const PROTECTS: &[&str] = &[
    "apparmor", "auditd", "firewalld", "ufw", "fail2ban", "rsyslog", "clamav", "systemd-journald",
    "falcon-sensor", "sshd", "selinux", "crowdstrike", "osqueryd", "wazuh", "falco", "nftables", "iptables",
    "unattended-upgrades", "syslog",
];

pub(super) fn systemctl(parsed: &Parsed, reader: &mut Reader<'_>) {
    let verb = parsed.operand(0).unwrap_or("list-units");
    let looks = [
        "status",
        "list-units",
        "list-unit-files",
        "show",
        "cat",
        "is-active",
        "is-enabled",
        "is-failed",
        "list-timers",
        "list-dependencies",
        "list-sockets",
        "list-jobs",
        "get-default",
        "is-system-running",
        "help",
        "list-machines",
        "--version",
    ];
    if looks.contains(&verb) {
        return;
    }
    match verb {
        "enable" | "link" | "edit" | "reenable" | "preset" | "preset-all" | "add-wants"
        | "add-requires" | "set-default" | "set-environment" | "import-environment" | "revert" => {
            reader.deny(
                PERSIST,
                "It sets up what is started from now on, whoever looks.",
            );
        }
        "poweroff" | "reboot" | "halt" | "kexec" | "suspend" | "hibernate" | "rescue"
        | "emergency" | "exit" | "switch-root" | "isolate" | "soft-reboot" | "hybrid-sleep"
        | "default" => {
            reader.deny(POWER, "It stops or restarts this machine.");
        }
        "mask" | "disable" | "stop" | "kill" => {
            let units = || parsed.operands.iter().skip(1).map(shown_word);
            if units().any(|unit| PROTECTS.iter().any(|name| unit.contains(name))) {
                return reader.deny(
                    SECURITY,
                    "It stops what protects this machine or records what is done.",
                );
            }
            if units().any(|unit| is_ours(&unit)) {
                return reader.deny(
                    "kill-gateway",
                    "It stops the gateway that this agent is governed by.",
                );
            }
            reader.ask(SERVICE, "It stops a service.");
        }
        _ => {
            if parsed
                .operands
                .iter()
                .skip(1)
                .any(|word| is_ours(&shown_word(word)))
            {
                return reader.deny(
                    "kill-gateway",
                    "It restarts or changes the gateway that this agent is governed by.",
                );
            }
            reader.ask(SERVICE, "It changes a service.");
        }
    }
}

pub(super) fn service(parsed: &Parsed, reader: &mut Reader<'_>) {
    let words: Vec<String> = parsed.operands.iter().map(shown_word).collect();
    if words.iter().any(|word| word == "status")
        || parsed
            .strange
            .iter()
            .any(|name| name == "--status-all" || name == "--list")
    {
        return;
    }
    let program = reader.invocation.argv[0].prefix().to_owned();
    let starts = matches!(
        program.as_str(),
        "rc-update" | "update-rc.d" | "chkconfig" | "insserv"
    );
    if starts {
        return reader.deny(
            PERSIST,
            "It sets up what is started from now on, whoever looks.",
        );
    }
    let stops = words.iter().any(|word| word == "stop");
    if words.first().is_some_and(|word| is_ours(word))
        || stops
            && words.iter().any(|word| {
                [
                    "auditd",
                    "apparmor",
                    "ufw",
                    "rsyslog",
                    "fail2ban",
                    "firewalld",
                ]
                .contains(&word.as_str())
            })
    {
        return reader.deny(
            SECURITY,
            "It stops what protects this machine or records what is done.",
        );
    }
    reader.ask(SERVICE, "It changes a service.");
}

pub(super) fn controls(parsed: &Parsed, reader: &mut Reader<'_>) {
    let looks = [
        "status",
        "show",
        "list",
        "get",
        "list-sessions",
        "list-users",
        "list-seats",
        "blame",
        "critical-chain",
        "time",
        "list-timezones",
        "list-locales",
        "get-recursively",
        "list-schemas",
        "list-keys",
        "read",
        "tree",
        "introspect",
        "dump",
        "info",
        "verify",
        "calendar",
        "timespan",
    ];
    let program = reader.invocation.argv[0].prefix().to_owned();
    let first = parsed.operand(0);
    let keeps = [
        "org.freedesktop.secrets",
        "org.freedesktop.secret.",
        "org.kde.kwallet",
        "org.gnome.keyring",
    ];
    let names = |word: &crate::word::Word| {
        let text = crate::programs::reader::shown_word(word).to_ascii_lowercase();
        keeps.iter().any(|name| text.contains(name))
    };
    if reader.invocation.argv.iter().any(names) {
        reader.deny(
            "keychain",
            "It speaks to what keeps the passwords of a person.",
        );
    }
    let quiet = first.is_none_or(|first| looks.contains(&first))
        || matches!(
            program.as_str(),
            "systemd-cgls"
                | "systemd-detect-virt"
                | "systemd-path"
                | "systemd-escape"
                | "notify-send"
                | "zenity"
        );
    if !quiet {
        reader.ask(
            STATE,
            "It changes settings of this machine or drives other programs.",
        );
    }
    if program == "xdotool" || program == "ydotool" || program == "wtype" {
        reader.deny(
            "drives-desktop",
            "It types and clicks as a person does, and could answer a question for them.",
        );
    }
    if program == "loginctl"
        && matches!(
            first,
            Some(
                "enable-linger"
                    | "terminate-user"
                    | "kill-user"
                    | "kill-session"
                    | "terminate-session"
            )
        )
    {
        reader.deny(PERSIST, "It changes what of a user outlives their session.");
    }
}

pub(super) fn crontab(parsed: &Parsed, reader: &mut Reader<'_>) {
    if parsed.strange.iter().any(|name| name == "-l") && parsed.operands.is_empty() {
        return reader.ask("scheduled-jobs", "It reads scheduled jobs.");
    }
    reader.deny(
        PERSIST,
        "It sets up or deletes jobs that run again and again.",
    );
}
