//! Opening files relative to a folder that is open already, never following a link.

#[cfg(unix)]
pub(super) use unix::*;

/// What to do about folders that are not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    Fail,
    Make,
}

#[cfg(unix)]
mod unix {
    use std::{
        ffi::{OsStr, OsString},
        fs::{File, Permissions},
        io,
        os::fd::OwnedFd,
        os::unix::{ffi::OsStringExt, fs::PermissionsExt},
        path::Path,
    };

    use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};

    use super::{super::Existing, Missing};

    const FOLDER: OFlags = OFlags::DIRECTORY
        .union(OFlags::NOFOLLOW)
        .union(OFlags::CLOEXEC);

    /// Walks down from the root, one name at a time.
    pub(crate) fn folder(root: &Path, names: &[OsString], missing: Missing) -> io::Result<OwnedFd> {
        let flags = OFlags::DIRECTORY | OFlags::CLOEXEC;
        let mut folder = rustix::fs::open(root, flags, Mode::empty())?;
        for name in names {
            folder = match rustix::fs::openat(&folder, name, FOLDER, Mode::empty()) {
                Err(rustix::io::Errno::NOENT) if missing == Missing::Make => {
                    make(&folder, name)?;
                    rustix::fs::openat(&folder, name, FOLDER, Mode::empty())?
                }
                opened => opened?,
            };
        }
        Ok(folder)
    }

    fn make(folder: &OwnedFd, name: &OsStr) -> io::Result<()> {
        match rustix::fs::mkdirat(folder, name, Mode::from_raw_mode(0o755)) {
            // Someone was faster.
            Err(rustix::io::Errno::EXIST) => Ok(()),
            made => Ok(made?),
        }
    }

    /// Opens for reading. Does not wait for the other end of a pipe.
    pub(crate) fn file(folder: &OwnedFd, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let opened = rustix::fs::openat(folder, name, flags, Mode::empty())?;
        Ok(File::from(opened))
    }

    pub(crate) fn remove(folder: &OwnedFd, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(folder, name, AtFlags::empty())?)
    }

    /// Lets those do with a file what they may do with another one; nothing that runs as somebody else comes of it.
    pub(crate) fn set_rights(file: &File, rights: &Permissions) -> io::Result<()> {
        file.set_permissions(Permissions::from_mode(rights.mode() & 0o777))
    }

    pub(crate) fn entries(folder: &OwnedFd) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(folder)? {
            let entry = entry?;
            let name = OsString::from_vec(entry.file_name().to_bytes().to_vec());
            if name == "." || name == ".." {
                continue;
            }
            let slash = if entry.file_type() == FileType::Directory {
                "/"
            } else {
                ""
            };
            names.push(format!("{}{slash}", name.to_string_lossy()));
        }
        Ok(names)
    }

    /// A file that is being written, beside the one that it will be. Gone when dropped before it is put in
    /// place.
    pub(crate) struct Draft<'a> {
        folder: &'a OwnedFd,
        name: &'a OsStr,
        draft: String,
        mode: Mode,
    }

    impl<'a> Draft<'a> {
        pub(crate) fn new(folder: &'a OwnedFd, name: &'a OsStr) -> io::Result<Self> {
            let known = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW);
            let mode = match known {
                Ok(stat) if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile => {
                    Mode::from_raw_mode(stat.st_mode & 0o777)
                }
                Ok(_) => {
                    let text = "it is not an ordinary file";
                    return Err(io::Error::new(io::ErrorKind::InvalidInput, text));
                }
                Err(rustix::io::Errno::NOENT) => Mode::from_raw_mode(0o644),
                Err(error) => return Err(error.into()),
            };
            // Never a name that someone could guess and put there before.
            let draft = format!(".{}.draft", uuid::Uuid::new_v4().simple());
            Ok(Self {
                folder,
                name,
                draft,
                mode,
            })
        }

        pub(crate) fn file(&self) -> io::Result<File> {
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
            let opened = rustix::fs::openat(self.folder, &self.draft, flags, self.mode)?;
            Ok(File::from(opened))
        }

        pub(crate) fn put_in_place(self, existing: Existing) -> io::Result<()> {
            if existing == Existing::Refuse {
                // A link to the draft under the name fails when the name is taken; the draft goes with `self`.
                let flags = AtFlags::empty();
                rustix::fs::linkat(self.folder, &self.draft, self.folder, self.name, flags)?;
                return Ok(());
            }
            rustix::fs::renameat(self.folder, &self.draft, self.folder, self.name)?;
            Ok(())
        }
    }

    impl Drop for Draft<'_> {
        fn drop(&mut self) {
            // Renamed drafts are not there any more, and that is well.
            let _ = rustix::fs::unlinkat(self.folder, &self.draft, AtFlags::empty());
        }
    }
}

/// Where folders cannot be held open the resolved path is used as it is; links that are swapped in between
/// are followed there.
#[cfg(not(unix))]
pub(super) use elsewhere::*;

#[cfg(not(unix))]
mod elsewhere {
    use std::{
        ffi::{OsStr, OsString},
        fs::{self, File, Permissions},
        io,
        path::{Path, PathBuf},
    };

    use super::{super::Existing, Missing};

    pub(crate) fn folder(root: &Path, names: &[OsString], missing: Missing) -> io::Result<PathBuf> {
        let folder = names
            .iter()
            .fold(root.to_owned(), |path, name| path.join(name));
        if missing == Missing::Make {
            fs::create_dir_all(&folder)?;
        }
        let resolved = folder.canonicalize()?;
        if resolved == folder {
            Ok(resolved)
        } else {
            let text = "the folder changed meanwhile";
            Err(io::Error::new(io::ErrorKind::PermissionDenied, text))
        }
    }

    pub(crate) fn file(folder: &PathBuf, name: &OsStr) -> io::Result<File> {
        File::open(folder.join(name))
    }

    pub(crate) fn remove(folder: &PathBuf, name: &OsStr) -> io::Result<()> {
        fs::remove_file(folder.join(name))
    }

    /// Rights come from the folder there.
    pub(crate) fn set_rights(_: &File, _: &Permissions) -> io::Result<()> {
        Ok(())
    }

    pub(crate) fn entries(folder: &PathBuf) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let slash = if entry.file_type()?.is_dir() { "/" } else { "" };
            names.push(format!("{}{slash}", entry.file_name().to_string_lossy()));
        }
        Ok(names)
    }

    pub(crate) struct Draft {
        target: PathBuf,
        draft: PathBuf,
    }

    impl Draft {
        pub(crate) fn new(folder: &PathBuf, name: &OsStr) -> io::Result<Self> {
            Ok(Self {
                target: folder.join(name),
                draft: folder.join(format!(".{}.draft", uuid::Uuid::new_v4().simple())),
            })
        }

        pub(crate) fn file(&self) -> io::Result<File> {
            File::options()
                .write(true)
                .create_new(true)
                .open(&self.draft)
        }

        pub(crate) fn put_in_place(self, existing: Existing) -> io::Result<()> {
            match existing {
                Existing::Refuse => fs::hard_link(&self.draft, &self.target),
                Existing::Replace => fs::rename(&self.draft, &self.target),
            }
        }
    }

    impl Drop for Draft {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.draft);
        }
    }
}
