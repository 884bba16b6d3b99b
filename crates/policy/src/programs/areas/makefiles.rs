//! Makefiles that hold nothing but rules as plain as can be: whoever reads their recipes has read all that runs.

use crate::place;
use crate::word::Word;

/// Options of make that change nothing of which recipes run, and where from.
#[rustfmt::skip]
const OPTIONS: &[&str] = &[
    "-n", "--dry-run", "--just-print", "--recon", "-s", "--silent", "--quiet", "-k", "--keep-going", "-B", "--always-make", "-j", "-i",
    "--no-print-directory", "-w",
];

/// Of more rules not all may be read.
const MOST_RULES: usize = 24;

/// Whether `make` with these words makes what plain rules say, and nothing else.
pub(in crate::programs) fn is_plain(text: &str, argv: &[Word]) -> bool {
    let words: Option<Vec<&str>> = argv.iter().map(Word::known).collect();
    let Some((program, args)) = words.as_deref().and_then(<[&str]>::split_first) else {
        return false;
    };
    if !matches!(place::name(program), "make" | "gmake") {
        return false;
    }
    let number = |arg: &&str| {
        arg.strip_prefix("-j")
            .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let (options, goals): (Vec<&str>, Vec<&str>) =
        args.iter().partition(|arg| arg.starts_with('-'));
    if !options
        .iter()
        .all(|arg| OPTIONS.contains(arg) || number(arg))
    {
        return false;
    }
    let Some(rules) = rules(text) else {
        return false;
    };
    let has_rule = |name: &&str| rules.iter().any(|(target, _)| target == name);
    if rules.len() > MOST_RULES {
        return false;
    }
    // What has no rule here is made by one that make knows of itself.
    goals.iter().all(has_rule) && rules.iter().all(|(_, needs)| needs.iter().all(has_rule))
}

/// Each target and what it needs; none where anything else stands in the text.
fn rules(text: &str) -> Option<Vec<(&str, Vec<&str>)>> {
    let mut out = Vec::new();
    for line in text.lines() {
        if let Some(recipe) = line.strip_prefix('\t') {
            // Variables of make are not those of a shell, and a line that goes on is another one there.
            if out.is_empty() || recipe.replace("$$", "").contains('$') || recipe.ends_with('\\') {
                return None;
            }
            continue;
        }
        let line = line.split('#').next().unwrap_or_default();
        if line.trim().is_empty() {
            continue;
        }
        let (names, needs) = line.split_once(':')?;
        let needs: Vec<&str> = needs.split_whitespace().collect();
        let targets: Vec<&str> = names.split_whitespace().collect();
        if names.starts_with(' ') || !targets.iter().chain(&needs).all(|name| is_plain_name(name)) {
            return None;
        }
        match targets.as_slice() {
            [".PHONY"] => {}
            [target] if !target.starts_with('.') => out.push((*target, needs)),
            _ => return None,
        }
    }
    Some(out)
}

fn is_plain_name(name: &str) -> bool {
    name.chars()
        .all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c))
}
