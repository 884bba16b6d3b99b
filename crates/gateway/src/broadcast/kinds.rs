//! Every event that this gateway sends, and who may see it. `features.events` of the hello is this list.
//! The scopes are those that the published gateway guards its events with.

use gatehouse_protocol::{MethodScope, Role, Scope};

/// Who may see an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Every connection of any role.
    Open,
    /// Operators with this scope.
    Operator(MethodScope),
}

/// One kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventKind {
    pub name: &'static str,
    pub guard: Guard,
}

macro_rules! kinds {
    ($($konst:ident = $name:literal, $guard:expr;)*) => {
        impl EventKind {
            $(pub const $konst: Self = Self { name: $name, guard: $guard };)*
        }

        /// Every event that this gateway sends.
        pub const EVENTS: &[EventKind] = &[$(EventKind::$konst),*];
    };
}

const READ: Guard = Guard::Operator(MethodScope::Read);
const APPROVALS: Guard = Guard::Operator(MethodScope::Approvals);
const PAIRING: Guard = Guard::Operator(MethodScope::Pairing);

kinds! {
    CONNECT_CHALLENGE = "connect.challenge", Guard::Open;
    AGENT = "agent", READ;
    CHAT = "chat", READ;
    SESSION_APPROVAL = "session.approval", APPROVALS;
    SESSION_MESSAGE = "session.message", READ;
    SESSION_OPERATION = "session.operation", READ;
    SESSION_TOOL = "session.tool", READ;
    SESSIONS_CHANGED = "sessions.changed", READ;
    PRESENCE = "presence", READ;
    TICK = "tick", Guard::Open;
    SHUTDOWN = "shutdown", Guard::Open;
    HEALTH = "health", Guard::Open;
    HEARTBEAT = "heartbeat", Guard::Open;
    CONFIG_CHANGED = "config.changed", READ;
    DEVICE_PAIR_CHANGED = "device.pair.changed", PAIRING;
    DEVICE_PAIR_REQUESTED = "device.pair.requested", PAIRING;
    DEVICE_PAIR_RESOLVED = "device.pair.resolved", PAIRING;
    DEVICE_PAIR_SETUP_COMPLETED = "device.pair.setup.completed", PAIRING;
    DEVICE_PAIR_SETUP_DELIVERY_UNCERTAIN = "device.pair.setup.deliveryUncertain", PAIRING;
    EXEC_APPROVAL_REQUESTED = "exec.approval.requested", APPROVALS;
    EXEC_APPROVAL_RESOLVED = "exec.approval.resolved", APPROVALS;
}

impl Guard {
    /// Whether a connection may see it.
    pub fn admits(self, role: &Role, scopes: &[Scope]) -> bool {
        match self {
            Self::Open => true,
            Self::Operator(scope) => *role == Role::Operator && scope.allowed_by(scopes),
        }
    }
}
