//! Does an entry of the allow-list match a command? Patterns are globs over the resolved executable, or bare
//! names for what is found along the search path.
//!
//! Only a plain command can match: one program with its words, no shell syntax, no variables set by the
//! call. Whatever else a shell could make of a text is a miss, so that a person is asked.
//!
//! An entry that an answer "always" made knows neither an end nor what a script holds, so it lets nothing run: it
//! shows the grant of that answer, and the grant decides.

use std::path::Path;

use gatehouse_agent::govern::ExecEffect;
use gatehouse_store::gateway::AllowEntry;
use globset::GlobBuilder;
use sha2::{Digest, Sha256};

use crate::hex::hex;
use crate::home::expanded_in;

/// Marks an `argPattern` that stands for one exact command in one folder.
const EXACT: &str = "sha256:argv:";

/// How entries that an answer "always" made are told apart.
pub(in crate::govern) const ALLOW_ALWAYS: &str = "allow-always";

/// The first entry of a person's that matches.
pub(super) fn matching<'a>(
    rules: &'a [AllowEntry],
    exec: &ExecEffect,
    home: Option<&Path>,
) -> Option<&'a AllowEntry> {
    let plain = Plain::of(exec)?;
    let mut own = rules.iter().filter(|rule| !is_made(rule));
    own.find(|rule| plain.matches(rule, home))
}

/// Whether an entry shows a grant that was given to this command.
pub(super) fn shows_grant(rules: &[AllowEntry], exec: &ExecEffect, home: Option<&Path>) -> bool {
    let Some(plain) = Plain::of(exec) else {
        return false;
    };
    let mut made = rules.iter().filter(|rule| is_made(rule));
    made.any(|rule| plain.matches(rule, home))
}

/// By its mark, or by the pattern that no person writes.
fn is_made(rule: &AllowEntry) -> bool {
    let exact = rule.arg_pattern.as_deref();
    rule.source.as_deref() == Some(ALLOW_ALWAYS)
        || exact.is_some_and(|pattern| pattern.starts_with(EXACT))
}

/// The patterns of an entry for exactly this command in its folder. None where it cannot be told exactly.
pub(in crate::govern) fn exact(exec: &ExecEffect) -> Option<(String, String)> {
    let plain = Plain::of(exec)?;
    let path = plain.program.to_str()?;
    Some((globset::escape(path), plain.digest()))
}

/// A command that is one program with its words.
struct Plain<'a> {
    program: &'a Path,
    words: Vec<&'a str>,
    cwd: &'a Path,
}

impl<'a> Plain<'a> {
    fn of(exec: &'a ExecEffect) -> Option<Self> {
        // A variable can change what a program does as much as its words can.
        if !exec.env_names.is_empty() {
            return None;
        }
        Some(Self {
            program: exec.program.as_deref()?,
            words: exec.command.split_whitespace().collect(),
            cwd: &exec.cwd,
        })
    }

    fn matches(&self, rule: &AllowEntry, home: Option<&Path>) -> bool {
        self.program_matches(&rule.pattern, home) && self.arguments_match(rule)
    }

    fn program_matches(&self, pattern: &str, home: Option<&Path>) -> bool {
        if pattern.contains('/') {
            return glob(&expanded_in(pattern, home).to_string_lossy(), self.program);
        }
        let invoked = self.words.first().copied().unwrap_or_default();
        !invoked.contains('/') && glob(pattern, Path::new(invoked))
    }

    fn arguments_match(&self, rule: &AllowEntry) -> bool {
        let exact_only = is_made(rule);
        match rule.arg_pattern.as_deref() {
            None => !exact_only,
            Some(pattern) if pattern.starts_with(EXACT) => self.digest() == pattern,
            Some(_) if exact_only => false,
            Some(pattern) => {
                let arguments = self.words.get(1..).unwrap_or_default().join(" ");
                regex::Regex::new(pattern).is_ok_and(|regex| regex.is_match(&arguments))
            }
        }
    }

