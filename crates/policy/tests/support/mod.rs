//! The world of the labelled commands, and the commands.
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub(crate) mod tree;

use gatehouse_policy::{Analysis, Dialect, NoFiles, Taint, Verdict, World, shell};

/// The machine that the labels speak of.
pub(crate) fn world() -> World<'static> {
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

#[derive(Clone)]
pub(crate) struct Labelled {
    pub(crate) command: String,
    pub(crate) verdict: Verdict,
    pub(crate) why: String,
}

/// The commands that the rules were written with.
pub(crate) fn labelled() -> Vec<Labelled> {
    read(include_str!("../commands.jsonl"))
}

/// Commands that were labelled by someone who did not know the rules.
pub(crate) fn unseen() -> Vec<Labelled> {
    read(include_str!("../unseen.jsonl"))
}

/// Many more of every area, labelled before the rules were mended by what they showed.
pub(crate) fn wide() -> Vec<Labelled> {
    read(include_str!("../wide.jsonl"))
}

/// Labelled by someone who had not seen the rules; what differed was looked at, and either side was mended or left out.
pub(crate) fn afresh() -> Vec<Labelled> {
    read(include_str!("../afresh.jsonl"))
}

/// Labelled from the documents; the greater part by someone who had read neither the rules nor the other files, the
/// rest around what those showed.
pub(crate) fn blind() -> Vec<Labelled> {
    read(include_str!("../blind.jsonl"))
}

/// Labelled by someone who had read none of the other files before; what was disputed between label and rule is left out.
pub(crate) fn apart() -> Vec<Labelled> {
    read(include_str!("../apart.jsonl"))
}

/// Written in one go before the rules were looked at, most of them plain everyday work or disguised harm. Those on which
/// label and rule agree, and what is named as borne.
pub(crate) fn anew() -> Vec<Labelled> {
    read(include_str!("../anew.jsonl"))
}

fn read(lines: &str) -> Vec<Labelled> {
    lines
        .lines()
        .map(|line| {
            let line: serde_json::Value = serde_json::from_str(line).expect("a line of JSON");
            Labelled {
                command: line["command"].as_str().expect("a command").to_owned(),
                verdict: serde_json::from_value(line["verdict"].clone()).expect("a verdict"),
                why: line["why"].as_str().unwrap_or_default().to_owned(),
            }
        })
        .collect()
}

pub(crate) fn analyse(command: &str) -> Analysis {
    shell::analyse(command, &world())
}

/// Checks that each line gets the verdict; all that do not are shown with their findings.
#[track_caller]
pub(crate) fn check(verdict: Verdict, lines: &[&str]) {
    check_in(&world(), verdict, lines);
}

#[track_caller]
pub(crate) fn check_in(world: &World<'_>, verdict: Verdict, lines: &[&str]) {
    let mut wrong = Vec::new();
    for line in lines {
        let analysis = shell::analyse(line, world);
        if analysis.verdict != verdict {
            wrong.push(format!(
                "{line}\n    is {:?}, not {verdict:?}: {:#?}",
                analysis.verdict,
                codes(&analysis)
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        lines.len(),
        wrong.join("\n")
    );
}

pub(crate) fn codes(analysis: &Analysis) -> Vec<String> {
    analysis
        .findings
        .iter()
        .map(|f| format!("{:?} {}: {}", f.verdict, f.code, f.text))
        .collect()
}
