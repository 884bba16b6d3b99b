//! Notices when a window's web process dies, and brings the page back.
//!
//! The fleet lives in this process, so nothing is lost but what was typed. A page that dies again and again
//! would only burn the machine: after the third time within a minute its window is closed, and the person
//! is told that approvals go on in notifications and the tray.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use tauri::{Manager, WebviewWindow};

#[cfg(target_os = "linux")]
use super::window::MAIN;

/// How many deaths within how long are answered with a reload.
const RELOADS: usize = 3;
const WITHIN: Duration = Duration::from_secs(60);

/// What to do about a dead web process.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Reload,
    Close,
}

#[derive(Default)]
struct Deaths(VecDeque<Instant>);

impl Deaths {
    fn another(&mut self, now: Instant) -> Answer {
        self.0.retain(|at| now.duration_since(*at) < WITHIN);
        self.0.push_back(now);
        if self.0.len() > RELOADS {
            Answer::Close
        } else {
            Answer::Reload
        }
    }
}

/// Begins to watch a new window, and switches off what the page has no use for.
#[cfg(target_os = "linux")]
pub(crate) fn watch(window: &WebviewWindow) {
    use std::cell::RefCell;
    use webkit2gtk::{SettingsExt, WebViewExt};

    let watched = window.clone();
    let result = window.with_webview(move |platform| {
        let view = platform.inner();
        if let Some(settings) = WebViewExt::settings(&view) {
            settings.set_enable_webrtc(false);
            settings.set_enable_media_stream(false);
            settings.set_enable_page_cache(false);
        }
        let deaths = RefCell::new(Deaths::default());
        view.connect_web_process_terminated(move |view, reason| {
            tracing::error!(?reason, label = watched.label(), "the web process ended");
            match deaths.borrow_mut().another(Instant::now()) {
                Answer::Reload => {
                    // It is told that it loads only once it has begun to.
                    if watched.label() == MAIN {
                        super::page_loads(watched.app_handle());
                    }
                    view.reload();
                }
                Answer::Close => give_up(&watched),
            }
        });
    });
    if let Err(error) = result {
        tracing::warn!(%error, "a window's web process is not watched");
    }
}

/// WKWebView and WebView2 reload a dead page by themselves or show their own.
#[cfg(not(target_os = "linux"))]
pub(crate) fn watch(_window: &WebviewWindow) {}

#[cfg(target_os = "linux")]
fn give_up(window: &WebviewWindow) {
    super::surfaces::tell(
        window.app_handle(),
        "The Gatehouse window stopped working",
        "Approvals go on in notifications and the tray. Open the window again from the tray.",
    );
    let _ = window.destroy();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_keeps_dying_is_closed_and_one_that_dies_now_and_then_is_reloaded() {
        let start = Instant::now();
        let mut deaths = Deaths::default();
        for second in 0..3 {
            let at = start + Duration::from_secs(second);
            assert_eq!(deaths.another(at), Answer::Reload);
        }
        assert_eq!(
            deaths.another(start + Duration::from_secs(4)),
            Answer::Close
        );
        assert_eq!(
            deaths.another(start + Duration::from_secs(300)),
            Answer::Reload
        );
    }
}
