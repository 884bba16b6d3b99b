//! Groups, subshells, loops, branches, tests.

use super::super::judge::{Input, Judge, Output};
use super::super::scope::{Flow, Scope, Value};
use super::super::syntax::{Arm, Command, Kind, Script, Simple, Test, Then, Word as Written};
use crate::programs::Stdin;
use crate::word::Word;

/// A loop over more words than this is gone through once, with a word that is not known.
const MOST_ROUNDS: usize = 64;

impl Judge<'_> {
    pub(super) fn compound(
        &mut self,
        command: &Command,
        scope: &mut Scope,
        input: &Input,
    ) -> Output {
        let redirected = self.redirects(&command.redirects, scope);
        let input = redirected.input.clone().unwrap_or_else(|| input.clone());
        let output = match &command.kind {
            Kind::Subshell(script) => {
                let mut inner = scope.clone();
                // It has none of those that were set outside.
                inner.take_traps();
                let output = self.script(script, &mut inner, &input);
                self.at_the_end(&inner);
                output
            }
            Kind::Group(script) => self.script(script, scope, &input),
            Kind::For { name, words, body } => {
                self.for_loop(name, words.as_deref(), body, scope, &input)
            }
            Kind::ArithFor { parts, body } => {
                for part in parts {
                    self.arithmetic(&part.parts, scope);
                }
                let endless = parts[1].parts.is_empty();
                self.repeat(None, body, endless, scope, &input)
            }
            Kind::Case { word, arms } => self.case(word, arms, scope, &input),
            Kind::If { arms, otherwise } => self.branches(arms, otherwise.as_ref(), scope, &input),
            Kind::While {
                until,
                condition,
                body,
            } => {
                let endless = constant(condition, *until);
                self.repeat(Some(condition), body, endless, scope, &input)
            }
            Kind::Arith(expression) => {
                self.arithmetic(&expression.parts, scope);
                Output::default()
            }
            Kind::Test(test) => {
                self.test(test, scope);
                Output::default()
            }
            Kind::Coproc { body, .. } => {
                let mut inner = scope.clone();
                self.multiplied += 1;
                let output = self.command(body, &mut inner, &input);
                self.multiplied -= 1;
                Output::unknown(output.flow)
            }
            Kind::Simple(_) | Kind::Function { .. } => Output::default(),
        };
        self.written(redirected, output, scope)
    }

    fn for_loop(
        &mut self,
        name: &str,
        words: Option<&[Written]>,
        body: &Script,
        scope: &mut Scope,
        input: &Input,
    ) -> Output {
        self.take_flow();
        let mut values = Vec::new();
        match words {
            Some(words) => {
                for word in words {
                    values.extend(self.expand(word, scope));
                }
            }
            None => {
                self.flow.join(scope.positional.flow());
                match &scope.positional.words {
                    Some(words) => values = words.to_vec(),
                    None => values.push(Word::Unknown("$@".to_owned())),
                }
            }
        }
        let flow = self.take_flow();
        if values.len() > MOST_ROUNDS {
            values = vec![Word::Unknown(format!("${name}"))];
        }
        let before = scope.clone();
        let mut output = Output::default();
        for word in values {
            let mut value = Value::scalar(word);
            value.flow = flow;
            self.check_assignment(name, &value.words[0], scope);
            scope.set(name, value);
            output.append(self.script(body, scope, input));
        }
        scope.join(&before);
        output
    }

    /// A loop of which nobody knows how often it runs: gone through once with what it changes unknown.
    fn repeat(
        &mut self,
        condition: Option<&Script>,
        body: &Script,
        endless: bool,
        scope: &mut Scope,
        input: &Input,
    ) -> Output {
        if endless && !leaves(body) {
            if multiplies(body) {
                self.deny("fork-bomb", "It starts processes without end.");
            } else {
                self.ask("endless-loop", "It runs until someone stops it.");
            }
        }
        let before = scope.clone();
        let mut flow = Flow::default();
        if let Some(condition) = condition
            && let Some(lines) = lines_read(condition, input)
        {
            for line in lines {
                let line = Input {
                    from: Stdin::Text(Word::Known(line)),
                    flow: input.flow,
                };
                flow.join(self.script(condition, scope, &line).flow);
                flow.join(self.script(body, scope, input).flow);
            }
            scope.join(&before);
            return Output::unknown(flow.with(input.flow));
        }
        // The second time round it starts from what the first time may have left.
        for _ in 0..2 {
            if let Some(condition) = condition {
                flow.join(self.script(condition, scope, input).flow);
            }
            flow.join(self.script(body, scope, input).flow);
            scope.join(&before);
        }
        Output::unknown(flow.with(input.flow))
    }

    fn branches(
        &mut self,
        arms: &[(Script, Script)],
        otherwise: Option<&Script>,
        scope: &mut Scope,
        input: &Input,
    ) -> Output {
        let mut output = Output::default();
        let mut ends: Vec<Scope> = Vec::new();
        for (condition, body) in arms {
            output.append(self.script(condition, scope, input));
            let mut branch = scope.clone();
            let text = self.script(body, &mut branch, input);
            output.append(Output::unknown(text.flow));
            ends.push(branch);
        }
        if let Some(otherwise) = otherwise {
            let text = self.script(otherwise, scope, input);
            output.append(Output::unknown(text.flow));
        }
        for end in &ends {
            scope.join(end);
        }
        output
    }

    fn case(&mut self, word: &Written, arms: &[Arm], scope: &mut Scope, input: &Input) -> Output {
        let subject = self.expand_one(word, scope);
        let mut output = Output::default();
        let mut ends: Vec<Scope> = Vec::new();
        let mut falls = false;
        for arm in arms {
            let mut may = falls;
            let mut surely = false;
            for pattern in &arm.patterns {
                let pattern = self.expand_one(pattern, scope);
                match super::super::expand::matches_word(&pattern, &subject) {
                    Some(false) => {}
                    Some(true) => (may, surely) = (true, true),
                    None => may = true,
                }
            }
            if !may {
                continue;
            }
            falls = arm.then == Then::Fall;
            if let Some(body) = &arm.body {
                let mut branch = scope.clone();
                let text = self.script(body, &mut branch, input);
                output.append(Output::unknown(text.flow));
                ends.push(branch);
            }
            if surely && arm.then == Then::Leave {
                break;
            }
        }
        for end in &ends {
            scope.join(end);
        }
        output
    }

    fn test(&mut self, test: &Test, scope: &mut Scope) {
        match test {
            Test::And(a, b) | Test::Or(a, b) => {
                self.test(a, scope);
                self.test(b, scope);
            }
            Test::Not(inner) | Test::Group(inner) => self.test(inner, scope),
            Test::Unary(operator, word) => {
                let word = self.expand_one(word, scope);
                if matches!(*operator, "-v" | "-R") {
                    self.name_of_variable(&word, scope);
                }
            }
            Test::Binary(operator, a, b) => {
                let a = self.expand_one(a, scope);
                let b = self.expand_one(b, scope);
                if matches!(*operator, "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge") {
                    for word in [a, b] {
                        self.calculated(&word, scope);
                    }
                }
            }
        }
    }

    /// A text that is taken for arithmetic.
    pub(super) fn calculated(&mut self, word: &Word, scope: &mut Scope) {
        match word {
            Word::Known(text) if text.contains(['$', '`', '[']) => {
                self.ask(
                    "arithmetic-unknown",
                    "It calculates with a text that can run commands.",
                );
                self.text(&format!("(( {text} ))"), &mut scope.clone(), &Input::inherited());
            }
            Word::Known(_) => {
                self.arithmetic_text(word, scope, 1);
            }
            _ => self.ask(
                "arithmetic-unknown",
                "It calculates with a text that is only known when it runs, and such a text can run commands.",
            ),
        }
    }

    /// A text that is taken for the name of a variable: a subscript in it is run.
    pub(in crate::shell) fn name_of_variable(&mut self, word: &Word, scope: &mut Scope) {
        let subscript = word.known().is_none_or(|text| text.contains('['));
        if subscript {
            self.calculated(word, scope);
        }
    }
}

