//! Forged senders: a datagram that claims to come from a server is not answered for ever.

use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};

use rustix::net::{SendFlags, sendto};
use sockscope_engine::serve::Options;
use sockscope_net::{Endpoint, Listener};
use sockscope_proto::Service;
use sockscope_proto::service::{Echo, Whoami};

use super::support::{Client, Server, bind};

/// A server, and its socket to send from in its name.
fn server<S>(service: S, endpoint: &str) -> (Server, OwnedFd)
where
    S: Service + Clone + Send + Sync + 'static,
{
    let listeners: Vec<Listener> = bind(endpoint);
    let socket = listeners[0].as_fd().try_clone_to_owned().expect("a second descriptor");
    let directory = tempfile::tempdir().expect("a directory");
    (Server::start_on(service, listeners, Options::default(), directory), socket)
}

/// Where the server is reached.
fn address(server: &Server) -> SocketAddr {
    let Endpoint::Udp(at) = &server.endpoints[0] else { panic!("not UDP") };
    SocketAddr::from(([127, 0, 0, 1], at.port))
}

fn client_of(server: &Server) -> Client {
    let endpoint: Endpoint = format!("udp:{}", address(server)).parse().expect("an endpoint");
    Client::connect(&endpoint)
}

#[test]
fn a_message_in_the_name_of_the_server_is_dropped() {
    for endpoint in ["udp:127.0.0.1:0", "udp::0"] {
        let (server, socket) = server(Echo, endpoint);
        sendto(&socket, b"for ever", SendFlags::empty(), &address(&server)).expect("sent");
        let client = client_of(&server);
        client.say(b"once");
        assert_eq!(client.hear(100), b"once");
        let traffic = server.finish().traffic;
        assert_eq!((traffic.exchanges, traffic.dropped), (1, 1), "{endpoint}");
    }
}

#[test]
fn a_message_in_the_name_of_another_whoami_is_answered_once() {
    let (victim, socket) = server(Whoami, "udp:127.0.0.1:0");
    let (other, _) = server(Whoami, "udp:127.0.0.1:0");
    sendto(&socket, b"who am I?", SendFlags::empty(), &address(&other)).expect("sent");
    // What each has received before these, it has then answered.
    for server in [&other, &victim] {
        let client = client_of(server);
        client.say(b"who am I?");
        client.hear(100);
    }
    let (victim, other) = (victim.finish().traffic, other.finish().traffic);
    assert_eq!((other.exchanges, other.dropped), (2, 0));
    assert_eq!((victim.exchanges, victim.dropped), (1, 1));
}
