//! A Tauri window with nothing in it, to set the app's start and memory beside.

use tauri::webview::PageLoadEvent;

fn main() {
    tauri::Builder::default()
        .on_page_load(|_, payload| {
            if payload.event() == PageLoadEvent::Finished {
                // The bench waits for this line.
                #[allow(clippy::print_stdout)]
                {
                    println!("page loaded");
                }
            }
        })
        .run(tauri::generate_context!(
            "tests/bench/empty/tauri.conf.json"
        ))
        .expect("an empty window opens");
}
