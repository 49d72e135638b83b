//! `Scene`: a directory with scripted servers in it, and the program that is run there.
//!
//! Servers live in threads of the test and end with it. A server in the directory is named without it (`unix:a.sock`), so
//! that what the program prints does not depend on where the directory lies.

use std::path::Path;
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use snapbox::cmd::Command;
use sockscope_net::{BindOptions, Conn, Endpoint, Listener, Peer};
use tempfile::TempDir;

/// A directory with servers.
pub(crate) struct Scene {
    directory: TempDir,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self { directory: TempDir::new().expect("a temporary directory") }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The program, in this directory, as if piped into something 80 columns wide.
    pub(crate) fn sockscope(&self) -> Command {
        sockscope().current_dir(self.path())
    }

    /// A server with connections, each handled by `serve` in a thread of its own. Returns the name to reach it by.
    pub(crate) fn serve(
        &self,
        name: &str,
        serve: impl Fn(&Conn) + Clone + Send + 'static,
    ) -> String {
        let (listener, name) = self.bind(name);
        thread::spawn(move || {
            while let Ok(conn) = listener.accept() {
                conn.set_nonblocking(false).expect("a blocking connection");
                let serve = serve.clone();
                thread::spawn(move || serve(&conn));
            }
        });
        name
    }

    /// A server that answers each datagram with those that `answer` returns. Returns the name to reach it by.
    pub(crate) fn answer(
        &self,
        name: &str,
        mut answer: impl FnMut(&[u8]) -> Vec<Vec<u8>> + Send + 'static,
    ) -> String {
        let (listener, name) = self.bind(name);
        thread::spawn(move || {
            let mut buffer = vec![0; 1 << 16];
            while let Ok((count, from)) = listener.receive(&mut buffer) {
                for message in answer(&buffer[..count]) {
                    // The client may have gone.
                    let _ = listener.reply(&message, &from);
                }
            }
        });
        name
    }

    /// A server that listens and does nothing else, for as long as the listener is kept.
    pub(crate) fn bind(&self, name: &str) -> (Listener, String) {
        let (scheme, rest) = name.split_once(':').expect("a scheme");
        let is_file = scheme.starts_with("unix") && !rest.starts_with('@');
        let at = if is_file {
            format!("{scheme}:{}/{rest}", self.path().display())
        } else {
            name.to_owned()
        };
        let endpoint = Endpoint::parse(at.as_ref()).expect("an endpoint");
        let mut listeners =
            Listener::bind(&endpoint, &BindOptions::default()).expect("a free address");
        let listener = listeners.remove(0);
        listener.set_nonblocking(false).expect("a blocking listener");
        let name = if is_file { name.to_owned() } else { listener.local().to_string() };
        (listener, name)
    }
}

/// The program, with nothing in its environment that changes what it prints.
pub(crate) fn sockscope() -> Command {
    Command::new(snapbox::cmd::cargo_bin!("sockscope"))
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .env_remove("RUST_LOG")
        .env("COLUMNS", "80")
        .env("LC_ALL", "C.UTF-8")
}

/// Sends back whatever comes.
pub(crate) fn echo(conn: &Conn) {
    let mut buffer = vec![0; 1 << 16];
    while let Some(count) = receive(conn, &mut buffer) {
        send_all(conn, &buffer[..count]);
    }
}

/// Answers every four bytes with `pong`.
pub(crate) fn pong(conn: &Conn) {
    while receive_exactly(conn, 4).is_some() {
        send_all(conn, b"pong");
    }
}

/// Reads and never answers.
pub(crate) fn mute(conn: &Conn) {
    while receive(conn, &mut [0; 4096]).is_some() {}
}

/// Lets the client find everything that `act` does to its Unix connection at once: it is stopped meanwhile.
pub(crate) fn at_once(conn: &Conn, act: impl FnOnce()) {
    let Peer::Unix(peer) = conn.peer() else { panic!("only a Unix peer has a process") };
    let client = peer.pid.and_then(|pid| Pid::from_raw(pid.get())).expect("a pid of our namespace");
    kill_process(client, Signal::STOP).expect("the client waits for its answer");
    while !is_stopped(client) {
        thread::yield_now();
    }
    act();
    kill_process(client, Signal::CONT).expect("the client is stopped");
}

/// Whether every thread of the process has stopped: a signal reaches one of them, and through it the others.
fn is_stopped(process: Pid) -> bool {
    let tasks = format!("/proc/{}/task", process.as_raw_nonzero());
    std::fs::read_dir(tasks).expect("the client lives").all(|task| {
        let path = task.expect("a thread").path().join("stat");
        let stat = std::fs::read_to_string(path).expect("the thread lives");
        stat.rsplit_once(") ").is_some_and(|(_, state)| state.starts_with('T'))
    })
}

/// Whether this machine speaks IPv6 on its loopback; says so if it does not.
#[expect(clippy::print_stderr, reason = "a test that does less than it could says so")]
pub(crate) fn has_ipv6() -> bool {
    let found = std::net::UdpSocket::bind("[::1]:0").is_ok();
    if !found {
        eprintln!("not on this kernel: ::1 cannot be bound");
    }
    found
}

/// The next bytes; `None` at the end.
pub(crate) fn receive(conn: &Conn, buffer: &mut [u8]) -> Option<usize> {
    conn.receive(buffer).ok().filter(|count| *count > 0)
}

/// The next so many bytes; `None` if the end comes before.
pub(crate) fn receive_exactly(conn: &Conn, count: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; count];
    let mut filled = 0;
    while filled < count {
        filled += receive(conn, &mut bytes[filled..])?;
    }
    Some(bytes)
}

/// Sends everything, unless the client has gone.
pub(crate) fn send_all(conn: &Conn, bytes: &[u8]) {
    let mut sent = 0;
    while sent < bytes.len() {
        match conn.send(&bytes[sent..]) {
            Ok(count) => sent += count,
            Err(_) => return,
        }
    }
}
