//! What touching a path calls for: allowed below the workspace and the temporary folders, asked about outside,
//! denied where it decides over people, agents and the machine.

use super::device::{Device, device};
use super::path::{holds, is_below, name, normalise};
use super::word::{Named, named};
use super::{Guard, Place, locate, matches, sets, trimmed};
use crate::effect::{Effect, EffectKind, Target, Zone};
use crate::verdict::{Finding, Verdict};
use crate::word::Word;
use crate::world::World;

/// How a path is touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    Read,
    /// With everything below it.
    ReadAll,
    List,
    Write,
    Append,
    Create,
    Delete,
    /// With everything below it.
    DeleteAll,
    Permission,
    /// With everything below it.
    PermissionAll,
    Execute,
}

/// What touching a path does and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touch {
    pub effect: Effect,
    pub findings: Vec<Finding>,
}

impl Access {
    pub(crate) fn kind(self) -> EffectKind {
        match self {
            Self::Read | Self::ReadAll => EffectKind::Read,
            Self::List => EffectKind::List,
            Self::Write => EffectKind::Write,
            Self::Append => EffectKind::Append,
            Self::Create => EffectKind::Create,
            Self::Delete | Self::DeleteAll => EffectKind::Delete,
            Self::Permission | Self::PermissionAll => EffectKind::Permission,
            Self::Execute => EffectKind::Execute,
        }
    }

    fn says(self, target: &str) -> String {
        match self {
            Self::Read => format!("reads {target}"),
            Self::ReadAll => format!("reads everything below {target}"),
            Self::List => format!("lists {target}"),
            Self::Write => format!("writes {target}"),
            Self::Append => format!("appends to {target}"),
            Self::Create => format!("creates {target}"),
            Self::Delete => format!("deletes {target}"),
            Self::DeleteAll => format!("deletes everything below {target}"),
            Self::Permission => format!("changes who may use {target}"),
            Self::PermissionAll => format!("changes who may use everything below {target}"),
            Self::Execute => format!("runs {target}"),
        }
    }

    fn changes(self) -> bool {
        !matches!(self, Self::Read | Self::ReadAll | Self::List | Self::Execute)
    }
}

/// Touches what a word names.
pub fn touch(word: &Word, access: Access, cwd: Option<&str>, world: &World<'_>) -> Touch {
    match named(word) {
        Named::Exact(text) => match locate(&text, cwd, world) {
            Some(place) => at_place(&place, access, world),
            None => unknown(&text, access, world),
        },
        Named::Pattern { text, glob } => pattern(&text, &glob, access, cwd, world),
        Named::Part { text } => part(&text, access, cwd, world),
        Named::Unknown => unknown("…", access, world),
    }
}

fn at_place(place: &Place, access: Access, world: &World<'_>) -> Touch {
    let mut findings = Vec::new();
    judge(place, access, world, &mut findings);
    let target = match access {
        Access::DeleteAll | Access::ReadAll | Access::PermissionAll => Target::Below(place.path.clone()),
        _ => Target::Path(place.path.clone()),
    };
    Touch {
        effect: effect(access, target, place.zone, place.secret.is_some() && !access.changes(), &place.path),
        findings,
    }
}

fn effect(access: Access, target: Target, zone: Zone, secret: bool, shown: &str) -> Effect {
    Effect {
        kind: access.kind(),
        target,
        zone,
        secret: secret && !matches!(access, Access::List | Access::Execute),
        span: None,
        text: access.says(shown),
    }
}

fn finding(verdict: Verdict, code: &str, text: String) -> Finding {
    Finding {
        verdict,
        code: code.to_owned(),
        span: None,
        text,
    }
}

/// Adds what a touch of a place calls for.
fn judge(place: &Place, access: Access, world: &World<'_>, out: &mut Vec<Finding>) {
    let path = place.path.as_str();
    if let Some(device) = device(path) {
        return judge_device(path, device, access, out);
    }
    match access {
        Access::List => {}
        Access::Read | Access::ReadAll => judge_read(place, access, world, out),
        Access::Execute => judge_execute(place, out),
        Access::Delete | Access::DeleteAll => judge_delete(place, access, world, out),
        Access::Write | Access::Append | Access::Create => judge_write(place, access, out),
        Access::Permission | Access::PermissionAll => {
            if access == Access::PermissionAll && is_critical(path, world) {
                out.push(finding(Verdict::Deny, "permission-system", format!("It changes who may use everything below {path}.")));
            }
            judge_write(place, access, out);
        }
    }
}

