//! Secrets that were pasted or found and wait for the person to say what to do with them.
//!
//! In memory only, for ten minutes (the life of a setup code), wiped when they leave. The page holds a random
//! name for each and never the secret.

use std::collections::HashMap;

use gatehouse_vault::Secret;

use crate::inbox::EpochMs;
use crate::view::CredentialKind;

/// A setup code is good for ten minutes, and nothing else that is pasted should lie around longer.
const LIFETIME: EpochMs = 10 * 60 * 1000;

/// More would only be there if something pastes on its own.
const MOST: usize = 32;

/// A pasted or found secret with where it belongs.
#[derive(Clone)]
pub struct Draft {
    pub url: Option<String>,
    pub kind: CredentialKind,
    pub secret: Secret,
}

/// Drafts by name.
#[derive(Default)]
pub struct Drafts {
    kept: HashMap<String, (EpochMs, Draft)>,
}

impl Drafts {
    /// Keeps a draft and names it.
    pub fn keep(&mut self, draft: Draft, now: EpochMs) -> String {
        self.expire(now);
        if self.kept.len() >= MOST {
            let oldest = self
                .kept
                .iter()
                .min_by_key(|(_, (at, _))| *at)
                .map(|(name, _)| name.clone());
            oldest.and_then(|name| self.kept.remove(&name));
        }
        let name = uuid::Uuid::new_v4().to_string();
        self.kept.insert(name.clone(), (now, draft));
        name
    }

    /// What is kept under a name, while it is.
    pub fn get(&mut self, name: &str, now: EpochMs) -> Option<Draft> {
        self.expire(now);
        self.kept.get(name).map(|(_, draft)| draft.clone())
    }

    pub fn drop_draft(&mut self, name: &str) {
        self.kept.remove(name);
    }

    /// Wipes what is too old.
    pub fn expire(&mut self, now: EpochMs) {
        self.kept.retain(|_, (at, _)| now - *at < LIFETIME);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> Draft {
        Draft {
            url: None,
            kind: CredentialKind::Token,
            secret: Secret::new("s"),
        }
    }

    #[test]
    fn a_draft_is_gone_after_ten_minutes_and_when_it_is_dropped() {
        let mut drafts = Drafts::default();
        let name = drafts.keep(draft(), 0);
        assert!(drafts.get(&name, LIFETIME - 1).is_some());
        assert!(drafts.get(&name, LIFETIME).is_none());
        let name = drafts.keep(draft(), 0);
        drafts.drop_draft(&name);
        assert!(drafts.get(&name, 0).is_none());
    }

    #[test]
    fn drafts_are_bounded_and_the_oldest_goes() {
        let mut drafts = Drafts::default();
        let first = drafts.keep(draft(), 0);
        for n in 1..=MOST {
            drafts.keep(draft(), EpochMs::try_from(n).unwrap());
        }
        assert!(drafts.get(&first, 100).is_none());
        assert_eq!(drafts.kept.len(), MOST);
    }
}
