//! How much of a request is kept, and what can only be refused: what is too large to be shown whole, and what its gateway
//! did not say.

use super::item::{Content, People, Question, Unavailable};
use crate::view::ItemKind;

/// The most text one item may hold whole.
///
/// A 1 MB command is within it; the gateways' default frame limit is 25 MiB, so more can arrive.
pub const MAX_ITEM_BYTES: usize = 2 * 1024 * 1024;

/// The longest id of a request, in bytes. It is remembered in many places, and gateways send forty characters.
pub const MAX_ID: usize = 1024;

/// What is kept of a subject that is over the limit: enough to see what it is, not to decide for it.
const KEPT_OF_TOO_LARGE: usize = 64 * 1024;

impl Content {
    /// Bytes of text held.
    pub fn bytes(&self) -> usize {
        let options = [
            &self.agent,
            &self.session,
            &self.run,
            &self.tool_call,
            &self.cwd,
        ];
        let more = [
            &self.host,
            &self.node,
            &self.resolved_path,
            &self.security,
            &self.ask,
            &self.tool,
        ];
        let facts: usize = self.facts.iter().map(|(_, value)| value.len()).sum();
        let questions: usize = self.questions.iter().map(Question::bytes).sum();
        self.subject.len()
            + options
                .into_iter()
                .chain(more)
                .flatten()
                .map(String::len)
                .sum::<usize>()
            + self
                .argv
                .iter()
                .chain(&self.warnings)
                .chain(&self.approving_takes)
                .chain(&self.env)
                .chain(self.people.iter().flat_map(|people| &people.names))
                .map(String::len)
                .sum::<usize>()
            + facts
            + questions
    }

    /// The content as it may be kept. What is too large loses its text and every choice but to refuse: nobody
    /// should allow what they cannot read whole.
    pub fn bounded(self) -> Self {
        if self.bytes() <= MAX_ITEM_BYTES {
            return self;
        }
        self.cut()
    }

    /// Without its text, and only to be refused.
    pub(super) fn cut(mut self) -> Self {
        let (kept, _) = crate::untrusted::cap(&self.subject, KEPT_OF_TOO_LARGE);
        let kept = kept.to_owned();
        self.unavailable.clear();
        self.warnings.clear();
        self.only_refusable(TOO_LARGE);
        let short =
            |text: Option<String>| text.map(|t| crate::untrusted::cap(&t, 1024).0.to_owned());
        Self {
            subject: kept,
            offered: self.offered,
            unavailable: self.unavailable,
            warnings: self.warnings,
            unsaid: self.unsaid,
            agent: short(self.agent),
            session: short(self.session),
            run: short(self.run),
            tool_call: short(self.tool_call),
            cwd: short(self.cwd),
            host: short(self.host),
            node: short(self.node),
            tool: short(self.tool),
            people: self.people.map(|people| People {
                names: Vec::new(),
                ..people
            }),
            ..Self::default()
        }
    }

    /// An action of which the gateway did not say what it is loses every choice but to refuse.
    pub(crate) fn refusable_where_unsaid(mut self, kind: ItemKind) -> Self {
        let is_action = matches!(kind, ItemKind::Exec | ItemKind::Plugin | ItemKind::System);
        self.unsaid = is_action && (self.unsaid || self.subject.trim().is_empty());
        if self.unsaid {
            self.only_refusable(UNSAID);
        }
        self
    }

    fn only_refusable(&mut self, reason: &str) {
        let (refusals, withheld): (Vec<_>, Vec<_>) = self
            .offered
            .drain(..)
            .partition(|decision| !decision.allows());
        let withheld = withheld.into_iter().map(|decision| Unavailable {
            decision,
            reason: Some(reason.to_owned()),
        });
        self.unavailable.extend(withheld);
        self.offered = refusals;
        self.warnings.insert(0, reason.to_owned());
    }
}

/// The reason given where a request is larger than can be shown whole.
pub const TOO_LARGE: &str = "tooLarge";

/// The reason given where the gateway did not say what would run.
pub const UNSAID: &str = "unsaid";

impl Question {
    fn bytes(&self) -> usize {
        let options = self.options.iter();
        self.id.len()
            + self.text.len()
            + options
                .map(|(l, d)| l.len() + d.as_ref().map_or(0, String::len))
                .sum::<usize>()
    }
}
