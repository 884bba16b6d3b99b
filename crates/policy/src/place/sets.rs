//! Which paths decide over people, agents and the machine, and which hold what authenticates someone.
//!
//! Lists are of whole path parts: `.ssh` covers everything below it. A `*` stands at the end of the last part only.

use std::sync::LazyLock;

use super::path::is_below;

/// Below the home folder: what is run at login or by tools unasked, and what authenticates.
#[rustfmt::skip]
pub(super) const HOME: &[&str] = &[
    ".ssh", ".gnupg", ".bashrc", ".bash_profile", ".bash_login", ".bash_logout", ".bash_aliases",
    ".profile", ".zshrc", ".zshenv", ".zprofile", ".zlogin", ".zlogout", ".kshrc", ".mkshrc", ".cshrc",
    ".tcshrc", ".login", ".logout", ".inputrc", ".config/fish", ".config/autostart",
    ".config/autostart-scripts", ".config/plasma-workspace/env", ".config/systemd",
    ".local/share/systemd", ".config/environment.d", ".config/git", ".gitconfig", ".githooks", ".git-templates",
    ".npmrc", ".yarnrc", ".yarnrc.yml", ".bunfig.toml", ".pypirc", ".config/pip", ".pip", ".pydistutils.cfg",
    ".cargo/config", ".cargo/config.toml", ".cargo/credentials*", ".cargo/bin", ".cargo/env", ".local/bin", "bin",
    ".rustup/settings.toml", ".gem/credentials", ".gemrc", ".bundle/config", ".m2/settings.xml",
    ".m2/settings-security.xml", ".gradle/gradle.properties", ".gradle/init.d", ".gradle/init.gradle",
    ".aws", ".azure", ".config/gcloud", ".kube", ".docker", ".netrc", "_netrc", ".pgpass", ".my.cnf",
    ".git-credentials", ".vimrc", ".vim", ".config/nvim", ".gvimrc", ".exrc", ".emacs", ".emacs.d",
    ".config/emacs", ".nanorc", ".lesskey", ".tmux.conf", ".config/tmux", ".screenrc", ".gdbinit", ".config/gdb",
    ".lldbinit", ".Rprofile", ".irbrc", ".pryrc", ".perldb", ".psqlrc", ".sqliterc", ".pdbrc", ".xinitrc",
    ".xsession", ".xsessionrc", ".xprofile", ".Xresources", ".pam_environment", ".rhosts", ".shosts", ".forward",
    ".procmailrc", ".config/crontab", ".config/direnv", ".direnvrc", ".config/op", ".config/gh", ".config/hub",
    ".config/glab-cli", ".config/doctl", ".config/rclone", ".config/sops", ".config/helm", ".config/Code/User",
    ".config/Code - Insiders/User", ".config/Cursor/User", ".config/VSCodium/User", ".vscode-server", ".vscode",
    ".vscode/extensions", ".config/JetBrains", ".config/zed", ".local/share/keyrings", ".local/share/applications",
    ".config/kwalletrc", ".local/share/kwalletd", ".password-store", ".mozilla", ".thunderbird", ".config/google-chrome",
    ".config/chromium", ".config/BraveSoftware", ".config/microsoft-edge", ".config/opera", ".config/vivaldi",
    ".config/Signal", ".electrum", ".bitcoin", ".ethereum", ".config/solana", ".terraform.d", ".terraformrc",
    ".vault-token", ".step", ".putty", ".config/Bitwarden", ".config/1Password", ".config/filezilla", ".config/nix",
    ".nix-profile", ".config/home-manager", ".asdfrc", ".config/mise", ".tool-versions", ".nvm/nvm.sh",
    ".oh-my-zsh", ".zsh", ".config/zsh", ".zinit", ".config/starship.toml", ".claude.json", ".claude", ".codex",
    ".gemini", ".cursor", ".continue", ".windsurf", ".codeium", ".aider.conf.yml", ".config/opencode",
    ".config/claude", ".config/Claude", ".config/goose", ".config/zed/settings.json", ".copilot",
    ".config/github-copilot", ".openclaw*", ".clawdbot", ".moltbot", ".config/openclaw", ".local/share/openclaw",
    ".local/state/openclaw", ".gatehouse*", ".config/gatehouse", ".local/share/gatehouse",
    ".local/state/gatehouse", ".cache/gatehouse", ".local/share/app.gatehouse*", ".config/app.gatehouse*", ".cache/app.gatehouse*",
    ".local/state/app.gatehouse*", "Library/Application Support/app.gatehouse*", "Library/Caches/app.gatehouse*", "Library/Logs/app.gatehouse*",
    "Library/WebKit/app.gatehouse*", "AppData/Roaming/app.gatehouse*", "AppData/Local/app.gatehouse*", "Library/LaunchAgents", "Library/LaunchDaemons",
    "Library/Keychains", "Library/Application Support/Claude", "Library/Application Support/Code/User",
    "Library/Application Support/Cursor/User", "Library/Application Support/com.apple.backgroundtaskmanagementagent",
    "Library/Application Support/Google/Chrome", "Library/Application Support/Firefox",
    "Library/Application Support/com.apple.TCC", "Library/Application Support/gatehouse",
    "Library/Application Support/openclaw", "Library/Safari", "Library/Cookies", "Library/Messages",
    "Library/Mail", "Library/Accounts", "Library/Preferences", "Library/StartupItems", "Library/Services",
    ".local/lib/python*", ".ipython/profile_default/startup", ".local/share/dbus-1", ".config/mimeapps.list", ".mailcap", ".config/i3",
    ".config/sway", ".config/hypr", ".config/openbox", ".config/awesome", ".config/bspwm", ".config/sxhkd", ".config/nushell", ".config/powershell",
    ".bash_completion", ".local/share/bash-completion", ".condarc", ".hgrc", ".curlrc", ".wgetrc", ".ghci", ".ocamlinit", ".octaverc",
    ".iex.exs", ".duckdbrc", ".mongoshrc.js", ".mongorc.js", ".julia/config", ".local/share/gnome-shell/extensions", ".local/share/nautilus/scripts",
    "Library/QuickLook", "Library/Input Methods", "Library/Scripts", "Library/ColorPickers",
];

