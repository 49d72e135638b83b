//! Connections: ends, sizes and options on every kind.

use std::io::ErrorKind;

use rustix::io::Errno;
use sockscope_net::{Kind, Listener};

use crate::support::{at, bind, connect, directory, endpoint, is_available, pair};

#[test]
fn half_closed_streams_still_carry_the_answer() {
    let directory = directory();
    for listener in [
        bind(&at("unix", &directory.path().join("s"))),
        bind(&at("unixpacket", &directory.path().join("p"))),
        bind(&endpoint("tcp:127.0.0.1:0")),
    ] {
        let (client, server) = pair(&listener);
        client.send(b"question").expect("sent");
        client.shutdown_write().expect("finished");
        let mut buffer = [0; 16];
        assert_eq!(server.receive(&mut buffer).expect("received"), 8);
        assert_eq!(server.receive(&mut buffer).expect("the end"), 0);
        assert!(server.at_end().expect("asked"));
        server.send(b"answer").expect("sent");
        drop(server);
        assert_eq!(client.receive(&mut buffer).expect("received"), 6);
        assert_eq!(client.receive(&mut buffer).expect("the end"), 0);
    }
}

#[test]
fn a_multipath_end_whose_peer_speaks_plain_tcp_says_so() {
    for (host, plain) in [("127.0.0.1", "tcp"), ("[::1]", "tcp6")] {
        let [multipath, single] = ["mptcp", "tcp"].map(|scheme| format!("{scheme}:{host}:0"));
        if !is_available(&multipath) || !is_available(&single) {
            continue;
        }
        let listener = bind(&endpoint(&multipath));
        let (client, server) = pair(&listener);
        assert_eq!((client.transport(), server.transport()), ("mptcp", "mptcp"));
        let other = |listener: &Listener, scheme| {
            let local = listener.local().to_string();
            endpoint(&format!("{scheme}:{}", local.split_once(':').expect("a scheme").1))
        };
        connect(&other(&listener, "tcp"));
        let server = listener.accept().expect("accepted");
        assert_eq!(server.transport(), plain, "the client speaks no other");
        let listener = bind(&endpoint(&single));
        let client = connect(&other(&listener, "mptcp"));
        assert_eq!(client.transport(), plain, "the server speaks no other");
    }
}

#[test]
fn on_seqpacket_an_empty_message_is_not_the_end() {
    let directory = directory();
    let listener = bind(&at("unixpacket", &directory.path().join("p")));
    let (client, server) = pair(&listener);
    let mut buffer = [0; 16];
    client.send(b"").expect("sent");
    assert_eq!(server.receive(&mut buffer).expect("received"), 0);
    assert!(!server.at_end().expect("asked"), "nothing more yet");
    client.send(b"").expect("sent");
    client.send(b"last").expect("sent");
    drop(client);
    assert_eq!(server.receive(&mut buffer).expect("received"), 0);
    assert!(!server.at_end().expect("asked"), "a message is left");
    assert_eq!(server.receive(&mut buffer).expect("received"), 4);
    assert_eq!(server.receive(&mut buffer).expect("received"), 0);
    assert!(server.at_end().expect("asked"));
}

#[test]
fn on_datagrams_an_empty_message_is_a_message() {
    let directory = directory();
    let listener = bind(&at("unixgram", &directory.path().join("g")));
    let client = connect(listener.local());
    client.send(b"").expect("sent");
    let (length, sender) = listener.receive(&mut [0; 4]).expect("received");
    assert_eq!(length, 0);
    listener.reply(b"", &sender).expect("answered");
    assert_eq!(client.receive(&mut [0; 4]).expect("received"), 0);
    assert!(!client.at_end().expect("asked"));
}

#[test]
fn a_message_that_does_not_fit_is_an_error_and_the_next_one_is_whole() {
    let directory = directory();
    let packets = bind(&at("unixpacket", &directory.path().join("p")));
    let (client, server) = pair(&packets);
    client.send(b"12345").expect("sent");
    client.send(b"1234").expect("sent");
    let error = server.receive(&mut [0; 4]).expect_err("too long");
    assert_eq!(Errno::from_io_error(&error), Some(Errno::MSGSIZE));
    assert_eq!(server.receive(&mut [0; 4]).expect("fits"), 4);

    for datagrams in
        [bind(&at("unixgram", &directory.path().join("g"))), bind(&endpoint("udp:127.0.0.1:0"))]
    {
        let client = connect(datagrams.local());
        client.send(b"12345").expect("sent");
        client.send(b"1234").expect("sent");
        let error = datagrams.receive(&mut [0; 4]).expect_err("too long");
        assert_eq!(Errno::from_io_error(&error), Some(Errno::MSGSIZE));
        let (length, sender) = datagrams.receive(&mut [0; 4]).expect("fits");
        assert_eq!(length, 4);
        datagrams.reply(b"12345", &sender).expect("sent");
        let error = client.receive(&mut [0; 4]).expect_err("too long");
        assert_eq!(Errno::from_io_error(&error), Some(Errno::MSGSIZE));
    }
}

