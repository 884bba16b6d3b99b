//! Decisions, with analyses made by hand: what the shell's analysis finds is tested with it.

mod actions;
mod laws;
mod presets;
mod reviewing;
mod simulating;
pub(crate) mod support;
mod writing;
