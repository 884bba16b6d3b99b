//! The desktop's behaviour without a desktop: all gateways, the inbox, chat, the local cache, what to notify.
//!
//! Knows nothing of windows or of tauri. `view` is what the surfaces are shown; [`Fleet`] is what they call.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod analysis;
mod answers;
mod api;
mod ask;
pub mod chat;
pub mod choices;
mod clock;
mod core;
mod credentials;
pub mod deeds;
pub mod deep_link;
pub mod discover;
pub mod drafts;
mod error;
mod excerpt;
mod exec_mode;
mod fleet;
mod governance;
pub mod inbox;
mod losses;
pub mod notices;
pub mod paste;
mod permission;
mod salvage;
mod sessions;
pub mod tray;
pub mod view;

pub use clock::Clock;
pub use discover::Environment;
pub use error::FleetError;
pub use fleet::{Fleet, FleetEvent, FleetOptions};
pub use gatehouse_protocol::untrusted;
pub use notices::{Notice, NoticeCommand, PlainKind, PlainNotice, Urgency};
