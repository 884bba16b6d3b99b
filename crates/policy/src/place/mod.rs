//! Where a path lies and whose it is: the zone, whether changing it is guarded, whether it holds a secret.
//!
//! By words first (`..`, doubled slashes, `/proc/self/root`), then by what is known of links; the stricter holds.

mod access;
mod below;
mod critical;
mod device;
mod expand;
mod glob;
mod hosts;
mod path;
mod samples;
mod sets;
mod word;

pub(crate) use access::touch_among;
pub use access::{Access, Touch, touch};
pub(crate) use below::Among;
pub use critical::is_critical;
pub use device::{Device, device};
pub use glob::matches;
pub use hosts::{Destination, HostClass, address_class, destination, host_class};
pub(crate) use path::{is_below, name, normalise};
pub(crate) use sets::begins_guarded;
pub use sets::secret_name as is_secret_name;
pub(crate) use word::{Named, named};

use crate::effect::Zone;
use crate::verdict::Verdict;
use crate::word::Word;
use crate::world::World;

/// What is known about a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Absolute, by its words.
    pub path: String,
    pub zone: Zone,
    /// What changing it calls for, beyond what its zone does.
    pub guard: Option<Guard>,
    /// What reading it calls for, when it authenticates someone.
    pub secret: Option<Verdict>,
    /// It is the record of what was done: logs, histories, audits.
    pub evidence: bool,
}

/// Why a path may not be changed unasked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// It decides what runs or who may do what: never an agent's to change.
    Protected,
    /// Standing instructions and settings of a project: a person looks first.
    Instructions,
    /// Our own state: not even to be read.
    Own,
}

/// Looks at a path that no link leads elsewhere from.
fn locate_real(path: &str, world: &World<'_>) -> Place {
    classify(path, world)
}

/// Looks at a path; none where it is relative and the folder is not known.
pub fn locate(path: &str, cwd: Option<&str>, world: &World<'_>) -> Option<Place> {
    let absolute = normalise(path, cwd)?;
    let by_words = classify(&absolute, world);
    let resolved = above_a_link(path, cwd, world)
        .or_else(|| world.files.resolve(&absolute))
        .filter(|target| *target != absolute)
        .and_then(|target| normalise(&target, None));
    let Some(target) = resolved else {
        return Some(by_words);
    };
    let behind = classify(&target, world);
    Some(Place {
        path: behind.path,
        zone: behind.zone,
        guard: stricter(by_words.guard, behind.guard),
        secret: by_words.secret.max(behind.secret),
        evidence: by_words.evidence || behind.evidence,
    })
}

/// Of a path with `..` in it: above a link lies what is above where it leads, whatever the words say.
fn above_a_link(path: &str, cwd: Option<&str>, world: &World<'_>) -> Option<String> {
    if !path.split('/').any(|part| part == "..") {
        return None;
    }
    let whole = match cwd {
        _ if path.starts_with('/') => path.to_owned(),
        cwd => format!("{}/{path}", trimmed(cwd?)),
    };
    // There the process that looks would be taken for the one that runs.
    let of_a_process = is_below(&whole, "/proc");
    (!of_a_process).then(|| world.files.resolve(&whole))?
}

/// Looks at what a word may name without judging it, so that whoever keeps what was seen knows where it leads.
pub(crate) fn look(word: &Word, cwd: Option<&str>, world: &World<'_>) {
    /// A longer word is no path on any system.
    const LONGEST: usize = 4096;
    match named(word) {
        Named::Exact(text) if text.len() <= LONGEST && !text.contains(['\n', '\0']) => {
            let path = match text.split_once('=') {
                Some((option, path)) if option.starts_with('-') => path,
                _ => text.as_str(),
            };
            locate(path, cwd, world);
        }
        Named::Pattern { glob, .. } => {
            let glob = normalise(&glob, cwd);
            let matching = glob.and_then(|glob| world.files.matching(&glob));
            for path in matching.unwrap_or_default() {
                locate(&path, None, world);
            }
        }
        _ => {}
    }
}

