//! What an agent's allowed action deletes or overwrites in the workspace is kept here first, and can be had back.
//!
//! Kept means copied (the system shares the blocks where it can) into `<root>/<session>/<number>`, with a line
//! about it that is written last: what has none was not finished and is not listed. It is bounded: a large file,
//! a folder of very many, and what a build makes again are not kept. This is a courtesy beside the approval, not
//! a backup; where it cannot be kept the action still happens.

mod at;
mod busy;
mod copy;
mod each;
mod restore;
pub(super) mod targets;

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use busy::{Busy, Held, InUse};
use copy::{copy, measure, remove_own};
use gatehouse_agent::workspace::Missing;

use crate::hex::hex;
use crate::private;

/// How much is kept, and for how long.
#[derive(Debug, Clone, Copy)]
pub struct UndoLimits {
    /// Of one file, in bytes.
    pub file: u64,
    /// Of all that is kept for a session, in bytes; the oldest go first.
    pub session: u64,
    /// Files and folders of one deletion.
    pub entries: usize,
    /// Files that are kept one by one for one action.
    pub each: usize,
    /// Of those together, in bytes.
    pub each_bytes: u64,
    pub age_ms: i64,
}

impl Default for UndoLimits {
    fn default() -> Self {
        Self {
            file: 32 << 20,
            session: 256 << 20,
            entries: 20_000,
            each: 256,
            each_bytes: 32 << 20,
            age_ms: 7 * 24 * 60 * 60 * 1000,
        }
    }
}

/// What was done to what is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum UndoWhat {
    Deleted,
    Overwrote,
}

/// Something that is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Kept {
    pub id: String,
    pub at: i64,
    /// Where it was.
    pub path: PathBuf,
    pub what: UndoWhat,
    /// In bytes.
    pub size: u64,
    pub session_key: String,
    /// The tool call that replaced it; none for what giving something back replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// The folder that it must stay in.
    pub workspace: PathBuf,
    /// Of a file that was kept because it may have been meant: when it was changed last, in nanoseconds since the
    /// epoch. As long as the file is still that one, there is nothing to give back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unless_from: Option<u64>,
}

/// For whom something is kept.
#[derive(Debug, Clone, Copy)]
pub struct Whose<'a> {
    /// The folder that it must stay in.
    pub workspace: &'a Path,
    pub session: &'a str,
    pub tool_call: Option<&'a str>,
}

/// Why something was not given back.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    #[error("this is not kept any more")]
    Unknown,
    #[error(
        "what is at {} now is more than is kept, so it was left as it is; move it away and try again",
        .0.display()
    )]
    Newer(PathBuf),
    #[error(
        "{} holds {}, which is not kept, so it was left as it is; move {} away and try again",
        .0.display(), .1.display(), .0.display()
    )]
    Unkept(PathBuf, PathBuf),
    #[error("what is at {} changed meanwhile, so it was left as it is; try again", .0.display())]
    Changed(PathBuf),
    #[error(
        "{} cannot be reached in the workspace any more: the workspace, or a folder on the way, is gone, or a link or a \
        file is in its place", .0.display()
    )]
    Outside(PathBuf),
    #[error("it could not be given back: {0}")]
    Io(#[from] io::Error),
}

/// The place where things are kept. Its calls read and write files: make them off the async threads.
#[derive(Debug, Clone)]
pub struct UndoBox {
    root: Arc<Path>,
    limits: UndoLimits,
    busy: Busy,
}

impl UndoBox {
    pub fn new(root: PathBuf, limits: UndoLimits) -> Self {
        Self {
            root: root.into(),
            limits,
            busy: Busy::default(),
        }
    }

    /// Keeps what is at a path. None where there is nothing, or more than is kept.
    pub fn keep(
        &self,
        whose: &Whose<'_>,
        path: &Path,
        what: UndoWhat,
        now: i64,
    ) -> io::Result<Option<Kept>> {
        self.keep_noting(whose, path, what, now, |kept| kept)
    }

    /// As `keep`, with something more in the line about it.
    fn keep_noting(
        &self,
        whose: &Whose<'_>,
        path: &Path,
        what: UndoWhat,
        now: i64,
        about: impl FnOnce(Kept) -> Kept,
    ) -> io::Result<Option<Kept>> {
        let Whose {
            workspace, session, ..
        } = *whose;
        let Some(place) = inside(workspace, path) else {
            return Ok(None);
        };
        let Some(size) = measure(&place, &self.limits)? else {
            return Ok(None);
        };
        if size > self.limits.session {
            return Ok(None);
        }
        let (number, own, _in_use) = self.claim(session, size)?;
        let kept = Kept {
            id: format!("{}/{number}", slug(session)),
            at: now,
            path: place.clone(),
            what,
            size,
            session_key: session.to_owned(),
            tool_call_id: whose.tool_call.map(str::to_owned),
            workspace: workspace.to_owned(),
            unless_from: None,
        };
        let kept = about(kept);
        let copied = copied(workspace, &place, &own).and_then(|()| write_line(&own, &kept));
        if let Err(error) = copied {
            // Half of it is of no use; tidying would find it too.
            let _ = remove_own(&own);
            return Err(error);
        }
        Ok(Some(kept))
    }

