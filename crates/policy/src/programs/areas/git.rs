//! git: what only reads runs with its helpers off; what changes the work locally is allowed; what leaves the machine,
//! loses work or names a program is not.

mod work;

use super::git_config::{self, Key};
use crate::effect::{EffectKind, Zone};
use crate::place::{Access, Among, locate};
use crate::programs::begins_unknown;
use crate::programs::network::{Use, of_scp, reaches, url};
use crate::programs::options::{Parsed, without};
use crate::programs::reader::{Reader, shown_word};
use crate::programs::table::{
    Act, FETCHES, Grammar, Operands, Opt, PRINTS, Program, READ, SENDS, TEXT, WRITE, flag, flags,
    joined, program, value,
};
use crate::verdict::Verdict;
use crate::word::{Piece, Word};
use work::{
    add, bisect_run, checkout, clean, clone, contents, maintain, others, outside, remote,
    remote_url, removes, restore,
};

const HELPER: Act = Act::Deny(
    "helper-program",
    "It runs a program that is named by an option.",
);
const EDITOR: Act = Act::Ask("editor", "It opens an editor.");
const LOSES: &str = "loses-work";
const SIGNS: Act = Act::Nothing;

#[rustfmt::skip]
const LOOKS: &[Opt] = &[
    value("--output", WRITE), flag("--ext-diff --textconv", Act::Ask("external-diff", "It runs the programs that the repository names.")),
    flag("--open-files-in-pager", Act::Ask("editor", "It opens a pager.")), flag("--no-index", TEXT), value("--contents", READ), value("-O", READ),
];

/// Reads the repository and nothing else; its helpers are off.
const fn looks(names: &'static str) -> Program {
    program(names).options(LOOKS).also(look)
}

#[rustfmt::skip]
const LOCAL: &[Opt] = &[
    value("--upload-pack --receive-pack --exec", HELPER), flags("-a -b -d -f -i -l -n -p -q -s -t -u -v -x -z"), value("-m", TEXT), value("-F --file", READ), value("--template", TEMPLATE),
];

const fn local(names: &'static str) -> Program {
    program(names).options(LOCAL).also(outside)
}

const TEMPLATE: Act = Act::Ask("template", "Its hooks come from elsewhere.");

/// Hooks from a folder that anyone may write to run with every command from then on.
fn template(parsed: &Parsed, reader: &mut Reader<'_>) {
    let folder = parsed.value("--template").and_then(Word::known);
    let place = folder.and_then(|folder| crate::place::locate(folder, reader.cwd(), reader.world));
    if place.is_some_and(|place| place.zone == crate::effect::Zone::Tmp) {
        reader.deny(
            "persistent-helper",
            "It takes hooks from a temporary folder, and they run from then on.",
        );
    }
}

#[rustfmt::skip]
pub(super) static PROGRAMS: &[Program] = &[
    program("git").grammar(Grammar::Stops).strict().options(&[
        value("-C", READ), value("-c --config-env", TEXT), joined("--exec-path", TEXT), value("--git-dir --work-tree --namespace --super-prefix --attr-source", TEXT),
        flags("-p --paginate -P --no-pager --no-replace-objects --bare --literal-pathspecs --glob-pathspecs --noglob-pathspecs --icase-pathspecs --no-optional-locks --no-advice --no-lazy-fetch --version -v --help -h --html-path --man-path --info-path"),
        joined("--list-cmds", TEXT),
    ]).subs(SUBS).also(globals),
    program("hub glab tea lab gitea svn hg bzr fossil cvs darcs jj sl p4 repo gcl git-lfs git-filter-repo bfg git-crypt git-secret gitk git-gui tig lazygit gitui ghq degit").also(others),
    program("git-upload-pack git-receive-pack git-shell git-remote-ext git-daemon").denies(EffectKind::Execute, "git-transport", "runs the other end of a transfer"),
];

