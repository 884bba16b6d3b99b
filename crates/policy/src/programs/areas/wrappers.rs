//! Programs that run another: with other rights, at another time, in another place, or for each line.

mod many;

use super::builtins::joined;
use crate::effect::{EffectKind, Target, Zone};
use crate::programs::options::{Parsed, without};
use crate::programs::reader::Reader;
use crate::programs::table::{
    Act, Grammar, LIST, Operands, Program, READ, SECRET, TEXT, WRITE, flag, flags,
    joined as attached, program, value,
};
use crate::programs::variables;
use crate::verdict::Verdict;
use crate::word::Word;
use crate::world::Dialect;
pub(super) use many::replaced;
use many::{daemon, entr, flock, group, parallel, script, watch, xargs};

const ROOT: Act = Act::Nothing;

#[rustfmt::skip]
pub(super) static PROGRAMS: &[Program] = &[
    program("env genv").grammar(Grammar::Stops).strict().options(&[
        flags("-i --ignore-environment -0 --null -v --debug --list-signal-handling"),
        value("-u --unset", TEXT), value("-C --chdir", TEXT), value("-P", Act::Ask("other-path", "It looks for the program in folders of its own.")), value("-a --argv0", Act::Ask("other-name", "It runs a program under another name.")), value("-S --split-string", TEXT),
        attached("--block-signal --default-signal --ignore-signal", TEXT),
    ]).also(env),
    program("printenv").also(printenv),
    program("nohup setsid catchsegv linux32 linux64 i386 x86_64 rlwrap unbuffer dbus-run-session")
        .grammar(Grammar::Stops).strict().options(&[flags("-c -f -w --ctty --fork --wait -p")]).operands(Operands::Command(0)),
    program("timeout gtimeout").grammar(Grammar::Stops).strict().options(&[
        flags("-v --verbose --preserve-status --foreground -p -f"), value("-k --kill-after -s --signal", TEXT),
    ]).operands(Operands::Command(1)),
    program("nice gnice").grammar(Grammar::Stops).strict().options(&[value("-n --adjustment", TEXT)]).operands(Operands::Command(0)),
    program("ionice").grammar(Grammar::Stops).strict().options(&[
        value("-c --class -n --classdata", TEXT), flags("-t --ignore"), value("-p --pid -P --pgid -u --uid", TEXT),
    ]).operands(Operands::Command(0)),
    program("chrt").grammar(Grammar::Stops).strict().options(&[
        flags("-a -b -d -f -i -m -o -r -v --batch --deadline --fifo --idle --max --other --rr -R"), value("-T -P -D", TEXT), flags("-p --pid"),
    ]).operands(Operands::Command(1)),
    program("taskset").grammar(Grammar::Stops).strict().options(&[flags("-a --all-tasks -c --cpu-list"), flags("-p --pid")]).operands(Operands::Command(1)),
    program("stdbuf gstdbuf").grammar(Grammar::Stops).strict().options(&[value("-i --input -o --output -e --error", TEXT)]).operands(Operands::Command(0)),
    program("systemd-inhibit").grammar(Grammar::Stops).strict().options(&[
        value("--what --who --why --mode", TEXT), flags("--list --no-pager --no-legend --no-ask-password -h --help --version"),
    ]).operands(Operands::Command(0)),
    program("caffeinate").grammar(Grammar::Stops).strict().options(&[flags("-d -i -m -s -u"), value("-t -w", TEXT)]).operands(Operands::Command(0)),
    program("numactl prlimit setarch cgexec schedtool softlimit").grammar(Grammar::Stops).asks(EffectKind::System, "limits", "runs a command with other limits").also(tail),
    program("bear").grammar(Grammar::Stops).strict().options(&[flags("-a --append -v --verbose"), value("-o --output", WRITE)]).operands(Operands::Command(0)),
    program("chronic ifne").grammar(Grammar::Stops).strict().options(&[flags("-v -e -n")]).operands(Operands::Command(0)),
    program("mispipe").strict().each(Act::Shell),
    program("arch").grammar(Grammar::Stops).options(&[flags("-x86_64 -arm64 -arm64e -i386 -64 -32")]).operands(Operands::Command(0)),
    program("torsocks torify proxychains proxychains4 tsocks").grammar(Grammar::Stops)
        .asks(EffectKind::Network, "tunnel", "runs a command whose connections go through another machine")
        .options(&[flags("-q -i -d --isolate"), value("-f", READ), value("-P --port -a --address -u --user -p --pass", TEXT)]).operands(Operands::Command(0)),
    program("systemd-cat").grammar(Grammar::Stops).asks(EffectKind::Append, "log", "writes to the record of the system")
        .options(&[value("-t --identifier -p --priority --stderr-priority --level-prefix", TEXT)]).operands(Operands::Command(0)),
    program("xcrun").grammar(Grammar::SingleStops).options(&[
        value("-sdk --sdk -toolchain --toolchain", TEXT), flags("-r --run -f --find -n --no-cache -k --kill-cache -v --verbose -l --log --show-sdk-path --show-sdk-version --show-sdk-build-version -h --help"),
    ]).also(of_the_toolchain),
    program("sudo").grammar(Grammar::Stops).strict().says(Verdict::Ask, EffectKind::Privilege, "privilege", "runs a command with the rights of another user").options(&[
        flags("-A --askpass -B --bell -b --background -H --set-home -k -K --reset-timestamp --remove-timestamp -n --non-interactive -N -P --preserve-groups -S --stdin -v --validate -l --list"),
        attached("--preserve-env", TEXT), flags("-E"),
        value("-u --user -g --group -h --host -p --prompt -r --role -t --type -C --close-from -T --command-timeout -U --other-user", ROOT), value("-a", TEXT),
        value("-D --chdir -R --chroot", TEXT),
        flag("-s --shell -i --login", TEXT),
        flag("-e --edit", Act::Ask("privileged-edit", "It opens files in an editor with the rights of another user.")),
    ]).also(sudo),
    program("sudoedit").asks(EffectKind::Privilege, "privilege", "changes files with the rights of another user").each(WRITE),
    program("doas").grammar(Grammar::Stops).strict().says(Verdict::Ask, EffectKind::Privilege, "privilege", "runs a command with the rights of another user").options(&[
        flags("-n -L"), flag("-s", TEXT), value("-u -a", TEXT), value("-C", READ),
    ]).also(sudo),
    program("pkexec gksudo gksu kdesu kdesudo run0 sudo-rs please dzdo pfexec calife super").grammar(Grammar::Stops)
        .says(Verdict::Ask, EffectKind::Privilege, "privilege", "runs a command with the rights of another user")
        .options(&[value("--user -u -g --group", TEXT), flags("--disable-internal-agent --keep-cwd -n")]).operands(Operands::Command(0)).also(shell_of_another),
    program("sg").grammar(Grammar::Plain).also(group),
    program("su runuser newgrp login machinectl-shell").says(Verdict::Ask, EffectKind::Privilege, "privilege", "becomes another user").options(&[
        value("-c --command --session-command", Act::Shell), value("-s --shell", Act::Ask("other-shell", "Another shell is run.")),
        value("-g --group -G --supp-group -w --whitelist-environment -u --user", TEXT), flags("-l --login -m -p --preserve-environment -f --fast -P --pty -T"),
    ]).also(become_user),
    program("xargs gxargs").grammar(Grammar::Stops).strict().options(&[
        flag("-0 --null", TEXT), flags("-r --no-run-if-empty -t --verbose -p --interactive -x --exit -o --open-tty"),
        value("-a --arg-file", READ), value("-d --delimiter", TEXT), value("-I", TEXT), value("-J", TEXT), value("-L", TEXT), value("-n --max-args", TEXT), value("-s --max-chars", TEXT), value("-E -R -S -P --max-procs --process-slot-var", TEXT),
        attached("-i --replace", TEXT), attached("-l --max-lines", TEXT), attached("-e --eof", TEXT), flags("--show-limits"),
    ]).also(xargs),
    program("parallel sem").grammar(Grammar::Stops).options(&[value("-j --jobs", TEXT), flags("-k --keep-order --bar --progress --eta --tag --dry-run --will-cite -v --verbose")]).asks(EffectKind::Execute, "parallel", "runs a command for each line of its input").also(parallel),
    program("watch viddy hwatch").grammar(Grammar::Stops).strict().options(&[
        flags("-b --beep -c --color -C --no-color -e --errexit -g --chgexit -p --precise -t --no-title -w --no-wrap"),
        attached("-d --differences", TEXT), value("-n --interval -q --equexit", TEXT), flag("-x --exec", TEXT),
    ]).also(watch),
    program("entr").grammar(Grammar::Stops).strict().options(&[flags("-a -c -d -h -n -p -r -x -z"), flag("-s", TEXT)]).also(entr),
    program("watchexec reflex nodemon chokidar onchange tsc-watch").grammar(Grammar::Stops)
        .asks(EffectKind::Execute, "watcher", "runs a command whenever a file changes")
        .options(&[value("-x --exec -c --command -s --shell-command --onSuccess --onFirstSuccess --onFailure --onEmit", Act::Shell)]).also(tail),
    program("inotifywait inotifywatch fswatch").strict().each(LIST).options(&[
        value("-e --event -t --timeout --format --timefmt --exclude --excludei --include --includei -l --latency", TEXT), value("-o --outfile", WRITE), value("--fromfile", READ),
        flags("-m --monitor -r --recursive -q --quiet -qq -s --syslog -c --csv -h --help -P --no-dereference -v --verbose -z -a --ascending -1 --one-event -0 --print0 -x --event-flags"),
    ]),
    program("flock lockf").grammar(Grammar::Stops).strict().options(&[
        flags("-e -x -n -s -u -F -o --exclusive --nonblock --shared --unlock --no-fork --close --verbose --nb -k"),
        value("-w --timeout -E --conflict-exit-code -t", TEXT),
    ]).also(flock),
    program("script").options(&[
        value("-c --command", Act::Shell), flags("-a --append -e --return -f --flush --force -q --quiet -r -k -p -F"),
        value("-E --echo -m --logging-format -o --output-limit", TEXT), value("-I --log-in -O --log-out -B --log-io -T --log-timing", WRITE),
        attached("-t --timing", TEXT),
    ]).also(script),
    program("scriptreplay").each(READ),
    program("strace ltrace gstrace").grammar(Grammar::Stops).strict().options(&[
        flags("-f -F -ff -c -C -d -h -i -k -n -q -qq -r -t -tt -ttt -T -v -V -w -x -xx -y -yy -z -Z -D -S --follow-forks --summary-only --no-abbrev --decode-fds -Y"),
        value("-a -b -e -I -O -P -s -S -u -U -X --trace --signal --status --string-limit", TEXT), value("-E --env", TEXT),
        value("-o --output", TEXT), value("-p --attach", Act::Ask("attach", "It looks into another process.")),
    ]).operands(Operands::Command(0)).also(traced),
    program("dtruss dtrace ktrace truss bpftrace opensnoop execsnoop sysdig").grammar(Grammar::Stops)
        .asks(EffectKind::System, "trace", "looks into processes or the system").also(tail),
    program("valgrind").grammar(Grammar::Stops).strict().options(&[
        flags("-v -q -h -d -s --verbose --quiet --help --version"), attached("--log-file --xml-file --callgrind-out-file --cachegrind-out-file --massif-out-file --dhat-out-file --bb-out-file --pc-out-file", WRITE), attached("--suppressions", READ),
        attached("--tool", Act::Nothing), attached("--leak-check --show-leak-kinds --track-origins --error-exitcode --num-callers --gen-suppressions --trace-children --child-silent-after-fork --max-stackframe --main-stacksize --undef-value-errors --errors-for-leak-kinds --read-var-info --fair-sched --keep-debuginfo --expensive-definedness-checks --partial-loads-ok --freelist-vol --malloc-fill --free-fill --xml --trace-syscalls --time-stamp --demangle --dump-instr --dump-line --collect-jumps --collect-systime --cache-sim --branch-sim --toggle-collect --instr-atstart --collect-atstart --separate-threads --simulate-cache --stacks --threshold --detailed-freq --time-unit --max-snapshots --history-level --show-reachable --leak-resolution --track-fds --redzone-size --smc-check --show-below-main --show-possibly-lost --log-fd --xml-fd --peak-inaccuracy --heap --heap-admin --depth --pages-as-heap --mode --error-limit --vgdb --vgdb-error --trace-children-skip --show-mismatched-frees --exit-on-first-error --error-markers --ignore-range-below-sp --leak-check-heuristics --free-is-write --alloc-fn --ignore-fn --I1 --D1 --LL --run-libc-freeres", TEXT),
    ]).operands(Operands::Command(0)).also(|parsed, reader| {
        // It is looked for in the folder of its tools.
        if parsed.values("--tool").any(|name| name.known().is_none_or(|name| name.contains('/'))) {
            reader.deny("helper-program", "It runs a program that is named by an option.");
        }
    }),
    program("heaptrack").grammar(Grammar::Stops).strict().options(&[
        flags("-r --raw -d --debug -i --use-inject -q --quiet -h --help -v --version --record-only"), value("-o --output", WRITE), value("-p --pid", Act::Ask("attach", "It looks into another process.")), value("-a --analyze", READ),
    ]).operands(Operands::Command(0)),
    program("fakeroot").grammar(Grammar::Stops).strict().options(&[
        value("-l --lib --faked", Act::Deny("loads-code", "It loads a library that an option names.")), value("-s", WRITE), value("-i", READ), value("-b", TEXT), flags("-u --unknown-is-real -h --help -v --version"),
    ]).operands(Operands::Command(0)),
    program("faketime").grammar(Grammar::Stops).strict().options(&[flags("-m -f --exclude-monotonic"), value("-p", TEXT)]).operands(Operands::Command(1)),
    program("eatmydata").grammar(Grammar::Stops).strict().operands(Operands::Command(0)),
    program("rr").grammar(Grammar::Stops).options(&[flags("-v -q"), value("-s", TEXT)]).also(|parsed, reader| {
        tail(parsed, reader);
        super::builds::careful(&parsed.operands, reader);
    }),
    program("hyperfine").also(benchmark).options(&[
        value("-w --warmup -m --min-runs -M --max-runs -r --runs -u --time-unit -n --command-name -L --parameter-list -s --style --sort", TEXT),
        value("-p --prepare -c --cleanup --setup --conclude -C", Act::Shell), value("-S --shell", Act::Shell),
        value("--export-json --export-csv --export-markdown --export-asciidoc --export-orgmode", WRITE), flags("-i -N --show-output --ignore-failure"), value("--input", READ), value("--output", TEXT),
    ]),
    program("unshare nsenter chroot gchroot bwrap firejail proot setpriv-run systemd-nspawn schroot capsh arch-chroot fakechroot").grammar(Grammar::Stops)
        .asks(EffectKind::Privilege, "other-root", "runs a command in another view of the system").also(another_view),
    program("systemd-run").grammar(Grammar::Stops).denies(EffectKind::System, "outside-supervision", "runs a command outside of what is supervised").also(tail),
    program("at batch").options(&[
        flags("-m -M -l -v -b -r -d"), value("-q -t", TEXT), value("-f", READ),
    ]).also(deferred),
    program("atq").asks(EffectKind::System, "scheduled-jobs", "lists scheduled jobs"),
    program("atrm").asks(EffectKind::System, "scheduled-jobs", "removes a scheduled job"),
    program("start-stop-daemon daemonize").grammar(Grammar::Stops)
        .asks(EffectKind::System, "outside-supervision", "starts or stops programs that outlive the run").also(daemon),
    program("daemon supervisord pm2 forever immortal runit sv s6-svc")
        .asks(EffectKind::System, "outside-supervision", "starts or stops programs that outlive the run"),
    program("screen tmux zellij byobu dtach abduco dvtm mosh").also(multiplexer),
    program("xterm uxterm urxvt rxvt gnome-terminal konsole xfce4-terminal lxterminal mate-terminal terminator tilix alacritty kitty foot wezterm ghostty x-terminal-emulator")
        .grammar(Grammar::Stops).asks(EffectKind::Execute, "terminal", "opens a window that runs a command").also(tail),
    program("expect autoexpect").asks(EffectKind::Execute, "inline-code", "drives other programs by a script").options(&[value("-c", Act::Ask("inline-code", "It runs a script that is given in an argument.")), value("-f", Act::Script)]).also(expect),
    program("busybox toybox gobusybox").grammar(Grammar::Stops).also(multiplexed),
    program("xdg-open open-with gnome-open kde-open start-app").asks(EffectKind::Execute, "open", "opens something with whatever program is set for it"),
    program("xclip xsel pbcopy wl-copy clip.exe").also(clipboard),
    program("pbpaste wl-paste").io(SECRET).asks(EffectKind::Read, "clipboard", "reads the clipboard"),
];

