//! awk: pipes and `system` run, `>` writes, `getline <` reads; the rest only calculates.

use crate::place::Access;
use crate::programs::code::tokens::unescaped;
use crate::programs::reader::Reader;
use crate::word::Word;

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Name(String),
    Text(String),
    /// A number, a pattern: something with a value.
    Value,
    Sign(&'static str),
    Newline,
}

pub(super) fn read(reader: &mut Reader<'_>, text: &str) {
    let Some(tokens) = cut(text) else {
        return reader.ask("inline-code", "The script could not be read.");
    };
    hidden(reader, &tokens);
    for at in 0..tokens.len() {
        match &tokens[at] {
            Token::Name(name) => named(reader, &tokens, at, name),
            Token::Sign("|") | Token::Sign("|&") => pipe(reader, &tokens, at),
            Token::Sign(">") | Token::Sign(">>") => redirect(reader, &tokens, at),
            Token::Sign("<")
                if tokens[..at]
                    .iter()
                    .rev()
                    .take(3)
                    .any(|token| *token == Token::Name("getline".to_owned())) =>
            {
                match tokens.get(at + 1) {
                    Some(Token::Text(path)) => {
                        reader.touch(&Word::from(path.as_str()), Access::Read);
                    }
                    _ => reader.ask(
                        "code-files",
                        "The script reads files that are only known when it runs.",
                    ),
                }
            }
            Token::Sign("@") => reader.ask(
                "inline-code",
                "The script loads more code or calls what is not named.",
            ),
            _ => {}
        }
    }
}

/// A command that is run by way of a variable is one of the texts: each is judged as if it were.
fn hidden(reader: &mut Reader<'_>, tokens: &[Token]) {
    let connects = tokens.contains(&Token::Sign("|&"));
    let runs = tokens.windows(3).any(|three| {
        let system = three[0] == Token::Name("system".to_owned());
        let piped = matches!(three[0], Token::Sign("|" | "|&"));
        system && !matches!(three[2], Token::Text(_))
            || piped && !matches!(three[1], Token::Text(_))
    });
    for token in tokens {
        let Token::Text(text) = token else { continue };
        if connects && text.starts_with("/inet") {
            reader.deny(
                "reverse-shell",
                "The script joins a connection to commands.",
            );
        } else if runs && text.trim().contains(' ') {
            reader.shell(Word::from(text.as_str()));
        }
    }
}

fn named(reader: &mut Reader<'_>, tokens: &[Token], at: usize, name: &str) {
    match name {
        "system" => {
            reader.ask("code-command", "The script runs a command.");
            match (tokens.get(at + 2), tokens.get(at + 3)) {
                (Some(Token::Text(command)), Some(Token::Sign(")"))) => {
                    reader.shell(Word::from(command.as_str()))
                }
                (Some(Token::Text(command)), _) => {
                    reader.ask(
                        "unknown-code",
                        "A part of the command is only known when it runs.",
                    );
                    reader.shell(Word::from(command.as_str()));
                }
                _ => reader.ask("unknown-code", "The command is only known when it runs."),
            }
        }
        "ENVIRON" | "PROCINFO" => {
            reader.out.io.emits_secret = true;
            if let Some(Token::Text(variable)) = tokens.get(at + 2)
                && crate::programs::variables::is_secret(variable)
            {
                reader.deny(
                    "print-secret",
                    "The script reads a credential of the environment.",
                );
            }
            reader.ask(
                "print-environment",
                "The script reads variables, credentials among them.",
            );
        }
        _ => {}
    }
}

/// `"cmd" | getline`, `print x | "cmd"`.
fn pipe(reader: &mut Reader<'_>, tokens: &[Token], at: usize) {
    if is_a_filter(tokens, at, reader) {
        return;
    }
    reader.ask("code-command", "The script runs a command.");
    let before = matches!(tokens.get(at + 1), Some(Token::Name(name)) if name == "getline");
    let command = if before {
        at.checked_sub(1).and_then(|at| tokens.get(at))
    } else {
        tokens.get(at + 1)
    };
    match command {
        Some(Token::Text(command)) => {
            reader.shell(Word::from(command.as_str()));
            if is_shell(command) && !before {
                reader.deny("runs-input", "The script hands what it reads to a shell.");
            }
        }
        _ => reader.ask("unknown-code", "The command is only known when it runs."),
    }
}

