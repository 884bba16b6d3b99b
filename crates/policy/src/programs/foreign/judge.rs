//! What one command of PowerShell or cmd calls for.

use super::cut::Command;
use super::names::{PROTECTED, SECRETS, full, is_critical};
use crate::verdict::Verdict;

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
const SECRET: Reason = deny("read-secret", "It reaches what authenticates someone.");
const HELPER: Reason = deny(
    "download-run",
    "It runs what it downloads or decodes, by a program that is made for something else.",
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
    let slashed = line.replace('/', "\\");
    if SECRETS
        .iter()
        .any(|secret| slashed.contains(&secret.replace('/', "\\")))
    {
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
    if writes
        && PROTECTED
            .iter()
            .any(|place| slashed.contains(&place.replace('/', "\\")))
    {
        out.push(PROTECT);
    }
    if command.writes.iter().any(|file| {
        PROTECTED
            .iter()
            .chain(SECRETS)
            .any(|place| file.replace('/', "\\").contains(&place.replace('/', "\\")))
    }) {
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

/// `$env:OPENAI_API_KEY`, `echo %AWS_SECRET_ACCESS_KEY%`.
fn prints_secret(name: &str, line: &str) -> bool {
    let _ = name;
    let mut names = Vec::new();
    for part in line.split("$env:").skip(1) {
        names.push(
            part.split(|c: char| !(c.is_alphanumeric() || c == '_'))
                .next()
                .unwrap_or(""),
        );
    }
    names.extend(line.split('%').skip(1).step_by(2));
    names.into_iter().any(crate::programs::variables::is_secret)
}

fn deletion(command: &Command, name: &str, out: &mut Vec<Reason>) {
    if name == "remove-item" {
        let all = command.has("-recurse") || command.switch("s");
        let path = |arg: &&str| {
            !(arg.starts_with('-')
                || arg.starts_with('/') && arg.len() <= 5 && !arg[1..].contains('\\'))
        };
        if all && command.args().filter(path).any(is_critical)
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

fn settings(command: &Command, name: &str, line: &str, out: &mut Vec<Reason>) {
    const AUTORUN: &[&str] = &[
        "currentversion\\run",
        "\\winlogon",
        "image file execution options",
        "currentcontrolset\\services",
        "appinit_dlls",
        "\\policies\\explorer\\run",
        "\\shell\\open\\command",
        "silentprocessexit",
        "\\command processor",
        "\\environment",
        "bootexecute",
        "\\lsa",
        "userinitmprlogonscript",
        "\\active setup",
        "\\startupapproved",
        "inprocserver32",
        "\\windows\\load",
    ];
    const GUARDS: &[&str] = &[
        "windows defender",
        "disableantispyware",
        "disablerealtimemonitoring",
        "enablelua",
        "consentpromptbehavior",
        "\\smartscreen",
        "\\eventlog",
        "firewallpolicy",
        "\\powershell\\scriptblocklogging",
        "executionpolicy",
        "tamperprotection",
    ];
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

fn security(command: &Command, name: &str, line: &str, out: &mut Vec<Reason>) {
    let verb = command.args().next().unwrap_or("");
    let off = matches!(
        name,
        "set-mppreference"
            | "add-mppreference"
            | "set-executionpolicy"
            | "bcdedit"
            | "set-netfirewallprofile"
            | "disable-netfirewallrule"
            | "remove-netfirewallrule"
            | "new-netfirewallrule"
            | "uninstall-windowsfeature"
            | "disable-windowsoptionalfeature"
            | "fltmc"
            | "reagentc"
            | "set-psreadlineoption"
            | "disable-computerrestore"
            | "unblock-file"
            | "disable-bitlocker"
            | "set-smbserverconfiguration"
            | "takeown"
    ) || name == "netsh"
        && (line.contains("advfirewall")
            || line.contains("firewall")
            || line.contains("portproxy")
            || line.contains("trace"))
        || name == "auditpol"
            && (line.contains("/set") || line.contains("/clear") || line.contains("/remove"))
        || matches!(
            name,
            "stop-service" | "set-service" | "sc" | "net" | "stop-process" | "taskkill"
        ) && [
            "windefend",
            "mpssvc",
            "eventlog",
            "sense",
            "wscsvc",
            "msmpeng",
            "securityhealth",
            "sysmon",
            "crowdstrike",
            "csfalcon",
            "wdnissvc",
        ]
        .iter()
        .any(|service| line.contains(service));
    if off {
        out.push(SECURITY);
    }
    let evidence = matches!(
        name,
        "clear-eventlog" | "remove-eventlog" | "clear-history" | "limit-eventlog" | "wevtutil"
    ) && !(name == "wevtutil"
        && !matches!(verb, "cl" | "clear-log" | "sl" | "set-log"))
        || name == "vssadmin" && (line.contains("delete") || line.contains("resize"))
        || name == "wbadmin" && line.contains("delete")
        || name == "fsutil" && line.contains("usn") && line.contains("delete")
        || name == "wmic" && line.contains("shadowcopy") && line.contains("delete")
        || line.contains("win32_shadowcopy") && line.contains("delete")
        || name == "remove-item"
            && (line.contains("consolehost_history") || line.contains("winevt"));
    if evidence {
        out.push(EVIDENCE);
    }
    let power = matches!(
        name,
        "shutdown" | "restart-computer" | "stop-computer" | "logoff" | "tsdiscon"
    ) && !line.contains(" /a")
        && !line.contains(" -a");
    if power {
        out.push(POWER);
    }
    let kills = matches!(name, "stop-process" | "taskkill" | "tskill" | "pskill")
        && [
            "openclaw",
            "gatehouse",
            "clawdbot",
            "lsass",
            "winlogon",
            "csrss",
            " * ",
            " *",
            "explorer",
        ]
        .iter()
        .any(|process| line.contains(process));
    let stops = matches!(
        name,
        "stop-service" | "restart-service" | "sc" | "net" | "set-service"
    ) && (line.contains("openclaw") || line.contains("gatehouse"));
    if kills || stops {
        out.push(deny(
            "kill-gateway",
            "It stops what governs this agent or keeps this machine running.",
        ));
    }
}

/// Programs of the system that are used to fetch and run, and to read what is locked away.
fn helpers(name: &str, line: &str, out: &mut Vec<Reason>) {
    let remote = line.contains("http:")
        || line.contains("https:")
        || line.contains("ftp:")
        || line.contains("\\\\");
    let used = match name {
        "certutil" => {
            line.contains("urlcache")
                || line.contains("decode")
                || line.contains("verifyctl")
                || line.contains("-addstore")
        }
        "bitsadmin" => {
            line.contains("transfer") || line.contains("addfile") || line.contains("notify")
        }
        "mshta" | "hh" => true,
        "regsvr32" => remote || line.contains("scrobj"),
        "rundll32" => {
            remote
                || line.contains("javascript")
                || line.contains("comsvcs")
                || line.contains("url.dll")
                || line.contains("advpack")
        }
        "msiexec" | "installutil" | "msbuild" | "cscript" | "wscript" | "pcalua" | "forfiles"
        | "control" | "psexec" | "psexec64" => {
            remote || matches!(name, "forfiles" | "pcalua" | "psexec" | "psexec64")
        }
        "wmic" => line.contains("process") && line.contains("create") || remote,
        "invoke-wmimethod" | "invoke-cimmethod" => line.contains("create"),
        _ => false,
    };
    if used {
        out.push(HELPER);
    }
    let dumps = matches!(
        name,
        "mimikatz"
            | "invoke-mimikatz"
            | "procdump64"
            | "ntdsutil"
            | "vaultcmd"
            | "cmdkey"
            | "laZagne"
            | "get-storedcredential"
            | "esentutl"
    ) || name == "procdump" && line.contains("lsass")
        || line.contains("minidump") && line.contains("comsvcs")
        || line.contains("convertfrom-securestring") && line.contains("asplaintext")
        || line.contains("getnetworkcredential")
        || name == "netsh" && line.contains("key=clear");
    if dumps {
        out.push(SECRET);
    }
    let memory = line.contains("net.sockets.tcpclient")
        || line.contains("reflection.assembly]::load")
        || line.contains("virtualalloc")
        || line.contains("amsiutils")
        || line.contains("amsiinitfailed")
        || line.contains("[ref].assembly")
        || line.contains("getdelegateforfunctionpointer");
    if memory {
        out.push(deny(
            "code-injection",
            "It loads code past what looks at it, or opens a connection that drives this machine.",
        ));
    }
}
