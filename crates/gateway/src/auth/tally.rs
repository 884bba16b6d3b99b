//! What one sign-in tried: which credentials were wrong, which was right, and which are locked out. It is put to the
//! count when it is known who came, whatever let them in.

use super::{FailureLimits, Failures, Guessed, Peer, Refusal, network};

/// The attempts of one sign-in.
pub(super) struct Tally<'a> {
    failures: &'a Failures,
    limits: FailureLimits,
    /// The names under which the peer is counted; none when it is not.
    who: Vec<String>,
    missed: Vec<Guessed>,
    right: Option<Guessed>,
    /// For how many milliseconds something that was given is not looked at.
    locked_ms: Option<u64>,
}

impl<'a> Tally<'a> {
    pub(super) fn of(peer: &Peer, limits: FailureLimits, failures: &'a Failures) -> Self {
        Self {
            failures,
            limits,
            who: counted_as(peer, &limits),
            missed: Vec::new(),
            right: None,
            locked_ms: None,
        }
    }

    /// Whether this kind of credential is not looked at now.
    pub(super) async fn is_locked(&mut self, kind: Guessed) -> bool {
        let mut longest = None;
        for who in &self.who {
            longest = longest.max(self.failures.locked_for(kind, who).await);
        }
        self.locked_ms = self.locked_ms.max(longest);
        longest.is_some()
    }

    /// What is said to one who gave only what was not looked at. A lock-out was recorded when it began; a guess that is
    /// counted beside it is told as the guess that it is, which is recorded too.
    pub(super) fn refusal(&self) -> Option<Refusal> {
        let locked_ms = self.locked_ms.filter(|_| self.missed.is_empty());
        locked_ms.map(Refusal::rate_limited)
    }

    pub(super) fn missed(&mut self, kind: Guessed) {
        self.missed.push(kind);
    }

    pub(super) fn right(&mut self, kind: Guessed) {
        self.right = Some(kind);
    }

    /// Counts each wrong guess, and forgets earlier ones of the kind that was right.
    pub(super) fn count(self) {
        for who in &self.who {
            for kind in &self.missed {
                self.failures.failed(*kind, who, self.limits);
            }
            if let Some(kind) = self.right {
                self.failures.succeeded(kind, who);
            }
        }
    }
}

/// A page is never exempt, and one page's failures lock out no other; but where this machine is not exempt, a program
/// that names a new page each time is counted as the machine it is.
fn counted_as(peer: &Peer, limits: &FailureLimits) -> Vec<String> {
    let address = network(peer.address);
    let page = peer.origin.as_ref().filter(|_| address.is_loopback());
    let page = page.map(|origin| format!("{address} {origin}"));
    let is_exempt = limits.exempt_loopback && peer.is_local();
    let own = (!is_exempt).then(|| address.to_string());
    page.into_iter().chain(own).collect()
}
