//! Paths by their words alone: `.` and `..`, doubled slashes, and the ways round through `/proc` and `/private`.

/// An absolute path without `.`, `..`, doubled or trailing slashes; `..` above the root stays at the root.
/// None where the path is relative and the folder is not known.
pub(crate) fn normalise(path: &str, cwd: Option<&str>) -> Option<String> {
    let mut parts: Vec<&str> = Vec::with_capacity(12);
    if !path.starts_with('/') {
        push_all(&mut parts, cwd?);
    }
    push_all(&mut parts, path);
    let parts = without_detour(&parts, cwd);
    let mut whole = String::with_capacity(path.len() + cwd.map_or(0, str::len) + 1);
    for part in parts {
        whole.push('/');
        whole.push_str(part);
    }
    if whole.is_empty() {
        whole.push('/');
    }
    Some(whole)
}

fn push_all<'a>(parts: &mut Vec<&'a str>, path: &'a str) {
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
}

/// `/proc/self/root/etc` is `/etc`, `/proc/self/cwd/x` is `x`, `/private/tmp` of macOS is `/tmp`.
fn without_detour<'a>(parts: &[&'a str], cwd: Option<&'a str>) -> Vec<&'a str> {
    match parts {
        ["proc", who, "root", rest @ ..] if is_process(who) => without_detour(rest, cwd),
        ["proc", who, "cwd", rest @ ..] if is_process(who) => match cwd {
            Some(cwd) => {
                let mut all = Vec::new();
                push_all(&mut all, cwd);
                all.extend_from_slice(rest);
                all
            }
            None => parts.to_vec(),
        },
        ["proc", who, "task", _, rest @ ..] if is_process(who) => {
            let mut all = vec!["proc", *who];
            all.extend_from_slice(rest);
            without_detour(&all, cwd)
        }
        ["private", "tmp" | "var" | "etc", ..] => parts[1..].to_vec(),
        ["System", "Volumes", "Data", rest @ ..] => without_detour(rest, cwd),
        ["run", "shm", ..] | ["dev", "shm", ..] => parts.to_vec(),
        _ => parts.to_vec(),
    }
}

fn is_process(who: &str) -> bool {
    who == "self"
        || who == "thread-self"
        || (!who.is_empty() && who.bytes().all(|b| b.is_ascii_digit()))
}

/// Whether a path lies at or below a folder; both normalised.
pub(crate) fn is_below(path: &str, folder: &str) -> bool {
    if folder == "/" {
        return true;
    }
    path.strip_prefix(folder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Whether a folder holds a path, and is not the path itself.
pub(crate) fn holds(folder: &str, path: &str) -> bool {
    folder != path && is_below(path, folder)
}

/// The last part of a path.
pub(crate) fn name(path: &str) -> &str {
    path.rsplit('/').find(|part| !part.is_empty()).unwrap_or("")
}
