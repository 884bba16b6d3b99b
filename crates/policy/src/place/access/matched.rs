//! Paths that are patterns: judged by the folder that they lie in, by what is sensitive and could match, and by what
//! does match as far as the machine tells.

use super::super::expand::{expand, is_pattern};
use super::super::glob::{begin, is_search};
use super::super::samples;
use super::unsure::unknown;
use super::*;
use crate::world::Extent;

struct Pattern<'a> {
    /// As it was written.
    text: &'a str,
    glob: String,
    access: Access,
    among: &'a Among,
    world: &'a World<'a>,
    /// What of it authenticates someone and lies below what is matched.
    below: Vec<Effect>,
    findings: Vec<Finding>,
}

pub(super) fn pattern(
    text: &str,
    written: &str,
    access: Access,
    among: &Among,
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
    let rest = glob[fixed.trim_end_matches('/').len()..].to_owned();
    let mut pattern = Pattern {
        text,
        glob,
        access,
        among,
        world,
        below: Vec::new(),
        findings: Vec::new(),
    };
    let mut secret = pattern.folder(&place, &fixed, &rest);
    secret |= pattern.above(&place, written, cwd);
    secret |= pattern.samples(&place, &rest, cwd);
    let away = pattern.matched(&place, &rest, &mut secret);
    let shown = if place.path == fixed {
        format!("what {text} matches")
    } else {
        format!("what {text} matches, in {}", place.path)
    };
    let (target, zone) = if away {
        (Target::Unknown, Zone::Unknown)
    } else {
        (Target::Below(place.path), place.zone)
    };
    Touch {
        effect: effect(access, target, zone, secret && !access.changes(), &shown),
        below: pattern.below,
        findings: pattern.findings,
    }
}

impl Pattern<'_> {
    fn judge(&mut self, place: &Place) {
        let mut found = Vec::new();
        judge(place, self.access, self.world, &mut found);
        self.add(found);
    }

    /// All that lies below a place that it matches, or that a search goes through.
    fn through(&mut self, place: &Place, among: &Among) {
        let mut found = Vec::new();
        judge_below(place, among, self.world, &mut self.below, &mut found);
        self.add(found);
    }

    /// Of many matches one sentence of a kind is enough.
    fn add(&mut self, found: Vec<Finding>) {
        for finding in found {
            let same = |one: &Finding| one.code == finding.code && one.verdict >= finding.verdict;
            if !self.findings.iter().any(same) {
                self.findings.push(finding);
            }
        }
    }

    /// By the folder, and by the parts of the pattern that are names.
    fn folder(&mut self, place: &Place, fixed: &str, rest: &str) -> bool {
        if is_everything(rest) && self.access.changes() {
            // Everything in a folder is the folder.
            self.judge(place);
            return place.secret.is_some();
        }
        let path = format!("{}{}", fixed.trim_end_matches('/'), blurred(rest));
        let Some(one) = locate(&path, None, self.world) else {
            return place.secret.is_some();
        };
        self.judge(&one);
        one.secret.is_some() || place.secret.is_some()
    }

    /// With `..` before the first star, by where that leads as well: a link may be on the way.
    fn above(&mut self, place: &Place, written: &str, cwd: Option<&str>) -> bool {
        let star = written.find(['*', '?', '[', '\\']).unwrap_or(0);
        let folder = written[..star].rsplit_once('/').map_or("", |(up, _)| up);
        if !folder.split('/').any(|part| part == "..") {
            return false;
        }
        let led = locate(folder, cwd, self.world).filter(|led| led.path != place.path);
        led.is_some_and(|led| {
            self.judge(&led);
            led.secret.is_some()
        })
    }

    /// By what is worth attacking and could match.
    fn samples(&mut self, place: &Place, rest: &str, cwd: Option<&str>) -> bool {
        let world = self.world;
        let behind = format!("{}{rest}", place.path.trim_end_matches('/'));
        let named = !is_pattern(name(rest));
        let search = is_search(rest);
        let mut secret = false;
        let glob = self.glob.clone();
        let begins = [begin(&glob), begin(&behind)];
        samples::each(&begins, cwd, &place.path, world, |sample| {
            if !matches(&glob, sample) && !matches(&behind, sample) {
                return;
            }
            let Some(found) = locate(sample, None, world) else {
                return;
            };
            let own = search && matches!(found.zone, Zone::Workspace | Zone::Protected);
            // Of what the machine tells to be absent nothing matches.
            let told = found.guard == Some(Guard::Instructions) && !search;
            let away = told && (is_absent(sample, world) || self.leaves_what_it_says(place));
            if away || told && self.is_improbable(place, rest, &found) {
                return;
            }
            if own && is_below(&found.path, trimmed(&world.workspace)) && !named {
                if is_absent(sample, world) || (is_everything(rest) && !self.access.changes()) {
                    return;
                }
                return self.ask_about(&found);
            }
            self.judge(&found);
            secret |= found.secret.is_some();
        });
        secret
    }

    /// `rm -rf build` deletes all that is there unasked; `rm -rf build/*` and `rm build/*.md` delete no more, and
    /// `chmod 755 bin/*` changes no text. What is known to be there is looked at by itself.
    fn leaves_what_it_says(&self, place: &Place) -> bool {
        let deletes = matches!(self.access, Access::Delete | Access::DeleteAll)
            && place.path != trimmed(&self.world.workspace);
        place.zone == Zone::Workspace && (deletes || self.access == Access::Permission)
    }

    /// `sed -i … docs/*.md`: where the machine tells nothing of a folder below the workspace, what agents are told is not
    /// looked for in it. It lies at the top, where `*.md` is asked about; where a folder can be listed, what is there
    /// decides. A formatter (`prettier --write *.md`) is asked about in neither: it changes no sentence.
    fn is_improbable(&self, place: &Place, rest: &str, found: &Place) -> bool {
        // Any name, and not one that begins as theirs does.
        let any = rest.starts_with("/*") && rest.matches('/').count() == 1;
        let workspace = trimmed(&self.world.workspace);
        let hidden = place.path.contains("/.");
        let below = place.zone == Zone::Workspace && place.path != workspace && !hidden;
        let unlisted = || self.world.files.list(&place.path, 1).extent == Extent::Unknown;
        any && below && name(&found.path).ends_with(".md") && unlisted()
    }

    /// A search by a pattern may come upon it: it is looked at by a person rather than refused.
    fn ask_about(&mut self, place: &Place) {
        let mut found = Vec::new();
        judge(place, self.access, self.world, &mut found);
        for finding in &mut found {
            finding.verdict = finding.verdict.min(Verdict::Ask);
        }
        self.add(found);
    }

    /// By what does match. Whether any of it lies elsewhere than below the folder.
    fn matched(&mut self, place: &Place, rest: &str, secret: &mut bool) -> bool {
        let own_link = matches!(self.access, Access::Delete | Access::DeleteAll);
        let expansion = expand(&place.path, rest, own_link, self.world);
        if is_search(rest) {
            if matches!(self.access, Access::Read | Access::ReadAll) {
                let path = Some(self.glob.clone());
                self.through(
                    place,
                    &Among {
                        path,
                        ..Among::default()
                    },
                );
            }
            return false;
        }
        // Whoever keeps in mind what was seen knows from here on what it was that matched.
        let _ = self.world.files.matching(&self.glob);
        let mut away = false;
        for found in &expansion.places {
            if found.path == place.path {
                continue;
            }
            self.judge(found);
            if self.access == Access::ReadAll {
                self.through(found, self.among);
            }
            *secret |= found.secret.is_some();
            away |= !is_below(&found.path, &place.path);
        }
        match expansion.extent {
            Extent::Whole => {}
            Extent::TooMuch if self.access != Access::List => self.ask(
                "pattern-too-wide",
                "and that is more than is looked through.",
            ),
            _ if self.access.changes() && through_pattern(rest) => self.ask(
                "pattern-links",
                "and a link among the folders may lead elsewhere.",
            ),
            Extent::TooMuch | Extent::Unknown => self.perhaps_secret(rest),
        }
        away
    }

    fn ask(&mut self, code: &str, why: &str) {
        let says = self.access.says(&format!("what {} matches", self.text));
        self.findings
            .push(finding(Verdict::Ask, code, format!("It {says}, {why}")));
    }

    /// Behind a link, the end of the pattern may be that of a secret in a home folder: `*/gh/hosts.yml`.
    fn perhaps_secret(&mut self, rest: &str) {
        let reads = matches!(self.access, Access::Read | Access::ReadAll);
        let parts: Vec<&str> = rest.split('/').collect();
        let Some(last) = parts.iter().rposition(|part| is_pattern(part)) else {
            return;
        };
        let tail = parts[last + 1..].join("/");
        if reads && !tail.is_empty() && sets::ends_a_secret(&tail) {
            self.ask(
                "pattern-links",
                "and where a link among the folders leads, that authenticates someone.",
            );
        }
    }
}

