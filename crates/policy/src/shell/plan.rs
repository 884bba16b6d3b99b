//! What runs: the programs themselves where no shell is needed, else the tree as text.

use super::emit;
use super::report::Report;
use super::syntax::{Command, Item, Join, Kind, Script, Timed};
use crate::plan::{Pipeline, Plan, Spawn, Stage};

/// The plan for a script that was judged.
pub(super) fn plan(script: &Script, report: &Report) -> Plan {
    if let Some(lists) = direct(script, report) {
        return Plan::Direct { lists };
    }
    let insertions = report
        .insertions
        .iter()
        .filter_map(|(at, words)| Some((*at, words.clone()?)))
        .collect();
    Plan::Shell {
        text: emit::script(script, &insertions),
    }
}

/// The script as programs alone; none where only a shell can run it.
fn direct(script: &Script, report: &Report) -> Option<Vec<Pipeline>> {
    let mut lists = Vec::new();
    for item in &script.items {
        lists.extend(item_of(item, report)?);
    }
    Some(lists)
}

fn item_of(item: &Item, report: &Report) -> Option<Vec<Pipeline>> {
    if item.background {
        return None;
    }
    let mut lists = vec![pipeline(&item.first, Stage::Always, report)?];
    for (join, next) in &item.rest {
        let when = match join {
            Join::And => Stage::OnSuccess,
            Join::Or => Stage::OnFailure,
        };
        lists.push(pipeline(next, when, report)?);
    }
    Some(lists)
}

fn pipeline(pipeline: &super::syntax::Pipeline, when: Stage, report: &Report) -> Option<Pipeline> {
    if pipeline.timed != Timed::No {
        return None;
    }
    let spawns = pipeline
        .commands
        .iter()
        .map(|command| spawn(command, report));
    Some(Pipeline {
        when,
        negated: pipeline.negated,
        spawns: spawns.collect::<Option<Vec<Spawn>>>()?,
    })
}

fn spawn(command: &Command, report: &Report) -> Option<Spawn> {
    if !matches!(command.kind, Kind::Simple(_)) || !command.redirects.is_empty() {
        return None;
    }
    let at = command.at.0?;
    report.spawns.get(&(at.start, at.end))?.clone()
}