/// The lines that a loop goes through, where it reads one at a time and they are known.
fn lines_read(condition: &Script, input: &Input) -> Option<Vec<String>> {
    let Stdin::Text(Word::Known(text)) = &input.from else {
        return None;
    };
    let [item] = condition.items.as_slice() else {
        return None;
    };
    let [command] = item.first.commands.as_slice() else {
        return None;
    };
    let Kind::Simple(Simple { words, .. }) = &command.kind else {
        return None;
    };
    let first = words.first()?.parts.as_slice();
    if !item.rest.is_empty()
        || !command.redirects.is_empty()
        || !matches!(first, [super::super::syntax::Part::Text(name)] if name == "read")
    {
        return None;
    }
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    (2..=MOST_ROUNDS).contains(&lines.len()).then_some(lines)
}

/// Whether a condition never changes: `true`, `:`, `until false`.
fn constant(condition: &Script, until: bool) -> bool {
    let [item] = condition.items.as_slice() else {
        return false;
    };
    let [command] = item.first.commands.as_slice() else {
        return false;
    };
    match &command.kind {
        Kind::Simple(Simple { words, .. }) => match words.first().map(|w| w.parts.as_slice()) {
            Some([super::super::syntax::Part::Text(name)]) => match name.as_str() {
                "true" | ":" => !until,
                "false" => until,
                _ => false,
            },
            _ => false,
        },
        Kind::Arith(word) => {
            matches!(word.parts.as_slice(), [super::super::syntax::Part::Text(t)] if t.trim() == "1")
        }
        _ => false,
    }
}

/// Whether a body can end the loop that it is in.
fn leaves(body: &Script) -> bool {
    let text = super::super::emit::script(body, &super::super::emit::Insertions::new());
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
        .any(|word| matches!(word, "break" | "exit" | "return" | "exec"))
}

/// Whether a body starts something and does not wait for it.
fn multiplies(body: &Script) -> bool {
    body.items.iter().any(|item| item.background)
}
