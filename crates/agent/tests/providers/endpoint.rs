//! A server with answers written down before, and the requests that it got.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Status, content type (with further headers, if any) and body.
type Answer = (u16, &'static str, String);

pub(crate) struct Endpoint {
    port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Endpoint {
    /// Gives its answers one after the other, the last one again and again.
    pub(crate) async fn start(answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let kept = asked.clone();
        tokio::spawn(async move {
            let mut answers = answers.into_iter().peekable();
            while let Ok((socket, _)) = listener.accept().await {
                let answer = match answers.len() {
                    1 => answers.peek().cloned(),
                    _ => answers.next(),
                };
                answer_one(socket, answer.unwrap(), &kept).await;
            }
        });
        Self { port, asked }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// The requests so far, heads and bodies.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn answer_one(mut socket: TcpStream, answer: Answer, kept: &Mutex<Vec<String>>) {
    let mut text = String::new();
    let mut buffer = vec![0; 16 * 1024];
    while !is_whole(&text) {
        let count = socket.read(&mut buffer).await.unwrap();
        assert!(count > 0, "the client hung up in its request");
        text.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    kept.lock().unwrap().push(text);
    let (status, kind, body) = answer;
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    // A client that saw enough of the head may be gone.
    let _ = socket.write_all(format!("{head}{body}").as_bytes()).await;
}

fn is_whole(text: &str) -> bool {
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().ok())?
    });
    body.len() >= length.unwrap_or(0)
}
