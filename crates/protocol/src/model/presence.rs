//! Who is connected to a gateway.

use crate::lenient::{Listed, wire};

wire! {
    pub struct PresenceEntry {
        pub host: Option<String>,
        pub ip: Option<String>,
        pub version: Option<String>,
        pub platform: Option<String>,
        pub device_family: Option<String>,
        pub mode: Option<String>,
        pub reason: Option<String>,
        pub text: Option<String>,
        pub ts: Option<u64>,
        pub device_id: Option<String>,
        pub instance_id: Option<String>,
        pub roles: Vec<String>,
        pub scopes: Vec<String>,
    }

    /// A `presence` event.
    pub struct PresenceChanged {
        #[serde(default)]
        pub presence: Listed<PresenceEntry>,
    }
}
