//! A line of PowerShell or cmd, cut into commands of words in lower case: escapes taken out, groups opened.

use crate::world::Dialect;

/// A command within a line.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Command {
    pub(super) words: Vec<Word>,
    /// Files that its output is written to.
    pub(super) writes: Vec<String>,
    /// It takes the output of the one before.
    pub(super) piped: bool,
    /// It is called by `&` or `.`, with a name that may be put together.
    pub(super) called: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Word {
    /// In lower case.
    pub(super) text: String,
    /// As it was written: what is encoded depends on the case.
    pub(super) raw: String,
    pub(super) quoted: bool,
}

impl Command {
    pub(super) fn name(&self) -> &str {
        self.words.first().map_or("", |word| word.text.as_str())
    }

    pub(super) fn args(&self) -> impl Iterator<Item = &str> {
        self.words.iter().skip(1).map(|word| word.text.as_str())
    }

    /// Whether a parameter is given, at full length or abbreviated: `-recurse`, `-rec`, `-r`.
    pub(super) fn has(&self, parameter: &str) -> bool {
        self.args().any(|arg| {
            let arg = arg.split(':').next().unwrap_or("");
            arg.len() > 1 && arg.starts_with('-') && parameter.starts_with(arg)
        })
    }

    /// Whether a switch of cmd is given: `/s`, also joined as `/s/q`.
    pub(super) fn switch(&self, letter: &str) -> bool {
        self.args()
            .any(|arg| arg.starts_with('/') && arg.split('/').any(|one| one == letter))
    }
}

/// Cuts a line. Quotes hold together; parentheses, braces and `$(` open a command of their own.
pub(super) fn cut(text: &str, dialect: Dialect) -> Vec<Command> {
    let mut cutter = Cutter {
        chars: text.chars().collect(),
        at: 0,
        power: dialect == Dialect::PowerShell,
        commands: vec![Command::default()],
        word: None,
        quoted: false,
        writing: false,
        named: false,
    };
    cutter.run();
    cutter
        .commands
        .retain(|command| !command.words.is_empty() || !command.writes.is_empty());
    cutter.commands
}

struct Cutter {
    chars: Vec<char>,
    at: usize,
    power: bool,
    commands: Vec<Command>,
    word: Option<String>,
    quoted: bool,
    /// The next word is a file that is written.
    writing: bool,
    /// Within the parentheses in which a name is put together: `& ('i' + 'ex')`.
    named: bool,
}

impl Cutter {
    fn peek(&self, ahead: usize) -> char {
        self.chars.get(self.at + ahead).copied().unwrap_or('\0')
    }

    fn push(&mut self, c: char) {
        self.word.get_or_insert_default().push(c);
    }

    fn end_word(&mut self) {
        let Some(raw) = self.word.take() else {
            return;
        };
        let text = raw.to_lowercase();
        let quoted = std::mem::take(&mut self.quoted);
        let Some(command) = self.commands.last_mut() else {
            return;
        };
        if std::mem::take(&mut self.writing) {
            command.writes.push(text);
            return;
        }
        if command.words.is_empty()
            && !quoted
            && matches!(text.as_str(), "&" | "." | "@" | "call" | "=")
        {
            command.called |= text != "@" && text != "call";
            return;
        }
        if command.words.is_empty()
            && !quoted
            && text.starts_with('@')
            && text.len() > 1
            && !self.power
        {
            command.words.push(Word {
                text: text[1..].to_owned(),
                raw: raw[1..].to_owned(),
                quoted,
            });
            return;
        }
        command.words.push(Word { text, raw, quoted });
    }

    fn end_command(&mut self, piped: bool) {
        self.end_word();
        self.commands.push(Command {
            piped,
            ..Command::default()
        });
    }

    fn run(&mut self) {
        while self.at < self.chars.len() {
            let c = self.peek(0);
            self.at += 1;
            match c {
                '^' if !self.power => {
                    if self.at < self.chars.len() {
                        let next = self.peek(0);
                        self.at += 1;
                        if next != '\n' {
                            self.push(next);
                        }
                    }
                }
                '`' if self.power => {
                    let next = self.peek(0);
                    self.at += 1;
                    if next != '\n' && next != '\0' {
                        self.push(next);
                    }
                }
                '"' => self.double(),
                '\'' if self.power => self.single(),
                '#' if self.power && self.word.is_none() => {
                    while self.at < self.chars.len() && self.peek(0) != '\n' {
                        self.at += 1;
                    }
                }
                '|' => {
                    let twice = self.peek(0) == '|';
                    self.at += usize::from(twice);
                    self.end_command(!twice);
                }
                '&' if self.power && self.peek(0) != '&' && self.word.is_none() => {
                    self.push('&');
                    self.end_word();
                }
                '&' => {
                    self.at += usize::from(self.peek(0) == '&');
                    self.end_command(false);
                }
                ';' if self.power => self.end_command(false),
                '\n' => self.end_command(false),
                '>' => self.redirect(),
                '$' if self.power && self.variable() => {}
                '$' if self.power && self.peek(0) == '(' => {}
                '(' if self.power && self.names_a_command() => self.named = true,
                ')' if self.named => {
                    self.named = false;
                    self.end_word();
                }
                '(' | '{' if self.power && self.method_call(c) => self.push(c),
                '(' | ')' | '{' | '}' if self.power || c == '(' || c == ')' => {
                    self.end_command(false)
                }
                '+' if self.power && self.joins() => {}
                '=' if self.power
                    && self.word.is_some()
                    && self
                        .commands
                        .last()
                        .is_some_and(|command| command.words.is_empty())
                    && self.word.as_ref().is_some_and(|word| word.starts_with('$')) =>
                {
                    self.end_word();
                    self.end_command(false);
                }
                c if c.is_whitespace() => self.end_word(),
                c => self.push(c),
            }
        }
        self.end_word();
    }

