//! Chooses how WebKitGTK draws by what the machine has.
//!
//! Without a GPU, WebKit's DMA-BUF renderer costs about 70 MB and half a second at start (measured); with one
//! it is the better choice. WebKit reads the choice from its environment only.

/// Tells WebKit when it has to draw without a GPU. Called first of all: no other thread may read the environment
/// while it changes.
#[cfg(target_os = "linux")]
pub fn choose() {
    const CHOICE: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    if std::env::var_os(CHOICE).is_some() || has_gpu(std::path::Path::new("/dev/dri")) {
        return;
    }
    // When it fails the app starts all the same, a little slower.
    let _ = glib::setenv(CHOICE, "1", false);
}

/// Nothing to choose: WebKitGTK is Linux's.
#[cfg(not(target_os = "linux"))]
pub fn choose() {}

/// Whether there is a render node.
#[cfg(target_os = "linux")]
fn has_gpu(folder: &std::path::Path) -> bool {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return false;
    };
    entries
        .flatten()
        .any(|entry| entry.file_name().to_string_lossy().starts_with("renderD"))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_render_node_is_a_gpu_and_a_display_alone_is_not() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!has_gpu(&folder.path().join("absent")));
        std::fs::write(folder.path().join("card0"), "").unwrap();
        assert!(!has_gpu(folder.path()));
        std::fs::write(folder.path().join("renderD128"), "").unwrap();
        assert!(has_gpu(folder.path()));
    }
}
