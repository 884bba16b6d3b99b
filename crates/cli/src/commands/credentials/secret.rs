//! Where a secret comes from: a file, stdin, or a person who types it unseen.

use std::io::{IsTerminal, Read};
use std::path::Path;

use zeroize::Zeroizing;

use crate::args::SecretFrom;
use crate::failure::Failure;

/// More than the longest secret, so that one that is too long is told so instead of being cut.
const MOST: u64 = 16 * 1024;

/// Reads it. The line break that an editor or `echo` leaves at the end goes, unless it is a part of it.
pub(super) fn read(from: &SecretFrom, keeps_last_line: bool) -> Result<Zeroizing<String>, Failure> {
    let mut text = match &from.secret_file {
        Some(path) if path != Path::new("-") => {
            let file = std::fs::File::open(path);
            let file = file.map_err(|error| unreadable(path, &error))?;
            whole(file).map_err(|error| unreadable(path, &error))?
        }
        None if std::io::stdin().is_terminal() => unseen()?,
        _ => whole(std::io::stdin())?,
    };
    if !keeps_last_line {
        let length = text.trim_end_matches(['\r', '\n']).len();
        text.truncate(length);
    }
    if text.is_empty() {
        return Err(Failure::usage("there is no secret to keep"));
    }
    Ok(text)
}

fn whole(from: impl Read) -> std::io::Result<Zeroizing<String>> {
    // Large enough from the start: a text that grows leaves copies behind.
    let room = usize::try_from(MOST).unwrap_or(usize::MAX) + 1;
    let mut text = Zeroizing::new(String::with_capacity(room));
    from.take(MOST).read_to_string(&mut text)?;
    Ok(text)
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::configuration(format!("{} cannot be read: {error}", path.display()))
}

#[cfg(unix)]
fn unseen() -> Result<Zeroizing<String>, Failure> {
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    use std::io::Write;

    let input = std::io::stdin();
    let before = tcgetattr(&input).map_err(std::io::Error::from)?;
    let mut silent = before.clone();
    silent.local_modes.remove(LocalModes::ECHO);
    silent.local_modes.insert(LocalModes::ECHONL);
    // Before it asks: whoever is quick is not shown either.
    tcsetattr(&input, OptionalActions::Flush, &silent).map_err(std::io::Error::from)?;
    let mut prompt = std::io::stderr();
    write!(prompt, "the secret (it is not shown): ")?;
    prompt.flush()?;
    let mut line = Zeroizing::new(String::with_capacity(usize::try_from(MOST).unwrap_or(0)));
    let read = input.read_line(&mut line);
    tcsetattr(&input, OptionalActions::Now, &before).map_err(std::io::Error::from)?;
    read?;
    Ok(line)
}

#[cfg(not(unix))]
fn unseen() -> Result<Zeroizing<String>, Failure> {
    Err(
        Failure::usage("a secret cannot be typed here without being shown")
            .next("use --secret-file, or give it on stdin"),
    )
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn file(text: &str) -> (tempfile::TempDir, SecretFrom) {
        let folder = tempfile::tempdir().unwrap();
        let path: PathBuf = folder.path().join("secret");
        std::fs::write(&path, text).unwrap();
        let secret_file = Some(path);
        (folder, SecretFrom { secret_file })
    }

    #[test]
    fn the_line_break_at_the_end_goes_unless_it_belongs_there() {
        let (_folder, from) = file("token-12345\r\n");
        assert_eq!(*read(&from, false).unwrap(), "token-12345");
        assert_eq!(*read(&from, true).unwrap(), "token-12345\r\n");
    }

    #[test]
    fn nothing_is_no_secret() {
        let (_folder, from) = file("\n");
        assert!(read(&from, false).is_err());
        let missing = SecretFrom {
            secret_file: Some(PathBuf::from("/nowhere/at/all")),
        };
        assert!(read(&missing, false).is_err());
    }
}
