//! What several tests share: endpoints, directories, and tests that run in a process of their own.

use std::env;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use rustix::io::Errno;
use sockscope_net::{BindError, BindOptions, Conn, Connector, Endpoint, Listener};
use tempfile::TempDir;

/// Long enough for any machine; only a failure ever waits for it.
pub(crate) const LIMIT: Option<Duration> = Some(Duration::from_secs(10));

/// Names the test that a child process was made for.
const CHILD: &str = "SOCKSCOPE_TEST_CHILD";

#[track_caller]
pub(crate) fn endpoint(text: &str) -> Endpoint {
    text.parse().expect("an endpoint")
}

/// The endpoint of a path, under any scheme that takes one.
#[track_caller]
pub(crate) fn at(scheme: &str, path: &Path) -> Endpoint {
    endpoint(&format!("{scheme}:{}", path.display()))
}

pub(crate) fn directory() -> TempDir {
    tempfile::tempdir().expect("a directory")
}

/// Binds an endpoint that has one address.
pub(crate) fn try_bind(endpoint: &Endpoint) -> Result<Listener, BindError> {
    let mut listeners = Listener::bind(endpoint, &BindOptions::default())?;
    assert_eq!(listeners.len(), 1, "{endpoint} has one address");
    Ok(listeners.remove(0))
}

#[track_caller]
pub(crate) fn bind(endpoint: &Endpoint) -> Listener {
    let listener = try_bind(endpoint).expect("bound");
    listener.set_nonblocking(false).expect("blocking");
    listener
}

#[track_caller]
pub(crate) fn connect(endpoint: &Endpoint) -> Conn {
    Connector::new(endpoint).expect("resolved").connect(LIMIT).expect("connected")
}

/// A client and the server's side of its connection, both blocking.
#[track_caller]
pub(crate) fn pair(listener: &Listener) -> (Conn, Conn) {
    let client = connect(listener.local());
    let server = listener.accept().expect("accepted");
    server.set_nonblocking(false).expect("blocking");
    (client, server)
}

/// Runs `body` in a process of its own, because it changes what all tests of a process share. `test`
/// is the whole name of the test that calls this.
#[track_caller]
pub(crate) fn in_child(test: &str, body: impl FnOnce()) {
    in_child_under(&[], test, body);
}

/// The same, with the process started by another command, such as `unshare --net`. Skips the test if
/// that command cannot do its work here.
#[track_caller]
pub(crate) fn in_child_under(command: &[&str], test: &str, body: impl FnOnce()) {
    if env::var_os(CHILD).is_some_and(|child| child == test) {
        return body();
    }
    if let [program, arguments @ ..] = command
        && !Command::new(program).args(arguments).arg("true").status().is_ok_and(|s| s.success())
    {
        return skip(&format!("`{}` does not work here", command.join(" ")));
    }
    let this = env::current_exe().expect("the test program");
    let words: Vec<_> = command.iter().map(Into::into).chain([this.into_os_string()]).collect();
    let output = Command::new(&words[0])
        .args(&words[1..])
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(CHILD, test)
        .output()
        .expect("a child");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(stdout.contains("1 passed"), "{stdout}{}", String::from_utf8_lossy(&output.stderr));
}

/// Whether this runs as root; prints the reason for skipping if not.
pub(crate) fn is_root() -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        skip("needs root");
    }
    root
}

/// Whether this machine has the family and the protocol of an endpoint; prints the reason for
/// skipping if not.
pub(crate) fn is_available(text: &str) -> bool {
    match Listener::bind(&endpoint(text), &BindOptions::default()) {
        Err(error) => {
            let missing = [Errno::AFNOSUPPORT, Errno::PROTONOSUPPORT, Errno::NOPROTOOPT];
            let no_such_address = error.errno() == Some(Errno::ADDRNOTAVAIL);
            let lacks = no_such_address || error.errno().is_some_and(|e| missing.contains(&e));
            assert!(lacks, "{error}");
            eprintln!("not on this kernel: {error}");
            false
        }
        Ok(_) => true,
    }
}

/// Says why the test ends here; fails where everything must run.
pub(crate) fn skip(reason: &str) {
    assert!(env::var_os("SOCKSCOPE_REQUIRE_ALL").is_none(), "cannot run here: {reason}");
    eprintln!("skipped: {reason}");
}
