//! The wire of one WebSocket. Reading and writing happen in one place, so that a peer that does not read
//! cannot keep the task from noticing anything else, and so that answers to a burst of requests share a write.
//!
//! It drives tungstenite's own state machine rather than tokio-tungstenite's stream, because the largest frame
//! has to change when a connection is authenticated, and a stream cannot change it.

use std::future::poll_fn;
use std::io::{self, ErrorKind, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tungstenite::{Error, Message, WebSocket};

/// Read at once; idle connections keep this much, so it is small.
const READ_BUFFER: usize = 4 * 1024;
/// Answers are collected up to this before they are written.
const WRITE_BUFFER: usize = 16 * 1024;
/// The longest reason that a close frame holds (RFC 6455, section 5.5).
const MAX_REASON: usize = 123;

pub(super) struct Socket<S> {
    ws: WebSocket<Duplex<S>>,
    /// Something was written that the kernel does not have yet.
    dirty: bool,
    /// The kernel took no more; nothing is written until it takes all that waits.
    blocked: bool,
    /// What comes in is no frame any more: the one before was refused before its end.
    astray: bool,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Socket<S> {
    pub(super) fn new(io: S, early: Vec<u8>, max_payload: usize) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(WRITE_BUFFER)
            .max_message_size(Some(max_payload))
            .max_frame_size(Some(max_payload));
        let io = Duplex {
            io,
            waker: Waker::noop().clone(),
        };
        Self {
            ws: WebSocket::from_partially_read(io, early, Role::Server, Some(config)),
            dirty: false,
            blocked: false,
            astray: false,
        }
    }

    pub(super) fn set_max_payload(&mut self, bytes: usize) {
        self.ws.set_config(|config| {
            config.max_message_size = Some(bytes);
            config.max_frame_size = Some(bytes);
        });
    }

    /// The next message. Writes nothing but what the protocol itself answers.
    pub(super) fn poll_read(&mut self, cx: &Context<'_>) -> Poll<Result<Message, Error>> {
        self.wake(cx);
        let read = ready!(pending_when_blocked(self.ws.read()));
        self.astray |= matches!(read, Err(Error::Capacity(_) | Error::Protocol(_)));
        Poll::Ready(read)
    }

    /// Whether another message can be written now.
    pub(super) fn poll_writable(&mut self, cx: &Context<'_>) -> Poll<Result<(), Error>> {
        if self.blocked {
            return self.poll_flush(cx);
        }
        Poll::Ready(Ok(()))
    }

    /// Takes a message. Call it only when [`Self::poll_writable`] was ready.
    pub(super) fn write(&mut self, cx: &Context<'_>, message: Message) -> Result<(), Error> {
        self.wake(cx);
        self.dirty = true;
        match self.ws.write(message) {
            Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {
                self.blocked = true;
                Ok(())
            }
            other => other,
        }
    }

    /// Gives the kernel all that was written.
    pub(super) fn poll_flush(&mut self, cx: &Context<'_>) -> Poll<Result<(), Error>> {
        if !self.dirty {
            return Poll::Ready(Ok(()));
        }
        self.wake(cx);
        let flushed = ready!(pending_when_blocked(self.ws.flush()));
        self.dirty = flushed.is_err();
        self.blocked = false;
        Poll::Ready(flushed)
    }

    /// Writes one message and waits until the kernel has it.
    pub(super) async fn send(&mut self, message: Message) -> Result<(), Error> {
        let mut message = Some(message);
        poll_fn(|cx| {
            ready!(self.poll_writable(cx))?;
            if let Some(message) = message.take() {
                self.write(cx, message)?;
            }
            self.poll_flush(cx)
        })
        .await
    }

    /// The next message.
    pub(super) async fn next(&mut self) -> Result<Message, Error> {
        poll_fn(|cx| self.poll_read(cx)).await
    }

    /// Says goodbye, and waits a moment for the other side to say it too.
    pub(super) async fn close(mut self, code: u16, reason: &str, grace: Duration) {
        let frame = CloseFrame {
            code: CloseCode::from(code),
            reason: shortened(reason).into(),
        };
        let goodbye = async {
            self.send(Message::Close(Some(frame))).await?;
            while !self.astray {
                self.next().await?;
            }
            self.drain().await
        };
        // Either the peer answered, or the socket broke, or it took too long: it is over in any case.
        let _: Result<Result<(), Error>, _> = tokio::time::timeout(grace, goodbye).await;
    }

    /// Takes what still comes in for nothing. A socket that is closed with something unread is reset, and the other
    /// side would lose the goodbye.
    async fn drain(&mut self) -> Result<(), Error> {
        let mut nothing = vec![0; WRITE_BUFFER];
        poll_fn(|cx| {
            self.wake(cx);
            loop {
                match self.ws.get_mut().read(&mut nothing) {
                    Ok(0) => return Poll::Ready(Ok(())),
                    Ok(_) => {}
                    Err(error) => return pending_when_blocked(Err(Error::Io(error))),
                }
            }
        })
        .await
    }

    fn wake(&mut self, cx: &Context<'_>) {
        let own = &mut self.ws.get_mut().waker;
        if !own.will_wake(cx.waker()) {
            own.clone_from(cx.waker());
        }
    }
}

/// Cut at a character, to what a close frame holds.
fn shortened(reason: &str) -> &str {
    let mut end = reason.len().min(MAX_REASON);
    while !reason.is_char_boundary(end) {
        end -= 1;
    }
    &reason[..end]
}

fn pending_when_blocked<T>(result: Result<T, Error>) -> Poll<Result<T, Error>> {
    match result {
        Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => Poll::Pending,
        other => Poll::Ready(other),
    }
}

/// An asynchronous stream as the blocking interfaces that tungstenite wants: what is not ready would block.
/// One task owns it, so one waker serves both directions.
struct Duplex<S> {
    io: S,
    waker: Waker,
}

impl<S: AsyncRead + Unpin> Read for Duplex<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut cx = Context::from_waker(&self.waker);
        let mut buffer = ReadBuf::new(buffer);
        match Pin::new(&mut self.io).poll_read(&mut cx, &mut buffer) {
            Poll::Ready(done) => done.map(|()| buffer.filled().len()),
            Poll::Pending => Err(ErrorKind::WouldBlock.into()),
        }
    }
}