/// The folder that a pattern surely lies in.
fn fixed_folder(glob: &str) -> String {
    let mut folder = String::new();
    for part in glob.split('/').skip(1) {
        if is_pattern(part) || part == "…" {
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

/// The parts of a pattern that are names stay; the others stand for one name of which nothing is known.
fn blurred(rest: &str) -> String {
    let parts: Vec<&str> = rest
        .split('/')
        .map(|part| if is_pattern(part) { "…" } else { part })
        .collect();
    parts.join("/")
}

/// Whether each part of a pattern matches whatever is there.
fn is_everything(rest: &str) -> bool {
    rest.split('/').skip(1).all(|part| {
        part.contains('*')
            && part
                .bytes()
                .all(|b| matches!(b, b'*' | b'?' | b'.' | b'[' | b']' | b'!' | b'^'))
    })
}

/// Whether the pattern goes through folders that are not named.
fn through_pattern(rest: &str) -> bool {
    rest.rsplit_once('/')
        .is_some_and(|(folders, _)| is_pattern(folders))
}

/// Whether the machine tells that a path is not there.
fn is_absent(path: &str, world: &World<'_>) -> bool {
    let Some((folder, name)) = path.rsplit_once('/') else {
        return false;
    };
    let listing = world.files.list(folder, 4_096);
    listing.extent == Extent::Whole && listing.entries.iter().all(|entry| entry.name != name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::word::{Piece, Word};
    use crate::world::{Dialect, Entry, Listing, Taint, WorldFiles};

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

        fn list(&self, folder: &str, _: usize) -> Listing {
            let entry = |(name, link): (&str, bool)| Entry {
                name: name.to_owned(),
                link,
                folder: !link && name == "plain",
            };
            let names: &[(&str, bool)] = match folder.trim_end_matches('/') {
                "/ws" => &[("junk", true), ("keys", true), ("plain", false)],
                "/srv/old" | "/ws/junk" | "/ws/plain" => &[("x", false)],
                "/home/dev/.ssh" | "/ws/keys" => &[("id_rsa", false)],
                _ => &[],
            };
            Listing {
                entries: names.iter().copied().map(entry).collect(),
                extent: Extent::Whole,
            }
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
        let all = verdict("junk/../*", Access::Delete);
        assert_eq!(all, Verdict::Deny, "all of /srv");
        assert_eq!(verdict("keys/../.bashrc", Access::Write), Verdict::Deny);
    }
}