#[rustfmt::skip]
static SUBS: &[Program] = &[
    looks("status diff log show rev-parse blame annotate ls-tree cat-file describe shortlog rev-list name-rev merge-base for-each-ref show-ref diff-tree diff-index diff-files diff-pairs \
           count-objects check-ignore check-attr check-ref-format check-mailmap whatchanged range-diff cherry version verify-pack show-branch show-index get-tar-commit-id merge-tree patch-id stripspace column fmt-merge-msg var help \
           ls-files grep last-modified interpret-trailers verify-commit verify-tag"),
    program("fsck").also(look),
    program("hash-object").each(READ).options(&[flags("-w --stdin"), value("-t --path", TEXT)]),
    program("mv").options(&[flags("-f --force -k -n --dry-run -v --verbose --sparse")]).also(super::copies::rename),
    program("add stage").options(&[flag("-f --force", TEXT), value("--chmod", TEXT), value("--pathspec-from-file", READ)]).also(add),
    local("rerere notes revert cherry-pick merge sparse-checkout write-tree commit-tree mktree mktag read-tree update-index pack-refs bisect-log"),
    program("commit").io(PRINTS).options(&[
        value("-m --message --author --date -c -C --reedit-message --reuse-message --fixup --squash --cleanup --trailer", TEXT), value("-F --file -t --template --pathspec-from-file", READ), joined("-S --gpg-sign -u --untracked-files", SIGNS),
        flag("-n --no-verify", Act::Ask("skips-hooks", "It leaves out the checks that the project asks for.")), flags("-a --all -p --patch -q --quiet -v --verbose -s --signoff -i --include -o --only --amend --no-edit --allow-empty --allow-empty-message --reset-author --dry-run --short --porcelain --no-gpg-sign --status --no-status -z --null --branch --long --no-post-rewrite"), flag("-e --edit", EDITOR),
    ]),
    program("checkout").options(&[value("-b -B --orphan", TEXT), joined("-t --track --conflict", TEXT), flag("-f --force --ours --theirs -p --patch", Act::Ask(LOSES, "It throws away work that is not committed.")), flags("-q -m -l -d --detach --no-track --guess"), value("--pathspec-from-file", READ)]).also(checkout),
    program("switch").options(&[value("-c --create -C --force-create --orphan", TEXT), flag("-f --force --discard-changes", Act::Ask(LOSES, "It throws away work that is not committed.")), flags("-q -d --detach -m --merge -t --track --guess")]),
    program("restore").options(&[flag("-S --staged", TEXT), flag("-W --worktree", TEXT), value("-s --source", TEXT), value("--pathspec-from-file", READ), flags("-q -p --patch --ours --theirs -m --merge")]).also(restore),
    program("reset").options(&[flag("--hard --merge --keep", Act::Ask(LOSES, "It throws away work that is not committed.")), flags("--soft --mixed -q -N -p"), value("--pathspec-from-file", READ)]),
    program("clean").options(&[flag("-n --dry-run", TEXT), flags("-d -f -x -X -q -i --force"), value("-e --exclude", TEXT)]).also(clean),
    program("rm").options(&[flags("-r"), flags("--cached"), flags("-n --dry-run"), flags("-f --force --ignore-unmatch -q --quiet"), value("--pathspec-from-file", READ)]).also(removes),
    program("branch").options(&[
        flag("-D", Act::Ask(LOSES, "It deletes a branch whether or not it is merged.")), flags("-d --delete"), flag("-f --force -M -C", Act::Ask(LOSES, "It moves a branch away from what it had.")),
        flag("--edit-description", EDITOR), value("-u --set-upstream-to --contains --no-contains --merged --no-merged --points-at --sort --format", TEXT), flags("-a -r -v -vv -l --list --show-current --all -m -c -q --no-color --column -i --ignore-case --unset-upstream -t"),
    ]).also(look),
    program("tag").io(PRINTS).options(&[
        flag("-d --delete", Act::Ask(LOSES, "It deletes a tag.")), flag("-f --force", Act::Ask(LOSES, "It moves a tag.")), value("-m --message -u --local-user --contains --no-contains --points-at --sort --format --merged", TEXT), value("-F --file", READ), flags("-a -s -l --list -v --verify -i -e"), joined("-n", TEXT),
    ]).also(look),
    program("stash").grammar(Grammar::Stops).subs(&[looks("list show"), local("push save pop apply create store branch"), program("drop clear").asks(EffectKind::Delete, LOSES, "throws away work that was put aside")]).open(),
    program("reflog").grammar(Grammar::Stops).subs(&[looks("show list exists"), program("expire delete drop").asks(EffectKind::Delete, LOSES, "deletes the record that lost work is found by")]).open().also(look),
    program("remote").grammar(Grammar::Stops).options(&[flags("-v --verbose")]).subs(&[
        looks("get-url"), program("show update prune").asks(EffectKind::Network, "network", "asks another machine"),
        program("add").asks(EffectKind::Write, "git-remote", "adds a place that work can be sent to").also(remote_url), program("set-url").asks(EffectKind::Write, "git-remote", "changes where work is sent to").also(remote_url),
        program("remove rm rename set-head set-branches").asks(EffectKind::Write, "git-remote", "changes where work is sent to"),
    ]),
    program("config").also(git_config::command),
    program("fetch pull ls-remote").strict().io(FETCHES).asks(EffectKind::Network, "network", "asks another machine").shared(TRANSFER).also(remote_url),
    program("push send-pack").strict().io(SENDS).asks(EffectKind::Remote, "git-push", "sends work to another machine").shared(TRANSFER).also(remote_url),
    program("clone").strict().io(FETCHES).asks(EffectKind::Network, "network", "fetches a repository from another machine").shared(TRANSFER).options(&[
        value("-u", HELPER), value("-c --config", TEXT), value("--template", TEMPLATE), value("--separate-git-dir", Act::Path(Access::Create)), value("--reference --reference-if-able", READ),
        value("-b --branch -o --origin --bundle-uri --filter", TEXT), flags("-l --local --no-hardlinks -s --shared -n --no-checkout --bare --mirror --single-branch --no-single-branch --no-tags --sparse --also-filter-submodules --remote-submodules --dissociate --reject-shallow --shallow-submodules"),
    ]).also(clone),
    program("submodule").grammar(Grammar::Stops).options(&[flags("-q --quiet --cached")]).subs(&[
        looks("status summary"), program("foreach").grammar(Grammar::Stops).options(&[flags("--recursive -q")]).also(|parsed, reader| reader.shell(super::builtins::joined(&parsed.operands))),
        program("add update init sync set-url").asks(EffectKind::Network, "network", "fetches repositories from other machines").also(remote_url), program("deinit absorbgitdirs set-branch").asks(EffectKind::Delete, LOSES, "takes a repository out"),
    ]).open(),
    program("worktree").grammar(Grammar::Stops).subs(&[looks("list"), program("add").options(&[value("-b -B --reason", TEXT), flags("-f --force -d --detach --checkout --lock --orphan -q --track")]).operands(Operands::First(Act::Path(Access::Create), TEXT)),
        program("remove").asks(EffectKind::Delete, LOSES, "deletes a work tree").each(Act::Path(Access::DeleteAll)), program("prune lock unlock move repair").asks(EffectKind::Write, "git-worktree", "changes the work trees")]),
    program("bisect").grammar(Grammar::Stops).subs(&[program("run").grammar(Grammar::Stops).also(bisect_run), local("start good bad new old skip reset log visualize view terms next"), program("replay").each(READ)]),
    program("rebase").options(&[value("-x --exec", Act::Shell), flag("-i --interactive --edit-todo", EDITOR), value("--onto -X --strategy-option -s --strategy", TEXT), flags("--continue --abort --skip --quit --root --autostash --no-autostash --autosquash -q -v -f -n --rebase-merges -r --keep-base --no-verify --signoff --update-refs --apply --merge --force-rebase --committer-date-is-author-date --reset-author-date --fork-point --no-ff --show-current-patch"), joined("-S --gpg-sign", SIGNS)]),
    program("apply").strict().each(READ).options(&[flags("--stat --numstat --summary --check --index --cached -3 --3way -R --reverse -z --reject --verbose -v -q --recount --allow-empty --no-add --allow-overlap -N --intent-to-add --ignore-space-change --ignore-whitespace --unidiff-zero --inaccurate-eof --apply"), value("--directory", Act::Path(Access::Write)), value("-p -C --exclude --include --whitespace", TEXT), flag("--unsafe-paths", Act::Ask("unsafe-paths", "It may write outside of the workspace.")), value("--build-fake-ancestor", WRITE)]).also(|parsed, reader| super::patches::changes(&parsed.operands, reader)),
    program("am mailinfo mailsplit quiltimport").asks(EffectKind::Write, "git-apply", "applies changes that came by mail").each(READ).also(|parsed, reader| super::patches::changes(&parsed.operands, reader)),
    program("format-patch").options(&[value("-o --output-directory --output", WRITE), flags("-1 -k -n -N -s --stdout --cover-letter"), value("--from --to --cc --subject-prefix --base -v", TEXT)]),
    program("archive").strict().options(&[value("-o --output", WRITE), value("--remote", Act::Ask("network", "It asks another machine.")), value("--exec", HELPER), value("--format --prefix --mtime", TEXT), value("--add-file --add-virtual-file", READ), flags("-l --list -v --verbose --worktree-attributes -0 -9")]).also(|parsed, reader| {
            contents(parsed, "archive", reader);
            for word in parsed.values("--remote").cloned().collect::<Vec<_>>() {
                remote(&word, reader);
            }
        }),
    program("bundle").operands(Operands::First(TEXT, WRITE)),
    program("init").options(&[value("--template", TEMPLATE), value("--separate-git-dir", Act::Path(Access::Create)), value("-b --initial-branch --object-format --ref-format --shared", TEXT), flags("-q --quiet --bare")]).each(Act::Path(Access::Create)).also(template),
    program("gc maintenance").also(maintain),
    program("repack prune prune-packed pack-objects index-pack unpack-objects commit-graph multi-pack-index").options(&[flag("--prune", TEXT)]).asks(EffectKind::Write, "git-internals", "rewrites how the repository keeps its objects"),
    program("symbolic-ref").options(&[flag("-d --delete", Act::Ask(LOSES, "It deletes a reference.")), flags("-q --short"), value("-m", TEXT)]).also(|parsed, reader| if parsed.operands.len() > 1 { reader.ask("git-internals", "It changes a reference by hand."); }),
    program("update-ref replace fast-import filter-branch filter-repo update-server-info refs fast-export").asks(EffectKind::Write, "git-internals", "rewrites history or references by hand").options(&[value("--tree-filter --index-filter --msg-filter --env-filter --commit-filter --tag-name-filter --parent-filter --setup --subdirectory-filter", Act::Shell), value("--export-marks", WRITE)]),
    program("difftool mergetool").asks(EffectKind::Execute, "editor", "opens another program").options(&[value("-x --extcmd", Act::Shell), value("-t --tool", TEXT)]).also(other_differ),
    program("send-email request-pull imap-send svn p4 daemon instaweb http-backend http-push http-fetch upload-archive cvsserver citool gui gitk annex flow town subtree hook").asks(EffectKind::Network, "network", "speaks to other machines or runs other programs"),
    program("lfs").grammar(Grammar::Stops).subs(&[
        looks("ls-files status version"),
        program("install uninstall update fetch pull push track untrack lock unlock locks migrate prune checkout clone smudge clean filter-process dedup fsck logs ext env merge-driver")
            .asks(EffectKind::Network, "network", "speaks to other machines or changes how files are kept"),
    ]),
    program("credential credential-store credential-cache credential-osxkeychain credential-libsecret credential-manager").denies(EffectKind::Read, "read-secret", "hands out what authenticates a person"),
    program("upload-pack receive-pack remote-ext remote-fd shell").denies(EffectKind::Execute, "git-transport", "runs the other end of a transfer"),
];

