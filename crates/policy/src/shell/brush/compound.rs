//! Compound commands, tests and functions.

use brush_parser::ast;

use super::Converter;
use crate::shell::lex::{self, Mode};
use crate::shell::parser::Unread;
use crate::shell::syntax::{Arm, At, Command, Kind, Redirect, Script, Test, Then, Timed, Word};

impl Converter<'_> {
    pub(super) fn command(&self, command: &ast::Command) -> Result<Command, Unread> {
        match command {
            ast::Command::Simple(simple) => self.simple(simple),
            ast::Command::Compound(compound, redirects) => {
                self.compound(compound, redirects.as_ref())
            }
            ast::Command::Function(function) => {
                let body = self.compound(&function.body.0, function.body.1.as_ref())?;
                let name = self.name(&function.fname.value)?;
                Ok(plain(
                    Kind::Function {
                        name,
                        body: Box::new(body),
                    },
                    At(None),
                ))
            }
            ast::Command::ExtendedTest(test, redirects) => Ok(Command {
                kind: Kind::Test(self.test(&test.expr)?),
                redirects: self.redirects(redirects.as_ref())?,
                at: self.at(Some(&test.loc), Some(&test.loc)),
            }),
        }
    }

    fn name(&self, text: &str) -> Result<String, Unread> {
        let odd = |c: char| "'\"\\$`<>|&;(){}*?[]~#= \t\n".contains(c);
        if text.is_empty() || text.contains(odd) {
            return Err(Unread("a name in it is no name".to_owned()));
        }
        Ok(text.to_owned())
    }

    fn compound(
        &self,
        compound: &ast::CompoundCommand,
        redirects: Option<&ast::RedirectList>,
    ) -> Result<Command, Unread> {
        let redirects: Vec<Redirect> = self.redirects(redirects)?;
        let at = ast::SourceLocation::location(compound);
        let at = self.at(at.as_ref(), at.as_ref());
        let kind = self.compound_kind(compound)?;
        Ok(Command {
            kind,
            redirects,
            at,
        })
    }

    fn compound_kind(&self, compound: &ast::CompoundCommand) -> Result<Kind, Unread> {
        use ast::CompoundCommand as From;
        Ok(match compound {
            From::Arithmetic(arithmetic) => Kind::Arith(self.arith(&arithmetic.expr.value)?),
            From::ArithmeticForClause(clause) => self.arith_for(clause)?,
            From::BraceGroup(group) => Kind::Group(self.list(&group.list)?),
            From::Subshell(subshell) => Kind::Subshell(self.list(&subshell.list)?),
            From::ForClause(clause) => Kind::For {
                name: self.name(&clause.variable_name)?,
                words: self.for_words(clause)?,
                body: self.list(&clause.body.list)?,
            },
            From::CaseClause(clause) => self.case(clause)?,
            From::IfClause(clause) => self.branches(clause)?,
            From::WhileClause(clause) => self.repeat(false, clause)?,
            From::UntilClause(clause) => self.repeat(true, clause)?,
            From::Coprocess(coprocess) => Kind::Coproc {
                name: match &coprocess.name {
                    Some(name) => Some(self.name(&name.value)?),
                    None => None,
                },
                body: Box::new(self.command(&coprocess.body)?),
            },
        })
    }

    fn for_words(&self, clause: &ast::ForClauseCommand) -> Result<Option<Vec<Word>>, Unread> {
        match &clause.values {
            Some(values) => values
                .iter()
                .map(|w| self.word(w))
                .collect::<Result<_, _>>()
                .map(Some),
            // `for x; do` and `for x in; do` look alike in the tree; only the text tells them apart.
            None => {
                let (text, _) = self.source.slice(&clause.loc);
                let after = text.strip_prefix("for").unwrap_or(text).trim_start();
                let after = after.strip_prefix(clause.variable_name.as_str());
                let after = after
                    .unwrap_or_default()
                    .trim_start_matches([' ', '\t', '\n']);
                match after.starts_with("in") || after.starts_with('\\') {
                    true => Ok(Some(Vec::new())),
                    false => Ok(None),
                }
            }
        }
    }

    fn arith(&self, text: &str) -> Result<Word, Unread> {
        lex::word(text, None, Mode::Arith, self.reader)
    }

    fn arith_for(&self, clause: &ast::ArithmeticForClauseCommand) -> Result<Kind, Unread> {
        let part = |expr: &Option<ast::UnexpandedArithmeticExpr>| match expr {
            Some(expr) => self.arith(&expr.value),
            None => Ok(Word::default()),
        };
        Ok(Kind::ArithFor {
            parts: [
                part(&clause.initializer)?,
                part(&clause.condition)?,
                part(&clause.updater)?,
            ],
            body: self.list(&clause.body.list)?,
        })
    }

    fn case(&self, clause: &ast::CaseClauseCommand) -> Result<Kind, Unread> {
        let mut arms = Vec::with_capacity(clause.cases.len());
        for case in &clause.cases {
            let patterns = case
                .patterns
                .iter()
                .map(|w| self.word_as(w, Mode::Assigned));
            arms.push(Arm {
                patterns: patterns.collect::<Result<_, _>>()?,
                body: case.cmd.as_ref().map(|c| self.list(c)).transpose()?,
                then: match case.post_action {
                    ast::CaseItemPostAction::ExitCase => Then::Leave,
                    ast::CaseItemPostAction::UnconditionallyExecuteNextCaseItem => Then::Fall,
                    ast::CaseItemPostAction::ContinueEvaluatingCases => Then::Test,
                },
            });
        }
        Ok(Kind::Case {
            word: self.word_as(&clause.value, Mode::Assigned)?,
            arms,
        })
    }

    fn branches(&self, clause: &ast::IfClauseCommand) -> Result<Kind, Unread> {
        let mut arms = vec![(self.list(&clause.condition)?, self.list(&clause.then)?)];
        let mut otherwise = None;
        for other in clause.elses.iter().flatten() {
            let body = self.list(&other.body)?;
            match &other.condition {
                Some(condition) => arms.push((self.list(condition)?, body)),
                None => otherwise = Some(body),
            }
        }
        // `else` with nothing but an `if` in it is `elif`.
        while let Some(Kind::If {
            arms: mut more,
            otherwise: last,
        }) = otherwise.as_mut().and_then(only)
        {
            arms.append(&mut more);
            otherwise = last;
        }
        Ok(Kind::If { arms, otherwise })
    }

    fn repeat(&self, until: bool, clause: &ast::WhileOrUntilClauseCommand) -> Result<Kind, Unread> {
        let condition: Script = self.list(&clause.0)?;
        Ok(Kind::While {
            until,
            condition,
            body: self.list(&clause.1.list)?,
        })
    }

    fn test(&self, test: &ast::ExtendedTestExpr) -> Result<Test, Unread> {
        use ast::ExtendedTestExpr as From;
        Ok(match test {
            From::And(a, b) => Test::And(Box::new(self.test(a)?), Box::new(self.test(b)?)),
            From::Or(a, b) => Test::Or(Box::new(self.test(a)?), Box::new(self.test(b)?)),
            From::Not(inner) => Test::Not(Box::new(self.test(inner)?)),
            From::Parenthesized(inner) => Test::Group(Box::new(self.test(inner)?)),
            From::UnaryTest(predicate, word) => {
                Test::Unary(unary(predicate), self.test_word(word)?)
            }
            From::BinaryTest(predicate, a, b) => {
                let operator = binary(predicate);
                let right = if operator == "=~" {
                    lex::word(&b.value, None, Mode::Regex, self.reader)?
                } else {
                    self.test_word(b)?
                };
                Test::Binary(operator, self.test_word(a)?, right)
            }
        })
    }

    /// Braces and tildes do not expand within a test.
    fn test_word(&self, word: &ast::Word) -> Result<Word, Unread> {
        self.word_as(word, Mode::Assigned)
    }
}

