//! The end of a server: by which signals, with which status, and what its clients notice.

use std::io::ErrorKind;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use rustix::process::Signal;

use crate::serve_process::{Client, Server};

/// How many requests a client of the load test has under way.
const DEPTH: usize = 16;

#[test]
fn sigterm_and_sigint_end_the_server_with_status_0_and_remove_its_files() {
    for signal in [Signal::TERM, Signal::INT] {
        let mut server = Server::start(&["unix:a.sock", "unixgram:b.sock", "unixpacket:c.sock"]);
        assert_eq!(server.files(), ["a.sock", "b.sock", "c.sock"]);
        server.connect(0).ping();
        server.signal(signal);
        let log = server.rest_of_log();
        assert_eq!(server.wait().code(), Some(0), "{log}");
        assert_eq!(server.files(), [""; 0]);
        assert!(
            log.contains("served 1 connection and 1 exchange: 4 bytes in, 4 bytes out"),
            "{log}"
        );
    }
}

/// Sends and counts answers until the server ends the connection; how many answers it heard.
fn load(client: &Client, answered: &AtomicU64) -> u64 {
    let mut heard = 0;
    let mut buffer = [0; 4 * DEPTH];
    // The server may have closed its end already; what it answered before is still to be heard.
    while client.0.send(&b"ping".repeat(DEPTH)).is_ok() {
        let mut missing = 4 * DEPTH;
        while missing > 0 {
            match client.0.receive(&mut buffer[..missing]) {
                Ok(0) => return heard,
                Ok(received) => {
                    heard += received as u64;
                    missing -= received;
                    answered.fetch_add(received as u64, Ordering::Relaxed);
                }
                Err(error) => panic!("an answer was lost: {error}"),
            }
        }
    }
    loop {
        match client.0.receive(&mut buffer) {
            Ok(received) if received > 0 => heard += received as u64,
            Ok(_) => return heard,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return heard,
            Err(error) => panic!("{error}"),
        }
    }
}

#[test]
fn sigterm_under_load_loses_no_answered_exchange() {
    let mut server = Server::start(&["unix:a.sock", "tcp:127.0.0.1:0", "unixpacket:p.sock"]);
    let answered = AtomicU64::new(0);
    let heard: u64 = thread::scope(|scope| {
        let clients: Vec<_> = (0..12)
            .map(|index| {
                let client = server.connect(index % 2);
                let answered = &answered;
                scope.spawn(move || load(&client, answered))
            })
            .collect();
        while answered.load(Ordering::Relaxed) < 100_000 {
            thread::yield_now();
        }
        server.signal(Signal::TERM);
        clients.into_iter().map(|client| client.join().unwrap()).sum()
    });
    let log = server.rest_of_log();
    assert_eq!(server.wait().code(), Some(0), "{log}");
    // Everything that the server said it sent was heard, to the last byte.
    let said = format!("{heard} bytes out");
    assert!(log.contains(&said), "{said} not in {}", log.lines().last().unwrap());
    assert!(!log.contains("cut off"), "{log}");
}

#[test]
fn a_second_signal_ends_the_server_at_once() {
    let mut server = Server::start(&["unix:a.sock", "--grace", "1h"]);
    let slow = server.connect(0);
    slow.0.set_nonblocking(true).unwrap();
    // It never reads its answers: the server cannot finish. Whole requests only, or one would be
    // bad.
    let mut pings = 0;
    while slow.0.send(b"ping").is_ok() || pings < 100_000 {
        pings += 1;
    }
    server.signal(Signal::TERM);
    server.log_line("listener closed");
    server.signal(Signal::TERM);
    let log = server.rest_of_log();
    assert_eq!(server.wait().code(), Some(0), "{log}");
    assert!(log.contains("1 connection cut off"), "{log}");
    assert_eq!(server.files(), [""; 0]);
}

#[test]
fn a_server_that_was_stopped_binds_the_same_addresses_again() {
    let mut server = Server::start(&["tcp:127.0.0.1:0", "unix:a.sock"]);
    let clients = [server.connect(0), server.connect(1)];
    clients.iter().for_each(Client::ping);
    // The server ends these connections, so that TIME_WAIT is on its side.
    server.finish();
    let tcp = server.endpoints[0].to_string();
    let again = Server::start(&[&tcp, "unix:a.sock"]);
    again.connect(0).ping();
}

#[test]
fn a_killed_server_leaves_a_stale_file_that_the_next_one_replaces() {
    let mut server = Server::start(&["unix:a.sock"]);
    server.signal(Signal::KILL);
    server.wait();
    assert_eq!(server.files(), ["a.sock"]);
    let directory = std::mem::replace(&mut server.directory, tempfile::TempDir::new().unwrap());
    let mut next = Server::start_in(directory, &["unix:a.sock"]);
    next.connect(0).ping();
    next.finish();
    assert_eq!(next.files(), [""; 0]);
}
