//! The control UI: the page's files in this binary, and its commands.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use gatehouse_control::{ControlOptions, Reach};
use gatehouse_gateway::{Asset, Assets, FolderAssets, WebParts, media_type};

/// The page as the front end's build left it.
#[derive(rust_embed::Embed)]
#[folder = "../../ui/dist"]
#[allow_missing = true]
struct Files;

struct Page;

impl Assets for Page {
    fn asset(&self, path: &str) -> Option<Asset> {
        let file = Files::get(path)?;
        Some(Asset {
            bytes: file.data.into_owned(),
            kind: media_type(path),
            // Below `assets/` a file has its content's hash in its name.
            immutable: path.starts_with("assets/"),
        })
    }
}

/// What the gateway serves beside its own: its own page, or the one in a folder. How it is reached is said once it
/// listens.
pub(crate) fn web(
    state_dir: &Path,
    folder: Option<PathBuf>,
    reach: Arc<OnceLock<Reach>>,
    secure: bool,
) -> WebParts {
    let page: Arc<dyn Assets> = match folder {
        Some(folder) => Arc::new(FolderAssets(folder)),
        None => Arc::new(Page),
    };
    let control = gatehouse_control::routes(ControlOptions {
        reach,
        gateway_name: "Gateway".to_owned(),
        scratch: state_dir.join("browsers"),
        secure,
    });
    WebParts {
        assets: Some(page),
        control: Some(control),
        ..WebParts::default()
    }
}
