//! Values that are plain and common of variables that could name code: sizes of a heap, folders of sources, switches.

use super::flags::of_jvm;
use crate::place::{is_below, name, normalise};
use crate::programs::reader::Reader;

/// Folders that projects keep their sources in.
const SOURCES: &[&str] = &[
    "src", "lib", "libs", "test", "tests", "app", "apps", "backend", "server", "api", "python",
];

/// Folders that package managers of a project install into.
const INSTALLED: &[&str] = &["vendor", "bundle", "gems", ".bundle", ".gems"];

pub(super) fn is_plain(variable: &str, value: &str, reader: &Reader<'_>) -> bool {
    match variable {
        // It says so much to a shell that is used by hand, and what a deployment is called to everything else.
        "ENV" => is_a_name(value),
        "BROWSER" => matches!(value, "" | "none" | "true" | ":" | "false"),
        "SHELL" => super::shapes::is_installed(value) && name(value).ends_with("sh"),
        "GOPROXY" => value
            .split([',', '|'])
            .all(|one| matches!(one, "off" | "direct" | "https://proxy.golang.org")),
        "GOTOOLCHAIN" => {
            matches!(value, "local" | "auto") || value.strip_prefix("go").is_some_and(is_version)
        }
        "MAVEN_OPTS" | "GRADLE_OPTS" | "JAVA_OPTS" | "SBT_OPTS" | "ANT_OPTS"
        | "JAVA_TOOL_OPTIONS" | "_JAVA_OPTIONS" | "JDK_JAVA_OPTIONS" => of_jvm(value),
        "PYTHONPATH" => value.split(':').all(|part| lies_in(part, SOURCES, reader)),
        "GEM_HOME" | "GEM_PATH" | "BUNDLE_PATH" => value
            .split(':')
            .all(|part| lies_in(part, INSTALLED, reader)),
        _ => false,
    }
}

fn is_a_name(value: &str) -> bool {
    value
        .bytes()
        .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn is_version(value: &str) -> bool {
    value.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// The workspace, or a folder in it that is called so.
fn lies_in(folder: &str, names: &[&str], reader: &Reader<'_>) -> bool {
    let Some(path) = normalise(folder, reader.cwd()) else {
        return false;
    };
    let workspace = crate::place::trimmed(&reader.world.workspace);
    path == workspace || is_below(&path, workspace) && names.contains(&name(&path))
}
