//! Aliases, what only reads, and places that matter, in lower case.

use std::sync::LazyLock;

use aho_corasick::AhoCorasick;

/// The command that a short name stands for.
pub(super) fn full(name: &str) -> &str {
    let name = name.strip_suffix(".exe").unwrap_or(name);
    let name = name.rsplit(['\\', '/']).next().unwrap_or(name);
    let name = name
        .strip_prefix("microsoft.powershell.utility\\")
        .unwrap_or(name);
    match name {
        "%comspec%" | "$env:comspec" => "cmd",
        "iex" => "invoke-expression",
        "iwr" => "invoke-webrequest",
        "irm" => "invoke-restmethod",
        "ri" | "del" | "erase" | "rd" | "rmdir" | "rm" => "remove-item",
        "gc" | "cat" | "type" => "get-content",
        "ac" => "add-content",
        "ni" | "md" | "mkdir" => "new-item",
        "cpi" | "copy" | "cp" => "copy-item",
        "mi" | "move" | "mv" => "move-item",
        "rni" | "ren" => "rename-item",
        "gci" | "ls" | "dir" => "get-childitem",
        "gi" => "get-item",
        "si" => "set-item",
        "sp" => "set-itemproperty",
        "gp" => "get-itemproperty",
        "rp" => "remove-itemproperty",
        "cli" | "clc" => "clear-content",
        "spps" | "kill" => "stop-process",
        "saps" | "start" => "start-process",
        "gps" | "ps" => "get-process",
        "spsv" => "stop-service",
        "sasv" => "start-service",
        "gsv" => "get-service",
        "icm" => "invoke-command",
        "ii" => "invoke-item",
        "ipmo" => "import-module",
        "sajb" => "start-job",
        "echo" | "write" => "write-output",
        "pwd" | "gl" => "get-location",
        "cd" | "sl" | "chdir" | "pushd" => "set-location",
        "gcm" => "get-command",
        "gm" => "get-member",
        "sls" => "select-string",
        "select" => "select-object",
        "where" | "?" => "where-object",
        "foreach" | "%" => "foreach-object",
        "measure" => "measure-object",
        "sort" => "sort-object",
        "group" => "group-object",
        "fl" => "format-list",
        "ft" => "format-table",
        "sal" | "nal" => "set-alias",
        "sv" | "set" => "set-variable",
        "gv" => "get-variable",
        "gwmi" => "get-wmiobject",
        "iwmi" => "invoke-wmimethod",
        "nsn" => "new-pssession",
        "etsn" => "enter-pssession",
        "h" | "ghy" | "history" => "get-history",
        "clhy" => "clear-history",
        "cls" | "clear" => "clear-host",
        "curl" | "wget" => "invoke-webrequest",
        name => name,
    }
}

/// What only looks, when its arguments are plain.
#[rustfmt::skip]
pub(super) const READS: &[&str] = &[
    "get-location", "get-date", "get-childitem", "get-item", "get-process", "get-service", "get-command", "get-help", "get-member", "get-host", "get-culture", "get-timezone", "get-uptime", "get-alias", "get-verb", "get-psdrive", "get-module", "get-filehash", "get-content", "test-path", "resolve-path", "split-path", "join-path", "select-string", "select-object",
    "measure-object", "sort-object", "group-object", "format-list", "format-table", "out-string", "out-host", "out-null", "convertto-json", "convertfrom-json", "compare-object", "write-output", "write-host", "set-location", "clear-host", "whoami", "hostname", "ver", "vol", "tree", "tasklist", "systeminfo", "findstr", "find", "more", "fc", "where.exe", "ipconfig", "exit", "rem", "cd", "popd", "title", "get-computerinfo",
];

#[rustfmt::skip]
const VERBS: &[&str] = &[
    "get", "set", "new", "remove", "invoke", "start", "stop", "restart", "add", "clear", "copy", "move", "rename",
    "test", "write", "read", "out", "select", "where", "foreach", "sort", "measure", "format", "convertto",
    "convertfrom", "import", "export", "enable", "disable", "register", "unregister", "install", "uninstall",
    "update", "enter", "exit", "join", "split", "resolve", "wait", "receive", "send", "save", "show", "suspend",
    "resume", "unblock", "mount", "dismount", "expand", "compress", "initialize", "grant", "revoke", "find",
    "publish", "reset", "compare", "group", "tee", "push", "pop", "debug", "trace", "use", "limit", "checkpoint",
    "restore", "backup", "protect", "unprotect", "lock", "unlock", "approve", "deny", "block", "complete",
    "confirm", "connect", "disconnect", "switch", "sync", "undo", "repair", "optimize", "assert",
];