/// Anywhere: below a workspace these decide over git, editors and agents.
#[rustfmt::skip]
pub(super) const ANYWHERE: &[&str] = &[
    ".git/hooks", ".git/config", ".git/config.worktree", ".git/info/attributes", ".git/commondir", ".git/gitdir",
    ".vscode/tasks.json", ".vscode/settings.json", ".vscode/launch.json", ".vscode/mcp.json", ".idea", ".claude",
    ".claude.json", ".cursor", ".mcp.json", "mcp.json", ".codex", ".gemini", ".windsurf", ".continue",
    ".codeium", ".roo", ".kilocode", ".amazonq", ".aider.conf.yml", ".opencode", ".openclaw", ".gatehouse",
    ".husky", ".ripgreprc", ".gdbinit", ".lldbinit", ".exrc", ".nvimrc", ".nvim.lua", ".vimrc", ".lesskey",
    ".fleet/run.json", ".zed/tasks.json", ".zed/settings.json", ".devcontainer",
];

/// Anywhere: standing instructions and settings that a person should see change.
#[rustfmt::skip]
pub(super) const INSTRUCTIONS: &[&str] = &[
    "AGENTS.md", "AGENTS.override.md", "CLAUDE.md", "CLAUDE.local.md", "GEMINI.md", ".cursorrules", ".windsurfrules",
    ".clinerules", ".roorules", ".github/copilot-instructions.md", ".github/instructions", ".github/workflows",
    ".gitlab-ci.yml", ".circleci", "SOUL.md", "IDENTITY.md", "TOOLS.md", "HEARTBEAT.md", "BOOT.md", "BOOTSTRAP.md", "USER.md",
    ".envrc", ".gitmodules", ".gitattributes", ".pre-commit-config.yaml", "lefthook.yml", ".npmrc", ".yarnrc", ".yarnrc.yml",
    ".bunfig.toml", "bunfig.toml", ".cargo/config", ".cargo/config.toml", "rust-toolchain", "rust-toolchain.toml",
    "pip.conf", ".pypirc", ".vscode", ".git", ".tool-versions", "mise.toml", ".mise.toml", ".autoenv", "sitecustomize.py",
    "usercustomize.py", ".swiftpm/config", "nuget.config", "NuGet.Config", ".bazelrc", ".yarn/plugins", ".pnpmfile.cjs",
];

