//! What touching a path calls for: allowed below the workspace and the temporary folders, asked about outside,
//! denied where it decides over people, agents and the machine.

mod folder;
mod matched;
mod unsure;

use super::below::Among;
use super::critical::is_critical;
use super::device::{Device, device};
use super::path::{holds, is_below, name, normalise};
use super::word::{Named, named};
use super::{Guard, Place, locate, matches, sets, trimmed};
use crate::effect::{Effect, EffectKind, Target, Zone};
use crate::verdict::{Finding, Verdict};
use crate::word::Word;
use crate::world::World;
use folder::judge_below;
use matched::pattern;
use unsure::{part, unknown};

/// How a path is touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Access {
    Read,
    /// With everything below it.
    ReadAll,
    /// With everything below it but for what authenticates someone, which whoever reads leaves out.
    Search,
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
    /// What of it authenticates someone, file by file, where it is a folder with all that lies below.
    pub below: Vec<Effect>,
    pub findings: Vec<Finding>,
}

impl Access {
    pub(crate) fn kind(self) -> EffectKind {
        match self {
            Self::Read | Self::ReadAll | Self::Search => EffectKind::Read,
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
            Self::Search => format!("searches everything below {target}"),
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

    fn reads_all(self) -> bool {
        matches!(self, Self::ReadAll | Self::Search)
    }

    fn changes(self) -> bool {
        !matches!(
            self,
            Self::Read | Self::ReadAll | Self::Search | Self::List | Self::Execute
        )
    }
}

/// Touches what a word names.
pub fn touch(word: &Word, access: Access, cwd: Option<&str>, world: &World<'_>) -> Touch {
    touch_among(word, access, &Among::default(), cwd, world)
}

/// As `touch`, where not all that lies below is read.
pub(crate) fn touch_among(
    word: &Word,
    access: Access,
    among: &Among,
    cwd: Option<&str>,
    world: &World<'_>,
) -> Touch {
    match named(word) {
        Named::Exact(text)
            if access == Access::DeleteAll && matches!(text.as_str(), "~" | "~/") =>
        {
            // Quoted or put together it is a file of that name; whoever writes it means the home folder.
            touch(&Word::Known(world.home.clone()), access, cwd, world)
        }
        Named::Exact(text) => match locate(&text, cwd, world) {
            Some(place) => at_place(&place, access, among, world),
            None => unknown(&text, access, world),
        },
        Named::Pattern { text, glob } => pattern(&text, &glob, access, among, cwd, world),
        Named::Part { text } => part(&text, access, cwd, world),
        Named::Unknown => unknown("…", access, world),
    }
}

fn at_place(place: &Place, access: Access, among: &Among, world: &World<'_>) -> Touch {
    let mut findings = Vec::new();
    judge(place, access, world, &mut findings);
    let mut below = Vec::new();
    if access == Access::ReadAll {
        judge_below(place, among, world, &mut below, &mut findings);
    }
    let target = match access {
        Access::DeleteAll | Access::ReadAll | Access::Search | Access::PermissionAll => {
            Target::Below(place.path.clone())
        }
        _ => Target::Path(place.path.clone()),
    };
    Touch {
        effect: effect(
            access,
            target,
            place.zone,
            (place.secret.is_some() && !access.changes())
                || (access.reads_all() && holds_secrets(&place.path, world)),
            &place.path,
        ),
        below,
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

/// Folders of which nothing is deleted with all that is in it.
const SYSTEM: [&str; 6] = [
    "/etc",
    "/var/lib",
    "/usr/lib",
    "/usr/share",
    "/usr/bin",
    "/usr/include",
];

/// Adds what a touch of a place calls for.
fn judge(place: &Place, access: Access, world: &World<'_>, out: &mut Vec<Finding>) {
    let path = place.path.as_str();
    if let Some(device) = device(path) {
        return judge_device(path, device, access, out);
    }
    match access {
        Access::List => {}
        Access::Read | Access::ReadAll | Access::Search => judge_read(place, access, world, out),
        Access::Execute => judge_execute(place, out),
        Access::Delete | Access::DeleteAll => judge_delete(place, access, world, out),
        Access::Write | Access::Append | Access::Create => judge_write(place, access, out),
        Access::Permission | Access::PermissionAll => {
            let alone = access == Access::Permission && path == trimmed(&world.home);
            if !alone && is_critical(path, world) {
                out.push(finding(
                    Verdict::Deny,
                    "permission-system",
                    format!("It changes who may use everything below {path}."),
                ));
            }
            judge_write(place, access, out);
        }
    }
}

fn judge_device(path: &str, device: Device, access: Access, out: &mut Vec<Finding>) {
    match (device, access) {
        (
            Device::Harmless,
            Access::Delete | Access::DeleteAll | Access::Permission | Access::PermissionAll,
        )
        | (Device::Raw, _)
            if access.changes() =>
        {
            out.push(finding(
                Verdict::Deny,
                "device-write",
                format!("It writes to the device {path} itself, past every file system."),
            ));
        }
        (Device::Raw, Access::Read | Access::ReadAll | Access::Search) => {
            out.push(finding(
                Verdict::Ask,
                "device-read",
                format!("It reads the device {path} itself."),
            ));
        }
        (Device::Network, _) => {
            out.push(finding(
                Verdict::Deny,
                "device-network",
                format!("It opens a connection through {path}."),
            ));
        }
        _ => {}
    }
}

fn judge_read(place: &Place, access: Access, world: &World<'_>, out: &mut Vec<Finding>) {
    let path = place.path.as_str();
    if let Some(verdict) = place.secret {
        let own = place.guard == Some(Guard::Own);
        let (code, what) = if own {
            ("read-own-state", "our own state")
        } else {
            ("read-secret", "what authenticates someone")
        };
        out.push(finding(verdict, code, format!("{path} holds {what}.")));
    }
    if access.reads_all() && holds_secrets(path, world) {
        let inside_home = path != world.home && is_below(path, trimmed(&world.home));
        let verdict = if inside_home {
            Verdict::Deny
        } else {
            Verdict::Ask
        };
        out.push(finding(
            verdict,
            "read-everything",
            format!("{path} holds files that authenticate someone."),
        ));
    }
}

/// Whether a folder outside of the workspace is one that secrets are kept in or below.
fn holds_secrets(path: &str, world: &World<'_>) -> bool {
    let home = trimmed(&world.home);
    if is_below(path, trimmed(&world.workspace)) && path != home {
        return false;
    }
    if is_below(home, path) || ["/etc", "/proc", "/home", "/Users", "/var", "/root"].contains(&path)
    {
        return true;
    }
    let Some(rest) = path
        .strip_prefix(home)
        .map(|rest| rest.trim_start_matches('/'))
    else {
        return false;
    };
    sets::HOME_SECRETS.iter().any(|secret| holds(rest, secret))
}

fn judge_execute(place: &Place, out: &mut Vec<Finding>) {
    let path = place.path.as_str();
    match place.zone {
        Zone::Workspace => {}
        Zone::Protected if place.guard == Some(Guard::Own) => {
            out.push(finding(
                Verdict::Deny,
                "run-own-state",
                format!("{path} is part of our own state."),
            ));
        }
        Zone::Tmp => out.push(finding(
            Verdict::Ask,
            "run-temporary",
            format!("{path} is a temporary file that anyone may have put there."),
        )),
        _ => out.push(finding(
            Verdict::Ask,
            "run-outside",
            format!("{path} is run, and it is not part of the workspace."),
        )),
    }
}

fn judge_write(place: &Place, access: Access, out: &mut Vec<Finding>) {
    let path = place.path.as_str();
    let says = access.says(path);
    match place.guard {
        Some(Guard::Own) => {
            out.push(finding(
                Verdict::Deny,
                "write-own-state",
                format!("It {says}, which is our own state."),
            ));
            return;
        }
        Some(Guard::Protected) => {
            out.push(finding(
                Verdict::Deny,
                "write-protected",
                format!("It {says}, which decides what runs or who may do what."),
            ));
            return;
        }
        // What is put there whole brings settings and hooks along; a file in its place leads to others.
        Some(Guard::Instructions)
            if name(path) == ".git" && matches!(access, Access::Write | Access::Append) =>
        {
            out.push(finding(
                Verdict::Deny,
                "write-protected",
                format!("It {says}, which decides what runs or who may do what."),
            ));
            return;
        }
        Some(Guard::Instructions) => {
            out.push(finding(
                Verdict::Ask,
                "write-instructions",
                format!("It {says}, which others act on unasked."),
            ));
        }
        None => {}
    }
    if place.evidence && access != Access::Append && access != Access::Create {
        out.push(finding(
            Verdict::Deny,
            "erase-evidence",
            format!("It {says}, which is a record of what was done."),
        ));
        return;
    }
    if place.secret == Some(Verdict::Deny) {
        out.push(finding(
            Verdict::Deny,
            "write-secret",
            format!("It {says}, which authenticates someone."),
        ));
    }
    outside(place, &says, out);
}

fn outside(place: &Place, says: &str, out: &mut Vec<Finding>) {
    match place.zone {
        Zone::Workspace | Zone::Tmp | Zone::Protected | Zone::Device | Zone::Elsewhere => {}
        Zone::Home | Zone::System => {
            out.push(finding(
                Verdict::Ask,
                "write-outside",
                format!("It {says}, outside of the workspace."),
            ));
        }
        Zone::Unknown => out.push(finding(
            Verdict::Ask,
            "unknown-path",
            format!("It {says}, and that is not known before it runs."),
        )),
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
        out.push(finding(
            Verdict::Deny,
            code,
            format!("It {}.", access.says(path)),
        ));
        return;
    }
    if all && SYSTEM.iter().any(|system| holds(system, path)) {
        out.push(finding(
            Verdict::Deny,
            "delete-system",
            format!("It {}.", access.says(path)),
        ));
        return;
    }
    if all && holds_guarded(path, world) {
        out.push(finding(
            Verdict::Deny,
            "delete-protected",
            format!(
                "It {}, which holds what decides what runs.",
                access.says(path)
            ),
        ));
        return;
    }
    let root_of = |folder: &str| path == trimmed(folder);
    if root_of(&world.workspace) {
        out.push(finding(
            Verdict::Ask,
            "delete-workspace",
            format!("It {}: the whole workspace.", access.says(path)),
        ));
    } else if world.tmp.iter().any(|tmp| root_of(tmp)) || path == "/tmp" || path == "/var/tmp" {
        out.push(finding(
            Verdict::Ask,
            "delete-temporary",
            format!("It {}, which other programs use too.", access.says(path)),
        ));
    }
    if all && super::name(path) == ".git" && place.guard == Some(Guard::Instructions) {
        out.push(finding(
            Verdict::Ask,
            "loses-work",
            format!(
                "It {}, and with it all that is committed and not sent elsewhere.",
                access.says(path)
            ),
        ));
        return outside(place, &access.says(path), out);
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
