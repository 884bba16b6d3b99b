//! Frames on their way to the gateway: a queue bounded in bytes, written as fast as the socket takes it.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use futures_util::stream::SplitSink;
use futures_util::{Sink, SinkExt};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};

use crate::transport::Socket;

/// How long a goodbye may take.
const GOODBYE: Duration = Duration::from_millis(250);

pub(crate) struct Outgoing {
    sink: SplitSink<Socket, Message>,
    queue: VecDeque<Message>,
    limit: u64,
    unflushed: bool,
}

impl Outgoing {
    /// `limit`: bytes after which no more is taken. What a gateway would buffer for us is what we
    /// buffer for it.
    pub(crate) fn new(sink: SplitSink<Socket, Message>, limit: u64) -> Self {
        Self {
            sink,
            queue: VecDeque::new(),
            limit,
            unflushed: false,
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.queue
            .iter()
            .map(|message| message.len() as u64)
            .sum::<u64>()
            >= self.limit
    }

    pub(crate) fn push(&mut self, message: Message) {
        self.queue.push_back(message);
    }

    /// The socket itself has something to say: the reply to a ping.
    pub(crate) fn flush_soon(&mut self) {
        self.unflushed = true;
    }

    /// Whether there is anything to write.
    pub(crate) fn is_idle(&self) -> bool {
        self.queue.is_empty() && !self.unflushed
    }

    /// Writes all there is. Safe to drop at any point: a message leaves the queue only when the socket
    /// has room for it.
    pub(crate) async fn write(&mut self) -> Result<(), WsError> {
        let mut sink = Pin::new(&mut self.sink);
        while !self.queue.is_empty() {
            poll_fn(|context| sink.as_mut().poll_ready(context)).await?;
            if let Some(message) = self.queue.pop_front() {
                sink.as_mut().start_send(message)?;
                self.unflushed = true;
            }
        }
        poll_fn(|context| sink.as_mut().poll_flush(context)).await?;
        self.unflushed = false;
        Ok(())
    }

    /// Says goodbye. A peer that does not take it any more is gone all the same.
    pub(crate) async fn close(&mut self, code: u16) {
        let frame = CloseFrame {
            code: code.into(),
            reason: Default::default(),
        };
        let goodbye = self.sink.send(Message::Close(Some(frame)));
        let _ = tokio::time::timeout(GOODBYE, goodbye).await;
    }
}
