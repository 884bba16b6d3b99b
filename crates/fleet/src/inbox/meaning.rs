//! What gives a request its meaning beside its subject: what a plugin or the gateway says that it would do, what a
//! device would be let in as. A title alone can be allowed by accident, so where there is no room for all of this,
//! there is no button to allow either.

use super::item::Content;
use crate::untrusted::cap;
use crate::view::FactLabel;

/// Of each part, in bytes: more than fits where there is little room, so what was cut here is not taken for the whole.
const MOST: usize = 2 * 1024;

impl Content {
    /// A line for each part, as it was sent. None where the subject says it all.
    pub(crate) fn meaning(&self) -> Option<String> {
        let parts = self.facts.iter().filter_map(|(label, value)| {
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
                | FactLabel::Version => None,
            }
        });
        let lines: Vec<String> = parts.collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }
}