fn stricter(a: Option<Guard>, b: Option<Guard>) -> Option<Guard> {
    let rank = |guard: Option<Guard>| match guard {
        None => 0,
        Some(Guard::Instructions) => 1,
        Some(Guard::Protected) => 2,
        Some(Guard::Own) => 3,
    };
    if rank(a) >= rank(b) { a } else { b }
}

fn classify(absolute: &str, world: &World<'_>) -> Place {
    if world.ignore_case {
        let folded = Folded::of(world);
        let mut place = classify_in(&absolute.to_lowercase(), &folded.roots(), true);
        place.path = absolute.to_owned();
        return place;
    }
    classify_in(
        absolute,
        &Roots {
            workspace: trimmed(&world.workspace),
            home: trimmed(&world.home),
            tmp: &world.tmp,
            protected: &world.protected,
        },
        false,
    )
}

/// The folders that zones are told by, in one case.
struct Roots<'a> {
    workspace: &'a str,
    home: &'a str,
    tmp: &'a [String],
    protected: &'a [String],
}

/// The same in lower case, where the file system does not tell them apart.
struct Folded {
    workspace: String,
    home: String,
    tmp: Vec<String>,
    protected: Vec<String>,
}

impl Folded {
    fn of(world: &World<'_>) -> Self {
        let lower = |all: &[String]| all.iter().map(|one| one.to_lowercase()).collect();
        Self {
            workspace: trimmed(&world.workspace).to_lowercase(),
            home: trimmed(&world.home).to_lowercase(),
            tmp: lower(&world.tmp),
            protected: lower(&world.protected),
        }
    }

    fn roots(&self) -> Roots<'_> {
        Roots {
            workspace: &self.workspace,
            home: &self.home,
            tmp: &self.tmp,
            protected: &self.protected,
        }
    }
}

pub(crate) fn trimmed(path: &str) -> &str {
    match path.trim_end_matches('/') {
        "" => "/",
        trimmed => trimmed,
    }
}

fn classify_in(path: &str, roots: &Roots<'_>, folded: bool) -> Place {
    let in_workspace = is_below(path, roots.workspace);
    let workspace_holds_home = is_below(roots.home, roots.workspace);
    let own = roots.protected.iter().any(|own| {
        let own = trimmed(own);
        is_below(path, own) && !(in_workspace && is_below(roots.workspace, own))
    });
    let zone = zone_of(path, roots, in_workspace);
    let mut place = Place {
        path: path.to_owned(),
        zone,
        guard: None,
        secret: None,
        evidence: false,
    };
    if own {
        place.zone = Zone::Protected;
        place.guard = Some(Guard::Own);
        place.secret = Some(Verdict::Deny);
        place.evidence = true;
        return place;
    }
    let lists = sets::Lists::of(folded);
    if in_workspace && !workspace_holds_home {
        inside(&mut place, relative(path, roots.workspace), lists);
        return place;
    }
    outside(&mut place, roots, lists);
    if in_workspace && place.guard.is_none() {
        inside(&mut place, relative(path, roots.workspace), lists);
    }
    place
}

fn relative<'a>(path: &'a str, root: &str) -> &'a str {
    path.strip_prefix(root)
        .unwrap_or(path)
        .trim_start_matches('/')
}

fn zone_of(path: &str, roots: &Roots<'_>, in_workspace: bool) -> Zone {
    if in_workspace {
        return Zone::Workspace;
    }
    let tmp = roots.tmp.iter().any(|tmp| is_below(path, trimmed(tmp)));
    if tmp
        || ["/tmp", "/var/tmp", "/dev/shm"]
            .iter()
            .any(|tmp| is_below(path, tmp))
    {
        return Zone::Tmp;
    }
    if is_below(path, "/dev") {
        return Zone::Device;
    }
    if is_below(path, roots.home) {
        return Zone::Home;
    }
    Zone::System
}

