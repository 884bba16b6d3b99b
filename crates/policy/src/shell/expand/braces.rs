//! `{a,b}` and `{1..9}`, before anything else is expanded.

use std::borrow::Cow;

use super::super::syntax::Part;

/// More words than this from one word are too many.
const MOST: usize = 256;

/// The words that braces make of one word; none where they are too many.
pub(super) fn expand(parts: &[Part]) -> Option<Vec<Cow<'_, [Part]>>> {
    if !parts
        .iter()
        .any(|p| matches!(p, Part::Brace(_) | Part::Range(_)))
    {
        return Some(vec![Cow::Borrowed(parts)]);
    }
    let mut words: Vec<Vec<Part>> = vec![Vec::new()];
    for part in parts {
        let choices: Vec<Vec<Part>> = match part {
            Part::Brace(members) => {
                let mut choices = Vec::new();
                for member in members {
                    choices.extend(expand(member)?.into_iter().map(Cow::into_owned));
                }
                choices
            }
            Part::Range(text) => range(text)?
                .into_iter()
                .map(|text| vec![Part::Text(text)])
                .collect(),
            other => vec![vec![other.clone()]],
        };
        if words.len() * choices.len() > MOST {
            return None;
        }
        words = words
            .iter()
            .flat_map(|word| {
                choices
                    .iter()
                    .map(move |choice| [word.as_slice(), choice].concat())
            })
            .collect();
    }
    Some(words.into_iter().map(Cow::Owned).collect())
}

fn range(text: &str) -> Option<Vec<String>> {
    let inner = text.trim_start_matches('{').trim_end_matches('}');
    let ends: Vec<&str> = inner.split("..").collect();
    let (&first, &last) = (ends.first()?, ends.get(1)?);
    let step = match ends.get(2) {
        Some(step) => step.parse::<i64>().ok()?.unsigned_abs().max(1),
        None => 1,
    };
    if let (Ok(from), Ok(to)) = (first.parse::<i64>(), last.parse::<i64>()) {
        let width = [first, last]
            .iter()
            .filter(|end| end.trim_start_matches('-').starts_with('0') && end.len() > 1)
            .map(|end| end.len())
            .max()
            .unwrap_or(0);
        return Some(
            count(from, to, step)?
                .into_iter()
                .map(|n| format!("{n:0width$}"))
                .collect(),
        );
    }
    let (from, to) = (first.bytes().next()?, last.bytes().next()?);
    let letters = count(i64::from(from), i64::from(to), step)?;
    Some(
        letters
            .into_iter()
            .filter_map(|n| u8::try_from(n).ok())
            .map(|byte| char::from(byte).to_string())
            .collect(),
    )
}

fn count(from: i64, to: i64, step: u64) -> Option<Vec<i64>> {
    let distance = from.abs_diff(to) / step;
    if distance >= MOST as u64 {
        return None;
    }
    let step = i64::try_from(step).ok()?;
    let signed = if from <= to { step } else { -step };
    (0..=distance as i64)
        .map(|n| n.checked_mul(signed).and_then(|d| from.checked_add(d)))
        .collect()
}
