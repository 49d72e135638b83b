//! Binding: what `serve` refuses, with which status and which words, and that it leaves nothing
//! behind.

use std::os::fd::OwnedFd;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::serve_process::{Server, files, refused};

#[test]
fn a_second_server_on_the_same_path_is_refused_and_the_first_one_goes_on() {
    let server = Server::start(&["unix:a.sock"]);
    let (status, error) = refused(server.directory.path(), &["unix:a.sock"]);
    assert_eq!(status, Some(3), "{error}");
    assert!(error.contains(&format!("PID {}", server.pid())), "{error}");
    assert!(error.contains("hint: "), "{error}");
    server.connect(0).ping();
}

#[test]
fn what_is_not_a_socket_is_refused_and_stays() {
    let directory = TempDir::new().unwrap();
    std::fs::write(directory.path().join("a.sock"), "precious").unwrap();
    std::fs::create_dir(directory.path().join("b.sock")).unwrap();
    std::os::unix::fs::symlink("nowhere", directory.path().join("c.sock")).unwrap();
    for name in ["a.sock", "b.sock", "c.sock"] {
        let (status, error) = refused(directory.path(), &[&format!("unix:{name}")]);
        assert_eq!(status, Some(3), "{name}: {error}");
    }
    assert_eq!(files(directory.path()), ["a.sock", "b.sock", "c.sock"]);
    assert_eq!(std::fs::read(directory.path().join("a.sock")).unwrap(), b"precious");
}

#[test]
fn one_endpoint_that_cannot_be_bound_leaves_none_of_them_behind() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = format!("tcp:{}", taken.local_addr().unwrap());
    let _listening = std::net::TcpListener::bind(taken.strip_prefix("tcp:").unwrap());
    let directory = TempDir::new().unwrap();
    for bad in ["unix:no/such/directory.sock", "tcp:192.0.2.1:1", "fd:99"] {
        let (status, error) =
            refused(directory.path(), &["unix:a.sock", "unixgram:b.sock", bad, "unix:c.sock"]);
        assert_eq!(status, Some(3), "{error}");
        assert!(error.starts_with("error: ") && error.contains(bad), "{error}");
        assert!(!error.contains("listening on"), "{error}");
        assert_eq!(files(directory.path()), [""; 0]);
    }
}

#[test]
fn the_ticker_is_refused_on_datagrams_before_anything_is_bound() {
    let directory = TempDir::new().unwrap();
    for datagram in ["unixgram:b.sock", "udp:127.0.0.1:0"] {
        let arguments = ["unix:a.sock", datagram, "--service", "ticker"];
        let (status, error) = refused(directory.path(), &arguments);
        assert_eq!(status, Some(2), "{error}");
        let expected = format!(
            "error: the ticker needs connections, and {datagram} has none\n\n\
             hint: serve the ticker on tcp:, unix: or unixpacket:\n"
        );
        assert_eq!(error, expected);
        assert_eq!(files(directory.path()), [""; 0]);
    }
}

#[test]
fn calls_that_cannot_be_meant_are_refused() {
    let directory = TempDir::new().unwrap();
    for (arguments, words) in [
        (&["--service", "pong"][..], "required arguments were not provided"),
        (&["unix:a.sock", "--interval", "2s"], "--interval is for the service ticker"),
        (&["unix:a.sock", "--count", "2"], "--count is for the service ticker"),
        (&["unix:a.sock", "--buffer", "12"], "from 1KiB to 16MiB"),
        (&["unix:a.sock", "--threads", "0"], "a number of threads is from 1 to 1024"),
        (&["unix:a.sock", "--threads", "1025"], "a number of threads is from 1 to 1024"),
        (&["unix:a.sock", "--threads", "all"], "a number of threads is from 1 to 1024"),
        (
            &["unix:a.sock", "unix:@b", "--mode", "0600"],
            "abstract names have no rights; use unix:PATH",
        ),
        (&["abns:b", "--mode", "0600"], "--mode is for socket files, and abns:b has none"),
        (
            &["tcp:127.0.0.1:0", "--mode", "0600"],
            "--mode is for socket files, and no endpoint here",
        ),
        (&["fd:0", "--mode", "0600"], "--mode is for socket files, and no endpoint here"),
        (&["unix:a.sock", "--grace=-1s"], "a duration cannot be negative"),
        (&["unix:a.sock", "--mode", "999"], "octal"),
        (&["unix:a.sock", "--service", "quote"], "possible values: pong, echo, ticker"),
        (&["a.sock"], "unix:a.sock"),
    ] {
        let (status, error) = refused(directory.path(), arguments);
        assert_eq!(status, Some(2), "{error}");
        assert!(error.contains(words), "{error}");
        assert_eq!(files(directory.path()), [""; 0]);
    }
}

