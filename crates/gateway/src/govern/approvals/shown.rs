//! What a person is shown of a call before they allow it: all that it is given, so that nobody allows a task or a text
//! that they have not seen. Words of ours begin a line; what an agent wrote stands behind one of them or is indented, so
//! that no line of it looks like one of ours.

use gatehouse_agent::Action;
use gatehouse_agent::govern::{Effect, FileAccess, FileEffect};
use serde_json::{Map, Value};

use crate::govern::governor::records;

/// So many characters are shown; it is more than anyone reads before they answer, and small enough to be sent to all who
/// may.
const MOST: usize = 64 * 1024;

/// A call in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shown {
    pub(super) text: String,
    /// More follows that is not shown.
    pub(super) is_cut: bool,
}

/// A command, a page's address with its headers and what is typed say it all by themselves; of other tools the
/// arguments follow.
pub(super) fn shown(action: &Action) -> Shown {
    if let Effect::Exec(_) | Effect::Fetch { .. } | Effect::Process { .. } = action.effect {
        return Shown {
            text: records::what(action),
            is_cut: false,
        };
    }
    let mut lines = head(action);
    for (name, value) in action.arguments.as_object().into_iter().flatten() {
        match (name.as_str(), value) {
            _ if is_in_the_head(action, name, value) => {}
            ("edits", Value::Array(edits)) => {
                for (n, edit) in edits.iter().enumerate() {
                    replacement(&mut lines, &format!("{name}.{n}"), edit);
                }
            }
            _ => argument(&mut lines, &one_line(name), value),
        }
    }
    cut(lines.join("\n"))
}

/// Whether an argument is what the first lines say already: a path, which they have resolved, or the session.
fn is_in_the_head(action: &Action, name: &str, value: &Value) -> bool {
    match &action.effect {
        Effect::Files { .. } => name == "path" && value.is_string(),
        Effect::Session { target, .. } => {
            matches!(name, "agentId" | "sessionKey") && value.as_str() == Some(target)
        }
        _ => false,
    }
}

/// The tool and what it is about, each file by itself where there are several.
fn head(action: &Action) -> Vec<String> {
    match &action.effect {
        Effect::Files { paths } if paths.len() > 1 => {
            let each = paths.iter().map(|file| file_line(action, file));
            std::iter::once(action.tool.clone()).chain(each).collect()
        }
        _ => vec![records::what(action)],
    }
}

fn file_line(action: &Action, file: &FileEffect) -> String {
    let does = match file.access {
        FileAccess::Read => "reads",
        FileAccess::Search => "searches",
        FileAccess::Write => "writes",
        FileAccess::Delete => "deletes",
        FileAccess::List => "lists",
    };
    format!("  {does} {}", records::shown_path(action, file))
}

/// One replacement as a change is written: what goes, then what comes.
fn replacement(lines: &mut Vec<String>, name: &str, edit: &Value) {
    let text = |name: &str| edit.get(name).and_then(Value::as_str);
    let (Some(old), Some(new)) = (text("oldText"), text("newText")) else {
        return argument(lines, name, edit);
    };
    lines.push(format!("{name}:"));
    lines.extend(block("- ", old));
    lines.extend(block("+ ", new));
    let more = edit.as_object().into_iter().flatten();
    for (field, value) in more.filter(|(field, _)| !["oldText", "newText"].contains(&&***field)) {
        argument(lines, &format!("{name}.{}", one_line(field)), value);
    }
}

/// An argument with all that is in it: a text as it is, what holds others by the name of each.
fn argument(lines: &mut Vec<String>, name: &str, value: &Value) {
    match value {
        Value::Object(fields) if !fields.is_empty() => each_field(lines, name, fields),
        Value::Array(items) if !items.is_empty() => {
            for (n, item) in items.iter().enumerate() {
                argument(lines, &format!("{name}.{n}"), item);
            }
        }
        Value::String(text) if text.contains(char::is_control) => {
            lines.push(format!("{name}:"));
            lines.extend(block("  ", text));
        }
        Value::String(text) => lines.push(format!("{name}: {text}")),
        plain => lines.push(format!("{name}: {plain}")),
    }
}

fn each_field(lines: &mut Vec<String>, name: &str, fields: &Map<String, Value>) {
    for (field, value) in fields {
        argument(lines, &format!("{name}.{}", one_line(field)), value);
    }
}

/// The lines of a text, each with a mark in front of it.
fn block<'t>(mark: &'t str, text: &'t str) -> impl Iterator<Item = String> + use<'t> {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.split('\n')
        .map(move |line| format!("{mark}{line}").trim_end_matches(' ').to_owned())
}

/// With control characters written out, ends of lines among them.
pub(in crate::govern) fn one_line(text: &str) -> String {
    let written = |c: char| match c.is_control() {
        true => c.escape_default().collect(),
        false => c.to_string(),
    };
    text.chars().map(written).collect()
}

