//! Declares the bridge's commands to Tauri's access-control list, so that a window may call only what its
//! capability grants. Undeclared, every window could call every command.

use std::path::Path;
use std::{env, fs};

const BRIDGE: &str = "src-tauri/src/bridge.rs";

fn main() {
    for input in [
        BRIDGE,
        "src-tauri/capabilities",
        "tauri.conf.json",
        "icons",
        "ui/dist",
    ] {
        println!("cargo:rerun-if-changed={input}");
    }
    // The working folder of a build script is the package's, but rust-analyzer has been seen to differ.
    let root = env::var("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR");
    let source = fs::read_to_string(Path::new(&root).join(BRIDGE)).expect("the bridge is there");
    let commands: &'static [&'static str] = command_names(&source).leak();
    let attributes = tauri_build::Attributes::new()
        .capabilities_path_pattern("src-tauri/capabilities/**/*")
        .app_manifest(tauri_build::AppManifest::new().commands(commands));
    tauri_build::try_build(attributes).expect("the Tauri configuration is valid");
}

/// The names in the bridge's `collect_commands![…]`, one `area::name,` to a line.
fn command_names(source: &str) -> Vec<&'static str> {
    let start = source
        .find("collect_commands![\n")
        .expect("the bridge lists its commands");
    let list = &source[start..];
    let list = &list[..list.find(']').expect("the list ends")];
    list.lines()
        .skip(1)
        .filter_map(|line| line.trim().trim_end_matches(',').rsplit_once("::"))
        .map(|(_, name)| -> &'static str { name.to_owned().leak() })
        .collect()
}
