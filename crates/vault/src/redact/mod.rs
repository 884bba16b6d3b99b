//! Takes known secrets out of text: the last net under the log, the transcript and the audit, for what should
//! never have got there.
//!
//! It knows the values it was told, as they are and as they are commonly written (see `forms`): base64 at any
//! place inside of a longer text, base32, hex, percent-encoded, escaped for JSON or a Rust debug print, quoted by a shell
//! (see `shell`), reversed; and in the layouts of `xxd`, `hexdump` and `od` (see `layout` and `columns`). It finds them across
//! the borders of chunks too (see [`RedactingStream`]). It does not guess what looks like a secret. Of a secret that is kept as a JSON object it
//! knows the whole and the fields that are secret by their name.
//!
//! What it knows lies in memory masked, and in automata whose bytes are scattered: a look at the process finds no
//! secret in one piece because of it.

mod columns;
mod forms;
mod layout;
mod masked;
mod patterns;
mod shell;
mod stream;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, PoisonError, RwLock};

use crate::Secret;
use masked::Masked;
use patterns::Patterns;

pub use stream::RedactingStream;

/// What stands in the place of a secret.
pub const REDACTED: &str = "[redacted]";

/// Shorter values would blacken ordinary words. No token is this short; a password that is, is no secret.
const SHORTEST: usize = 6;

/// How many values are remembered; the oldest are forgotten first. A gateway has five of its own, and the
/// credentials that agents may use.
const MOST: usize = 4096;

/// Knows secrets and takes them out of text. A clone knows the same ones.
#[derive(Clone, Default)]
pub struct Redactor(Arc<RwLock<Known>>);

#[derive(Default)]
struct Known {
    secrets: VecDeque<Masked>,
    patterns: Arc<Patterns>,
}

impl Redactor {
    pub fn new() -> Self {
        Self::default()
    }

    /// Remembers a value. One that is too short to be told from ordinary text is not taken.
    pub fn learn(&self, secret: &Secret) {
        self.learn_all(std::slice::from_ref(secret));
    }

    /// Remembers many at once, for the price of one.
    pub fn learn_all(&self, secrets: &[Secret]) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let mut is_new = false;
        for secret in secrets {
            let too_short = secret.expose().len() < SHORTEST;
            if too_short || known.secrets.iter().any(|one| one.matches(secret)) {
                continue;
            }
            known.secrets.push_back(Masked::new(secret));
            is_new = true;
        }
        if !is_new {
            return;
        }
        let over = known.secrets.len().saturating_sub(MOST);
        known.secrets.drain(..over);
        // It fails only past limits that thousands of secrets are far from; then the former ones stay known.
        match Patterns::of(known.secrets.iter()) {
            Ok(patterns) => known.patterns = Arc::new(patterns),
            Err(cause) => tracing::error!(%cause, "a secret could not be added to the redaction"),
        }
    }

    /// The text with every known secret replaced by [`REDACTED`].
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        if !self.patterns().find(text.as_bytes()) {
            return Cow::Borrowed(text);
        }
        let mut clean = Vec::with_capacity(text.len());
        let mut stream = self.stream();
        stream.push(text.as_bytes(), &mut clean);
        stream.finish(&mut clean);
        // A secret is text, so what is left of a text is one; the other arm is for the type alone.
        Cow::Owned(String::from_utf8(clean).unwrap_or_else(|_| REDACTED.to_owned()))
    }

    /// Redacts what comes in chunks.
    pub fn stream(&self) -> RedactingStream {
        RedactingStream::new(self.clone())
    }

    /// A writer that redacts what goes through it. Each call to `write` is taken as a whole, as the
    /// formatting layers of `tracing` write whole lines; for what comes in pieces there is [`Self::stream`].
    pub fn writer<W: io::Write>(&self, inner: W) -> RedactingWriter<W> {
        RedactingWriter {
            redactor: self.clone(),
            inner,
        }
    }

    fn patterns(&self) -> Arc<Patterns> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&known.patterns)
    }
}

/// Redacts what is written through it.
pub struct RedactingWriter<W> {
    redactor: Redactor,
    inner: W,
}

impl<W: io::Write> io::Write for RedactingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        self.inner
            .write_all(self.redactor.redact(&text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