fn env(parsed: &Parsed, reader: &mut Reader<'_>) {
    let cwd = parsed.value("-C").cloned();
    let mut rest = parsed.operands.as_slice();
    while let [first, after @ ..] = rest {
        if first.prefix().starts_with("BASH_FUNC_") {
            reader.deny(
                "poisoned-environment",
                "It hands a function to every shell that comes after.",
            );
            rest = after;
            continue;
        }
        let Some((name, value)) = variables::split(first) else {
            break;
        };
        variables::judge(&name, &value, reader);
        rest = after;
    }
    if let [Word::Known(dash), after @ ..] = rest
        && dash == "-"
    {
        rest = after;
    }
    if let Some(line) = parsed.value("-S") {
        // The line is split by rules of its own; it is read as a command that comes before the others.
        reader.ask(
            "split-string",
            "It splits a text into a command by rules of its own.",
        );
        let mut words: Vec<Word> = line
            .known()
            .unwrap_or("")
            .split_ascii_whitespace()
            .map(Word::from)
            .collect();
        words.extend_from_slice(rest);
        while words.first().and_then(variables::split).is_some() {
            let first = words.remove(0);
            if let Some((name, value)) = variables::split(&first) {
                variables::judge(&name, &value, reader);
            }
        }
        return reader.command(&words, false, cwd, false);
    }
    if rest.is_empty() {
        reader.out.io.emits_secret = true;
        let target = Target::Named("every variable".to_owned());
        reader.effect(
            EffectKind::Read,
            target,
            Zone::Elsewhere,
            "prints every variable, credentials among them",
        );
        return reader.ask(
            "print-environment",
            "It prints every variable, credentials among them.",
        );
    }
    reader.command(rest, false, cwd, false);
}

