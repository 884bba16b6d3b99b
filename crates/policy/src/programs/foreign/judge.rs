//! What one command of PowerShell or cmd calls for.

mod guards;

use super::cut::Command;
use super::names::{PROTECTED, SECRET_FOLDERS, SECRETS, full, is_critical, is_home};
use crate::verdict::Verdict;
use guards::{helpers, security};

/// A reason: the verdict, its code, a sentence.
pub(super) type Reason = (Verdict, &'static str, &'static str);

const fn deny(code: &'static str, text: &'static str) -> Reason {
    (Verdict::Deny, code, text)
}

const PERSIST: Reason = deny(
    "persistence",
    "It sets up what is started from now on, whoever looks.",
);
const SECURITY: Reason = deny(
    "disables-security",
    "It changes what protects this machine or records what is done.",
);
const EVIDENCE: Reason = deny("erase-evidence", "It erases the record of what was done.");
const USERS: Reason = deny("users", "It changes who may use this machine, or as whom.");
const DISKS: Reason = deny(
    "format",
    "It changes disks, partitions or file systems themselves.",
);
const POWER: Reason = deny("power", "It stops or restarts this machine.");
const DELETE: Reason = deny(
    "delete-system",
    "It deletes a whole folder of a person or of the system.",
);
const DELETE_HOME: Reason = deny("delete-home", "It deletes all that a person has.");
const SECRET: Reason = deny("read-secret", "It reaches what authenticates someone.");
const HELPER: Reason = deny(
    "download-run",
    "It runs what it downloads or decodes, by a program that is made for something else.",
);
const RUNS: Reason = deny(
    "helper-program",
    "It runs a program by another that is made for something else.",
);
const OWN: Reason = deny(
    "own-gateway",
    "It changes or drives the gateway that this agent is governed by.",
);
const PROTECT: Reason = deny(
    "write-protected",
    "It writes what decides what runs or who may do what.",
);

/// Every reason to deny a command.
pub(super) fn reasons(command: &Command) -> Vec<Reason> {
    let mut out = Vec::new();
    let name = full(command.name());
    let line = command
        .words
        .iter()
        .map(|word| word.text.as_str())
        .collect::<Vec<_>>()
        .join(" ");
    let any = |parts: &[&str]| parts.iter().any(|part| line.contains(part));
    deletion(command, name, &mut out);
    settings(command, name, &line, &mut out);
    security(command, name, &line, &mut out);
    helpers(name, &line, &mut out);
    let words = || command.words.iter().map(|word| word.text.as_str());
    if SECRETS.named_by(&line) || words().any(|word| SECRETS.named_by(word)) {
        out.push(SECRET);
    }
    if copies_secrets(command, name) {
        out.push(SECRET);
    }
    let writes = matches!(
        name,
        "set-content"
            | "add-content"
            | "out-file"
            | "new-item"
            | "copy-item"
            | "move-item"
            | "xcopy"
            | "robocopy"
            | "tee-object"
            | "rename-item"
            | "remove-item"
            | "set-item"
            | "clear-content"
            | "invoke-webrequest"
            | "mklink"
            | "attrib"
            | "icacls"
    );
    if writes && (PROTECTED.named_by(&line) || words().any(|word| PROTECTED.named_by(word))) {
        out.push(PROTECT);
    }
    let written = |file: &String| PROTECTED.named_by(file) || SECRETS.named_by(file);
    if command.writes.iter().any(written) {
        out.push(PROTECT);
    }
    if matches!(name, "openclaw" | "gatehouse" | "clawdbot")
        && !any(&[" status", " --version", " list", " check", " verify"])
    {
        out.push(OWN);
    }
    if prints_secret(name, &line) {
        out.push(SECRET);
    }
    out
}

/// A folder of what authenticates someone is copied or packed as a whole.
fn copies_secrets(command: &Command, name: &str) -> bool {
    let copies = matches!(
        name,
        "compress-archive"
            | "copy-item"
            | "move-item"
            | "robocopy"
            | "xcopy"
            | "tar"
            | "7z"
            | "scp"
    );
    let is_one = |arg: &str| {
        let path = format!("\\{}", arg.replace('/', "\\"));
        let path = path.trim_end_matches(['*', '.']).trim_end_matches('\\');
        SECRET_FOLDERS.iter().any(|folder| path.ends_with(folder))
    };
    copies && command.args().flat_map(|arg| arg.split(',')).any(is_one)
}

/// `$env:OPENAI_API_KEY`, `echo %AWS_SECRET_ACCESS_KEY%`, `[Environment]::GetEnvironmentVariable('…')`.
fn prints_secret(name: &str, line: &str) -> bool {
    let mut names = Vec::new();
    let bare = if name == "remove-item" {
        "$env:"
    } else {
        "env:"
    };
    for mark in [bare, "getenvironmentvariable("] {
        names.extend(line.split(mark).skip(1).map(|rest| {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'));
            &rest[..end.unwrap_or(rest.len())]
        }));
    }
    names.extend(line.split('%').skip(1).step_by(2));
    names.into_iter().any(crate::programs::variables::is_secret)
}