    /// Takes `${env:X}` and `$($env:X)` for `$env:X`, and `$('x')` for what it holds.
    fn variable(&mut self) -> bool {
        let rest = self.chars.get(self.at..).unwrap_or_default();
        let Some((text, length)) = plain_variable(rest) else {
            return false;
        };
        self.at += length;
        text.chars().for_each(|c| self.push(c));
        true
    }

    /// Whether a parenthesis holds the name of what `&` or `.` calls.
    fn names_a_command(&self) -> bool {
        let command = self.commands.last();
        self.word.is_none()
            && command.is_some_and(|command| command.called && command.words.is_empty())
    }

    /// `[x]::y(` and `.method(` belong to the word before.
    fn method_call(&self, c: char) -> bool {
        c == '('
            && self.word.as_ref().is_some_and(|word| {
                word.contains("::") || word.starts_with('$') && word.contains('.')
            })
    }

    /// Texts put together: `'i' + 'ex'`.
    fn joins(&mut self) -> bool {
        let mut ahead = 0;
        while self.peek(ahead) == ' ' {
            ahead += 1;
        }
        let quoted_before = self.quoted && self.word.is_some()
            || self.word.is_none()
                && self
                    .commands
                    .last()
                    .and_then(|command| command.words.last())
                    .is_some_and(|word| word.quoted);
        if !quoted_before || !matches!(self.peek(ahead), '\'' | '"') {
            return false;
        }
        self.at += ahead;
        if self.word.is_none()
            && let Some(word) = self
                .commands
                .last_mut()
                .and_then(|command| command.words.pop())
        {
            self.word = Some(word.raw);
            self.quoted = true;
        }
        true
    }

    fn double(&mut self) {
        self.quoted = true;
        self.word.get_or_insert_default();
        while self.at < self.chars.len() {
            let c = self.peek(0);
            self.at += 1;
            match c {
                '"' => return,
                '`' if self.power => {
                    let next = self.peek(0);
                    self.at += 1;
                    self.push(next);
                }
                '$' if self.power && self.variable() => {}
                c => self.push(c),
            }
        }
    }

    fn single(&mut self) {
        self.quoted = true;
        self.word.get_or_insert_default();
        while self.at < self.chars.len() {
            let c = self.peek(0);
            self.at += 1;
            if c == '\'' {
                if self.peek(0) != '\'' {
                    return;
                }
                self.at += 1;
            }
            self.push(c);
        }
    }

    /// `> file`, `>> file`, `2>&1`, `2>$null`.
    fn redirect(&mut self) {
        if self
            .word
            .as_ref()
            .is_some_and(|word| matches!(word.as_str(), "1" | "2" | "3" | "4" | "5" | "6" | "*"))
        {
            self.word = None;
        }
        self.end_word();
        self.at += usize::from(self.peek(0) == '>');
        if self.peek(0) == '&' {
            self.at += 2;
            return;
        }
        self.writing = true;
    }
}

/// What stands after a dollar, when it is a variable in braces or parentheses or a text in parentheses; how long it is.
fn plain_variable(rest: &[char]) -> Option<(String, usize)> {
    let close = match rest.first()? {
        '{' => '}',
        '(' => ')',
        _ => return None,
    };
    let end = rest.iter().position(|c| *c == close)?;
    let inner: String = rest[1..end].iter().collect();
    let inner = inner.trim();
    if close == '}' {
        return Some((format!("${inner}"), end + 1));
    }
    let quoted = |quote: char| {
        inner
            .strip_prefix(quote)
            .and_then(|text| text.strip_suffix(quote))
    };
    if let Some(text) = quoted('\'').or_else(|| quoted('"')) {
        return Some((text.to_owned(), end + 1));
    }
    let name = inner.strip_prefix('$')?;
    let name = name.trim_start_matches('{').trim_end_matches('}');
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
    (!name.is_empty() && name.chars().all(plain)).then(|| (format!("${name}"), end + 1))
}