fn printenv(parsed: &Parsed, reader: &mut Reader<'_>) {
    if parsed.operands.is_empty() {
        reader.out.io.emits_secret = true;
        return reader.ask(
            "print-environment",
            "It prints every variable, credentials among them.",
        );
    }
    for word in &parsed.operands {
        match word.known() {
            Some(name) if !variables::is_secret(name) => {}
            Some(name) => {
                reader.out.io.emits_secret = true;
                reader.find(
                    Verdict::Deny,
                    "print-secret",
                    format!("It prints {name}, which authenticates someone."),
                );
            }
            None => reader.ask(
                "print-environment",
                "Which variable it prints is only known when it runs.",
            ),
        }
    }
}

fn sudo(parsed: &Parsed, reader: &mut Reader<'_>) {
    let mut rest = parsed.operands.as_slice();
    while let [first, after @ ..] = rest {
        let Some((name, value)) = variables::split(first) else {
            break;
        };
        variables::judge(&name, &value, reader);
        rest = after;
    }
    if parsed.any("-s -i --shell --login") && rest.is_empty() {
        return reader.deny(
            "privileged-shell",
            "It opens a shell with the rights of another user.",
        );
    }
    only_a_shell(rest, reader);
    let cwd = parsed.value("-D").cloned();
    if parsed.has("-s") || parsed.has("-i") {
        return reader.shell(joined(rest));
    }
    reader.command(rest, false, cwd, false);
}