#[rustfmt::skip]
const OTHERS: &[&str] = &[
    "iex", "iwr", "irm", "ri", "gci", "gc", "gi", "gp", "sp", "ni", "cpi", "mi", "rni", "saps", "spps", "gps",
    "icm", "ii", "ipmo", "sls", "sajb", "gwmi", "iwmi", "nsn", "etsn", "spsv", "sasv", "gsv", "clhy", "gcm", "del",
    "erase", "rd", "copy", "xcopy", "robocopy", "ren", "reg", "regedit", "schtasks", "sc", "net", "net1", "netsh",
    "bcdedit", "vssadmin", "wbadmin", "wevtutil", "fsutil", "cipher", "diskpart", "wmic", "taskkill", "tasklist",
    "certutil", "bitsadmin", "mshta", "rundll32", "regsvr32", "msiexec", "cscript", "wscript", "msbuild",
    "installutil", "cmdkey", "vaultcmd", "icacls", "takeown", "attrib", "cacls", "runas", "setx", "assoc", "ftype",
    "auditpol", "forfiles", "pcalua", "mklink", "subst", "systeminfo", "ipconfig", "ver", "vol", "manage-bde",
    "tzutil", "dism", "sfc", "powercfg", "gpupdate", "psexec", "psexec64", "procdump64", "rasdial", "nltest",
    "dsquery", "whoami.exe", "format.com", "winrm", "winrs", "reagentc", "fltmc", "logman", "wecutil", "conhost",
    "hh", "control", "explorer", "ntdsutil", "esentutl", "diskshadow", "makecab", "expand.exe", "replace.exe",
    "findstr",
];

/// Names of PowerShell and cmd that no other shell has, by which a line of theirs is known elsewhere.
pub(super) fn is_foreign(name: &str) -> bool {
    let name = name.strip_suffix(".exe").unwrap_or(name);
    OTHERS.contains(&name)
        || name.split_once('-').is_some_and(|(verb, noun)| {
            VERBS.contains(&verb)
                && noun.len() > 2
                && noun.bytes().all(|b| b.is_ascii_alphanumeric())
        })
}

#[rustfmt::skip]
const WHOLE: &[&str] = &[
    "", "~", "$home", "${home}", "$env:userprofile", "%userprofile%", "$env:homepath", "%homepath%",
    "%homedrive%%homepath%", "$env:systemdrive", "%systemdrive%", "$env:systemroot", "%systemroot%", "$env:windir",
    "%windir%", "$env:appdata", "%appdata%", "$env:localappdata", "%localappdata%", "$env:programfiles",
    "%programfiles%", "$env:programdata", "%programdata%", "$env:public", "%public%", "$env:onedrive", "%onedrive%",
    "\\", "…:userprofile", "…:homepath", "…:systemroot", "…:appdata", "…:windir", "…:systemdrive", "…:localappdata",
    "hklm:", "hkcu:", "cert:", "\\users", "\\windows", "\\program files", "%allusersprofile%", "$profile", "..\\..",
    "..\\..\\..",
];

