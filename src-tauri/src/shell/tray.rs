//! The tray: how many items wait, and the first three to be decided in place.
//!
//! A menu entry carries the revision that the person read, so a choice on an item that changed meanwhile is
//! refused by the fleet; an entry of a menu that was replaced means nothing any more.

use std::panic::AssertUnwindSafe;
use std::sync::{Mutex, PoisonError};

use gatehouse_fleet::tray::{Choice, Entry, TrayModel};
use gatehouse_fleet::view::{InboxSnapshot, Opening};
use tauri::image::Image;
use tauri::menu::{Menu, MenuBuilder, MenuItemBuilder, SubmenuBuilder};
use tauri::tray::{TrayIcon, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, Manager, Wry, include_image};
use tokio::sync::oneshot;
use tracing::warn;

use super::surfaces::{self, Choosing};
use super::{life, window};

const OPEN: &str = "open";
const QUIT: &str = "quit";
/// Before the number of a choice in the current menu.
const CHOICE: &str = "choice";

/// The tray icon and what its menu means now.
pub(crate) struct Tray {
    icon: TrayIcon,
    shown: Mutex<Shown>,
}

#[derive(Default)]
struct Shown {
    model: TrayModel,
    /// Counts menus, so that a click on a former one is told apart.
    menu: u32,
    choices: Vec<Choice>,
}

/// Puts the icon into the tray, where there is one, and returns once it is there. Without it the app goes on: its
/// notices still decide, and a second start opens the window.
pub(crate) async fn put_up(app: &AppHandle) {
    let (done, is_done) = oneshot::channel();
    window::on_main_thread(app, |app| {
        put_up_here(app);
        // Nobody waits any more when the app ends.
        let _ = done.send(());
    });
    let _ = is_done.await;
}

fn put_up_here(app: &AppHandle) {
    // A missing indicator library is a panic and not an error.
    let built = std::panic::catch_unwind(AssertUnwindSafe(|| build(app)));
    match built {
        Ok(Ok(tray)) => drop(app.manage(tray)),
        Ok(Err(error)) => warn!(%error, "there is no tray"),
        Err(_) => warn!("there is no tray: the indicator library is missing"),
    }
}

fn build(app: &AppHandle) -> tauri::Result<Tray> {
    let shown = Shown::default();
    let menu = menu(app, &shown.model, shown.menu)?;
    let icon = TrayIconBuilder::with_id("gatehouse")
        .icon(image(false))
        .icon_as_template(cfg!(target_os = "macos"))
        .tooltip(shown.model.headline())
        .menu(&menu)
        .show_menu_on_left_click(cfg!(target_os = "linux"))
        .on_menu_event(|app, event| on_menu(app, event.id().as_ref()))
        .on_tray_icon_event(|icon, event| {
            if let TrayIconEvent::DoubleClick { .. } = event {
                window::open_main(icon.app_handle());
            }
        })
        .build(app)?;
    Ok(Tray {
        icon,
        shown: Mutex::new(shown),
    })
}

impl Tray {
    /// Shows the inbox as it is now. An unchanged menu is left alone: replacing one closes it under the
    /// person's pointer.
    pub(crate) fn show(&self, app: &AppHandle, inbox: &InboxSnapshot) {
        let model = TrayModel::of(inbox);
        let Some(number) = self.next(&model) else {
            return;
        };
        // Without the lock: drawing waits for the main thread, and a click there waits for the lock.
        if let Err(error) = self.draw(app, &model, number) {
            warn!(%error, "the tray could not be drawn");
        }
    }

    /// The number of the menu that is going to show this; none where it shows already.
    fn next(&self, model: &TrayModel) -> Option<u32> {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.model == *model {
            return None;
        }
        shown.menu = shown.menu.wrapping_add(1);
        shown.choices = model.choices();
        shown.model = model.clone();
        Some(shown.menu)
    }

    fn draw(&self, app: &AppHandle, model: &TrayModel, number: u32) -> tauri::Result<()> {
        self.icon.set_menu(Some(menu(app, model, number)?))?;
        self.icon.set_icon(Some(image(model.waiting > 0)))?;
        self.icon.set_tooltip(Some(model.headline()))
    }

    fn choice(&self, id: &str) -> Option<Choice> {
        let (menu, index) = id.strip_prefix(CHOICE)?.split_once('.')?;
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let current = menu.parse() == Ok(shown.menu);
        if current {
            shown.choices.get(index.parse::<usize>().ok()?).cloned()
        } else {
            None
        }
    }
}

fn on_menu(app: &AppHandle, id: &str) {
    match id {
        OPEN => window::open_main(app),
        QUIT => life::quit(app),
        id => match app.state::<Tray>().choice(id) {
            Some(Choice::Show(key)) => window::open_at(app, Opening::Item { key }),
            Some(Choice::Decide {
                key,
                revision,
                decision,
            }) => {
                surfaces::decide_in_tray(
                    app,
                    Choosing {
                        key,
                        revision,
                        decision,
                    },
                );
            }
            None => {}
        },
    }
}

fn menu(app: &AppHandle, model: &TrayModel, number: u32) -> tauri::Result<Menu<Wry>> {
    let headline = MenuItemBuilder::new(model.headline())
        .enabled(false)
        .build(app)?;
    let mut menu = MenuBuilder::new(app).item(&headline);
    let mut index = 0;
    for entry in &model.entries {
        let submenu = submenu(app, entry, number, &mut index)?;
        menu = menu.item(&submenu);
    }
    menu.separator()
        .text(OPEN, "Open Gatehouse")
        .text(QUIT, "Quit")
        .build()
}

fn submenu(
    app: &AppHandle,
    entry: &Entry,
    number: u32,
    index: &mut usize,
) -> tauri::Result<tauri::menu::Submenu<Wry>> {
    let mut submenu = SubmenuBuilder::new(app, menu_text(&entry.title));
    for line in &entry.lines {
        let line = MenuItemBuilder::new(menu_text(line))
            .enabled(false)
            .build(app)?;
        submenu = submenu.item(&line);
    }
    submenu = submenu.separator();
    for (words, _) in &entry.choices {
        submenu = submenu.text(format!("{CHOICE}{number}.{index}"), *words);
        *index += 1;
    }
    submenu.build()
}

/// An ampersand in a menu marks the next letter as its key: doubled, it is itself.
fn menu_text(text: &str) -> String {
    text.replace('&', "&&")
}

/// No system tells an app what colour its panel has: on Linux and Windows the icon is light with a dark edge, which
/// reads on both; macOS recolours a dark template by itself.
fn image(waiting: bool) -> Image<'static> {
    match (waiting, cfg!(target_os = "macos")) {
        (false, false) => include_image!("icons/tray/outlined.png"),
        (true, false) => include_image!("icons/tray/outlined-waiting.png"),
        (false, true) => include_image!("icons/tray/on-light.png"),
        (true, true) => include_image!("icons/tray/on-light-waiting.png"),
    }
}
