//! Options that a variable hands to every compiler: which of them only say how, and neither load nor run anything.

/// What options of a compiler of C and of its linker begin with, where they only say how something is built.
const SAY: &[&str] = &[
    "-O", "-g", "-W", "-std=", "-f", "-m", "-D", "-U", "-l", "-s", "-w", "-v", "-p", "-ansi",
    "-static", "-shared",
];

/// Parts by which an option loads or runs something after all.
const LOAD: &[&str] = &["plugin", "wrapper", "spec", "dynamic-linker", "load"];

fn is_plain(text: &str) -> bool {
    text.bytes()
        .all(|b| b.is_ascii_alphanumeric() || b"-_=.,+".contains(&b))
}

/// Options of a compiler of C: `-O2 -Wall -march=native -L/usr/local/lib`.
pub(super) fn of_c(value: &str) -> bool {
    value.split_ascii_whitespace().all(is_of_c)
}

fn is_of_c(one: &str) -> bool {
    if LOAD.iter().any(|part| one.contains(part)) {
        return false;
    }
    let folder = one.strip_prefix("-I").or_else(|| one.strip_prefix("-L"));
    if let Some(folder) = folder {
        let installed = ["/usr/", "/opt/"]
            .iter()
            .any(|begin| folder.starts_with(begin));
        let kept = installed || !folder.starts_with(['/', '~']);
        return kept && !folder.contains("..") && is_plain(&folder.replace('/', ""));
    }
    SAY.iter().any(|begin| one.starts_with(begin)) && is_plain(one)
}

/// A compiler with options of its own: `gcc -m32`, `ccache clang`.
pub(super) fn is_compiler(value: &str, is_installed: impl Fn(&str) -> bool) -> bool {
    let mut words = value.split_ascii_whitespace().peekable();
    words.next_if(|word| matches!(*word, "ccache" | "sccache"));
    words.next().is_some_and(is_installed) && words.all(is_of_c)
}

/// Options of a virtual machine of Java that say how much it takes, and how it writes.
pub(super) fn of_jvm(value: &str) -> bool {
    const SAY: &[&str] = &[
        "-Xmx",
        "-Xms",
        "-Xss",
        "-XX:Max",
        "-XX:+Use",
        "-XX:-Use",
        "-Dfile.encoding=",
        "-Djava.awt.headless=",
        "-Duser.timezone=",
        "-Duser.language=",
        "-Dorg.gradle.daemon=",
        "-Dorg.gradle.parallel=",
        "-Dorg.gradle.workers.max=",
    ];
    value.split_ascii_whitespace().all(|one| {
        let begins = SAY.iter().any(|begin| one.starts_with(begin));
        begins && is_plain(&one.replace([':', '/'], ""))
    })
}

/// What `-C` of rustc may say without naming a program or a library.
const CODEGEN: &[&str] = &[
    "target-cpu",
    "target-feature",
    "opt-level",
    "debuginfo",
    "codegen-units",
    "lto",
    "panic",
    "strip",
    "instrument-coverage",
    "prefer-dynamic",
    "overflow-checks",
    "debug-assertions",
    "incremental",
    "relocation-model",
    "force-frame-pointers",
    "split-debuginfo",
];

/// Options of rustc: `-D warnings -C target-cpu=native`.
pub(super) fn of_rust(value: &str) -> bool {
    let mut words = value.split_ascii_whitespace();
    while let Some(word) = words.next() {
        let (option, rest) = word.split_at(word.len().min(2));
        let given = if rest.is_empty() {
            words.next().unwrap_or("")
        } else {
            rest
        };
        let known = match option {
            "-C" => is_codegen(given),
            "-D" | "-A" | "-W" | "-F" => given
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-:".contains(&b)),
            _ => false,
        };
        if !known {
            return false;
        }
    }
    true
}

fn is_codegen(one: &str) -> bool {
    let (name, value) = one.split_once('=').unwrap_or((one, ""));
    let linker = value.strip_prefix("-fuse-ld=");
    is_plain(value) && CODEGEN.contains(&name)
        || name == "link-arg"
            && linker.is_some_and(|name| matches!(name, "lld" | "mold" | "gold" | "bfd"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_load_or_run_something_are_not_plain() {
        for plain in [
            "-O3 -march=native",
            "-std=c++20 -fsanitize=address",
            "-L/usr/local/lib -lssl",
            "-Iinclude",
            "",
        ] {
            assert!(of_c(plain), "{plain}");
        }
        for loads in [
            "-fplugin=evil.so",
            "-B/tmp/x",
            "-L/tmp/x",
            "-I../x",
            "-Wl,-plugin,x",
            "-specs=x",
            "-wrapper x",
        ] {
            assert!(!of_c(loads), "{loads}");
        }
        for plain in [
            "-D warnings",
            "-C target-cpu=native -Dunsafe_code",
            "-C link-arg=-fuse-ld=lld",
        ] {
            assert!(of_rust(plain), "{plain}");
        }
        for runs in [
            "-C linker=/tmp/x",
            "-Clinker=x",
            "-C link-arg=-B/tmp/x",
            "--cfg x",
            "-Zcodegen-backend=x",
        ] {
            assert!(!of_rust(runs), "{runs}");
        }
    }
}
