//! No text breaks the reading of a command: it ends within its budget, its verdict is that of its strictest finding, and
//! every place that it names is one in the text.
#![no_main]

use std::collections::BTreeMap;

use gatehouse_policy::{Dialect, NoFiles, Plan, Taint, Verdict, World, shell};
use libfuzzer_sys::fuzz_target;

/// As the analysis has it, and a little more.
const BUDGET: u32 = 50_000;

fn world() -> World<'static> {
    World {
        dialect: Dialect::Posix,
        cwd: "/home/dev/project".to_owned(),
        workspace: "/home/dev/project".to_owned(),
        home: "/home/dev".to_owned(),
        user: "dev".to_owned(),
        tmp: vec!["/tmp".to_owned()],
        variables: BTreeMap::new(),
        protected: vec!["/home/dev/.gatehouse".to_owned()],
        own_ports: vec![18_789],
        ignore_case: false,
        taint: Taint::default(),
        files: &NoFiles,
    }
}

fuzz_target!(|text: &str| {
    for dialect in [Dialect::Posix, Dialect::PowerShell, Dialect::Cmd] {
        let world = World { dialect, ..world() };
        let analysis = shell::analyse(text, &world);
        assert!(analysis.steps <= BUDGET, "{} steps", analysis.steps);
        assert!(analysis.plan != Plan::Nothing || analysis.verdict > Verdict::Allow);
        let strictest = analysis.findings.iter().map(|found| found.verdict).max();
        assert_eq!(analysis.verdict, strictest.unwrap_or_default());
        for span in analysis.findings.iter().filter_map(|found| found.span) {
            let (start, end) = (span.start as usize, span.end as usize);
            assert!(start <= end && text.get(start..end).is_some());
        }
    }
});