#[rustfmt::skip]
const TRANSFER: &[Opt] = &[
    value("--upload-pack --receive-pack --exec", HELPER),
    flag("--mirror --delete -d", Act::Ask(LOSES, "It deletes what the other machine has.")),
    value("-o --push-option --server-option --depth --deepen --shallow-since --shallow-exclude --refmap --negotiation-tip -j --jobs --filter --repo --sort --recurse-submodules-default -X -s --strategy --strategy-option --refspec", TEXT),
    joined("--force-with-lease --recurse-submodules --rebase -r --signed --log --cleanup --gpg-sign", TEXT),
    flags("-a --all -f --force -u --set-upstream -q --quiet -v --verbose -n --dry-run --porcelain --progress --no-progress --tags -t --no-tags --follow-tags --atomic --no-verify --thin --no-thin --prune -p -P --prune-tags --ff --no-ff --ff-only --no-rebase --no-edit --edit --autostash --no-autostash --squash --no-commit --commit -k --keep --multiple --append --update-shallow --unshallow --heads --refs --get-url --exit-code --symref -h -b --branches -4 --ipv4 -6 --ipv6 --force-if-includes --no-force-with-lease --no-force-if-includes --no-signed --write-fetch-head --no-recurse-submodules --set-upstream --dry-run --allow-unrelated-histories --verify-signatures --no-stat --stat --signoff --no-auto-gc"),
];

