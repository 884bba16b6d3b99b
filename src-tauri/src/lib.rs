//! The desktop shell: windows, tray, notices and typed commands. Wiring only; behaviour is in `crates/fleet`.

pub mod bridge;
mod commands;
mod fleet;
mod shell;
