//! Starting with the session, hidden in the tray: an entry in the folder where desktops look for such (XDG autostart).
//!
//! The entry is the setting: a desktop's own list of what starts shows it, and what is changed there counts here.

use std::io;
use std::path::{Path, PathBuf};

use super::life;

/// Named as the app is, so that desktops know it for the same.
const FILE: &str = "app.gatehouse.desktop.desktop";

/// Where the entry belongs and what it starts; none on a system that has other ways.
pub(crate) struct AtLogin {
    entry: PathBuf,
    program: PathBuf,
}

impl AtLogin {
    /// `config` is the person's configuration folder. Started from an image that is mounted anew each time, the image
    /// is the program.
    pub(crate) fn new(config: &Path) -> Option<Self> {
        if !cfg!(target_os = "linux") {
            return None;
        }
        let image = std::env::var_os("APPIMAGE").map(PathBuf::from);
        let program = image.or_else(|| std::env::current_exe().ok())?;
        Some(Self {
            entry: config.join("autostart").join(FILE),
            program,
        })
    }

    /// Whether the session starts the app.
    pub(crate) fn is_on(&self) -> bool {
        std::fs::read_to_string(&self.entry).is_ok_and(|text| is_enabled(&text))
    }

    /// Writes the entry, or takes it away.
    ///
    /// # Errors
    /// When the folder or the entry cannot be written.
    pub(crate) fn set(&self, on: bool) -> io::Result<()> {
        if !on {
            return match std::fs::remove_file(&self.entry) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        if let Some(folder) = self.entry.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&self.entry, text(&self.program))
    }

    /// Where the entry is, for words about it.
    pub(crate) fn path(&self) -> &Path {
        &self.entry
    }
}

fn text(program: &Path) -> String {
    format!(
        "[Desktop Entry]\nType=Application\nName=Gatehouse\nComment=Tells what agents wait for\n\
         Exec={} {}\nIcon=gatehouse-desktop\nTerminal=false\nX-GNOME-Autostart-enabled=true\n",
        quoted(&program.to_string_lossy()),
        life::BACKGROUND,
    )
}

/// One argument of an `Exec` line: quoted, with what the quotes do not cover escaped, and `%` doubled. A backslash is
/// one more time escaped, as in every string of such a file.
fn quoted(argument: &str) -> String {
    let mut quoted = String::from('"');
    for letter in argument.chars() {
        match letter {
            '"' | '`' | '$' => quoted.push_str("\\\\"),
            '\\' => quoted.push_str("\\\\\\"),
            '%' => quoted.push('%'),
            _ => {}
        }
        quoted.push(letter);
    }
    quoted.push('"');
    quoted
}

/// Desktops switch an entry off by a line in it.
fn is_enabled(text: &str) -> bool {
    let says = |line: &str| {
        let (key, value) = line.split_once('=').unwrap_or_default();
        (key.trim().to_owned(), value.trim().to_ascii_lowercase())
    };
    !text.lines().map(says).any(|(key, value)| {
        (key == "Hidden" && value == "true")
            || (key == "X-GNOME-Autostart-enabled" && value == "false")
    })
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_entry_starts_this_program_hidden_and_is_gone_when_it_is_switched_off() {
        let config = tempfile::tempdir().unwrap();
        let at_login = AtLogin::new(config.path()).unwrap();
        assert!(!at_login.is_on());
        at_login.set(true).unwrap();
        assert!(at_login.is_on());
        let entry = std::fs::read_to_string(at_login.path()).unwrap();
        let program = std::env::current_exe().unwrap();
        let exec = format!("Exec=\"{}\" --background\n", program.display());
        assert!(entry.contains(&exec), "{entry}");
        at_login.set(false).unwrap();
        at_login.set(false).unwrap();
        assert!(!at_login.is_on());
    }

    #[test]
    fn what_the_desktop_switched_off_is_off() {
        let config = tempfile::tempdir().unwrap();
        let at_login = AtLogin::new(config.path()).unwrap();
        for line in ["Hidden=true", "X-GNOME-Autostart-enabled=false"] {
            at_login.set(true).unwrap();
            let entry = std::fs::read_to_string(at_login.path()).unwrap();
            let without = entry.replace("X-GNOME-Autostart-enabled=true\n", "");
            std::fs::write(at_login.path(), format!("{without}{line}\n")).unwrap();
            assert!(!at_login.is_on(), "{line}");
        }
        at_login.set(true).unwrap();
        assert!(at_login.is_on(), "and on again from here");
    }

    #[test]
    fn a_path_with_anything_in_it_is_one_argument() {
        assert_eq!(quoted("/opt/My App/g"), "\"/opt/My App/g\"");
        assert_eq!(quoted("/a/100%/$b"), "\"/a/100%%/\\\\$b\"");
        assert_eq!(quoted("/a\\b"), "\"/a\\\\\\\\b\"");
    }
}
