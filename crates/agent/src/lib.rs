//! A run: model providers, the tool loop and the tools. What persists it, what governs it and who watches it
//! are traits that its owner implements, so that a run can be tested without a socket or a database.
#![cfg_attr(test, allow(clippy::unwrap_used))]
