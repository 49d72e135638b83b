//! The end of a server: what was received is answered, nothing is left behind, and it does not take
//! long.

use std::num::NonZeroUsize;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sockscope_engine::serve::Options;
use sockscope_net::{BindOptions, Listener};
use sockscope_proto::service::{Pong, Ticker};
use sockscope_proto::{Out, Service, Step, Time};

use super::support::{CONNECTED, Client, STREAMS, Server, threads};

/// Pong, but on its first bytes it tells the test, and keeps its worker busy until the test lets it
/// go on.
#[derive(Debug, Clone)]
struct Gate {
    pong: Pong,
    busy: Sender<()>,
    go_on: Arc<Mutex<Receiver<()>>>,
}

impl Gate {
    fn new() -> (Self, Receiver<()>, Sender<()>) {
        let (busy, is_busy) = channel();
        let (let_go, go_on) = channel();
        (Self { pong: Pong::default(), busy, go_on: Arc::new(Mutex::new(go_on)) }, is_busy, let_go)
    }

    fn wait(&self) {
        if self.busy.send(()).is_ok() {
            let _ = self.go_on.lock().expect("no panic").recv();
        }
    }
}

impl Service for Gate {
    fn on_bytes(&mut self, input: &[u8], now: Time, out: &mut Out<'_>) -> Step {
        self.wait();
        self.pong.on_bytes(input, now, out)
    }

    fn on_message<P: std::fmt::Display>(
        &mut self,
        peer: &P,
        input: &[u8],
        now: Time,
        out: &mut Out<'_>,
    ) -> Step {
        self.wait();
        self.pong.on_message(peer, input, now, out)
    }
}

/// Waits until the kernel has given all that the clients sent to the server's side of `endpoint`.
fn wait_until_delivered(clients: &[Client]) {
    for client in clients {
        let Some(sockscope_net::Endpoint::Tcp(local)) = client.0.local() else { continue };
        let is_delivered = || {
            let tables = [procfs::net::tcp(), procfs::net::tcp6()];
            let mut entries = tables.into_iter().flatten().flatten();
            let ours = entries.find(|entry| entry.local_address.to_string() == local.to_string());
            ours.is_some_and(|entry| entry.tx_queue == 0)
        };
        while !is_delivered() {
            std::thread::yield_now();
        }
    }
}

#[test]
fn everything_received_is_answered_before_the_end() {
    for endpoint in CONNECTED {
        let (gate, is_busy, let_go) = Gate::new();
        let server = Server::start(gate, &[endpoint]);
        // The worker is kept busy by one client while the others are heard by the kernel only.
        let clients: Vec<_> = (0..5).map(|_| server.connect()).collect();
        clients[0].say(b"ping");
        is_busy.recv().expect("busy");
        for client in &clients[1..] {
            for _ in 0..50 {
                client.say(b"ping");
            }
        }
        // These are not even accepted yet.
        let late: Vec<_> = (0..5).map(|_| server.connect()).collect();
        for client in &late {
            client.say(b"ping");
        }
        wait_until_delivered(&clients);
        wait_until_delivered(&late);
        server.shutdown.finish();
        drop((is_busy, let_go));
        assert_eq!(clients[0].hear_all(), b"pong", "{endpoint}");
        for client in &clients[1..] {
            assert_eq!(client.hear_all(), b"pong".repeat(50), "{endpoint}");
        }
        for client in &late {
            assert_eq!(client.hear_all(), b"pong", "{endpoint}");
        }
        let summary = server.finish();
        assert_eq!((summary.connections, summary.cut, summary.failed), (10, 0, 0), "{endpoint}");
        assert_eq!(summary.traffic.exchanges, 1 + 4 * 50 + 5, "{endpoint}");
    }
}

