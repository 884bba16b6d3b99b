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

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::{HashMap, HashSet};
    use std::fs;
    use std::io::ErrorKind;
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

    use gatehouse_agent::tools::exec::{RUN_MARK, adopts_orphans};

    use super::Ends;

    /// Of each, whether it belongs to a process of a run. A socket without a process does as well: the one that
    /// opened it is gone, and whoever sent through it does not wait for an answer.
    pub(super) fn of_runs(all: &[Ends]) -> Vec<bool> {
        // In this order: a process that ends meanwhile leaves a socket without one.
        let runs = processes_of_runs();
        let holders = Holders {
            held: held_by(&runs),
            others: runs.iter().any(|pid| hides(*pid)).then(|| {
                let all = processes();
                held_by(&all.difference(&runs).copied().collect())
            }),
        };
        let Some(sockets) = sockets() else {
            return vec![true; all.len()];
        };
        let of_a_run = |ends: &Ends| {
            let socket = sockets.get(&(plain(ends.from), plain(ends.to)));
            holders.is_of_a_run(socket.copied())
        };
        all.iter().map(of_a_run).collect()
    }

    /// Who has which sockets.
    pub(super) struct Holders {
        /// Those of runs.
        pub(super) held: HashSet<u64>,
        /// Those of everybody else, where a process of a run hides what it has: then only a socket that is seen to be
        /// another's is none of a run.
        pub(super) others: Option<HashSet<u64>>,
    }

    impl Holders {
        pub(super) fn is_of_a_run(&self, socket: Option<u64>) -> bool {
            socket.is_none_or(|socket| {
                let is_hidden = |others: &HashSet<u64>| !others.contains(&socket);
                socket == 0
                    || self.held.contains(&socket)
                    || self.others.as_ref().is_some_and(is_hidden)
            })
        }
    }

    /// Whether nobody but root can tell what a process has open: one of another user (`sudo`), one whose program may
    /// not be read or that asked for it (prctl(2), `PR_SET_DUMPABLE`), and one whose first thread has ended.
    fn hides(pid: u32) -> bool {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let after = stat.rsplit_once(')').map_or("", |(_, after)| after);
        if after.trim_start().starts_with('Z') {
            let threads = fs::read_dir(format!("/proc/{pid}/task"));
            return threads.is_ok_and(|threads| threads.count() > 1);
        }
        let handles = fs::read_dir(format!("/proc/{pid}/fd"));
        handles.is_err_and(|error| error.kind() == ErrorKind::PermissionDenied)
    }

    fn processes() -> HashSet<u32> {
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.collect()
    }

    /// Whether there are processes of runs now.
    pub(super) fn are_any_left() -> bool {
        !processes_of_runs().is_empty()
    }

    /// The number of every socket by its own end and the other one; 0 where no process has it. None where the system
    /// does not tell. Ports alone say too little: one of another address can have the same.
    fn sockets() -> Option<HashMap<(SocketAddr, SocketAddr), u64>> {
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

    fn socket(line: &str) -> Option<((SocketAddr, SocketAddr), u64)> {
        let mut fields = line.split_whitespace().skip(1);
        let ends = (end(fields.next()?)?, end(fields.next()?)?);
        Some((ends, fields.nth(6)?.parse().ok()?))
    }

    /// An address as the tables have it: words of four bytes, each in the machine's own order.
    fn end(text: &str) -> Option<SocketAddr> {
        let (address, port) = text.rsplit_once(':')?;
        let port = u16::from_str_radix(port, 16).ok()?;
        let mut bytes = Vec::with_capacity(16);
        for at in (0..address.len()).step_by(8) {
            let word = u32::from_str_radix(address.get(at..at + 8)?, 16).ok()?;
            bytes.extend(word.to_ne_bytes());
        }
        let ip = match <[u8; 4]>::try_from(bytes.as_slice()) {
            Ok(four) => IpAddr::from(Ipv4Addr::from(four)),
            Err(_) => IpAddr::from(Ipv6Addr::from(<[u8; 16]>::try_from(bytes).ok()?)),
        };
        Some(plain(SocketAddr::new(ip, port)))
    }

    /// Without what is said of an address beside it, and one of the older kind as that.
    fn plain(end: SocketAddr) -> SocketAddr {
        SocketAddr::new(end.ip().to_canonical(), end.port())
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
        for pid in processes() {
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

    #[test]
    fn where_a_run_hides_what_it_has_only_what_is_seen_to_be_another_s_is_let_in() {
        let of = |numbers: &[u64]| numbers.iter().copied().collect();
        let open = linux::Holders {
            held: of(&[1]),
            others: None,
        };
        let hidden = linux::Holders {
            held: of(&[1]),
            others: Some(of(&[2])),
        };
        for (socket, while_open, while_hidden) in [
            (Some(1), true, true),
            (Some(2), false, false),
            (Some(3), false, true),
            (Some(0), true, true),
            (None, true, true),
        ] {
            assert_eq!(open.is_of_a_run(socket), while_open, "{socket:?}");
            assert_eq!(hidden.is_of_a_run(socket), while_hidden, "{socket:?}");
        }
    }

    /// Connects from an address of its own when it is told the port to come from, and says a letter.
    const COMES_FROM: &str = "import socket, sys, time\n\
        s = socket.socket()\n\
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n\
        print('open', flush=True)\n\
        s.bind(('127.0.0.2', int(sys.stdin.readline())))\n\
        s.connect((sys.argv[1], int(sys.argv[2])))\n\
        s.send(b'x')\n\
        time.sleep(60)";

    #[test]
    fn a_socket_of_a_run_is_not_taken_for_one_of_the_same_port_at_another_address() {
        use std::io::{BufRead, BufReader, Write};
        use std::process::Stdio;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let to = listener.local_addr().unwrap();
        // Its socket is older than that of the client whose port it takes.
        let mut run = Command::new("python3")
            .args(["-c", COMES_FROM, "127.0.0.1", &to.port().to_string()])
            .env(gatehouse_agent::tools::exec::RUN_MARK, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(run.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        let mut own = None;
        let (_held, client) = arrival(&listener, |to| own = TcpStream::connect(to).ok());
        let (mut stream, of_run) = arrival(&listener, |_| {
            let mut stdin = run.stdin.as_ref().unwrap();
            writeln!(stdin, "{}", client.from.port()).unwrap();
        });
        stream.read_exact(&mut [0]).unwrap();
        assert_eq!(of_run.from.port(), client.from.port());
        let found = of_runs(&[client, of_run]);
        run.kill().unwrap();
        run.wait().unwrap();
        assert_eq!(found, [false, true]);
    }

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
