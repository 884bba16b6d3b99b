//! WebSocket close codes that gateways and clients give a meaning to. Only the numbers; what a client
//! does about them is the client's business.

/// The peer went away on purpose, for example a restart.
pub const GOING_AWAY: u16 = 1001;
/// Refused: wrong credentials, missing pairing, an invalid frame. The connect error says which.
pub const POLICY: u16 = 1008;
/// A frame was larger than the receiver takes (before the handshake: 64 KiB).
pub const TOO_BIG: u16 = 1009;
/// The gateway restarts ("service restart").
pub const SERVICE_RESTART: u16 = 1012;
/// Try again later: the gateway still starts its sidecars.
pub const TRY_AGAIN_LATER: u16 = 1013;
/// Sent by a client that heard nothing for two tick intervals.
pub const TICK_TIMEOUT: u16 = 4000;
/// The access that the connection was made with ended: the device or its token was removed, or the gateway's rules of
/// who may connect were changed, which ends everybody's. Connecting again tells which.
pub const ACCESS_REMOVED: u16 = 4001;
