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

use std::net::SocketAddr;

use tokio::sync::{mpsc, oneshot};

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
}

/// One walk serves no more than this; those after them have the next.
const TOGETHER: usize = 4_096;

impl Peers {
    /// Starts whoever looks. It ends with the last handle.
    pub(super) fn start() -> (Self, impl Future<Output = ()>) {
        // No bound: a question for each handshake that waits for its answer, and those have one (`half_open.rs`).
        let (questions, inbox) = mpsc::unbounded_channel();
        (Self { questions }, look(inbox))
    }

    /// Whether the other end of a connection is a process of an agent's run, or nobody's any more.
    pub(super) async fn is_of_a_run(&self, ends: Ends) -> bool {
        // Another machine's processes are not ours to know; and before the first run there are none.
        if !cfg!(target_os = "linux")
            || !ends.from.ip().to_canonical().is_loopback()
            || !gatehouse_agent::tools::exec::has_started()
        {
            return false;
        }
        let (answer, told) = oneshot::channel();
        // The one who looks ends with the listener, and whoever comes then is not let in.
        self.questions.send(Question { ends, answer }).is_err() || told.await.unwrap_or(true)
    }
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
use linux::of_runs;

#[cfg(not(target_os = "linux"))]
fn of_runs(all: &[Ends]) -> Vec<bool> {
    vec![false; all.len()]
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::{HashMap, HashSet};
    use std::fs;

    use gatehouse_agent::tools::exec::{RUN_MARK, adopts_orphans};

    use super::Ends;

    /// Of each, whether it belongs to a process of a run. A socket without a process does as well: the one that
    /// opened it is gone, and whoever sent through it does not wait for an answer.
    pub(super) fn of_runs(all: &[Ends]) -> Vec<bool> {
        // In this order: a process that ends meanwhile leaves a socket without one.
        let held = held_by(&processes_of_runs());
        let Some(sockets) = sockets() else {
            return vec![true; all.len()];
        };
        let of_a_run = |ends: &Ends| {
            let socket = sockets.get(&(ends.from.port(), ends.to.port()));
            socket.is_none_or(|socket| *socket == 0 || held.contains(socket))
        };
        all.iter().map(of_a_run).collect()
    }

    /// The number of every socket by its own port and the one of its other end; 0 where no process has it. None
    /// where the system does not tell.
    fn sockets() -> Option<HashMap<(u16, u16), u64>> {
        let mut found = HashMap::new();
        for table in ["/proc/net/tcp6", "/proc/net/tcp"] {
            let text = match fs::read_to_string(table) {
                Ok(text) => text,
                // A machine may do without the newer addresses.
                Err(_) if table.ends_with('6') => continue,
                Err(_) => return None,
            };
            for line in text.lines().skip(1) {
                if let Some((ends, inode)) = socket(line) {
                    let known = found.entry(ends).or_insert(inode);
                    *known = (*known).max(inode);
                }
            }
        }
        Some(found)
    }

    fn socket(line: &str) -> Option<((u16, u16), u64)> {
        let mut fields = line.split_whitespace().skip(1);
        let ends = (port(fields.next()?)?, port(fields.next()?)?);
        Some((ends, fields.nth(6)?.parse().ok()?))
    }

    fn port(end: &str) -> Option<u16> {
        u16::from_str_radix(end.rsplit_once(':')?.1, 16).ok()
    }

    fn held_by(processes: &HashSet<u32>) -> HashSet<u64> {
        let mut held = HashSet::new();
        for pid in processes {
            let handles = fs::read_dir(format!("/proc/{pid}/fd"));
            for handle in handles.into_iter().flatten().flatten() {
                let target = fs::read_link(handle.path()).unwrap_or_default();
                held.extend(target.to_str().and_then(number));
            }
        }
        held
    }

    fn number(handle: &str) -> Option<u64> {
        let number = handle.strip_prefix("socket:[")?;
        number.strip_suffix(']')?.parse().ok()
    }

    /// Those with the mark of a run, in a program that takes in orphans its children, and all below them.
    fn processes_of_runs() -> HashSet<u32> {
        let own = std::process::id();
        let ours = adopts_orphans().then_some(own);
        let mut parents: HashMap<u32, u32> = HashMap::new();
        let mut found: HashSet<u32> = HashSet::new();
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        for pid in entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()) {
            let parent = parent(pid);
            if let Some(parent) = parent {
                parents.insert(pid, parent);
            }
            let is_ours = ours.is_some() && parent == ours;
            if pid != own && (is_ours || is_marked(pid)) {
                found.insert(pid);
            }
        }
        if found.is_empty() {
            return found;
        }
        for pid in parents.keys() {
            let mut above = Some(pid);
            // A cycle cannot be, but the table is read while it changes.
            for _ in 0..64 {
                let Some(one) = above else { break };
                if found.contains(one) {
                    found.insert(*pid);
                    break;
                }
                above = parents.get(one);
            }
        }
        found
    }

    fn parent(pid: u32) -> Option<u32> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name before it can hold anything but ends at the last bracket.
        let after = stat.rsplit_once(')')?.1;
        after.split_whitespace().nth(1)?.parse().ok()
    }

    /// The environment that a process began with. Others' cannot be read, and do not come from a run.
    fn is_marked(pid: u32) -> bool {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let mut variables = environment.split(|byte| *byte == 0);
        variables.any(|variable| {
            let rest = variable.strip_prefix(RUN_MARK.as_bytes());
            rest.is_some_and(|rest| rest.first() == Some(&b'='))
        })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::io::Read;
    use std::net::{TcpListener, TcpStream};
    use std::process::{Child, Command};

    use super::*;

    /// A connection, and what holds its other end.
    fn arrival(listener: &TcpListener, come: impl FnOnce(SocketAddr)) -> (TcpStream, Ends) {
        let to = listener.local_addr().unwrap();
        come(to);
        let (stream, from) = listener.accept().unwrap();
        (stream, Ends { from, to })
    }

    /// A process that connects, says a letter and stays.
    fn process(to: SocketAddr, mark: Option<&str>) -> Child {
        let script = format!(
            "exec 3<>/dev/tcp/{}/{}; printf x >&3; exec sleep 60",
            to.ip(),
            to.port()
        );
        let mut command = Command::new("bash");
        command.args(["-c", &script]);
        command.envs(mark.map(|mark| (mark, "1")));
        command.spawn().unwrap()
    }

    #[test]
    fn a_socket_of_a_run_or_of_nobody_is_told_from_all_others_in_one_look() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut children = Vec::new();
        let mut own = None;
        let mine = arrival(&listener, |to| own = TcpStream::connect(to).ok());
        let stranger = arrival(&listener, |to| children.push(process(to, None)));
        let run = arrival(&listener, |to| {
            children.push(process(to, Some(gatehouse_agent::tools::exec::RUN_MARK)));
        });
        let gone = arrival(&listener, |to| drop(TcpStream::connect(to)));
        // Who has said something is not just beginning.
        for (stream, _) in [&stranger, &run] {
            let mut stream = stream;
            stream.read_exact(&mut [0]).unwrap();
        }
        let found = of_runs(&[mine.1, stranger.1, run.1, gone.1]);
        for mut child in children {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        assert_eq!(found, [false, false, true, true]);
    }
}
