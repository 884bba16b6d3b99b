//! Whose socket it is, as Linux tells: from its number to the process that holds it.

mod processes;
mod sockets;

use std::collections::HashSet;

use self::processes::{held_by, hides, processes, processes_of_runs};
use self::sockets::{plain, sockets};
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

/// Whether there are processes of runs now.
pub(super) fn are_any_left() -> bool {
    !processes_of_runs().is_empty()
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::net::{SocketAddr, TcpListener, TcpStream};
    use std::process::{Child, Command, Stdio};

    use super::*;

    /// What begins itself again and again, with its connection.
    const AGAIN: &str = "exec bash -c \"$AGAIN\"";

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
    fn a_run_is_told_while_it_begins_one_program_after_the_other() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut run = None;
        let (mut stream, ends) = arrival(&listener, |to| {
            let script = format!(
                "exec 3<>/dev/tcp/{}/{}; printf x >&3; {AGAIN}",
                to.ip(),
                to.port()
            );
            let mut command = Command::new("bash");
            command.args(["-c", &script]).env("AGAIN", AGAIN);
            command.env(gatehouse_agent::tools::exec::RUN_MARK, "1");
            run = command.spawn().ok();
        });
        stream.read_exact(&mut [0]).unwrap();
        let missed = (0..300).filter(|_| of_runs(&[ends]) != [true]).count();
        let mut run = run.unwrap();
        run.kill().unwrap();
        run.wait().unwrap();
        assert_eq!(missed, 0, "of 300 looks");
    }

    #[test]
    fn who_began_without_any_environment_is_nobody_s_run() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut other = None;
        let (mut stream, ends) = arrival(&listener, |to| {
            let script = format!(
                "exec 3<>/dev/tcp/{}/{}; printf x >&3; read",
                to.ip(),
                to.port()
            );
            let mut command = Command::new("/bin/bash");
            command
                .args(["-c", &script])
                .env_clear()
                .stdin(Stdio::piped());
            other = command.spawn().ok();
        });
        stream.read_exact(&mut [0]).unwrap();
        let found = of_runs(&[ends]);
        let mut other = other.unwrap();
        other.kill().unwrap();
        other.wait().unwrap();
        assert_eq!(found, [false]);
    }

    #[test]
    fn where_a_run_hides_what_it_has_only_what_is_seen_to_be_another_s_is_let_in() {
        let of = |numbers: &[u64]| numbers.iter().copied().collect();
        let open = Holders {
            held: of(&[1]),
            others: None,
        };
        let hidden = Holders {
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
}
