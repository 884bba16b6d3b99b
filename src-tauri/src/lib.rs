//! The desktop shell: windows, tray, notices and typed commands. Wiring only; behaviour is in `crates/fleet`.

#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod bridge;
mod commands;
pub mod shell;

use std::process::ExitCode;
use std::time::Instant;

use gatehouse_vault::Redactor;
use tauri::{App, AppHandle, Manager, RunEvent, WindowEvent};
use tracing::error;

use crate::shell::failure::StartError;
use crate::shell::streams::ChatStreams;
use crate::shell::window::{self, MAIN};
use crate::shell::{closing, deep_links, failure, life, rendering, start};
use gatehouse_fleet::Fleet;

/// Runs the app until it is asked to end.
pub fn run() -> ExitCode {
    let started = Instant::now();
    // Where it cannot be helped, the app works all the same.
    let _ = gatehouse_vault::process::leave_no_core_dumps();
    rendering::choose();
    let bridge = bridge::bridge();
    let invoke_handler = bridge.invoke_handler();
    let app = tauri::Builder::default()
        // First, so that a second start ends before it touches anything of the first.
        .plugin(tauri_plugin_single_instance::init(on_second_start))
        .plugin(tauri_plugin_notification::init())
        .plugin(
            tauri_plugin_window_state::Builder::new()
                .with_state_flags(window::remembered())
                .with_denylist(&[window::APPROVAL])
                .build(),
        )
        .invoke_handler(move |invoke| failure::answer(invoke).is_none_or(&invoke_handler))
        .setup(move |app| {
            bridge.mount_events(app);
            if let Err(error) = set_up(app, started) {
                failure::show(app.handle(), &error);
            }
            Ok(())
        })
        .build(tauri::generate_context!());
    match app {
        Ok(app) => {
            app.run(on_event);
            ExitCode::SUCCESS
        }
        Err(error) => {
            error!(%error, "the app could not start");
            failure::on_the_terminal(&error);
            ExitCode::FAILURE
        }
    }
}

fn set_up(app: &mut App, started: Instant) -> Result<(), StartError> {
    let handle = app.handle().clone();
    app.manage(life::Life::new());
    app.manage(ChatStreams::default());
    app.manage(closing::Closing::default());
    let redactor = Redactor::new();
    start::logging(&handle, redactor.clone())?;
    life::watch_signals(&handle);
    // The window first: its page starts in a process of its own while the rest is put up here. What it asks is
    // answered by this very thread, so nothing of it comes before the fleet is there.
    open_unless_background(&handle, std::env::args());
    tauri::async_runtime::block_on(start::fleet_and_notices(&handle, redactor, started))?;
    deep_links::follow_among(&handle, std::env::args().skip(1));
    shell::forward::start(&handle, &app.state::<Fleet>());
    #[cfg(target_os = "linux")]
    shell::idle_memory::give_back_after_start(&handle);
    Ok(())
}

/// Somebody started the app again: they want to see it, or follow a link. The start with the session does not.
fn on_second_start(app: &AppHandle, arguments: Vec<String>, _folder: String) {
    if failure::happened(app) {
        return window::open_main(app);
    }
    if !deep_links::follow_among(app, arguments.iter().skip(1).cloned()) {
        open_unless_background(app, arguments);
    }
}

fn open_unless_background(app: &AppHandle, arguments: impl IntoIterator<Item = String>) {
    if !arguments
        .into_iter()
        .any(|argument| argument == life::BACKGROUND)
    {
        window::open_main(app);
    }
}

fn on_event(app: &AppHandle, event: RunEvent) {
    match event {
        // The window that said why it could not start is closed.
        RunEvent::ExitRequested {
            code: None, api, ..
        } if failure::happened(app) => {
            // Not as it is, which would be with success.
            api.prevent_exit();
            app.exit(failure::STATUS);
        }
        // The last window is closed: the tray, the notices and the connections go on.
        RunEvent::ExitRequested {
            code: None, api, ..
        } => api.prevent_exit(),
        RunEvent::Exit => life::end(app),
        #[cfg(target_os = "macos")]
        RunEvent::Opened { urls } => {
            deep_links::follow_among(app, urls.into_iter().map(String::from));
        }
        RunEvent::WindowEvent { label, event, .. } => on_window(app, &label, &event),
        _ => {}
    }
}

fn on_window(app: &AppHandle, label: &str, event: &WindowEvent) {
    match event {
        WindowEvent::CloseRequested { api, .. } => {
            window::remember(app);
            if label == MAIN {
                closing::requested(app, api);
            }
        }
        WindowEvent::Moved(_) | WindowEvent::Resized(_) if label == MAIN => {
            window::remember_soon(app);
        }
        WindowEvent::Destroyed => {
            if label == MAIN {
                shell::page_left(app);
            }
            #[cfg(target_os = "linux")]
            shell::idle_memory::end_when_idle(app);
        }
        _ => {}
    }
}
