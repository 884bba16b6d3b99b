//! The gateway: WebSocket and HTTP, request routing, sessions, approvals, configuration.
//!
//! `start` shows what it is made of and in which order; `state` what a handler is given; `methods` has one file
//! for each family of methods. The wire types are `gatehouse-protocol`'s, a run is `gatehouse-agent`'s, what is
//! kept is kept by `gatehouse-store`.
#![cfg_attr(test, allow(clippy::unwrap_used))]

pub mod agents;
pub mod audit;
pub mod auth;
mod boot;
pub mod broadcast;
mod clock;
pub mod config;
pub mod credentials;
mod day;
mod error;
pub mod govern;
mod health;
mod heartbeats;
mod hex;
mod home;
mod house;
mod limits;
mod live_config;
mod machine;
mod maintenance;
mod methods;
mod net;
mod once;
mod options;
mod private;
pub mod router;
mod running;
pub mod runs;
pub mod sessions;
mod settings;
mod start;
mod start_hooks;
pub mod state;
mod tailscale;
mod web;
pub mod world;

pub use clock::Clock;
pub use error::StartError;
pub use gatehouse_agent::tools::exec::adopt_orphans;
pub use health::{Health, HealthMonitor};
pub use limits::Limits;
pub use machine::{Load, Machine};
pub use options::{ConfigFile, StartOptions};
pub use private::{make_folder as make_state_folder, replace as replace_private};
pub use running::{RunRecord, StateLock, running};
pub use start::{Gateway, RunningGateway};
pub use tailscale::Tailscale;
pub use web::{
    Asset, Assets, ControlRoutes, Door, FolderAssets, ToolCall, ToolCalls, ToolFailure, WebParts,
    media_type,
};
