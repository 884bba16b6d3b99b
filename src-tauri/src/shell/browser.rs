//! Opens web addresses in the person's browser: http and https, nothing else.
//!
//! A handler for any other scheme may run programs, so an address that an agent wrote must not reach one.

use thiserror::Error;
use url::Url;

use super::opening;

/// Why an address was not opened.
#[derive(Debug, Error)]
pub(crate) enum LinkError {
    #[error("this is not a web address")]
    NotAWebAddress,
    #[error("no browser opened it: {0}")]
    NoBrowser(#[source] std::io::Error),
}

impl LinkError {
    /// The code that the page acts on.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NotAWebAddress => "notAWebAddress",
            Self::NoBrowser(_) => "noBrowser",
        }
    }
}

/// Opens `address` in the default browser.
///
/// # Errors
/// When it is not an http(s) address without credentials, or no browser starts.
pub(crate) async fn open(address: &str) -> Result<(), LinkError> {
    let url = web_address(address).ok_or(LinkError::NotAWebAddress)?;
    opening::open(url.as_str())
        .await
        .map_err(LinkError::NoBrowser)
}

/// The address, when it is one that a browser may be given.
fn web_address(address: &str) -> Option<Url> {
    let url = Url::parse(address).ok()?;
    let web = matches!(url.scheme(), "http" | "https");
    let bare = url.username().is_empty() && url.password().is_none();
    (web && bare && url.has_host()).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_web_addresses_without_credentials_reach_the_browser() {
        for good in ["https://docs.openclaw.ai/a?b#c", "http://127.0.0.1:18789/"] {
            assert!(web_address(good).is_some(), "{good} is a plain web address");
        }
        let bad = [
            "file:///etc/passwd",
            "javascript:alert(1)",
            "gatehouse://gateway/add",
            "https://user:secret@example.org/",
            "https://user@example.org/",
            "smb://host/share",
            "--help",
            "",
        ];
        for bad in bad {
            assert!(web_address(bad).is_none(), "{bad:?} must not be opened");
        }
    }
}