/// Of the system: who may log in, what is run at start, what is trusted.
#[rustfmt::skip]
pub(super) const SYSTEM: &[&str] = &[
    "/etc/passwd*", "/etc/shadow*", "/etc/gshadow*", "/etc/group*", "/etc/sudoers*", "/etc/sudoers.d", "/etc/doas.conf",
    "/etc/pam.d", "/etc/pam.conf", "/etc/security", "/etc/ssh", "/etc/cron*", "/etc/crontab", "/etc/anacrontab", "/etc/at.allow",
    "/etc/at.deny", "/etc/systemd", "/etc/init.d", "/etc/rc*", "/etc/init", "/etc/inittab", "/etc/ld.so.preload",
    "/etc/ld.so.conf*", "/etc/profile*", "/etc/bash*", "/etc/zsh*", "/etc/zshrc", "/etc/environment", "/etc/fstab", "/etc/hosts",
    "/etc/hosts.allow", "/etc/hosts.deny", "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/sysctl*", "/etc/modprobe.d",
    "/etc/modules*", "/etc/udev", "/etc/dbus-1", "/etc/polkit-1", "/etc/xdg/autostart", "/etc/apt", "/etc/yum*", "/etc/dnf",
    "/etc/pki", "/etc/ssl", "/etc/ca-certificates*", "/etc/grub*", "/etc/default/grub*", "/etc/apparmor*", "/etc/selinux",
    "/etc/audit", "/etc/rsyslog*", "/etc/logrotate*", "/etc/docker", "/etc/kubernetes", "/etc/exports", "/etc/iptables",
    "/etc/nftables*", "/etc/ufw", "/etc/firewalld", "/etc/gitconfig", "/etc/launchd.conf", "/etc/periodic", "/etc/emond.d",
    "/etc/newsyslog.d", "/etc/paths*", "/etc/synthetic.conf", "/etc/authorization", "/etc/skel", "/etc/update-motd.d",
    "/etc/NetworkManager", "/etc/openclaw", "/etc/gatehouse", "/etc/machine-id", "/etc/subuid", "/etc/subgid",
    "/boot", "/efi", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/lib64",
    "/usr/libexec", "/usr/local/bin", "/usr/local/sbin", "/usr/local/lib", "/opt/homebrew/bin", "/var/spool/cron*", "/var/spool/at",
    "/var/at", "/var/lib/systemd", "/var/lib/dpkg", "/var/lib/rpm", "/var/lib/docker", "/var/lib/sudo", "/var/lib/kubelet",
    "/var/db", "/var/root", "/var/run/docker.sock", "/run/docker.sock", "/run/systemd", "/run/podman", "/run/containerd",
    "/root", "/Library/LaunchAgents", "/Library/LaunchDaemons", "/Library/StartupItems", "/Library/Keychains",
    "/Library/Preferences", "/Library/Security", "/Library/PrivilegedHelperTools", "/Library/Extensions", "/System",
    "/Library/Application Support/com.apple.TCC", "/proc", "/sys", "/usr/share/keyrings", "/usr/local/share/ca-certificates",
];

/// Below the home folder: files whose content authenticates.
#[rustfmt::skip]
pub(super) const HOME_SECRETS: &[&str] = &[
    ".ssh/id_*", ".ssh/identity", ".gnupg/private-keys-v1.d", ".gnupg/secring.gpg", ".aws/credentials", ".aws/sso/cache",
    ".aws/cli/cache", ".aws/config", ".azure", ".config/gcloud", ".kube", ".docker/config.json", ".netrc", "_netrc", ".pgpass",
    ".my.cnf", ".mylogin.cnf", ".git-credentials", ".config/git/credentials", ".npmrc", ".yarnrc.yml", ".pypirc",
    ".cargo/credentials*", ".gem/credentials", ".bundle/config", ".m2/settings.xml", ".m2/settings-security.xml",
    ".gradle/gradle.properties", ".config/gh", ".config/hub", ".config/glab-cli", ".config/doctl", ".config/rclone",
    ".config/sops", ".config/op", ".vault-token", ".terraform.d/credentials*", ".terraformrc", ".password-store",
    ".local/share/keyrings", ".local/share/kwalletd", ".mozilla", ".thunderbird", ".config/google-chrome", ".config/chromium",
    ".config/BraveSoftware", ".config/microsoft-edge", ".config/opera", ".config/vivaldi", ".config/Signal", ".electrum",
    ".bitcoin", ".ethereum", ".config/solana", ".config/Bitwarden", ".config/1Password", ".config/filezilla", ".putty",
    ".claude.json", ".claude/.credentials.json", ".codex/auth.json", ".gemini/oauth_creds.json", ".config/github-copilot",
    ".local/share/opencode/auth.json", ".config/claude", ".openclaw*", ".clawdbot", ".moltbot", ".config/openclaw",
    ".local/share/openclaw", ".local/state/openclaw", ".gatehouse*", ".config/gatehouse", ".local/share/gatehouse",
    ".local/state/gatehouse", ".local/share/app.gatehouse*", ".config/app.gatehouse*", ".cache/app.gatehouse*", ".local/state/app.gatehouse*",
    "Library/Application Support/app.gatehouse*", "Library/Caches/app.gatehouse*", "Library/Logs/app.gatehouse*", "Library/WebKit/app.gatehouse*",
    "AppData/Roaming/app.gatehouse*", "AppData/Local/app.gatehouse*", "Library/Keychains", "Library/Application Support/Google/Chrome",
    "Library/Application Support/Firefox", "Library/Safari", "Library/Cookies", "Library/Messages", "Library/Mail",
    "Library/Application Support/gatehouse", "Library/Application Support/openclaw",
    "Library/Application Support/com.apple.TCC", ".config/heroku", ".config/netlify", ".fly/config.yml", ".config/stripe",
    ".boto", ".s3cfg", ".oci/config", ".databrickscfg", ".snowsql/config", ".cf/config.json", ".vnc/passwd", ".ICEauthority",
    ".Xauthority", ".config/pulse/cookie", ".pulumi/credentials.json", ".config/ngrok", ".ngrok2", ".wrangler",
    ".config/.wrangler", ".huggingface/token", ".cache/huggingface/token", ".kaggle/kaggle.json", ".config/anthropic",
    ".config/openai", ".tsh", ".cloudflared", ".config/cloudflared", ".ansible/vault*", ".vault_pass*", ".irssi", ".config/weechat",
    ".config/age", ".age", ".config/1password", ".local/share/com.apple", "Library/Application Support/1Password",
    "Library/Group Containers", "Library/Containers/com.apple.mail", ".config/containers/auth.json", ".rbenv/credentials",
];

