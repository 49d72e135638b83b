//! Faults: whatever one client does, it is that client's connection only.

use rustix::net::sockopt::set_socket_linger;
use sockscope_engine::serve::Options;
use sockscope_proto::service::{Echo, Pong};

use super::support::{CONNECTED, Client, DATAGRAMS, STREAMS, Server};

#[test]
fn a_token_that_arrives_byte_by_byte_is_answered_once() {
    let server = Server::start(Pong::default(), &STREAMS);
    for endpoint in &server.endpoints {
        let client = Client::connect(endpoint);
        for byte in b"pingping" {
            client.say(&[*byte]);
        }
        assert_eq!(client.hear(8), b"pongpong", "{endpoint}");
    }
}

#[test]
fn tokens_that_arrive_glued_are_each_answered() {
    let server = Server::start(Pong::default(), &STREAMS);
    for endpoint in &server.endpoints {
        let client = Client::connect(endpoint);
        client.say(&b"ping".repeat(1000));
        assert_eq!(client.hear(4000), b"pong".repeat(1000), "{endpoint}");
    }
    assert_eq!(server.finish().traffic.exchanges, 1000 * 4);
}

#[test]
fn a_line_of_netcat_reads_well() {
    let server = Server::start(Pong::default(), &STREAMS);
    for endpoint in &server.endpoints {
        let client = Client::connect(endpoint);
        client.say(b"ping\r\nping \n");
        client.half_close();
        assert_eq!(client.hear_all(), b"pong\npong\n", "{endpoint}");
    }
}

#[test]
fn what_was_received_before_a_half_close_is_answered_before_the_end() {
    let server = Server::start(Echo, &CONNECTED);
    for endpoint in &server.endpoints {
        let client = Client::connect(endpoint);
        client.say(b"last words");
        client.half_close();
        assert_eq!(client.hear_all(), b"last words", "{endpoint}");
    }
    let summary = server.finish();
    assert_eq!((summary.connections, summary.failed), (5, 0));
}

#[test]
fn a_bad_byte_ends_its_connection_after_the_good_ones_were_answered() {
    let server = Server::start(Pong::default(), &STREAMS);
    for endpoint in &server.endpoints {
        let (other, client) = (Client::connect(endpoint), Client::connect(endpoint));
        client.say(b"pingping!and more that nobody reads");
        assert_eq!(client.hear_all(), b"pongpong", "{endpoint}");
        other.say(b"ping");
        assert_eq!(other.hear(4), b"pong", "{endpoint}");
    }
    let summary = server.finish();
    assert_eq!((summary.refused, summary.failed), (4, 0));
}

#[test]
fn a_reset_in_the_middle_of_an_exchange_ends_that_connection_only() {
    let server = Server::start(Echo, &["tcp:127.0.0.1:0", "tcp:[::1]:0"]);
    for endpoint in &server.endpoints {
        let (other, client) = (Client::connect(endpoint), Client::connect(endpoint));
        client.say(&vec![7; 100_000]);
        // A linger of nothing turns the close into a reset.
        set_socket_linger(&client.0, Some(std::time::Duration::ZERO)).expect("a linger");
        drop(client);
        other.say(b"still here");
        assert_eq!(other.hear(10), b"still here", "{endpoint}");
    }
    let summary = server.finish();
    assert_eq!((summary.connections, summary.failed), (4, 2));
}

#[test]
fn a_client_that_leaves_without_reading_its_answers_ends_that_connection_only() {
    let server = Server::start(Echo, &["unix:{}/s", "unixpacket:{}/p"]);
    for endpoint in &server.endpoints {
        let (other, client) = (Client::connect(endpoint), Client::connect(endpoint));
        for _ in 0..100 {
            client.say(&[7; 1000]);
        }
        drop(client);
        other.say(b"still here");
        assert_eq!(other.hear(10), b"still here", "{endpoint}");
    }
    assert_eq!(server.finish().connections, 4);
}

#[test]
fn messages_that_are_not_understood_are_dropped_and_counted() {
    let endpoints = [DATAGRAMS[0], DATAGRAMS[1], "unixpacket:{}/p"];
    let server = Server::start(Pong::default(), &endpoints);
    for endpoint in &server.endpoints {
        let client = Client::connect(endpoint);
        for message in [&b"what?"[..], b"ping\n", b"ping"] {
            client.say(message);
        }
        assert_eq!(client.hear(100), b"pong", "{endpoint}");
    }
    let traffic = server.finish().traffic;
    assert_eq!((traffic.dropped, traffic.exchanges), (6, 3));
}

#[test]
fn a_message_longer_than_the_buffer_is_dropped_whole_and_counted() {
    let options = Options { buffer: 2000, ..Options::default() };
    let endpoints = [DATAGRAMS[0], DATAGRAMS[1], "unixpacket:{}/p"];
    let server = Server::start_with(Echo, &endpoints, options);
    for endpoint in &server.endpoints {
        let client = Client::connect(endpoint);
        client.say(&[1; 2001]);
        client.say(&[2; 2000]);
        assert_eq!(client.hear(3000), [2; 2000], "{endpoint}");
    }
    assert_eq!(server.finish().traffic.dropped, 3);
}

#[test]
fn a_sender_without_an_address_gets_no_answer_and_harms_nobody() {
    let server = Server::start(Pong::default(), &["unixgram:{}/g"]);
    let path = server.endpoints[0].to_string();
    let path = path.strip_prefix("unixgram:").expect("a path");
    let unbound = std::os::unix::net::UnixDatagram::unbound().expect("a socket");
    unbound.send_to(b"ping", path).expect("sent");
    let client = server.connect();
    client.say(b"ping");
    assert_eq!(client.hear(4), b"pong");
    let traffic = server.finish().traffic;
    assert_eq!((traffic.dropped, traffic.exchanges), (1, 1));
}

#[test]
fn a_sender_that_has_gone_harms_nobody() {
    let server = Server::start(Pong::default(), &DATAGRAMS);
    for endpoint in &server.endpoints {
        for _ in 0..10 {
            Client::connect(endpoint).say(b"ping");
        }
        let client = Client::connect(endpoint);
        client.say(b"ping");
        assert_eq!(client.hear(4), b"pong", "{endpoint}");
    }
}
