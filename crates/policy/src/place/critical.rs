//! What is never deleted as a whole.

use super::path::{holds, is_below};
use super::trimmed;
use crate::world::World;

#[rustfmt::skip]
const TOPS: &[&str] = &[
    "/usr/local", "/usr/share", "/usr/lib", "/usr/bin", "/usr/sbin", "/usr/lib64", "/usr/include", "/var/lib",
    "/var/log", "/var/cache", "/var/spool", "/var/run", "/var/db", "/opt/homebrew", "/usr/src", "/var/mail",
    "/var/www", "/var/backups",
];

/// The root, a home, what the system lies in, and what holds the workspace: never deleted as a whole.
pub fn is_critical(path: &str, world: &World<'_>) -> bool {
    if path == "/tmp" || world.tmp.iter().any(|tmp| path == trimmed(tmp)) {
        return false;
    }
    let (home, workspace) = (trimmed(&world.home), trimmed(&world.workspace));
    let top = path.len() > 1 && path[1..].bytes().all(|b| b != b'/');
    let someones = ["/home/", "/Users/"].iter().any(|all| {
        path.strip_prefix(all)
            .is_some_and(|rest| !rest.contains('/'))
    });
    let ours = path == workspace && path != home;
    !ours
        && (path == "/"
            || top
            || someones
            || is_below(home, path)
            || holds(path, workspace)
            || TOPS.contains(&path)
            || [
                "/boot", "/bin", "/sbin", "/lib", "/lib64", "/System", "/proc", "/sys",
            ]
            .iter()
            .any(|part| holds(part, path)))
}
