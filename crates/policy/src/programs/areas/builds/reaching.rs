//! Sub-commands of build tools that reach beyond the project: they bring in code from others, publish, or change a
//! database. All that is not named here is a task of the project.

use crate::programs::reader::Reader;
use crate::word::Word;

/// What brings in code from others.
#[rustfmt::skip]
const INSTALLS: &[(&str, &str)] = &[
    ("mix", "deps.get deps.update archive.install archive.uninstall escript.install local.hex local.rebar local.phx igniter.install"),
    ("rebar3", "get-deps upgrade update unlock local plugins"),
    ("cabal", "update install fetch get"),
    ("stack", "update install unpack setup upgrade"),
    ("gleam", "add deps download update"),
    ("elm", "install"),
    ("spago", "install upgrade fetch"),
    ("dart", "pub"), ("nimble", "install develop refresh uninstall upgrade lock sync"), ("crystal", "deps"), ("zig", "fetch"),
    ("shards", "install update"),
    ("rush", "install update add"), ("lerna", "bootstrap add"), ("ng", "add update"), ("nx", "migrate add"), ("expo", "install"),
    ("playwright", "install install-deps uninstall"), ("cypress", "install"), ("semgrep", "login install-semgrep-pro"),
    ("elm-test", "install"), ("sorbet", "init"), ("buf", "dep mod"), ("tree-sitter", "init"),
];

/// What sends the project or a part of it to others.
#[rustfmt::skip]
const PUBLISHES: &[(&str, &str)] = &[
    ("mix", "hex.publish hex.retire hex.user hex.organization hex.owner"), ("rebar3", "hex"), ("cabal", "upload"), ("stack", "upload"),
    ("gleam", "publish"), ("elm", "publish"), ("spago", "publish"), ("nimble", "publish"), ("maturin", "publish upload"),
    ("rush", "publish"), ("lerna", "publish version"), ("ng", "deploy"), ("nx", "release"), ("expo", "publish login"), ("buf", "push registry"),
    ("mkdocs", "gh-deploy"), ("hugo", "deploy"), ("turbo", "login link"), ("gatsby", "login"), ("semgrep", "ci publish"), ("wasm-pack", "publish login"),
];

/// What deletes or rebuilds a database, whatever it is called where.
#[rustfmt::skip]
const DATABASES: &[(&str, &str)] = &[
    ("mix", "ecto.drop ecto.reset ecto.rollback ecto.migrate"),
    ("artisan", "migrate migrate:fresh migrate:refresh migrate:reset migrate:rollback db:wipe db:seed"),
    ("manage.py", "flush migrate reset_db loaddata dbshell"),
    ("django-admin", "flush migrate loaddata dbshell"), ("alembic", "upgrade downgrade stamp"), ("flask", "db"),
    ("console", "doctrine:database:drop doctrine:schema:drop doctrine:schema:update doctrine:migrations:migrate doctrine:fixtures:load"),
];

/// What opens a console of code to whoever reaches the port.
const LISTENS: &[(&str, &str)] = &[("jupyter", "lab notebook server console run execute")];

fn is_one_of(table: &[(&str, &str)], program: &str, name: &str) -> bool {
    table
        .iter()
        .any(|(one, names)| *one == program && names.split(' ').any(|each| each == name))
}

/// Asks about what a tool is told to do where that reaches beyond the project.
pub(in crate::programs::areas) fn reaching(
    program: &str,
    args: &[Word],
    reader: &mut Reader<'_>,
) -> bool {
    let names = args.iter().filter_map(Word::known);
    let Some(name) = names.into_iter().find(|name| !name.starts_with('-')) else {
        return false;
    };
    if is_one_of(INSTALLS, program, name) {
        reader.ask(
            "package-install",
            "It brings in code from others, which is run when it is built or used.",
        );
    } else if is_one_of(PUBLISHES, program, name) {
        reader.ask("publish", "It sends what it builds to others.");
    } else if is_one_of(DATABASES, program, name) {
        reader.ask(
            "database-change",
            "It changes a database as a whole, or deletes what is in it.",
        );
    } else if is_one_of(LISTENS, program, name) {
        reader.ask("listens", "It opens a port and runs what comes through it.");
    } else {
        return false;
    }
    true
}

/// Options that say at which address something listens.
const ADDRESSES: &[&str] = &[
    "--host",
    "--bind",
    "--hostname",
    "--address",
    "--addr",
    "--listen",
    "--ip",
    "--ip-address",
    "--bind-all",
    "-H",
    "-b",
    "-a",
];

/// A server that everyone on the network reaches, where most would listen for this machine alone.
pub(in crate::programs) fn open_to_all(args: &[Word], reader: &mut Reader<'_>) {
    let mut before = "";
    for word in args {
        let text = word.prefix();
        let (name, value) = text.split_once('=').unwrap_or((before, text));
        let is_own = ADDRESSES.contains(&name) || before == "runserver";
        before = text;
        if is_own && is_everywhere(value) {
            let text = format!("It listens at {value}, where everyone on the network reaches it.");
            return reader.ask("listens", &text);
        }
    }
}

fn is_everywhere(address: &str) -> bool {
    let address = address.strip_prefix("tcp://").unwrap_or(address);
    ["0.0.0.0", "[::]", "*"].iter().any(|all| {
        let rest = address.strip_prefix(all);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    }) || address == "::"
}

/// A script by which a framework runs its tasks: `php artisan`, `python manage.py`, `bin/console`.
pub(in crate::programs) fn framework(script: &Word, args: &[Word], reader: &mut Reader<'_>) {
    let name = crate::place::name(script.prefix());
    if matches!(name, "artisan" | "manage.py" | "console") {
        reaching(name, args, reader);
        open_to_all(args, reader);
        crate::programs::handed::judge(name, args, reader);
    }
}
