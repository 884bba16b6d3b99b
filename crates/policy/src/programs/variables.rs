//! Variables that decide what a later command runs or says.

mod compilers;
mod flags;
mod loads;
mod names;
mod paths;
mod plain;
mod shapes;

use super::network::metadata;
use super::reader::{Reader, shown_word};
use crate::place::{is_below, normalise};
use crate::verdict::Verdict;
use crate::word::{Piece, Word};

use super::options::without;
pub(crate) use names::{is_credential, is_secret};

/// `NAME=value` as a name and a value; none for other words. `NAME+=value` too.
pub(crate) fn split(word: &Word) -> Option<(String, Word)> {
    let begin = match word {
        Word::Known(text) => text.as_str(),
        Word::Partial(pieces) => match pieces.first() {
            Some(Piece::Text(text)) => text,
            _ => return None,
        },
        Word::Unknown(_) => return None,
    };
    let at = begin.find('=')?;
    let name = begin[..at].trim_end_matches('+');
    let valid = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    valid.then(|| (name.to_owned(), without(word, at + 1)))
}

/// Whose value is loaded as code, names a program that is run, or is a line for a shell.
#[rustfmt::skip]
const RUNS: &[&str] = &[
    "LD_PRELOAD", "LD_LIBRARY_PATH", "LD_AUDIT", "LD_BIND_NOW", "LD_DEBUG_OUTPUT", "LD_ORIGIN_PATH", "DYLD_INSERT_LIBRARIES",
    "DYLD_LIBRARY_PATH", "DYLD_FRAMEWORK_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "BASH_ENV", "ENV", "ZDOTDIR", "PROMPT_COMMAND", "PS0",
    "PS1", "PS4", "SHELLOPTS", "BASHOPTS", "BASH_FUNC", "PERL5LIB", "PERL5OPT", "PERL5DB", "PERLLIB", "PYTHONPATH", "PYTHONSTARTUP",
    "PYTHONHOME", "PYTHONINSPECT", "PYTHONWARNINGS", "PYTHONBREAKPOINT", "PYTHONUSERBASE", "PYTHONEXECUTABLE", "NODE_OPTIONS", "NODE_PATH", "RUBYOPT",
    "RUBYLIB", "GEM_PATH", "GEM_HOME", "BUNDLE_GEMFILE", "BUNDLE_PATH", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS", "JDK_JAVA_OPTIONS", "JAVA_OPTS",
    "MAVEN_OPTS", "GRADLE_OPTS", "CLASSPATH", "LUA_INIT", "LUA_PATH", "LUA_CPATH", "R_PROFILE", "R_ENVIRON", "PHPRC", "PHP_INI_SCAN_DIR",
    "GIT_SSH", "GIT_SSH_COMMAND", "GIT_PROXY_COMMAND", "GIT_ASKPASS", "SSH_ASKPASS", "SUDO_ASKPASS", "GIT_EDITOR", "GIT_SEQUENCE_EDITOR", "GIT_PAGER",
    "GIT_EXTERNAL_DIFF", "GIT_EXEC_PATH", "GIT_TEMPLATE_DIR", "GIT_CONFIG", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS", "GIT_DIR", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_HTTP_PROXY_AUTHMETHOD", "PAGER", "MANPAGER", "LESSOPEN", "LESSCLOSE",
    "LESSKEY", "LESS", "BAT_PAGER", "DELTA_PAGER", "SYSTEMD_PAGER", "PSQL_PAGER", "EDITOR", "VISUAL", "FCEDIT", "SUDO_EDITOR", "BROWSER", "SHELL",
    "TERMINFO", "TERMCAP", "RUSTC_WRAPPER", "RUSTC_WORKSPACE_WRAPPER", "RUSTC", "RUSTDOC", "RUSTFLAGS", "RUSTDOCFLAGS", "CARGO_HOME", "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN", "CARGO_ENCODED_RUSTFLAGS", "CC", "CXX", "LD", "AR", "CFLAGS", "CXXFLAGS", "LDFLAGS", "MAKEFLAGS", "GNUMAKEFLAGS", "MAKEFILES", "MAKESHELL",
    "GOFLAGS", "GOTOOLDIR", "GOROOT", "GOPROXY", "GONOSUMDB", "GONOSUMCHECK", "GOTOOLCHAIN", "GOENV", "CGO_CFLAGS", "CGO_LDFLAGS", "VIMINIT", "EXINIT", "MYVIMRC",
    "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS", "XDG_DATA_DIRS", "IFS", "CDPATH", "GLOBIGNORE", "FPATH", "TAR_OPTIONS", "TAPE", "RSYNC_RSH", "CVS_RSH",
    "SVN_SSH", "HGRCPATH", "WGETRC", "CURL_HOME", "RIPGREP_CONFIG_PATH", "FZF_DEFAULT_COMMAND", "FZF_DEFAULT_OPTS", "ACK_PAGER", "GREP_OPTIONS",
    "ZIPOPT", "UNZIP", "GZIP", "XZ_OPT", "OPENSSL_CONF", "OPENSSL_ENGINES", "SSLKEYLOGFILE", "GCONV_PATH", "LOCPATH", "NLSPATH", "MALLOC_CONF", "HOSTALIASES",
    "RESOLV_HOST_CONF", "NPM_CONFIG_SCRIPT_SHELL", "NPM_CONFIG_USERCONFIG", "YARN_RC_FILENAME", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_CONFIG_FILE",
    "UV_INDEX_URL", "TF_CLI_CONFIG_FILE", "TF_CLI_ARGS", "DOCKER_HOST", "DOCKER_CONFIG", "KUBECONFIG", "KUBE_EDITOR", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
    "ANSIBLE_CONFIG", "ANSIBLE_LIBRARY", "CMAKE_TOOLCHAIN_FILE", "CMAKE_PREFIX_PATH", "PKG_CONFIG", "PKG_CONFIG_PATH", "ELECTRON_RUN_AS_NODE", "VSCODE_IPC_HOOK",
    "PHP_CS_FIXER", "PLAYWRIGHT_BROWSERS_PATH", "ERL_FLAGS", "ERL_AFLAGS", "ELIXIR_ERL_OPTIONS", "GHCRTS", "DOTNET_STARTUP_HOOKS", "CORECLR_PROFILER",
    "CORECLR_PROFILER_PATH", "GOCACHEPROG", "ZIP", "MANOPT", "JQ_LIBRARY_PATH", "BAT_CONFIG_PATH", "BAT_CONFIG_DIR", "LESSKEYIN", "LESSKEY_CONTENT",
    "LESSKEY_SYSTEM", "LESSKEYIN_SYSTEM", "CMAKE_PROJECT_TOP_LEVEL_INCLUDES", "CMAKE_MAKE_PROGRAM", "CARGO", "GIT_COMMON_DIR", "GIT_ATTR_SOURCE", "TEXMFCNF",
    "TEXMFHOME", "shell_escape", "openout_any", "openin_any", "INPUTRC", "SCREENRC", "PSQLRC", "EMACSLOADPATH", "VIMRUNTIME", "PERL_MM_OPT", "PERL_MB_OPT",
    "COMSPEC", "PATHEXT", "PSMODULEPATH", "BASH_CMDS", "BASH_ALIASES", "BASH_LOADABLES_PATH", "EXECIGNORE",
    "GLIBC_TUNABLES", "AWKPATH", "AWKLIBPATH", "M4PATH", "GUILE_LOAD_PATH", "GUILE_LOAD_COMPILED_PATH", "TCLLIBPATH", "GTK_MODULES",
    "QT_PLUGIN_PATH", "GIO_EXTRA_MODULES", "GIO_MODULE_DIR", "GST_PLUGIN_PATH", "GDK_PIXBUF_MODULE_FILE", "COMPILER_PATH",
    "KUBECTL_EXTERNAL_DIFF", "GH_PAGER", "GH_EDITOR", "GH_BROWSER", "GLAB_PAGER", "READNULLCMD", "NULLCMD", "BAT_OPTS", "LESSEDIT", "BUN_OPTIONS", "GOAUTH", "JAVACMD",
    "MAVEN_ARGS", "ANT_OPTS", "ANT_ARGS", "SBT_OPTS", "HARNESS_PERL", "HARNESS_PERL_SWITCHES", "SPEC_OPTS", "RAKEOPT", "PYTHON_PRESITE", "TARGET_CC", "TARGET_CXX", "TARGET_AR",
    "HOST_CC", "HOST_CXX", "PROTOC", "CCC_OVERRIDE_OPTIONS", "CPP", "CPPFLAGS", "CGO_CPPFLAGS", "CGO_CXXFLAGS", "CGO_FFLAGS", "GCCGO", "CONFIG_SHELL", "AUTOM4TE", "AUTOCONF",
    "AUTOMAKE", "CMAKE_C_COMPILER", "CMAKE_CXX_COMPILER", "BAZEL_SH", "R_PROFILE_USER", "R_ENVIRON_USER", "OCAMLPARAM", "HELM_PLUGINS", "npm_node_execpath", "npm_execpath",
    "GROFF_COMMAND_PREFIX",
    "GCC_EXEC_PREFIX", "CAML_LD_LIBRARY_PATH", "ERL_LIBS", "LESSSECURE", "LESSSECURE_ALLOW", "PAGERSECURE", "SYSTEMD_PAGERSECURE",
];

