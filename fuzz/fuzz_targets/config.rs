//! No text breaks the reading of a configuration.
#![no_main]

use std::path::Path;

use gatehouse_gateway::config::{Env, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = read(text, Path::new("gatehouse.json"), &Env::new());
});