fn globals(parsed: &Parsed, reader: &mut Reader<'_>) {
    for setting in parsed.values("-c") {
        let text = shown_word(setting);
        let (key, value) = text.split_once('=').unwrap_or((&text, "true"));
        match git_config::kind(key, value) {
            Key::Harmless => {}
            Key::Unknown => reader.ask(
                "git-setting",
                "A setting that is given in an argument may decide what it runs.",
            ),
            Key::Runs => {
                let text = format!("The setting {key} names a command that git runs.");
                reader.find(Verdict::Deny, "git-setting-command", text);
                let command = without(setting, key.len() + 1);
                reader.shell(command.known().map_or(command.clone(), |text| {
                    Word::from(text.trim_start_matches('!'))
                }));
            }
        }
    }
    if parsed.value("--exec-path").is_some() {
        reader.deny(
            "helper-program",
            "Its own commands come from a folder that an option names.",
        );
    }
    for name in ["--git-dir", "--work-tree"] {
        for path in parsed.values(name) {
            if !own(path, reader) {
                reader.ask(
                    "other-repository",
                    "It works in another repository than the workspace's.",
                );
            }
        }
    }
    if let Some(first) = parsed.operands.first() {
        let elsewhere = parsed.values("-C").any(|path| !own(path, reader));
        if elsewhere && first.known().is_some() {
            reader.ask(
                "other-repository",
                "It works in another repository than the workspace's, whose settings name what runs.",
            );
        }
    }
    if parsed.operands.is_empty() {
        reader.out.known = true;
    }
}

