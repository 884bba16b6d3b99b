//! What we ship may be shipped: each dependency of the programs has a licence that permits it.

use std::{collections::BTreeSet, process::Command};

use serde_json::Value;
use spdx::{Expression, LicenseReq, ParseMode};

/// Permissive, or copyleft by file (MPL), or given to the public. CDLA-Permissive covers data: root certificates.
const PERMITTED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

#[test]
fn every_crate_has_a_licence_that_lets_us_ship_it() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let refused: BTreeSet<String> = packages
        .iter()
        .filter(|package| !is_permitted(package["license"].as_str().unwrap_or_default()))
        .map(|package| {
            format!(
                "{} {}: {}",
                package["name"], package["version"], package["license"]
            )
        })
        .collect();
    assert!(
        packages.len() > 100,
        "only {} packages were read",
        packages.len()
    );
    assert!(refused.is_empty(), "{refused:#?}");
}

#[test]
fn a_licence_that_binds_what_links_to_it_is_refused() {
    for refused in [
        "GPL-3.0-only",
        "LGPL-2.1-or-later",
        "AGPL-3.0",
        "MIT AND GPL-2.0-only",
        "",
    ] {
        assert!(!is_permitted(refused), "{refused}");
    }
    for permitted in [
        "MIT",
        "MIT/Apache-2.0",
        "GPL-2.0-only OR MIT",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
    ] {
        assert!(is_permitted(permitted), "{permitted}");
    }
}

fn is_permitted(licence: &str) -> bool {
    let permitted = |requirement: &LicenseReq| {
        let id = requirement.license.id();
        id.is_some_and(|id| PERMITTED.contains(&id.name))
    };
    Expression::parse_mode(licence, ParseMode::LAX)
        .is_ok_and(|expression| expression.evaluate(permitted))
}

fn metadata() -> Value {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).expect("JSON")
}
