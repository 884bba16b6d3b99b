//! Checkpoints (C2SP, <https://c2sp.org/tlog-checkpoint>): a signed note of the log's name, how many records
//! it has, and the root over them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::hash::Hash;
use crate::note::{self, NoteError, Signer, Verifier};

/// How the line with the time begins.
const AT: &str = "at ";

/// The line that says that an export ends here.
const END: &str = "export ends";

/// How many records a log has, and their root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log's name, which is also that of its key.
    pub origin: String,
    pub size: u64,
    pub root: Hash,
    /// When it was signed, in milliseconds since 1970; older ones do not say.
    pub at: Option<i64>,
}

impl Checkpoint {
    /// The text that is signed.
    pub fn text(&self) -> String {
        let root = STANDARD.encode(self.root.0);
        let at = self.at.map(|at| format!("{AT}{at}\n"));
        let (origin, size) = (&self.origin, self.size);
        format!("{origin}\n{size}\n{root}\n{}", at.unwrap_or_default())
    }

    /// Reads such a text. Of the lines after the third, which are a log's own, the time is ours.
    pub fn read(text: &str) -> Option<Self> {
        let body = text.strip_suffix('\n')?;
        let mut lines = body.split('\n');
        let (origin, size, root) = (lines.next()?, lines.next()?, lines.next()?);
        let own: Vec<&str> = lines.collect();
        if origin.is_empty() || own.iter().any(|line| line.is_empty()) || !is_decimal(size) {
            return None;
        }
        let at = own.iter().find_map(|line| line.strip_prefix(AT));
        Some(Self {
            origin: origin.to_owned(),
            size: size.parse().ok()?,
            root: Hash::from_slice(&STANDARD.decode(root).ok()?)?,
            at: at.and_then(|at| at.parse().ok()),
        })
    }

    /// The note.
    pub fn sign(&self, signer: &Signer) -> Result<String, NoteError> {
        signer.sign(&self.text())
    }

    /// The note of the end of an export, which no other checkpoint can stand for.
    pub fn sign_end(&self, signer: &Signer) -> Result<String, NoteError> {
        signer.sign(&format!("{}{END}\n", self.text()))
    }

    /// As [`Self::open`], of such a note alone.
    pub fn open_end(note: &str, keys: &[Verifier]) -> Result<Self, NoteError> {
        let text = note::open(note, keys)?;
        if text.lines().skip(3).any(|line| line == END) {
            Self::open(note, keys)
        } else {
            Err(NoteError::Malformed)
        }
    }

    /// Reads a note that one of the keys signed, which has to be the key of this log.
    pub fn open(note: &str, keys: &[Verifier]) -> Result<Self, NoteError> {
        let text = note::open(note, keys)?;
        let checkpoint = Self::read(text).ok_or(NoteError::Malformed)?;
        if keys.iter().any(|key| key.name() == checkpoint.origin) {
            Ok(checkpoint)
        } else {
            Err(NoteError::Unsigned)
        }
    }
}

/// The key of a log by its 32 secret bytes, under a name that is the log's own: no two logs have one key.
pub fn log_signer(seed: &[u8; 32]) -> Signer {
    Signer::named_by_key("gatehouse.app/audit/", seed)
}

/// Without a sign and without leading zeros.
fn is_decimal(text: &str) -> bool {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits && (text == "0" || !text.starts_with('0'))
}