/// Where everything that is sent passes through, or what is trusted.
#[rustfmt::skip]
const ROUTES: &[&str] = &[
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy", "FTP_PROXY", "ftp_proxy", "SSL_CERT_FILE",
    "SSL_CERT_DIR", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "NODE_TLS_REJECT_UNAUTHORIZED", "GIT_SSL_NO_VERIFY",
    "GH_HOST", "CONTAINER_HOST", "DOCKER_CONTEXT", "KUBERNETES_MASTER", "RSYNC_PROXY", "RSYNC_CONNECT_PROG",
    "PYTHONHTTPSVERIFY", "GIT_SSL_CAINFO", "SSH_AUTH_SOCK", "HOME", "USER", "TMPDIR", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "XAUTHORITY",
];

/// Judges one assignment that a command gets or that stays in the shell.
pub(crate) fn judge(name: &str, value: &Word, reader: &mut Reader<'_>) {
    if name.starts_with("HIST") {
        return reader.deny(
            "erase-evidence",
            "It changes the record of the commands that are run.",
        );
    }
    if name.starts_with("OPENCLAW_") || name.starts_with("GATEHOUSE_") {
        return reader.find(
            Verdict::Deny,
            "own-environment",
            format!("{name} decides over the gateway."),
        );
    }
    if name == "PATH" {
        return path(value, reader);
    }
    let numbered = [
        "GIT_CONFIG_KEY_",
        "GIT_CONFIG_VALUE_",
        "BASH_FUNC_",
        "TF_CLI_ARGS_",
        "CARGO_TARGET_",
        "CARGO_BUILD_",
        "CARGO_HOST_",
        "CARGO_ALIAS_",
        "CARGO_SOURCE_",
        "CARGO_CREDENTIAL_",
        "CARGO_UNSTABLE_",
        "npm_config_",
        "NPM_CONFIG_",
        "DYLD_",
        "LD_",
    ];
    let runs = RUNS.contains(&name)
        || numbered
            .iter()
            .any(|begin| name.starts_with(begin) && !harmless(name))
        || launches(name)
        || shapes::names_a_compiler(name)
        || name.starts_with("LUA_INIT_")
        || (name == "MPLBACKEND" && shown_word(value).starts_with("module://"));
    paths::judge(name, value, reader);
    loads::judge(name, value, reader);
    if runs {
        let is_plain = |text| plain::is_plain(name, text, reader);
        if is_harmless_value(name, value) || value.known().is_some_and(is_plain) {
            return;
        }
        let text = format!(
            "{name}={} decides what other commands run.",
            shown_word(value)
        );
        return reader.find(Verdict::Deny, "poisoned-environment", text);
    }
    if shapes::is_dangerous(name, value) {
        let text = format!(
            "{name}={} may decide what the command runs or loads.",
            shown_word(value)
        );
        reader.find(Verdict::Ask, "strange-environment", text);
    }
    if ROUTES.contains(&name) || shapes::is_a_registry(name) {
        let text = format!(
            "{name}={} decides where things go or what is trusted.",
            shown_word(value)
        );
        reader.find(Verdict::Ask, "redirected-environment", text);
        metadata(reader, &shown_word(value));
    }
}