/// `sudo bash`, `sudo su -`: a shell that is told later what it does, as `sudo -i` opens one.
fn only_a_shell(argv: &[Word], reader: &mut Reader<'_>) {
    const SHELLS: &[&str] = &["sh", "bash", "zsh", "dash", "ksh", "fish", "su"];
    let Some((Word::Known(name), rest)) = argv.split_first() else {
        return;
    };
    let plain = |word: &Word| matches!(word.known(), Some("-" | "-l" | "-i" | "--login" | "root"));
    let told_later = matches!(reader.invocation.stdin, crate::programs::Stdin::Inherited);
    if told_later && SHELLS.contains(&crate::place::name(name)) && rest.iter().all(plain) {
        reader.deny(
            "privileged-shell",
            "It opens a shell with the rights of another user.",
        );
    }
}

fn shell_of_another(parsed: &Parsed, reader: &mut Reader<'_>) {
    only_a_shell(&parsed.operands, reader);
}

fn become_user(parsed: &Parsed, reader: &mut Reader<'_>) {
    let program = reader.invocation.argv[0].prefix().to_owned();
    if parsed.has("-c") {
        return;
    }
    if program.ends_with("runuser") && parsed.has("-u") {
        return reader.run(&parsed.operands);
    }
    super::builtins::runs_input(reader, Dialect::Posix);
}