    /// A folder for something of a session, with room for it. Whoever tidies leaves it alone while it is in use.
    fn claim(&self, session: &str, size: u64) -> io::Result<(u64, PathBuf, InUse)> {
        let folder = self.root.join(slug(session));
        let mut held = self.busy.lock();
        private::make_folder(&folder)?;
        self.make_room(&held, &folder, size)?;
        let (number, own) = claim(&folder)?;
        let in_use = self.busy.in_use(&mut held, own.clone(), size);
        Ok((number, own, in_use))
    }

    /// What can be given back, the latest first; of one session, or all.
    pub fn list(&self, session: Option<&str>) -> io::Result<Vec<Kept>> {
        let mut all: Vec<Kept> = Vec::new();
        for folder in folders(&self.root)? {
            for own in folders(&folder)? {
                all.extend(read_line(&own));
            }
        }
        all.retain(|kept| kept.path != kept.workspace && !each::is_untouched(kept));
        all.retain(|kept| session.is_none_or(|session| kept.session_key == session));
        all.sort_by_key(|kept| {
            (
                std::cmp::Reverse(kept.at),
                std::cmp::Reverse(number(&kept.id)),
            )
        });
        Ok(all)
    }

    /// Drops what is too old or was not finished by a process that has ended.
    pub fn tidy(&self, now: i64) -> io::Result<()> {
        for folder in folders(&self.root)? {
            let held = self.busy.lock();
            for own in folders(&folder)? {
                let kept = read_line(&own);
                let too_old = |kept: &Kept| now.saturating_sub(kept.at) > self.limits.age_ms;
                if !held.has(&own) && kept.is_none_or(|kept| too_old(&kept)) {
                    remove_own(&own)?;
                }
            }
            // Fails while something is in it.
            let _ = fs::remove_dir(&folder);
        }
        Ok(())
    }

    /// The oldest go first, but not what is in use.
    fn make_room(&self, held: &Held, folder: &Path, size: u64) -> io::Result<()> {
        let mut all: Vec<(PathBuf, Kept)> = folders(folder)?
            .into_iter()
            .filter_map(|own| read_line(&own).map(|kept| (own, kept)))
            .collect();
        all.sort_by_key(|(_, kept)| number(&kept.id));
        let finished: u64 = all.iter().map(|(_, kept)| kept.size).sum();
        let mut total = finished.saturating_add(held.size_in(folder));
        for (own, kept) in all.into_iter().filter(|(own, _)| !held.has(own)) {
            if total.saturating_add(size) <= self.limits.session {
                break;
            }
            remove_own(&own)?;
            total = total.saturating_sub(kept.size);
        }
        Ok(())
    }

    /// The folder of an id, if it is one.
    fn folder(&self, id: &str) -> Option<PathBuf> {
        let (session, number) = id.split_once('/')?;
        let is_slug = session.len() == SLUG && session.bytes().all(|b| b.is_ascii_hexdigit());
        let number: u64 = number.parse().ok()?;
        is_slug.then(|| self.root.join(session).join(number.to_string()))
    }
}

const DATA: &str = "data";
const LINE: &str = "about.json";
const SLUG: usize = 16;

/// A session's folder. Its key can hold what a path cannot.
fn slug(session: &str) -> String {
    hex(Sha256::digest(session))[..SLUG].to_owned()
}

fn number(id: &str) -> u64 {
    let number = id.rsplit_once('/').map(|(_, number)| number);
    number
        .and_then(|number| number.parse().ok())
        .unwrap_or_default()
}

/// The next number's folder, made.
fn claim(folder: &Path) -> io::Result<(u64, PathBuf)> {
    let taken = folders(folder)?.into_iter().filter_map(|own| {
        let name = own.file_name()?.to_str()?;
        name.parse::<u64>().ok()
    });
    let mut next = taken.max().unwrap_or_default() + 1;
    loop {
        let own = folder.join(next.to_string());
        match private::claim_folder(&own) {
            Ok(()) => return Ok((next, own)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => next += 1,
            Err(error) => return Err(error),
        }
    }
}

fn folders(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let entries = entries.collect::<io::Result<Vec<_>>>()?;
    let folders = entries.into_iter().map(|entry| entry.path());
    Ok(folders.filter(|path| path.is_dir()).collect())
}

fn write_line(own: &Path, kept: &Kept) -> io::Result<()> {
    let json = serde_json::to_vec(kept)?;
    let next = own.join("about.next");
    private::write(&next, &json)?;
    fs::rename(next, own.join(LINE))
}

fn read_line(own: &Path) -> Option<Kept> {
    serde_json::from_slice(&fs::read(own.join(LINE)).ok()?).ok()
}

/// The place of a path: its folder with links resolved, its own name as it is. None outside of the workspace, and
/// for the workspace itself.
fn inside(workspace: &Path, path: &Path) -> Option<PathBuf> {
    let workspace = workspace.canonicalize().ok()?;
    let parent = path.parent()?.canonicalize().ok()?;
    let place = parent.join(path.file_name()?);
    parent.starts_with(&workspace).then_some(place)
}

/// Copies what is in a place into a folder of the box.
fn copied(workspace: &Path, place: &Path, own: &Path) -> io::Result<()> {
    let (Some(parent), Some(name)) = (place.parent(), place.file_name()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let parent = at::hold_in(workspace, parent, Missing::Fail)?;
    copy(&parent, name, &at::hold(own)?, OsStr::new(DATA))
}

#[cfg(all(test, unix))]
mod tests;
