//! The tool `edit`: exact replacements in one file, all of them or none.

use std::ops::Range;

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
    let mut places: Vec<(Range<usize>, &str)> = Vec::new();
    for edit in edits {
        places.push((only_place(text, &edit.old_text)?, &edit.new_text));
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
        new.push_str(replacement);
        copied = place.end;
    }
    new.push_str(&text[copied..]);
    if new == text {
        return Err(ToolError::Failed("the edit changes nothing".into()));
    }
    Ok(new)
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

    proptest! {
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
