//! The tool `edit`: exact replacements in one file, all of them or none.

use std::{borrow::Cow, ops::Range};

use async_trait::async_trait;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{arguments, blocking, effect_on, only_path, read_text};
use crate::{
    govern::{Effect, FileAccess},
    tools::{CallContext, Tool, ToolError, ToolOutput, ToolSpec},
    workspace::Existing,
};

pub struct Edit;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Arguments {
    path: String,
    #[serde(default)]
    edits: Vec<Replacement>,
    /// Older models give a single replacement like this.
    #[serde(default)]
    old_text: Option<String>,
    #[serde(default)]
    new_text: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Replacement {
    old_text: String,
    new_text: String,
}

impl Arguments {
    fn replacements(self) -> Result<Vec<Replacement>, ToolError> {
        let mut all = self.edits;
        if let (Some(old_text), Some(new_text)) = (self.old_text, self.new_text) {
            all.push(Replacement { old_text, new_text });
        }
        if all.is_empty() {
            return Err(ToolError::Arguments("there is no edit to make".into()));
        }
        Ok(all)
    }
}

#[async_trait]
impl Tool for Edit {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: "edit",
            label: "Edit",
            description: "Replace exact text in a file of the workspace. Every oldText must occur exactly once.",
            parameters: json!({
                "type": "object",
                "required": ["path", "edits"],
                "properties": {
                    "path": { "type": "string", "description": "Path of the file." },
                    "edits": {
                        "type": "array",
                        "description": "Replacements against the original file; they may not overlap.",
                        "items": {
                            "type": "object",
                            "required": ["oldText", "newText"],
                            "properties": {
                                "oldText": { "type": "string", "description": "Text that occurs once." },
                                "newText": { "type": "string", "description": "What stands there then." },
                            },
                        },
                    },
                },
            }),
        }
    }

    async fn resolve(&self, given: &Value, call: &CallContext) -> Result<Effect, ToolError> {
        let given: Arguments = arguments(given)?;
        effect_on(call, &given.path, FileAccess::Write)
    }

    async fn run(
        &self,
        effect: &Effect,
        given: &Value,
        call: &CallContext,
    ) -> Result<ToolOutput, ToolError> {
        let path = only_path(effect)?;
        let edits = arguments::<Arguments>(given)?.replacements()?;
        blocking(call, move |workspace| {
            let old = read_text(&workspace, &path)?;
            let new = replace(&old, &edits)?;
            workspace.write(&path, new.as_bytes(), Existing::Replace)?;
            let shown = workspace.shown(&path).display();
            Ok(ToolOutput::text(format!(
                "Replaced {} place(s) in {shown}",
                edits.len()
            )))
        })
        .await
    }
}

fn replace(text: &str, edits: &[Replacement]) -> Result<String, ToolError> {
    let lines = Lines::of(text);
    let mut places: Vec<(Range<usize>, Cow<str>)> = Vec::new();
    for edit in edits {
        // Whoever writes the ends of lines out means them.
        places.push(if edit.old_text.contains('\r') {
            let place = only_place(text, &edit.old_text)?;
            (place, Cow::Borrowed(edit.new_text.as_str()))
        } else {
            let place = lines.there(only_place(&lines.plain, &edit.old_text)?);
            let new = ended_as(text, &place, &edit.new_text);
            (place, new)
        });
    }
    places.sort_by_key(|(place, _)| place.start);
    if places
        .windows(2)
        .any(|pair| pair[0].0.end > pair[1].0.start)
    {
        return Err(ToolError::Failed(
            "two edits overlap; merge them into one".into(),
        ));
    }
    let mut new = String::with_capacity(text.len());
    let mut copied = 0;
    for (place, replacement) in places {
        new.push_str(&text[copied..place.start]);
        new.push_str(&replacement);
        copied = place.end;
    }
    new.push_str(&text[copied..]);
    if new == text {
        return Err(ToolError::Failed("the edit changes nothing".into()));
    }
    Ok(new)
}

/// A text with the ends of its lines as a model writes them.
struct Lines<'a> {
    plain: Cow<'a, str>,
    /// Where a line ends in the plain text that has a longer end in the file.
    longer: Vec<usize>,
}

impl<'a> Lines<'a> {
    fn of(text: &'a str) -> Self {
        let found = text.match_indices("\r\n").enumerate();
        let longer: Vec<usize> = found.map(|(before, (at, _))| at - before).collect();
        let plain = if longer.is_empty() {
            Cow::Borrowed(text)
        } else {
            Cow::Owned(text.replace("\r\n", "\n"))
        };
        Self { plain, longer }
    }

    /// A place of the plain text, in the file.
    fn there(&self, place: Range<usize>) -> Range<usize> {
        let there = |at: usize| at + self.longer.partition_point(|end| *end < at);
        there(place.start)..there(place.end)
    }
}

