//! What git does to the work: looked at, thrown away, sent, fetched.

use super::*;

/// Paths outside of the workspace that a local command names.
pub(super) fn outside(parsed: &Parsed, reader: &mut Reader<'_>) {
    for word in &parsed.operands {
        let text = word.prefix();
        if text.starts_with('/') || text.starts_with("../") {
            reader.touch(word, Access::Read);
        }
    }
}

/// What git keeps of a file is shown by what only looks at what git keeps.
pub(super) fn add(parsed: &Parsed, reader: &mut Reader<'_>) {
    outside(parsed, reader);
    for word in &parsed.operands {
        if parsed.has("-f") {
            // With what `.gitignore` names, which other sub-commands take to be not kept.
            reader.touch(word, Access::ReadAll);
        } else {
            // What is added goes wherever the repository goes.
            reader.touch(word, Access::Read);
        }
    }
}

/// Options with which the content of files is not shown.
#[rustfmt::skip]
const NAMES: &[&str] = &["--name-only", "--name-status", "--stat", "--numstat", "--shortstat", "--summary", "--check", "--quiet"];

/// `git show HEAD:.env`, `git diff -- .env`, `git grep x -- .env`: what the repository keeps of a file is as secret as
/// the file.
pub(super) fn contents(parsed: &Parsed, sub: &str, reader: &mut Reader<'_>) {
    let argv = &reader.invocation.argv;
    let has = |names: &[&str]| {
        argv.iter()
            .any(|arg| arg.known().is_some_and(|arg| names.contains(&arg)))
    };
    let shows = match sub {
        "log" | "whatchanged" | "reflog" | "rev-list" => {
            has(&["-p", "-u", "--patch", "-c", "--cc"])
                || argv.iter().any(|arg| arg.prefix().starts_with("-L"))
        }
        "cat-file" => !has(&["-e", "-t", "-s"]),
        "diff" | "diff-tree" | "diff-index" | "diff-files" | "show" | "range-diff" => !has(NAMES),
        "blame" | "annotate" | "grep" | "archive" | "merge-tree" => true,
        _ => false,
    };
    if !shows {
        return;
    }
    let pattern = sub == "grep" && !has(&["-e", "-f"]) && parsed.dashes != Some(0);
    let mut words: Vec<String> = parsed
        .operands
        .iter()
        .skip(usize::from(pattern))
        .map(shown_word)
        .collect();
    if sub == "grep" {
        let roots = parsed.operands.iter().skip(usize::from(pattern));
        // Before `--` stand revisions as well, and what is there is a path.
        let there = |word: &&Word| {
            let path = word
                .known()
                .and_then(|text| locate(text, reader.cwd(), reader.world));
            parsed.dashes.is_some()
                || path.is_some_and(|place| reader.world.files.is_dir(&place.path) == Some(true))
        };
        let roots: Vec<Word> = roots.filter(there).cloned().collect();
        super::super::below::of_git_grep(&argv.to_vec(), reader, &roots);
    }
    // `-L :function:FILE`, `-L1,5:FILE`
    words.extend(
        argv.iter()
            .map(shown_word)
            .filter(|word| word.contains(':')),
    );
    for word in words {
        if word.starts_with(":!") || word.starts_with(":^") || word.starts_with(":(exclude") {
            continue;
        }
        let path = word.rsplit([':', ')']).next().unwrap_or(&word);
        let path = Word::from(path.trim_start_matches('/').trim_end_matches('*'));
        let known = locate(path.prefix(), reader.cwd(), reader.world);
        if known.is_some_and(|place| place.secret.is_some()) {
            reader.touch(&path, Access::Read);
        }
    }
}

/// What is taken out of the repository is deleted, unless it is only no longer kept.
pub(super) fn removes(parsed: &Parsed, reader: &mut Reader<'_>) {
    if parsed.any("--cached -n") {
        return outside(parsed, reader);
    }
    let access = if parsed.has("-r") {
        Access::DeleteAll
    } else {
        Access::Delete
    };
    for word in &parsed.operands {
        reader.touch(word, access);
    }
}

/// `git checkout -- FILE` throws away what is in the file; `git checkout BRANCH` does not.
pub(super) fn checkout(parsed: &Parsed, reader: &mut Reader<'_>) {
    let paths = match parsed.dashes {
        Some(at) => parsed.operands.len() > at,
        None => parsed.operand(0) == Some(".") || parsed.operands.len() > 1 && !parsed.any("-b -t"),
    };
    if paths {
        reader.ask(LOSES, "It throws away work that is not committed.");
    }
}

pub(super) fn restore(parsed: &Parsed, reader: &mut Reader<'_>) {
    if !parsed.has("-S") || parsed.has("-W") {
        reader.ask(LOSES, "It throws away work that is not committed.");
    }
}

