//! `ping` that somebody ends: by Ctrl-C, or by not reading any further.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use sockscope_net::{BindOptions, Conn, Connector, Endpoint, Listener};

use crate::ping_scene::{Scene, mute, pong, receive_exactly};

/// Starts a ping that runs until it is ended.
fn start(scene: &Scene, args: &[&str]) -> (Child, BufReader<ChildStdout>) {
    start_limited(scene, "unlimited", args)
}

/// The same, with no more than so many descriptors.
fn start_limited(scene: &Scene, limit: &str, args: &[&str]) -> (Child, BufReader<ChildStdout>) {
    let script = "test $1 = unlimited || ulimit -n $1; shift; exec \"$0\" ping \"$@\"";
    let mut child = Command::new("sh")
        .args(["-c", script])
        .arg(snapbox::cmd::cargo_bin!("sockscope"))
        .arg(limit)
        .args(args)
        .current_dir(scene.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let stdout = BufReader::new(child.stdout.take().expect("a pipe"));
    (child, stdout)
}

fn line(stdout: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    stdout.read_line(&mut line).expect("a line");
    line
}

fn interrupt(child: &Child) {
    kill_process(Pid::from_child(child), Signal::INT).expect("the program is there");
}

/// The rest of stdout, all of stderr, and the exit status.
fn end(mut child: Child, mut stdout: impl Read) -> (String, String, Option<i32>) {
    let (mut rest, mut errors) = (String::new(), String::new());
    stdout.read_to_string(&mut rest).expect("text");
    child.stderr.take().expect("a pipe").read_to_string(&mut errors).expect("text");
    (rest, errors, child.wait().expect("an exit status").code())
}

#[test]
fn ctrl_c_during_the_pause_ends_with_the_summary_and_status_0() {
    let scene = Scene::new();
    scene.serve("unix:pong.sock", pong);
    let (child, mut stdout) = start(&scene, &["-i", "1h", "unix:pong.sock"]);
    assert!(line(&mut stdout).starts_with("4 bytes from unix:pong.sock: seq=1 "));
    interrupt(&child);
    let (rest, errors, code) = end(child, stdout);
    let summary = "\n--- unix:pong.sock ---\n1 sent, 1 received, 0 lost (0 %)\nrtt min ";
    assert!(rest.starts_with(summary), "{rest}");
    assert_eq!((errors.as_str(), code), ("", Some(0)));
}

#[test]
fn ctrl_c_after_a_loss_is_status_1() {
    let scene = Scene::new();
    let (child, mut stdout) = start(&scene, &["-i", "1h", "unix:nothing.sock"]);
    assert!(line(&mut stdout).starts_with("no connection to unix:nothing.sock: seq=1 "));
    interrupt(&child);
    let (rest, _, code) = end(child, stdout);
    assert!(rest.contains("1 sent, 0 received, 1 lost (100 %)"), "{rest}");
    assert_eq!(code, Some(1));
}

#[test]
fn a_probe_that_ctrl_c_cuts_short_is_not_counted() {
    let scene = Scene::new();
    let (asked, was_asked) = mpsc::channel();
    let tells = move |conn: &Conn| {
        receive_exactly(conn, 4);
        asked.send(()).expect("the test listens");
        mute(conn);
    };
    scene.serve("unix:mute.sock", tells);
    let (child, stdout) = start(&scene, &["--json", "-W", "1h", "unix:mute.sock"]);
    was_asked.recv().expect("the question arrives");
    interrupt(&child);
    let (rest, _, code) = end(child, stdout);
    assert!(rest.contains("\"interrupted\":true"), "{rest}");
    assert!(rest.contains("\"sent\":0,\"received\":0,\"lost\":0"), "{rest}");
    assert_eq!(code, Some(1), "nothing answered");
}

/// A listener that takes no more connections, and those that wait in it.
fn full(endpoint: &str) -> (Listener, Vec<Conn>) {
    let options = BindOptions { backlog: Some(1), ..BindOptions::default() };
    let endpoint = Endpoint::parse(endpoint.as_ref()).unwrap();
    let listener = Listener::bind(&endpoint, &options).unwrap().remove(0);
    let connector = Connector::new(listener.local()).unwrap();
    let mut waiting = Vec::new();
    while let Ok(conn) = connector.connect(Some(Duration::from_millis(50))) {
        waiting.push(conn);
    }
    (listener, waiting)
}

#[test]
fn ctrl_c_ends_a_connection_that_hangs_and_the_probe_is_not_counted() {
    let scene = Scene::new();
    scene.serve("unix:pong.sock", pong);
    let path = format!("unix:{}", scene.path().join("full.sock").display());
    for (listener, _waiting) in [full("tcp:127.0.0.1:0"), full(&path)] {
        let full = listener.local().to_string();
        let args = ["--json", "-i", "1h", "-W", "1h", "unix:pong.sock", &full];
        let (child, mut stdout) = start(&scene, &args);
        line(&mut stdout);
        interrupt(&child);
        let (rest, _, code) = end(child, stdout);
        assert!(rest.contains("\"sent\":0,\"received\":0,\"lost\":0"), "{rest}");
        assert_eq!(code, Some(1), "of {full} nothing is known");
    }
}

#[test]
fn an_endpoint_for_which_no_socket_is_left_is_status_3() {
    let scene = Scene::new();
    scene.serve("unix:a.sock", mute);
    scene.serve("unix:b.sock", mute);
    // Seven are enough for the standard streams, the watch on signals and one connection, which waits for its answer.
    let args = ["-W", "1h", "-i", "1h", "unix:a.sock", "unix:b.sock"];
    let (child, mut stdout) = start_limited(&scene, "7", &args);
    let line = line(&mut stdout);
    assert!(line.starts_with("no socket for unix:"), "{line}");
    assert!(line.contains(": seq=1 EMFILE "), "{line}");
    interrupt(&child);
    let (_, _, code) = end(child, stdout);
    assert_eq!(code, Some(3));
}

#[test]
fn a_reader_that_has_gone_away_ends_it_quietly() {
    let scene = Scene::new();
    scene.serve("unix:pong.sock", pong);
    scene.serve("unix:mute.sock", mute);
    // The second endpoint would wait for its answer for an hour when the first finds out.
    let args = ["-i", "0", "-W", "1h", "unix:pong.sock", "unix:mute.sock"];
    let (child, mut stdout) = start(&scene, &args);
    line(&mut stdout);
    drop(stdout);
    let (_, errors, code) = end(child, std::io::empty());
    assert_eq!((errors.as_str(), code), ("", Some(0)));
}

#[test]
fn a_reader_that_has_gone_away_does_not_hide_a_loss() {
    let scene = Scene::new();
    let (child, mut stdout) = start(&scene, &["-i", "0", "unix:nothing.sock"]);
    line(&mut stdout);
    drop(stdout);
    let (_, errors, code) = end(child, std::io::empty());
    assert_eq!((errors.as_str(), code), ("", Some(1)));
}

#[test]
fn a_full_disk_is_named_with_what_was_to_be_written() {
    let scene = Scene::new();
    scene.serve("unix:pong.sock", pong);
    let script = "exec \"$0\" ping \"$@\" unix:pong.sock > /dev/full";
    for args in [&["-c", "1"][..], &["-c", "1", "-q"]] {
        let output = Command::new("sh")
            .args(["-c", script])
            .arg(snapbox::cmd::cargo_bin!("sockscope"))
            .args(args)
            .current_dir(scene.path())
            .output()
            .expect("the program runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(errors.starts_with("error: write to standard output: "), "{errors}");
        assert_eq!(output.status.code(), Some(3));
    }
}
