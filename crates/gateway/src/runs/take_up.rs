//! What waited for its turn when the gateway ended is run by the next one, in its order and once.

use gatehouse_store::gateway::WaitingInput;

use super::recover::show_as_cut_off;
use super::{Input, Runs};

/// An input that waits, and how it is run.
pub(crate) struct Left {
    pub(super) waiting: WaitingInput,
    pub(super) input: Input,
}

impl Runs {
    /// Gives them to the engine. To be called before anybody else can. One that cannot run any more, as its agent was
    /// taken away, is shown as cut off.
    pub(crate) async fn take_up(&self, left: Vec<Left>) {
        for Left { waiting, input } in left {
            let Err(error) = self.submit(input).await else {
                continue;
            };
            tracing::warn!(error = %error.message, run = waiting.id, "an input that waited cannot run");
            if let Err(error) = show_as_cut_off(self.sessions(), &waiting).await {
                tracing::warn!(%error, run = waiting.id, "an input that waited stays where it is");
            }
        }
    }
}
