//! Datagram servers: who sent, and who can be answered.

use std::os::unix::net::UnixDatagram;

use rustix::io::Errno;
use sockscope_net::{BindOptions, Endpoint, Kind, Listener, ObservedName, Peer};

use crate::support::{at, bind, connect, directory, endpoint, is_available};

#[test]
fn every_message_is_answered_to_its_own_sender() {
    let directory = directory();
    for listener in
        [bind(&at("unixgram", &directory.path().join("g"))), bind(&endpoint("udp:127.0.0.1:0"))]
    {
        assert_eq!(listener.kind(), Kind::Datagram);
        let clients: Vec<_> = (0..3).map(|_| connect(listener.local())).collect();
        for (number, client) in (b'0'..).zip(&clients) {
            client.send(&[number]).expect("sent");
        }
        let mut buffer = [0; 4];
        for _ in &clients {
            let (length, sender) = listener.receive(&mut buffer).expect("received");
            listener.reply(&buffer[..length], &sender).expect("answered");
        }
        for (number, client) in (b'0'..).zip(&clients) {
            assert_eq!(client.receive(&mut buffer).expect("received"), 1);
            assert_eq!(buffer[0], number);
        }
    }
}

#[test]
fn senders_that_are_not_asked_who_they_are_can_be_answered() {
    let directory = directory();
    let options = BindOptions { anonymous: true, ..BindOptions::default() };
    let served = at("unixgram", &directory.path().join("g"));
    let listener = Listener::bind(&served, &options).expect("bound").remove(0);
    let client = connect(&served);
    client.send(b"x").expect("sent");
    let (_, sender) = listener.receive(&mut [0; 4]).expect("received");
    assert_eq!(sender.peer(), Peer::Unknown);
    listener.reply(b"y", &sender).expect("answered");
    assert_eq!(client.receive(&mut [0; 4]).expect("answered"), 1);
}

#[test]
fn a_server_on_every_address_answers_from_the_one_that_was_asked() {
    let hosts = ["127.0.0.1", "127.0.0.2", "[::1]"];
    for (served, hosts) in [("udp::0", &hosts[..]), ("udp:0.0.0.0:0", &hosts[..2])] {
        let listener = bind(&endpoint(served));
        let Endpoint::Udp(at) = listener.local() else { panic!("not UDP") };
        for host in hosts {
            if !is_available(&format!("udp:{host}:0")) {
                continue;
            }
            let client = connect(&endpoint(&format!("udp:{host}:{}", at.port)));
            client.send(b"x").expect("sent");
            let (_, sender) = listener.receive(&mut [0; 4]).expect("received");
            listener.reply(b"y", &sender).expect("answered");
            // On loopback an answer is there once it is sent; one from elsewhere never is.
            client.set_nonblocking(true).expect("set");
            assert_eq!(client.receive(&mut [0; 4]).expect("answered"), 1, "{host} on {served}");
        }
    }
}

#[test]
fn a_unix_client_has_an_address_of_its_own() {
    let directory = directory();
    let listener = bind(&at("unixgram", &directory.path().join("g")));
    let client = connect(listener.local());
    client.send(b"x").expect("sent");
    let (_, sender) = listener.receive(&mut [0; 4]).expect("received");
    let Peer::Unix(peer) = sender.peer() else { panic!("not a Unix peer") };
    assert!(matches!(peer.name, ObservedName::Abstract(_)), "{}", peer.name);
}

#[test]
fn a_sender_without_an_address_is_known_and_cannot_be_answered() {
    let directory = directory();
    let path = directory.path().join("g");
    let listener = bind(&at("unixgram", &path));
    let anonymous = UnixDatagram::unbound().expect("a socket");
    anonymous.send_to(b"x", &path).expect("sent");
    let (_, sender) = listener.receive(&mut [0; 4]).expect("received");
    let Peer::Unix(peer) = sender.peer() else { panic!("not a Unix peer") };
    assert_eq!(peer.name, ObservedName::Unnamed);
    assert_eq!(peer.pid.map(|pid| pid.get().unsigned_abs()), Some(std::process::id()));
    let error = listener.reply(b"x", &sender).expect_err("nowhere to");
    assert_eq!(Errno::from_io_error(&error), Some(Errno::DESTADDRREQ));
}

#[test]
fn a_sender_with_a_path_of_108_bytes_is_shown_and_answered() {
    let directory = directory();
    let listener = bind(&at("unixgram", &directory.path().join("g")));
    let client =
        rustix::net::socket(rustix::net::AddressFamily::UNIX, rustix::net::SocketType::DGRAM, None)
            .expect("a socket");
    let mut path = directory.path().as_os_str().to_owned().into_encoded_bytes();
    path.push(b'/');
    path.resize(108, b'x');
    let address = rustix::net::SocketAddrUnix::new(path.as_slice()).expect("just fits");
    rustix::net::bind(&client, &address).expect("bound");
    let Endpoint::Unix(unix) = listener.local() else { panic!("not Unix") };
    let server = rustix::net::SocketAddrUnix::new(unix.path().expect("a path")).expect("fits");
    rustix::net::connect(&client, &server).expect("connected");
    rustix::net::send(&client, b"x", rustix::net::SendFlags::empty()).expect("sent");

    let (_, sender) = listener.receive(&mut [0; 4]).expect("received");
    let Peer::Unix(peer) = sender.peer() else { panic!("not a Unix peer") };
    assert_eq!(peer.name, ObservedName::Path(path));
    listener.reply(b"y", &sender).expect("answered");
    let mut buffer = [0; 4];
    let (_, length) = rustix::net::recv(&client, &mut buffer[..], rustix::net::RecvFlags::empty())
        .expect("received");
    assert_eq!(&buffer[..length], b"y");
}
