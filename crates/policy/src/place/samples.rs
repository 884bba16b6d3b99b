//! Paths that are worth attacking, to try a pattern on: `cat ~/.ss?/*` matches one of them.

use super::{normalise, trimmed};
use crate::world::World;

#[rustfmt::skip]
static HOME: &[&str] = &[
    ".ssh", ".ssh/id_rsa", ".ssh/id_ed25519", ".ssh/authorized_keys", ".aws", ".aws/credentials", ".netrc", ".kube/config",
    ".docker/config.json", ".git-credentials", ".npmrc", ".pypirc", ".gnupg", ".gnupg/secring.gpg", ".bashrc", ".bash_profile", ".profile", ".zshrc",
    ".bash_history", ".gitconfig", ".config/autostart/x.desktop", ".openclaw", ".openclaw/openclaw.json", ".gatehouse", ".env",
    ".config/gh/hosts.yml", ".config/hub", ".cargo/credentials", ".cargo/credentials.toml", ".gem/credentials", ".pgpass", ".my.cnf",
    ".config/gcloud/credentials.db", ".config/gcloud/application_default_credentials.json", ".azure/accessTokens.json", ".vault-token",
    ".terraform.d/credentials.tfrc.json", ".m2/settings.xml", ".gradle/gradle.properties", ".codex/auth.json", ".claude/.credentials.json",
    ".ssh/id_ecdsa", ".ssh/id_dsa", ".ssh/config", ".zsh_history", ".config/fish/config.fish", ".config/systemd/user/x.service",
    "Library/Keychains/login.keychain-db", "Library/LaunchAgents/x.plist", ".claude/settings.json",
];
#[rustfmt::skip]
static WORKSPACE: &[&str] = &[
    ".env", ".git", ".git/config", ".git/hooks/pre-commit", ".vscode/tasks.json", ".mcp.json", ".claude", ".claude/settings.json",
    ".cursor", "AGENTS.md", "CLAUDE.md", ".git/HEAD", ".git/index", ".git/packed-refs", ".git/refs/heads/main", ".git/refs/heads/master",
    ".git/config.worktree", ".git/info/attributes", ".git/commondir", ".git/hooks/post-checkout", ".git/hooks/post-commit",
    ".git/hooks/post-merge", ".git/hooks/post-rewrite", ".git/hooks/post-applypatch", ".git/hooks/post-index-change",
    ".git/hooks/pre-push", ".git/hooks/pre-rebase", ".git/hooks/pre-merge-commit", ".git/hooks/pre-applypatch", ".git/hooks/pre-auto-gc",
    ".git/hooks/prepare-commit-msg", ".git/hooks/commit-msg", ".git/hooks/applypatch-msg", ".git/hooks/fsmonitor-watchman",
    ".git/hooks/reference-transaction", ".git/hooks/pre-receive", ".git/hooks/update", ".git/hooks/post-receive", ".vscode/settings.json",
    ".vscode/launch.json", ".vscode/mcp.json", ".husky/pre-commit", ".husky/pre-push", ".idea/workspace.xml", ".cursor/mcp.json",
];
#[rustfmt::skip]
static SYSTEM: &[&str] = &[
    "/bin", "/boot", "/dev", "/etc", "/home", "/Users", "/lib", "/opt", "/proc", "/root", "/sbin", "/srv", "/sys", "/usr", "/var",
    "/etc/passwd", "/etc/shadow", "/etc/sudoers", "/etc/crontab", "/etc/cron.d/x", "/dev/sda", "/dev/nvme0n1", "/dev/disk0",
    "/proc/1/environ", "/proc/self/environ", "/proc/sysrq-trigger", "/usr/bin", "/usr/lib", "/var/log", "/var/lib",
];

/// Calls with each path that begins in one of some ways; a folder that a pattern begins at may hold what a workspace
/// holds.
pub(super) fn each(
    begins: &[&str],
    cwd: Option<&str>,
    folder: &str,
    world: &World<'_>,
    mut call: impl FnMut(&str),
) {
    let mut call = |path: &str| {
        if begins.iter().any(|begin| path.starts_with(begin)) {
            call(path);
        }
    };
    let holds = |root: &str| {
        let together = |begin: &&str| begin.starts_with(root) || root.starts_with(begin);
        begins.iter().any(together)
    };
    let mut path = String::with_capacity(96);
    let roots: [(&str, &[&str]); 4] = [
        (trimmed(&world.home), HOME),
        (trimmed(&world.workspace), WORKSPACE),
        (cwd.unwrap_or("/nowhere"), WORKSPACE),
        (trimmed(folder), WORKSPACE),
    ];
    for (at, (root, names)) in roots.into_iter().enumerate() {
        let again = roots[..at]
            .iter()
            .any(|one| one.0 == root && std::ptr::eq(one.1, names));
        if again || !holds(root) {
            continue;
        }
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
