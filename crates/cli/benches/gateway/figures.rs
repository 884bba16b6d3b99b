//! What is measured, and the table that sets the two gateways side by side.

use std::collections::BTreeMap;

/// A figure, or why there is none.
pub(crate) type Outcome = Result<f64, String>;

/// One line of the table, in its order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    Start,
    Idle,
    ListMedian,
    ListSlow,
    ListRate,
    HistoryMedian,
    HistorySlow,
    HistoryRate,
    Connects,
    SendToModel,
    FanOut,
    FanOutWork,
    Crowd,
    ManySessions,
}

/// What was measured of one gateway.
#[derive(Default)]
pub(crate) struct Figures {
    outcomes: BTreeMap<What, Outcome>,
    notes: Vec<String>,
}

/// How a line reads, and what it aims at beside being ten times better.
struct Line {
    what: What,
    name: &'static str,
    unit: &'static str,
    better: Better,
    /// An absolute aim, in the line's unit.
    at_most: Option<f64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Better {
    Lower,
    Higher,
}

/// How many times better than the published gateway.
const TIMES: f64 = 10.0;

const LINES: [Line; 14] = [
    lower(What::Start, "start to healthy", "ms", Some(100.0)),
    lower(What::Idle, "memory when idle (PSS)", "MB", Some(30.0)),
    lower(What::ListMedian, "`sessions.list` of 50, p50", "ms", None),
    lower(What::ListSlow, "`sessions.list` of 50, p95", "ms", None),
    higher(What::ListRate, "`sessions.list`, 32 in flight"),
    lower(
        What::HistoryMedian,
        "`chat.history` of 100, p50",
        "ms",
        None,
    ),
    lower(What::HistorySlow, "`chat.history` of 100, p95", "ms", None),
    higher(What::HistoryRate, "`chat.history`, 32 in flight"),
    higher(What::Connects, "connects with a device proof"),
    lower(
        What::SendToModel,
        "`chat.send` to the model called",
        "ms",
        None,
    ),
    lower(
        What::FanOut,
        "a delta, from the first of 1,000 subscribers to the last",
        "ms",
        None,
    ),
    lower(
        What::FanOutWork,
        "a delta for 1,000 subscribers, the gateway's time on a processor",
        "ms",
        None,
    ),
    lower(
        What::Crowd,
        "memory with 1,000 idle connections",
        "MB",
        None,
    ),
    lower(
        What::ManySessions,
        "memory with 10,000 sessions of 100 messages",
        "MB",
        None,
    ),
];

const fn lower(what: What, name: &'static str, unit: &'static str, at_most: Option<f64>) -> Line {
    let better = Better::Lower;
    Line {
        what,
        name,
        unit,
        better,
        at_most,
    }
}

const fn higher(what: What, name: &'static str) -> Line {
    let better = Better::Higher;
    Line {
        what,
        name,
        unit: "/s",
        better,
        at_most: None,
    }
}

impl Figures {
    pub(crate) fn put(&mut self, what: What, outcome: Outcome) {
        announce(what, &outcome);
        self.outcomes.insert(what, outcome);
    }

    /// Says something about how a figure was measured, below the table.
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    fn of(&self, what: What) -> Outcome {
        let unknown = || Err("not measured".to_owned());
        self.outcomes.get(&what).cloned().unwrap_or_else(unknown)
    }
}

/// The whole table as Markdown, with the reasons of what is missing below it.
pub(crate) fn table(ours: &Figures, theirs: &Figures) -> String {
    let mut text = String::from(
        "| what | Gatehouse | OpenClaw 2026.9.6 | times better | aim |\n| --- | --- | --- | --- | --- |\n",
    );
    let mut notes = Vec::new();
    for line in &LINES {
        let (own, real) = (ours.of(line.what), theirs.of(line.what));
        text.push_str(&line.row(&own, &real));
        for (who, outcome) in [("Gatehouse", &own), ("OpenClaw", &real)] {
            if let Err(reason) = outcome {
                notes.push(format!("{who}, {}: {reason}.", line.name));
            }
        }
    }
    let told = [("Gatehouse", ours), ("OpenClaw", theirs)];
    let told = told
        .iter()
        .flat_map(|(who, of)| of.notes.iter().map(move |n| format!("{who}: {n}.")));
    notes.extend(told);
    for note in notes {
        text.push_str(&format!("\n{note}\n"));
    }
    text
}

impl Line {
    fn row(&self, own: &Outcome, real: &Outcome) -> String {
        let times = match (own, real) {
            (Ok(own), Ok(real)) => Some(self.times(*own, *real)),
            _ => None,
        };
        let aim = self.aim(own.as_ref().ok().copied(), times);
        let times = times.map_or("–".to_owned(), |times| format!("{times:.1}"));
        let (name, own, real) = (self.name, self.shown(own), self.shown(real));
        format!("| {name} | {own} | {real} | {times} | {aim} |\n")
    }

    fn times(&self, own: f64, real: f64) -> f64 {
        match self.better {
            Better::Lower => real / own,
            Better::Higher => own / real,
        }
    }

    fn aim(&self, own: Option<f64>, times: Option<f64>) -> String {
        let mut aims = Vec::new();
        let mut met = own.is_some();
        if let Some(most) = self.at_most {
            aims.push(format!("at most {most} {}", self.unit));
            met &= own.is_some_and(|own| own <= most);
        }
        if let Some(times) = times {
            aims.push(format!("{TIMES} times"));
            met &= times >= TIMES;
        }
        match (aims.is_empty(), met) {
            (true, _) => String::new(),
            (false, true) => format!("{}: met", aims.join(", ")),
            (false, false) => format!("{}: **not met**", aims.join(", ")),
        }
    }

    fn shown(&self, outcome: &Outcome) -> String {
        match outcome {
            Ok(value) if *value < 10.0 => format!("{value:.2} {}", self.unit),
            Ok(value) if *value < 100.0 => format!("{value:.1} {}", self.unit),
            Ok(value) => format!("{value:.0} {}", self.unit),
            Err(_) => "–".to_owned(),
        }
    }
}

#[allow(clippy::print_stderr, reason = "a bench says where it is")]
fn announce(what: What, outcome: &Outcome) {
    match outcome {
        Ok(value) => eprintln!("{what:?}: {value:.3}"),
        Err(reason) => eprintln!("{what:?}: none, because {reason}"),
    }
}
