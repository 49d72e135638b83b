//! Activation: sockets that were handed over by systemd's protocol.

use std::io::{BufRead as _, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixListener;
use std::process::{Child, ChildStdout, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::serve_process::{Client, files};

/// `serve` with a listener at descriptor 3; `script` starts it as `"$0" serve …`.
fn start(directory: &TempDir, listener: UnixListener, script: &str) -> Child {
    let listener: OwnedFd = listener.into();
    Command::new("sh")
        .args(["-c", &format!("exec 3<&0 0</dev/null; {script}")])
        .arg(env!("CARGO_BIN_EXE_sockscope"))
        .current_dir(directory.path())
        .stdin(listener)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn listener(directory: &TempDir) -> UnixListener {
    UnixListener::bind(directory.path().join("a.sock")).unwrap()
}

fn first_line(output: &mut Option<ChildStdout>) -> String {
    let mut line = String::new();
    BufReader::new(output.take().unwrap()).read_line(&mut line).unwrap();
    line
}

#[test]
fn sockets_that_were_handed_over_are_served_by_name_or_all_of_them() {
    for endpoint in ["fd://", "sd-listen:*", "sd-listen:web"] {
        let directory = TempDir::new().unwrap();
        let script = format!(
            "LISTEN_FDS=1 LISTEN_PID=$$ LISTEN_FDNAMES=web exec \"$0\" serve {endpoint} --ready-fd 1"
        );
        let mut child = start(&directory, listener(&directory), &script);
        let path = directory.path().join("a.sock");
        let said = first_line(&mut child.stdout);
        assert_eq!(said, format!("unix:{}\n", path.display()), "{endpoint}");
        Client::connect(&said.trim_end().parse().unwrap()).ping();
        kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{endpoint}");
        // It belongs to whoever bound it.
        assert_eq!(files(directory.path()), ["a.sock"], "{endpoint}");
    }
}

#[test]
fn sockets_that_are_not_there_or_not_for_this_process_are_refused() {
    for (script, words) in [
        (r#"exec "$0" serve fd://"#, "cannot serve on the inherited sd-listen:*: no such socket"),
        (
            r#"LISTEN_FDS=1 LISTEN_PID=$$ LISTEN_FDNAMES=web exec "$0" serve sd-listen:admin"#,
            "no such socket was passed; passed: [web]",
        ),
        (
            r#"LISTEN_FDS=1 LISTEN_PID=1 exec "$0" serve fd://"#,
            "error: the sockets of LISTEN_FDS are for process 1, and this is process ",
        ),
        (
            r#"LISTEN_FDS=all LISTEN_PID=$$ exec "$0" serve fd://"#,
            "error: LISTEN_FDS is \"all\", which is not a number of the kind",
        ),
        (
            r#"LISTEN_FDS=2 LISTEN_PID=$$ exec "$0" serve fd://"#,
            "cannot serve on the inherited sd-listen:*",
        ),
    ] {
        let directory = TempDir::new().unwrap();
        let output = start(&directory, listener(&directory), script).wait_with_output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{error}");
        assert!(error.contains(words) && error.contains("\n\nhint: "), "{error}");
    }
}
