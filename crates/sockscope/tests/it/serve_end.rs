//! The end of a server: by which signals, with which status, and what its clients notice.

use std::io::{BufRead as _, BufReader, ErrorKind};
use std::os::unix::net::UnixListener;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use rustix::fs::{FlockOperation, flock};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::serve_process::{Client, Server, files, full_pipe};

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
    // It never reads its answers: the server cannot finish.
    let slow = server.connect(0);
    say_pings_until_full(&slow);
    server.signal(Signal::TERM);
    server.log_line("listener closed");
    server.signal_until_ended(Signal::TERM);
    let log = server.rest_of_log();
    assert_eq!(server.wait().code(), Some(0), "{log}");
    assert!(log.contains("1 connection cut off"), "{log}");
    assert_eq!(server.files(), [""; 0]);
}

/// Sends whole requests only, or one would be bad; how many the server took.
fn say_pings_until_full(client: &Client) -> usize {
    client.0.set_nonblocking(true).unwrap();
    let (mut taken, mut refused) = (0, 0);
    while refused < 100_000 {
        match client.0.send(b"ping") {
            Ok(_) => taken += 1,
            Err(_) => refused += 1,
        }
    }
    client.0.set_nonblocking(false).unwrap();
    taken
}

#[test]
fn two_signals_that_come_together_are_one_request() {
    let mut server = Server::start(&["unix:a.sock", "--grace", "1h"]);
    let slow = server.connect(0);
    let pings = say_pings_until_full(&slow);
    // As timeout(1) does: to its child and to the group of its child, at the same moment.
    server.signal(Signal::STOP);
    server.signal(Signal::TERM);
    server.signal(Signal::INT);
    server.signal(Signal::CONT);
    server.log_line("listener closed");
    assert_eq!(slow.hear_all(), b"pong".repeat(pings));
    let log = server.rest_of_log();
    assert_eq!(server.wait().code(), Some(0), "{log}");
    assert!(!log.contains("cut off"), "{log}");
}

#[test]
fn a_terminal_that_is_closed_ends_the_server_unless_it_was_started_with_nohup() {
    for (start, status) in [("env --default-signal=HUP", 0), ("env --ignore-signal=HUP", 137)] {
        let mut server = Server::start_by(start, &["unix:a.sock"]);
        server.signal(Signal::HUP);
        if status != 0 {
            server.connect(0).ping();
            server.signal(Signal::KILL);
        }
        let left = server.wait();
        assert_eq!(left.code().unwrap_or(128 + left.signal().unwrap_or(0)), status, "{start}");
        assert_eq!(server.files().is_empty(), status == 0, "{start}");
    }
}

#[test]
fn a_server_whose_stderr_nobody_reads_serves_and_ends_all_the_same() {
    let mut server = Server::start_mute(&["unix:a.sock", "tcp:127.0.0.1:0"]);
    server.connect(0).ping();
    server.connect(1).ping();
    server.signal(Signal::TERM);
    assert_eq!(server.wait().code(), Some(0));
    assert_eq!(server.files(), [""; 0]);
}

#[test]
fn a_ready_descriptor_that_nobody_reads_does_not_keep_the_server_from_ending() {
    let directory = TempDir::new().unwrap();
    let (_reader, full) = full_pipe();
    let mut child = Command::new(env!("CARGO_BIN_EXE_sockscope"))
        .args(["serve", "unix:a.sock", "--ready-fd", "1"])
        .current_dir(directory.path())
        .stdout(full)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "listening on unix:a.sock (pong)\n");
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(files(directory.path()), [""; 0]);
}

#[test]
fn a_signal_ends_a_server_that_waits_to_bind_and_what_it_bound_is_removed() {
    let directory = TempDir::new().unwrap();
    // A stale file, whose directory somebody else has locked.
    std::fs::create_dir(directory.path().join("locked")).unwrap();
    drop(UnixListener::bind(directory.path().join("locked/b.sock")).unwrap());
    let locked = std::fs::File::open(directory.path().join("locked")).unwrap();
    flock(&locked, FlockOperation::LockExclusive).unwrap();
    let mut child = Command::new(env!("CARGO_BIN_EXE_sockscope"))
        .args(["serve", "unix:a.sock", "unix:locked/b.sock"])
        .current_dir(directory.path())
        .spawn()
        .unwrap();
    while !directory.path().join("a.sock").exists() {
        thread::yield_now();
    }
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().signal(), Some(15));
    assert_eq!(files(directory.path()), ["locked"]);
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
    let directory = std::mem::replace(&mut server.directory, TempDir::new().unwrap());
    let mut next = Server::start_in(directory, &["unix:a.sock"]);
    next.connect(0).ping();
    next.finish();
    assert_eq!(next.files(), [""; 0]);
}
