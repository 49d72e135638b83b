//! Connecting: limits of time, refusals, and the address that was used.

use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsFd as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketType, socket};
use sockscope_net::{BindOptions, ConnectError, Connector, Endpoint, Listener};

use crate::support::{LIMIT, at, bind, connect, directory, endpoint, is_available};

/// Short, because a test waits for it.
const SHORT: Option<Duration> = Some(Duration::from_millis(20));

fn refused(endpoint: &Endpoint) -> ConnectError {
    Connector::new(endpoint).expect("resolved").connect(LIMIT).expect_err("refused")
}

fn with_backlog(endpoint: &Endpoint, backlog: u32) -> Listener {
    let options = BindOptions { backlog: Some(backlog), ..Default::default() };
    Listener::bind(endpoint, &options).expect("bound").remove(0)
}

#[test]
fn a_full_unix_backlog_is_an_error_of_its_own() {
    for scheme in ["unix", "unixpacket"] {
        let directory = directory();
        let listener = with_backlog(&at(scheme, &directory.path().join("s")), 0);
        let connector = Connector::new(listener.local()).expect("resolved");
        let _waiting = connector.connect(LIMIT).expect("there is room for one");
        for timeout in [Some(Duration::ZERO), SHORT] {
            let error = connector.connect(timeout).expect_err("no room");
            assert!(matches!(error, ConnectError::BacklogFull { .. }), "{error}");
            assert_eq!(error.errno(), Some(Errno::AGAIN));
        }
    }
}

#[test]
fn a_place_in_the_backlog_is_waited_for() {
    let directory = directory();
    let listener = with_backlog(&at("unix", &directory.path().join("s")), 0);
    let connector = Connector::new(listener.local()).expect("resolved");
    let _first = connector.connect(LIMIT).expect("there is room for one");
    let second = std::thread::scope(|scope| {
        let second = scope.spawn(|| connector.connect(LIMIT));
        let accepted = listener.accept().expect("makes room");
        drop(accepted);
        second.join().expect("no panic").expect("connected")
    });
    // The limit of connecting is none of sending.
    let timeout =
        rustix::net::sockopt::socket_timeout(&second, rustix::net::sockopt::Timeout::Send);
    assert_eq!(timeout.expect("asked"), None);
}

#[test]
fn a_tcp_server_that_does_not_answer_is_given_up_in_time() {
    let listener = with_backlog(&endpoint("tcp:127.0.0.1:0"), 0);
    let connector = Connector::new(listener.local()).expect("resolved");
    let mut waiting = Vec::new();
    let error = loop {
        assert!(waiting.len() < 16, "a backlog of 0 must fill up");
        match connector.connect(SHORT) {
            Ok(conn) => waiting.push(conn),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, ConnectError::TimedOut { .. }), "{error}");
    assert_eq!(error.errno(), Some(Errno::TIMEDOUT));
}

#[test]
fn a_connection_that_hangs_is_given_up_when_it_is_told_to() {
    let directory = directory();
    let listeners = [
        with_backlog(&endpoint("tcp:127.0.0.1:0"), 0),
        with_backlog(&at("unix", &directory.path().join("s")), 0),
        with_backlog(&at("unixpacket", &directory.path().join("p")), 0),
    ];
    for listener in listeners {
        let connector = Connector::new(listener.local()).expect("resolved");
        let mut waiting = Vec::new();
        while let Ok(conn) = connector.connect(SHORT) {
            assert!(waiting.len() < 16, "a backlog of 0 must fill up");
            waiting.push(conn);
        }
        for time in [None, Some(Duration::from_hours(1))] {
            let (stop, stopper) = UnixStream::pair().expect("a pair");
            let given_up = std::thread::scope(|scope| {
                let hangs = scope.spawn(|| connector.connect_unless(stop.as_fd(), time));
                drop(stopper);
                hangs.join().expect("no panic")
            });
            assert!(given_up.expect("no error").is_none(), "{}", listener.local());
        }
    }
}

