//! Sets of scopes: which one includes which.

/// Whether everything in `asked` is granted. `operator.admin` includes every operator scope, and
/// `operator.write` includes reading and talking ("Scope levels" of the published operator scopes).
pub(crate) fn covers(granted: &[String], asked: &[String]) -> bool {
    asked.iter().all(|scope| includes(granted, scope))
}

fn includes(granted: &[String], scope: &str) -> bool {
    let has = |name: &str| granted.iter().any(|own| own == name);
    has(scope)
        || (scope.starts_with("operator.") && has("operator.admin"))
        || (matches!(scope, "operator.read" | "operator.talk") && has("operator.write"))
}

/// What both of two sets allow.
pub(crate) fn within(scopes: &[String], cap: &[String]) -> Vec<String> {
    let narrowed = scopes.iter().filter(|scope| includes(cap, scope));
    let named = cap.iter().filter(|scope| includes(scopes, scope));
    let all: std::collections::BTreeSet<&String> = narrowed.chain(named).collect();
    all.into_iter().cloned().collect()
}

/// Both, without repetition, in a fixed order.
pub(crate) fn union(a: &[String], b: &[String]) -> Vec<String> {
    let all: std::collections::BTreeSet<&String> = a.iter().chain(b).collect();
    all.into_iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> Vec<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn admin_covers_all_and_write_covers_read_and_nothing_more() {
        assert!(covers(
            &set(&["operator.admin"]),
            &set(&["operator.pairing", "operator.read"])
        ));
        assert!(covers(&set(&["operator.write"]), &set(&["operator.read"])));
        assert!(!covers(
            &set(&["operator.write"]),
            &set(&["operator.approvals"])
        ));
        assert!(!covers(&set(&["operator.read"]), &set(&["operator.write"])));
        assert!(covers(&[], &[]));
    }

    #[test]
    fn a_cap_narrows_and_never_widens() {
        let within = |scopes: &[&str], cap: &[&str]| within(&set(scopes), &set(cap));
        assert_eq!(
            within(&["operator.admin"], &["operator.read"]),
            ["operator.read"]
        );
        assert_eq!(
            within(&["operator.read"], &["operator.admin"]),
            ["operator.read"]
        );
        assert!(within(&["operator.admin"], &[]).is_empty());
        assert!(within(&["operator.read"], &["operator.pairing"]).is_empty());
    }
}
