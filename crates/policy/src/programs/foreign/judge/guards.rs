//! What protects the machine, and programs of the system that are turned against it.

use super::*;

pub(super) fn security(command: &Command, name: &str, line: &str, out: &mut Vec<Reason>) {
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
    let history = name == "set-psreadlineoption" && line.contains("histor");
    let opens = matches!(name, "icacls" | "cacls")
        && command.args().any(is_critical)
        && command.args().any(|arg| {
            [
                "/grant",
                "/deny",
                "/remove",
                "/setowner",
                "/reset",
                "/inheritance",
                "/g",
                "/p",
            ]
            .iter()
            .any(|verb| arg.starts_with(verb))
        });
    if off || opens || name == "set-psreadlineoption" && !history {
        out.push(SECURITY);
    }
    let logs = matches!(
        name,
        "clear-eventlog" | "remove-eventlog" | "clear-history" | "limit-eventlog"
    );
    let evidence = logs
        || history
        || name == "wevtutil" && matches!(verb, "cl" | "clear-log" | "sl" | "set-log")
        || name == "vssadmin" && (line.contains("delete") || line.contains("resize"))
        || name == "wbadmin" && line.contains("delete")
        || name == "fsutil" && line.contains("usn") && line.contains("delete")
        || name == "wmic" && line.contains("shadowcopy") && line.contains("delete")
        || line.contains("win32_shadowcopy") && line.contains("delete")
        || name == "remove-item"
            && (line.contains("consolehost_history")
                || line.contains("historysavepath")
                || line.contains("winevt"));
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
pub(super) fn helpers(name: &str, line: &str, out: &mut Vec<Reason>) {
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
    let fetched = remote || matches!(name, "certutil" | "bitsadmin" | "mshta" | "hh" | "regsvr32");
    if used {
        out.push(if fetched { HELPER } else { RUNS });
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
