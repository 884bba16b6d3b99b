//! Giving something back. A copy is put beside its place first and swapped with what is there in one step; what was
//! there is removed only when all of it was kept, and nothing came to it meanwhile.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use gatehouse_agent::workspace::Missing;

use super::at::{self, Held};
use super::copy::{self, Survey};
use super::{DATA, Kept, UndoBox, UndoError, UndoWhat, Whose, read_line};

impl UndoBox {
    /// What an id stands for, while it is kept.
    pub fn find(&self, id: &str) -> Option<Kept> {
        read_line(&self.folder(id)?)
    }

    /// Puts something back where it was. What is there now is kept first; what cannot be kept is not replaced.
    pub fn restore(&self, id: &str, now: i64) -> Result<PathBuf, UndoError> {
        let own = self.folder(id).ok_or(UndoError::Unknown)?;
        // Neither age nor what is newer takes it away meanwhile.
        let _in_use = self.busy.in_use(&mut self.busy.lock(), own.clone(), 0);
        let kept = read_line(&own).ok_or(UndoError::Unknown)?;
        let place = Place::open(&kept)?;
        let put = self.put(&kept, &own, &place, now);
        if put.is_err() {
            place.unmake(&kept);
        }
        put.map(|()| kept.path)
    }

    pub(super) fn put(
        &self,
        kept: &Kept,
        own: &Path,
        place: &Place,
        now: i64,
    ) -> Result<(), UndoError> {
        let there = at::look(&place.folder, &place.name)?;
        let there = there.map(|_| place.survey(self.limits.entries));
        let before = match there.transpose()? {
            Some(Survey::LeavesOut(path)) => {
                let path = kept.path.with_file_name("").join(path);
                return Err(UndoError::Unkept(kept.path.clone(), path));
            }
            before => before,
        };
        let changed = || UndoError::Changed(kept.path.clone());
        let mut draft = Draft::copied(own, place)?;
        let Some(before) = before else {
            let put = at::rename(&place.folder, &draft.name, &place.name);
            return put.map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => changed(),
                _ => error.into(),
            });
        };
        let whose = Whose {
            workspace: &kept.workspace,
            session: &kept.session_key,
            tool_call: None,
        };
        let newer = self.keep(&whose, &kept.path, UndoWhat::Overwrote, now)?;
        let newer = newer.ok_or_else(|| UndoError::Newer(kept.path.clone()))?;
        if draft.swap(&before, self.limits.entries)? {
            return Ok(());
        }
        self.forget(&newer.id);
        Err(changed())
    }

    fn forget(&self, id: &str) {
        let Some(own) = self.folder(id) else { return };
        let _held = self.busy.lock();
        if let Err(error) = copy::remove_own(&own) {
            tracing::warn!(%error, "a copy that is not needed could not be removed");
        }
    }
}

/// Where something was, its folder held open.
pub(super) struct Place {
    folder: Held,
    name: OsString,
    /// How many of the folders above it were made for it.
    made: usize,
}

impl Place {
    /// A folder that went with it is made again, if that stays inside.
    pub(super) fn open(kept: &Kept) -> Result<Self, UndoError> {
        let outside = || UndoError::Outside(kept.path.clone());
        let (Some(parent), Some(name)) = (kept.path.parent(), kept.path.file_name()) else {
            return Err(outside());
        };
        let above = parent.ancestors();
        let made = above.take_while(|folder| folder.symlink_metadata().is_err());
        let made = made.count();
        let folder = at::hold_in(&kept.workspace, parent, Missing::Make);
        let folder = folder.map_err(|error| match error.kind() {
            // A link or a file on the way, a workspace that is gone, a path that was never in it.
            io::ErrorKind::NotADirectory
            | io::ErrorKind::NotFound
            | io::ErrorKind::InvalidInput => outside(),
            _ if error.raw_os_error().is_some_and(at::is_link_refused) => outside(),
            _ => error.into(),
        })?;
        Ok(Self {
            folder,
            name: name.to_owned(),
            made,
        })
    }

    pub(super) fn survey(&self, most: usize) -> io::Result<Survey> {
        copy::survey(&self.folder, &self.name, most)
    }

    /// Removes the folders that were made in vain. One that something has come to stays.
    fn unmake(&self, kept: &Kept) {
        for folder in kept.path.ancestors().skip(1).take(self.made) {
            let (Some(parent), Some(name)) = (folder.parent(), folder.file_name()) else {
                return;
            };
            let held = at::hold_in(&kept.workspace, parent, Missing::Fail);
            if held
                .and_then(|held| at::remove_folder(&held, name))
                .is_err()
            {
                return;
            }
        }
    }
}

/// A copy beside its place, under a name of its own. After a swap that is what was in the place before.
pub(super) struct Draft<'a> {
    place: &'a Place,
    name: OsString,
    /// Whether what is under the name is kept elsewhere, so that it goes when this is dropped.
    is_kept: bool,
}

impl<'a> Draft<'a> {
    pub(super) fn copied(own: &Path, place: &'a Place) -> io::Result<Self> {
        let name = at::unguessed("restored");
        let draft = Self {
            place,
            name,
            is_kept: true,
        };
        let data = OsStr::new(DATA);
        copy::copy(&at::hold(own)?, data, &place.folder, &draft.name)?;
        Ok(draft)
    }

    /// Puts it in its place, unless what is there is not what it was before: false, and all is as it was.
    pub(super) fn swap(&mut self, before: &Survey, most: usize) -> io::Result<bool> {
        let Place { folder, name, .. } = self.place;
        self.is_kept = false;
        at::swap(folder, &self.name, name)?;
        let replaced = copy::survey(folder, &self.name, most);
        let is_same = replaced.is_ok_and(|replaced| replaced.is_same(before));
        if !is_same {
            at::swap(folder, &self.name, name)?;
        }
        self.is_kept = true;
        Ok(is_same)
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if !self.is_kept {
            let name = self.name.display();
            tracing::warn!(%name, "what was to be swapped is left beside its place");
            return;
        }
        if let Err(error) = copy::remove(&self.place.folder, &self.name) {
            let name = self.name.display();
            tracing::warn!(%error, %name, "what was replaced could not be removed whole");
        }
    }
}
