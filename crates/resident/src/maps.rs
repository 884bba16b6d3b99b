//! Which mappings may be given back, read from `/proc/self/smaps` as proc(5) describes it.

/// Libraries that are loaded for the life of the process: the program is linked to them, or they are marked as never
/// to be unloaded (LLVM, by which Mesa draws where there is no GPU).
const LASTING: [&str; 5] = [
    "libwebkit2gtk-",
    "libjavascriptcoregtk-",
    "libgtk-3.",
    "libLLVM-",
    "libicudata.",
];

/// A range of addresses.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Mapping {
    pub(crate) start: usize,
    pub(crate) len: usize,
}

/// The mappings of code and constants that nothing was ever written to.
pub(crate) fn that_can_go(smaps: &str, own: &str) -> Vec<Mapping> {
    let mut found = Vec::new();
    let mut candidate = None;
    for line in smaps.lines() {
        if let Some(key) = line.split_whitespace().next()
            && key.ends_with(':')
        {
            // Of a private mapping, the pages that were written to and are the process's alone.
            if key == "Anonymous:" && line.split_whitespace().nth(1) == Some("0") {
                found.extend(candidate.take());
            }
        } else {
            candidate = header(line, own);
        }
    }
    found
}

/// Reads `start-end perms offset device inode path`.
fn header(line: &str, own: &str) -> Option<Mapping> {
    let mut words = line.split_whitespace();
    let (range, perms) = (words.next()?, words.next()?);
    let path = words.nth(3)?;
    let read_only = matches!(perms, "r--p" | "r-xp");
    // A replaced file is shown as "path (deleted)": it is still the one that is mapped, and is left alone.
    if !read_only || words.next().is_some() || !(path == own || lasts(path)) {
        return None;
    }
    let (start, end) = range.split_once('-')?;
    let start = usize::from_str_radix(start, 16).ok()?;
    let end = usize::from_str_radix(end, 16).ok()?;
    Some(Mapping {
        start,
        len: end.checked_sub(start)?,
    })
}

fn lasts(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    LASTING.iter().any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = "/usr/bin/gatehouse-desktop";

    fn can_go(header: &str, anonymous: &str) -> bool {
        let smaps = format!(
            "{header}\nSize: 16 kB\nRss: 16 kB\nAnonymous: {anonymous} kB\nVmFlags: rd ex mr\n"
        );
        !that_can_go(&smaps, OWN).is_empty()
    }

    #[test]
    fn code_of_the_program_and_of_lasting_libraries_can_go() {
        let smaps =
            "5000-9000 r-xp 00001000 fe:00 42 /usr/bin/gatehouse-desktop\nAnonymous:        0 kB\n";
        let expected = Mapping {
            start: 0x5000,
            len: 0x4000,
        };
        assert_eq!(that_can_go(smaps, OWN), [expected]);
        assert!(can_go(
            "5000-9000 r--p 0 fe:00 42 /usr/lib/libwebkit2gtk-4.1.so.0.19.9",
            "0"
        ));
    }

    #[test]
    fn what_was_written_to_what_can_be_and_what_may_be_unloaded_stays() {
        for (header, anonymous) in [
            ("5000-9000 r--p 0 fe:00 42 /usr/bin/gatehouse-desktop", "4"),
            ("5000-9000 rw-p 0 fe:00 42 /usr/bin/gatehouse-desktop", "0"),
            ("5000-9000 r--s 0 fe:00 42 /usr/bin/gatehouse-desktop", "0"),
            (
                "5000-9000 r-xp 0 fe:00 42 /usr/bin/gatehouse-desktop (deleted)",
                "0",
            ),
            (
                "5000-9000 r-xp 0 fe:00 42 /usr/lib/gio/modules/libdconfsettings.so",
                "0",
            ),
            ("5000-9000 r--p 0 00:00 0 ", "0"),
            ("5000-9000 r-xp 0 00:00 0 [vdso]", "0"),
        ] {
            assert!(
                !can_go(header, anonymous),
                "{header}, {anonymous} kB of its own"
            );
        }
    }

    #[test]
    fn what_is_not_understood_stays() {
        assert!(that_can_go("nonsense\n\n-- : 0\nAnonymous: 0 kB", OWN).is_empty());
    }
}
