//! Going through lists, pipelines and commands in the order in which they run.

mod arguments;
mod assign;
mod built;
mod builtin;
mod compound;
mod credentials;
mod disk;
mod external;
mod flows;
mod folder;
mod included;
mod leaves;
mod links;
mod loads;
mod output;
mod parts;
mod recipes;
mod redirect;
mod revisions;
mod simple;
mod state;
mod unwrap;
mod written;

use super::judge::{Input, Judge, Output};
use super::scope::Scope;
use super::syntax::{Command, Item, Join, Kind, Pipeline, Script};

impl Judge<'_> {
    pub(super) fn script(&mut self, script: &Script, scope: &mut Scope, input: &Input) -> Output {
        let mut output = Output::default();
        for item in &script.items {
            if !self.step() {
                break;
            }
            output.append(self.item(item, scope, input));
        }
        output
    }

    fn item(&mut self, item: &Item, scope: &mut Scope, input: &Input) -> Output {
        if item.background {
            let mut aside = scope.clone();
            self.multiplied += 1;
            let output = self.joined(item, &mut aside, input);
            self.multiplied -= 1;
            return output;
        }
        self.joined(item, scope, input)
    }

    /// `a && b || c`: what follows the first may run or not, so what it changes may hold or not.
    fn joined(&mut self, item: &Item, scope: &mut Scope, input: &Input) -> Output {
        let start = scope.clone();
        let mut output = self.pipeline(&item.first, scope, input);
        // Where the first fails, what follows `&&` does not run in the folder that it would have changed to.
        let mut skipped: Option<Scope> = None;
        let mut certain = succeeds(&item.first);
        for (join, pipeline) in &item.rest {
            let before = scope.clone();
            match join {
                Join::And => {
                    if !certain {
                        skipped.get_or_insert_with(|| before.clone());
                    }
                    output.append(self.pipeline(pipeline, scope, input));
                }
                Join::Or => {
                    // It runs when what came before failed: a folder may not have been changed.
                    for folder in &start.folders {
                        scope.add_folder(folder.clone());
                    }
                    output.append(self.pipeline(pipeline, scope, input));
                    scope.join(&before);
                }
            }
            certain = certain && succeeds(pipeline) && *join == Join::And;
        }
        if let Some(skipped) = skipped {
            scope.join(&skipped);
        }
        self.may_have_failed(item, &start, scope);
        output
    }

    fn pipeline(&mut self, pipeline: &Pipeline, scope: &mut Scope, input: &Input) -> Output {
        if let [command] = pipeline.commands.as_slice() {
            return self.command(command, scope, input);
        }
        let mut input = input.clone();
        let mut output = Output::default();
        self.multiplied += 1;
        for command in &pipeline.commands {
            let mut stage = scope.clone();
            output = self.command(command, &mut stage, &input);
            input = Input::output(&output);
        }
        self.multiplied -= 1;
        output
    }

    pub(super) fn command(
        &mut self,
        command: &Command,
        scope: &mut Scope,
        input: &Input,
    ) -> Output {
        if !self.descend() {
            self.ascend();
            return Output::unknown(input.flow);
        }
        let outer = self.enter(command.at);
        let output = match &command.kind {
            Kind::Simple(simple) => self.simple(simple, command, scope, input),
            Kind::Function { name, body } => {
                scope.define(name, std::rc::Rc::new((**body).clone()));
                if name.starts_with("command_not_found_handle") {
                    // The shell calls it by itself.
                    let mut inner = scope.clone();
                    self.command(body, &mut inner, &Input::inherited());
                }
                Output::default()
            }
            _ => self.compound(command, scope, input),
        };
        self.span = outer;
        self.ascend();
        output
    }
}

/// Whether a pipeline is sure to succeed: assignments, `true`, `:`, a change to a folder that is always there.
fn succeeds(pipeline: &Pipeline) -> bool {
    let [command] = pipeline.commands.as_slice() else {
        return false;
    };
    let Kind::Simple(simple) = &command.kind else {
        return matches!(command.kind, Kind::Function { .. });
    };
    if pipeline.negated || !command.redirects.is_empty() {
        return false;
    }
    match simple.words.first().map(|word| word.parts.as_slice()) {
        None => true,
        Some([super::syntax::Part::Text(name)]) => {
            matches!(name.as_str(), "true" | ":" | "export" | "set")
        }
        Some(_) => false,
    }
}