/// The first word that can be a program, and what follows it; each suffix that begins with a known program is judged.
pub(super) fn tail(parsed: &Parsed, reader: &mut Reader<'_>) {
    for at in 0..parsed.operands.len().min(8) {
        let rest = &parsed.operands[at..];
        let Some(name) = rest[0].known() else {
            continue;
        };
        if crate::programs::lookup::find(crate::place::name(name)).is_some()
            || name.starts_with('-')
        {
            if !name.starts_with('-') {
                reader.command(rest, false, None, false);
            }
        } else if at == parsed.operands.len() - 1 && name.contains(' ') {
            reader.shell(rest[0].clone());
        }
    }
}

/// A variable of what is traced; and a log that begins with a bar or a mark goes to a command.
fn traced(parsed: &Parsed, reader: &mut Reader<'_>) {
    super::system::attaches(reader);
    for pair in parsed.values("-E") {
        match variables::split(pair) {
            Some((name, value)) => variables::judge(&name, &value, reader),
            None if pair.known().is_none() => {
                reader.ask(
                    "unknown-variable",
                    "Which variable it sets is only known when it runs.",
                );
            }
            None => {}
        }
    }
    for log in parsed.values("-o") {
        if log.prefix().starts_with(['|', '!']) {
            reader.shell(without(log, 1));
        } else {
            reader.touch(log, crate::place::Access::Write);
        }
    }
}

