//! One HTTP request over a plain socket, so that paths and headers go out exactly as written.

use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub struct Answer {
    pub status: u16,
    pub body: String,
    head: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

pub async fn get(address: SocketAddr, path: &str, token: Option<&str>) -> Answer {
    send(
        address,
        &format!("GET {path} HTTP/1.1\r\n{}\r\n", head(token)),
    )
    .await
}

pub async fn post(address: SocketAddr, path: &str, body: &str, token: Option<&str>) -> Answer {
    let length = body.len();
    let head = head(token);
    let kind = "content-type: application/json\r\n";
    let text =
        format!("POST {path} HTTP/1.1\r\n{head}{kind}content-length: {length}\r\n\r\n{body}");
    send(address, &text).await
}

fn head(token: Option<&str>) -> String {
    let bearer = token.map(|token| format!("authorization: Bearer {token}\r\n"));
    format!(
        "host: localhost\r\nconnection: close\r\n{}",
        bearer.unwrap_or_default()
    )
}

/// Sends a text as it is and reads until the other side closes.
pub async fn send(address: SocketAddr, text: &str) -> Answer {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (mut read, mut write) = stream.split();
    let mut answer = Vec::new();
    // The gateway may answer and close before it has read everything.
    let writing = async {
        let _ = write.write_all(text.as_bytes()).await;
    };
    let reading = async {
        let _ = read.read_to_end(&mut answer).await;
    };
    let both = async { tokio::join!(writing, reading) };
    tokio::time::timeout(super::PATIENCE, both)
        .await
        .expect("an answer in time");
    let text = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head
        .split_whitespace()
        .nth(1)
        .and_then(|status| status.parse().ok());
    Answer {
        status: status.unwrap_or(0),
        head: head.to_owned(),
        body: body.to_owned(),
    }
}