/// Below the home folder: may hold what authenticates; a person looks first.
#[rustfmt::skip]
pub(super) const HOME_PRIVATE: &[&str] = &[
    ".bash_history", ".zsh_history", ".history", ".sh_history", ".python_history", ".node_repl_history", ".psql_history",
    ".mysql_history", ".sqlite_history", ".rediscli_history", ".lesshst", ".viminfo", ".local/share/fish/fish_history",
    ".gnupg", ".ssh/config", ".ssh/authorized_keys", ".env*", ".docker", ".aws", ".claude", ".codex", ".gemini", ".zhistory",
];

/// Of the system: files whose content authenticates.
#[rustfmt::skip]
pub(super) const SYSTEM_SECRETS: &[&str] = &[
    "/etc/shadow*", "/etc/gshadow*", "/etc/master.passwd", "/etc/sudoers*", "/etc/sudoers.d", "/etc/ssh/ssh_host_*",
    "/etc/ssl/private", "/etc/pki/tls/private", "/etc/krb5.keytab", "/etc/kubernetes", "/var/lib/kubelet",
    "/var/run/secrets", "/run/secrets", "/etc/letsencrypt", "/etc/wireguard", "/etc/openvpn", "/etc/NetworkManager/system-connections",
    "/etc/docker/key.json", "/var/lib/docker", "/root", "/var/root", "/var/db/dslocal", "/Library/Keychains", "/etc/openclaw",
    "/etc/gatehouse", "/proc/kcore", "/dev/mem", "/dev/kmem", "/dev/port", "/var/lib/sss/secrets", "/var/lib/private", "/etc/ppp",
    "/etc/security/opasswd", "/etc/rancher", "/etc/salt/pki", "/etc/puppetlabs/puppet/ssl", "/private/var/db",
];

/// Whether a path is one of a list, its parts counted from a folder.
pub(super) fn below_any(rest: &str, list: &[&str]) -> bool {
    list.iter().any(|entry| matches_entry(rest, entry))
}

/// An entry covers itself and everything below; a `*` at its end covers what begins so.
pub(super) fn matches_entry(path: &str, entry: &str) -> bool {
    match entry.strip_suffix('*') {
        Some(begin) => path.starts_with(begin),
        None => is_below(path, entry),
    }
}

/// Whether a path could be the end of one that authenticates someone below a home folder.
pub(super) fn ends_a_secret(tail: &str) -> bool {
    HOME_SECRETS.iter().any(|entry| {
        let mut ends = entry.match_indices('/').map(|(at, _)| &entry[at + 1..]);
        matches_entry(tail, entry)
            // `config` is what many folders of a project are called.
            || tail.contains('/') && ends.any(|end| end != "config" && matches_entry(tail, end))
    })
}

/// Whether an entry occurs anywhere in a path, at the start of a part.
pub(super) fn anywhere(path: &str, list: &[&str]) -> bool {
    let bytes = path.as_bytes();
    (0..bytes.len())
        .filter(|&at| at == 0 || bytes[at - 1] == b'/')
        .any(|at| below_any(&path[at..], list))
}

