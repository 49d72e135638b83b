//! A server in a thread of the test, and clients that never wait without limit.

use std::io::ErrorKind;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use sockscope_engine::serve::{Options, ServeError, Shutdown, Summary, serve};
use sockscope_net::{BindOptions, Conn, Connector, Endpoint, Kind, Listener};
use sockscope_proto::Service;
use tempfile::TempDir;

/// Longer than anything takes on a machine that works.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// A server that runs until it is told to end.
pub(crate) struct Server {
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) shutdown: Shutdown,
    thread: Option<JoinHandle<Result<Summary, ServeError>>>,
    directory: TempDir,
}

impl Server {
    /// Serves these endpoints; `{}` in one stands for a fresh directory.
    pub(crate) fn start<S>(service: S, endpoints: &[&str]) -> Self
    where
        S: Service + Clone + Send + Sync + 'static,
    {
        Self::start_with(service, endpoints, Options::default())
    }

    pub(crate) fn start_with<S>(service: S, endpoints: &[&str], options: Options) -> Self
    where
        S: Service + Clone + Send + Sync + 'static,
    {
        let directory = tempfile::tempdir().expect("a directory");
        let place = directory.path().to_str().expect("a plain path");
        let listeners =
            endpoints.iter().flat_map(|text| bind(&text.replace("{}", place))).collect();
        Self::start_on(service, listeners, options, directory)
    }

    /// Serves on listeners that may have files in `directory`.
    pub(crate) fn start_on<S>(
        service: S,
        listeners: Vec<Listener>,
        options: Options,
        directory: TempDir,
    ) -> Self
    where
        S: Service + Clone + Send + Sync + 'static,
    {
        let endpoints = listeners.iter().map(|listener| listener.local().clone()).collect();
        let shutdown = Shutdown::new().expect("a shutdown handle");
        let handle = shutdown.clone();
        let thread = thread::spawn(move || serve(listeners, &service, &options, &handle));
        Self { endpoints, shutdown, thread: Some(thread), directory }
    }

    pub(crate) fn connect(&self) -> Client {
        self.connect_to(0)
    }

    pub(crate) fn connect_to(&self, index: usize) -> Client {
        Client::connect(&self.endpoints[index])
    }

    /// Asks the server to end, and waits until it has.
    pub(crate) fn finish(mut self) -> Summary {
        self.shutdown.finish();
        let summary = self.wait();
        let left: Vec<_> = self.directory.path().read_dir().expect("the directory").collect();
        assert!(left.is_empty(), "left behind: {left:?}");
        summary
    }

    /// Ends the server, and leaves its directory for another.
    pub(crate) fn keep_directory(mut self) -> TempDir {
        self.shutdown.finish();
        self.wait();
        std::mem::replace(&mut self.directory, tempfile::tempdir().expect("a directory"))
    }

    /// Waits until the server has ended.
    pub(crate) fn wait(&mut self) -> Summary {
        self.join().expect("no panic").expect("no error")
    }

    pub(crate) fn join(&mut self) -> thread::Result<Result<Summary, ServeError>> {
        self.thread.take().expect("still running").join()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shutdown.abort();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// The client's end of a connection, with a limit on every wait.
pub(crate) struct Client(pub(crate) Conn);

impl Client {
    pub(crate) fn connect(endpoint: &Endpoint) -> Self {
        let connector = Connector::new(endpoint).expect("resolved");
        let conn = connector.connect(Some(LIMIT)).expect("connected");
        for timeout in [Timeout::Recv, Timeout::Send] {
            set_socket_timeout(&conn, timeout, Some(LIMIT)).expect("a limit");
        }
        Self(conn)
    }

    /// Sends everything.
    pub(crate) fn say(&self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let sent = self.0.send(bytes).expect("sent");
            bytes = &bytes[sent..];
        }
    }

    /// Receives exactly `length` bytes of a stream, or one message.
    pub(crate) fn hear(&self, length: usize) -> Vec<u8> {
        let mut heard = vec![0; length.max(1)];
        let mut have = 0;
        while have < length {
            let received = self.0.receive(&mut heard[have..]).expect("received");
            if received == 0 {
                break;
            }
            have += received;
            if self.0.kind() != Kind::Stream {
                break;
            }
        }
        heard.truncate(have);
        heard
    }

    /// Receives to the end, which must be an orderly one.
    pub(crate) fn hear_all(&self) -> Vec<u8> {
        let mut heard = Vec::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            match self.0.receive(&mut buffer).expect("an orderly end") {
                0 => return heard,
                received => heard.extend_from_slice(&buffer[..received]),
            }
        }
    }

    /// Sends `pattern` over and over without reading until the server takes no more; how many bytes
    /// it took.
    pub(crate) fn fill(&self, pattern: &[u8]) -> usize {
        const FAR_BEYOND_EVERY_BUFFER: usize = 1 << 28;
        self.0.set_nonblocking(true).expect("non-blocking");
        let mut taken = 0;
        loop {
            assert!(taken < FAR_BEYOND_EVERY_BUFFER, "the server keeps taking");
            match self.0.send(&pattern[taken % pattern.len()..]) {
                Ok(sent) => taken += sent,
                Err(error) if error.kind() != ErrorKind::WouldBlock => panic!("{error}"),
                Err(_) if self.has_room() => {}
                Err(_) => break,
            }
        }
        self.0.set_nonblocking(false).expect("blocking");
        taken
    }

    /// Whether room appears within a time in which a server that reads would have made some.
    fn has_room(&self) -> bool {
        let mut fds = [PollFd::new(&self.0, PollFlags::OUT)];
        let patience = Timespec { tv_sec: 0, tv_nsec: 200_000_000 };
        poll(&mut fds, Some(&patience)).expect("polled") > 0
    }

    /// Ends the sending side.
    pub(crate) fn half_close(&self) {
        self.0.shutdown_write().expect("shut down");
    }
}

/// One endpoint of every kind that has connections.
pub(crate) const CONNECTED: [&str; 5] =
    ["tcp:127.0.0.1:0", "tcp:[::1]:0", "unix:{}/s", "unix:@@", "unixpacket:{}/p"];

/// One endpoint of every kind that carries bytes without boundaries.
pub(crate) const STREAMS: [&str; 4] = ["tcp:127.0.0.1:0", "tcp:[::1]:0", "unix:{}/s", "unix:@@"];

/// One endpoint of every kind that has single messages.
pub(crate) const DATAGRAMS: [&str; 2] = ["udp:127.0.0.1:0", "unixgram:{}/g"];

pub(crate) fn threads(count: usize) -> Options {
    Options { threads: NonZeroUsize::new(count).expect("not zero"), ..Options::default() }
}

/// Binds an endpoint; `@@` stands for an abstract name that nobody else uses.
pub(crate) fn bind(text: &str) -> Vec<Listener> {
    static NAMES: AtomicU32 = AtomicU32::new(0);
    let name = NAMES.fetch_add(1, Ordering::Relaxed);
    let text = text.replace("@@", &format!("@sockscope-{}-{name}", std::process::id()));
    let endpoint: Endpoint = text.parse().expect("an endpoint");
    Listener::bind(&endpoint, &BindOptions::default()).expect("bound")
}
