//! The desktop's behaviour without a desktop: all gateways, the inbox, chat, the local cache, what to notify.
//!
//! Knows nothing of windows or of tauri. `view` is what the surfaces are shown.

pub mod inbox;
pub mod notices;
pub mod untrusted;
pub mod view;