fn own(path: &Word, reader: &Reader<'_>) -> bool {
    path.known()
        .and_then(|path| locate(path, reader.cwd(), reader.world))
        .is_some_and(|place| matches!(place.zone, Zone::Workspace))
}

/// Runs with the repository's own helpers off: no file-system monitor, no pager, no external diff.
fn look(parsed: &Parsed, reader: &mut Reader<'_>) {
    if parsed.has("--no-index") {
        parsed
            .operands
            .iter()
            .for_each(|word| reader.act(READ, word));
    }
    for word in &parsed.operands {
        if begins_unknown(word) || begins_with_a_pattern(word) {
            reader.ask(
                "unknown-argument",
                "An argument is only known when it runs, and may be an option.",
            );
        }
    }
    let argv = &reader.invocation.argv;
    let Some(at) = sub_at(argv) else {
        return;
    };
    let sub = argv[at].known().unwrap_or("");
    if sub == "grep" && parsed.has("-O") {
        // Elsewhere it names a file that says in which order files are shown.
        reader.ask("editor", "It opens a pager.");
    }
    contents(parsed, sub, reader);
    if sub == "interpret-trailers" && argv.iter().any(|arg| arg.known() == Some("--in-place")) {
        parsed
            .operands
            .iter()
            .for_each(|word| reader.act(WRITE, word));
    }
    if names_files(sub, argv) {
        reader.out.io.names_files = super::files::in_workspace(reader);
        reader.out.io.names_all = sub == "ls-files" && parsed.operands.is_empty();
        let globs: Vec<String> = parsed.operands.iter().map(shown_word).collect();
        super::below::chosen(reader, globs.iter().map(String::as_str));
        if sub == "ls-files" {
            let kept = Among {
                but_ignored: true,
                ..Among::default()
            };
            super::below::names(reader, &[Word::from(".")], &kept);
        }
    }
    if sub == "grep"
        && argv
            .iter()
            .any(|arg| arg.prefix().starts_with("-O") || arg.prefix().starts_with("--open"))
    {
        reader.deny(
            "helper-program",
            "It runs a program that is named by an option.",
        );
    }
    let mut instead = argv[..at].to_vec();
    instead.extend(
        [
            "-c",
            "core.fsmonitor=false",
            "-c",
            "core.pager=cat",
            "--no-pager",
        ]
        .map(Word::from),
    );
    instead.push(argv[at].clone());
    let diffs = matches!(
        sub,
        "diff"
            | "log"
            | "show"
            | "whatchanged"
            | "diff-tree"
            | "diff-index"
            | "diff-files"
            | "format-patch"
            | "range-diff"
    );
    let asked = parsed.has("--ext-diff");
    if diffs && !asked && sub != "range-diff" {
        instead.extend(["--no-ext-diff", "--no-textconv"].map(Word::from));
    }
    instead.extend_from_slice(&argv[at + 1..]);
    reader.out.instead = Some(instead);
}

