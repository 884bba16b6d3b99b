//! No bytes of a client break the reading of WebSocket frames: they become messages or an error, and no message is
//! larger than a stranger may send.
#![no_main]

use std::io::{Cursor, Read, Write};

use libfuzzer_sys::fuzz_target;
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Message, WebSocket};

/// Gives the bytes, and takes whatever is answered.
struct Line(Cursor<Vec<u8>>);

impl Read for Line {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        self.0.read(into)
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

const LARGEST: usize = 64 * 1024;

fuzz_target!(|bytes: &[u8]| {
    let config = WebSocketConfig::default()
        .max_message_size(Some(LARGEST))
        .max_frame_size(Some(LARGEST));
    let line = Line(Cursor::new(bytes.to_vec()));
    let mut socket = WebSocket::from_raw_socket(line, Role::Server, Some(config));
    while let Ok(message) = socket.read() {
        assert!(message.len() <= LARGEST);
        if let Message::Text(text) = message {
            let _ = gatehouse_protocol::serve::Request::parse(&text);
        }
    }
});