fn deletion(command: &Command, name: &str, out: &mut Vec<Reason>) {
    if name == "remove-item" {
        let all = command.has("-recurse") || command.switch("s");
        let path = |arg: &&str| {
            !(arg.starts_with('-')
                || arg.starts_with('/') && (2..=5).contains(&arg.len()) && !arg[1..].contains('\\'))
        };
        if all && command.args().any(is_home) {
            out.push(DELETE_HOME);
        } else if all && command.args().filter(path).any(is_critical)
            || command.args().any(|arg| {
                arg.split(',')
                    .any(|one| is_critical(one) && all && !arg.starts_with('/'))
            })
        {
            out.push(DELETE);
        }
    }
    let robocopy = name == "robocopy"
        && command.args().any(|arg| matches!(arg, "/mir" | "/purge"))
        && command.args().any(is_critical);
    if robocopy {
        out.push(DELETE);
    }
    let disks = matches!(
        name,
        "format"
            | "format.com"
            | "diskpart"
            | "clear-disk"
            | "format-volume"
            | "initialize-disk"
            | "remove-partition"
            | "reset-physicaldisk"
            | "diskshadow"
            | "manage-bde"
            | "repair-volume"
            | "set-partition"
    ) || name == "cipher" && command.args().any(|arg| arg.starts_with("/w"));
    if disks && !(name == "format" && command.words.len() < 2) {
        out.push(DISKS);
    }
}

#[rustfmt::skip]
const AUTORUN: &[&str] = &[
    "currentversion\\run", "\\winlogon", "image file execution options", "currentcontrolset\\services",
    "appinit_dlls", "\\policies\\explorer\\run", "\\shell\\open\\command", "silentprocessexit", "\\command
    processor", "\\environment", "bootexecute", "\\lsa", "userinitmprlogonscript", "\\active setup",
    "\\startupapproved", "inprocserver32", "\\windows\\load",
];

#[rustfmt::skip]
const GUARDS: &[&str] = &[
    "windows defender", "disableantispyware", "disablerealtimemonitoring", "enablelua", "consentpromptbehavior",
    "\\smartscreen", "\\eventlog", "firewallpolicy", "\\powershell\\scriptblocklogging", "executionpolicy",
    "tamperprotection",
];

fn settings(command: &Command, name: &str, line: &str, out: &mut Vec<Reason>) {
    let registry = name == "reg"
        && command.args().next().is_some_and(|verb| {
            matches!(
                verb,
                "add" | "delete" | "import" | "load" | "restore" | "copy" | "save" | "unload"
            )
        });
    let property = matches!(
        name,
        "set-itemproperty"
            | "new-itemproperty"
            | "remove-itemproperty"
            | "set-item"
            | "new-item"
            | "remove-item"
    ) && (line.contains("hk") && line.contains(":\\")
        || line.contains("registry::"));
    if registry || property {
        let line = line.replace('/', "\\");
        // Another shell may have taken the backslashes out.
        let bare = line.replace('\\', "");
        if AUTORUN
            .iter()
            .any(|key| bare.contains(&key.replace('\\', "")))
        {
            out.push(PERSIST);
        }
        if GUARDS
            .iter()
            .any(|key| bare.contains(&key.replace('\\', "")))
        {
            out.push(SECURITY);
        }
        let whole = command
            .args()
            .nth(1)
            .is_some_and(|key| key.matches('\\').count() <= 1);
        if registry
            && line.starts_with("reg delete")
            && (line.contains("hklm") || line.contains("hkey_local_machine") || whole)
        {
            out.push(deny(
                "registry-delete",
                "It deletes settings of the whole system.",
            ));
        }
        if line.starts_with("reg save") || line.contains("hklm\\sam") {
            out.push(SECRET);
        }
    }
    let verb = command.args().next().unwrap_or("");
    let jobs = matches!(
        name,
        "register-scheduledtask"
            | "new-scheduledtask"
            | "new-service"
            | "register-scheduledjob"
            | "register-wmievent"
            | "set-wmiinstance"
            | "register-cimindicationevent"
            | "set-scheduledtask"
            | "new-scheduledtasktrigger"
            | "register-objectevent"
            | "set-service"
    ) || name == "schtasks"
        && command
            .args()
            .any(|arg| matches!(arg, "/create" | "/change" | "-create"))
        || name == "sc" && matches!(verb, "create" | "config" | "failure" | "sdset")
        || name == "wmic" && line.contains("startup") && line.contains("create")
        || name == "at" && command.words.len() > 1
        || matches!(name, "ftype" | "assoc") && line.contains('=');
    if jobs {
        out.push(PERSIST);
    }
    let users = name == "net"
        && matches!(verb, "user" | "localgroup" | "group" | "accounts")
        && (line.contains("/add")
            || line.contains("/active")
            || line.contains("/delete")
            || command.words.len() > 3)
        || matches!(
            name,
            "new-localuser"
                | "add-localgroupmember"
                | "set-localuser"
                | "enable-localuser"
                | "new-aduser"
                | "set-adaccountpassword"
                | "add-adgroupmember"
                | "remove-localuser"
                | "disable-localuser"
        );
    if users {
        out.push(USERS);
    }
}