fn judge_device(path: &str, device: Device, access: Access, out: &mut Vec<Finding>) {
    match (device, access) {
        (Device::Harmless, Access::Delete | Access::DeleteAll | Access::Permission | Access::PermissionAll)
        | (Device::Raw, _) if access.changes() => {
            out.push(finding(Verdict::Deny, "device-write", format!("It writes to the device {path} itself, past every file system.")));
        }
        (Device::Raw, Access::Read | Access::ReadAll) => {
            out.push(finding(Verdict::Ask, "device-read", format!("It reads the device {path} itself.")));
        }
        (Device::Network, _) => {
            out.push(finding(Verdict::Deny, "device-network", format!("It opens a connection through {path}.")));
        }
        _ => {}
    }
}

fn judge_read(place: &Place, access: Access, world: &World<'_>, out: &mut Vec<Finding>) {
    let path = place.path.as_str();
    if let Some(verdict) = place.secret {
        let own = place.guard == Some(Guard::Own);
        let (code, what) = if own { ("read-own-state", "our own state") } else { ("read-secret", "what authenticates someone") };
        out.push(finding(verdict, code, format!("{path} holds {what}.")));
        return;
    }
    if access == Access::ReadAll && holds_secrets(path, world) {
        let inside_home = path != world.home && is_below(path, trimmed(&world.home));
        let verdict = if inside_home { Verdict::Deny } else { Verdict::Ask };
        out.push(finding(verdict, "read-everything", format!("{path} holds files that authenticate someone.")));
    }
}

/// Whether a folder outside of the workspace is one that secrets are kept in or below.
fn holds_secrets(path: &str, world: &World<'_>) -> bool {
    let home = trimmed(&world.home);
    if is_below(path, trimmed(&world.workspace)) && path != home {
        return false;
    }
    if is_below(home, path) || ["/etc", "/proc", "/home", "/Users", "/var", "/root"].contains(&path) {
        return true;
    }
    let Some(rest) = path.strip_prefix(home).map(|rest| rest.trim_start_matches('/')) else {
        return false;
    };
    sets::HOME_SECRETS.iter().any(|secret| holds(rest, secret))
}

fn judge_execute(place: &Place, out: &mut Vec<Finding>) {
    let path = place.path.as_str();
    match place.zone {
        Zone::Workspace => {}
        Zone::Protected if place.guard == Some(Guard::Own) => {
            out.push(finding(Verdict::Deny, "run-own-state", format!("{path} is part of our own state.")));
        }
        Zone::Tmp => out.push(finding(Verdict::Ask, "run-temporary", format!("{path} is a temporary file that anyone may have put there."))),
        _ => out.push(finding(Verdict::Ask, "run-outside", format!("{path} is run, and it is not part of the workspace."))),
    }
}

fn judge_write(place: &Place, access: Access, out: &mut Vec<Finding>) {
    let path = place.path.as_str();
    let says = access.says(path);
    match place.guard {
        Some(Guard::Own) => {
            out.push(finding(Verdict::Deny, "write-own-state", format!("It {says}, which is our own state.")));
            return;
        }
        Some(Guard::Protected) => {
            out.push(finding(Verdict::Deny, "write-protected", format!("It {says}, which decides what runs or who may do what.")));
            return;
        }
        Some(Guard::Instructions) => {
            out.push(finding(Verdict::Ask, "write-instructions", format!("It {says}, which others act on unasked.")));
        }
        None => {}
    }
    if place.evidence && access != Access::Append && access != Access::Create {
        out.push(finding(Verdict::Deny, "erase-evidence", format!("It {says}, which is a record of what was done.")));
        return;
    }
    if place.secret == Some(Verdict::Deny) {
        out.push(finding(Verdict::Deny, "write-secret", format!("It {says}, which authenticates someone.")));
    }
    outside(place, &says, out);
}

