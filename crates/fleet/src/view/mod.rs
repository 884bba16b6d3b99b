//! What a surface (window, tray, notification, tests) is shown: plain data, ready to render.
//!
//! Everything here serialises to the page and is exported to TypeScript, so nothing here may hold a secret.
//! Text that an agent or a gateway wrote has already passed `untrusted::escape`: control, invisible and
//! bidi characters stand as visible escapes. Times are milliseconds since the Unix epoch as `f64`
//! (exact to the millisecond for the next 280,000 years, and a plain `number` in TypeScript).

mod analysis;
mod answers;
mod chat;
mod diagnosis;
mod gateway;
mod governance;
mod inbox;
mod losses;
mod opening;
mod sessions;
mod settings;

pub use analysis::*;
pub use answers::*;
pub use chat::*;
pub use diagnosis::*;
pub use gateway::*;
pub use governance::*;
pub use inbox::*;
pub use losses::*;
pub use opening::*;
pub use sessions::*;
pub use settings::*;

/// Milliseconds since the Unix epoch.
pub type Millis = f64;
