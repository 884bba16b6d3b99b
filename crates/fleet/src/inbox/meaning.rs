//! What gives a request its meaning beside its subject: what a plugin or the gateway says that it would do, what a
//! device would be let in as; of a command the variables that it sets, where it runs, and what its gateway warns of. A
//! title or a command alone can be allowed by accident, so where there is no room for all of this, there is no button to
//! allow either.

use super::item::Content;
use super::whole::{TOO_LARGE, UNSAID};
use crate::untrusted::cap;
use crate::view::FactLabel;

/// Of each part, in bytes: more than fits where there is little room, so what was cut here is not taken for the whole.
const MOST: usize = 2 * 1024;

/// Warnings that are taken: more lines than fit.
const WARNINGS: usize = 16;

/// What gateways call the computer that they run on. Others: `node`, `sandbox`, `worker`.
const OWN_HOST: &str = "gateway";

impl Content {
    /// A line for each part, as it was sent. None where the subject says it all.
    pub(crate) fn meaning(&self) -> Option<String> {
        let facts = self.facts.iter().filter_map(|(label, value)| {
            let value = cap(value, MOST).0;
            match label {
                FactLabel::Description | FactLabel::Scopes => Some(value.to_owned()),
                FactLabel::Role => Some(format!("as {value}")),
                FactLabel::Address => Some(format!("from {value}")),
                FactLabel::Plugin
                | FactLabel::Tool
                | FactLabel::Severity
                | FactLabel::Device
                | FactLabel::Platform
                | FactLabel::ClientId
                | FactLabel::Environment
                | FactLabel::Version => None,
            }
        });
        let sets = (!self.env.is_empty()).then(|| format!("sets {}", cap(&self.sets(), MOST).0));
        let warned = self.warned().take(WARNINGS);
        let warned = warned.map(|warning| cap(warning, MOST).0.to_owned());
        let lines: Vec<String> = sets
            .into_iter()
            .chain(self.elsewhere())
            .chain(facts)
            .chain(warned)
            .collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    /// More is to be known of it than its command says, by a gateway that did not judge it: so it is looked at before it
    /// is allowed. The variables that a call sets are looked at whoever judged it, for their values stand in the window
    /// alone, if anywhere.
    pub(crate) fn is_more_than_its_words(&self) -> bool {
        let warns = !self.judged && self.warned().next().is_some();
        !self.env.is_empty() || self.elsewhere().is_some() || warns
    }

    /// The names of the variables that the call sets, in one line.
    pub(crate) fn sets(&self) -> String {
        self.env.join(", ")
    }

    /// On which other computer it would run, where it is not the gateway's own.
    fn elsewhere(&self) -> Option<String> {
        let said = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
        let host = said(&self.host).filter(|host| host.trim() != OWN_HOST);
        match (said(&self.node), host) {
            (Some(node), _) => Some(format!("on node {}", cap(&node, MOST).0)),
            (None, Some(host)) => Some(format!("on {}", cap(&host, MOST).0)),
            (None, None) => None,
        }
    }

    /// What the gateway warns of; what this app found by itself is said in its own words.
    fn warned(&self) -> impl Iterator<Item = &str> {
        let warnings = self.warnings.iter().map(String::as_str);
        warnings.filter(|warning| ![UNSAID, TOO_LARGE].contains(warning))
    }
}
