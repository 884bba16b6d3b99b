//! Peers for tests: the real gateways, a model that does what it is told, a second operator, a desktop of
//! one's own. Used by tests alone; nothing here is shipped.
//!
//! Nothing is skipped when a peer is missing: the error says what to install.
//!
//! | what | type |
//! | --- | --- |
//! | a published gateway | [`gateway::RealGateway`] |
//! | another client of it | [`operator::Operator`] |
//! | the official command line | [`official::OfficialCli`] |
//! | the model behind it | [`model::ScriptedModel`] |
//! | the wire in between, to be pulled | [`cable::Cable`] |
//! | a display, a bus, a keyring, notifications | [`desktop::DesktopSession`] |
//! | the app's window under automation | [`webdriver::WebDriver`] |
//! | a gateway that does what a test says | [`scripted_gateway::ScriptedGateway`] |

pub mod cable;
mod child;
pub mod desktop;
pub mod error;
pub mod gateway;
pub mod model;
pub mod official;
pub mod operator;
pub mod peers;
mod scratch;
pub mod scripted_gateway;
pub mod webdriver;
