//! Databases, editors, and what macOS has of its own.

mod editors;
mod sqlite;

use crate::effect::EffectKind;
use crate::place::Access;
use crate::programs::network::reaches;
use crate::programs::options::Parsed;
use crate::programs::reader::Reader;
use crate::programs::table::{
    Act, Grammar, NETWORK, Program, READ, TEXT, WRITE, flag, flags, program, value,
};
use crate::verdict::Verdict;
use crate::word::Word;
use editors::editor;
use sqlite::sqlite;

const DATABASE: &str = "database";
const CLIENT: &str = "speaks to a database";
const PERSIST: &str = "persistence";

#[rustfmt::skip]
pub(super) static PROGRAMS: &[Program] = &[
    program("psql pgcli mysql mariadb mycli mongo mongosh redis-cli valkey-cli keydb-cli cqlsh clickhouse clickhouse-client influx sqlcmd bcp sqlplus usql mssql-cli iredis cockroach neo4j cypher-shell arangosh couchdb etcdctl memcached-tool rethinkdb surreal trino presto beeline hive impala-shell isql osql tsql db2 rqlite kcat kafkacat kafka-console-producer kafka-console-consumer kafka-topics rabbitmqadmin rabbitmqctl mosquitto_pub mosquitto_sub nats")
        .io(NETWORK).asks(EffectKind::Remote, DATABASE, CLIENT).options(&[
            value("-c --command -e --execute --eval -Q -q", TEXT), value("-f --file -i --input-file", READ), value("-o --output -L --log-file", WRITE), value("-h --host", TEXT), value("--endpoints --bootstrap-server --broker-list --server -s -b", TEXT), value("-p --port -U --username -u --user -d --dbname -n -a -D --database -P -S -v --set -T -F", TEXT),
        ]).also(database),
    program("pg_dump pg_dumpall mysqldump mongodump mongoexport pg_basebackup").io(NETWORK).asks(EffectKind::Read, DATABASE, "copies a whole database").options(&[value("-f --file -o --out -r --result-file --output", WRITE), value("-h --host", TEXT)]).also(server),
    program("pg_restore mongorestore mongoimport mysqlimport createdb createuser pg_ctl initdb pg_resetwal mysqladmin mysql_install_db mysqld mongod redis-server postgres").io(NETWORK).asks(EffectKind::System, DATABASE, "changes a database or its server").options(&[value("-h --host", TEXT)]).also(server),
    program("dropdb").io(NETWORK).asks(EffectKind::Remote, "database-delete", "deletes a whole database").options(&[value("-h --host", TEXT), value("-p --port -U --username --maintenance-db", TEXT), flags("-e --echo -f --force -i --interactive -w --no-password -W --password --if-exists")]).also(|parsed, reader| {
        server(parsed, reader);
        in_production(reader);
    }),
    program("dropuser pg_dropcluster mysqladmin-drop").denies(EffectKind::Remote, "database-delete", "deletes a whole database"),
    program("duckdb").grammar(Grammar::Single).strict().options(&[
        value("-c -s", TEXT), value("-cmd --cmd", TEXT), value("-init --init -f -file", Act::Ask("loads-code", "It runs commands from a file.")), value("-separator -newline -nullvalue", TEXT),
        flags("-header -noheader -csv -json -jsonlines -column -line -list -html -markdown -table -box -quote -tabs -ascii -latex -batch -bail -readonly -safe -version -help -echo -stats -interactive -no-stdin"),
        flag("-unsigned -unredacted", Act::Ask("loads-code", "It loads code that nobody signed.")), flag("-A", TEXT), flag("-ui", Act::Ask("listens", "It opens a port.")),
    ]).also(sqlite),
    program("sqlite3 sqlite sqlcipher litecli").grammar(Grammar::Stops).options(&[
        value("-cmd --cmd", TEXT), value("-init --init", Act::Ask("loads-code", "It runs commands from a file.")), value("-separator -newline -nullvalue -mmap -pagecache -lookaside -vfs -maxsize --separator --newline --nullvalue --mmap --pagecache --lookaside --vfs --maxsize -heap --heap -escape --escape", TEXT), flag("-A", TEXT), flags("-header -noheader -csv -json -column -line -list -html -markdown -table -box -quote -tabs -batch -bail -readonly -version -help -echo -stats -ascii -interactive -nofollow -safe -deserialize -append -memtrace"), value("-zip", READ),
    ]).also(sqlite),
    program("vi vim nvim gvim vimdiff view ex rvim rview nano pico micro hx helix kak emacs emacsclient ed red joe mcedit ne jed mg zile code code-insiders codium cursor windsurf subl zed idea pycharm webstorm goland clion rubymine atom gedit kate mousepad xed bbedit mate open-editor")
        .also(editor),
    // macOS
    program("security").denies(EffectKind::Read, "keychain", "reads or changes what authenticates a person").options(&[]),
    program("defaults").also(defaults),
    program("plutil PlistBuddy").also(plist),
    program("launchctl").also(launchctl),
    program("open").strict().options(&[flags("-e -t -f -g -h -n -j -R -W -F"), value("-a -b -s -u", Act::Ask("open", "It opens another program.")), value("--args --env --stdin --stdout --stderr", TEXT)]).asks(EffectKind::Execute, "open", "opens something with whatever program is set for it"),
    program("diskutil tmutil").also(disk_tools),
    program("pmset caffeinate-set systemsetup-set lsregister mdutil dscacheutil pkgutil codesign notarytool stapler altool productbuild pkgbuild spindump sample heap leaks vmmap automator shortcuts say afplay textutil sips qlmanage mdls mdimport lsappinfo")
        .also(mac),
    program("ditto").operands(crate::programs::table::Operands::Last(READ, WRITE)).options(&[flags("-c -k -x -v -V --sequesterRsrc --keepParent --rsrc --noextattr")]),
];

