//! How a credential is named inside of a text: `{{cred:NAME}}`. That is all that a model, a transcript, a policy
//! and an audit ever see of it.

use super::CredentialName;

const BEGIN: &str = "{{cred:";
const END: &str = "}}";

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part<'a> {
    Text(&'a str),
    Reference(CredentialName),
}

/// A text begins a reference that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a credential is named as {{{{cred:NAME}}}}, and this is not: {0}")]
pub struct Malformed(String);

/// How a credential is referred to.
pub fn reference(name: &CredentialName) -> String {
    format!("{BEGIN}{name}{END}")
}

/// Whether a text has anything that [`parts`] would take for a reference.
pub fn has_reference(text: &str) -> bool {
    text.contains(BEGIN)
}

/// Takes a text apart.
pub fn parts(text: &str) -> Result<Vec<Part<'_>>, Malformed> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(BEGIN) {
        let malformed = || {
            Malformed(format!(
                "{BEGIN}{}",
                after.chars().take(40).collect::<String>()
            ))
        };
        let (name, after_it) = after.split_once(END).ok_or_else(malformed)?;
        let name = CredentialName::new(name).map_err(|_| malformed())?;
        if !before.is_empty() {
            parts.push(Part::Text(before));
        }
        parts.push(Part::Reference(name));
        rest = after_it;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest));
    }
    Ok(parts)
}
