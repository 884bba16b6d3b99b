//! Compilers and what belongs to them, by the names that systems install them under.

#[rustfmt::skip]
const NAMES: &[&str] = &[
    "gcc", "g++", "cc", "c++", "clang", "clang++", "ld", "ld.lld", "ld.gold", "ld.bfd", "lld", "mold", "ar", "gcc-ar",
    "llvm-ar",
];

/// What stands in the name of a compiler for another system: `aarch64-linux-gnu-gcc`.
const SYSTEMS: &[&str] = &["linux", "mingw32", "musl", "apple", "none", "elf"];

const CACHES: &[&str] = &["ccache ", "sccache "];

/// Whether a value is an installed compiler and nothing else, by its name or in one of the folders.
pub(super) fn is_installed(value: &str, folders: &[&str]) -> bool {
    let value = CACHES
        .iter()
        .find_map(|cache| value.strip_prefix(cache))
        .unwrap_or(value);
    let name = match value.rsplit_once('/') {
        Some((folder, name)) if folders.contains(&folder) => name,
        Some(_) => return false,
        None => value,
    };
    is_name(name)
}

/// `gcc`, `gcc-12`, `x86_64-linux-gnu-g++-13`.
fn is_name(name: &str) -> bool {
    let version =
        |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let name = match name.rsplit_once('-') {
        Some((begin, end)) if version(end) => begin,
        _ => name,
    };
    if NAMES.contains(&name) {
        return true;
    }
    name.rsplit_once('-').is_some_and(|(target, tool)| {
        let mut parts = target.split('-');
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        NAMES.contains(&tool)
            && target.chars().all(plain)
            && parts.any(|part| SYSTEMS.contains(&part))
    })
}
