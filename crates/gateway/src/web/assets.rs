//! The control UI: static files from wherever the program that runs the gateway has them. The page gets no
//! secret; a person enters one there, and a strict policy keeps foreign code out.

use std::path::{Component, Path, PathBuf};

use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use axum::http::{HeaderValue, Method, Request};
use axum::response::Response;

use super::{Web, reply};

/// A file of the control UI.
pub struct Asset {
    pub bytes: Vec<u8>,
    /// The media type.
    pub kind: &'static str,
    /// Its name changes with its content, so that it may be kept for ever.
    pub immutable: bool,
}

/// Where the control UI comes from: embedded in a program, or a folder.
pub trait Assets: Send + Sync {
    /// The file of a path such as `index.html` or `assets/app.js`; never with `..` in it.
    fn asset(&self, path: &str) -> Option<Asset>;
}

/// A folder that is served.
pub struct FolderAssets(pub PathBuf);

impl Assets for FolderAssets {
    fn asset(&self, path: &str) -> Option<Asset> {
        let root = self.0.canonicalize().ok()?;
        let file = root.join(path).canonicalize().ok()?;
        if !file.starts_with(&root) || !file.is_file() {
            return None;
        }
        let bytes = std::fs::read(&file).ok()?;
        Some(Asset {
            bytes,
            kind: media_type(path),
            immutable: path.starts_with("assets/"),
        })
    }
}

/// The page talks to its own gateway alone and runs no code but its own.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; \
    worker-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

pub(super) async fn serve(State(web): State<Web>, request: Request<axum::body::Body>) -> Response {
    let Some(assets) = web.parts.assets.clone() else {
        return reply::not_found();
    };
    let Some(path) = clean(request.uri().path()).filter(|path| !is_for_programs(path)) else {
        return reply::not_found();
    };
    if request.method() != Method::GET && request.method() != Method::HEAD {
        // Only the page's own root is known to be there without a look.
        return match path.as_str() {
            "index.html" => reply::method_not_allowed("GET, HEAD"),
            _ => reply::not_found(),
        };
    }
    let found = tokio::task::spawn_blocking(move || {
        assets.asset(&path).or_else(|| {
            is_place(&path)
                .then(|| assets.asset("index.html"))
                .flatten()
        })
    });
    let Ok(Some(asset)) = found.await else {
        return reply::not_found();
    };
    let mut response = reply::bytes(200, asset.kind, asset.bytes);
    let headers = response.headers_mut();
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(PAGE_POLICY),
    );
    if asset.immutable {
        let keep = HeaderValue::from_static("public, max-age=31536000, immutable");
        headers.insert(CACHE_CONTROL, keep);
    }
    response
}

/// Whether a path is one that programs ask for, here or at other gateways: they are not answered with a page.
fn is_for_programs(path: &str) -> bool {
    let first = path.split('/').next().unwrap_or_default();
    matches!(first, "v1" | "api" | "hooks" | "tools" | "avatar")
}

/// Whether a path without a file is a place inside the page, which the page itself finds: no file has such a name.
fn is_place(path: &str) -> bool {
    let path = Path::new(path);
    path.extension().is_none() && !path.starts_with("assets")
}

/// The path without its first slash; none for one that climbs or hides.
fn clean(path: &str) -> Option<String> {
    let path = path.trim_start_matches('/');
    let path = if path.is_empty() { "index.html" } else { path };
    let plain = !path.contains(['%', '\\', '\0'])
        && Path::new(path).components().all(|part| match part {
            Component::Normal(name) => !name.to_string_lossy().starts_with('.'),
            _ => false,
        });
    plain.then(|| path.to_owned())
}

/// The media type of a file, by its ending.
pub fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "wasm" => "application/wasm",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_that_climb_or_hide_are_refused() {
        assert_eq!(clean("/").as_deref(), Some("index.html"));
        assert_eq!(clean("/assets/app.js").as_deref(), Some("assets/app.js"));
        for path in [
            "/../x",
            "/a/../../x",
            "/.env",
            "/a/.git/config",
            "/%2e%2e/x",
            "/a\\b",
        ] {
            assert_eq!(clean(path), None, "{path}");
        }
    }
}