#[test]
fn nobody_there_is_a_refusal_with_the_address_that_was_tried() {
    // Bound, so that nobody else gets the port, and not listening.
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let held = socket(AddressFamily::INET, SocketType::STREAM, None).expect("a socket");
    rustix::net::bind(&held, &address).expect("bound");
    let address = rustix::net::getsockname(&held).expect("bound");
    let address = SocketAddr::try_from(address).expect("an address");
    let free = Endpoint::Tcp(address.into());
    let error = refused(&free);
    assert_eq!(error.errno(), Some(Errno::CONNREFUSED));
    assert_eq!(error.to_string(), format!("cannot connect to {free}"));
    let hint = error.hint().expect("a hint");
    assert!(hint.contains("ss -ltn"), "{hint}");
}

#[test]
fn every_way_to_miss_a_unix_server_has_its_errno_and_a_hint() {
    let directory = directory();
    let path = |name: &str| directory.path().join(name);
    drop(UnixListener::bind(path("stale")).expect("bound"));
    std::fs::write(path("file"), "").expect("written");
    let _datagrams = bind(&at("unixgram", &path("datagrams")));
    for (endpoint, errno) in [
        (at("unix", &path("missing")), Errno::NOENT),
        (at("unix", &path("file/x")), Errno::NOTDIR),
        (at("unix", &path("stale")), Errno::CONNREFUSED),
        (at("unix", &path("file")), Errno::CONNREFUSED),
        (at("unix", &path("datagrams")), Errno::PROTOTYPE),
        (at("unixpacket", &path("datagrams")), Errno::PROTOTYPE),
        (at("unixgram", &path("missing")), Errno::NOENT),
        (endpoint("unix:@sockscope-nobody"), Errno::CONNREFUSED),
    ] {
        let error = refused(&endpoint);
        assert_eq!(error.errno(), Some(errno), "{endpoint}");
        assert!(error.hint().is_some(), "{endpoint}");
    }
}

#[test]
fn the_wrong_type_is_answered_with_the_other_spellings() {
    let directory = directory();
    let path = directory.path().join("s");
    let _datagrams = bind(&at("unixgram", &path));
    let path = path.display();
    let hint = refused(&endpoint(&format!("unix:{path}"))).hint();
    assert_eq!(hint, Some(format!("try unixgram:{path} or unixpacket:{path}")));
}

#[test]
fn inherited_sockets_cannot_be_connected_to() {
    for text in ["fd:3", "sd-listen:*"] {
        let error = Connector::new(&endpoint(text)).expect_err("refused");
        assert_eq!(error.to_string(), format!("{text} can only be served, not connected to"));
    }
}

#[test]
fn a_name_that_does_not_exist_is_an_error_of_the_resolver() {
    let error = Connector::new(&endpoint("tcp:name.invalid:80")).expect_err("refused");
    assert!(matches!(error, ConnectError::Resolve { .. }), "{error}");
    assert!(error.hint().is_some());
}

#[test]
fn the_connection_knows_the_address_behind_the_name() {
    let listener = bind(&endpoint("tcp:127.0.0.1:0"));
    let Endpoint::Tcp(at) = listener.local() else { panic!("not TCP") };
    for text in [format!("tcp:localhost:{}", at.port), format!(":{}", at.port)] {
        let client = connect(&endpoint(&text));
        assert_eq!(client.remote().as_ref(), Some(listener.local()), "{text}");
        assert_eq!(client.transport(), "tcp", "{text}");
    }
}

#[test]
fn a_port_alone_finds_a_server_on_either_family() {
    for text in ["tcp:127.0.0.1:0", "tcp:[::1]:0", "tcp::0"] {
        if !is_available(text) {
            continue;
        }
        let listener = bind(&endpoint(text));
        let Endpoint::Tcp(at) = listener.local() else { panic!("not TCP") };
        connect(&endpoint(&format!(":{}", at.port)));
    }
}

#[test]
fn a_udp_client_learns_that_nobody_is_there() {
    // Connected elsewhere, so that it holds the port and hears nothing.
    let held = UdpSocket::bind("127.0.0.1:0").expect("bound");
    held.connect("127.0.0.1:9").expect("connected");
    let client = connect(&Endpoint::Udp(held.local_addr().expect("bound").into()));
    client.send(b"ping").expect("sent");
    let error = client.receive(&mut [0; 4]).expect_err("refused");
    assert_eq!(Errno::from_io_error(&error), Some(Errno::CONNREFUSED));
}