#[test]
fn messages_that_were_received_are_answered_before_the_end() {
    for endpoint in ["udp:127.0.0.1:0", "unixgram:{}/g"] {
        let (gate, is_busy, let_go) = Gate::new();
        let server = Server::start(gate, &[endpoint]);
        let client = server.connect();
        for _ in 0..8 {
            client.say(b"ping");
        }
        is_busy.recv().expect("busy");
        server.shutdown.finish();
        drop((is_busy, let_go));
        for _ in 0..8 {
            assert_eq!(client.hear(4), b"pong", "{endpoint}");
        }
        assert_eq!(server.finish().traffic.exchanges, 8, "{endpoint}");
    }
}

#[test]
fn idle_connections_hear_an_orderly_end_and_do_not_hold_the_server_up() {
    let patient = Options { grace: Duration::from_hours(1), ..threads(2) };
    let mut server = Server::start_with(Pong::default(), &CONNECTED, patient);
    let clients: Vec<_> = (0..CONNECTED.len()).map(|index| server.connect_to(index)).collect();
    for client in &clients {
        client.say(b"ping");
        assert_eq!(client.hear(4), b"pong");
    }
    server.shutdown.finish();
    // The clients keep their ends open until the server has ended.
    let summary = server.wait();
    assert_eq!((summary.connections, summary.cut, summary.failed), (5, 0, 0));
    for client in &clients {
        assert_eq!(client.hear_all(), b"");
    }
}

#[test]
fn a_ticker_that_has_more_to_say_ends_in_an_orderly_way() {
    let server = Server::start(Ticker::new(Duration::from_hours(1), None), &CONNECTED);
    let clients: Vec<_> = (0..CONNECTED.len()).map(|index| server.connect_to(index)).collect();
    for client in &clients {
        assert_eq!(client.hear(5), b"pong\n");
    }
    let summary = server.finish();
    assert_eq!((summary.connections, summary.cut), (5, 0));
    for client in &clients {
        assert_eq!(client.hear_all(), b"");
    }
}

#[test]
fn who_does_not_take_the_answers_is_cut_off_after_the_grace() {
    for endpoint in STREAMS {
        let options = Options { grace: Duration::from_millis(50), ..Options::default() };
        let mut server = Server::start_with(Pong::default(), &[endpoint], options);
        let slow = server.connect();
        slow.fill(b"ping\n");
        server.shutdown.finish();
        assert_eq!(server.wait().cut, 1, "{endpoint}");
    }
}

#[test]
fn an_abort_ends_at_once_whatever_the_grace() {
    let (gate, is_busy, let_go) = Gate::new();
    let options = Options { grace: Duration::from_hours(1), ..Options::default() };
    let mut server = Server::start_with(gate, &["unix:{}/s"], options);
    let (first, second) = (server.connect(), server.connect());
    first.say(b"ping");
    is_busy.recv().expect("busy");
    second.say(b"ping");
    server.shutdown.finish();
    server.shutdown.abort();
    drop((is_busy, let_go));
    assert_eq!(server.wait().connections, 2);
}

#[test]
fn a_server_binds_again_right_after_its_end() {
    for endpoint in CONNECTED {
        let server = Server::start(Pong::default(), &[endpoint]);
        let at = server.endpoints[0].clone();
        let client = server.connect();
        client.say(b"ping");
        assert_eq!(client.hear(4), b"pong");
        // The server ends first, so that TIME_WAIT is on its side.
        let directory = server.keep_directory();
        let listeners = Listener::bind(&at, &BindOptions::default());
        assert_eq!(listeners.expect("bound again")[0].local(), &at);
        drop(directory);
    }
}

#[test]
fn every_thread_finishes_what_it_has() {
    let options = Options { threads: NonZeroUsize::new(3).expect("three"), ..Options::default() };
    let server = Server::start_with(Pong::default(), &["unix:{}/s", "tcp:127.0.0.1:0"], options);
    let clients: Vec<_> = (0..30).map(|index| server.connect_to(index % 2)).collect();
    for client in &clients {
        client.say(b"ping");
        assert_eq!(client.hear(4), b"pong");
    }
    let summary = server.finish();
    assert_eq!((summary.connections, summary.traffic.exchanges, summary.cut), (30, 30, 0));
}
