//! Who calls, and what a handler is given.

use std::net::IpAddr;
use std::sync::Arc;

use gatehouse_protocol::serve::ClientClaims;
use gatehouse_protocol::{MethodScope, ProtocolVersion, Role, Scope};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use super::MethodError;
use crate::auth::AuthMethod;
use crate::broadcast::{ConnId, Outbox};
use crate::govern::Resolver;
use crate::state::App;

/// A connection that has passed its handshake. What it may do is decided once, then.
#[derive(Debug, Clone)]
pub struct Caller {
    pub conn: ConnId,
    pub role: Role,
    pub scopes: Vec<Scope>,
    pub protocol: ProtocolVersion,
    /// By its own account.
    pub client: ClientClaims,
    /// What the client can show; see `gatehouse_protocol::connect::caps`.
    pub caps: Vec<String>,
    /// Proven by signature.
    pub device_id: Option<String>,
    /// Whether a person let the device in; else it came in by itself, as any on this machine may.
    pub is_device_vouched: bool,
    pub method: AuthMethod,
    /// Who a trusted proxy or Tailscale says it is.
    pub user: Option<String>,
    /// Those of the scopes that it has only as that user.
    pub personal_scopes: Vec<String>,
    pub address: IpAddr,
}

impl Caller {
    /// Whether this connection may do what asks for `scope`.
    pub fn may(&self, scope: MethodScope) -> bool {
        self.role == Role::Operator && scope.allowed_by(&self.scopes)
    }

    pub fn has_cap(&self, cap: &str) -> bool {
        self.caps.iter().any(|own| own == cap)
    }

    /// Who acts: a user that a proxy vouches for, else a device, else all who share a secret.
    pub fn principal(&self) -> String {
        let principal = match (&self.user, &self.device_id) {
            (Some(user), _) => format!("user:{user}"),
            (None, Some(device)) => format!("device:{device}"),
            (None, None) => "shared".to_owned(),
        };
        principal.replace(char::is_control, "")
    }

    /// The person that somebody vouched for. The devices of one machine that come in by themselves have none, so that
    /// what one program asks there can be answered in another: whether a person sits at both is not known.
    pub fn vouched(&self) -> Option<String> {
        let is_vouched = self.user.is_some() || self.is_device_vouched;
        is_vouched.then(|| self.person())
    }

    /// Who counts as one person where several have to say yes. Anyone can make a device, so one that nobody vouched
    /// for is the same person as all others of its kind.
    pub fn person(&self) -> String {
        let person = match (&self.user, &self.device_id) {
            // Proxies differ in how they write the same name.
            (Some(user), _) => format!("user:{}", user.to_lowercase()),
            (None, Some(device)) if self.is_device_vouched => format!("device:{device}"),
            (None, _) => "unvouched".to_owned(),
        };
        person.replace(char::is_control, "")
    }

    /// How an answer names who gave it.
    pub fn resolver(&self) -> Resolver {
        Resolver {
            device: self.device_id.clone(),
            label: self.label().to_owned(),
            principal: self.principal(),
            person: self.person(),
        }
    }

    /// How a record names who acted: the client's own name for itself, else its id.
    pub fn label(&self) -> &str {
        let client = &self.client;
        client.display_name.as_deref().unwrap_or(&client.id)
    }
}

/// What a handler gets beside its parameters. Cheap to clone; it may outlive the connection.
#[derive(Clone)]
pub struct Cx {
    pub app: App,
    pub caller: Arc<Caller>,
    early: Option<Early>,
}

/// What a handler knows of its connection: where an answer goes that is not the last one of its request, and whether
/// anybody is left to hear it.
#[derive(Clone)]
pub(crate) struct Early {
    /// The request's.
    pub(crate) id: String,
    pub(crate) outbox: Outbox,
    /// Cancelled when the connection is over.
    pub(crate) gone: CancellationToken,
    /// Long waits that the connection may still begin.
    pub(crate) waits: Arc<Semaphore>,
}

impl Cx {
    /// For methods whose scope depends on their parameters.
    pub fn require(&self, scope: MethodScope) -> Result<(), MethodError> {
        if self.caller.may(scope) {
            Ok(())
        } else {
            Err(MethodError::missing_scope(scope))
        }
    }

    /// For a caller that gets the answer itself and none ahead of it.
    pub fn new(app: App, caller: Arc<Caller>) -> Self {
        Self {
            app,
            caller,
            early: None,
        }
    }

    /// With somewhere for an answer ahead of the answer itself.
    pub(crate) fn answering(self, early: Early) -> Self {
        Self {
            early: Some(early),
            ..self
        }
    }

    /// Answers ahead of the answer itself, for methods of which clients expect both: that it was accepted, and how
    /// it ended.
    pub(crate) fn answer_early(&self, payload: &serde_json::Value) {
        if let Some(early) = &self.early {
            let frame = super::table::written(&early.id, payload);
            early.outbox.frame(frame);
        }
    }

    /// Whether nobody is there any more to hear the answer.
    pub(crate) fn is_gone(&self) -> bool {
        self.early
            .as_ref()
            .is_some_and(|early| early.gone.is_cancelled())
    }

    /// Done when nobody is there any more to hear the answer.
    pub(crate) async fn gone(&self) {
        match &self.early {
            Some(early) => early.gone.cancelled().await,
            None => std::future::pending().await,
        }
    }

    /// Leave to wait for a person, of which one connection has few; it ends with what this returns.
    pub(crate) fn begin_wait(&self) -> Result<Option<OwnedSemaphorePermit>, MethodError> {
        let Some(early) = &self.early else {
            return Ok(None);
        };
        let permit = Arc::clone(&early.waits).try_acquire_owned();
        permit.map(Some).map_err(|_| {
            let message = "this connection waits for too many answers already; end one of them";
            MethodError::unavailable(message).retry_after(1000)
        })
    }

    /// Milliseconds since the Unix epoch.
    pub fn now_ms(&self) -> u64 {
        self.app.clock.now_ms()
    }
}
