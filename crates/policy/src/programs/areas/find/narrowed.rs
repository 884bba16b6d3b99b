//! What the tests before an action say of the names that it gets.

use crate::word::Word;

/// Names that a search comes down to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Names {
    /// The last part of a path matches a pattern.
    Name(String),
    /// The whole path does; a star crosses slashes.
    Path(String),
    /// Only what has nothing in it.
    Empty,
}

/// What an action is narrowed to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Narrowed {
    /// None where any name may be found.
    pub(super) names: Option<Vec<Names>>,
    /// Whether something else is asked of what is found: its age, its size.
    pub(super) picky: bool,
    pub(super) depth: Option<u32>,
}

impl Narrowed {
    pub(super) fn to(names: Vec<Names>) -> Self {
        Self {
            names: Some(names),
            ..Self::default()
        }
    }

    pub(super) fn picky() -> Self {
        Self {
            picky: true,
            ..Self::default()
        }
    }

    /// Both hold; either is more than both.
    fn and(&mut self, other: Self) {
        self.picky |= other.picky;
        if self.names.is_none() {
            self.names = other.names;
        }
    }

    /// One of them holds.
    fn or(self, other: Self) -> Self {
        let names = match (self.names, other.names) {
            (Some(mut names), Some(more)) => {
                names.extend(more);
                Some(names)
            }
            _ => None,
        };
        Self {
            names,
            picky: self.picky && other.picky,
            depth: self.depth.or(other.depth),
        }
    }
}

/// A parenthesis that is open: what stood before an `-o`, and what stands since.
#[derive(Default)]
struct Group {
    before: Option<Narrowed>,
    now: Narrowed,
    negated: bool,
}

impl Group {
    fn all(self) -> Narrowed {
        match self.before {
            Some(before) => before.or(self.now),
            None => self.now,
        }
    }
}

/// What surely holds where the word at a place of the expression is reached.
pub(super) fn narrowing(expression: &[Word], at: usize) -> Narrowed {
    let mut groups = vec![Group::default()];
    let mut negated = false;
    let mut depth = None;
    let mut words = expression[..at]
        .iter()
        .map(|word| word.known().unwrap_or("…"));
    while let Some(text) = words.next() {
        let not = std::mem::take(&mut negated);
        let Some(group) = groups.last_mut() else {
            break;
        };
        let test = match text {
            "!" | "-not" => {
                negated = !not;
                continue;
            }
            "(" => {
                groups.push(Group {
                    negated: not,
                    ..Group::default()
                });
                continue;
            }
            ")" => {
                let Some(inner) = groups.pop().filter(|_| !groups.is_empty()) else {
                    return Narrowed::default();
                };
                let (not, inner) = (inner.negated, inner.all());
                if let (false, Some(outer)) = (not, groups.last_mut()) {
                    outer.now.and(inner);
                }
                continue;
            }
            "-o" | "-or" | "," => {
                let now = std::mem::take(&mut group.now);
                group.before = Some(match group.before.take() {
                    Some(before) => before.or(now),
                    None => now,
                });
                continue;
            }
            "-exec" | "-execdir" | "-ok" | "-okdir" => {
                words.find(|word| matches!(*word, ";" | "+"));
                continue;
            }
            "-maxdepth" => {
                depth = words.next().and_then(|text| text.parse().ok());
                continue;
            }
            "-empty" => Narrowed::to(vec![Names::Empty]),
            _ if !super::ONE.contains(&text) && !text.starts_with("-newer") => continue,
            _ => of_test(text, words.next().unwrap_or("…")),
        };
        if !not {
            group.now.and(test);
        }
    }
    // Within parentheses, what stood before them holds as well.
    let mut all = Narrowed::default();
    for group in groups.into_iter().rev() {
        if group.negated {
            return Narrowed::default();
        }
        // After the last word the whole expression counts, before it only what leads to the word.
        let own = if at == expression.len() {
            group.all()
        } else {
            group.now
        };
        all.and(own);
    }
    // A depth holds for the whole search, wherever it stands.
    all.depth = depth.or_else(|| max_depth(&expression[at..]));
    all
}

fn max_depth(expression: &[Word]) -> Option<u32> {
    let at = expression
        .iter()
        .position(|word| word.known() == Some("-maxdepth"))?;
    expression.get(at + 1)?.known()?.parse().ok()
}

fn of_test(test: &str, value: &str) -> Narrowed {
    match test {
        "-name" => Narrowed::to(vec![Names::Name(value.to_owned())]),
        "-iname" => Narrowed::to(vec![Names::Name(any_case(value))]),
        "-path" | "-wholename" => Narrowed::to(vec![Names::Path(value.to_owned())]),
        "-ipath" | "-iwholename" => Narrowed::to(vec![Names::Path(any_case(value))]),
        "-regex" | "-iregex" | "-mtime" | "-mmin" | "-size" | "-inum" | "-samefile" => {
            Narrowed::picky()
        }
        _ if test.starts_with("-newer") => Narrowed::picky(),
        _ => Narrowed::default(),
    }
}

/// A pattern that takes either case.
pub(super) fn any_case(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() * 4);
    let mut class = false;
    for c in pattern.chars() {
        class = (class || c == '[') && c != ']';
        if c.is_ascii_alphabetic() && !class {
            out.extend(['[', c.to_ascii_lowercase(), c.to_ascii_uppercase(), ']']);
        } else {
            out.push(c);
        }
    }
    out
}

/// Whether the search leaves out what git keeps: `-not -path './.git/*'`, `-name .git -prune -o`.
pub(super) fn skips_git(expression: &[Word]) -> bool {
    (1..expression.len()).any(|at| {
        let test = matches!(
            expression[at - 1].known(),
            Some("-path" | "-name" | "-wholename")
        );
        let word = |at: Option<usize>| at.and_then(|at| expression.get(at)?.known());
        let negated = matches!(word(at.checked_sub(2)), Some("!" | "-not"));
        let pruned = word(Some(at + 1)) == Some("-prune");
        test && (negated || pruned) && expression[at].prefix().contains(".git")
    })
}
