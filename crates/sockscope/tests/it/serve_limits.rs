//! Limits: too few descriptors, ten thousand connections, and clients that do not read.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use sockscope_net::Endpoint;

use crate::serve_process::{Client, Server};
use crate::skip::skip;

const CONNECTIONS: usize = 10_000;

#[test]
fn without_a_free_descriptor_accepting_pauses_and_goes_on_when_one_is_free() {
    for endpoint in ["unix:a.sock", "tcp:127.0.0.1:0"] {
        let mut server = Server::start_with_descriptors(40, &[endpoint, "--threads", "2"]);
        let clients: Vec<_> = (0..60).map(|_| server.connect(0)).collect();
        for client in &clients {
            assert_eq!(client.0.send(b"ping").unwrap(), 4);
        }
        let line = server.log_line("accepting pauses");
        assert!(
            line.contains(" WARN ")
                && line.ends_with(r#" error="EMFILE this process has no descriptor left""#),
            "{line}"
        );
        assert!(cpu_share(&server) < 0.5, "the server spins");
        // One after the other leaves, and in the end all have been served.
        for client in clients {
            client.hear_pong();
        }
        server.log_line("accepting goes on");
        let log = server.finish();
        assert!(!log.contains("accepting pauses"), "{log}");
        assert!(log.contains("served 60 connections and 60 exchanges"), "{log}");
    }
}

#[test]
fn a_server_whose_last_descriptor_is_taken_pauses_only_when_somebody_waits() {
    const DESCRIPTORS: usize = 40;
    let limit = u32::try_from(DESCRIPTORS).unwrap();
    for endpoint in ["unix:a.sock", "tcp:127.0.0.1:0"] {
        let mut server = Server::start_with_descriptors(limit, &[endpoint, "--threads", "2"]);
        // Descriptors above the limit may have been inherited, and leave as many below it free.
        let directory = PathBuf::from(format!("/proc/{}/fd", server.pid()));
        let is_taken = |number: usize| directory.join(number.to_string()).is_symlink();
        let mut clients = vec![server.connect(0)];
        clients[0].ping();
        while !(0..DESCRIPTORS).all(is_taken) {
            let client = server.connect(0);
            // Its name has then been looked up, which takes a descriptor for a moment.
            client.ping();
            clients.push(client);
        }
        let log = server.finish();
        assert!(log.contains(&format!("served {} connections", clients.len())), "{log}");
        assert!(!log.contains("accepting pauses"), "{log}");
    }
}

/// How much of a processor the server uses while nothing happens.
fn cpu_share(server: &Server) -> f64 {
    let used = || {
        let path = format!("/proc/{}/schedstat", server.pid());
        let main = std::fs::read_to_string(path).unwrap();
        Duration::from_nanos(main.split(' ').next().unwrap().parse().unwrap())
    };
    let (before, start) = (used(), Instant::now());
    let window = rustix::event::Timespec { tv_sec: 0, tv_nsec: 300_000_000 };
    rustix::event::poll(&mut [], Some(&window)).unwrap();
    used().saturating_sub(before).as_secs_f64() / start.elapsed().as_secs_f64()
}

#[test]
fn ten_thousand_idle_connections_cost_two_kibibytes_each_or_less() {
    let limit = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
    if limit < CONNECTIONS as u64 + 100 {
        return skip(&format!("the hard descriptor limit is {limit}"));
    }
    let server = Server::start(&["unix:a.sock", "tcp:127.0.0.1:0"]);
    server.connect(0).ping();
    let idle = server.resident();
    let mut crowd = Crowd::gather(&server.endpoints);
    let grown = server.resident().saturating_sub(idle);
    assert!(grown <= 2048 * CONNECTIONS as u64, "{grown} bytes");
    // A newcomer is served, and so is everyone of the crowd.
    server.connect(1).ping();
    crowd.ping_again();
}

/// A process that holds the clients' ends: one process may not have enough descriptors for both.
struct Crowd {
    child: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Crowd {
    fn gather(endpoints: &[Endpoint]) -> Self {
        let list: Vec<_> = endpoints.iter().map(ToString::to_string).collect();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "serve_limits::the_crowd", "--nocapture", "--test-threads=1"])
            .env("SOCKSCOPE_TEST_CROWD", list.join("\n"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        let mut crowd = Self { child, lines };
        crowd.wait_for("gathered");
        crowd
    }

    fn ping_again(&mut self) {
        self.child.stdin.take().unwrap().write_all(b"!").unwrap();
        self.wait_for("pinged");
        assert!(self.child.wait().unwrap().success());
    }

    fn wait_for(&mut self, word: &str) {
        let mut line = String::new();
        while !line.contains(word) {
            line.clear();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "the crowd broke up");
        }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// No test of its own: what the crowd's process runs.
#[test]
fn the_crowd() {
    let Ok(list) = std::env::var("SOCKSCOPE_TEST_CROWD") else { return };
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    let endpoints: Vec<Endpoint> = list.lines().map(|line| line.parse().unwrap()).collect();
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|index| {
            let client = Client::connect(&endpoints[index % endpoints.len()]);
            client.ping();
            client
        })
        .collect();
    println!("\ngathered");
    std::io::stdin().read_exact(&mut [0]).unwrap();
    clients.iter().for_each(Client::ping);
    println!("\npinged");
}

#[test]
fn clients_that_do_not_read_cost_their_buffers_and_no_more() {
    const CLIENTS: u64 = 50;
    let server = Server::start(&["unix:a.sock", "--service", "echo", "--buffer", "64KiB"]);
    server.connect(0).ping_echo();
    let idle = server.resident();
    let slow: Vec<_> = (0..CLIENTS).map(|_| server.connect(0)).collect();
    for client in &slow {
        client.send_until_blocked();
    }
    let grown = server.resident().saturating_sub(idle);
    assert!(grown <= CLIENTS * 2 * (64 << 10) + (1 << 20), "{grown} bytes");
    server.connect(0).ping_echo();
}