impl<S: AsyncWrite + Unpin> Write for Duplex<S> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let mut cx = Context::from_waker(&self.waker);
        match Pin::new(&mut self.io).poll_write(&mut cx, buffer) {
            Poll::Ready(done) => done,
            Poll::Pending => Err(ErrorKind::WouldBlock.into()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut cx = Context::from_waker(&self.waker);
        match Pin::new(&mut self.io).poll_flush(&mut cx) {
            Poll::Ready(done) => done,
            Poll::Pending => Err(ErrorKind::WouldBlock.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    const MOST: usize = 1_024;

    #[tokio::test]
    async fn who_sends_too_much_at_once_is_told_so_and_read_to_the_end() {
        let (mut client, server) = tokio::io::duplex(256);
        let mut socket = Socket::new(server, Vec::new(), MOST);
        let sent = tokio::spawn(async move {
            // A text of 70,000 bytes with a mask of noughts.
            let mut frame = vec![0x81, 0xff];
            frame.extend(70_000_u64.to_be_bytes());
            frame.extend([0; 4]);
            frame.resize(frame.len() + 70_000, b'x');
            let (mut from, mut to) = tokio::io::split(&mut client);
            let all = async {
                to.write_all(&frame).await.unwrap();
                to.shutdown().await.unwrap();
            };
            let mut told = Vec::new();
            let (_, read) = tokio::join!(all, from.read_to_end(&mut told));
            read.unwrap();
            told
        });
        let error = socket.next().await.unwrap_err();
        assert!(matches!(error, Error::Capacity(_)), "{error:?}");
        socket
            .close(1009, "frame too large", Duration::from_secs(600))
            .await;
        let told = sent.await.unwrap();
        let mut goodbye = vec![0x88, 17];
        goodbye.extend(1009_u16.to_be_bytes());
        goodbye.extend(b"frame too large");
        assert_eq!(told, goodbye);
    }
}
