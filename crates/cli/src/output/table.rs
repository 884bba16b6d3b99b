//! Aligned columns. Cells are one line of escaped text. The first column is what other commands are given, so that it
//! is never cut; the last one is as long as it is. A first cell of unusual length stands out of its column, and leaves the
//! others where they are.

use crate::output::style::Style;

/// Longest cell of any column between the first and the last, in characters. Whole texts are in `--json`.
const CELL_MAX: usize = 48;

/// The widest column, in characters: a session's key with two ids in it.
const WIDEST: usize = 100;

/// A table as it grows.
pub(crate) struct Table<const N: usize> {
    head: [&'static str; N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    pub(crate) fn new(head: [&'static str; N]) -> Self {
        Self {
            head,
            rows: Vec::new(),
        }
    }

    /// Adds a row. Cells are untrusted and are escaped here.
    pub(crate) fn row(&mut self, cells: [String; N]) {
        let mut place = 0;
        self.rows.push(cells.map(|cell| {
            place += 1;
            let is_between = place > 1 && place < N;
            let longest = if is_between { CELL_MAX } else { usize::MAX };
            cell_text(&cell, longest)
        }));
    }

    pub(crate) fn lines(&self, style: Style) -> Vec<String> {
        let width = |column: usize| {
            let cells = self.rows.iter().map(|row| row[column].chars().count());
            let widest = cells.filter(|width| *width <= WIDEST).max();
            widest.unwrap_or(0).max(self.head[column].len())
        };
        let widths: Vec<usize> = (0..N).map(width).collect();
        let line = |cells: Vec<&str>| {
            let padded = cells.iter().zip(&widths).map(|(cell, width)| {
                let missing = width.saturating_sub(cell.chars().count());
                format!("{cell}{}", " ".repeat(missing))
            });
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let head = style.dim(&line(self.head.to_vec()));
        let rows = self
            .rows
            .iter()
            .map(|row| line(row.iter().map(String::as_str).collect()));
        std::iter::once(head).chain(rows).collect()
    }
}

fn cell_text(text: &str, longest: usize) -> String {
    let line = gatehouse_protocol::untrusted::one_line(text, 4096);
    if line.chars().count() <= longest {
        return if line.is_empty() {
            "-".to_owned()
        } else {
            line
        };
    }
    let kept: String = line.chars().take(longest - 1).collect();
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_and_an_empty_cell_is_seen() {
        let mut table = Table::new(["KEY", "TITLE"]);
        table.row(["a".into(), "first".into()]);
        table.row(["longer".into(), String::new()]);
        assert_eq!(
            table.lines(Style::new(false)),
            ["KEY     TITLE", "a       first", "longer  -"]
        );
    }

    #[test]
    fn a_title_cannot_break_the_table_or_hide_what_follows() {
        let mut table = Table::new(["TITLE"]);
        table.row(["a\nb\u{202e}c".into()]);
        assert_eq!(table.lines(Style::new(false))[1], "a b⟨U+202E⟩c");
    }

    #[test]
    fn one_very_long_key_does_not_move_the_columns_of_the_others() {
        let mut table = Table::new(["KEY", "TITLE"]);
        table.row(["a".into(), "first".into()]);
        let long = "k".repeat(500);
        table.row([long.clone(), "second".into()]);
        let lines = table.lines(Style::new(false));
        assert_eq!(lines[1], "a    first");
        assert_eq!(lines[2], format!("{long}  second"), "it is whole");
    }

    #[test]
    fn a_long_cell_is_cut_and_says_so() {
        let mut table = Table::new(["KEY", "TITLE", "N"]);
        table.row(["k".repeat(60), "é".repeat(100), "1".into()]);
        let line = &table.lines(Style::new(false))[1];
        let key = "k".repeat(60);
        assert_eq!(line, &format!("{key}  {}…  1", "é".repeat(47)));
    }
}
