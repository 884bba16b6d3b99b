//! Search over the words of cached messages (FTS5).

use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::SqliteCache;
use crate::{MessageHit, SessionKey};

type Result<T> = std::result::Result<T, sqlx::Error>;

/// More words than a person types; each one costs a lookup.
const MOST_WORDS: usize = 16;

/// A hit list longer than this is not read by a person.
const MOST_HITS: u32 = 500;

/// 24 words around the match fill two lines.
const SEARCH: &str = "SELECT transcript.gateway, transcript.session, message.id, message.at, \
    snippet(message_words, 0, '', '', '…', 24) \
    FROM message_words JOIN message ON message.row = message_words.rowid \
    JOIN transcript ON transcript.id = message.transcript \
    WHERE message_words MATCH ? ORDER BY message_words.rank, message.row DESC LIMIT ?";

impl SqliteCache {
    pub(super) async fn search(&self, text: &str, limit: u32) -> Result<Vec<MessageHit>> {
        let Some(expression) = expression(text) else {
            return Ok(Vec::new());
        };
        let rows = sqlx::query(SEARCH)
            .bind(expression)
            .bind(limit.min(MOST_HITS))
            .fetch_all(&self.cache.read)
            .await?;
        rows.iter().map(hit).collect()
    }
}

/// What was typed as an FTS5 expression: every word quoted, so that none is an operator, and the last one
/// also matching as a beginning. None where nothing is left to look for.
pub(crate) fn expression(text: &str) -> Option<String> {
    let words: Vec<String> = text
        .split(|c: char| c.is_whitespace() || c == '\0')
        .filter(|word| word.chars().any(char::is_alphanumeric))
        .take(MOST_WORDS)
        .map(|word| format!("\"{}\"", word.replace('"', "\"\"")))
        .collect();
    if words.is_empty() {
        None
    } else {
        Some(format!("{}*", words.join(" ")))
    }
}

fn hit(row: &SqliteRow) -> Result<MessageHit> {
    Ok(MessageHit {
        session: SessionKey {
            gateway: row.try_get(0)?,
            session: row.try_get(1)?,
        },
        message: row.try_get(2)?,
        at: row.try_get(3)?,
        excerpt: row.try_get(4)?,
    })
}

#[cfg(test)]
mod tests {
    use super::expression;

    #[test]
    fn nothing_that_is_typed_is_an_operator() {
        for (typed, wanted) in [
            ("deploy", Some(r#""deploy"*"#)),
            ("deploy the  app", Some(r#""deploy" "the" "app"*"#)),
            ("a OR b", Some(r#""a" "OR" "b"*"#)),
            (r#"say "hi"#, Some(r#""say" """hi"*"#)),
            ("text:x* NEAR(", Some(r#""text:x*" "NEAR("*"#)),
            ("  -- \0 ()", None),
            ("", None),
        ] {
            assert_eq!(expression(typed).as_deref(), wanted, "for {typed:?}");
        }
    }
}