/// `xcrun swift build`: a tool of the platform, or one that the table knows.
fn of_the_toolchain(parsed: &Parsed, reader: &mut Reader<'_>) {
    tail(parsed, reader);
    super::builds::careful(&parsed.operands, reader);
}

fn benchmark(parsed: &Parsed, reader: &mut Reader<'_>) {
    parsed
        .operands
        .iter()
        .for_each(|word| reader.shell(word.clone()));
}

/// What a script of expect starts.
fn expect(parsed: &Parsed, reader: &mut Reader<'_>) {
    for word in parsed.values("-c").cloned().collect::<Vec<_>>() {
        let text = crate::programs::reader::shown_word(&word);
        for line in text.split(['\n', ';']) {
            let line = line.trim();
            if let Some(command) = ["spawn ", "exec "]
                .iter()
                .find_map(|verb| line.strip_prefix(verb))
            {
                reader.shell(Word::from(command));
            }
        }
    }
}

/// `nsenter -t 1`: out of a container, into the machine.
fn another_view(parsed: &Parsed, reader: &mut Reader<'_>) {
    let argv = &reader.invocation.argv;
    let enters = argv[0].prefix() == "nsenter";
    let first = argv
        .windows(2)
        .any(|pair| matches!(pair[0].prefix(), "-t" | "--target") && pair[1].known() == Some("1"))
        || argv
            .iter()
            .any(|word| matches!(word.prefix(), "-t1" | "--target=1"));
    if enters && first {
        reader.deny(
            "container-escape",
            "It enters the view of the machine's first process, past every container.",
        );
    }
    tail(parsed, reader);
}

