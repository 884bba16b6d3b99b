//! The one who owns the configuration while the gateway runs: it reads the file when it changes, writes it when
//! a client changes it, and hands out the last one that was good.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{mpsc, oneshot, watch};
use zeroize::Zeroizing;

use super::changes::{self, Change};
use super::clear_keys::{self, ClearKey, Referred};
use super::file::{ConfigPlace, revision};
use super::read::{Env, Reading, read, read_value};
use super::sections::ROOT;
use super::{Config, ConfigError, Mistake, redact};

/// The file as it is, good or not.
#[derive(Clone)]
pub struct FileState {
    pub place: ConfigPlace,
    pub exists: bool,
    /// Without secrets, as is everything here.
    pub raw: String,
    pub parsed: Value,
    pub hash: String,
    /// What is wrong with it; the configuration in force is then an earlier one.
    pub mistakes: Vec<Mistake>,
}

/// What a client wants to write.
#[derive(Debug, Clone)]
pub enum Edit {
    /// The whole file.
    Replace(String),
    /// RFC 7396, with the paths of lists that may lose entries.
    Merge(String, Vec<String>),
}

/// An edit that was made.
pub struct Edited {
    pub file: FileState,
    /// Values that changed, and whether each takes effect now.
    pub changes: Vec<Change>,
}

/// Why an edit was not made.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    #[error("config base hash required; re-run config.get and retry")]
    NoBase,
    #[error("config changed since last load; re-run config.get and retry")]
    Conflict,
    #[error("a hidden secret has no value to stand for")]
    Sentinel,
    #[error("the edit would drop entries of the list {0}; name it in replacePaths")]
    ListWouldShrink(String),
    #[error(transparent)]
    Invalid(#[from] ConfigError),
    #[error("the gateway runs without a configuration file")]
    NoFile,
}

/// The configuration in force. Cheap to clone; every look is at one whole, unchanging snapshot.
#[derive(Clone)]
pub struct ConfigHandle {
    current: watch::Receiver<Arc<Config>>,
    desk: Option<mpsc::UnboundedSender<Command>>,
}

enum Command {
    Look(oneshot::Sender<FileState>),
    Edit(
        Edit,
        Option<String>,
        oneshot::Sender<Result<Edited, EditError>>,
    ),
    ClearKeys(oneshot::Sender<Vec<ClearKey>>),
    Refer(Vec<Referred>, oneshot::Sender<Result<(), EditError>>),
}

impl ConfigHandle {
    /// A configuration that does not change.
    pub fn fixed(config: Config) -> Self {
        let (_, current) = watch::channel(Arc::new(config));
        Self {
            current,
            desk: None,
        }
    }

    pub fn current(&self) -> Arc<Config> {
        self.current.borrow().clone()
    }

    /// Tells of every later configuration.
    pub fn watch(&self) -> watch::Receiver<Arc<Config>> {
        self.current.clone()
    }

    /// The file as it is.
    pub async fn file(&self) -> Option<FileState> {
        let (answer, waiting) = oneshot::channel();
        self.desk.as_ref()?.send(Command::Look(answer)).ok()?;
        waiting.await.ok()
    }

    /// Keys of model providers that stand in the file in the clear.
    pub(crate) async fn clear_keys(&self) -> Vec<ClearKey> {
        let (answer, waiting) = oneshot::channel();
        let Some(desk) = &self.desk else {
            return Vec::new();
        };
        // A desk that is gone has no file.
        let _ = desk.send(Command::ClearKeys(answer));
        waiting.await.unwrap_or_default()
    }

    /// Puts references in the place of such keys.
    pub(crate) async fn refer(&self, keys: Vec<Referred>) -> Result<(), EditError> {
        let (answer, waiting) = oneshot::channel();
        let desk = self.desk.as_ref().ok_or(EditError::NoFile)?;
        let told = desk.send(Command::Refer(keys, answer));
        told.map_err(|_| EditError::NoFile)?;
        waiting.await.map_err(|_| EditError::NoFile)?
    }

    /// Changes the file. `base` is the hash of what the client looked at.
    pub async fn edit(&self, edit: Edit, base: Option<String>) -> Result<Edited, EditError> {
        let (answer, waiting) = oneshot::channel();
        let desk = self.desk.as_ref().ok_or(EditError::NoFile)?;
        let told = desk.send(Command::Edit(edit, base, answer));
        told.map_err(|_| EditError::NoFile)?;
        waiting.await.map_err(|_| EditError::NoFile)?
    }
}

