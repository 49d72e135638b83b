//! Across hosts: serve in one network namespace, ping and bench in another, joined by a veth pair.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::skip::{has, skip};

/// Two network namespaces with a cable between them, removed when dropped.
struct Hosts {
    left: String,
    right: String,
}

impl Hosts {
    const LEFT: &str = "10.198.51.1";
    const RIGHT: &str = "10.198.51.2";

    fn new() -> Self {
        let id = std::process::id();
        let hosts = Self { left: format!("sockscope-l{id}"), right: format!("sockscope-r{id}") };
        let (left, right) = (&hosts.left, &hosts.right);
        ip(&["netns", "add", left]);
        ip(&["netns", "add", right]);
        ip(&[
            "-n", left, "link", "add", "veth0", "type", "veth", "peer", "name", "veth0", "netns",
            right,
        ]);
        for (host, address) in [(left, Self::LEFT), (right, Self::RIGHT)] {
            ip(&["-n", host, "address", "add", &format!("{address}/24"), "dev", "veth0"]);
            ip(&["-n", host, "link", "set", "veth0", "up"]);
            ip(&["-n", host, "link", "set", "lo", "up"]);
        }
        hosts
    }
}

impl Drop for Hosts {
    fn drop(&mut self) {
        for host in [&self.left, &self.right] {
            let _ = Command::new("ip").args(["netns", "delete", host]).status();
        }
    }
}

fn ip(args: &[&str]) {
    assert!(Command::new("ip").args(args).status().unwrap().success(), "ip {args:?}");
}

/// `sockscope` as it would be typed on that host.
fn sockscope(host: &str) -> Command {
    let mut command = Command::new("ip");
    command.args(["netns", "exec", host, env!("CARGO_BIN_EXE_sockscope")]);
    command
}

struct Server(Child);

impl Server {
    fn start(host: &str, endpoints: &[&str]) -> (Self, Vec<String>) {
        let mut child = sockscope(host)
            .args(["serve", "--service", "echo", "--ready-fd", "1"])
            .args(endpoints)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let ready = lines.take(endpoints.len()).map(Result::unwrap).collect();
        (Self(child), ready)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

#[test]
fn serve_ping_and_bench_work_between_two_hosts() {
    if !rustix::process::geteuid().is_root() || !has("ip", "-V") {
        return skip("network namespaces need root and ip (Debian: iproute2)");
    }
    let hosts = Hosts::new();
    let directory = tempfile::tempdir().unwrap();
    let unix = format!("unix:{}", directory.path().join("s").display());
    let abstract_name = format!("unix:@sockscope-network-{}", std::process::id());
    let tcp = format!("tcp:{}:0", Hosts::LEFT);
    let (_server, ready) = Server::start(&hosts.left, &[&tcp, &unix, &abstract_name]);
    let [tcp, unix, abstract_name] = &ready[..] else { panic!("{ready:?}") };

    // TCP crosses the cable, and a socket file crosses network namespaces as it is.
    let ping = sockscope(&hosts.right)
        .args(["ping", "-c", "3", "-i", "10ms", "-W", "10s", tcp, unix])
        .output()
        .unwrap();
    assert_eq!(ping.status.code(), Some(0), "{}", stdout(&ping));
    assert_eq!(stdout(&ping).matches("seq=").count(), 6, "{}", stdout(&ping));

    // An abstract name belongs to one network namespace: refused elsewhere.
    let lost = sockscope(&hosts.right).args(["ping", "-c", "1", abstract_name]).output().unwrap();
    assert_eq!(lost.status.code(), Some(1));
    assert!(stdout(&lost).contains("ECONNREFUSED"), "{}", stdout(&lost));

    let bench = sockscope(&hosts.right)
        .args(["bench", tcp, unix, "--rounds", "6", "--block", "10ms", "--json"])
        .output()
        .unwrap();
    assert_eq!(bench.status.code(), Some(0), "{}", String::from_utf8_lossy(&bench.stderr));
    let result: Value = serde_json::from_slice(&bench.stdout).unwrap();
    let cells = result["cells"].as_array().unwrap();
    assert!(
        cells
            .iter()
            .all(|cell| cell["error"].is_null() && cell["rtt_ns"]["mean"].as_u64() > Some(0))
    );
    assert_eq!(&cells[0]["endpoint"], tcp);
}
