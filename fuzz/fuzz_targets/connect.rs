//! No text breaks the reading of a connect's parameters.
#![no_main]

use gatehouse_protocol::serve::ConnectRequest;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(connect) = serde_json::from_str::<ConnectRequest>(text) {
        let _ = connect.fault();
    }
});
