//! Patterns of paths. Each stands for what it names and for everything below it.

use super::command::{Matched, Reading};
use super::pattern::{Case, Pattern};
use crate::effect::{Effect, EffectKind, Target};

/// Where a pattern begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Base {
    Root,
    /// `~`
    Home,
    /// `.`
    Workspace,
    /// At any depth: `**/.env`, `*.pem`.
    Anywhere,
}

/// The folders that patterns may begin with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Folders<'a> {
    pub(crate) home: &'a str,
    pub(crate) workspace: &'a str,
}

#[derive(Debug, Clone)]
pub(crate) struct PathPattern {
    base: Base,
    /// What must be below the base, without a slash at the front; its part before the first glob is `fixed`.
    fixed: String,
    has_glob: bool,
    loose: Pattern,
    tight: Pattern,
}

impl PathPattern {
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let (base, rest) = base_of(text)?;
        let rest = rest.trim_end_matches('/');
        if rest.split('/').any(|part| matches!(part, "." | "..")) {
            return Err(
                "may not have . or .. within it: paths are compared after they are resolved"
                    .to_owned(),
            );
        }
        let glob = |case| Pattern::glob(rest, Some('/'), case);
        let is_glob = |part: &&str| part.contains(['*', '?', '\\']);
        let fixed: Vec<_> = rest.split('/').take_while(|part| !is_glob(part)).collect();
        Ok(Self {
            base,
            fixed: fixed.join("/"),
            has_glob: rest.split('/').any(|part| is_glob(&part)),
            loose: glob(Case::Ignored)?,
            tight: glob(Case::Sensitive)?,
        })
    }

    /// Whether an effect is on what the pattern stands for. None where the effect is on no path.
    pub(crate) fn matches(
        &self,
        effect: &Effect,
        folders: Folders<'_>,
        reading: Reading,
    ) -> Option<Matched> {
        // What is done to a folder in one of these ways is done to what lies in it.
        let whole = matches!(effect.kind, EffectKind::Delete | EffectKind::Permission);
        let path = match &effect.target {
            Target::Path(path) | Target::Below(path) => path,
            Target::Unknown if on_paths(effect.kind) => {
                return Some(match reading {
                    Reading::Loose => Matched::Maybe,
                    Reading::Tight => Matched::No,
                });
            }
            _ => return None,
        };
        if self.covers(path, folders, reading) {
            return Some(Matched::Yes);
        }
        if reading == Reading::Tight {
            return Some(Matched::No);
        }
        let below = matches!(effect.target, Target::Below(_));
        Some(match self.lies_within(path, folders) {
            true if whole && self.base != Base::Anywhere && !self.has_glob => Matched::Yes,
            true if whole || below => Matched::Maybe,
            _ => Matched::No,
        })
    }

    /// Whether the path, or a folder above it, is what the pattern names.
    fn covers(&self, path: &str, folders: Folders<'_>, reading: Reading) -> bool {
        let pattern = match reading {
            Reading::Loose => &self.loose,
            Reading::Tight => &self.tight,
        };
        let ends = |text: &str| {
            let cuts = text.match_indices('/').map(|(at, _)| at);
            cuts.chain([text.len()]).collect::<Vec<_>>()
        };
        if self.base == Base::Anywhere {
            let starts = path.match_indices('/').map(|(at, _)| at + 1);
            return starts.into_iter().any(|start| {
                let rest = &path[start..];
                ends(rest)
                    .into_iter()
                    .any(|end| pattern.matches(&rest[..end]))
            });
        }
        let Some(rest) = self
            .base_path(folders)
            .and_then(|base| below(path, base, reading))
        else {
            return false;
        };
        if self.fixed.is_empty() && !self.has_glob {
            return true;
        }
        ends(rest)
            .into_iter()
            .any(|end| pattern.matches(&rest[..end]))
    }

    /// Whether what the pattern names may lie below the path.
    fn lies_within(&self, path: &str, folders: Folders<'_>) -> bool {
        let Some(base) = self.base_path(folders) else {
            return self.base == Base::Anywhere;
        };
        let fixed = match self.fixed.as_str() {
            "" => base.to_owned(),
            fixed => format!("{}/{fixed}", base.trim_end_matches('/')),
        };
        below(&fixed, path, Reading::Loose).is_some()
            || (self.has_glob && below(path, &fixed, Reading::Loose).is_some())
    }

    fn base_path<'a>(&self, folders: Folders<'a>) -> Option<&'a str> {
        let known = |folder: &'a str| (!folder.is_empty()).then_some(folder);
        match self.base {
            Base::Root => Some("/"),
            Base::Home => known(folders.home),
            Base::Workspace => known(folders.workspace),
            Base::Anywhere => None,
        }
    }
}

