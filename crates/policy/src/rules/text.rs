//! A text in JSON5 before it is read, and where one that cannot be read is wrong.

use json5::ErrorCode;

use super::locate::Place;

/// Where a text is no JSON5, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Json5Fault {
    /// From 1, as is the column.
    pub line: u32,
    pub column: u32,
    pub what: String,
}

impl Json5Fault {
    /// The parser gives a text that ends too soon the place where the value begins that has no end; what is missing is
    /// missing at the end of the text.
    pub fn of(error: &json5::Error, text: &str) -> Self {
        let end = Place::of(text.trim_end().len(), text);
        let code = error.code();
        let said = error
            .position()
            .filter(|_| !code.is_some_and(ends_too_soon));
        let place = said.map_or(end, |position| Place {
            line: u32::try_from(position.line + 1).unwrap_or(u32::MAX),
            column: u32::try_from(position.column + 1).unwrap_or(u32::MAX),
        });
        let what = code.map_or_else(|| error.to_string(), |code| code.to_string());
        Self {
            line: place.line,
            column: place.column,
            what,
        }
    }
}

fn ends_too_soon(code: ErrorCode) -> bool {
    matches!(
        code,
        ErrorCode::EofParsingArray
            | ErrorCode::EofParsingBool
            | ErrorCode::EofParsingComment
            | ErrorCode::EofParsingEscapeSequence
            | ErrorCode::EofParsingIdentifier
            | ErrorCode::EofParsingNull
            | ErrorCode::EofParsingNumber
            | ErrorCode::EofParsingObject
            | ErrorCode::EofParsingString
            | ErrorCode::EofParsingValue
    )
}

/// How deep brackets are nested in a text in JSON5, at most. Those in texts and comments count too, which errs on the
/// safe side.
pub fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_wrong_where_it_is_and_one_that_ends_too_soon_at_its_end() {
        for (text, line, column) in [
            ("{\n  a: {b: 1,\n", 2, 12),
            ("{\n  a: [1, 2", 2, 11),
            ("{\n  a: 'open", 2, 11),
            ("{\n  a: 1 b: 2}", 2, 8),
        ] {
            let error = json5::from_str::<serde_json::Value>(text).unwrap_err();
            let fault = Json5Fault::of(&error, text);
            assert_eq!(
                (fault.line, fault.column),
                (line, column),
                "{text}: {fault:?}"
            );
        }
    }
}
