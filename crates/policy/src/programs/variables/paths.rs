//! Variables whose value is a file or a folder that a program writes.

use crate::effect::Zone;
use crate::place::{Access, is_below, locate, trimmed};
use crate::programs::options::without;
use crate::programs::reader::Reader;
use crate::word::Word;

/// A file or a folder that is written.
#[rustfmt::skip]
const WRITTEN: &[&str] = &[
    "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_WORK_TREE", "GIT_REDIRECT_STDOUT", "GIT_REDIRECT_STDERR",
    "CARGO_TARGET_DIR", "CARGO_BUILD_TARGET_DIR", "CARGO_BUILD_BUILD_DIR", "CARGO_INSTALL_ROOT", "CARGO_LLVM_COV_TARGET_DIR",
    "GOCACHE", "GOMODCACHE", "GOPATH", "GOTMPDIR", "GOBIN", "GOCOVERDIR", "PYTHONPYCACHEPREFIX", "PYTHON_HISTORY", "COVERAGE_FILE",
    "MYPY_CACHE_DIR", "RUFF_CACHE_DIR", "PIP_CACHE_DIR", "PIP_LOG", "PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "UV_CACHE_DIR", "PRE_COMMIT_HOME",
    "NODE_V8_COVERAGE", "NODE_COMPILE_CACHE", "NODE_REDIRECT_WARNINGS", "NODE_REPL_HISTORY", "LLVM_PROFILE_FILE", "GCOV_PREFIX",
    "GMON_OUT_PREFIX", "MALLOC_TRACE", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "DESTDIR", "LESSHISTFILE", "SQLITE_HISTORY",
    "PSQL_HISTORY", "MYSQL_HISTFILE", "CCACHE_DIR", "CCACHE_LOGFILE", "SCCACHE_DIR", "SCCACHE_ERROR_LOG", "TEXMFOUTPUT", "TEXMFVAR",
    "COMPOSER_CACHE_DIR", "YARN_CACHE_FOLDER", "TURBO_CACHE_DIR", "CC_PRINT_OPTIONS_FILE", "CC_PRINT_HEADERS_FILE", "CC_LOG_DIAGNOSTICS_FILE", "TF_LOG_PATH", "GRADLE_USER_HOME", "ESLINT_CACHE_LOCATION", "WGET_OUTPUT_DOCUMENT",
];

/// A file that is written where the value is an absolute path, and otherwise says whether or where to.
const TRACES: &[&str] = &["GIT_TRACE", "GIT_TRACE2", "GIT_TR2"];

/// Options of which one names a file: `file=PATH:level=32`, `log_path=PATH`.
#[rustfmt::skip]
const OPTIONS: &[&str] = &[
    "FFREPORT", "VALGRIND_OPTS", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS", "MSAN_OPTIONS", "DEPENDENCIES_OUTPUT", "SUNPRO_DEPENDENCIES",
];

/// Judges a value by what is written to where it says.
pub(super) fn judge(name: &str, value: &Word, reader: &mut Reader<'_>) {
    if name == "GIT_WORK_TREE" && is_whole(value, reader) {
        reader.deny(
            "poisoned-environment",
            "It makes git take a whole home or the system for the files that it keeps, and throws away.",
        );
    }
    if WRITTEN.contains(&name) {
        if !matches!(value.known(), Some("" | "-" | "off" | "/dev/null")) {
            written(value, reader);
        }
        return;
    }
    let traces = TRACES.iter().any(|begin| {
        name.strip_prefix(begin)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    });
    if traces && (value.prefix().starts_with(['/', '~']) || value.known().is_none()) {
        return written(value, reader);
    }
    if traces && let Some(path) = value.known().and_then(|text| text.strip_prefix("af_unix:")) {
        let path = path
            .trim_start_matches("stream:")
            .trim_start_matches("dgram:");
        return written(&Word::from(path), reader);
    }
    if OPTIONS.contains(&name) {
        for path in crate::programs::reader::shown_word(value).split(['=', ':', ' ', ',']) {
            if path.contains(['/', '…']) || path.starts_with('.') {
                written(&Word::from(path), reader);
            }
        }
    }
}

fn is_whole(value: &Word, reader: &Reader<'_>) -> bool {
    let path = value
        .known()
        .and_then(|text| crate::place::normalise(text, reader.cwd()));
    path.is_some_and(|path| crate::place::is_critical(&path, reader.world))
}

fn written(value: &Word, reader: &mut Reader<'_>) {
    let value = match value.known() {
        Some(text) if text.starts_with("~/") => {
            Word::Known(format!("{}{}", trimmed(&reader.world.home), &text[1..]))
        }
        Some(_) => value.clone(),
        None => without(value, 0),
    };
    if !is_kept_there(&value, reader) {
        reader.touch(&value, Access::Write);
    }
}

/// Where such things are kept anyway: `~/.cache`, `~/go`.
fn is_kept_there(value: &Word, reader: &Reader<'_>) -> bool {
    let place = value
        .known()
        .and_then(|text| locate(text, reader.cwd(), reader.world));
    place.is_some_and(|place| {
        let home = trimmed(&reader.world.home);
        let usual = ["/.cache", "/go", "/.local/share"]
            .iter()
            .any(|end| is_below(&place.path, &format!("{home}{end}")));
        usual && place.zone == Zone::Home && place.guard.is_none() && place.secret.is_none()
    })
}
