//! Paths as people write them: `~` is their home folder, wherever the configuration or a client names a path.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Deserializer};

/// A path with the home folder of whom this process runs as.
pub(crate) fn expanded(path: &str) -> PathBuf {
    expanded_in(path, std::env::home_dir().as_deref())
}

/// A path with a home folder. Where none is known, and where it is somebody else's, it stays as it is written.
pub(crate) fn expanded_in(path: &str, home: Option<&Path>) -> PathBuf {
    let below = match path {
        "~" => Some(""),
        _ => path.strip_prefix("~/"),
    };
    match (below, home) {
        (Some(""), Some(home)) => home.to_owned(),
        (Some(below), Some(home)) => home.join(below),
        _ => PathBuf::from(path),
    }
}

/// Reads a path of the configuration.
pub(crate) fn path<'de, D: Deserializer<'de>>(d: D) -> Result<Option<PathBuf>, D::Error> {
    let text = Option::<String>::deserialize(d)?;
    Ok(text.map(|text| expanded(&text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tilde_is_the_home_folder_and_nobody_elses() {
        let home = Some(Path::new("/home/ada"));
        for (written, meant) in [
            ("~", "/home/ada"),
            ("~/", "/home/ada"),
            ("~/tls/cert.pem", "/home/ada/tls/cert.pem"),
            ("~bob/x", "~bob/x"),
            ("/srv/~/x", "/srv/~/x"),
            ("work", "work"),
        ] {
            assert_eq!(expanded_in(written, home), Path::new(meant), "{written}");
        }
        assert_eq!(expanded_in("~/x", None), Path::new("~/x"));
    }
}