fn outside(place: &Place, says: &str, out: &mut Vec<Finding>) {
    match place.zone {
        Zone::Workspace | Zone::Tmp | Zone::Protected | Zone::Device | Zone::Elsewhere => {}
        Zone::Home | Zone::System => {
            out.push(finding(Verdict::Ask, "write-outside", format!("It {says}, outside of the workspace.")));
        }
        Zone::Unknown => out.push(finding(Verdict::Ask, "unknown-path", format!("It {says}, and that is not known before it runs."))),
    }
}

fn judge_delete(place: &Place, access: Access, world: &World<'_>, out: &mut Vec<Finding>) {
    let path = place.path.as_str();
    let all = access == Access::DeleteAll;
    if is_critical(path, world) {
        let code = if path == "/" {
            "delete-root"
        } else if is_below(trimmed(&world.home), path) {
            "delete-home"
        } else {
            "delete-system"
        };
        out.push(finding(Verdict::Deny, code, format!("It {}.", access.says(path))));
        return;
    }
    if all && holds("/etc", path) {
        out.push(finding(Verdict::Deny, "delete-system", format!("It {}.", access.says(path))));
        return;
    }
    if all && holds_guarded(path, world) {
        out.push(finding(Verdict::Deny, "delete-protected", format!("It {}, which holds what decides what runs.", access.says(path))));
        return;
    }
    let root_of = |folder: &str| path == trimmed(folder);
    if root_of(&world.workspace) {
        out.push(finding(Verdict::Ask, "delete-workspace", format!("It {}: the whole workspace.", access.says(path))));
    } else if world.tmp.iter().any(|tmp| root_of(tmp)) || path == "/tmp" || path == "/var/tmp" {
        out.push(finding(Verdict::Ask, "delete-temporary", format!("It {}, which other programs use too.", access.says(path))));
    }
    judge_write(place, access, out);
}

/// Below the home folder, a folder that holds what is protected: `~/.config`, `~/.local/share`, `~/Library`.
fn holds_guarded(path: &str, world: &World<'_>) -> bool {
    if is_below(path, trimmed(&world.workspace)) {
        return false;
    }
    let own = world.protected.iter().any(|own| holds(path, trimmed(own)));
    own || path
        .strip_prefix(trimmed(&world.home))
        .map(|rest| rest.trim_start_matches('/'))
        .is_some_and(|rest| sets::HOME.iter().any(|guarded| holds(rest, guarded)))
}

/// The root, a home, what the system lies in, and what holds the workspace: never deleted as a whole.
pub fn is_critical(path: &str, world: &World<'_>) -> bool {
    const TOPS: &[&str] = &[
        "/usr/local", "/usr/share", "/usr/lib", "/usr/bin", "/usr/sbin", "/usr/lib64", "/usr/include", "/var/lib", "/var/log",
        "/var/cache", "/var/spool", "/var/run", "/var/db", "/opt/homebrew", "/usr/src", "/var/mail", "/var/www", "/var/backups",
    ];
    if path == "/tmp" || world.tmp.iter().any(|tmp| path == trimmed(tmp)) {
        return false;
    }
    let (home, workspace) = (trimmed(&world.home), trimmed(&world.workspace));
    let top = path.len() > 1 && path[1..].bytes().all(|b| b != b'/');
    let someones = ["/home/", "/Users/"]
        .iter()
        .any(|all| path.strip_prefix(all).is_some_and(|rest| !rest.contains('/')));
    let ours = path == workspace && path != home;
    !ours
        && (path == "/"
            || top
            || someones
            || is_below(home, path)
            || holds(path, workspace)
            || TOPS.contains(&path)
            || ["/boot", "/bin", "/sbin", "/lib", "/lib64", "/System", "/proc", "/sys"]
                .iter()
                .any(|part| holds(part, path)))
}