/// What a workspace holds that decides over git, editors and agents.
fn inside(place: &mut Place, rest: &str, lists: &sets::Lists) {
    if sets::anywhere(rest, lists.anywhere) {
        place.guard = Some(Guard::Protected);
        place.zone = Zone::Protected;
    } else if sets::anywhere(rest, lists.instructions) {
        place.guard = Some(Guard::Instructions);
    }
    if sets::secret_name(name(rest)) {
        place.secret = Some(Verdict::Ask);
    }
}

fn outside(place: &mut Place, roots: &Roots<'_>, lists: &sets::Lists) {
    let path = place.path.clone();
    let of_home = is_below(&path, roots.home).then(|| relative(&path, roots.home));
    let guarded = match of_home {
        Some(rest) => sets::below_any(rest, lists.home),
        None => {
            place.zone == Zone::System
                && (sets::below_any(&path, lists.system) || other_home(&path, lists))
        }
    };
    place.evidence = is_evidence(&path);
    if guarded || sets::anywhere(&path[1..], lists.anywhere) {
        place.guard = Some(Guard::Protected);
        place.zone = Zone::Protected;
    } else if sets::anywhere(&path[1..], lists.instructions) {
        place.guard = Some(Guard::Instructions);
    }
    place.secret = secret_outside(&path, of_home, place.zone, lists);
}

/// The folder of someone else's home, and the rest: `/home/ann/.ssh` is as protected as one's own.
fn other_home_rest(path: &str) -> Option<&str> {
    let rest = ["/home/", "/Users/", "/users/"]
        .iter()
        .find_map(|all| path.strip_prefix(all))?;
    rest.split_once('/').map(|(_, rest)| rest)
}

fn other_home(path: &str, lists: &sets::Lists) -> bool {
    other_home_rest(path).is_some_and(|rest| sets::below_any(rest, lists.home))
}

fn secret_outside(
    path: &str,
    of_home: Option<&str>,
    zone: Zone,
    lists: &sets::Lists,
) -> Option<Verdict> {
    let file = name(path);
    if file.ends_with(".pub") || (zone == Zone::Device && !is_below(path, "/dev/mem")) {
        return None;
    }
    if is_process_memory(path) {
        return Some(Verdict::Deny);
    }
    let rest = of_home.or_else(|| other_home_rest(path));
    if rest.is_some_and(|rest| sets::below_any(rest, lists.home_secrets))
        || (of_home.is_none() && sets::below_any(path, lists.system_secrets))
    {
        return Some(Verdict::Deny);
    }
    if rest.is_some_and(|rest| sets::below_any(rest, lists.home_private)) {
        return Some(Verdict::Ask);
    }
    let public_certificates =
        zone == Zone::System || path.contains("/certs/") || path.contains("/site-packages/");
    let by_name = sets::secret_name(file) && !(public_certificates && file.ends_with(".pem"));
    if !by_name {
        return None;
    }
    let key = file.starts_with("id_")
        || matches!(file, ".netrc" | ".pgpass" | ".git-credentials" | ".env");
    Some(if key && zone != Zone::Tmp {
        Verdict::Deny
    } else {
        Verdict::Ask
    })
}

/// `/proc/1/environ`, `/proc/self/mem`: what another process, or the gateway, has in its hands.
fn is_process_memory(path: &str) -> bool {
    path.strip_prefix("/proc/").is_some_and(|rest| {
        rest.split_once('/').is_some_and(|(_, file)| {
            [
                "environ",
                "mem",
                "auxv",
                "maps",
                "smaps",
                "fd",
                "map_files",
                "stack",
                "syscall",
            ]
            .iter()
            .any(|one| is_below(file, one))
        })
    })
}

fn is_evidence(path: &str) -> bool {
    let file = name(path);
    let history =
        file.ends_with("_history") || matches!(file, ".history" | ".zhistory" | "fish_history");
    let log =
        is_below(path, "/var/log") || is_below(path, "/Library/Logs") || is_below(path, "/run/log");
    let audit = path.split('/').any(|part| {
        part == "audit"
            || part.starts_with("audit.")
            || part.starts_with("audit-")
            || part.ends_with("-audit")
            || part.ends_with("audit.log")
    });
    history || log || audit
}
