//! What flows from one command into another, and what that calls for.

use super::super::judge::{Held, Input, Judge, Output};
use super::super::scope::Flow;
use crate::effect::{Effect, EffectKind, Target, Zone};
use crate::programs::Reading;
use crate::verdict::Verdict;
use crate::word::Word;

/// What stands for what the next commit holds.
const INDEX: &str = ".git/index";

impl Judge<'_> {
    /// Judges what a command does with what flows into it, by its input and by its words.
    pub(super) fn flows(
        &mut self,
        reading: &Reading,
        argv: &[Word],
        input: &Input,
        words: Flow,
        read: Flow,
    ) {
        if reading.io.runs_input {
            self.run_from(input.flow);
            if input.flow.turned {
                self.deny(
                    "decode-run",
                    "It runs what a program makes of a text in the line, and nobody has seen what that is.",
                );
            }
        }
        let code = |one: &crate::verdict::Finding| one.code == "unknown-code";
        if reading.findings.iter().any(code) {
            // `python3 -c "$(curl …)"`: what is not known of the code is what its words carry.
            self.run_from(words);
        }
        let network = reaches_out(reading);
        let pushed = self.goes_with_the_repository(reading, argv, read);
        let sent = if reading.io.sends_input {
            input.flow
        } else {
            Flow::default()
        };
        let sends = sent.with(words);
        if network && (sends.secret || pushed || (read.secret && reading.io.sends_input)) {
            self.deny(
                "secret-to-network",
                "It sends what authenticates someone over the network.",
            );
        } else if network
            && (sent.environment
                || sends.whole_environment
                || (read.environment && reading.io.sends_input)
                || self.sends_a_credential(argv, words))
        {
            self.deny(
                "environment-to-network",
                "It sends the environment over the network.",
            );
        } else if network && words.environment {
            self.ask(
                "credential-to-network",
                "It hands a credential of the environment to a program that uses the network.",
            );
        } else if network && !self.taint.secrets.is_empty() {
            self.ask(
                "secret-then-network",
                "It uses the network after what authenticates someone was read.",
            );
        }
    }

    /// `git add KEY && git push`: what is added goes where the repository goes. Whether a secret goes now.
    fn goes_with_the_repository(&mut self, reading: &Reading, argv: &[Word], read: Flow) -> bool {
        if read.secret
            && argv
                .iter()
                .any(|word| matches!(word.known(), Some("add" | "stage")))
        {
            let held = Held {
                text: Word::Unknown("what is added".to_owned()),
                flow: read,
            };
            self.files.insert(INDEX.to_owned(), held);
        }
        let pushes = reading.findings.iter().any(|one| one.code == "git-push");
        pushes && self.files.get(INDEX).is_some_and(|held| held.flow.secret)
    }

    /// What a command's output carries.
    pub(super) fn emitted(reading: &Reading, input: Flow, words: Flow, read: Flow) -> Flow {
        let mut flow = input.with(words).with(read);
        flow.environment |= reading.io.emits_secret && !read.secret;
        flow.whole_environment |= reading
            .findings
            .iter()
            .any(|finding| finding.code == "print-environment");
        flow.network |= reading.io.emits_network;
        flow.decoded |= reading.io.decodes;
        flow.names = reading.io.names_files || (reading.io.passes_input && input.names);
        flow.everything = reading.io.names_all || (reading.io.passes_input && input.everything);
        flow.names_secrets =
            reading.io.names_secrets || (reading.io.passes_input && input.names_secrets);
        flow.critical = reading.io.names_critical || (reading.io.passes_input && input.critical);
        flow
    }

    /// Notes what was read and written; what the read files carry.
    pub(super) fn note_effects(&mut self, effects: &[Effect]) -> Flow {
        let mut flow = Flow::default();
        for effect in effects {
            let path = match &effect.target {
                Target::Path(path) | Target::Below(path) => path,
                _ => continue,
            };
            if effect.kind == EffectKind::Read && matches!(effect.target, Target::Below(_)) {
                flow.join(self.kept_below(path));
            }
            if effect.secret && effect.kind == EffectKind::Read {
                flow.secret = true;
                self.taint.secrets.insert(path.clone());
            }
            if effect.kind == EffectKind::Read && effect.zone != Zone::Unknown {
                if let Some(held) = self.files.get(path) {
                    flow.join(held.flow);
                }
                if self.taint.secrets.contains(path) {
                    flow.secret = true;
                }
                if self.taint.carrying.contains(path) {
                    flow.secret = true;
                    self.taint.secrets.insert(path.clone());
                }
                if self.taint.fetched.contains(path) {
                    flow.network = true;
                }
            }
        }
        flow
    }

    /// What files carry that lie below a folder which is read: those of the line, and those of the session.
    fn kept_below(&mut self, folder: &str) -> Flow {
        let lies = |path: &String| crate::place::is_below(path, folder);
        let mut flow = Flow::default();
        let mut held = self.files.iter().filter(|(path, _)| lies(path));
        flow.secret = held.any(|(_, held)| held.flow.secret);
        let carrying: Vec<String> = self
            .taint
            .carrying
            .iter()
            .filter(|path| lies(path))
            .cloned()
            .collect();
        flow.secret |= !carrying.is_empty();
        self.taint.secrets.extend(carrying);
        flow
    }

    /// Files that a command wrote carry what it read.
    pub(super) fn note_writes(&mut self, reading: &Reading, flow: Flow, text: &Word) {
        let fetches = reading.io.emits_network
            || reading
                .effects
                .iter()
                .any(|e| e.kind == EffectKind::Network);
        for effect in &reading.effects {
            let writes = matches!(
                effect.kind,
                EffectKind::Write | EffectKind::Append | EffectKind::Create
            );
            let Target::Path(path) = &effect.target else {
                continue;
            };
            if !writes || path.starts_with("/dev/") {
                continue;
            }
            let mut flow = flow;
            flow.network |= fetches;
            flow.turned = false;
            if flow.network || flow.decoded {
                self.taint.fetched.insert(path.clone());
            }
            if flow.secret {
                self.taint.secrets.insert(path.clone());
                self.taint.carrying.insert(path.clone());
            }
            self.taint.written.insert(path.clone());
            let held = Held {
                text: text.clone(),
                flow,
            };
            self.files.insert(path.clone(), held);
        }
    }

    /// Judges something that is run and came from somewhere: the strictest that its way calls for.
    pub(super) fn run_from(&mut self, flow: Flow) -> Verdict {
        if flow.network {
            self.deny(
                "download-run",
                "It runs what came over the network, which nobody has seen.",
            );
            return Verdict::Deny;
        }
        if flow.decoded {
            self.deny(
                "decode-run",
                "It runs what was decoded, which nobody has seen.",
            );
            return Verdict::Deny;
        }
        Verdict::Allow
    }

    pub(super) fn output_of(text: Option<String>, flow: Flow) -> Output {
        match text {
            Some(text) => Output::text(text, flow),
            None => Output::unknown(flow),
        }
    }
}

/// Whether a command connects to another machine.
pub(super) fn reaches_out(reading: &Reading) -> bool {
    let mut effects = reading.effects.iter();
    effects.any(|e| matches!(e.kind, EffectKind::Network | EffectKind::Remote) && !is_local(e))
}

/// Whether a network effect stays on this machine.
fn is_local(effect: &Effect) -> bool {
    let host = match &effect.target {
        Target::Host(host) => host.as_str(),
        Target::Url(url) => {
            let rest = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
            let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
            rest.split(['/', '?', '#']).next().unwrap_or(rest)
        }
        _ => return false,
    };
    let host = host
        .strip_suffix(|c: char| c.is_ascii_digit())
        .map_or(host, |_| {
            host.rsplit_once(':').map_or(host, |(name, _)| name)
        });
    matches!(host, "localhost" | "127.0.0.1" | "[::1]" | "::1")
}
