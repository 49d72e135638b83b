//! Several threads: who serves what, and what happens when one of them fails.

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::{Arc, Mutex};
use std::thread::{ThreadId, current};

use sockscope_proto::service::Pong;
use sockscope_proto::{Out, Service, Step, Time};

use super::support::{Server, threads};

/// Pong, noting which threads open connections; a byte `!` makes it panic.
#[derive(Debug, Clone, Default)]
struct Noting {
    pong: Pong,
    opened: Arc<Mutex<HashMap<ThreadId, usize>>>,
}

impl Service for Noting {
    fn on_open<P: Display>(&mut self, _peer: &P, _now: Time, _out: &mut Out<'_>) -> Step {
        *self.opened.lock().expect("no panic").entry(current().id()).or_default() += 1;
        Step::read(0)
    }

    fn on_bytes(&mut self, input: &[u8], now: Time, out: &mut Out<'_>) -> Step {
        assert_ne!(input, b"!", "as asked");
        self.pong.on_bytes(input, now, out)
    }

    fn on_message<P: Display>(
        &mut self,
        peer: &P,
        input: &[u8],
        now: Time,
        out: &mut Out<'_>,
    ) -> Step {
        self.pong.on_message(peer, input, now, out)
    }
}

#[test]
fn every_thread_has_the_same_number_of_connections() {
    let service = Noting::default();
    let opened = Arc::clone(&service.opened);
    // One listener: two threads that accept at the same time may be off by one.
    let server = Server::start_with(service, &["unix:{}/s"], threads(4));
    let clients: Vec<_> = (0..64).map(|_| server.connect()).collect();
    for _ in 0..10 {
        for client in &clients {
            client.say(b"ping");
        }
        for client in &clients {
            assert_eq!(client.hear(4), b"pong");
        }
    }
    let counts: Vec<_> = opened.lock().expect("no panic").values().copied().collect();
    assert_eq!(counts, [16; 4]);
    drop(clients);
    let summary = server.finish();
    assert_eq!((summary.connections, summary.traffic.exchanges), (64, 640));
}

#[test]
fn a_worker_that_panics_ends_the_server_instead_of_leaving_its_clients_alone() {
    // With two threads, the first connection is served by one and the second by the other.
    for victim in 0..2 {
        let mut server = Server::start_with(Noting::default(), &["unix:{}/s"], threads(2));
        let clients = [server.connect(), server.connect()];
        for client in &clients {
            client.say(b"ping");
            assert_eq!(client.hear(4), b"pong");
        }
        clients[victim].say(b"!");
        assert!(server.join().is_err(), "the panic is passed on");
    }
}
