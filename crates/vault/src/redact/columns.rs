//! How `od` and `hexdump` write bytes in columns: as characters, as octal numbers, and as words of two bytes of which the
//! second comes first. White space between them is left out here, as it is where they are looked for.

use zeroize::Zeroizing;

use super::forms::{Form, LOWER, digits};

/// Every way of those two programs that is not plain hexadecimal. A word may begin with the value's first byte or with
/// the byte before: of a byte that shares its word with a neighbour nothing is certain.
pub(super) fn in_columns(value: &str) -> Vec<Form> {
    let bytes = value.as_bytes();
    let mut forms = vec![one_letter_each(value), characters(bytes), octal(bytes)];
    for from in [0, 1] {
        let (words, _) = bytes.get(from..).unwrap_or_default().as_chunks::<2>();
        forms.push(hex_words(words));
        forms.push(octal_words(words));
    }
    forms
}

/// The value without white space: one letter a line, or with spaces between.
fn one_letter_each(value: &str) -> Form {
    let mut form = Zeroizing::new(Vec::with_capacity(value.len()));
    let letters = value.bytes().filter(|byte| !byte.is_ascii_whitespace());
    form.extend(letters);
    form
}

/// `od -c`: what cannot be shown has an escape or three octal digits.
fn characters(bytes: &[u8]) -> Form {
    let mut form = Zeroizing::new(Vec::with_capacity(bytes.len() * 3));
    for byte in bytes {
        match byte {
            b' ' => {}
            b'\n' => form.extend_from_slice(b"\\n"),
            b'\r' => form.extend_from_slice(b"\\r"),
            b'\t' => form.extend_from_slice(b"\\t"),
            byte if byte.is_ascii_graphic() => form.push(*byte),
            byte => form.extend(octal_digits(u16::from(*byte), 3)),
        }
    }
    form
}

/// `od -b`.
fn octal(bytes: &[u8]) -> Form {
    let mut form = Zeroizing::new(Vec::with_capacity(bytes.len() * 3));
    for byte in bytes {
        form.extend(octal_digits(u16::from(*byte), 3));
    }
    form
}

/// `hexdump` and `od -x`.
fn hex_words(words: &[[u8; 2]]) -> Form {
    let mut form = Zeroizing::new(Vec::with_capacity(words.len() * 4));
    for [first, second] in words {
        form.extend(digits(*second, LOWER));
        form.extend(digits(*first, LOWER));
    }
    form
}

/// `od` as it is.
fn octal_words(words: &[[u8; 2]]) -> Form {
    let mut form = Zeroizing::new(Vec::with_capacity(words.len() * 6));
    for word in words {
        form.extend(octal_digits(u16::from_le_bytes(*word), 6));
    }
    form
}

fn octal_digits(number: u16, count: u16) -> impl Iterator<Item = u8> {
    let digit = move |place| b'0' + (number >> (3 * place) & 7) as u8;
    (0..count).rev().map(digit)
}
