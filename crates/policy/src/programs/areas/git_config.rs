//! Settings of git: which of them name a program that git runs.

use crate::place::{Access, is_below, locate};
use crate::programs::options::Parsed;
use crate::programs::reader::{Reader, shown_word};
use crate::verdict::Verdict;
use crate::word::Word;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Harmless,
    /// Its value is a command, a path to one, or where more settings are read from.
    Runs,
    Unknown,
}

#[rustfmt::skip]
const RUNS: &[&str] = &[
    "core.fsmonitor", "core.sshcommand", "core.pager", "core.editor", "core.hookspath", "core.askpass", "core.gitproxy", "core.alternaterefscommand", "core.attributesfile", "core.worktree", "core.excludesfile",
    "sequence.editor", "diff.external", "gpg.program", "gpg.ssh.program", "gpg.x509.program", "gpg.openpgp.program", "gpg.ssh.defaultkeycommand", "gpg.ssh.allowedsignersfile", "credential.helper", "uploadpack.packobjectshook",
    "interactive.difffilter", "init.templatedir", "include.path", "web.browser", "http.proxy", "http.sslverify", "http.cookiefile", "sendemail.smtpserver", "sendemail.tocmd", "sendemail.cccmd", "sendemail.sendmailcmd", "sendemail.headercmd",
    "imap.tunnel", "instaweb.httpd", "instaweb.browser", "protocol.allow", "protocol.ext.allow", "protocol.file.allow", "safe.directory", "safe.barerepository", "core.symlinks", "core.protectntfs", "core.protecthfs", "receive.procreceiverefs",
    "commit.template", "trailer.command", "ssh.variant", "merge.tool", "diff.tool", "man.viewer", "help.browser", "svn.authorsprog", "remote.pushdefault", "http.sslcainfo", "http.emptyauth", "http.extraheader", "core.sshvariant", "lfs.standalonetransferagent",
];

const SECTIONS: &[&str] = &[
    "alias.",
    "pager.",
    "filter.",
    "mergetool.",
    "difftool.",
    "browser.",
    "man.",
    "includeif.",
    "guitool.",
    "credential.",
    "submodule.",
    "url.",
    "protocol.",
    "tar.",
    "lfs.",
    "extensions.",
    "hook.",
];

#[rustfmt::skip]
const HARMLESS: &[&str] = &[
    "user.", "color.", "advice.", "log.", "diff.", "merge.", "pull.", "push.", "fetch.", "rebase.", "branch.",
    "status.", "column.", "blame.", "format.", "grep.", "rerere.", "tag.", "stash.", "gc.", "pack.", "i18n.",
    "commit.", "core.quotepath", "core.abbrev", "core.autocrlf", "core.eol", "core.ignorecase", "core.filemode",
    "core.precomposeunicode", "core.longpaths", "core.compression", "core.preloadindex", "core.untrackedcache",
    "core.commentchar", "core.whitespace", "core.safecrlf", "core.bare", "init.defaultbranch", "feature.", "index.",
    "notes.", "apply.", "am.", "checkout.", "clone.", "transfer.", "http.postbuffer", "http.lowspeed",
    "http.version", "maintenance.auto", "versionsort.", "showbranch.", "worktree.", "bisect.", "author.",
    "committer.", "gui.", "help.autocorrect",
];

/// What a setting is, and whether its value makes it harmless after all.
pub(super) fn kind(key: &str, value: &str) -> Key {
    let key = key.to_ascii_lowercase();
    let runs = RUNS.contains(&key.as_str())
        || SECTIONS.iter().any(|section| key.starts_with(section))
        || [
            ".command",
            ".textconv",
            ".driver",
            ".uploadpack",
            ".receivepack",
            ".vcs",
            ".proxy",
            ".cmd",
            ".clean",
            ".smudge",
            ".process",
            ".helper",
            ".insteadof",
            ".pushinsteadof",
            ".update",
            ".program",
            ".path",
        ]
        .iter()
        .any(|end| key.ends_with(end));
    if runs {
        let plain = matches!(
            value,
            "" | "cat"
                | "less"
                | "true"
                | "false"
                | ":"
                | "/dev/null"
                | "delta"
                | "vim"
                | "vi"
                | "nano"
                | "less -FRX"
                | "never"
        );
        let opens = key.starts_with("protocol.") && value != "never"
            || key == "safe.directory"
            || key == "http.sslverify" && value == "false"
            || key.starts_with("alias.");
        return if plain && !opens {
            Key::Harmless
        } else {
            Key::Runs
        };
    }
    if HARMLESS.iter().any(|begin| key.starts_with(begin)) {
        Key::Harmless
    } else {
        Key::Unknown
    }
}