/// The machine that a database runs on: an option, a part of `host=… dbname=…`, or an address.
fn server(parsed: &Parsed, reader: &mut Reader<'_>) {
    let named = parsed.values("-h").chain(parsed.values("--endpoints"));
    let mut hosts: Vec<String> = named.map(crate::programs::reader::shown_word).collect();
    for word in &reader.invocation.argv {
        let text = crate::programs::reader::shown_word(word);
        let of_setting = |part: &str| part.strip_prefix("host=").map(str::to_owned);
        hosts.extend(text.split_ascii_whitespace().filter_map(of_setting));
    }
    for host in hosts.iter().flat_map(|hosts| hosts.split(',')) {
        // A path is a socket of this machine.
        if !host.starts_with('/') && !host.contains("://") {
            reaches(reader, host);
        }
    }
}

fn database(parsed: &Parsed, reader: &mut Reader<'_>) {
    server(parsed, reader);
    if matches!(
        crate::place::name(reader.invocation.argv[0].prefix()),
        "mongo" | "mongosh"
    ) {
        for code in parsed.values("-c").cloned().collect::<Vec<_>>() {
            crate::programs::code::read(reader, &code, crate::programs::code::Language::Node);
        }
    }
    let typed = match &reader.invocation.stdin {
        crate::programs::Stdin::Text(Word::Known(text)) => text.as_str(),
        _ => "",
    };
    let mut given = parsed
        .found
        .iter()
        .filter_map(|found| found.value.clone())
        .chain(parsed.operands.iter().cloned())
        .chain(typed.lines().map(Word::from));
    let shell = given.any(|word| {
        let text = crate::programs::reader::shown_word(&word);
        let lower = text.to_ascii_lowercase();
        text.trim_start().starts_with("\\!")
            || lower.contains("to program")
            || lower.contains("from program")
            || text.contains("\\! ")
            || lower.contains("xp_cmdshell")
            || lower.starts_with("system ")
            || lower.contains("into outfile")
            || lower.contains("into dumpfile")
            || lower.contains("pg_read_file")
            || lower.contains("load_file(")
            || lower.contains("lo_export")
            || lower.contains("sys_exec")
    });
    if shell {
        reader.deny(
            "database-shell",
            "It makes the database run a command or reach files.",
        );
    }
    let words: Vec<String> = reader
        .invocation
        .argv
        .iter()
        .map(|word| crate::programs::reader::shown_word(word).to_ascii_lowercase())
        .collect();
    let wipes = words.iter().any(|word| {
        matches!(word.as_str(), "flushall" | "flushdb")
            || word.contains("dropdatabase")
            || word.contains("drop database")
            || word.contains("drop schema")
            || word.contains("drop table")
            || word.contains("truncate ")
    });
    if wipes {
        reader.find(
            Verdict::Ask,
            "database-delete",
            "It deletes what a database holds.",
        );
        in_production(reader);
    }
}