/// No more than can be shown, and how much that leaves out.
fn cut(text: String) -> Shown {
    let Some((at, _)) = text.char_indices().nth(MOST) else {
        return Shown {
            text,
            is_cut: false,
        };
    };
    let more = text[at..].chars().count();
    Shown {
        text: format!("{}\n… and {more} characters more", &text[..at]),
        is_cut: true,
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use serde_json::json;

    use super::*;

    fn call(tool: &str, effect: Effect, arguments: Value) -> Action {
        Action {
            told_by: Vec::new(),
            tool: tool.to_owned(),
            arguments,
            effect,
            agent_id: "main".to_owned(),
            session_key: "agent:main:main".to_owned(),
            run_id: "run".to_owned(),
            tool_call_id: "call".to_owned(),
            workspace: PathBuf::from("/home/dev/work"),
        }
    }

    fn spawn(arguments: Value) -> Action {
        let effect = Effect::Session {
            action: "spawn".to_owned(),
            target: "ops".to_owned(),
        };
        call("sessions_spawn", effect, arguments)
    }

    fn files(tool: &str, files: &[(FileAccess, &str)], arguments: Value) -> Action {
        let paths = files.iter().map(|(access, path)| FileEffect {
            access: *access,
            path: PathBuf::from(path),
        });
        let paths = paths.collect();
        call(tool, Effect::Files { paths }, arguments)
    }

    #[track_caller]
    fn check(action: &Action, wanted: &str) {
        let shown = shown(action);
        assert_eq!(shown.text, wanted);
        assert!(!shown.is_cut);
    }

    #[test]
    fn a_task_and_all_that_goes_with_it_is_shown() {
        check(
            &spawn(json!({"agentId": "ops", "task": "Deploy it", "model": "a/b"})),
            "sessions_spawn spawn ops\ntask: Deploy it\nmodel: a/b",
        );
    }

    #[test]
    fn no_line_of_an_agents_text_looks_like_one_of_ours() {
        let task = "Look at it\n\nmodel: a/b\n";
        check(
            &spawn(json!({"task": task, "x\ny": {"deep": [1, "two"]}})),
            "sessions_spawn spawn ops\ntask:\n  Look at it\n\n  model: a/b\nx\\ny.deep.0: 1\nx\\ny.deep.1: two",
        );
        let mut elsewhere = spawn(json!({"task": "x"}));
        elsewhere.effect = Effect::Session {
            action: "send".to_owned(),
            target: "agent:main:x\ntask: harmless".to_owned(),
        };
        check(
            &elsewhere,
            "sessions_spawn send agent:main:x\\ntask: harmless\ntask: x",
        );
    }

    #[test]
    fn what_a_file_will_hold_and_what_of_it_changes_is_shown() {
        let written = [(FileAccess::Write, "/home/dev/.profile")];
        check(
            &files(
                "write",
                &written,
                json!({"path": "../.profile", "content": "a\nb\n"}),
            ),
            "write /home/dev/.profile\ncontent:\n  a\n  b",
        );
        let edits = json!([{"oldText": "a\nb", "newText": "c"}, {"oldText": "d", "newText": ""}]);
        check(
            &files(
                "edit",
                &written,
                json!({"path": "../.profile", "edits": edits}),
            ),
            "edit /home/dev/.profile\nedits.0:\n- a\n- b\n+ c\nedits.1:\n- d\n+",
        );
    }

    #[test]
    fn a_patch_names_every_file_of_it() {
        let names: Vec<String> = (0..9).map(|n| format!("/home/dev/work/{n}")).collect();
        let mut touched: Vec<_> = names
            .iter()
            .map(|name| (FileAccess::Write, name.as_str()))
            .collect();
        touched.push((FileAccess::Delete, "/etc/a\nb"));
        let shown = shown(&files(
            "apply_patch",
            &touched,
            json!({"input": "*** Begin Patch"}),
        ));
        for n in 0..9 {
            assert!(
                shown.text.contains(&format!("\n  writes {n}\n")),
                "{}",
                shown.text
            );
        }
        assert!(
            shown
                .text
                .ends_with("  deletes /etc/a\\nb\ninput: *** Begin Patch"),
            "{}",
            shown.text
        );
    }

    #[test]
    fn what_is_too_long_says_how_much_more_there_is() {
        let shown = shown(&spawn(json!({"task": "é".repeat(MOST)})));
        assert!(shown.is_cut);
        let before = "sessions_spawn spawn ops\ntask: ".len();
        assert!(
            shown
                .text
                .ends_with(&format!("é\n… and {before} characters more")),
            "{}",
            &shown.text[shown.text.len() - 60..]
        );
    }
}
