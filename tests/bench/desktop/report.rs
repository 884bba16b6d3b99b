//! What was measured, as a table for the README.

/// Lines in the order in which they were measured.
#[derive(Default)]
pub(crate) struct Report {
    lines: Vec<String>,
}

impl Report {
    pub(crate) fn figure(&mut self, name: &str, value: f64, unit: &str) {
        self.push(name, &format!("{value:.0} {unit}"), "");
    }

    /// A figure with the most that it should be.
    pub(crate) fn at_most(&mut self, name: &str, value: f64, unit: &str, most: f64) {
        let verdict = if value <= most { "met" } else { "**not met**" };
        self.push(
            name,
            &format!("{value:.1} {unit}"),
            &format!("at most {most} {unit}: {verdict}"),
        );
    }

    /// A ratio of two figures of this run.
    pub(crate) fn against(&mut self, name: &str, ratio: f64, most: f64) {
        let verdict = if ratio <= most { "met" } else { "**not met**" };
        self.push(
            name,
            &format!("{ratio:.2}"),
            &format!("at most {most}: {verdict}"),
        );
    }

    #[allow(clippy::print_stdout, reason = "a bench reports on standard output")]
    fn push(&mut self, name: &str, value: &str, aim: &str) {
        let line = format!("| {name} | {value} | {aim} |");
        println!("{line}");
        self.lines.push(line);
    }

    pub(crate) fn table(&self) -> String {
        format!(
            "| what | figure | aim |\n| --- | --- | --- |\n{}\n",
            self.lines.join("\n")
        )
    }
}