fn unknown(shown: &str, access: Access, _world: &World<'_>) -> Touch {
    let mut findings = Vec::new();
    if access != Access::List {
        let code = match access {
            Access::Delete | Access::DeleteAll => "delete-unknown",
            _ if access.changes() => "write-unknown",
            Access::Execute => "run-unknown",
            _ => "read-unknown",
        };
        findings.push(finding(Verdict::Ask, code, format!("It {}, and which that is comes out only when it runs.", access.says(shown))));
    }
    Touch {
        effect: effect(access, Target::Unknown, Zone::Unknown, false, shown),
        findings,
    }
}

/// A path of which a part is only known when it runs: judged by the parts that are known, and asked about.
fn part(text: &str, access: Access, cwd: Option<&str>, world: &World<'_>) -> Touch {
    let mut touch = unknown(text, access, world);
    let absolute = text.starts_with('/');
    if absolute || !text.starts_with('…') {
        if let Some(place) = locate(text, cwd, world) {
            if place.secret.is_some() || place.guard.is_some() || place.zone == Zone::Device {
                judge(&place, access, world, &mut touch.findings);
                touch.effect.secret |= place.secret.is_some() && !access.changes();
            }
        }
    }
    let tail = text.rsplit('…').next().unwrap_or("").trim_start_matches('/');
    if !tail.is_empty() && sets::below_any(tail, sets::HOME_SECRETS) && !access.changes() && access != Access::List {
        touch.effect.secret = true;
        touch.findings.push(finding(Verdict::Deny, "read-secret", format!("{text} holds what authenticates someone.")));
    }
    if !tail.is_empty() && sets::below_any(tail, sets::HOME) && access.changes() {
        touch.findings.push(finding(Verdict::Deny, "write-protected", format!("It {}, which decides what runs or who may do what.", access.says(text))));
    }
    let before = text.split('…').next().unwrap_or("");
    if access == Access::DeleteAll && before.ends_with('/') {
        // The unknown part may be empty, and then it is the folder itself.
        if let Some(folder) = normalise(before, cwd).filter(|folder| is_critical(folder, world)) {
            touch.findings.push(finding(Verdict::Deny, "delete-critical", format!("It deletes everything below {folder} when the unknown part is empty.")));
        }
    }
    touch
}

/// What a pattern matches: judged by the folder it lies in and by what is sensitive and could match.
fn pattern(text: &str, glob: &str, access: Access, cwd: Option<&str>, world: &World<'_>) -> Touch {
    let Some(glob) = normalise(glob, cwd) else {
        return unknown(text, access, world);
    };
    let fixed = fixed_folder(&glob);
    let Some(place) = locate(&fixed, None, world) else {
        return unknown(text, access, world);
    };
    let mut findings = Vec::new();
    let last = name(&glob);
    let all = last.bytes().all(|b| matches!(b, b'*' | b'?' | b'.' | b'[' | b']' | b'!' | b'^')) && last.contains('*');
    let whole_folder = all && glob == format!("{}/{last}", if fixed == "/" { "" } else { &fixed });
    if whole_folder && access.changes() {
        // Everything in a folder is the folder.
        judge(&place, access, world, &mut findings);
    } else {
        let one = Place { path: format!("{}/…", trimmed(&fixed)), ..place.clone() };
        judge(&one, access, world, &mut findings);
    }
    let mut secret = place.secret.is_some();
    super::samples::each(cwd, world, |sample| {
        if !matches(&glob, sample) {
            return;
        }
        if let Some(place) = locate(sample, None, world) {
            let before = findings.len();
            judge(&place, access, world, &mut findings);
            secret |= place.secret.is_some();
            if findings.len() > before + 3 {
                findings.truncate(before + 3);
            }
        }
    });
    let shown = format!("what {text} matches");
    Touch {
        effect: effect(access, Target::Below(fixed), place.zone, secret && !access.changes(), &shown),
        findings,
    }
}

/// The folder that a pattern surely lies in.
fn fixed_folder(glob: &str) -> String {
    let mut folder = String::new();
    for part in glob.split('/').skip(1) {
        if part.contains(['*', '?', '[', '\\']) {
            break;
        }
        folder.push('/');
        folder.push_str(part);
    }
    if folder.is_empty() { "/".to_owned() } else { folder }
}
