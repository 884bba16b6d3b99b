//! The environment of a judged command. What is inherited is chosen by name, so that nothing reaches a command
//! that nobody thought of: no token, no variable that makes a program load code, and no way to a program of the
//! person's session that does what it is told (the keychain, the agents of SSH and GPG, the screen).

use std::{collections::BTreeMap, ffi::OsString};

use serde_json::Value;

use crate::launch::Environment;

/// What a command inherits.
const INHERITED: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TERM",
    "COLORTERM",
    "TMPDIR",
    "TEMP",
    "TMP",
    "HOSTNAME",
    "NO_COLOR",
    "CI",
    "DEBIAN_FRONTEND",
    // Where programs keep their files. Of the same family, XDG_RUNTIME_DIR is where the session's sockets are.
    "XDG_CONFIG_HOME",
    "XDG_CONFIG_DIRS",
    "XDG_DATA_HOME",
    "XDG_DATA_DIRS",
    "XDG_CACHE_HOME",
    "XDG_STATE_HOME",
    // Where tools of a developer are and keep their things.
    "CARGO_HOME",
    "RUSTUP_HOME",
    "CARGO_TARGET_DIR",
    "GOPATH",
    "GOROOT",
    "GOCACHE",
    "GOMODCACHE",
    "JAVA_HOME",
    "NVM_DIR",
    "NODE_PATH",
    "PNPM_HOME",
    "BUN_INSTALL",
    "DENO_DIR",
    "VIRTUAL_ENV",
    "PYENV_ROOT",
    "CONDA_PREFIX",
    "RBENV_ROOT",
    "GEM_HOME",
    "ANDROID_HOME",
    "DOTNET_ROOT",
    "NIX_PATH",
    "HOMEBREW_PREFIX",
    // How the network is reached.
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "ALL_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "GIT_SSL_CAINFO",
    // Without these nothing starts on Windows.
    "SYSTEMROOT",
    "SYSTEMDRIVE",
    "WINDIR",
    "COMSPEC",
    "PATHEXT",
    "USERPROFILE",
    "HOMEDRIVE",
    "HOMEPATH",
    "APPDATA",
    "LOCALAPPDATA",
    "PROGRAMDATA",
    "PROGRAMFILES",
    "PROGRAMFILES(X86)",
    "NUMBER_OF_PROCESSORS",
    "PROCESSOR_ARCHITECTURE",
    "OS",
];

const INHERITED_PREFIXES: &[&str] = &["LC_"];

/// What every command gets: nobody turns the pages of its output, and a pager that is started all the same runs no
/// commands. `LESSSECURE` is of less, `PAGERSECURE` of more.
const SET: &[(&str, &str)] = &[
    ("PAGER", "cat"),
    ("GIT_PAGER", "cat"),
    ("MANPAGER", "cat"),
    ("SYSTEMD_PAGER", "cat"),
    ("LESSSECURE", "1"),
    ("PAGERSECURE", "1"),
    ("SYSTEMD_PAGERSECURE", "1"),
];

/// What every judged command gets: the inherited variables that are known, and those that are set. Chosen once, since
/// each of them is looked for among all names that are known.
#[derive(Clone, Debug)]
pub struct CleanEnvironment(Environment);

impl CleanEnvironment {
    pub(super) fn of(inherited: &[(OsString, OsString)]) -> Self {
        let known = inherited.iter().filter(|(name, _)| is_known(name));
        let mut all: BTreeMap<_, _> = known.cloned().collect();
        all.extend(SET.iter().map(|(name, value)| (name.into(), value.into())));
        Self(Environment::of(all))
    }

    /// With what a call sets on top.
    pub fn with(&self, arguments: &Value) -> Environment {
        let own = arguments.get("env").and_then(Value::as_object);
        let own = own.into_iter().flatten();
        let own = own.filter_map(|(name, value)| Some((name.into(), value.as_str()?.into())));
        let mut own = own.peekable();
        if own.peek().is_none() {
            return self.0.clone();
        }
        let mut all = self.0.variables().clone();
        all.extend(own);
        Environment::of(all)
    }
}

fn is_known(name: &OsString) -> bool {
    // Some of them are written in small letters too (`http_proxy`).
    let name = name.to_string_lossy().to_uppercase();
    INHERITED.contains(&name.as_str())
        || INHERITED_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_is_inherited_that_is_not_known() {
        let inherited = [
            ("PATH", "/bin"),
            ("LC_ALL", "C"),
            ("http_proxy", "p"),
            ("NODE_OPTIONS", "--require evil"),
            ("LD_PRELOAD", "evil.so"),
            ("GITHUB_TOKEN", "secret"),
            ("BASH_FUNC_ls%%", "() { evil; }"),
        ];
        let names = names(&inherited, json!({"env": {"OWN": "1"}}));
        assert_eq!(names, ["LC_ALL", "OWN", "PATH", "http_proxy"]);
    }

    #[test]
    fn no_way_into_the_person_s_session_is_inherited() {
        let inherited = [
            ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/1/bus"),
            ("DBUS_SESSION_BUS_PID", "1"),
            ("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/run/dbus"),
            ("XDG_RUNTIME_DIR", "/run/user/1"),
            ("XDG_SESSION_ID", "1"),
            ("XDG_CONFIG_HOME", "/home/a/.config"),
            ("SSH_AUTH_SOCK", "/run/user/1/agent"),
            ("SSH_AGENT_PID", "1"),
            ("GPG_AGENT_INFO", "/run/user/1/gpg"),
            ("GNOME_KEYRING_CONTROL", "/run/user/1/keyring"),
            ("DISPLAY", ":0"),
            ("WAYLAND_DISPLAY", "wayland-0"),
            ("XAUTHORITY", "/home/a/.Xauthority"),
            ("DOCKER_HOST", "unix:///run/user/1/docker.sock"),
            ("TMUX", "/tmp/tmux-1/default,1,0"),
        ];
        assert_eq!(names(&inherited, json!({})), ["XDG_CONFIG_HOME"]);
    }

    fn names(inherited: &[(&str, &str)], arguments: Value) -> Vec<String> {
        let inherited: Vec<_> = inherited
            .iter()
            .map(|(n, v)| (n.into(), v.into()))
            .collect();
        let clean = CleanEnvironment::of(&inherited).with(&arguments);
        let names = clean
            .variables()
            .keys()
            .map(|name| name.to_str().unwrap().to_owned());
        names
            .filter(|name| SET.iter().all(|(set, _)| set != name))
            .collect()
    }

    #[test]
    fn no_command_has_a_pager_that_runs_commands() {
        let inherited = [
            ("PAGER".into(), "less".into()),
            ("LESSSECURE".into(), "0".into()),
        ];
        let all = CleanEnvironment::of(&inherited).with(&json!({"env": {"GIT_PAGER": "less"}}));
        let value = |name: &str| {
            all.variables()[&OsString::from(name)]
                .to_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(
            (value("PAGER"), value("MANPAGER")),
            ("cat".into(), "cat".into())
        );
        assert_eq!(value("LESSSECURE"), "1");
        assert_eq!(
            value("GIT_PAGER"),
            "less",
            "what a call sets is asked about"
        );
    }
}
