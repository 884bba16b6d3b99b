//! The wire between a client and a gateway, for a test to pull. A plain TCP relay on the loopback interface;
//! it can also say, as a reverse proxy does, that the client is somewhere else.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

use crate::error::{During, TestkitError};

/// Larger than any upgrade request.
const HEAD_LIMIT: usize = 16 * 1024;

/// A relay to one port. Ends when dropped, and every connection with it.
pub struct Cable {
    address: SocketAddr,
    plugged: Arc<AtomicBool>,
    cuts: watch::Sender<u64>,
    task: JoinHandle<()>,
}

impl Cable {
    /// Relays to a port of this machine, byte by byte.
    pub async fn to(port: u16) -> Result<Self, TestkitError> {
        Self::lay(port, None).await
    }

    /// Relays and adds `X-Forwarded-For` to the request. A v3 gateway then takes the client for a remote one
    /// and asks that its device be paired; a v4 gateway that knows of no proxy refuses it with HTTP 403.
    pub async fn from_afar(port: u16) -> Result<Self, TestkitError> {
        // An address for documentation (RFC 5737).
        Self::lay(port, Some("X-Forwarded-For: 203.0.113.7\r\n")).await
    }

    async fn lay(port: u16, header: Option<&'static str>) -> Result<Self, TestkitError> {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .during("lay a cable")?;
        let address = listener.local_addr().during("lay a cable")?;
        let plugged = Arc::new(AtomicBool::new(true));
        let (cuts, cut) = watch::channel(0);
        let task = tokio::spawn(accept(listener, port, header, plugged.clone(), cut));
        Ok(Self {
            address,
            plugged,
            cuts,
            task,
        })
    }

    /// Where a client connects.
    pub fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Ends every connection without a word. New ones are relayed again.
    pub fn cut(&self) {
        self.cuts.send_modify(|count| *count += 1);
    }

    /// Ends every connection and takes no new one until [`plug`](Self::plug).
    pub fn unplug(&self) {
        self.plugged.store(false, Ordering::SeqCst);
        self.cut();
    }

    pub fn plug(&self) {
        self.plugged.store(true, Ordering::SeqCst);
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.task.abort();
        self.cut();
    }
}

async fn accept(
    listener: TcpListener,
    port: u16,
    header: Option<&'static str>,
    plugged: Arc<AtomicBool>,
    cut: watch::Receiver<u64>,
) {
    while let Ok((client, _)) = listener.accept().await {
        if !plugged.load(Ordering::SeqCst) {
            continue;
        }
        let mut cut = cut.clone();
        cut.mark_unchanged();
        tokio::spawn(async move {
            tokio::select! {
                // Also when the cable is gone.
                _ = cut.changed() => {}
                // An end of either side is the end of the relay.
                _ = relay(client, port, header) => {}
            }
        });
    }
}

async fn relay(
    mut client: TcpStream,
    port: u16,
    header: Option<&'static str>,
) -> std::io::Result<()> {
    let mut gateway = TcpStream::connect(("127.0.0.1", port)).await?;
    if let Some(header) = header {
        let head = read_head(&mut client).await?;
        let line_end = head
            .windows(2)
            .position(|pair| pair == b"\r\n")
            .unwrap_or(0)
            + 2;
        gateway.write_all(&head[..line_end]).await?;
        gateway.write_all(header.as_bytes()).await?;
        gateway.write_all(&head[line_end..]).await?;
    }
    copy_bidirectional(&mut client, &mut gateway)
        .await
        .map(drop)
}

/// Up to the empty line that ends a request's head.
async fn read_head(client: &mut TcpStream) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < HEAD_LIMIT {
        head.push(client.read_u8().await?);
    }
    Ok(head)
}
