//! The machine that this gateway runs on: names and numbers for `system.info` and the presence board. Read
//! where it is asked for; nothing here is kept. Linux tells it all through files, other systems less.

use std::net::{IpAddr, Ipv4Addr, UdpSocket};
use std::path::{Path, PathBuf};

/// Facts that do not change while the gateway runs.
#[derive(Debug, Clone)]
pub struct Machine {
    pub hostname: String,
    /// `linux`, `darwin`, `win32`: the names that the published gateway uses.
    pub platform: &'static str,
    pub arch: &'static str,
    pub release: String,
    pub os_label: String,
    pub cpu_count: usize,
    pub cpu_model: Option<String>,
    proc: PathBuf,
}

/// Numbers of this moment.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Load {
    pub average: Option<[f64; 3]>,
    pub memory_total_bytes: u64,
    pub memory_free_bytes: u64,
}

impl Machine {
    /// Looks around.
    pub fn here() -> Self {
        Self::described_by(PathBuf::from("/proc"))
    }

    /// How many bytes may still be written to the disk that a folder is on, where the system says so.
    #[cfg(unix)]
    pub fn room_at(&self, folder: &Path) -> Option<u64> {
        let found = rustix::fs::statvfs(folder).ok()?;
        // A disk without a size is none.
        (found.f_blocks > 0).then(|| found.f_bavail.saturating_mul(found.f_frsize))
    }

    #[cfg(not(unix))]
    pub fn room_at(&self, _: &Path) -> Option<u64> {
        None
    }

    fn described_by(proc: PathBuf) -> Self {
        let read = |path: &str| std::fs::read_to_string(proc.join(path)).ok();
        let line = |path: &str| read(path).map(|text| text.trim().to_owned());
        let hostname = line("sys/kernel/hostname").filter(|name| !name.is_empty());
        let release = line("sys/kernel/osrelease").unwrap_or_else(|| "unknown".to_owned());
        let platform = match std::env::consts::OS {
            "macos" => "darwin",
            "windows" => "win32",
            other => other,
        };
        let arch = match std::env::consts::ARCH {
            "x86_64" => "x64",
            "aarch64" => "arm64",
            other => other,
        };
        Self {
            hostname: hostname.unwrap_or_else(|| "localhost".to_owned()),
            platform,
            arch,
            os_label: format!("{platform} {release}"),
            release,
            cpu_count: std::thread::available_parallelism().map_or(1, usize::from),
            cpu_model: read("cpuinfo").and_then(|text| field(&text, "model name")),
            proc,
        }
    }

    /// The address that this machine goes out with; none without a network. Nothing is sent.
    pub fn outward_address(&self) -> Option<IpAddr> {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
        // Of the range for documentation (RFC 5737): it only has to be elsewhere.
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
        let address = socket.local_addr().ok()?.ip();
        (!address.is_unspecified() && !address.is_loopback()).then_some(address)
    }

    pub fn load(&self) -> Load {
        let read = |path: &str| std::fs::read_to_string(self.proc.join(path)).unwrap_or_default();
        let meminfo = read("meminfo");
        let kib = |name: &str| {
            let value = field(&meminfo, name)?;
            value.split_whitespace().next()?.parse::<u64>().ok()
        };
        Load {
            average: load_average(&read("loadavg")),
            memory_total_bytes: kib("MemTotal").unwrap_or_default() * 1024,
            memory_free_bytes: kib("MemAvailable").unwrap_or_default() * 1024,
        }
    }

    /// What this process holds in memory, in bytes; none where the system does not say.
    pub fn resident_bytes(&self) -> Option<u64> {
        let status = std::fs::read_to_string(self.proc.join("self/status")).ok()?;
        let value = field(&status, "VmRSS")?;
        Some(value.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
    }
}

/// The value of a `name : value` line.
fn field(text: &str, name: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim().to_owned())
    })
}

fn load_average(text: &str) -> Option<[f64; 3]> {
    let mut numbers = text.split_whitespace().map(str::parse::<f64>);
    let mut next = || numbers.next()?.ok();
    Some([next()?, next()?, next()?])
}
