//! What of its input a command hands on as arguments: `xargs`.

use super::super::judge::{Input, Judge, Output};
use super::super::scope::{Flow, Scope, pieces_of, word_of};
use super::unwrap::holds_a_line;
use crate::programs::{A_LINE, More, Stdin};
use crate::word::{Piece, Word};

/// Of more commands than this, what each gets is taken for not known.
const MOST: usize = 64;

impl Judge<'_> {
    /// Runs a command with what is read as more of its words, once for each that there will be.
    pub(super) fn run_with_more(
        &mut self,
        argv: &[Word],
        more: &More,
        scope: &mut Scope,
        input: &Input,
        flow: Flow,
    ) -> Output {
        let given = match (&more.from, &input.from) {
            (Some(file), _) => self.kept_input(file, scope),
            (None, Stdin::File(file)) => {
                let kept = self.kept_input(file, scope);
                let mut flow = input.flow.with(kept.flow);
                flow.kept = kept.flow.kept;
                Input { flow, ..kept }
            }
            (None, _) => input.clone(),
        };
        let taken = !more.put_in || argv.iter().any(holds_a_line);
        let flow = if taken { flow.with(given.flow) } else { flow };
        // What is read is used up, where it is the input.
        let own = if more.put_in || more.from.is_some() {
            input.clone()
        } else {
            Input {
                from: Stdin::Text(Word::Known(String::new())),
                flow: given.flow,
            }
        };
        let mut output = Output::default();
        let secrets = format!("{}/.ssh/", crate::place::trimmed(&self.world.home));
        for argv in commands(argv, more, &given, &secrets) {
            if !self.step() {
                break;
            }
            output.append(self.unshadowed(argv, scope, &own, flow));
        }
        output
    }

    /// What a file holds that was there before.
    fn kept_text(&self, file: &Word, scope: &Scope) -> Option<Word> {
        let path = self.absolute(file.known()?, scope)?;
        let written = self.taint.written.contains(&path);
        let text = self.world.files.text(&path).filter(|_| !written)?;
        Some(Word::Known(text))
    }

    fn kept_input(&mut self, file: &Word, scope: &Scope) -> Input {
        match self.held(file, scope) {
            Some(held) => Input {
                from: Stdin::Text(held.text),
                flow: held.flow,
            },
            None => {
                let path = file.known().and_then(|file| self.absolute(file, scope));
                let kept = path.is_some_and(|path| self.was_there(&path));
                Input {
                    from: self.kept_text(file, scope).map_or(Stdin::Pipe, Stdin::Text),
                    flow: Flow {
                        kept,
                        ..Flow::default()
                    },
                }
            }
        }
    }
}

/// The words of each command.
fn commands(argv: &[Word], more: &More, given: &Input, secrets: &str) -> Vec<Vec<Word>> {
    let known = match &given.from {
        Stdin::Text(Word::Known(text)) if !more.by_length => Some(text.as_str()),
        _ => None,
    };
    let gateway = match &given.from {
        Stdin::Text(Word::Unknown(why)) => Some(Piece::Unknown(why.clone())),
        _ => None,
    };
    if let (true, Some(gateway)) = (more.put_in, &gateway) {
        return vec![argv.iter().map(|word| filled(word, gateway)).collect()];
    }
    if more.put_in {
        return with_put_in(argv, more, known, given.flow, secrets);
    }
    let with = |added: Vec<Word>| argv.iter().cloned().chain(added).collect();
    match known.and_then(|text| groups(text, more)) {
        // It runs once, also where there is nothing to read.
        Some(groups) if groups.is_empty() => vec![argv.to_vec()],
        Some(groups) => groups
            .into_iter()
            .map(|words| with(words.into_iter().map(Word::Known).collect()))
            .collect(),
        None => match gateway {
            Some(gateway) => vec![with(vec![word_of(vec![gateway])])],
            None => vec![with(vec![counted(argv, given.flow, secrets)])],
        },
    }
}

fn with_put_in(
    argv: &[Word],
    more: &More,
    known: Option<&str>,
    flow: Flow,
    secrets: &str,
) -> Vec<Vec<Word>> {
    let each = |piece: &Piece| argv.iter().map(|word| filled(word, piece)).collect();
    match known.and_then(|text| lines(text, more)) {
        Some(lines) if !lines.is_empty() => lines
            .into_iter()
            .map(|line| each(&Piece::Text(line)))
            .collect(),
        None if flow.kept && crate::programs::only_counts(argv) => {
            let words = argv.iter();
            let each = |word: &Word| match holds_a_line(word) {
                true => a_line_of_a_name(),
                false => word.clone(),
            };
            vec![words.map(each).collect()]
        }
        None if flow.names && !runs_a_line(argv) => {
            vec![argv.iter().map(|word| as_a_name(word, flow)).collect()]
        }
        None if flow.critical => vec![each(&Piece::Pattern("/*".to_owned()))],
        None if flow.names_secrets => vec![each(&Piece::Pattern(format!("{secrets}*")))],
        _ => vec![argv.to_vec()],
    }
}

