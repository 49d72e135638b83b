//! `Server`: a `sockscope serve` in a directory of its own, and clients that never wait without
//! limit.

use std::io::{BufRead, BufReader, Read};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, ChildStderr, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::ioctl_fionbio;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::process::{Pid, Signal, kill_process};
use sockscope_net::{Conn, Connector, Endpoint};
use tempfile::TempDir;

/// Longer than anything takes on a machine that works.
const LIMIT: Duration = Duration::from_secs(30);

/// A running server, killed when dropped.
pub(crate) struct Server {
    child: Child,
    log: BufReader<ChildStderr>,
    pub(crate) directory: TempDir,
    /// Where it listens, in the order given, ports resolved, paths from the root.
    pub(crate) endpoints: Vec<Endpoint>,
}

impl Server {
    /// Starts `serve` with these arguments, endpoints first, and waits until all of them listen.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_in(TempDir::new().unwrap(), arguments)
    }

    /// The same in a directory that exists.
    pub(crate) fn start_in(directory: TempDir, arguments: &[&str]) -> Self {
        Self::run(serve(directory.path(), arguments), directory, arguments)
    }

    /// The same with no more than so many descriptors.
    pub(crate) fn start_with_descriptors(limit: u32, arguments: &[&str]) -> Self {
        let directory = TempDir::new().unwrap();
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!(r#"ulimit -n {limit} && exec "$0" serve --ready-fd 1 "$@""#)])
            .arg(env!("CARGO_BIN_EXE_sockscope"))
            .args(arguments)
            .current_dir(directory.path());
        Self::run(command, directory, arguments)
    }

    /// The same by a command in front, as `env` is.
    pub(crate) fn start_by(command: &str, arguments: &[&str]) -> Self {
        let directory = TempDir::new().unwrap();
        let mut words = command.split(' ');
        let mut command = Command::new(words.next().unwrap());
        command
            .args(words)
            .args([env!("CARGO_BIN_EXE_sockscope"), "serve", "--ready-fd", "1"])
            .args(arguments)
            .current_dir(directory.path());
        Self::run(command, directory, arguments)
    }

    /// The same with a stderr that is full, and that nobody reads.
    pub(crate) fn start_mute(arguments: &[&str]) -> Self {
        let directory = TempDir::new().unwrap();
        let (reader, full) = full_pipe();
        let mut command = serve(directory.path(), arguments);
        let child = command.stdout(Stdio::piped()).stderr(full).spawn().unwrap();
        Self::wait_until_ready(child, reader.into(), directory, arguments)
    }

    fn run(mut command: Command, directory: TempDir, arguments: &[&str]) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let log = child.stderr.take().unwrap();
        Self::wait_until_ready(child, log, directory, arguments)
    }

    fn wait_until_ready(
        mut child: Child,
        log: ChildStderr,
        directory: TempDir,
        arguments: &[&str],
    ) -> Self {
        let log = BufReader::new(log);
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let wanted = arguments.iter().take_while(|argument| !argument.starts_with('-')).count();
        let endpoints: Vec<_> = lines
            .take(wanted)
            .map(|line| absolute(&line.unwrap(), directory.path()).parse().unwrap())
            .collect();
        let mut server = Self { child, log, directory, endpoints };
        let ready = server.endpoints.len() == wanted;
        assert!(ready, "not ready:\n{}", server.rest_of_log());
        server
    }

    pub(crate) fn connect(&self, index: usize) -> Client {
        Client::connect(&self.endpoints[index])
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Reads the log up to the next line that contains `part`.
    pub(crate) fn log_line(&mut self, part: &str) -> String {
        let mut seen = String::new();
        loop {
            let start = seen.len();
            let length = self.log.read_line(&mut seen).unwrap();
            assert!(length > 0, "no line with {part:?} in:\n{seen}");
            if seen[start..].contains(part) {
                return seen[start..].trim_end().to_owned();
            }
        }
    }

    /// Closes the reader's end of the log.
    pub(crate) fn stop_reading_the_log(&mut self) {
        let (reader, _) = rustix::pipe::pipe().unwrap();
        self.log = BufReader::new(reader.into());
    }

    /// All of the log that was not read yet, up to the server's end.
    pub(crate) fn rest_of_log(&mut self) -> String {
        let mut text = String::new();
        self.log.read_to_string(&mut text).unwrap();
        text
    }

    /// Signals again and again until it has ended.
    pub(crate) fn signal_until_ended(&mut self, signal: Signal) {
        let while_it_goes_on = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };
        while self.child.try_wait().unwrap().is_none() {
            self.signal(signal);
            poll(&mut [], Some(&while_it_goes_on)).unwrap();
        }
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Ends it with SIGTERM; the rest of its log.
    pub(crate) fn finish(&mut self) -> String {
        self.signal(Signal::TERM);
        let log = self.rest_of_log();
        assert_eq!(self.wait().code(), Some(0), "{log}");
        log
    }

    /// The names of the files beside the server.
    pub(crate) fn files(&self) -> Vec<String> {
        files(self.directory.path())
    }

    /// Its resident memory in bytes.
    pub(crate) fn resident(&self) -> u64 {
        let path = format!("/proc/{}/statm", self.pid());
        let statm = std::fs::read_to_string(path).unwrap();
        let pages: u64 = statm.split(' ').nth(1).unwrap().parse().unwrap();
        pages * rustix::param::page_size() as u64
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The command line of a server that says on its standard output where it listens.
fn serve(directory: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sockscope"));
    command.args(["serve", "--ready-fd", "1"]).args(arguments).current_dir(directory);
    command
}

/// Runs `serve` with arguments that it must refuse.
pub(crate) fn refused(directory: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stderr, .. } =
        serve(directory, arguments).stdin(Stdio::null()).output().unwrap();
    (status.code(), String::from_utf8(stderr).unwrap())
}

/// The names of the files in a directory.
pub(crate) fn files(directory: &Path) -> Vec<String> {
    let entries = directory.read_dir().unwrap();
    let mut names: Vec<_> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// A pipe that takes nothing more: its ends to read and to write.
pub(crate) fn full_pipe() -> (OwnedFd, OwnedFd) {
    let (reader, writer) = rustix::pipe::pipe().unwrap();
    ioctl_fionbio(&writer, true).unwrap();
    while rustix::io::write(&writer, &[b'.'; 4096]).is_ok() {}
    ioctl_fionbio(&writer, false).unwrap();
    (reader, writer)
}

/// The endpoint as it is reached from elsewhere.
fn absolute(endpoint: &str, directory: &Path) -> String {
    match endpoint.split_once(':') {
        Some((scheme, path)) if scheme.starts_with("unix") && !path.starts_with(['@', '/']) => {
            format!("{scheme}:{}/{path}", directory.display())
        }
        _ => endpoint.to_owned(),
    }
}

/// The client's end of a connection, with a limit on every wait.
pub(crate) struct Client(pub(crate) Conn);

impl Client {
    pub(crate) fn connect(endpoint: &Endpoint) -> Self {
        let conn = Connector::new(endpoint).unwrap().connect(Some(LIMIT)).unwrap();
        for timeout in [Timeout::Recv, Timeout::Send] {
            set_socket_timeout(&conn, timeout, Some(LIMIT)).unwrap();
        }
        Self(conn)
    }

    /// Sends a `ping` and hears the `pong`.
    pub(crate) fn ping(&self) {
        assert_eq!(self.0.send(b"ping").unwrap(), 4);
        self.hear_pong();
    }

    pub(crate) fn hear_pong(&self) {
        let mut answer = [0; 4];
        let mut heard = 0;
        while heard < 4 {
            let received = self.0.receive(&mut answer[heard..]).unwrap();
            assert!(received > 0, "an end instead of an answer");
            heard += received;
        }
        assert_eq!(&answer, b"pong");
    }

    /// Sends a few bytes to an echo and hears them.
    pub(crate) fn ping_echo(&self) {
        assert_eq!(self.0.send(b"hello").unwrap(), 5);
        let mut answer = [0; 5];
        assert_eq!(self.0.receive(&mut answer).unwrap(), 5);
        assert_eq!(&answer, b"hello");
    }

    /// Sends without reading until the server has taken no more for a while.
    pub(crate) fn send_until_blocked(&self) {
        self.0.set_nonblocking(true).unwrap();
        let bytes = vec![7; 1 << 16];
        loop {
            while self.0.send(&bytes).is_ok() {}
            let mut fds = [PollFd::new(&self.0, PollFlags::OUT)];
            let patience = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
            if poll(&mut fds, Some(&patience)).unwrap() == 0 {
                return;
            }
        }
    }

    /// Receives to the end, which must be an orderly one.
    pub(crate) fn hear_all(&self) -> Vec<u8> {
        let mut heard = Vec::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            match self.0.receive(&mut buffer).unwrap() {
                0 => return heard,
                received => heard.extend_from_slice(&buffer[..received]),
            }
        }
    }
}
