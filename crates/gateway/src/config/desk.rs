//! The one who owns the configuration while the gateway runs: it reads the file when it changes, writes it when
//! a client changes it, and hands out the last one that was good.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep_until};
use zeroize::Zeroizing;

use super::changes::{self, Change, ListFault};
use super::clear_keys::{self, ClearKey, Referred};
use super::comments;
use super::edit::{Edit, EditError, Edited, FileState, Recorder};
use super::file::{ConfigPlace, revision};
use super::read::{Env, Reading, read, read_value};
use super::sections::ROOT;
use super::shape::Reload;
use super::{Config, ConfigError, Mistake, redact};

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
        Recorder,
        oneshot::Sender<Result<Edited, EditError>>,
    ),
    ClearKeys(oneshot::Sender<Vec<ClearKey>>),
    Refer(
        Vec<Referred>,
        Recorder,
        oneshot::Sender<Result<Vec<Change>, EditError>>,
    ),
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
    pub(crate) async fn refer(
        &self,
        keys: Vec<Referred>,
        record: Recorder,
    ) -> Result<Vec<Change>, EditError> {
        let (answer, waiting) = oneshot::channel();
        let desk = self.desk.as_ref().ok_or(EditError::NoFile)?;
        let told = desk.send(Command::Refer(keys, record, answer));
        told.map_err(|_| EditError::NoFile)?;
        waiting.await.map_err(|_| EditError::NoFile)?
    }

    /// Changes the file. `base` is the hash of what the client looked at.
    pub(crate) async fn edit(
        &self,
        edit: Edit,
        base: Option<String>,
        record: Recorder,
    ) -> Result<Edited, EditError> {
        let (answer, waiting) = oneshot::channel();
        let desk = self.desk.as_ref().ok_or(EditError::NoFile)?;
        let told = desk.send(Command::Edit(edit, base, record, answer));
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
    /// As the gateway was started with.
    started_with: Value,
    mistakes: Vec<Mistake>,
    /// It could not be read when it was last looked at.
    is_unread: bool,
    current: watch::Sender<Arc<Config>>,
    inbox: mpsc::UnboundedReceiver<Command>,
    debounce: Duration,
    /// Whether what a hand writes into the file takes effect while the gateway runs.
    follows: bool,
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
        let reload = &reading.config.gateway.reload;
        let debounce = Duration::from_millis(reload.debounce_ms);
        let follows = reload.mode != "off";
        let (current, watch) = watch::channel(Arc::new(reading.config));
        // No bound: whoever sends a command waits for its answer, one for each request at work.
        let (commands, inbox) = mpsc::unbounded_channel();
        let desk = Self {
            place,
            env,
            text,
            started_with: reading.source.clone(),
            source: reading.source,
            mistakes: Vec::new(),
            is_unread: false,
            current,
            inbox,
            debounce,
            follows,
            tell: Box::new(tell),
        };
        let handle = ConfigHandle {
            current: watch,
            desk: Some(commands),
        };
        (handle, desk)
    }

    /// Runs until the last handle is gone. `touched` is told when the file may have changed; it is read when no further
    /// change came for a while, and nobody who asks meanwhile has to wait for that.
    pub(crate) async fn run(mut self, mut touched: mpsc::Receiver<()>) {
        let mut watching = true;
        let mut due: Option<Instant> = None;
        loop {
            tokio::select! {
                biased;
                command = self.inbox.recv() => match command {
                    Some(command) => self.handle(command).await,
                    None => return,
                },
                touch = touched.recv(), if watching => match touch {
                    Some(()) => due = Some(Instant::now() + self.debounce),
                    None => watching = false,
                },
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    due = None;
                    self.read_anew();
                }
            }
        }
    }

    /// Reads the file where it is not as it was last read or written. False when it cannot be read.
    fn read_anew(&mut self) -> bool {
        self.place.prefer_own();
        let text = match self.place.text() {
            Ok(text) => text,
            Err(error) => {
                self.is_unread = true;
                self.refuse(error);
                return false;
            }
        };
        if text == self.text && !std::mem::take(&mut self.is_unread) {
            return true;
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
            Ok(reading) if self.follows => {
                let changes = self.take(reading);
                let hash = self.hash();
                (self.tell)(Reloaded::Reread(changes, hash));
            }
            // It waits for the next start, or for a call that changes it.
            Ok(reading) => {
                self.source = reading.source;
                self.mistakes.clear();
            }
            Err(error) => self.refuse(error),
        }
        true
    }

    /// The last good one stays in force. What was said already is not said again.
    fn refuse(&mut self, error: ConfigError) {
        let mistakes = told_as_mistakes(&error);
        if self.mistakes != mistakes {
            self.mistakes = mistakes;
            (self.tell)(Reloaded::Refused(error));
        }
    }

    fn has_settings(&self) -> bool {
        self.source
            .as_object()
            .is_some_and(|sections| !sections.is_empty())
    }

    async fn handle(&mut self, command: Command) {
        // Whoever asked may have gone; an edit stands all the same.
        match command {
            Command::Look(answer) => {
                if !self.follows {
                    self.read_anew();
                }
                let _ = answer.send(self.state());
            }
            Command::Edit(edit, base, record, answer) => {
                let _ = answer.send(self.edit(edit, base, record).await);
            }
            Command::ClearKeys(answer) => {
                let _ = answer.send(clear_keys::found(&self.source));
            }
            Command::Refer(keys, record, answer) => {
                let _ = answer.send(self.refer(&keys, record).await);
            }
        }
    }

    async fn edit(
        &mut self,
        edit: Edit,
        base: Option<String>,
        record: Recorder,
    ) -> Result<Edited, EditError> {
        // What a hand wrote a moment ago is not known yet, and must not be written over.
        if !self.read_anew() {
            return Err(EditError::Unreadable(self.place.read_from.clone()));
        }
        match (&self.text, base) {
            (None, _) => {}
            (Some(_), None) => return Err(EditError::NoBase),
            (Some(_), Some(base)) if base != self.hash() => return Err(EditError::Conflict),
            (Some(_), Some(_)) => {}
        }
        let (mut wanted, as_written) = match edit {
            Edit::Replace(raw) => (self.parse(&raw)?, Some(raw)),
            Edit::Merge(raw, replaced) => {
                let patch = self.parse(&raw)?;
                let mut merged = self.source.clone();
                match changes::list_fault(&self.source, &patch, &replaced) {
                    Some(ListFault::Shrinks(path)) => return Err(EditError::ListWouldShrink(path)),
                    Some(ListFault::Twice(path)) => return Err(EditError::IdTwice(path)),
                    None => changes::merge(&mut merged, &patch, &replaced),
                }
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
        let (changes, comments) = self.keep(text, reading, record).await?;
        Ok(Edited {
            file: self.state(),
            changes,
            comments,
        })
    }

    async fn refer(
        &mut self,
        keys: &[Referred],
        record: Recorder,
    ) -> Result<Vec<Change>, EditError> {
        if !self.read_anew() {
            return Err(EditError::Unreadable(self.place.read_from.clone()));
        }
        let mut wanted = self.source.clone();
        if !clear_keys::replace(&mut wanted, keys) {
            return Ok(Vec::new());
        }
        let reading = read_value(wanted, &self.env)?;
        let own_words = self
            .text
            .as_deref()
            .and_then(|text| clear_keys::replace_in_text(text, keys, &reading.source));
        let text = own_words.unwrap_or_else(|| pretty(&reading.source));
        let (changes, _) = self.keep(text, reading, record).await?;
        Ok(changes)
    }

    /// Writes the file, once that is recorded, and takes it into force. Says what changed, and where comments were kept
    /// that the new text has not.
    async fn keep(
        &mut self,
        text: String,
        reading: Reading,
        record: Recorder,
    ) -> Result<(Vec<Change>, Option<PathBuf>), EditError> {
        let changes = changes::between(&ROOT, &self.source, &reading.source);
        let recorded = record(&changes, &self.place.write_to).await;
        recorded.map_err(EditError::NotRecorded)?;
        // A hand may have written to it while that was recorded.
        if self.place.text()? != self.text {
            return Err(EditError::Conflict);
        }
        let comments = self.keep_comments(&text)?;
        let backup = pretty(&redact::hidden(&ROOT, &self.source));
        self.place
            .write(&text, self.text.as_ref().map(|_| backup.as_str()))?;
        // From here on the file is our own, wherever it was read from before.
        self.place.read_from = self.place.write_to.clone();
        self.text = Some(Zeroizing::new(text));
        self.take(reading);
        (self.tell)(Reloaded::Applied(changes.clone(), self.hash()));
        Ok((changes, comments))
    }

    /// Keeps the text beside the file where the one that is to be written lacks comments of it. The file of another
    /// program stays as it is.
    fn keep_comments(&self, after: &str) -> Result<Option<PathBuf>, ConfigError> {
        let is_own = self.place.read_from == self.place.write_to;
        let before = self.text.as_deref().filter(|_| is_own);
        let Some(before) = before.filter(|before| comments::are_lost(before, after)) else {
            return Ok(None);
        };
        let secrets = redact::secrets(&ROOT, &self.source);
        let shown = redact::hidden(&ROOT, &self.source);
        let kept = comments::keepsake(before, &secrets, &shown);
        let path = self.place.keep_comments(&kept)?;
        tracing::warn!(
            kept_in = %path.display(),
            "the configuration was written without comments that it had"
        );
        Ok(Some(path))
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
            waiting: self.waiting(),
        }
    }

    fn waiting(&self) -> Vec<String> {
        changes::between(&ROOT, &self.started_with, &self.source)
            .into_iter()
            .filter(|change| change.reload == Reload::Restart || !self.follows)
            .map(|change| change.path)
            .collect()
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
