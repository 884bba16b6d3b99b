//! Paths that are patterns, or known only in part.

use super::*;

pub(super) fn unknown(shown: &str, access: Access, _world: &World<'_>) -> Touch {
    let mut findings = Vec::new();
    if access != Access::List {
        let code = match access {
            Access::Delete | Access::DeleteAll => "delete-unknown",
            _ if access.changes() => "write-unknown",
            Access::Execute => "run-unknown",
            _ => "read-unknown",
        };
        findings.push(finding(
            Verdict::Ask,
            code,
            format!(
                "It {}, and which that is comes out only when it runs.",
                access.says(shown)
            ),
        ));
    }
    Touch {
        effect: effect(access, Target::Unknown, Zone::Unknown, false, shown),
        findings,
    }
}

/// A path of which a part is only known when it runs: judged by the parts that are known, and asked about.
pub(super) fn part(text: &str, access: Access, cwd: Option<&str>, world: &World<'_>) -> Touch {
    let mut touch = unknown(text, access, world);
    let absolute = text.starts_with('/');
    if (absolute || !text.starts_with('…'))
        && let Some(place) = locate(text, cwd, world)
        && (place.secret.is_some() || place.guard.is_some() || place.zone == Zone::Device)
    {
        judge(&place, access, world, &mut touch.findings);
        touch.effect.secret |= place.secret.is_some() && !access.changes();
    }
    let tail = text
        .rsplit('…')
        .next()
        .unwrap_or("")
        .trim_start_matches('/');
    if !tail.is_empty()
        && sets::below_any(tail, sets::HOME_SECRETS)
        && !access.changes()
        && access != Access::List
    {
        touch.effect.secret = true;
        touch.findings.push(finding(
            Verdict::Deny,
            "read-secret",
            format!("{text} holds what authenticates someone."),
        ));
    }
    if !tail.is_empty() && sets::below_any(tail, sets::HOME) && access.changes() {
        touch.findings.push(finding(
            Verdict::Deny,
            "write-protected",
            format!(
                "It {}, which decides what runs or who may do what.",
                access.says(text)
            ),
        ));
    }
    let before = text.split('…').next().unwrap_or("");
    if matches!(access, Access::Read | Access::ReadAll) && before.ends_with('/') {
        let folder = normalise(before, cwd).unwrap_or_default();
        let home = trimmed(&world.home);
        if is_below(&folder, home) && folder != home && holds_secrets(&folder, world) {
            touch.effect.secret = true;
            touch.findings.push(finding(
                Verdict::Deny,
                "read-secret",
                format!("{folder} holds files that authenticate someone."),
            ));
        }
    }
    if access == Access::DeleteAll && before.ends_with('/') {
        // The unknown part may be empty, and then it is the folder itself.
        if let Some(folder) = normalise(before, cwd).filter(|folder| is_critical(folder, world)) {
            touch.findings.push(finding(
                Verdict::Deny,
                "delete-critical",
                format!("It deletes everything below {folder} when the unknown part is empty."),
            ));
        }
    }
    touch
}

