//! Variables that no list names, judged by what they are called and by what they hold.

use super::KEPT;
use crate::programs::reader::shown_word;
use crate::programs::table::has_name;
use crate::word::Word;

/// How the names of those end that hand options or a program to a tool.
const TOLD: &[&str] = &[
    "_OPTS", "_OPTIONS", "_ARGS", "_FLAGS", "_PRELOAD", "_LOADER", "_PLUGINS",
];

/// How the names of those end that name a program.
const PROGRAMS: &[&str] = &["_PAGER", "_EDITOR", "_BROWSER", "_SHELL"];

/// Options by which tools load or run something.
const LOADS: &str = "-r -e -c -M -exec -toolexec --require --import --preload --loader --experimental-loader --plugin --plugins --eval --exec --exec-path --config --init-script -javaagent -agentlib -agentpath --pager --shell --shell-command --rcfile --init-file";

/// Whether a variable whose name says that a tool is told something by it holds what may be run or loaded.
pub(super) fn is_dangerous(name: &str, value: &Word) -> bool {
    let text = shown_word(value);
    let ends = |ends: &[&str]| ends.iter().any(|end| name.ends_with(end));
    if ends(PROGRAMS) {
        return is_path(&text) && !is_installed(&text);
    }
    ends(TOLD) && !only_say(&text)
}

/// Whether a value holds no path and no option that loads or runs something.
pub(super) fn only_say(text: &str) -> bool {
    let plain = |word: &str| {
        let (option, value) = word.split_once(['=', ':']).unwrap_or((word, ""));
        let loads = option.starts_with('-') && (has_name(LOADS, option) || glued(option));
        !loads && !is_path(value.trim_start_matches('@')) && !word.starts_with("@/")
    };
    !is_path(text) && text.split_ascii_whitespace().all(plain)
}

/// `-r./x`, `-M/tmp/x`.
fn glued(option: &str) -> bool {
    let rest = option.get(2..).unwrap_or_default();
    !option.starts_with("--") && is_path(rest)
}

fn is_path(text: &str) -> bool {
    text.starts_with("./")
        || text.starts_with("../")
        || text.starts_with('/')
        || text.starts_with("~/")
}

/// `/bin/bash`, `/usr/bin/less`.
pub(super) fn is_installed(text: &str) -> bool {
    text.rsplit_once('/')
        .is_some_and(|(folder, name)| KEPT.contains(&folder) && !name.contains(' '))
}

/// `CC_x86_64_unknown_linux_gnu`, `CXX_aarch64-apple-darwin`: the compiler for one system.
pub(super) fn names_a_compiler(name: &str) -> bool {
    let begins = ["CC_", "CXX_", "AR_", "CFLAGS_", "CXXFLAGS_"];
    let target = begins.iter().find_map(|begin| name.strip_prefix(begin));
    let system = |part: &str| {
        matches!(
            part,
            "linux" | "apple" | "windows" | "darwin" | "musl" | "wasm32" | "none" | "android"
        )
    };
    target.is_some_and(|target| target.split('_').any(system))
}

/// `CARGO_REGISTRIES_NAME_INDEX`.
pub(super) fn is_a_registry(name: &str) -> bool {
    name.strip_prefix("CARGO_REGISTRIES_")
        .is_some_and(|rest| rest.ends_with("_INDEX"))
}