/// Takes out the one branching that a script consists of.
fn only(script: &mut Script) -> Option<Kind> {
    let [item] = script.items.as_mut_slice() else {
        return None;
    };
    let lone = item.rest.is_empty() && !item.background && !item.first.negated;
    let [command] = item.first.commands.as_mut_slice() else {
        return None;
    };
    let bare = lone && item.first.timed == Timed::No && command.redirects.is_empty();
    if !bare || !matches!(command.kind, Kind::If { .. }) {
        return None;
    }
    Some(std::mem::replace(
        &mut command.kind,
        Kind::Group(Script::default()),
    ))
}

fn plain(kind: Kind, at: At) -> Command {
    Command {
        kind,
        redirects: Vec::new(),
        at,
    }
}

fn unary(predicate: &ast::UnaryPredicate) -> &'static str {
    use ast::UnaryPredicate as From;
    match predicate {
        From::FileExists => "-e",
        From::FileExistsAndIsBlockSpecialFile => "-b",
        From::FileExistsAndIsCharSpecialFile => "-c",
        From::FileExistsAndIsDir => "-d",
        From::FileExistsAndIsRegularFile => "-f",
        From::FileExistsAndIsSetgid => "-g",
        From::FileExistsAndIsSymlink => "-L",
        From::FileExistsAndHasStickyBit => "-k",
        From::FileExistsAndIsFifo => "-p",
        From::FileExistsAndIsReadable => "-r",
        From::FileExistsAndIsNotZeroLength => "-s",
        From::FdIsOpenTerminal => "-t",
        From::FileExistsAndIsSetuid => "-u",
        From::FileExistsAndIsWritable => "-w",
        From::FileExistsAndIsExecutable => "-x",
        From::FileExistsAndOwnedByEffectiveGroupId => "-G",
        From::FileExistsAndModifiedSinceLastRead => "-N",
        From::FileExistsAndOwnedByEffectiveUserId => "-O",
        From::FileExistsAndIsSocket => "-S",
        From::ShellOptionEnabled => "-o",
        From::ShellVariableIsSetAndAssigned => "-v",
        From::ShellVariableIsSetAndNameRef => "-R",
        From::StringHasZeroLength => "-z",
        From::StringHasNonZeroLength => "-n",
    }
}

fn binary(predicate: &ast::BinaryPredicate) -> &'static str {
    use ast::BinaryPredicate as From;
    match predicate {
        From::FilesReferToSameDeviceAndInodeNumbers => "-ef",
        From::LeftFileIsNewerOrExistsWhenRightDoesNot => "-nt",
        From::LeftFileIsOlderOrDoesNotExistWhenRightDoes => "-ot",
        From::StringExactlyMatchesPattern | From::StringExactlyMatchesString => "==",
        From::StringDoesNotExactlyMatchPattern | From::StringDoesNotExactlyMatchString => "!=",
        From::StringMatchesRegex | From::StringContainsSubstring => "=~",
        From::LeftSortsBeforeRight => "<",
        From::LeftSortsAfterRight => ">",
        From::ArithmeticEqualTo => "-eq",
        From::ArithmeticNotEqualTo => "-ne",
        From::ArithmeticLessThan => "-lt",
        From::ArithmeticLessThanOrEqualTo => "-le",
        From::ArithmeticGreaterThan => "-gt",
        From::ArithmeticGreaterThanOrEqualTo => "-ge",
    }
}
