//! Chooses how WebKitGTK draws by what the machine has.
//!
//! Without a GPU, WebKit's DMA-BUF renderer costs about 70 MB and half a second at start (measured); with one
//! it is the better choice. WebKit reads the choice from its environment only, and setting a variable of a
//! running process is unsafe, so the program starts itself again with the variable set: `exec` keeps the
//! process id, and costs a few milliseconds.

/// Starts the program again, when WebKit has to draw without a GPU and was not told so. Returns otherwise.
#[cfg(target_os = "linux")]
pub fn choose() {
    use std::os::unix::process::CommandExt;
    use std::{env, process};

    const CHOICE: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    if env::var_os(CHOICE).is_some() || has_gpu(std::path::Path::new("/dev/dri")) {
        return;
    }
    let Ok(program) = env::current_exe() else {
        return;
    };
    let mut arguments = env::args_os();
    let name = arguments.next();
    let mut again = process::Command::new(program);
    if let Some(name) = name {
        again.arg0(name);
    }
    // Only returns when it failed; then the app starts all the same, a little slower.
    let _ = again.args(arguments).env(CHOICE, "1").exec();
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