pub(super) fn clean(parsed: &Parsed, reader: &mut Reader<'_>) {
    if parsed.has("-n") {
        return;
    }
    reader.ask(LOSES, "It deletes files that git does not keep.");
    let argv = &reader.invocation.argv;
    let named = argv.iter().enumerate().filter_map(|(at, word)| {
        let text = word.known()?;
        match text.strip_prefix("--work-tree=") {
            Some(path) => Some(path),
            None if matches!(text, "-C" | "--work-tree") => argv.get(at + 1)?.known(),
            None => None,
        }
    });
    let mut folders = named.chain(reader.cwd());
    let whole = folders.any(|folder| {
        let path = crate::place::normalise(folder, reader.cwd());
        path.is_some_and(|path| crate::place::is_critical(&path, reader.world))
    });
    if whole {
        reader.deny(
            "delete-home",
            "It deletes files of a whole home or of the system that git does not keep.",
        );
    }
}

pub(super) fn maintain(parsed: &Parsed, reader: &mut Reader<'_>) {
    match parsed.operand(0) {
        Some("start" | "register") => {
            reader.deny("persistence", "It sets up a job that runs again and again.")
        }
        _ if parsed
            .strange
            .iter()
            .any(|name| name.starts_with("--prune")) =>
        {
            reader.ask(LOSES, "It deletes what lost work is found by.")
        }
        _ => {}
    }
}

/// `ext::sh -c …` is a transport that is a command.
pub(super) fn remote_url(parsed: &Parsed, reader: &mut Reader<'_>) {
    for (at, word) in parsed.operands.iter().enumerate() {
        remote(word, reader);
        let text = shown_word(word);
        // What follows the first may be `HEAD:main`.
        if let Some(host) = of_scp(&text)
            && (at == 0 || host.contains('.') || text.contains('@'))
        {
            reaches(reader, host);
        }
    }
}

/// An address that work comes from or goes to.
pub(super) fn remote(word: &Word, reader: &mut Reader<'_>) {
    let text = shown_word(word);
    if let Some(command) = text.strip_prefix("ext::") {
        reader.deny(
            "git-transport",
            "The address is a command that is run on this machine.",
        );
        reader.shell(Word::Known(command.replace("% ", " ").replace("%20", " ")));
    } else if text.starts_with("fd::")
        || text.contains("::") && !text.contains("://") && !text.starts_with('[')
    {
        reader.deny(
            "git-transport",
            "The address names a program of this machine.",
        );
    } else if text.contains("://") {
        url(reader, word, Use::Send);
    } else if text.starts_with('-') {
        reader.deny("git-transport", "An address begins like an option.");
    }
}

pub(super) fn clone(parsed: &Parsed, reader: &mut Reader<'_>) {
    super::template(parsed, reader);
    remote_url(parsed, reader);
    for setting in parsed.values("-c") {
        let text = shown_word(setting);
        let (key, value) = text.split_once('=').unwrap_or((&text, ""));
        if git_config::kind(key, value) == Key::Runs {
            reader.deny(
                "git-setting-command",
                "A setting names a command that git runs.",
            );
        }
    }
    match (parsed.operands.first(), parsed.operands.get(1)) {
        (_, Some(folder)) => {
            reader.touch(folder, Access::Create);
        }
        (Some(address), None) => {
            let text = shown_word(address);
            let name = text
                .trim_end_matches('/')
                .trim_end_matches(".git")
                .rsplit(['/', ':'])
                .next()
                .unwrap_or("")
                .to_owned();
            reader.touch(&Word::Known(name), Access::Create);
        }
        _ => {}
    }
}

pub(super) fn bisect_run(parsed: &Parsed, reader: &mut Reader<'_>) {
    reader.run(&parsed.operands);
}

/// Other programs that keep versions: questions are answered, everything else is asked about.
pub(super) fn others(parsed: &Parsed, reader: &mut Reader<'_>) {
    let questions = [
        "status", "st", "log", "diff", "info", "blame", "cat", "annotate", "show", "list", "ls",
        "files", "heads", "branches", "tags", "summary", "help", "version", "identify", "id",
        "manifest", "annotate",
    ];
    let asked = parsed
        .operand(0)
        .is_some_and(|name| questions.contains(&name));
    let options = parsed.strange.iter().any(|name| {
        name.starts_with("--config") || name.starts_with("--ssh") || name.starts_with("--remotecmd")
    });
    if options {
        reader.deny(
            "git-setting-command",
            "A setting that is given in an argument names a command.",
        );
    }
    if reader.invocation.argv[0].prefix() == "glab" && parsed.operand(0) == Some("snippet") {
        for word in parsed.operands.iter().skip(2) {
            crate::programs::network::upload(reader, word);
        }
    }
    if !asked {
        reader.ask(
            "version-control",
            "It changes a repository or speaks to another machine.",
        );
    }
}
