//! The article: its Go test and Go benchmark pass as clients of ours, and its Go server is measured by us.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::running::Served;
use crate::skip::{has, skip};

fn go_programs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../bench/go")
}

fn has_go() -> bool {
    let found = has("go", "version");
    if !found {
        skip("the article's programs need go (Debian: golang-go)");
    }
    found
}

#[test]
fn the_articles_test_and_benchmark_pass_against_our_server() {
    if !has_go() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let socket = directory.path().join("jinsu.sock");
    let unix = format!("unix:{}", socket.display());
    let served = Served::start(&["tcp:127.0.0.1:0", &unix, "--service", "pong"]);
    let tcp = served.endpoints[0].strip_prefix("tcp:").unwrap();
    let output = Command::new("go")
        .args(["test", "./client", "-count=1", "-v", "-bench=.", "-benchtime=100000x"])
        .current_dir(go_programs())
        .env("PING_TCP", tcp)
        .env("PING_UNIX", &socket)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    for line in ["--- PASS: TestSocket/tcp", "--- PASS: TestSocket/unix"] {
        assert!(text.contains(line), "{text}");
    }
    for transport in ["tcp", "unix"] {
        let benchmark = format!("BenchmarkSocket/{transport}");
        let mut lines =
            text.lines().filter(|line| line.starts_with(&benchmark) && line.contains("ns/op"));
        let exchanges = lines.next().and_then(|line| line.split_whitespace().nth(1));
        assert_eq!(exchanges, Some("100000"), "{text}");
    }
}

/// The article's server, killed when dropped.
struct GoServer {
    child: Child,
    tcp: String,
}

impl GoServer {
    fn start(directory: &Path) -> Self {
        let program = directory.join("server");
        let built = Command::new("go")
            .args(["build", "-o"])
            .arg(&program)
            .arg("./server")
            .current_dir(go_programs())
            .status()
            .unwrap();
        assert!(built.success());
        let mut child = Command::new(program)
            .args(["127.0.0.1:0", "jinsu.sock"])
            .current_dir(directory)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let lines: Vec<_> = lines.take(2).map(Result::unwrap).collect();
        let tcp =
            lines.iter().find_map(|line| line.strip_prefix("listening tcp ")).unwrap().to_owned();
        Self { child, tcp }
    }
}

impl Drop for GoServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_articles_server_is_measured_and_the_views_that_apply_are_named() {
    if !has_go() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let server = GoServer::start(directory.path());
    let output = Command::new(env!("CARGO_BIN_EXE_sockscope"))
        .args(["bench", &format!("tcp:{}", server.tcp), "unix:jinsu.sock", "--service", "pong"])
        .args(["--rounds", "6", "--block", "10ms", "--json"])
        .current_dir(directory.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["plan"]["views"], serde_json::json!(["client-pinned", "free"]));
    assert_eq!(result["cells"].as_array().unwrap().len(), 6, "two servers and a twin, two views");
    assert_eq!(result["unavailable"].as_array().unwrap().len(), 4);
}