/// `print x | "sort -rn"`: what is printed goes through a program that only puts it in order, and is judged as one.
fn is_a_filter(tokens: &[Token], at: usize, reader: &mut Reader<'_>) -> bool {
    const FILTERS: &[&str] = &[
        "sort", "uniq", "head", "tail", "wc", "cat", "column", "tr", "cut", "nl", "tac", "rev",
        "paste", "fold",
    ];
    let (Some(Token::Sign("|")), Some(Token::Text(command))) = (tokens.get(at), tokens.get(at + 1))
    else {
        return false;
    };
    let ends = matches!(
        tokens.get(at + 2),
        None | Some(Token::Newline | Token::Sign(";" | "}"))
    );
    let name = command.split_ascii_whitespace().next().unwrap_or("");
    let plain = |c: char| c.is_ascii_alphanumeric() || " -_.,:=+/'|".contains(c);
    let filters = ends && FILTERS.contains(&name) && command.chars().all(plain);
    if filters {
        reader.shell(Word::from(command.as_str()));
    }
    filters
}

fn is_shell(command: &str) -> bool {
    matches!(
        crate::place::name(command.split(' ').next().unwrap_or("")),
        "sh" | "bash" | "zsh" | "dash" | "ksh" | "python" | "python3" | "perl" | "node" | "ruby"
    )
}

/// After `print` a `>` writes; elsewhere it compares, which a text on its right side tells.
fn redirect(reader: &mut Reader<'_>, tokens: &[Token], at: usize) {
    let mut depth = 0;
    let mut prints = false;
    for token in tokens[..at].iter().rev() {
        match token {
            Token::Sign(")") => depth += 1,
            Token::Sign("(") => depth -= 1,
            Token::Sign(";" | "{" | "}") | Token::Newline => break,
            Token::Name(name) if matches!(name.as_str(), "print" | "printf") && depth <= 0 => {
                prints = depth == 0;
                break;
            }
            _ => {}
        }
    }
    match tokens.get(at + 1) {
        Some(Token::Text(path))
            if !matches!(path.as_str(), "/dev/stdout" | "/dev/stderr") && prints =>
        {
            if path.starts_with("/inet") {
                reader.deny("code-network", "The script opens a connection.");
            }
            let more = matches!(
                tokens.get(at + 2),
                Some(Token::Text(_) | Token::Name(_) | Token::Value | Token::Sign("$" | "("))
            );
            if more {
                reader.ask(
                    "code-files",
                    "The script writes files that are only known when it runs.",
                );
            }
            reader.touch(&Word::from(path.as_str()), Access::Write);
        }
        Some(Token::Text(_)) => {}
        _ if prints => reader.ask(
            "code-files",
            "The script writes files that are only known when it runs.",
        ),
        _ => {}
    }
}

#[rustfmt::skip]
const SIGNS: &[&str] = &[
    "|&", "||", "&&", ">>", ">=", "<=", "==", "!=", "!~", "++", "--", "+=", "-=", "*=", "/=", "%=", "^=",
];

#[rustfmt::skip]
const SINGLE: &[&str] = &[
    "|", ">", "<", "(", ")", "{", "}", "[", "]", ";", ",", "$", "@", "+", "-", "*", "/", "%", "^", "!", "~", "?",
    ":", "=", "&", "\\",
];

fn cut(text: &str) -> Option<Vec<Token>> {
    let mut out: Vec<Token> = Vec::new();
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let c = rest.chars().next()?;
        if c == '\n' {
            out.push(Token::Newline);
            at += 1;
        } else if c.is_whitespace() {
            at += c.len_utf8();
        } else if c == '#' {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if c == '"' {
            let end = closing(rest, '"')?;
            out.push(Token::Text(unescaped(&rest[1..end])));
            at += end + 1;
        } else if c == '/' && pattern_here(out.last()) {
            let end = closing(rest, '/')?;
            out.push(Token::Value);
            at += end + 1;
        } else if c.is_alphabetic() || c == '_' {
            let end = rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                .unwrap_or(rest.len());
            out.push(Token::Name(rest[..end].to_owned()));
            at += end;
        } else if c.is_ascii_digit() || c == '.' {
            let end = rest
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '.'))
                .unwrap_or(rest.len());
            out.push(Token::Value);
            at += end;
        } else if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            out.push(Token::Sign(sign));
            at += sign.len();
        } else if let Some(sign) = SINGLE.iter().find(|sign| rest.starts_with(**sign)) {
            out.push(Token::Sign(sign));
            at += 1;
        } else {
            return None;
        }
    }
    Some(out)
}

fn closing(rest: &str, end: char) -> Option<usize> {
    let mut escaped = false;
    let mut class = false;
    for (at, c) in rest.char_indices().skip(1) {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if end == '/' && c == '[' {
            class = true;
        } else if class && c == ']' {
            class = false;
        } else if c == end && !class {
            return Some(at);
        }
    }
    // A bracket that is never closed was none.
    if class {
        return rest[1..].find(end).map(|at| at + 1);
    }
    None
}

fn pattern_here(before: Option<&Token>) -> bool {
    !matches!(before, Some(Token::Name(name)) if !matches!(name.as_str(), "print" | "return" | "in"))
        && !matches!(
            before,
            Some(Token::Value | Token::Text(_) | Token::Sign(")" | "]" | "$" | "++" | "--"))
        )
}