fn deferred(parsed: &Parsed, reader: &mut Reader<'_>) {
    let says = |reader: &mut Reader<'_>, text: &str| {
        let target = crate::effect::Target::Named("scheduled jobs".to_owned());
        reader.effect(
            EffectKind::System,
            target,
            crate::effect::Zone::Unknown,
            text,
        );
    };
    let only_looks = ["-l", "-c", "-r", "-d", "-V"];
    let argv = &reader.invocation.argv;
    if argv
        .iter()
        .skip(1)
        .any(|word| only_looks.contains(&word.prefix()))
        && !parsed.has("-f")
    {
        says(reader, "lists or removes scheduled jobs");
        return reader.ask("scheduled-jobs", "It lists or removes scheduled jobs.");
    }
    says(reader, "runs a command later, when nobody looks");
    reader.deny(
        "deferred-job",
        "It runs a command later, when nobody looks.",
    );
    super::builtins::runs_input(reader, Dialect::Posix);
}

#[rustfmt::skip]
const LISTS: &[&str] = &[
    "ls", "list-sessions", "list-windows", "list-panes", "list-keys", "info", "display-message", "has-session",
];

fn multiplexer(parsed: &Parsed, reader: &mut Reader<'_>) {
    let first = parsed.operand(0).unwrap_or("");
    let argv = &reader.invocation.argv;
    let lists = argv.len() == 2 && matches!(argv[1].known(), Some("-ls" | "-list"));
    if LISTS.contains(&first)
        || lists
        || parsed
            .strange
            .iter()
            .any(|name| matches!(name.as_str(), "-V" | "--version"))
    {
        return;
    }
    reader.ask(
        "outside-supervision",
        "It runs commands in a session that outlives the run.",
    );
    for word in parsed.operands.iter().skip(1) {
        if word
            .known()
            .is_none_or(|text| text.contains([' ', ';', '|', '$', '`']))
        {
            reader.shell(word.clone());
        }
    }
    tail(parsed, reader);
}

fn multiplexed(parsed: &Parsed, reader: &mut Reader<'_>) {
    reader.run(&parsed.operands);
}

fn clipboard(parsed: &Parsed, reader: &mut Reader<'_>) {
    if matches!(reader.invocation.argv[0].prefix(), "xclip" | "xsel") {
        // Files, and the names of options' values, which are none.
        parsed
            .operands
            .iter()
            .for_each(|word| reader.act(READ, word));
    }
    if parsed
        .strange
        .iter()
        .any(|name| name == "-o" || name == "--output")
    {
        reader.out.io.emits_secret = true;
        return reader.ask("clipboard", "It reads the clipboard.");
    }
    reader.ask(
        "clipboard",
        "It puts something on the clipboard, which a person may paste.",
    );
}