fn base_of(text: &str) -> Result<(Base, &str), String> {
    if let Some(rest) = text.strip_prefix('~') {
        return match rest.strip_prefix('/') {
            Some(rest) => Ok((Base::Home, rest)),
            None if rest.is_empty() => Ok((Base::Home, "")),
            None => Err("begins with ~ and a name: only one's own home folder is known".to_owned()),
        };
    }
    let drive = |text: &str| {
        text.as_bytes().get(1) == Some(&b':') && text.as_bytes()[0].is_ascii_alphabetic()
    };
    Ok(match text.strip_prefix("./") {
        Some(rest) => (Base::Workspace, rest),
        None if text == "." => (Base::Workspace, ""),
        None if text.starts_with('/') => (Base::Root, &text[1..]),
        None if drive(text) => (Base::Root, text),
        None => (Base::Anywhere, text.strip_prefix("**/").unwrap_or(text)),
    })
}

/// What of `path` is below `base`, without a slash at the front; empty where it is `base` itself.
fn below<'a>(path: &'a str, base: &str, reading: Reading) -> Option<&'a str> {
    let base = base.trim_end_matches('/');
    let front = path.get(..base.len())?;
    let same = match reading {
        Reading::Loose => front.eq_ignore_ascii_case(base),
        Reading::Tight => front == base,
    };
    let rest = &path[base.len()..];
    match rest.strip_prefix('/') {
        Some(rest) if same => Some(rest),
        None if same && (rest.is_empty() || base.is_empty()) => Some(rest),
        _ => None,
    }
}

fn on_paths(kind: EffectKind) -> bool {
    use EffectKind as K;
    match kind {
        K::Read
        | K::List
        | K::Write
        | K::Append
        | K::Create
        | K::Delete
        | K::Permission
        | K::Execute => true,
        K::Network | K::System | K::Signal | K::Privilege | K::Remote | K::Environment => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effect::Zone;

    const FOLDERS: Folders<'static> = Folders {
        home: "/home/dev",
        workspace: "/home/dev/work",
    };

    fn effect(kind: EffectKind, target: Target) -> Effect {
        Effect {
            kind,
            target,
            zone: Zone::Unknown,
            secret: false,
            span: None,
            text: String::new(),
        }
    }

    #[track_caller]
    fn check(pattern: &str, kind: EffectKind, target: Target, wanted: Option<Matched>) {
        let pattern = PathPattern::read(pattern).unwrap();
        let effect = effect(kind, target);
        let found = pattern.matches(&effect, FOLDERS, Reading::Loose);
        assert_eq!(found, wanted, "{:?}", effect.target);
    }

    fn path(text: &str) -> Target {
        Target::Path(text.to_owned())
    }

    fn under(text: &str) -> Target {
        Target::Below(text.to_owned())
    }

    #[test]
    fn a_path_stands_for_what_it_names_and_what_is_below() {
        use EffectKind::Read;
        use Matched::{No, Yes};
        for (pattern, target, wanted) in [
            ("/data", "/data", Yes),
            ("/data", "/data/a/b", Yes),
            ("/data", "/database", No),
            ("/data/*.csv", "/data/a.csv", Yes),
            ("/data/*.csv", "/data/x/a.csv", No),
            ("/data/**/*.csv", "/data/x/y/a.csv", Yes),
            ("~/.ssh", "/home/dev/.ssh/id_ed25519", Yes),
            ("~", "/home/developer", No),
            (".", "/home/dev/work/src", Yes),
            ("./src", "/home/dev/work/src/a.rs", Yes),
            ("**/.env", "/srv/app/.env", Yes),
            (".env", "/srv/app/.env", Yes),
            ("*.pem", "/a/b.pem", Yes),
            ("*.pem", "/a/b.pem.txt", No),
            ("/", "/etc/passwd", Yes),
            ("/Data", "/data/a", Yes),
        ] {
            check(pattern, Read, path(target), Some(wanted));
        }
    }

    #[test]
    fn deleting_a_folder_deletes_what_a_pattern_names_below_it() {
        use EffectKind::{Delete, Read};
        use Matched::{Maybe, No, Yes};
        check("/data/prod", Delete, path("/data"), Some(Yes));
        check("/data/prod", Delete, path("/"), Some(Yes));
        check("/data/prod", Delete, path("/srv"), Some(No));
        check("/data/prod", Read, path("/data"), Some(No));
        check("/data/prod", Delete, under("/data"), Some(Yes));
        check("/data/prod", Read, under("/data"), Some(Maybe));
        check("/data/prod", Read, under("/data/prod/x"), Some(Yes));
        check("**/.env", Read, under("/srv"), Some(Maybe));
        check("/data", Delete, Target::Unknown, Some(Maybe));
        check("/data", EffectKind::Network, Target::Unknown, None);
    }

    #[test]
    fn an_open_rule_takes_paths_to_the_letter() {
        let pattern = PathPattern::read("/data/prod").unwrap();
        let tight =
            |target| pattern.matches(&effect(EffectKind::Delete, target), FOLDERS, Reading::Tight);
        assert_eq!(tight(path("/data")), Some(Matched::No));
        assert_eq!(tight(path("/DATA/prod")), Some(Matched::No));
        assert_eq!(tight(path("/data/prod/a")), Some(Matched::Yes));
        assert_eq!(tight(Target::Unknown), Some(Matched::No));
    }

    #[test]
    fn what_can_never_match_is_refused() {
        for wrong in ["/a/../b", "~root/x", "/a/./b"] {
            assert!(PathPattern::read(wrong).is_err(), "{wrong}");
        }
    }
}
