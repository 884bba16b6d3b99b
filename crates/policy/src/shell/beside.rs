//! Whether a plan is words alone, so that who matches the words of its commands has matched all of it.

use super::syntax::{Command, FileMode, Item, Kind, Part, Pipeline, Redirect, RedirectKind, Word};
use super::{parser, prescan};
use crate::plan::Plan;

/// Whether nothing runs or is written beside the words of the commands: no variable is set and no file redirected.
/// Joining the two outputs (`2>&1`) and throwing one away (`>/dev/null`) are no files.
pub fn is_words_alone(plan: &Plan) -> bool {
    match plan {
        Plan::Direct { lists } => lists
            .iter()
            .flat_map(|list| &list.spawns)
            .all(|spawn| spawn.assignments.is_empty()),
        Plan::Shell { text } => {
            let Ok(nesting) = prescan::scan(text) else {
                return false;
            };
            let script = parser::parse_caged(text, nesting);
            script.is_ok_and(|script| script.items.iter().all(item))
        }
        Plan::Nothing => false,
    }
}

fn item(item: &Item) -> bool {
    let rest = item.rest.iter().map(|(_, pipeline)| pipeline);
    !item.background && std::iter::once(&item.first).chain(rest).all(pipeline)
}

fn pipeline(pipeline: &Pipeline) -> bool {
    pipeline.commands.iter().all(command)
}

fn command(command: &Command) -> bool {
    let Kind::Simple(simple) = &command.kind else {
        return false;
    };
    simple.assignments.is_empty() && command.redirects.iter().all(leads_to_no_file)
}

fn leads_to_no_file(redirect: &Redirect) -> bool {
    match &redirect.kind {
        RedirectKind::Duplicate { output: true, word } => {
            text(word).is_some_and(|to| matches!(to, "1" | "2"))
        }
        RedirectKind::File(mode, word) => {
            let writes = matches!(
                mode,
                FileMode::Write | FileMode::Append | FileMode::Both | FileMode::BothAppend
            );
            writes && text(word) == Some("/dev/null")
        }
        _ => false,
    }
}

fn text(word: &Word) -> Option<&str> {
    match word.parts.as_slice() {
        [Part::Text(text) | Part::Quoted(text)] => Some(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_writes_a_file_or_sets_a_variable_is_more_than_its_words() {
        for (text, wanted) in [
            ("npm ci 2>&1 | tail -5", true),
            ("npm ci >/dev/null 2>&1", true),
            ("npm ci && npm test &>/dev/null", true),
            ("npm ci > package.json", false),
            ("npm ci >> x", false),
            ("npm ci < x", false),
            ("npm ci > \"$x\"", false),
            ("npm ci >&3", false),
            ("FOO=1 npm ci", false),
            ("npm ci &", false),
            ("(npm ci)", false),
            ("if npm ci; then npm test; fi", false),
        ] {
            let plan = Plan::Shell {
                text: text.to_owned(),
            };
            assert_eq!(is_words_alone(&plan), wanted, "{text}");
        }
        assert!(!is_words_alone(&Plan::Nothing));
    }
}