/// What a pattern matches: judged by the folder it lies in and by what is sensitive and could match.
pub(super) fn pattern(
    text: &str,
    written: &str,
    access: Access,
    cwd: Option<&str>,
    world: &World<'_>,
) -> Touch {
    let Some(glob) = normalise(written, cwd) else {
        return unknown(text, access, world);
    };
    let fixed = fixed_folder(&glob);
    let Some(place) = locate(&fixed, None, world) else {
        return unknown(text, access, world);
    };
    let mut findings = Vec::new();
    let last = name(&glob);
    let all = last
        .bytes()
        .all(|b| matches!(b, b'*' | b'?' | b'.' | b'[' | b']' | b'!' | b'^'))
        && last.contains('*');
    let whole_folder = all && glob == format!("{}/{last}", if fixed == "/" { "" } else { &fixed });
    if whole_folder && access.changes() {
        // Everything in a folder is the folder.
        judge(&place, access, world, &mut findings);
    } else {
        let one = Place {
            path: format!("{}/…", trimmed(&place.path)),
            ..place.clone()
        };
        judge(&one, access, world, &mut findings);
    }
    above(written, &place, access, cwd, world, &mut findings);
    let mut secret = place.secret.is_some();
    super::super::samples::each(cwd, world, |sample| {
        if !matches(&glob, sample) {
            return;
        }
        if let Some(place) = locate(sample, None, world) {
            let before = findings.len();
            judge(&place, access, world, &mut findings);
            secret |= place.secret.is_some();
            if findings.len() > before + 3 {
                findings.truncate(before + 3);
            }
        }
    });
    secret |= through_links(&glob, &fixed, &place, access, world, &mut findings);
    let shown = if place.path == fixed {
        format!("what {text} matches")
    } else {
        format!("what {text} matches, in {}", place.path)
    };
    Touch {
        effect: effect(
            access,
            Target::Below(place.path),
            place.zone,
            secret && !access.changes(),
            &shown,
        ),
        findings,
    }
}

/// Of a pattern with `..` before its first star: judges where that leads as well, if a link is on the way.
fn above(
    written: &str,
    place: &Place,
    access: Access,
    cwd: Option<&str>,
    world: &World<'_>,
    out: &mut Vec<Finding>,
) {
    let star = written.find(['*', '?', '[', '\\']).unwrap_or(0);
    let folder = written[..star].rsplit_once('/').map_or("", |(up, _)| up);
    if !folder.split('/').any(|part| part == "..") {
        return;
    }
    if let Some(led) = locate(folder, cwd, world).filter(|led| led.path != place.path) {
        judge(&led, access, world, out);
    }
}

/// Judges the matches that lie elsewhere than the pattern's words say, because a link is on the way; whether one of
/// them holds a secret.
fn through_links(
    glob: &str,
    fixed: &str,
    place: &Place,
    access: Access,
    world: &World<'_>,
    out: &mut Vec<Finding>,
) -> bool {
    /// So many of what is found are told; the strictest first.
    const TOLD: usize = 3;
    let mut secret = false;
    let mut found = Vec::new();
    for path in world.files.matching(glob).unwrap_or_default() {
        let rest = path.strip_prefix(trimmed(fixed)).unwrap_or(&path);
        let by_words = format!(
            "{}/{}",
            place.path.trim_end_matches('/'),
            rest.trim_start_matches('/')
        );
        let Some(led) = lies(&path, access, world).filter(|led| led.path != by_words) else {
            continue;
        };
        secret |= led.secret.is_some();
        judge(&led, access, world, &mut found);
    }
    found.sort_by_key(|finding: &Finding| std::cmp::Reverse(finding.verdict));
    found.truncate(TOLD);
    out.append(&mut found);
    secret
}

/// Where a match lies. Of a link that is deleted the link itself, which is what is deleted.
fn lies(path: &str, access: Access, world: &World<'_>) -> Option<Place> {
    if !matches!(access, Access::Delete | Access::DeleteAll) {
        return locate(path, None, world);
    }
    let (folder, name) = path.rsplit_once('/')?;
    let folder = locate(if folder.is_empty() { "/" } else { folder }, None, world)?;
    let path = format!("{}/{name}", folder.path.trim_end_matches('/'));
    Some(super::super::classify(&path, world))
}