/// `CMAKE_C_COMPILER_LAUNCHER`, `CMAKE_CXX_LINKER_LAUNCHER`.
fn launches(name: &str) -> bool {
    name.starts_with("CMAKE_") && name.ends_with("_LAUNCHER")
}

fn harmless(name: &str) -> bool {
    matches!(
        name,
        "CARGO_TARGET_DIR"
            | "CARGO_BUILD_TARGET_DIR"
            | "CARGO_BUILD_BUILD_DIR"
            | "CARGO_BUILD_JOBS"
            | "CARGO_BUILD_TARGET"
            | "CARGO_BUILD_INCREMENTAL"
            | "CARGO_BUILD_DEP_INFO_BASEDIR"
            | "npm_config_loglevel"
            | "NPM_CONFIG_LOGLEVEL"
            | "npm_config_yes"
            | "npm_config_fund"
            | "npm_config_audit"
    )
}

/// Values of such variables that are plain and common.
fn is_harmless_value(name: &str, value: &Word) -> bool {
    let Some(value) = value.known() else {
        return false;
    };
    match name {
        "PAGER" | "GIT_PAGER" | "MANPAGER" | "SYSTEMD_PAGER" | "BAT_PAGER" | "GH_PAGER"
        | "GLAB_PAGER" => {
            matches!(value, "" | "cat" | "less" | "more")
        }
        "EDITOR" | "VISUAL" | "GIT_EDITOR" | "GIT_SEQUENCE_EDITOR" | "GH_EDITOR" => {
            matches!(value, "" | "true" | ":" | "cat" | "vi" | "vim" | "nano")
        }
        "NODE_OPTIONS" => value.split(' ').all(|one| {
            let name = one.split('=').next().unwrap_or("");
            matches!(
                name,
                "" | "--max-old-space-size"
                    | "--max_old_space_size"
                    | "--no-warnings"
                    | "--trace-warnings"
                    | "--enable-source-maps"
                    | "--no-deprecation"
                    | "--trace-deprecation"
                    | "--openssl-legacy-provider"
                    | "--experimental-vm-modules"
                    | "--unhandled-rejections"
            )
        }),
        "RUSTFLAGS" | "RUSTDOCFLAGS" | "CARGO_BUILD_RUSTFLAGS" | "CARGO_BUILD_RUSTDOCFLAGS" => {
            flags::of_rust(value)
        }
        // Options begin with a dash; the name of an archive does not.
        "ZIP" | "MANOPT" => !value
            .split_ascii_whitespace()
            .any(|word| word.starts_with('-')),
        "CARGO" => value == "cargo",
        "LESSSECURE" | "PAGERSECURE" | "SYSTEMD_PAGERSECURE" => value == "1",
        _ if launches(name) => matches!(value, "" | "ccache" | "sccache"),
        "CONFIG_SHELL" | "BAZEL_SH" => shapes::is_installed(value),
        "PROTOC" => value == "protoc" || shapes::is_installed(value),
        "CPP" => matches!(value, "cpp" | "gcc -E" | "cc -E" | "clang -E"),
        "KUBECTL_EXTERNAL_DIFF" => matches!(
            value,
            "diff" | "diff -u" | "diff -u -N" | "colordiff" | "colordiff -N -u"
        ),
        "BAT_OPTS" | "MAVEN_ARGS" | "ANT_OPTS" | "ANT_ARGS" | "SBT_OPTS" | "BUN_OPTIONS" => {
            shapes::only_say(value)
        }
        // Their short options are glued to what they load.
        "SPEC_OPTS" | "RAKEOPT" | "HARNESS_PERL_SWITCHES" => {
            let loads = |word: &str| word.starts_with("-r") || word.starts_with("-M");
            shapes::only_say(value) && !value.split_ascii_whitespace().any(loads)
        }
        "CMAKE_C_COMPILER" | "CMAKE_CXX_COMPILER" | "TARGET_CC" | "TARGET_CXX" | "TARGET_AR"
        | "HOST_CC" | "HOST_CXX" | "CC" | "CXX" | "LD" | "AR" => {
            flags::is_compiler(value, |one| compilers::is_installed(one, KEPT))
        }
        _ if shapes::names_a_compiler(name) => {
            flags::is_compiler(value, |one| compilers::is_installed(one, KEPT))
                || flags::of_c(value)
        }
        "PYTHONWARNINGS" => value.split(',').all(warning),
        "CFLAGS" | "CXXFLAGS" | "LDFLAGS" | "CGO_CFLAGS" | "CGO_LDFLAGS" | "CPPFLAGS"
        | "CGO_CPPFLAGS" | "CGO_CXXFLAGS" => flags::of_c(value),
        "PYTHONPATH" | "GOFLAGS" | "MAKEFLAGS" | "LESS" | "RUSTUP_TOOLCHAIN" | "IFS" | "PS1"
        | "PS4" => {
            matches!(
                value,
                "." | "src"
                    | "./src"
                    | "-mod=mod"
                    | "-mod=vendor"
                    | "-mod=readonly"
                    | "-count=1"
                    | "-race"
                    | "-R"
                    | "-FRX"
                    | "-FX"
                    | "stable"
                    | "nightly"
                    | "beta"
                    | "\n"
                    | ","
                    | ":"
                    | " "
                    | ""
                    | "|"
                    | ";"
                    | "\t"
                    | "+ "
                    | "$ "
            ) || (name == "MAKEFLAGS"
                && value
                    .strip_prefix("-j")
                    .is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit())))
        }
        _ => false,
    }
}

