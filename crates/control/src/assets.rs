//! The page's files and the headers that they are served with.

use std::{
    borrow::Cow,
    path::{Component, Path, PathBuf},
};

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
};

/// The page may load nothing from elsewhere, run no inline script, and be framed by nobody. Styles are set on
/// elements by the list and the highlighter, so inline styles are allowed, as in the desktop's own policy.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; worker-src 'self'; \
    manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'";

/// One file of the page.
pub struct Asset {
    pub bytes: Cow<'static, [u8]>,
    pub mime: &'static str,
}

/// Where the page's files are: in the binary, in the desktop's bundle, or in a folder.
pub trait Assets: Send + Sync {
    /// The file at a path like `index.html` or `assets/app-1a2b.js`.
    fn get(&self, path: &str) -> Option<Asset>;
}

/// The page's files in a folder, as `vite build` leaves them.
pub struct Folder(pub PathBuf);

impl Assets for Folder {
    fn get(&self, path: &str) -> Option<Asset> {
        let plain = |part| matches!(part, Component::Normal(_));
        if !Path::new(path).components().all(plain) {
            return None;
        }
        let bytes = std::fs::read(self.0.join(path)).ok()?;
        Some(Asset {
            bytes: bytes.into(),
            mime: mime(path),
        })
    }
}

/// The media type of a file of the page, by its ending.
pub(crate) fn mime(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("json" | "webmanifest") => "application/json",
        _ => "application/octet-stream",
    }
}

/// Serves a path of the page. Everything that is not a file is the page itself, which has its own places.
pub(crate) fn serve(assets: &dyn Assets, path: &str) -> Response<Body> {
    let path = path.trim_start_matches('/');
    let is_file = path.contains('.');
    let wanted = if is_file { path } else { "index.html" };
    let Some(asset) = assets.get(wanted) else {
        return missing(is_file);
    };
    // A file below `assets/` has its content's hash in its name; the page itself changes with each version.
    let forever = path.starts_with("assets/");
    let cache = if forever {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    let mut response = Response::new(Body::from(asset.bytes.into_owned()));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(asset.mime));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    protect(&mut response);
    response
}

/// The headers that every answer of the control UI carries.
pub(crate) fn protect(response: &mut Response<Body>) {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    for (name, value) in [
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        (
            "permissions-policy",
            "camera=(), geolocation=(), microphone=()",
        ),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

fn missing(is_file: bool) -> Response<Body> {
    let words = if is_file {
        "there is no such file"
    } else {
        "this build has no control UI in it: build the page first (make ui), or open the gateway in the desktop app"
    };
    let mut response = Response::new(Body::from(words));
    *response.status_mut() = StatusCode::NOT_FOUND;
    protect(&mut response);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Page;

    impl Assets for Page {
        fn get(&self, path: &str) -> Option<Asset> {
            let bytes: &[u8] = match path {
                "index.html" => b"<!doctype html>",
                "assets/app-1a2b.js" => b"export {}",
                _ => return None,
            };
            Some(Asset {
                bytes: bytes.into(),
                mime: mime(path),
            })
        }
    }

    #[test]
    fn every_place_of_the_page_is_the_page_itself() {
        for path in ["/", "/inbox", "/sessions/main"] {
            let response = serve(&Page, path);
            assert_eq!(response.status(), StatusCode::OK, "{path}");
            assert_eq!(
                response.headers()[header::CONTENT_TYPE],
                "text/html; charset=utf-8"
            );
            assert_eq!(response.headers()[header::CACHE_CONTROL], "no-cache");
        }
    }

    #[test]
    fn a_file_with_its_hash_in_its_name_is_kept_and_one_that_is_missing_is_not_the_page() {
        let script = serve(&Page, "/assets/app-1a2b.js");
        assert!(
            script.headers()[header::CACHE_CONTROL]
                .to_str()
                .unwrap()
                .contains("immutable")
        );
        assert_eq!(
            serve(&Page, "/assets/gone.js").status(),
            StatusCode::NOT_FOUND
        );
    }

    #[test]
    fn no_answer_may_be_framed_or_run_a_foreign_script() {
        for path in ["/", "/assets/app-1a2b.js", "/assets/gone.js"] {
            let response = serve(&Page, path);
            let policy = response.headers()[header::CONTENT_SECURITY_POLICY]
                .to_str()
                .unwrap()
                .to_owned();
            assert!(
                policy.contains("frame-ancestors 'none'"),
                "{path}: {policy}"
            );
            assert!(policy.contains("script-src 'self';"), "{path}: {policy}");
        }
    }

    #[test]
    fn a_folder_gives_nothing_from_outside_of_it() {
        let outside = tempfile::tempdir().unwrap();
        std::fs::write(outside.path().join("secret.txt"), "s").unwrap();
        let inside = outside.path().join("page");
        std::fs::create_dir(&inside).unwrap();
        std::fs::write(inside.join("index.html"), "<!doctype html>").unwrap();
        let folder = Folder(inside);
        assert!(folder.get("index.html").is_some());
        for path in ["../secret.txt", "/etc/passwd", "a/../../secret.txt", ""] {
            assert!(folder.get(path).is_none(), "{path}");
        }
    }
}
