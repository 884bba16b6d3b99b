//! A word of a command, as far as it is known before it runs.

/// Why a word is not known that is a number, whatever it is.
pub(crate) const NUMBER: &str = "a number";

/// Three-valued: known, known in part, unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Word {
    Known(String),
    /// Known and unknown pieces, in order. A pattern (`*.log`) is a piece of its own.
    Partial(Vec<Piece>),
    /// Nothing is known, and why: `command substitution`, `$UNSET`.
    Unknown(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Text(String),
    /// An unquoted `*`, `?` or `[…]`, as it was written.
    Pattern(String),
    /// What is only known when it runs, and why.
    Unknown(String),
}

impl Word {
    pub fn known(&self) -> Option<&str> {
        match self {
            Self::Known(text) => Some(text),
            Self::Partial(_) | Self::Unknown(_) => None,
        }
    }

    /// The text it surely begins with.
    pub fn prefix(&self) -> &str {
        match self {
            Self::Known(text) => text,
            Self::Partial(pieces) => match pieces.first() {
                Some(Piece::Text(text)) => text,
                _ => "",
            },
            Self::Unknown(_) => "",
        }
    }
}

impl From<&str> for Word {
    fn from(text: &str) -> Self {
        Self::Known(text.to_owned())
    }
}
