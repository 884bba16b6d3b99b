//! Decisions, with analyses made by hand: what the shell's analysis finds is tested with it.

mod actions;
mod below;
mod beside;
mod called;
mod fed;
mod given;
mod laws;
mod opening;
mod presets;
mod reviewing;
mod simulating;
pub(crate) mod support;
mod writing;