    /// Over the words and the folder, each with its length, so that no two commands look alike.
    fn digest(&self) -> String {
        let cwd = self.cwd.to_string_lossy();
        let mut hash = Sha256::new();
        for part in self.words.iter().copied().chain([&*cwd]) {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        format!("{EXACT}{}", hex(hash.finalize()))
    }
}

/// `*` stays within one folder, `**` does not. A pattern that is none matches nothing.
fn glob(pattern: &str, path: &Path) -> bool {
    GlobBuilder::new(pattern)
        .literal_separator(true)
        .build()
        .is_ok_and(|glob| glob.compile_matcher().is_match(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exec(command: &str, program: Option<&str>) -> ExecEffect {
        ExecEffect {
            command: command.to_owned(),
            argv: vec!["/bin/sh".into(), "-c".into(), command.to_owned()],
            executable: "/bin/sh".into(),
            program: program.map(Into::into),
            cwd: "/work".into(),
            env_names: Vec::new(),
            env_digest: String::new(),
            pty: false,
            background: false,
        }
    }

    fn rule(pattern: &str, arguments: Option<&str>) -> AllowEntry {
        AllowEntry {
            pattern: pattern.to_owned(),
            arg_pattern: arguments.map(str::to_owned),
            ..AllowEntry::default()
        }
    }

    fn check(pattern: &str, arguments: Option<&str>, command: &ExecEffect, wanted: bool) {
        let rules = [rule(pattern, arguments)];
        let found = matching(&rules, command, Some(Path::new("/home/ada"))).is_some();
        assert_eq!(
            found, wanted,
            "{pattern} {arguments:?} on {}",
            command.command
        );
    }

    #[test]
    fn a_path_pattern_is_held_against_the_resolved_program() {
        let rg = exec("rg needle", Some("/usr/bin/rg"));
        for (pattern, wanted) in [
            ("/usr/bin/rg", true),
            ("/usr/bin/*", true),
            ("/usr/*", false),
            ("/usr/**", true),
            ("/opt/**", false),
            ("/usr/bin/r?", true),
            ("[", false),
        ] {
            check(pattern, None, &rg, wanted);
        }
        let own = exec("tool", Some("/home/ada/bin/tool"));
        check("~/bin/*", None, &own, true);
    }

    #[test]
    fn a_bare_name_matches_only_what_is_found_along_the_search_path() {
        check("rg", None, &exec("rg x", Some("/usr/bin/rg")), true);
        check("r*", None, &exec("rg x", Some("/usr/bin/rg")), true);
        check("rg", None, &exec("./rg x", Some("/work/rg")), false);
        check("rg", None, &exec("/tmp/rg x", Some("/tmp/rg")), false);
    }

    #[test]
    fn what_a_shell_could_read_otherwise_never_matches() {
        check("**", None, &exec("rg x && rm -rf /", None), false);
        check("/**", None, &exec("rg $(id)", None), false);
        let with_variable = ExecEffect {
            env_names: vec!["GIT_SSH_COMMAND".to_owned()],
            ..exec("git fetch", Some("/usr/bin/git"))
        };
        check("git", None, &with_variable, false);
    }

    #[test]
    fn an_argument_pattern_narrows_and_a_broken_one_matches_nothing() {
        let safe = exec("python3 safe.py", Some("/usr/bin/python3"));
        check("python3", Some(r"^safe\.py$"), &safe, true);
        check("python3", Some("^other$"), &safe, false);
        check("python3", Some("("), &safe, false);
    }

    #[test]
    fn an_exact_entry_is_for_one_command_in_one_folder() {
        let first = exec("touch a b", Some("/usr/bin/touch"));
        let (pattern, arguments) = exact(&first).unwrap();
        let rules = [AllowEntry {
            source: Some(ALLOW_ALWAYS.to_owned()),
            ..rule(&pattern, Some(&arguments))
        }];
        assert!(shows_grant(&rules, &first, None));
        let elsewhere = ExecEffect {
            cwd: "/other".into(),
            ..first.clone()
        };
        let other_program = exec("touch a b", Some("/opt/touch"));
        for other in [
            exec("touch ab", Some("/usr/bin/touch")),
            elsewhere,
            other_program,
        ] {
            assert!(!shows_grant(&rules, &other, None), "{other:?}");
        }
        let no_digest = [AllowEntry {
            arg_pattern: None,
            ..rules[0].clone()
        }];
        assert!(
            !shows_grant(&no_digest, &first, None),
            "a made entry without its digest is void"
        );
    }

    #[test]
    fn an_exact_entry_escapes_what_a_glob_would_read() {
        let odd = exec("/opt/[a]/run", Some("/opt/[a]/run"));
        let (pattern, arguments) = exact(&odd).unwrap();
        assert!(shows_grant(&[rule(&pattern, Some(&arguments))], &odd, None));
    }

    #[test]
    fn an_entry_that_an_answer_made_lets_nothing_run_by_itself() {
        let script = exec("sh s.sh", Some("/bin/sh"));
        let (pattern, arguments) = exact(&script).unwrap();
        let made = |source: Option<&str>, arguments: Option<&str>| AllowEntry {
            source: source.map(str::to_owned),
            ..rule(&pattern, arguments)
        };
        for entry in [
            made(Some(ALLOW_ALWAYS), Some(&arguments)),
            made(Some(ALLOW_ALWAYS), None),
            made(None, Some(&arguments)),
        ] {
            let rules = [entry];
            assert!(matching(&rules, &script, None).is_none(), "{rules:?}");
        }
        assert!(matching(&[made(None, None)], &script, None).is_some());
    }
}
