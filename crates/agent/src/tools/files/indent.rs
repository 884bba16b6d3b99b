//! How new lines of a patch are indented, where the file has the lines around them with other blanks than the patch.

/// What the lines that a patch and a file share tell.
pub(super) struct Indents<'a> {
    /// The blanks before each line, in the patch and in the file; none of an empty line.
    pairs: Vec<Option<(&'a str, &'a str)>>,
}

impl<'a> Indents<'a> {
    /// Of lines that are the same but for blanks: in the patch, and in the file.
    pub(super) fn new(lines: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let told = |(line, found): (&'a str, &'a str)| {
            (!line.trim().is_empty()).then(|| (blanks(line), blanks(found)))
        };
        Self {
            pairs: lines.map(told).collect(),
        }
    }

    /// A new line, as the file would have it, where so many of the lines come before it. None where they do not tell.
    pub(super) fn of(&self, line: &str, before: usize) -> Option<String> {
        let is_as_written = self.known().all(|(patch, file)| patch == file);
        if is_as_written || line.trim().is_empty() {
            return Some(line.to_owned());
        }
        let (before, after) = self.pairs.split_at(before);
        // The line right before it tells most.
        let pairs = before.iter().rev().chain(after).copied().flatten();
        let mut best: Option<(&str, &str)> = None;
        for (patch, file) in pairs.filter(|(patch, _)| blanks(line).starts_with(patch)) {
            if best.is_none_or(|(best, _)| patch.len() > best.len()) {
                best = Some((patch, file));
            }
        }
        let (patch, file) = best?;
        let (further, text) = line[patch.len()..].split_at(blanks(line).len() - patch.len());
        Some(format!("{file}{}{text}", self.translated(further)))
    }

    fn known(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.pairs.iter().copied().flatten()
    }

    /// Further blanks, where the patch has blanks for the file's tabs, or the other way round.
    fn translated(&self, blanks: &str) -> String {
        let steps = self.known().find_map(|(patch, file)| {
            let widens = step(patch, file).map(|width| (" ".repeat(width), "\t".to_owned()));
            widens.or_else(|| step(file, patch).map(|width| ("\t".to_owned(), " ".repeat(width))))
        });
        steps.map_or_else(
            || blanks.to_owned(),
            |(from, to)| blanks.replace(&from, &to),
        )
    }
}

/// How many blanks stand for one tab, where these stand for those.
fn step(wide: &str, tabs: &str) -> Option<usize> {
    let are = |text: &str, letter: char| !text.is_empty() && text.chars().all(|c| c == letter);
    let is_step = are(wide, ' ') && are(tabs, '\t') && wide.len().is_multiple_of(tabs.len());
    is_step.then(|| wide.len() / tabs.len())
}

fn blanks(line: &str) -> &str {
    &line[..line.len() - line.trim_start().len()]
}