/// Whether what is put in may be run, as code or as the name of a program.
fn runs_a_line(argv: &[Word]) -> bool {
    #[rustfmt::skip]
    const RUN: &[&str] = &[
        "sh", "bash", "zsh", "dash", "ksh", "fish", "python", "python3", "perl", "ruby", "node", "php", "lua", "env", "sudo", "doas",
        "ssh", "eval", "awk", "gawk", "sed", "xargs", "parallel", "make", "source", ".",
    ];
    let name = argv.first().and_then(Word::known).map(crate::place::name);
    name.is_none_or(|name| RUN.contains(&name) || crate::programs::inputs(argv).is_some())
}

/// The word with one of the names in place of the line, where it is the name of a file and nothing more.
fn as_a_name(word: &Word, flow: Flow) -> Word {
    let pieces = pieces_of(word);
    let plain = pieces.iter().all(|piece| match piece {
        Piece::Text(text) => text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "._-/".contains(c)),
        Piece::Unknown(why) => why == A_LINE,
        Piece::Pattern(_) => false,
    });
    let lines = pieces
        .iter()
        .filter(|piece| matches!(piece, Piece::Unknown(_)));
    let option = matches!(pieces.first(), Some(Piece::Text(text)) if text.starts_with('-'));
    if !plain || option || lines.count() != 1 {
        return word.clone();
    }
    let begins = matches!(pieces.first(), Some(Piece::Unknown(_)));
    let mut name = pieces_of(&flow.some_names());
    if !begins {
        name.remove(0);
    }
    word_of(
        pieces
            .into_iter()
            .flat_map(|piece| match piece {
                Piece::Unknown(_) => name.clone(),
                piece => vec![piece],
            })
            .collect(),
    )
}

/// The words that each command gets; none where they are too many to tell.
fn groups(text: &str, more: &More) -> Option<Vec<Vec<String>>> {
    let all = || split(text, more.separator);
    let Some(most) = more.most.map(|most| most.max(1)) else {
        return Some(vec![all()]);
    };
    let groups: Vec<Vec<String>> = if more.by_line {
        let lines: Vec<&str> = text.lines().collect();
        let groups = lines.chunks(most).map(|lines| lines.join("\n"));
        groups.map(|lines| split(&lines, more.separator)).collect()
    } else {
        all().chunks(most).map(<[String]>::to_vec).collect()
    };
    (groups.len() <= MOST).then_some(groups)
}

/// What stands for the words of a command. A line of a file that was there before is taken for the name that it is meant
/// to be where the command counts what it is given: what could be told by an option is what the line says, and neither the
/// line at hand nor the session wrote it.
fn counted(argv: &[Word], flow: Flow, secrets: &str) -> Word {
    match unknown(flow, secrets) {
        Word::Unknown(_) if flow.kept && crate::programs::only_counts(argv) => a_line_of_a_name(),
        word => word,
    }
}

fn a_line_of_a_name() -> Word {
    Word::Partial(vec![
        Piece::Text("./".to_owned()),
        Piece::Unknown(A_LINE.to_owned()),
    ])
}

/// What stands for words that are not known; `secrets` is a folder of what authenticates someone.
pub(super) fn unknown(flow: Flow, secrets: &str) -> Word {
    if flow.names {
        return flow.some_names();
    }
    if flow.critical {
        return Word::Partial(vec![
            Piece::Text("/".to_owned()),
            Piece::Pattern("*".to_owned()),
        ]);
    }
    if flow.names_secrets {
        return Word::Partial(vec![
            Piece::Text(secrets.to_owned()),
            Piece::Pattern("*".to_owned()),
        ]);
    }
    Word::Unknown("what it reads".to_owned())
}

/// The lines that are put in; none where they are too many to tell.
fn lines(text: &str, more: &More) -> Option<Vec<String>> {
    let separator = more.separator.unwrap_or('\n');
    let lines: Vec<&str> = text
        .split(separator)
        .map(str::trim_start)
        .filter(|line| !line.is_empty())
        .collect();
    let each = |line: &str| match more.separator {
        Some(_) => line.to_owned(),
        // Quotes are taken off, blanks within stay.
        None => unquoted(line, false).concat(),
    };
    (lines.len() <= MOST).then(|| lines.into_iter().map(each).collect())
}

fn split(text: &str, separator: Option<char>) -> Vec<String> {
    match separator {
        None => unquoted(text, true),
        Some(separator) => {
            let text = text.strip_suffix(separator).unwrap_or(text);
            text.split(separator).map(str::to_owned).collect()
        }
    }
}

/// Words between blanks, with quotes and backslashes taken off.
fn unquoted(text: &str, blanks: bool) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\'' | '"' => {
                let text = word.get_or_insert_default();
                text.extend(chars.by_ref().take_while(|other| *other != c));
            }
            '\\' => word.get_or_insert_default().extend(chars.next()),
            c if c.is_ascii_whitespace() && blanks => words.extend(word.take()),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The word with what is read where a line is to be put in.
fn filled(word: &Word, with: &Piece) -> Word {
    let is_line = |piece: &Piece| matches!(piece, Piece::Unknown(why) if why == A_LINE);
    let pieces = pieces_of(word).into_iter();
    word_of(
        pieces
            .map(|piece| if is_line(&piece) { with.clone() } else { piece })
            .collect(),
    )
}
