//! How long a verdict takes: over the labelled commands, one by one, and for a line of 60 KB.
//!
//! `cargo bench -p gatehouse-policy` prints criterion's figures, and before them the median and the 99th percentile of
//! single verdicts, which a mean hides.

use std::hint::black_box;
use std::time::{Duration, Instant};

use criterion::{Criterion, criterion_group, criterion_main};
use gatehouse_policy::{Dialect, NoFiles, Taint, Verdict, World, shell};

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

/// 60 KB of commands, with an argument so long that a line of all of them is looked through whole, or so short that it
/// has too many words and is looked at in parts.
fn long_line(argument: usize) -> String {
    let pattern = "x".repeat(argument);
    let mut text = String::new();
    let mut n = 0;
    while text.len() < 60_000 {
        text.push_str(&format!(
            "grep -n \"{pattern} {n}\" src/file{n}.rs | sort -u | head -n 5\n"
        ));
        n += 1;
        if n % 8 == 0 {
            text.push_str("# what follows is much like what came before, and longer so that words do not run out\n");
        }
    }
    text
}

fn long(name: &str, line: &str, world: &World<'_>) {
    let mut times = Vec::new();
    for _ in 0..100 {
        let started = Instant::now();
        black_box(shell::analyse(black_box(line), world));
        times.push(started.elapsed());
    }
    percentiles(name, times);
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
    let whole = long_line(200);
    assert_eq!(shell::analyse(&whole, &world).verdict, Verdict::Allow);
    long("line of 60 KB, read whole", &whole, &world);
    let words = long_line(7);
    assert_eq!(shell::analyse(&words, &world).verdict, Verdict::Ask);
    long("line of 60 KB with too many words", &words, &world);
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
        b.iter(|| black_box(shell::analyse(&whole, &world)))
    });
}

criterion_group!(benches, verdicts);
criterion_main!(benches);
