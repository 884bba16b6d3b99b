//! Commands that the code runs and processes that it signals.

use super::source::Argument;
use super::{EffectKind, Language, Target, Token, Walker, Zone};
use crate::programs::code::words::tells_nothing;
use crate::word::Word;

impl Walker<'_, '_> {
    /// The texts of arguments; whether there is anything else in them.
    fn texts(&self, arguments: &[Argument]) -> (Vec<String>, bool) {
        let mut texts = Vec::new();
        let mut others = false;
        let tokens = arguments.iter().flat_map(|one| {
            self.source
                .tokens()
                .get(one.from..one.to)
                .unwrap_or_default()
        });
        for token in tokens {
            match token {
                Token::Text(text) => texts.push(text.clone()),
                Token::Template(..) | Token::Code(_) => others = true,
                Token::Name(name) => others |= !tells_nothing(name),
                _ => {}
            }
        }
        (texts, others)
    }

    pub(super) fn runs(&mut self, at: usize, name: &str) {
        if name == "fork" {
            self.seen.forks = true;
            return self
                .reader
                .ask("code-command", "Its code starts processes.");
        }
        let attribute = self.source.before(at) == '.';
        let arguments = self.source.arguments(at);
        if name == "exec" && self.language == Language::Python && !attribute {
            self.seen.evals = true;
            let (texts, _) = self.texts(&arguments);
            return texts.iter().for_each(|text| self.code(text));
        }
        let matches_a_pattern = attribute && at > 1 && self.source.text(at - 2).is_some();
        if name == "exec" && self.language == Language::Node && matches_a_pattern {
            return;
        }
        self.seen.runs = true;
        self.reader.effect(
            EffectKind::Execute,
            Target::Named(name.to_owned()),
            Zone::Unknown,
            "runs a command from its code",
        );
        let (texts, others) = self.texts(&arguments);
        let interpolated = texts.iter().any(|text| text.contains("@ARGV"));
        self.seen.arguments |= interpolated;
        if texts.is_empty() || others || interpolated {
            self.seen.runs_unknown = true;
            self.reader.ask(
                "code-command",
                "Its code runs a command that is only known when it runs.",
            );
        } else {
            self.reader.ask("code-command", "Its code runs a command.");
        }
        self.hand_over(&texts);
        self.hand_over_put_together(&arguments, &texts);
        let worked_out = self.perl_like() && texts.iter().any(|text| text.contains('$'));
        if others || worked_out {
            self.hand_over_a_list(&arguments);
        }
    }

    fn hand_over(&mut self, texts: &[String]) {
        let Some(first) = texts.first() else {
            return;
        };
        if texts.len() == 1 || first.contains(' ') {
            self.reader.shell(Word::from(first.as_str()));
        }
        if texts.len() > 1 {
            let argv: Vec<Word> = texts.iter().map(|text| Word::from(text.as_str())).collect();
            self.reader.run(&argv);
        }
    }

    /// A command of several arguments of which one is worked out: `system("rm", "-rf", $ENV{HOME})`.
    fn hand_over_a_list(&mut self, arguments: &[Argument]) {
        let given = arguments
            .iter()
            .filter(|one| one.name.is_none() && self.sign(one.from) != '{');
        let words: Vec<Word> = given.flat_map(|one| self.values().words(one)).collect();
        if let [Word::Known(_), _, ..] = words.as_slice() {
            self.reader.run(&words);
        }
    }

    /// A command whose texts are put together first: `"rm -rf " + "~"`.
    fn hand_over_put_together(&mut self, arguments: &[Argument], texts: &[String]) {
        let Some(first) = arguments
            .iter()
            .find(|one| matches!(one.name.as_deref(), None | Some("args" | "cmd" | "command")))
        else {
            return;
        };
        let words = self.values().words(first);
        match words.as_slice() {
            [Word::Unknown(_)] | [] => {}
            [one] if one.known() != texts.first().map(String::as_str) => {
                self.reader.shell(one.clone());
            }
            [_] => {}
            _ => self.reader.run(&words),
        }
    }

    /// A signal to everyone is denied as the command is; to look whether a process is there harms none.
    pub(super) fn signals(&mut self, at: usize) {
        let mut numbers: Vec<Option<String>> = self
            .source
            .arguments(at)
            .iter()
            .map(|one| self.number(one))
            .collect();
        if matches!(self.language, Language::Perl | Language::Ruby) && numbers.len() > 1 {
            numbers.rotate_left(1);
        }
        if numbers.len() == 2 && numbers[1].as_deref() == Some("0") {
            return;
        }
        let above = ["getppid", "ppid", "PPID"];
        let arguments = self.source.arguments(at);
        let mut tokens = arguments.iter().flat_map(|one| one.from..one.to);
        if tokens.any(|at| self.name(at).is_some_and(|name| above.contains(&name))) {
            self.reader.deny(
                "kill-gateway",
                "Its code stops the gateway that this agent is governed by.",
            );
        }
        if let Some(Some(process)) = numbers.first() {
            let words = ["kill", "-9", "--", process];
            self.reader.run(&words.map(Word::from));
        }
        self.reader.ask("signal", "Its code signals processes.");
    }

    fn number(&self, argument: &Argument) -> Option<String> {
        match self.source.tokens().get(argument.from..argument.to)? {
            [Token::Number(number)] => Some(number.clone()),
            [Token::Sign('-'), Token::Number(number)] => Some(format!("-{number}")),
            _ => None,
        }
    }

    /// Whether a call is given an address of the network.
    pub(super) fn names_an_address(&mut self, at: usize) -> bool {
        let (texts, _) = self.texts(&self.source.arguments(at));
        let address = texts
            .iter()
            .any(|text| text.starts_with("http://") || text.starts_with("https://"));
        self.seen.network |= address;
        address
    }

    /// `@ARGV = (…)`, `push @ARGV, …`, `ARGV << …`: files that are read by `<>` and `ARGF` from then on.
    pub(super) fn gives_arguments(&mut self, at: usize, name: &str) -> bool {
        if !matches!(
            (self.language, name),
            (Language::Perl, "@ARGV") | (Language::Ruby, "ARGV")
        ) {
            return false;
        }
        let before = at.checked_sub(1).and_then(|at| self.name(at));
        let inside = self
            .source
            .parent(at)
            .and_then(|open| self.name(open.checked_sub(1)?));
        let pushed = [before, inside]
            .iter()
            .any(|name| matches!(name, Some("push" | "unshift" | "splice")));
        let assigned = self.sign(at + 1) == '=' && !matches!(self.sign(at + 2), '=' | '~');
        let appended = self.sign(at + 1) == '<' && self.sign(at + 2) == '<';
        let method = self.sign(at + 1) == '.'
            && matches!(
                self.name(at + 2),
                Some("push" | "concat" | "replace" | "unshift" | "insert" | "append" | "prepend")
            );
        let from = match (pushed, assigned, appended, method) {
            (true, ..) | (_, true, ..) => at + 2,
            (_, _, true, _) | (.., true) => at + 3,
            _ => return false,
        };
        let end = self.source.statement_end(at);
        let from = from + usize::from(self.sign(from) == '(');
        for argument in self.source.split(from.min(end), end) {
            let words = self.values().words(&argument);
            words
                .into_iter()
                .for_each(|word| self.path(&word, super::Access::Read));
        }
        true
    }
}