#[test]
fn the_socket_file_has_the_mode_that_was_asked_for() {
    let server = Server::start(&["unix:a.sock", "unixgram:b.sock", "--mode", "0600"]);
    for name in ["a.sock", "b.sock"] {
        let mode = server.directory.path().join(name).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn an_inherited_listener_is_served_and_its_file_stays() {
    let directory = TempDir::new().unwrap();
    let path = directory.path().join("a.sock");
    let listener: OwnedFd = UnixListener::bind(&path).unwrap().into();
    let mut child = serve(&directory).args(["fd:0"]).stdin(listener).spawn().unwrap();
    let client =
        crate::serve_process::Client::connect(&format!("unix:{}", path.display()).parse().unwrap());
    client.ping();
    rustix::process::kill_process(
        rustix::process::Pid::from_child(&child),
        rustix::process::Signal::TERM,
    )
    .unwrap();
    assert_eq!(client.hear_all(), b"");
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(files(directory.path()), ["a.sock"]);
}

#[test]
fn an_inherited_datagram_socket_is_no_place_for_the_ticker() {
    let directory = TempDir::new().unwrap();
    let socket: OwnedFd = UnixDatagram::bind(directory.path().join("a.sock")).unwrap().into();
    let output =
        serve(&directory).args(["fd:0", "--service", "ticker"]).stdin(socket).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("the ticker needs connections"), "{error}");
}

#[test]
fn an_address_that_is_named_twice_is_the_fault_of_the_call() {
    let directory = TempDir::new().unwrap();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (tcp, everywhere) = (format!("tcp:{free}"), format!("tcp::{}", free.port()));
    for (endpoints, words) in [
        (["unix:y.sock", "unix:y.sock"], "error: unix:y.sock is named twice\n"),
        ([&tcp, &tcp], &format!("error: {tcp} is named twice\n")),
        (
            [&tcp, &everywhere],
            &format!(
                "error: {everywhere} is what another endpoint of this call has bound\n\n\
                 hint: name each address once\n"
            ),
        ),
        (
            ["unix:y.sock", "unixgram:./y.sock"],
            "error: unixgram:./y.sock is what another endpoint of this call has bound\n\n\
             hint: name each address once\n",
        ),
    ] {
        let (status, error) = refused(directory.path(), &endpoints);
        assert_eq!((status, &*error), (Some(2), words));
        assert_eq!(files(directory.path()), [""; 0]);
    }
}

#[test]
fn the_ready_descriptor_gets_the_bound_addresses_and_is_closed() {
    let directory = TempDir::new().unwrap();
    let script = r#"exec "$0" serve unix:a.sock tcp:127.0.0.1:0 --ready-fd 3 3>&1 >/dev/null 2>&1"#;
    let mut child = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_sockscope")])
        .current_dir(directory.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    // This read ends only when nobody has the descriptor open any more, and the server still runs.
    let text = std::io::read_to_string(child.stdout.take().unwrap()).unwrap();
    assert!(child.try_wait().unwrap().is_none());
    let lines: Vec<_> = text.lines().collect();
    assert_eq!((lines.len(), lines[0]), (2, "unix:a.sock"));
    let port = lines[1].strip_prefix("tcp:127.0.0.1:").unwrap();
    assert_ne!(port.parse::<u16>().unwrap(), 0);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_ready_descriptor_that_is_not_open_is_refused_before_anything_is_bound() {
    let directory = TempDir::new().unwrap();
    let output = serve(&directory).args(["unix:a.sock", "--ready-fd", "77"]).output().unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{error}");
    assert!(error.contains("cannot use descriptor 77: EBADF"), "{error}");
    assert!(error.contains("hint: "), "{error}");
    assert_eq!(files(directory.path()), [""; 0]);
}

#[test]
fn a_server_that_lacks_descriptors_for_its_threads_never_says_that_it_listens() {
    let directory = TempDir::new().unwrap();
    let script = r#"ulimit -n 40 && exec "$0" serve unix:a.sock --threads 64 --ready-fd 1"#;
    let output = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_sockscope")])
        .current_dir(directory.path())
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{error}");
    assert_eq!(output.stdout, b"");
    assert!(error.starts_with("error: cannot set up the event loop: "), "{error}");
    let hint = "\n\nhint: each thread takes two descriptors: allow more with `ulimit -n`, or serve \
                with fewer --threads\n";
    assert!(error.ends_with(hint), "{error}");
    assert_eq!(files(directory.path()), [""; 0]);
}

fn serve(directory: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sockscope"));
    command.arg("serve").current_dir(directory.path()).stderr(Stdio::piped());
    command
}
