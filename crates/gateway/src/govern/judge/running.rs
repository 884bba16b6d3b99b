//! The commands that run now, and what they may still read by its path. What was judged has to be what runs, also a
//! while after it began: a shell reads its script bit by bit, and a line comes to its later commands when the earlier
//! ones are done. So whoever writes to such a file meanwhile is asked about.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use gatehouse_agent::launch::{Launch, Running, is_of_the_shell, may_begin_again};
use gatehouse_policy::programs::is_commanded_by;
use gatehouse_policy::{Command, Effect, EffectKind, Finding, Reach, Target, Verdict};

use super::Judged;

/// What runs, all sessions together; locked for a look at a time.
#[derive(Default)]
pub(in crate::govern) struct Runs(Mutex<Vec<One>>);

struct One {
    running: Running,
    /// Paths, links resolved.
    files: BTreeSet<String>,
    /// The commands that the line comes to later.
    later: Vec<Vec<String>>,
    shown: String,
}

impl Runs {
    /// A command that is about to run.
    pub(in crate::govern) fn add(&self, launch: &Launch, judged: &Judged) {
        let paths = launch.reads_later().iter();
        let files: BTreeSet<String> = paths.filter_map(|path| text(path)).collect();
        let commands = &judged.decision.commands;
        let later = begun_later(commands, may_begin_again(launch.plan()));
        if files.is_empty() && later.is_empty() {
            return;
        }
        let shown = commands.iter().map(|command| command.argv.join(" "));
        let shown: Vec<String> = shown.take(3).collect();
        let mut all = self.lock();
        all.retain(|one| !one.running.is_over());
        all.push(One {
            running: launch.running(),
            files,
            later,
            shown: shown.join("; "),
        });
    }

    /// What speaks against these effects while something runs.
    pub(super) fn under(&self, effects: &[Effect]) -> Option<Finding> {
        let mut all = self.lock();
        all.retain(|one| !one.running.is_over());
        if all.is_empty() {
            return None;
        }
        let mut changes = effects.iter().filter(|effect| is_change(effect));
        let (path, one) = changes.find_map(|effect| {
            let one = all.iter().find(|one| one.is_changed_by(effect))?;
            match &effect.target {
                Target::Path(path) => Some((path.as_str(), one)),
                _ => None,
            }
        })?;
        Some(Finding {
            verdict: Verdict::Ask,
            code: "write-run".to_owned(),
            span: None,
            text: format!(
                "changes {path}, which a command that still runs may run as it then is: {}",
                one.shown
            ),
        })
    }

    /// Whoever panicked left whole entries.
    fn lock(&self) -> MutexGuard<'_, Vec<One>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl One {
    fn is_changed_by(&self, effect: &Effect) -> bool {
        let Target::Path(path) = &effect.target else {
            return false;
        };
        let real = Path::new(path).canonicalize().ok();
        let real = real.as_deref().and_then(text);
        let is = |path: &str| {
            self.files.contains(path) || self.later.iter().any(|argv| is_commanded_by(argv, path))
        };
        let goes = effect.kind == EffectKind::Delete
            && self
                .files
                .iter()
                .any(|file| Path::new(file).starts_with(path));
        is(path) || real.is_some_and(|real| is(&real)) || goes
    }
}

/// Whether it changes what lies at a place.
pub(in crate::govern) fn is_change(effect: &Effect) -> bool {
    use EffectKind as K;
    matches!(
        effect.kind,
        K::Write | K::Append | K::Create | K::Delete | K::Permission
    )
}

/// The commands that begin when others are done. What a script or a manifest names begins with what runs that.
fn begun_later(commands: &[Command], again: bool) -> Vec<Vec<String>> {
    let mut own = commands
        .iter()
        .filter(|command| command.reach != Reach::File && !is_of_the_shell(&command.argv))
        .map(|command| &command.argv);
    let Some(first) = own.next() else {
        return Vec::new();
    };
    // `timeout 60 make` begins `make` at once.
    let later = own.filter(|argv| !first.ends_with(argv)).cloned();
    later.chain(again.then(|| first.clone())).collect()
}

fn text(path: &Path) -> Option<String> {
    path.to_str().map(str::to_owned)
}
