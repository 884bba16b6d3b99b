//! Start and memory, set beside an empty Tauri window and beside the same page in a Chromium application window.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use gatehouse_testkit::desktop::DesktopSession;

use crate::{
    measure::{median, settled_pss_mb, tree_names},
    report::Report,
};

/// Odd, so that the median is one of the runs.
const RUNS: usize = 5;
const START_LIMIT: Duration = Duration::from_secs(60);
/// Memory is read this long after the start, and after the window was closed: what idles is given back by then.
const REST: Duration = Duration::from_secs(10);
/// What the app's log and, in Chromium, the page's console say when the page has painted.
const PAINTED: &str = "first useful paint";

/// What is measured: the app, an empty Tauri window, and the page as Chromium is given it.
pub(crate) struct Programs<'a> {
    pub(crate) app: &'a Path,
    pub(crate) empty: &'a Path,
    pub(crate) page_url: &'a str,
}

/// Milliseconds to the first paint, MB with the window, MB with the window closed; one for each run.
#[derive(Default)]
struct Figures {
    start_ms: Vec<f64>,
    open_mb: Vec<f64>,
    closed_mb: Vec<f64>,
}

/// Runs the three programs in turn, so that a busy moment of the machine hits them alike.
pub(crate) fn run(session: &DesktopSession, programs: &Programs<'_>, report: &mut Report) {
    let (mut ours, mut bare, mut chromium) =
        (Figures::default(), Figures::default(), Figures::default());
    for _ in 0..RUNS {
        measure_app(session, programs.app, &mut ours);
        measure_empty(session, programs.empty, &mut bare);
        measure_chromium(session, programs.page_url, &mut chromium);
    }
    let (ours_ms, empty_ms) = (median(ours.start_ms), median(bare.start_ms));
    let (ours_mb, empty_mb) = (median(ours.open_mb), median(bare.open_mb));
    let (chromium_ms, chromium_mb) = (median(chromium.start_ms), median(chromium.open_mb));
    report.figure("start to first useful paint", ours_ms, "ms");
    report.figure("start of an empty Tauri window", empty_ms, "ms");
    report.against("start against the empty window", ours_ms / empty_ms, 1.25);
    report.figure("start of Chromium with the same page", chromium_ms, "ms");
    report.figure("memory (PSS) with the window, all processes", ours_mb, "MB");
    report.figure("memory of an empty Tauri window", empty_mb, "MB");
    report.against("memory against the empty window", ours_mb / empty_mb, 1.25);
    report.figure("memory of Chromium with the same page", chromium_mb, "MB");
    report.against("memory against Chromium", ours_mb / chromium_mb, 0.5);
    report.at_most(
        "memory with the window closed",
        median(ours.closed_mb),
        "MB",
        80.0,
    );
}

fn measure_app(session: &DesktopSession, app: &Path, figures: &mut Figures) {
    let before = paints(session);
    let run = Run::start(session.command(app), Stdio::null());
    while paints(session) == before {
        assert!(
            run.begun.elapsed() < START_LIMIT,
            "the app did not paint in time"
        );
        std::thread::sleep(Duration::from_millis(2));
    }
    figures
        .start_ms
        .push(run.begun.elapsed().as_secs_f64() * 1000.0);
    figures.open_mb.push(rested_pss_mb(run.child.id()));
    close_window(session);
    let limit = Instant::now() + Duration::from_secs(20);
    while tree_names(run.child.id())
        .iter()
        .any(|name| name.contains("WebKitWeb"))
    {
        assert!(
            Instant::now() < limit,
            "the web process did not end with its window"
        );
        std::thread::sleep(Duration::from_millis(100));
    }
    figures.closed_mb.push(rested_pss_mb(run.child.id()));
}

fn measure_empty(session: &DesktopSession, empty: &Path, figures: &mut Figures) {
    let mut command = session.command(empty);
    if !has_gpu() {
        // The app does the same, so the two are drawn alike.
        command.env("WEBKIT_DISABLE_DMABUF_RENDERER", "1");
    }
    let mut run = Run::start(command, Stdio::piped());
    let stdout = run.child.stdout.take().expect("standard output is piped");
    let loaded = BufReader::new(stdout)
        .lines()
        .map_while(Result::ok)
        .any(|l| l == "page loaded");
    assert!(loaded, "the empty window did not load");
    figures
        .start_ms
        .push(run.begun.elapsed().as_secs_f64() * 1000.0);
    figures.open_mb.push(rested_pss_mb(run.child.id()));
}

fn measure_chromium(session: &DesktopSession, page_url: &str, figures: &mut Figures) {
    let profile = tempfile::tempdir().expect("a temporary folder can be made");
    let mut command = session.command("/usr/bin/chromium");
    command
        .args([
            "--no-sandbox",
            "--disable-gpu",
            "--no-first-run",
            "--disable-quic",
        ])
        .args([
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("--app={page_url}"));
    // What a page writes to its console, Chromium writes to its standard error then.
    command.arg("--enable-logging=stderr");
    let mut run = Run::start_with(command, Stdio::null(), Stdio::piped());
    let stderr = run.child.stderr.take().expect("standard error is piped");
    let mut lines = BufReader::new(stderr).lines().map_while(Result::ok);
    assert!(
        lines.any(|line| line.contains(PAINTED)),
        "the page did not paint in Chromium"
    );
    figures
        .start_ms
        .push(run.begun.elapsed().as_secs_f64() * 1000.0);
    // Nobody would make room in the pipe otherwise.
    std::thread::spawn(move || lines.for_each(drop));
    figures.open_mb.push(rested_pss_mb(run.child.id()));
}

fn rested_pss_mb(root: u32) -> f64 {
    std::thread::sleep(REST);
    settled_pss_mb(root)
}

/// As a person does: through the window manager.
pub(crate) fn close_window(session: &DesktopSession) {
    let found = session.xdotool(&["search", "--onlyvisible", "--name", "^Gatehouse"]);
    let windows = found.expect("the window is found");
    let window = windows.lines().next().expect("the window has an id");
    session
        .xdotool(&["windowclose", window])
        .expect("the window closes");
}

fn has_gpu() -> bool {
    let nodes = fs::read_dir("/dev/dri").into_iter().flatten().flatten();
    nodes
        .into_iter()
        .any(|node| node.file_name().to_string_lossy().starts_with("renderD"))
}

/// How often the app's log says that it painted.
fn paints(session: &DesktopSession) -> usize {
    logs(&session.data_home().join("app.gatehouse.desktop/logs"))
        .iter()
        .map(|log| {
            fs::read_to_string(log)
                .unwrap_or_default()
                .matches(PAINTED)
                .count()
        })
        .sum()
}

fn logs(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// A program in its own process group, which ends with this.
pub(crate) struct Run {
    pub(crate) child: Child,
    pub(crate) begun: Instant,
}

impl Run {
    pub(crate) fn start(command: Command, stdout: Stdio) -> Self {
        Self::start_with(command, stdout, Stdio::null())
    }

    fn start_with(mut command: Command, stdout: Stdio, stderr: Stdio) -> Self {
        command.stdout(stdout).stderr(stderr).process_group(0);
        let begun = Instant::now();
        let child = command.spawn().expect("the program starts");
        Self { child, begun }
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-TERM", "--", &group]).status();
        let limit = Instant::now() + Duration::from_secs(5);
        while matches!(self.child.try_wait(), Ok(None)) && Instant::now() < limit {
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.child.wait();
    }
}
