//! The gateway's side of a connection, one step at a time.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

/// The `ts` of every challenge.
pub(crate) const CHALLENGE_TS: u64 = 1_795_255_710_151;

pub(crate) struct Peer {
    listener: TcpListener,
}

/// One accepted connection.
pub(crate) struct Talk<S = TcpStream> {
    socket: WebSocketStream<S>,
}

/// A request that arrived.
pub(crate) struct Asked {
    pub(crate) id: String,
    pub(crate) method: String,
    pub(crate) params: Value,
}

impl Peer {
    pub(crate) async fn bind() -> Self {
        Self {
            listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
        }
    }

    pub(crate) fn port(&self) -> u16 {
        self.listener.local_addr().unwrap().port()
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://127.0.0.1:{}", self.port())
    }

    /// A connection, before the upgrade.
    pub(crate) async fn dialled(&self) -> TcpStream {
        self.listener.accept().await.unwrap().0
    }

    pub(crate) async fn accept(&self) -> Talk {
        Talk::upgrade(self.dialled().await).await
    }

    /// A connection that has said who it is and waits for an answer.
    pub(crate) async fn challenged(&self) -> (Talk, Asked) {
        let mut talk = self.accept().await;
        let connect = talk.challenge().await;
        (talk, connect)
    }

    /// A connection that is up.
    pub(crate) async fn welcome(&self) -> Talk {
        self.welcome_with(hello()).await
    }

    pub(crate) async fn welcome_with(&self, hello: Value) -> Talk {
        let (mut talk, connect) = self.challenged().await;
        talk.answer(&connect, hello).await;
        talk
    }

    /// Whether nobody dials for a while, however long a while is.
    pub(crate) async fn stays_alone(&self, time: std::time::Duration) -> bool {
        tokio::time::timeout(time, self.listener.accept())
            .await
            .is_err()
    }
}

/// A hello of protocol 4 with short limits.
pub(crate) fn hello() -> Value {
    json!({
        "type": "hello-ok", "protocol": 4,
        "server": {"version": "2026.9.6", "connId": "c-1"},
        "features": {"methods": ["health"], "events": []},
        "snapshot": {},
        "auth": {"role": "operator", "scopes": ["operator.read"]},
        "policy": {"maxPayload": 100_000, "maxBufferedBytes": 1_000_000, "tickIntervalMs": 30_000}
    })
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<S> {
    pub(crate) async fn upgrade(stream: S) -> Self {
        Self {
            socket: tokio_tungstenite::accept_async(stream).await.unwrap(),
        }
    }

    pub(crate) async fn challenge(&mut self) -> Asked {
        let payload = json!({"nonce": "n-1", "ts": CHALLENGE_TS});
        self.say(json!({"type": "event", "event": "connect.challenge", "payload": payload}))
            .await;
        let connect = self.asked().await;
        assert_eq!(connect.method, "connect");
        connect
    }

    pub(crate) async fn say(&mut self, frame: Value) {
        self.say_text(&frame.to_string()).await;
    }

    pub(crate) async fn say_text(&mut self, text: &str) {
        self.socket.send(Message::text(text)).await.unwrap();
    }

    pub(crate) async fn say_binary(&mut self, bytes: &[u8]) {
        self.socket
            .send(Message::binary(bytes.to_vec()))
            .await
            .unwrap();
    }

    pub(crate) async fn event(&mut self, name: &str, seq: u64, payload: Value) {
        self.say(json!({"type": "event", "event": name, "seq": seq, "payload": payload}))
            .await;
    }

    pub(crate) async fn answer(&mut self, asked: &Asked, payload: Value) {
        self.say(json!({"type": "res", "id": asked.id, "ok": true, "payload": payload}))
            .await;
    }

    pub(crate) async fn refuse(&mut self, asked: &Asked, error: Value) {
        self.say(json!({"type": "res", "id": asked.id, "ok": false, "error": error}))
            .await;
    }

    /// The next request; pings pass by.
    pub(crate) async fn asked(&mut self) -> Asked {
        loop {
            let message = self
                .socket
                .next()
                .await
                .expect("the client hung up")
                .unwrap();
            let Message::Text(text) = message else {
                continue;
            };
            let frame: Value = serde_json::from_str(text.as_str()).unwrap();
            assert_eq!(frame["type"], "req");
            return Asked {
                id: frame["id"].as_str().unwrap().to_owned(),
                method: frame["method"].as_str().unwrap().to_owned(),
                params: frame["params"].clone(),
            };
        }
    }

    pub(crate) async fn close(mut self, code: u16, reason: &str) {
        let frame = CloseFrame {
            code: code.into(),
            reason: reason.into(),
        };
        self.socket.close(Some(frame)).await.unwrap();
    }

    /// Whether the client hangs up without a request.
    pub(crate) async fn hung_up_without_a_word(mut self) -> bool {
        while let Some(Ok(message)) = self.socket.next().await {
            if message.is_text() || message.is_binary() {
                return false;
            }
        }
        true
    }

    /// Reads until the client hangs up; the code it gave, if it gave one.
    pub(crate) async fn hung_up(mut self) -> Option<u16> {
        let mut code = None;
        while let Some(Ok(message)) = self.socket.next().await {
            if let Message::Close(frame) = message {
                code = frame.map(|frame| frame.code.into());
            }
        }
        code
    }
}