/// `error`, `ignore::DeprecationWarning`. A category with a dot in it is looked for in a module, which is run.
fn warning(filter: &str) -> bool {
    let mut parts = filter.split(':');
    let action = parts.next().unwrap_or_default().trim();
    let known = matches!(
        action,
        "" | "default" | "error" | "always" | "all" | "module" | "once" | "ignore"
    );
    known && !parts.next().is_some_and(|message| message.contains(':')) && {
        let category = parts.next().unwrap_or_default().trim();
        category.bytes().all(|b| b.is_ascii_alphanumeric())
    }
}

#[rustfmt::skip]
const KEPT: &[&str] = &[
    "/bin", "/usr/bin", "/usr/local/bin", "/sbin", "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin", "/snap/bin",
];

/// `PATH` may gain folders of the system; any other decides which program a name is.
fn path(value: &Word, reader: &mut Reader<'_>) {
    let text = shown_word(value);
    let (cwd, world) = (reader.cwd(), reader.world);
    let mut verdict = Verdict::Allow;
    for part in text.split(':') {
        if part == "…" || KEPT.contains(&part) {
            continue;
        }
        let kept = normalise(part, cwd).is_some_and(|path| {
            is_below(&path, &world.workspace)
                && (path.ends_with("/node_modules/.bin") || path.ends_with("/.venv/bin"))
        });
        verdict = verdict.max(if kept { Verdict::Ask } else { Verdict::Deny });
    }
    if verdict > Verdict::Allow {
        reader.find(
            verdict,
            "poisoned-path",
            format!("PATH={text} decides which program a name is."),
        );
    }
}