/// The folder that a pattern surely lies in.
pub(super) fn fixed_folder(glob: &str) -> String {
    let mut folder = String::new();
    for part in glob.split('/').skip(1) {
        if part.contains(['*', '?', '[', '\\']) {
            break;
        }
        folder.push('/');
        folder.push_str(part);
    }
    if folder.is_empty() {
        "/".to_owned()
    } else {
        folder
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::word::Piece;
    use crate::world::{Dialect, Taint, WorldFiles};

    /// A workspace with the links `junk`, to a folder outside, and `keys`, to where keys are kept.
    struct Linked;

    const LINKS: [(&str, &str); 2] = [("/ws/junk", "/srv/old"), ("/ws/keys", "/home/dev/.ssh")];

    impl WorldFiles for Linked {
        fn resolve(&self, path: &str) -> Option<String> {
            let leads = |(link, to): &(&str, &str)| {
                let rest = path.strip_prefix(link)?;
                let above = rest.strip_prefix("/..").map(|rest| {
                    let up = to.rsplit_once('/').map_or("", |(up, _)| up);
                    format!("{up}{rest}")
                });
                Some(above.unwrap_or_else(|| format!("{to}{rest}")))
            };
            let led = LINKS.iter().find_map(leads);
            Some(led.unwrap_or_else(|| path.to_owned()))
        }

        fn text(&self, _: &str) -> Option<String> {
            None
        }

        fn is_dir(&self, _: &str) -> Option<bool> {
            None
        }

        fn matching(&self, pattern: &str) -> Option<Vec<String>> {
            let all = [
                "/ws/junk/x",
                "/ws/keys/id_rsa",
                "/ws/plain/x",
                "/ws/junk",
                "/ws/plain",
            ];
            let matched = all.iter().filter(|path| matches(pattern, path));
            Some(matched.map(|path| (*path).to_owned()).collect())
        }
    }

    fn touched(text: &str, access: Access) -> Touch {
        let world = World {
            dialect: Dialect::Posix,
            cwd: "/ws".to_owned(),
            workspace: "/ws".to_owned(),
            home: "/home/dev".to_owned(),
            user: "dev".to_owned(),
            tmp: vec!["/tmp".to_owned()],
            variables: Default::default(),
            protected: Vec::new(),
            own_ports: Vec::new(),
            ignore_case: false,
            taint: Taint::default(),
            files: &Linked,
        };
        let word = if text.contains('*') {
            Word::Partial(vec![Piece::Pattern(text.to_owned())])
        } else {
            Word::from(text)
        };
        touch(&word, access, Some("/ws"), &world)
    }

    fn verdict(text: &str, access: Access) -> Verdict {
        let findings = touched(text, access).findings;
        let verdicts = findings.iter().map(|finding| finding.verdict);
        verdicts.max().unwrap_or_default()
    }

    #[test]
    fn what_a_pattern_reaches_through_a_link_is_judged_where_it_lies() {
        for (text, access, wanted) in [
            ("plain*/x", Access::Read, Verdict::Allow),
            ("k*/id_rsa", Access::Read, Verdict::Deny),
            ("k*/id_rsa", Access::Delete, Verdict::Deny),
            ("j*/x", Access::Delete, Verdict::Ask),
            // The link itself goes, not what it leads to.
            ("j*", Access::DeleteAll, Verdict::Allow),
            ("j*", Access::PermissionAll, Verdict::Ask),
        ] {
            assert_eq!(verdict(text, access), wanted, "{text} {access:?}");
        }
    }

    #[test]
    fn a_pattern_in_a_linked_folder_is_about_where_that_lies_and_says_so() {
        let effect = touched("junk/*", Access::DeleteAll).effect;
        assert_eq!(effect.target, Target::Below("/srv/old".to_owned()));
        let says = "deletes everything below what junk/* matches, in /srv/old";
        assert_eq!(effect.text, says);
        let effect = touched("plain/*", Access::DeleteAll).effect;
        assert_eq!(effect.text, "deletes everything below what plain/* matches");
    }

    #[test]
    fn above_a_link_is_above_where_it_leads() {
        let effect = touched("junk/../x", Access::Write).effect;
        assert_eq!(effect.target, Target::Path("/srv/x".to_owned()));
        assert_eq!(
            verdict("junk/../*", Access::Delete),
            Verdict::Deny,
            "all of /srv"
        );
        assert_eq!(verdict("keys/../.bashrc", Access::Write), Verdict::Deny);
    }
}
