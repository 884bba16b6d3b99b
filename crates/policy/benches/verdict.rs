//! How long a verdict takes: over the labelled commands, one by one, and for a line of 60 KB.
//!
//! `cargo bench -p gatehouse-policy` prints criterion's figures, and before them the median and the 99th percentile of
//! single verdicts, which a mean hides.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use gatehouse_policy::{Dialect, NoFiles, Taint, World, shell};

fn world() -> World<'static> {
    World {
        dialect: Dialect::Posix,
        cwd: "/home/dev/project".to_owned(),
        workspace: "/home/dev/project".to_owned(),
        home: "/home/dev".to_owned(),
        user: "dev".to_owned(),
        tmp: vec!["/tmp".to_owned()],
        variables: Default::default(),
        protected: vec!["/home/dev/.local/share/gatehouse".to_owned()],
        own_ports: vec![18789],
        ignore_case: false,
        taint: Taint::default(),
        files: &NoFiles,
    }
}

fn labelled() -> Vec<String> {
    include_str!("../tests/commands.jsonl")
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|line| line["command"].as_str().map(str::to_owned))
        .collect()
}

fn long_line() -> String {
    let mut text = String::new();
    let mut n = 0;
    while text.len() < 60_000 {
        text.push_str(&format!(
            "grep -n \"pattern {n}\" src/file{n}.rs | sort -u | head -n 5\n"
        ));
        n += 1;
        if n % 8 == 0 {
            text.push_str("# what follows is much like what came before, and longer so that words do not run out\n");
        }
    }
    text
}

#[expect(clippy::print_stdout, reason = "the figures are what the bench is for")]
fn percentiles(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!(
        "{name}: p50 {:?}, p99 {:?}, most {:?} ({} verdicts)",
        at(50),
        at(99),
        at(100),
        times.len()
    );
}

fn verdicts(criterion: &mut Criterion) {
    let world = world();
    let lines = labelled();
    let mut times = Vec::new();
    for round in 0..60 {
        for line in &lines {
            let started = Instant::now();
            black_box(shell::analyse(black_box(line), &world));
            if round >= 10 {
                times.push(started.elapsed());
            }
        }
    }
    percentiles("labelled file", times);
    let long = long_line();
    let mut times = Vec::new();
    for _ in 0..100 {
        let started = Instant::now();
        black_box(shell::analyse(black_box(&long), &world));
        times.push(started.elapsed());
    }
    percentiles("line of 60 KB", times);
    criterion.bench_function("verdict/labelled-file", |b| {
        b.iter(|| {
            for line in &lines {
                black_box(shell::analyse(line, &world));
            }
        });
    });
    criterion.bench_function("verdict/one-command", |b| {
        b.iter(|| {
            black_box(shell::analyse(
                "git diff --stat HEAD~1 | head -n 20",
                &world,
            ))
        });
    });
    criterion.bench_function("verdict/60-kb", |b| {
        b.iter(|| black_box(shell::analyse(&long, &world)))
    });
}

criterion_group!(benches, verdicts);
criterion_main!(benches);
