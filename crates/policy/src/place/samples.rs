//! Paths that are worth attacking, to try a pattern on: `cat ~/.ss?/*` matches one of them.

use super::{normalise, trimmed};
use crate::world::World;

const HOME: &[&str] = &[
    ".ssh", ".ssh/id_rsa", ".ssh/id_ed25519", ".ssh/authorized_keys", ".aws", ".aws/credentials", ".netrc", ".kube/config",
    ".docker/config.json", ".git-credentials", ".npmrc", ".pypirc", ".gnupg", ".bashrc", ".bash_profile", ".profile", ".zshrc",
    ".bash_history", ".gitconfig", ".config/autostart/x.desktop", ".openclaw", ".openclaw/openclaw.json", ".gatehouse", ".env",
    "Library/Keychains/login.keychain-db", "Library/LaunchAgents/x.plist", ".claude/settings.json",
];
const WORKSPACE: &[&str] = &[
    ".env", ".git", ".git/config", ".git/hooks/pre-commit", ".vscode/tasks.json", ".mcp.json", ".claude", ".claude/settings.json",
    ".cursor", "AGENTS.md", "CLAUDE.md",
];
const SYSTEM: &[&str] = &[
    "/bin", "/boot", "/dev", "/etc", "/home", "/Users", "/lib", "/opt", "/proc", "/root", "/sbin", "/srv", "/sys", "/usr", "/var",
    "/etc/passwd", "/etc/shadow", "/etc/sudoers", "/etc/crontab", "/etc/cron.d/x", "/dev/sda", "/dev/nvme0n1", "/dev/disk0",
    "/proc/1/environ", "/proc/self/environ", "/proc/sysrq-trigger", "/usr/bin", "/usr/lib", "/var/log", "/var/lib",
];

/// Calls with each path.
pub(super) fn each(cwd: Option<&str>, world: &World<'_>, mut call: impl FnMut(&str)) {
    let mut path = String::with_capacity(96);
    let roots: [(&str, &[&str]); 3] = [
        (trimmed(&world.home), HOME),
        (trimmed(&world.workspace), WORKSPACE),
        (cwd.unwrap_or("/nowhere"), WORKSPACE),
    ];
    for (root, names) in roots {
        for name in names {
            path.clear();
            path.push_str(root);
            path.push('/');
            path.push_str(name);
            call(&path);
        }
    }
    SYSTEM.iter().for_each(|path| call(path));
    call(trimmed(&world.home));
    call(trimmed(&world.workspace));
    for own in &world.protected {
        if let Some(own) = normalise(own, None) {
            call(&own);
        }
    }
}
