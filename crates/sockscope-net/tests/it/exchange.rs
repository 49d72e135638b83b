//! Every kind: bound, connected, and talking in both directions.

use sockscope_net::{BindOptions, Connector, Kind, Listener, Peer};

use crate::support::{LIMIT, endpoint, is_available};

/// Serves `text`, sends one message there and back, and shows the server's view of the client.
fn exchange(text: &str) -> Peer {
    let listeners = Listener::bind(&endpoint(text), &BindOptions::default()).expect("bound");
    let listener = &listeners[0];
    listener.set_nonblocking(false).expect("blocking");
    let connector = Connector::new(listener.local()).expect("resolved");
    let client = connector.connect(LIMIT).expect("connected");
    assert_eq!(client.kind(), listener.kind(), "{text}");

    let mut buffer = [0; 16];
    client.send(b"ping").expect("sent");
    let peer = if listener.kind() == Kind::Datagram {
        let (length, sender) = listener.receive(&mut buffer).expect("received");
        assert_eq!(&buffer[..length], b"ping", "{text}");
        listener.reply(b"pong", &sender).expect("answered");
        sender.peer()
    } else {
        let server = listener.accept().expect("accepted");
        server.set_nonblocking(false).expect("blocking");
        let length = server.receive(&mut buffer).expect("received");
        assert_eq!(&buffer[..length], b"ping", "{text}");
        server.send(b"pong").expect("answered");
        server.peer()
    };
    let length = client.receive(&mut buffer).expect("received");
    assert_eq!(&buffer[..length], b"pong", "{text}");
    peer
}

#[test]
fn every_unix_kind_talks_and_tells_the_server_who_the_client_is() {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("s").display().to_string();
    let id = std::process::id();
    for text in [
        format!("unix:{file}"),
        format!("unixgram:{file}"),
        format!("unixpacket:{file}"),
        format!("unix:@sockscope-%00-{id}"),
        format!("unixgram:@sockscope-{id}"),
        format!("unixpacket:@sockscope-{id}"),
        format!("abns:sockscope-{id}"),
    ] {
        let Peer::Unix(peer) = exchange(&text) else { panic!("{text}: not a Unix peer") };
        assert_eq!(peer.pid.map(|pid| pid.get().unsigned_abs()), Some(id), "{text}");
    }
}

#[test]
fn every_network_kind_talks_and_tells_the_server_the_address_of_the_client() {
    for text in [
        "tcp:127.0.0.1:0",
        "tcp:[::1]:0",
        "tcp::0",
        "tcp:localhost:0",
        "udp:127.0.0.1:0",
        "udp:[::1]:0",
        "udp::0",
        "mptcp:127.0.0.1:0",
    ] {
        if !is_available(text) {
            continue;
        }
        let Peer::Network(address) = exchange(text) else { panic!("{text}: not an address") };
        assert!(address.ip().is_loopback(), "{text}");
    }
}
