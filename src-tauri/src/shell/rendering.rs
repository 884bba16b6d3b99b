//! Chooses how WebKitGTK draws by what the machine has.
//!
//! Without a GPU, WebKit's DMA-BUF renderer costs about 70 MB and half a second at start (measured); with one
//! it is the better choice. With NVIDIA's own driver it is none: the window stays blank, or ends with a protocol error
//! of Wayland, because that driver does not share buffers as WebKit wants them; the free driver (nouveau) does.
//! WebKit reads the choice from its environment only.

#[cfg(target_os = "linux")]
use std::path::Path;

/// Tells WebKit when it has to draw without sharing buffers with a GPU. A person who set it themselves is not overruled.
/// Called first of all: no other thread may read the environment while it changes.
#[cfg(target_os = "linux")]
pub fn choose() {
    const CHOICE: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";
    if std::env::var_os(CHOICE).is_some() || shares_buffers(Path::new("/")) {
        return;
    }
    // When it fails the app starts all the same, a little slower.
    let _ = glib::setenv(CHOICE, "1", false);
}

/// Nothing to choose: WebKitGTK is Linux's.
#[cfg(not(target_os = "linux"))]
pub fn choose() {}

/// Whether WebKit can share buffers with a GPU here: there is one, and NVIDIA's own driver runs none.
///
/// Of two GPUs any may be the one that draws, and which one is known only once it is too late. A blank window is worse
/// than a slower one.
#[cfg(target_os = "linux")]
fn shares_buffers(root: &Path) -> bool {
    let nodes = render_nodes(&root.join("dev/dri"));
    let module = root.join("proc/driver/nvidia/version").exists();
    let drives = |node: &String| {
        let device = root.join("sys/class/drm").join(node).join("device/driver");
        std::fs::read_link(device).is_ok_and(|driver| driver.ends_with("nvidia"))
    };
    !nodes.is_empty() && !module && !nodes.iter().any(drives)
}

#[cfg(target_os = "linux")]
fn render_nodes(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with("renderD")).collect()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// A machine as its files show it: a card with a screen, and render nodes with the driver of each.
    struct Machine(tempfile::TempDir);

    impl Machine {
        fn with(drivers: &[&str]) -> Self {
            let machine = Self(tempfile::tempdir().unwrap());
            machine.file("dev/dri/card0");
            for (number, driver) in drivers.iter().enumerate() {
                let node = format!("renderD{}", 128 + number);
                machine.file(&format!("dev/dri/{node}"));
                let device = machine
                    .0
                    .path()
                    .join(format!("sys/class/drm/{node}/device"));
                std::fs::create_dir_all(&device).unwrap();
                let of = format!("../../../../bus/pci/drivers/{driver}");
                std::os::unix::fs::symlink(of, device.join("driver")).unwrap();
            }
            machine
        }

        fn file(&self, path: &str) {
            let path = self.0.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }

        fn shares_buffers(&self) -> bool {
            shares_buffers(self.0.path())
        }
    }

    #[test]
    fn a_render_node_is_a_gpu_and_a_display_alone_is_not() {
        assert!(!shares_buffers(tempfile::tempdir().unwrap().path()));
        assert!(!Machine::with(&[]).shares_buffers());
        for driver in ["i915", "xe", "amdgpu", "nouveau", "virtio-pci"] {
            assert!(Machine::with(&[driver]).shares_buffers(), "{driver}");
        }
    }

    #[test]
    fn with_nvidias_own_driver_no_buffers_are_shared_also_beside_another_gpu() {
        assert!(!Machine::with(&["nvidia"]).shares_buffers());
        assert!(!Machine::with(&["i915", "nvidia"]).shares_buffers());
        let without_a_node_of_its_own = Machine::with(&["amdgpu"]);
        without_a_node_of_its_own.file("proc/driver/nvidia/version");
        assert!(!without_a_node_of_its_own.shares_buffers());
    }
}
