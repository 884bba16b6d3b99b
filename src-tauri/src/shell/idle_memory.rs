//! Gives memory back: ends WebKit's network process while no window is open, and lets go of code that idles.
//!
//! WebKitGTK keeps that process for the life of the program, and Tauri keeps the context that owns it (a new
//! one for each window would start another process each time). With no window it holds about 30 MB for
//! nothing, so it is ended; WebKit takes that for a crash and starts another for the next window (tried).

use std::fs;
use std::time::Duration;

use rustix::process::{Pid, Signal, getpid, kill_process};
use tauri::{AppHandle, Manager};
use tracing::{debug, info, warn};

use super::desk::Desk;

/// What the page stored is on disk half a second after it was stored; this is well past it.
const IDLE: Duration = Duration::from_secs(5);
/// A process that was told to end has ended by then.
const ENDED: Duration = Duration::from_secs(1);
/// As the kernel cuts it.
const NAME: &str = "WebKitNetworkPr";

/// Called when a window is gone: ends the network process if no window is open a little later.
pub(crate) fn end_when_idle(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        tokio::time::sleep(IDLE).await;
        let handle = app.clone();
        // On the main thread, where windows are made, so that none comes between the look and the end.
        let _ = app.run_on_main_thread(move || {
            if handle.webview_windows().is_empty() {
                end();
            }
        });
        tokio::time::sleep(ENDED).await;
        give_back_code();
    });
}

/// Gives back what the start touched of the program's code and will not need soon: a little after the first paint.
pub(crate) fn give_back_after_start(app: &AppHandle) {
    let app = app.clone();
    tauri::async_runtime::spawn(async move {
        app.state::<Desk>().first_paint().await;
        tokio::time::sleep(IDLE).await;
        give_back_code();
    });
}

fn give_back_code() {
    match gatehouse_resident::give_back() {
        Ok(bytes) => debug!(bytes, "idle code was given back"),
        Err(error) => warn!(%error, "idle code could not be given back"),
    }
}

fn end() {
    for process in our_network_processes() {
        match kill_process(process, Signal::TERM) {
            Ok(()) => info!("no window is open: ended WebKit's network process"),
            Err(error) => warn!(%error, "WebKit's network process could not be ended"),
        }
    }
}

fn our_network_processes() -> Vec<Pid> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let ours = |name: &String| {
        let stat = fs::read_to_string(format!("/proc/{name}/stat")).unwrap_or_default();
        is_network_process_of(&stat, getpid())
    };
    let pids = names
        .filter(|name| name.bytes().all(|b| b.is_ascii_digit()))
        .filter(ours);
    pids.filter_map(|name| Pid::from_raw(name.parse().ok()?))
        .collect()
}

/// Reads `pid (name) state parent …`, as proc(5) describes it.
fn is_network_process_of(stat: &str, parent: Pid) -> bool {
    let Some((head, tail)) = stat.rsplit_once(')') else {
        return false;
    };
    let name = head.split_once('(').map(|(_, name)| name);
    let of = tail
        .split_whitespace()
        .nth(1)
        .and_then(|pid| pid.parse().ok());
    name == Some(NAME) && of == Some(parent.as_raw_nonzero().get())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_apps_own_network_process_is_ended() {
        let parent = Pid::from_raw(41).unwrap();
        let is = |stat: &str| is_network_process_of(stat, parent);
        assert!(is("77 (WebKitNetworkPr) S 41 40 40 0 -1"));
        assert!(
            !is("77 (WebKitNetworkPr) S 40 40 40 0 -1"),
            "another program's"
        );
        assert!(!is("77 (WebKitWebProces) S 41 40 40 0 -1"), "a web process");
        assert!(!is(""), "a process that has just ended");
    }
}
