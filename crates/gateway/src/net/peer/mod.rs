//! A process that an agent's run started has no business with the gateway that governs it: its connection is
//! refused. Best effort, beside the policy that denies a command which names the gateway's port, and beside the
//! environment that holds no token.
//!
//! Linux alone tells which process has a socket: from its number in `/proc/net/tcp` to the process that holds it.
//! The processes of runs are those that begin with the mark of one, and all below them; in a program that takes in
//! orphans they are all processes below this one, whatever environment they gave themselves.
//!
//! Looking costs a walk over all processes, so it is done for all who wait together, and only for those who have
//! said something: a crowd that is silent costs nothing, and one that speaks costs a walk after the other.

#[cfg(target_os = "linux")]
mod linux;

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;

use tokio::sync::{OnceCell, mpsc, oneshot};

/// The two ends of a connection: the other one, and ours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ends {
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
}

struct Question {
    ends: Ends,
    answer: oneshot::Sender<bool>,
}

/// A handle to the one who looks.
#[derive(Clone)]
pub(super) struct Peers {
    questions: mpsc::UnboundedSender<Question>,
    /// Whether processes of runs were there before this program began: they outlive a gateway that was killed.
    left: Arc<OnceCell<bool>>,
}

/// One walk serves no more than this; those after them have the next.
const TOGETHER: usize = 4_096;

impl Peers {
    /// Starts whoever looks. It ends with the last handle.
    pub(super) fn start() -> (Self, impl Future<Output = ()>) {
        // No bound: a question for each handshake that waits for its answer, and those have one (`half_open.rs`).
        let (questions, inbox) = mpsc::unbounded_channel();
        let left = Arc::default();
        (Self { questions, left }, look(inbox))
    }

    /// Whether the other end of a connection is a process of an agent's run, or nobody's any more.
    pub(super) async fn is_of_a_run(&self, ends: Ends) -> bool {
        // Another machine's processes are not ours to know.
        if !cfg!(target_os = "linux") || !is_here(ends.from) || !self.may_be_any().await {
            return false;
        }
        let (answer, told) = oneshot::channel();
        // The one who looks ends with the listener, and whoever comes then is not let in.
        self.questions.send(Question { ends, answer }).is_err() || told.await.unwrap_or(true)
    }
}

impl Peers {
    /// Before the first run there are none, but for those that an earlier gateway left.
    async fn may_be_any(&self) -> bool {
        if gatehouse_agent::tools::exec::has_started() {
            return true;
        }
        let look = || async {
            let looked = tokio::task::spawn_blocking(are_any_left).await;
            looked.unwrap_or(true)
        };
        *self.left.get_or_init(look).await
    }
}

/// Whether an address is one of this machine. A process reaches a gateway that listens for others by each of them.
fn is_here(address: SocketAddr) -> bool {
    let mut own = address;
    own.set_port(0);
    address.ip().to_canonical().is_loopback() || UdpSocket::bind(own).is_ok()
}

async fn look(mut inbox: mpsc::UnboundedReceiver<Question>) {
    let mut waiting = Vec::new();
    while inbox.recv_many(&mut waiting, TOGETHER).await > 0 {
        // Those that were hung up on meanwhile are not looked for.
        waiting.retain(|question: &Question| !question.answer.is_closed());
        let ends: Vec<Ends> = waiting.iter().map(|question| question.ends).collect();
        let looked = tokio::task::spawn_blocking(move || of_runs(&ends)).await;
        let found = looked.unwrap_or_default();
        for (at, question) in waiting.drain(..).enumerate() {
            // Who asked may have gone. What could not be looked at is not let in.
            let _ = question.answer.send(found.get(at).copied().unwrap_or(true));
        }
    }
}

#[cfg(target_os = "linux")]
use linux::{are_any_left, of_runs};

#[cfg(not(target_os = "linux"))]
fn of_runs(all: &[Ends]) -> Vec<bool> {
    vec![false; all.len()]
}

#[cfg(not(target_os = "linux"))]
fn are_any_left() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_of_this_machine_is_here_and_no_other_is() {
        let at = |ip: &str| is_here(SocketAddr::new(ip.parse().unwrap(), 40_000));
        for ip in ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"] {
            assert!(at(ip), "{ip}");
        }
        for ip in ["203.0.113.9", "2001:db8::9"] {
            assert!(!at(ip), "{ip}");
        }
        // An address by which other machines would reach this one, where it has any.
        let out = UdpSocket::bind("0.0.0.0:0").unwrap();
        if out.connect("203.0.113.9:9").is_ok() {
            let own = out.local_addr().unwrap();
            assert!(is_here(own), "{own}");
        }
    }
}