/// Folders that are never deleted as a whole, as PowerShell and cmd write them.
pub(super) fn is_critical(path: &str) -> bool {
    let path = path.replace('/', "\\").replace(['"', '\''], "");
    let path = path
        .trim_end_matches('*')
        .trim_end_matches(".")
        .trim_end_matches('\\');
    let path = path.strip_prefix("\\\\?\\").unwrap_or(path);
    if WHOLE.contains(&path) {
        return true;
    }
    let Some((drive, rest)) = path.split_once(':') else {
        return false;
    };
    if drive.len() != 1 {
        return false;
    }
    let rest = rest.trim_start_matches('\\');
    let parts: Vec<&str> = rest.split('\\').filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [] => true,
        [first, ..]
            if matches!(
                *first,
                "windows"
                    | "program files"
                    | "program files (x86)"
                    | "programdata"
                    | "boot"
                    | "recovery"
                    | "efi"
                    | "system volume information"
            ) =>
        {
            true
        }
        // Another shell may have taken the backslashes out.
        [one]
            if ["users", "windows", "program files"]
                .iter()
                .any(|begin| one.starts_with(begin)) =>
        {
            true
        }
        ["users"] | ["users", _] => true,
        ["users", _, last] => matches!(
            *last,
            "documents" | "desktop" | "pictures" | "appdata" | "downloads" | "onedrive"
        ),
        _ => false,
    }
}

/// Whether a path names a home as a whole.
pub(super) fn is_home(path: &str) -> bool {
    let path = path.replace('/', "\\").replace(['"', '\''], "");
    let path = path.trim_end_matches(['*', '.']).trim_end_matches('\\');
    if HOMES.contains(&path) {
        return true;
    }
    let parts = path.split_once(":\\users\\");
    parts.is_some_and(|(drive, user)| drive.len() == 1 && !user.is_empty() && !user.contains('\\'))
}

#[rustfmt::skip]
const HOMES: &[&str] = &[
    "~", "$home", "${home}", "$env:userprofile", "%userprofile%", "$env:homepath", "%homepath%",
    "%homedrive%%homepath%", "…:userprofile", "…:homepath",
];

/// Places that a path may name, all looked for at once.
pub(super) struct Places(LazyLock<AhoCorasick>);

impl Places {
    /// Whether a path, however it begins, names one of them.
    pub(super) fn named_by(&self, path: &str) -> bool {
        self.0.is_match(&format!("\\{}", path.replace('/', "\\")))
    }
}

#[expect(clippy::expect_used, reason = "the lists are constants, and short")]
fn searched(places: &[&str]) -> AhoCorasick {
    let places = places.iter().map(|place| place.replace('/', "\\"));
    AhoCorasick::new(places).expect("a few dozen short texts can be searched for")
}

/// Folders that hold what authenticates someone.
pub(super) const SECRET_FOLDERS: &[&str] = &[
    "\\.ssh",
    "\\.aws",
    "\\.gnupg",
    "\\.azure",
    "\\.kube",
    "\\.docker",
    "\\.openclaw",
];

/// Places whose files run by themselves, or decide over agents.
#[rustfmt::skip]
pub(super) static PROTECTED: Places = Places(LazyLock::new(|| searched(&[
    "\\start menu\\programs\\startup", "$profile", "\\windowspowershell\\profile", "\\powershell\\profile", "microsoft.powershell_profile", "\\.ssh\\", "/.ssh/", "\\.git\\hooks", "/.git/hooks", "\\.git\\config", ".vscode\\tasks.json", ".vscode/tasks.json", "\\.claude", "/.claude", ".mcp.json", "\\.cursor", "\\.openclaw", "/.openclaw", "\\.gatehouse", "/.gatehouse", "system32\\drivers\\etc", "\\system32\\tasks", "\\gatehouse\\", "\\openclaw\\", "authorized_keys", "\\system32\\", "shell:startup", "\\.gitconfig",
])));

/// Files that authenticate someone.
#[rustfmt::skip]
pub(super) static SECRETS: Places = Places(LazyLock::new(|| searched(&[
    "\\.ssh\\id_", "/.ssh/id_", "\\.aws\\credentials", "/.aws/credentials", "\\.azure", "\\.kube\\config", "/.kube/config", "\\.docker\\config.json", ".git-credentials", "\\.netrc", "_netrc", "\\.npmrc", "ntuser.dat", "\\config\\sam", "\\config\\security", "\\config\\system", "ntds.dit", "unattend.xml", "\\login data", "\\credentials\\", "\\protect\\", "\\vault\\", "\\.openclaw", "/.openclaw", "\\.gatehouse", "/.gatehouse", "\\gcloud\\", "hklm\\sam", "hklm\\security", "hklm\\system", ".pgpass", "consolehost_history", "\\cookies", "logins.json", "key4.db", "\\.gnupg",
])));