#[test]
fn a_stream_is_read_in_parts_of_any_size() {
    let listener = bind(&endpoint("tcp:127.0.0.1:0"));
    let (client, server) = pair(&listener);
    client.send(b"12345").expect("sent");
    let mut buffer = [0; 4];
    assert_eq!(server.receive(&mut buffer).expect("received"), 4);
    assert_eq!(&buffer, b"1234");
    assert_eq!(server.receive(&mut buffer).expect("received"), 1);
}

#[test]
fn writing_to_a_peer_that_is_gone_is_an_error_and_no_signal() {
    let directory = directory();
    let listener = bind(&at("unix", &directory.path().join("s")));
    let (client, server) = pair(&listener);
    drop(server);
    let error = client.send(b"x").expect_err("nobody there");
    assert_eq!(error.kind(), ErrorKind::BrokenPipe);
}

#[test]
fn accepting_and_receiving_wait_only_when_asked_to() {
    let directory = directory();
    let listener = bind(&at("unix", &directory.path().join("s")));
    let (client, server) = pair(&listener);
    listener.set_nonblocking(true).expect("set");
    assert_eq!(listener.accept().expect_err("nobody").kind(), ErrorKind::WouldBlock);
    for conn in [&client, &server] {
        conn.set_nonblocking(true).expect("set");
        let error = conn.receive(&mut [0; 4]).expect_err("nothing");
        assert_eq!(error.kind(), ErrorKind::WouldBlock);
    }
}

#[test]
fn an_accepted_connection_does_not_block_and_a_dialled_one_does() {
    let listener = bind(&endpoint("tcp:127.0.0.1:0"));
    let client = connect(listener.local());
    let server = listener.accept().expect("accepted");
    let blocks = |conn: &sockscope_net::Conn| {
        !rustix::fs::fcntl_getfl(conn).expect("flags").contains(rustix::fs::OFlags::NONBLOCK)
    };
    assert!(blocks(&client));
    assert!(!blocks(&server));
}

#[test]
fn nodelay_is_set_on_tcp_from_the_start_and_ignored_elsewhere() {
    use rustix::net::sockopt::tcp_nodelay;
    let directory = directory();
    let unix = bind(&at("unix", &directory.path().join("s")));
    let (client, _server) = pair(&unix);
    client.set_nodelay(true).expect("nothing to do");
    for text in ["tcp:127.0.0.1:0", "mptcp:127.0.0.1:0"] {
        if !is_available(text) {
            continue;
        }
        let (client, server) = pair(&bind(&endpoint(text)));
        assert!(tcp_nodelay(&client).expect("asked"), "{text}");
        assert!(tcp_nodelay(&server).expect("asked"), "{text}");
        client.set_nodelay(false).expect("set");
        assert!(!tcp_nodelay(&client).expect("asked"), "{text}");
    }
}

#[test]
fn buffers_are_what_the_kernel_granted() {
    let directory = directory();
    let unix = bind(&at("unix", &directory.path().join("s")));
    let (client, _server) = pair(&unix);
    let buffers = client.buffers().expect("asked");
    assert!(buffers.send > 0 && buffers.receive > 0, "{buffers:?}");
}

#[test]
fn both_ends_know_their_addresses() {
    let directory = directory();
    let unix = at("unix", &directory.path().join("s"));
    let (client, server) = pair(&bind(&unix));
    assert_eq!(client.remote(), Some(unix.clone()));
    assert_eq!(client.local(), None);
    assert_eq!((server.remote(), server.local()), (None, Some(unix)));

    let tcp = bind(&endpoint("tcp:localhost:0"));
    let (client, server) = pair(&tcp);
    assert_eq!(client.remote().as_ref(), Some(tcp.local()));
    assert_eq!(client.local(), server.remote());
    assert_eq!(client.kind(), Kind::Stream);
}
