//! The control UI: the same page that the desktop shows, in a browser, against the gateway that serves it.
//!
//! A browser that signed in gets a [`Fleet`](gatehouse_fleet::Fleet) of its own with one gateway in it, over
//! loopback and with the credential that the person typed. So everything that the page shows has gone through
//! the same inbox, transcript and wording as in the desktop, and there is one implementation of them.
//!
//! What this deliberately is not: a way to a gateway's methods. A browser can call the page's commands, which
//! `call` lists, and nothing else. No answer holds a secret; the session is a cookie that scripts cannot read.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod browser;
mod call;
mod events;
mod governance;
mod guard;
mod routes;

pub use browser::{ControlError, ControlOptions, ControlUi, Reach};
pub use guard::{Admission, Door, Refusal};
pub use routes::router;

use std::sync::Arc;

/// The control UI's addresses, for a gateway that is about to start.
pub fn routes(options: ControlOptions) -> gatehouse_gateway::ControlRoutes {
    let options = Arc::new(options);
    Arc::new(move |door| router(ControlUi::new(options.clone(), Arc::new(door))))
}
