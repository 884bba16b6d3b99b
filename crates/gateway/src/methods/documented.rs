//! `docs/methods.md` and what the client knows of our own methods say what the table has, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use gatehouse_protocol::own;

use crate::router::Access;

const DOCUMENT: &str = include_str!("../../../../docs/methods.md");

/// A method as the document has it.
struct Documented {
    scope: String,
    params: BTreeSet<String>,
}

/// `{a, b?}` as its names.
fn names(shape: &str) -> BTreeSet<String> {
    let names = shape.trim_matches(['{', '}']).split(',');
    let names = names.map(|name| name.trim().trim_end_matches('?').to_owned());
    names.filter(|name| !name.is_empty()).collect()
}

fn documented() -> BTreeMap<String, Documented> {
    let sections = DOCUMENT.split("\n### `").skip(1);
    let read = sections.map(|section| {
        let (name, rest) = section.split_once('`').expect("a heading is a name");
        let mut marked = rest.split('`').skip(1).step_by(2);
        let mut next = || marked.next().unwrap_or_default().to_owned();
        let (scope, params, result) = (next(), next(), next());
        assert!(result.starts_with('{'), "{name} says what it answers");
        let params = names(&params);
        (name.to_owned(), Documented { scope, params })
    });
    read.collect()
}

#[test]
fn each_method_of_our_own_is_documented_with_its_scope_and_parameters() {
    let (table, documented) = (super::table(), documented());
    let own: BTreeSet<&str> = table
        .names()
        .filter(|name| name.starts_with("gatehouse."))
        .collect();
    let headings: BTreeSet<&str> = documented.keys().map(String::as_str).collect();
    assert_eq!(headings, own, "those of the document, and those there are");
    for (name, told) in &documented {
        let Some(Access::Operator(scope)) = table.access(name) else {
            panic!("{name} is for operators");
        };
        assert_eq!(told.scope, scope.as_str(), "{name}");
        let reads = table.reads(name).expect("its type tells");
        let reads: BTreeSet<String> = reads.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(told.params, reads, "{name}");
    }
}

#[test]
fn the_client_knows_each_method_of_our_own_with_its_scope() {
    let table = super::table();
    let own = table.names().filter(|name| name.starts_with("gatehouse."));
    let own: BTreeMap<_, _> = own.map(|name| (name, table.access(name))).collect();
    let declared = own::declared().map(|(name, scope)| (name, Some(Access::Operator(scope))));
    let declared: BTreeMap<_, _> = declared.collect();
    assert_eq!(declared, own);
}