/// Folders of others whose settings, and so whose commands, git takes all the same.
const TRUSTED: &str = "safe.directory";

/// The workspace may be trusted when a person says so; any other folder runs what others left in it.
fn trusts(folder: Option<&Word>, reader: &mut Reader<'_>) {
    let own = folder
        .and_then(Word::known)
        .filter(|folder| !folder.contains('*'))
        .and_then(|folder| locate(folder, reader.cwd(), reader.world))
        .is_some_and(|place| is_below(&place.path, &reader.world.workspace));
    if own {
        return reader.ask("git-setting", "It makes git trust what others own.");
    }
    reader.deny(
        "persistent-helper",
        "It makes git run what the settings of folders say that others own.",
    );
}

/// `git config …`: reading is allowed, a harmless key asks, a key that names a program is denied.
pub(super) fn command(_: &Parsed, reader: &mut Reader<'_>) {
    let argv = reader.invocation.argv.clone();
    let Some(at) = argv.iter().position(|arg| arg.known() == Some("config")) else {
        return;
    };
    let mut words = Vec::new();
    let mut reading = false;
    let mut at = at + 1;
    while let Some(word) = argv.get(at) {
        at += 1;
        let text = word.prefix();
        let name = text.split('=').next().unwrap_or("");
        match name {
            "--get" | "--get-all" | "--get-regexp" | "--get-urlmatch" | "--list" | "-l"
            | "--get-color" | "--get-colorbool" => reading = true,
            "-f" | "--file" | "--blob" => {
                let path = match text.split_once('=') {
                    Some((_, path)) => Some(Word::from(path)),
                    None => argv.get(at).cloned(),
                };
                at += usize::from(!text.contains('='));
                if let Some(path) = path {
                    reader.touch(&path, Access::Read);
                    reader.ask(
                        "other-configuration",
                        "It works on a file of settings that an option names.",
                    );
                }
            }
            "-e" | "--edit" => reader.ask("editor", "It opens an editor."),
            "--type" | "--default" | "--comment" | "--value" if !text.contains('=') => at += 1,
            "--unset" | "--unset-all" | "--remove-section" | "--rename-section" | "--add"
            | "--replace-all" => {
                reader.ask("git-setting", "It changes the settings of git.");
            }
            _ if text.starts_with('-') => {}
            _ => words.push(word.clone()),
        }
    }
    let verb = words.first().and_then(Word::known).unwrap_or("").to_owned();
    if matches!(verb.as_str(), "get" | "list" | "--list")
        || reading
        || words.len() < 2 && verb.contains('.')
        || words.is_empty()
    {
        return;
    }
    if matches!(
        verb.as_str(),
        "set" | "unset" | "edit" | "remove-section" | "rename-section"
    ) {
        words.remove(0);
    }
    let key = words.first().map(shown_word).unwrap_or_default();
    let value = words.get(1).map(shown_word).unwrap_or_default();
    match kind(&key, &value) {
        Key::Runs => {
            if key.eq_ignore_ascii_case(TRUSTED) {
                return trusts(words.get(1), reader);
            }
            let text = format!("The setting {key} names a command that git runs from then on.");
            reader.find(Verdict::Deny, "persistent-helper", text);
            if let Some(command) = words.get(1) {
                reader.shell(command.known().map_or(command.clone(), |text| {
                    Word::from(text.trim_start_matches('!'))
                }));
            }
        }
        Key::Harmless | Key::Unknown => {
            reader.ask("git-setting", "It changes the settings of git.")
        }
    }
}