/// What became of a change of the file.
pub(crate) enum Reloaded {
    /// By a call, which records it.
    Applied(Vec<Change>, String),
    /// By a hand on the file.
    Reread(Vec<Change>, String),
    /// The last good one stays in force.
    Refused(ConfigError),
}

/// The owner's task.
pub(crate) struct ConfigDesk {
    place: ConfigPlace,
    env: Env,
    /// The text as it was last read or written.
    text: Option<Zeroizing<String>>,
    source: Value,
    mistakes: Vec<Mistake>,
    current: watch::Sender<Arc<Config>>,
    inbox: mpsc::UnboundedReceiver<Command>,
    debounce: Duration,
    tell: Box<dyn Fn(Reloaded) + Send>,
}

impl ConfigDesk {
    /// `tell` hears of every change that did not come from a start.
    pub(crate) fn start(
        place: ConfigPlace,
        env: Env,
        text: Option<Zeroizing<String>>,
        reading: Reading,
        tell: impl Fn(Reloaded) + Send + 'static,
    ) -> (ConfigHandle, Self) {
        let debounce = Duration::from_millis(reading.config.gateway.reload.debounce_ms);
        let (current, watch) = watch::channel(Arc::new(reading.config));
        // No bound: whoever sends a command waits for its answer, one for each request at work.
        let (commands, inbox) = mpsc::unbounded_channel();
        let desk = Self {
            place,
            env,
            text,
            source: reading.source,
            mistakes: Vec::new(),
            current,
            inbox,
            debounce,
            tell: Box::new(tell),
        };
        let handle = ConfigHandle {
            current: watch,
            desk: Some(commands),
        };
        (handle, desk)
    }

    /// Runs until the last handle is gone. `touched` is told when the file may have changed.
    pub(crate) async fn run(mut self, mut touched: mpsc::Receiver<()>) {
        let mut watching = true;
        loop {
            tokio::select! {
                biased;
                command = self.inbox.recv() => match command {
                    Some(command) => self.handle(command),
                    None => return,
                },
                touch = touched.recv(), if watching => match touch {
                    Some(()) => self.settle(&mut touched).await,
                    None => watching = false,
                },
            }
        }
    }

    /// Waits until no further change comes, then reads.
    async fn settle(&mut self, touched: &mut mpsc::Receiver<()>) {
        while let Ok(Some(())) = tokio::time::timeout(self.debounce, touched.recv()).await {}
        let text = match self.place.text() {
            Ok(text) => text,
            Err(error) => return (self.tell)(Reloaded::Refused(error)),
        };
        if text == self.text {
            return;
        }
        let path = self.place.read_from.clone();
        let written = text.as_ref().map_or("", |text| text.as_str());
        let outcome = match written.trim().is_empty() && self.has_settings() {
            // Whoever wants none of the settings writes {}: a file that is gone or empty is a slip or a crash.
            true => Err(ConfigError::Emptied { path }),
            false => read(written, &path, &self.env),
        };
        self.text = text;
        match outcome {
            Ok(reading) => {
                let changes = self.take(reading);
                let hash = self.hash();
                (self.tell)(Reloaded::Reread(changes, hash));
            }
            Err(error) => {
                self.mistakes = told_as_mistakes(&error);
                (self.tell)(Reloaded::Refused(error));
            }
        }
    }

    fn has_settings(&self) -> bool {
        self.source
            .as_object()
            .is_some_and(|sections| !sections.is_empty())
    }

    fn handle(&mut self, command: Command) {
        // Whoever asked may have gone; an edit stands all the same.
        match command {
            Command::Look(answer) => {
                let _ = answer.send(self.state());
            }
            Command::Edit(edit, base, answer) => {
                let _ = answer.send(self.edit(edit, base));
            }
            Command::ClearKeys(answer) => {
                let _ = answer.send(clear_keys::found(&self.source));
            }
            Command::Refer(keys, answer) => {
                let _ = answer.send(self.refer(&keys));
            }
        }
    }