/// Whether a folder is one in which what is guarded anywhere would lie: `.cargo`, `.github`.
pub(crate) fn begins_guarded(folder: &str) -> bool {
    let folder = folder.trim_end_matches('/').to_lowercase();
    let is_end = |begin: &str| {
        let rest = folder.strip_suffix(begin);
        rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
    };
    let mut entries = FOLDED.anywhere.iter().chain(FOLDED.instructions);
    entries.any(|entry| {
        entry
            .rsplit_once('/')
            .is_some_and(|(begin, _)| is_end(begin))
    })
}

/// Whether a file's name alone says that it authenticates someone: keys, `.env`, credential files.
pub fn secret_name(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let name = lower.as_str();
    let certificate = name.ends_with(".pem")
        && ["cert", "ca.", "chain", "public", "pub."]
            .iter()
            .any(|part| name.contains(part));
    if certificate || name.ends_with(".pub") || name.ends_with(".md") {
        return false;
    }
    let public_env = [
        ".example",
        ".sample",
        ".template",
        ".dist",
        ".defaults",
        ".schema",
    ];
    if name == ".env"
        || name.starts_with(".env.")
        || name.starts_with(".env_")
        || name.ends_with(".env")
    {
        return !public_env.iter().any(|end| name.ends_with(end));
    }
    matches!(
        name,
        ".netrc"
            | ".pgpass"
            | ".htpasswd"
            | ".npmrc"
            | ".pypirc"
            | ".dockercfg"
            | ".dockerconfigjson"
            | ".envrc"
            | "credentials"
            | "credentials.json"
            | "credentials.yml"
            | "credentials.yaml"
            | "credentials.toml"
            | "client_secret.json"
            | "service-account.json"
            | "service_account.json"
            | "serviceaccount.json"
            | "secrets.json"
            | "secrets.yml"
            | "secrets.yaml"
            | "secrets.toml"
            | "secret.json"
            | "secret.yaml"
            | "master.key"
            | "kubeconfig"
            | "terraform.tfstate"
            | "id_rsa"
            | "id_dsa"
            | "id_ecdsa"
            | "id_ed25519"
            | "id_ecdsa_sk"
            | "id_ed25519_sk"
            | ".git-credentials"
            | ".vault-token"
            | ".vault_pass"
            | "auth.json"
            | "key.json"
            | "token.json"
            | "tokens.json"
            | "wallet.dat"
            | "local.settings.json"
            | "keystore.jks"
    ) || [
        ".pem",
        ".key",
        ".p12",
        ".pfx",
        ".jks",
        ".keystore",
        ".kdbx",
        ".ppk",
        ".asc",
        ".gpg",
        ".age",
        ".keychain",
        ".keychain-db",
        ".tfvars",
        ".tfstate",
        ".ovpn",
        ".mobileprovision",
    ]
    .iter()
    .any(|end| name.ends_with(end))
}

/// The lists, in the case that paths are compared in.
pub(super) struct Lists {
    pub(super) home: &'static [&'static str],
    pub(super) anywhere: &'static [&'static str],
    pub(super) instructions: &'static [&'static str],
    pub(super) system: &'static [&'static str],
    pub(super) home_secrets: &'static [&'static str],
    pub(super) home_private: &'static [&'static str],
    pub(super) system_secrets: &'static [&'static str],
}

static EXACT: Lists = Lists {
    home: HOME,
    anywhere: ANYWHERE,
    instructions: INSTRUCTIONS,
    system: SYSTEM,
    home_secrets: HOME_SECRETS,
    home_private: HOME_PRIVATE,
    system_secrets: SYSTEM_SECRETS,
};

static FOLDED: LazyLock<Lists> = LazyLock::new(|| Lists {
    home: folded(HOME),
    anywhere: folded(ANYWHERE),
    instructions: folded(INSTRUCTIONS),
    system: folded(SYSTEM),
    home_secrets: folded(HOME_SECRETS),
    home_private: folded(HOME_PRIVATE),
    system_secrets: folded(SYSTEM_SECRETS),
});

/// Made once and kept: the lists are part of the program.
fn folded(list: &[&'static str]) -> &'static [&'static str] {
    let lower = list
        .iter()
        .map(|entry| &*Box::leak(entry.to_lowercase().into_boxed_str()))
        .collect::<Vec<&'static str>>();
    Box::leak(lower.into_boxed_slice())
}

impl Lists {
    pub(super) fn of(lower_case: bool) -> &'static Self {
        if lower_case { &FOLDED } else { &EXACT }
    }
}
