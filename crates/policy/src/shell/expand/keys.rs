//! Elements of arrays that are set and found by a key: `a=([2]=x)`, `declare -A m`, `m[k]=x`.

use super::super::judge::Judge;
use super::super::scope::{Keys, Scope, Value};
use super::super::syntax::{Part, Word as Written};
use crate::word::Word;

impl Judge<'_> {
    /// What a subscript comes to: a text where the keys are texts, otherwise what is calculated.
    pub(in crate::shell) fn subscript(
        &mut self,
        array: &Value,
        index: &[Part],
        scope: &mut Scope,
    ) -> Option<String> {
        let word = if array.has_texts() {
            self.parts_as_one(index, scope)
        } else {
            self.arithmetic(index, scope)
        };
        word.known().map(str::to_owned)
    }
}

/// The element of a key; none where that is not known.
pub(super) fn element(keys: &Keys, words: &[Word], key: &str) -> Option<Word> {
    let named = keys.names.iter().zip(words).rev();
    for (name, word) in named {
        match name {
            // It may have been set anew here.
            None => return None,
            Some(name) if name == key => return Some(word.clone()),
            Some(_) => {}
        }
    }
    None
}

/// `[key]=value` as a member of an array: the parts of the key, and the value.
pub(in crate::shell) fn member(word: &Written) -> Option<(Vec<Part>, Written)> {
    let mut key = Vec::new();
    let mut parts = word.parts.iter();
    let mut open = false;
    let value = loop {
        let part = parts.next()?;
        let (Part::Text(text) | Part::Glob(text)) = part else {
            if !open {
                return None;
            }
            key.push(part.clone());
            continue;
        };
        let mut text = text.as_str();
        if !open {
            text = text.strip_prefix('[')?;
            open = true;
        }
        if let Some((inner, rest)) = text.split_once("]=") {
            key.push(Part::Text(inner.to_owned()));
            break rest.to_owned();
        }
        match (text.strip_suffix(']'), parts.as_slice().first()) {
            (Some(inner), Some(Part::Text(next))) if next.starts_with('=') => {
                key.push(Part::Text(inner.to_owned()));
                let rest = next[1..].to_owned();
                parts.next();
                break rest;
            }
            _ => key.push(Part::Text(text.to_owned())),
        }
    };
    let mut found = Vec::new();
    match value.strip_prefix('~') {
        Some(rest) => {
            let end = rest.find('/').unwrap_or(rest.len());
            found.push(Part::Tilde(rest[..end].to_owned()));
            found.push(Part::Text(rest[end..].to_owned()));
        }
        None => found.push(Part::Text(value)),
    }
    found.extend(parts.cloned());
    found.retain(|part| !matches!(part, Part::Text(text) if text.is_empty()));
    let value = Written {
        parts: found,
        at: word.at,
    };
    Some((key, value))
}
