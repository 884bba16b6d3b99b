//! How much is kept. What is past a bound goes by itself, the oldest first.

/// The bounds of a store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Messages of one session. The longest session a person is expected to scroll through has 10,000;
    /// twice that leaves room.
    pub messages_per_session: u32,
    /// Messages of all sessions.
    pub messages: u32,
    /// Bytes of all messages, counted as the length of their JSON and their text. The database is about
    /// half as large again, for its index over the words.
    pub message_bytes: u64,
    /// Sessions of one gateway.
    pub sessions_per_gateway: u32,
    /// Decided inbox items. Waiting ones are never dropped.
    pub inbox_history: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            messages_per_session: 20_000,
            messages: 200_000,
            message_bytes: 256 * 1024 * 1024,
            sessions_per_gateway: 5_000,
            inbox_history: 1_000,
        }
    }
}