    fn edit(&mut self, edit: Edit, base: Option<String>) -> Result<Edited, EditError> {
        match (&self.text, base) {
            (None, _) => {}
            (Some(_), None) => return Err(EditError::NoBase),
            (Some(_), Some(base)) if base != self.hash() => return Err(EditError::Conflict),
            (Some(_), Some(_)) => {}
        }
        let (mut wanted, as_written) = match edit {
            Edit::Replace(raw) => (self.parse(&raw)?, Some(raw)),
            Edit::Merge(raw, may_shrink) => {
                let patch = self.parse(&raw)?;
                let mut merged = self.source.clone();
                if let Some(path) = changes::shrunk_list(&self.source, &patch, &may_shrink) {
                    return Err(EditError::ListWouldShrink(path));
                }
                changes::merge(&mut merged, &patch);
                (merged, None)
            }
        };
        let had_sentinel = redact::has_sentinel(&wanted);
        if had_sentinel && !redact::restore(&mut wanted, &self.source) {
            return Err(EditError::Sentinel);
        }
        let reading = read_value(wanted, &self.env)?;
        let keeps_words = !had_sentinel && reading.changes.is_empty();
        let text = match as_written.filter(|_| keeps_words) {
            Some(raw) => raw,
            None => pretty(&reading.source),
        };
        let changes = self.keep(text, reading)?;
        Ok(Edited {
            file: self.state(),
            changes,
        })
    }

    fn refer(&mut self, keys: &[Referred]) -> Result<(), EditError> {
        let mut wanted = self.source.clone();
        if !clear_keys::replace(&mut wanted, keys) {
            return Ok(());
        }
        let reading = read_value(wanted, &self.env)?;
        let own_words = self
            .text
            .as_deref()
            .and_then(|text| clear_keys::replace_in_text(text, keys, &reading.source));
        let text = own_words.unwrap_or_else(|| pretty(&reading.source));
        self.keep(text, reading).map(drop)
    }

    /// Writes the file and takes it into force.
    fn keep(&mut self, text: String, reading: Reading) -> Result<Vec<Change>, EditError> {
        let backup = pretty(&redact::hidden(&ROOT, &self.source));
        self.place
            .write(&text, self.text.as_ref().map(|_| backup.as_str()))?;
        // From here on the file is our own, wherever it was read from before.
        self.place.read_from = self.place.write_to.clone();
        self.text = Some(Zeroizing::new(text));
        let changes = self.take(reading);
        (self.tell)(Reloaded::Applied(changes.clone(), self.hash()));
        Ok(changes)
    }

    fn parse(&self, raw: &str) -> Result<Value, ConfigError> {
        super::read::parse(raw, &self.place.write_to)
    }

    fn take(&mut self, reading: Reading) -> Vec<Change> {
        let changes = changes::between(&ROOT, &self.source, &reading.source);
        self.source = reading.source;
        self.mistakes.clear();
        self.current.send_replace(Arc::new(reading.config));
        changes
    }

    /// The opaque name of the file's state.
    pub(crate) fn hash(&self) -> String {
        revision(self.text.as_ref().map_or("", |text| text.as_str()))
    }

    fn state(&self) -> FileState {
        let parsed = redact::hidden(&ROOT, &self.source);
        FileState {
            place: self.place.clone(),
            exists: self.text.is_some(),
            raw: self.shown_text(&parsed),
            parsed,
            hash: self.hash(),
            mistakes: self.mistakes.clone(),
        }
    }

    /// The person's own words with the secrets blotted out; where that cannot be done safely, the values alone.
    fn shown_text(&self, parsed: &Value) -> String {
        let mut text = self.text.as_deref().cloned().unwrap_or_default();
        for secret in redact::secrets(&ROOT, &self.source) {
            if !secret.is_empty() {
                text = text.replace(&secret, redact::SENTINEL);
            }
        }
        let safe = json5::from_str::<Value>(&text).is_ok_and(|shown| shown == *parsed);
        if safe || text.is_empty() {
            text
        } else {
            pretty(parsed)
        }
    }
}

pub(super) fn pretty(value: &Value) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("a value is JSON");
    text.push('\n');
    text
}

fn told_as_mistakes(error: &ConfigError) -> Vec<Mistake> {
    match error {
        ConfigError::Mistakes(mistakes) => mistakes.clone(),
        other => vec![Mistake {
            path: "the configuration".to_owned(),
            problem: other.to_string(),
            suggestion: None,
        }],
    }
}