fn begins_with_a_pattern(word: &Word) -> bool {
    matches!(word, Word::Partial(pieces) if matches!(pieces.first(), Some(Piece::Pattern(_))))
}

#[rustfmt::skip]
const DIFFERS: &[&str] = &[
    "diff", "colordiff", "sdiff", "wdiff", "icdiff", "difft", "delta", "vimdiff", "nvim", "vim", "meld", "kdiff3",
    "kompare", "bcompare", "opendiff", "code", "cat", "echo",
];

/// `git difftool -x COMMAND`
fn other_differ(parsed: &Parsed, reader: &mut Reader<'_>) {
    if parsed.strange == ["--tool-help"] && parsed.found.is_empty() && parsed.operands.is_empty() {
        // It only says which there are.
        return reader
            .out
            .findings
            .retain(|finding| finding.code != "editor");
    }
    let known = |command: &Word| {
        let program = command.prefix().split_ascii_whitespace().next();
        program.is_some_and(|program| DIFFERS.contains(&program))
    };
    if !parsed.values("-x").all(known) {
        reader.deny(
            "helper-program",
            "It runs a program that is named by an option.",
        );
    }
}

/// Whether it writes names of files that git keeps, and nothing else.
fn names_files(sub: &str, argv: &[Word]) -> bool {
    let has = |names: &[&str]| {
        argv.iter()
            .any(|word| word.known().is_some_and(|text| names.contains(&text)))
    };
    match sub {
        "ls-files" => !has(&[
            "-s", "--stage", "-t", "-v", "-f", "-u", "--eol", "--debug", "--format",
        ]),
        "diff" => has(&["--name-only"]) && !has(&["--no-index"]),
        "grep" => has(&["-l", "--files-with-matches", "--name-only"]) && !has(&["--no-index"]),
        _ => false,
    }
}

/// Where the sub-command stands.
fn sub_at(argv: &[Word]) -> Option<usize> {
    let mut at = 1;
    while let Some(word) = argv.get(at) {
        let text = word.prefix();
        if matches!(
            text,
            "-C" | "-c"
                | "--git-dir"
                | "--work-tree"
                | "--namespace"
                | "--config-env"
                | "--super-prefix"
                | "--attr-source"
        ) {
            at += 2;
        } else if text.starts_with('-') {
            at += 1;
        } else {
            return Some(at);
        }
    }
    None
}
