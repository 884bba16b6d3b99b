//! By inotify, which is told what it is watched for: the database lies in the same folder, and to be told of each page
//! that is written to it took a tenth of what a decision costs. So a file counts as changed when whoever wrote to it
//! closes it.

use std::convert::Infallible;
use std::ffi::OsStr;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use rustix::fs::inotify::{self, CreateFlags, Reader, WatchFlags};
use rustix::io::Errno;
use tokio::io::unix::AsyncFd;
use tokio_util::task::AbortOnDropHandle;

/// Room for a dozen events with long names, and for one with the longest.
const ROOM: usize = 4_096;

/// Watches while it lives.
pub(super) struct Watched {
    _task: AbortOnDropHandle<()>,
}

/// Tells the names in a folder of what may have changed there; none where some were lost.
pub(super) fn watch(
    folder: &Path,
    tell: impl Fn(Option<&OsStr>) + Send + 'static,
) -> io::Result<Watched> {
    let changes = WatchFlags::CLOSE_WRITE
        | WatchFlags::CREATE
        | WatchFlags::DELETE
        | WatchFlags::MOVE
        | WatchFlags::ATTRIB;
    let inotify = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC)?;
    inotify::add_watch(&inotify, folder, changes)?;
    let inotify = registered(inotify)?;
    let task = tokio::spawn(async move {
        let Err(error) = follow(&inotify, tell).await;
        tracing::warn!(%error, "changes of the files in a folder are not noticed any more");
    });
    Ok(Watched {
        _task: AbortOnDropHandle::new(task),
    })
}

#[expect(
    deprecated,
    reason = "it is unsound for what may close its file by itself; this one is owned by what watches it"
)]
fn registered(inotify: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    AsyncFd::new(inotify)
}

async fn follow(
    inotify: &AsyncFd<OwnedFd>,
    tell: impl Fn(Option<&OsStr>),
) -> io::Result<Infallible> {
    loop {
        let mut ready = inotify.readable().await?;
        let Err(end) = read(inotify.get_ref(), &tell);
        if end != Errno::WOULDBLOCK {
            return Err(end.into());
        }
        ready.clear_ready();
    }
}

/// Tells all that there is, and ends as what would wait for more.
fn read(inotify: &OwnedFd, tell: impl Fn(Option<&OsStr>)) -> Result<Infallible, Errno> {
    let mut room = [MaybeUninit::uninit(); ROOM];
    let mut events = Reader::new(inotify, &mut room);
    loop {
        let event = events.next()?;
        let name = event.file_name().map(|name| name.to_bytes());
        tell(name.map(OsStr::from_bytes));
    }
}
