//! No text breaks the reading of a request, and one that is read has an id and a method.
#![no_main]

use gatehouse_protocol::serve::Request;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(request) = Request::parse(text) {
        assert!(!request.id.is_empty() && !request.method.is_empty());
    }
});
