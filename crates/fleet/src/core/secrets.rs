//! How secrets stand, to whoever shows it, and to the gateways that wait for them: a keychain that comes back or is
//! opened mends all of them, without a click.

use std::time::Duration;

use gatehouse_client::{ConnectionState, ProblemCode};
use gatehouse_vault::{Place, SecretStoreState};
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::{Core, CoreHandle, Entry};
use crate::fleet::FleetEvent;
use crate::view::{SecretPlace, SecretStoreView};

/// How often a keychain is asked again while a gateway waits for it: soon enough for who has just opened it, and
/// seldom enough for one that is never there.
const ASK_AGAIN: Duration = Duration::from_secs(10);

impl Core {
    /// Asks again how secrets stand, while a gateway waits for them. It never makes the system prompt.
    pub(super) fn look_for_secrets(&mut self) {
        let now = Instant::now();
        let is_due = self.secrets_asked.is_none_or(|at| now - at >= ASK_AGAIN);
        if !is_due || !self.gateways.values().any(waits_for_the_keychain) {
            return;
        }
        self.secrets_asked = Some(now);
        let vault = self.safe.vault().clone();
        // A change is told by the vault; what failed only once did not change it.
        let look = async move { vault.state().await };
        self.spawn(look, |core, state| core.reconnect_where_ready(state));
    }

    /// They stand so now.
    pub(crate) fn secrets_stand(&mut self, state: SecretStoreState) {
        self.publish(FleetEvent::SecretsChanged(secret_store_view(state)));
        self.gateways_changed = true;
        self.touch();
        self.reconnect_where_ready(state);
    }

    fn reconnect_where_ready(&mut self, state: SecretStoreState) {
        if !matches!(state, SecretStoreState::Ready(_)) {
            return;
        }
        for entry in self.gateways.values().filter(|e| waits_for_secrets(e)) {
            if let Some((connection, _)) = &entry.link {
                connection.reconnect_now();
            }
        }
    }
}

/// Carries what the vault tells of itself to the core.
pub(crate) async fn tell_how_secrets_stand(
    mut standing: watch::Receiver<Option<SecretStoreState>>,
    core: CoreHandle,
    cancel: CancellationToken,
) {
    loop {
        tokio::select! {
            biased;
            () = cancel.cancelled() => return,
            changed = standing.changed() => if changed.is_err() { return },
        }
        let Some(state) = *standing.borrow_and_update() else {
            continue;
        };
        if core
            .tell(move |core| core.secrets_stand(state))
            .await
            .is_err()
        {
            return;
        }
    }
}

fn waits_for_the_keychain(entry: &Entry) -> bool {
    let code = stopped_for(entry);
    code == Some(ProblemCode::KeychainLocked) || code == Some(ProblemCode::KeychainUnavailable)
}

/// Also where there was none to read: another place may have it.
fn waits_for_secrets(entry: &Entry) -> bool {
    waits_for_the_keychain(entry) || stopped_for(entry) == Some(ProblemCode::NoCredential)
}

fn stopped_for(entry: &Entry) -> Option<ProblemCode> {
    match &entry.state {
        ConnectionState::Closed { problem } => problem.as_ref().map(|problem| problem.code),
        _ => None,
    }
}

/// A place as the page names it.
pub(super) fn secret_place(place: Place) -> SecretPlace {
    match place {
        Place::Keychain => SecretPlace::Keychain,
        Place::EncryptedFile => SecretPlace::EncryptedFile,
        Place::Memory => SecretPlace::Memory,
    }
}

/// How secrets stand, as the page reads it.
pub(crate) fn secret_store_view(state: SecretStoreState) -> SecretStoreView {
    match state {
        SecretStoreState::Ready(ready) => SecretStoreView::Ready {
            place: secret_place(ready),
        },
        SecretStoreState::KeychainLocked => SecretStoreView::KeychainLocked,
        SecretStoreState::ChoiceNeeded { reason } => SecretStoreView::ChoiceNeeded {
            reason: reason.code().to_owned(),
        },
        SecretStoreState::PassphraseNeeded { wrong } => SecretStoreView::PassphraseNeeded { wrong },
    }
}