/// A new text with the ends that lines have at its place: the one within it or after it, else the last one before it.
fn ended_as<'n>(text: &str, place: &Range<usize>, new: &'n str) -> Cow<'n, str> {
    let next = text[place.start..].find('\n').map(|at| place.start + at);
    let end = next.or_else(|| text[..place.start].rfind('\n'));
    if end.is_some_and(|end| text[..end].ends_with('\r')) && new.contains('\n') {
        return Cow::Owned(new.replace("\r\n", "\n").replace('\n', "\r\n"));
    }
    Cow::Borrowed(new)
}

fn only_place(text: &str, old: &str) -> Result<Range<usize>, ToolError> {
    if old.is_empty() {
        return Err(ToolError::Arguments("an oldText is empty".into()));
    }
    let first: String = old
        .lines()
        .next()
        .unwrap_or_default()
        .chars()
        .take(80)
        .collect();
    let Some(start) = text.find(old) else {
        let text = format!("the text that begins with “{first}” is not in the file");
        return Err(ToolError::Failed(text));
    };
    // From the next character on, so that overlapping occurrences count too.
    let next = start + text[start..].chars().next().map_or(1, char::len_utf8);
    if text[next..].contains(old) {
        let text = format!("the text that begins with “{first}” is in the file more than once");
        return Err(ToolError::Failed(text));
    }
    Ok(start..start + old.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn edits(pairs: &[(&str, &str)]) -> Vec<Replacement> {
        let one = |(old, new): &(&str, &str)| Replacement {
            old_text: (*old).to_owned(),
            new_text: (*new).to_owned(),
        };
        pairs.iter().map(one).collect()
    }

    #[test]
    fn edits_are_made_against_the_original() {
        let new = replace("one two three", &edits(&[("three", "one"), ("one", "2")])).unwrap();
        assert_eq!(new, "2 two one");
    }

    #[test]
    fn an_edit_that_is_not_clear_changes_nothing() {
        for pairs in [
            [("four", "x")].as_slice(),
            &[("e", "x")],
            &[("", "x")],
            &[("aa", "x")],
            &[("one two", "x"), ("two three", "y")],
            &[("one", "one")],
        ] {
            let result = replace("one two three aaa", &edits(pairs));
            assert!(result.is_err(), "{pairs:?} gave {result:?}");
        }
    }

    #[test]
    fn lines_end_as_they_do_in_the_file_however_the_model_writes_them() {
        for (text, pair, expected) in [
            (
                "a\r\nb\r\nc\r\n",
                ("a\nb", "x\ny\nz"),
                "x\r\ny\r\nz\r\nc\r\n",
            ),
            ("a\r\nb\r\n", ("b", "x\ny"), "a\r\nx\r\ny\r\n"),
            ("a\r\nb", ("b", "x\ny"), "a\r\nx\r\ny"),
            ("a\r\nb\r\nc", ("\nb\n", "\n"), "a\r\nc"),
            ("a\nb\r\nc\n", ("a\nb", "x\ny"), "x\ny\r\nc\n"),
            ("a\nb\n", ("a", "x\r\ny"), "x\r\ny\nb\n"),
            ("a\r\nb\r\n", ("a\r\nb", "a\nb"), "a\nb\r\n"),
            ("ä\r\nb\r\n", ("b\n", ""), "ä\r\n"),
        ] {
            let new = replace(text, &edits(&[pair])).unwrap();
            assert_eq!(new, expected, "{text:?} {pair:?}");
        }
        let twice = replace("a\nb\na\r\nb\n", &edits(&[("a\nb", "x")]));
        assert!(
            twice.is_err(),
            "it is there twice but for the ends: {twice:?}"
        );
    }

    proptest! {
        #[test]
        fn a_text_with_long_ends_is_edited_as_the_one_with_short_ones(
            text in "[ab\n]{0,30}", old in "[ab\n]{0,4}", new in "[ab\n]{0,4}",
        ) {
            let short = replace(&text, &edits(&[(&old, &new)])).ok();
            let long = |text: &str| text.replace('\n', "\r\n");
            // Without an end to go by, a file has none of its own.
            prop_assume!(text.contains('\n') || !new.contains('\n'));
            let got = replace(&long(&text), &edits(&[(&old, &new)])).ok();
            prop_assert_eq!(got, short.as_deref().map(long));
        }

        #[test]
        fn replacing_never_panics_and_touches_only_its_place(
            text in "[abü\n]{0,30}", old in "[abü\n]{0,4}", new in "[abü\n]{0,4}",
        ) {
            if let Ok(result) = replace(&text, &edits(&[(&old, &new)])) {
                let (before, after) = text.split_once(&old).unwrap();
                prop_assert_eq!(result, format!("{before}{new}{after}"));
            }
        }
    }
}