/// What deletes is denied where a host, a database or an address says that people depend on it.
fn in_production(reader: &mut Reader<'_>) {
    let named = |word: &Word| {
        let text = crate::programs::reader::shown_word(word).to_ascii_lowercase();
        !text.contains(' ')
            && text
                .split(|c: char| !c.is_ascii_alphanumeric())
                .any(|part| matches!(part, "prod" | "prd" | "production"))
    };
    if reader.invocation.argv.iter().any(named) {
        reader.deny(
            "database-delete",
            "It deletes what a database holds that is in production.",
        );
    }
}

fn defaults(parsed: &Parsed, reader: &mut Reader<'_>) {
    match parsed.operand(0) {
        Some("read" | "read-type" | "domains" | "find" | "help") => {}
        _ => {
            let words = reader
                .invocation
                .argv
                .iter()
                .map(|word| word.prefix().to_ascii_lowercase())
                .collect::<Vec<_>>()
                .join(" ");
            let strong = [
                "loginwindow",
                "loginitems",
                "gatekeeper",
                "quarantine",
                "lsquarantine",
                "autologin",
                "security",
                "alf",
                "softwareupdate",
                "tcc",
                "loginhook",
                "logouthook",
                "screensaver",
                "launchservices",
            ]
            .iter()
            .any(|part| words.contains(part));
            if strong {
                reader.deny(
                    "disables-security",
                    "It changes what protects this machine or what is started at login.",
                );
            } else {
                reader.ask("settings", "It changes settings of programs.");
            }
        }
    }
}

fn plist(parsed: &Parsed, reader: &mut Reader<'_>) {
    let looks = reader.invocation.argv.iter().any(|arg| {
        matches!(
            arg.known(),
            Some("-lint" | "-p" | "-extract" | "-help" | "-type")
        )
    }) || parsed
        .operands
        .iter()
        .any(|word| word.prefix().starts_with("Print"));
    for word in &parsed.operands {
        if word.prefix().contains('/') || word.prefix().ends_with(".plist") {
            reader.touch(word, if looks { Access::Read } else { Access::Write });
        }
    }
}

fn launchctl(parsed: &Parsed, reader: &mut Reader<'_>) {
    match parsed.operand(0) {
        Some(
            "list" | "print" | "blame" | "help" | "version" | "managername" | "manageruid"
            | "print-disabled" | "dumpstate",
        ) => {}
        Some(
            "load" | "bootstrap" | "submit" | "enable" | "setenv" | "config" | "asuser" | "bsexec"
            | "plist",
        ) => {
            reader.deny(
                PERSIST,
                "It sets up what is started from now on, whoever looks.",
            );
        }
        _ => {
            let ours = parsed.operands.iter().any(|word| {
                word.prefix().contains("openclaw") || word.prefix().contains("gatehouse")
            });
            if ours {
                return reader.deny(
                    "kill-gateway",
                    "It stops the gateway that this agent is governed by.",
                );
            }
            reader.ask("service", "It changes a service.");
        }
    }
}

fn disk_tools(parsed: &Parsed, reader: &mut Reader<'_>) {
    match parsed.operand(0) {
        Some(
            "list" | "info" | "listFilesystems" | "destinationinfo" | "listbackups"
            | "latestbackup" | "status" | "cs-list" | "activity",
        ) => {}
        Some("apfs" | "appleRAID" | "coreStorage") if parsed.operand(1) == Some("list") => {}
        Some(
            "mount" | "unmount" | "mountDisk" | "unmountDisk" | "eject" | "verifyVolume"
            | "verifyDisk" | "startbackup" | "compare",
        ) => reader.ask("mount", "It changes what is mounted."),
        _ => reader.deny("format", "It changes disks, or deletes backups."),
    }
}

fn mac(parsed: &Parsed, reader: &mut Reader<'_>) {
    let program = reader.invocation.argv[0].prefix().to_owned();
    if matches!(
        program.as_str(),
        "say" | "afplay" | "mdls" | "qlmanage" | "textutil" | "sips" | "lsappinfo"
    ) {
        for word in &parsed.operands {
            if word.prefix().contains('/') {
                reader.touch(word, Access::Write);
            }
        }
        return;
    }
    if parsed.operands.is_empty()
        || reader.invocation.argv.iter().any(|arg| {
            matches!(
                arg.known(),
                Some("-g" | "-dv" | "-d" | "--verify" | "-v" | "--pkgs" | "--files")
            )
        })
    {
        return reader.ask("system-state", "It looks at settings of this machine.");
    }
    reader.ask(
        "system-state",
        "It changes settings of this machine or drives other programs.",
    );
}
