//! Why Ollama broke off. It says so in a line of its own, `{"error": "…"}`, which the library passes over; so the lines
//! are looked at as they come in.

use std::sync::{Arc, OnceLock};

use genai::chat::{ChatFrameSink, FrameCtx, RawFrameRef};

use super::convert;

/// The first error that a stream told of.
#[derive(Clone, Default)]
pub(super) struct ToldError(Arc<OnceLock<String>>);

impl ToldError {
    pub(super) fn words(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}

impl ChatFrameSink for ToldError {
    fn on_frame(&self, _context: &FrameCtx, frame: RawFrameRef<'_>) {
        // What an agent says may have the word in it too; only a line of this shape is an error.
        if frame.data.contains("\"error\"")
            && let Some(words) = convert::error_line(frame.data)
        {
            // The first one is the cause.
            let _ = self.0.set(words);
        }
    }
}
