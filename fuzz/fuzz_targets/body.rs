//! No bytes break the reading of a body for `POST /tools/invoke`, and one that is read names a tool.
#![no_main]

use gatehouse_gateway::ToolCall;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(call) = ToolCall::read(bytes) {
        assert!(!call.tool.is_empty() && call.args.is_object());
    }
});
