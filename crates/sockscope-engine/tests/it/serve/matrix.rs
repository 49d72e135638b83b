//! Every kind of socket × every service.

use std::num::NonZeroU64;
use std::time::Duration;

use sockscope_engine::serve::{Options, ServeError, Shutdown, Traffic, serve};
use sockscope_net::{BindOptions, Endpoint, Listener};
use sockscope_proto::service::{Discard, Echo, Pong, Ticker, Whoami};

use super::support::{CONNECTED, Client, DATAGRAMS, STREAMS, Server, threads};

#[test]
fn pong_answers_on_every_kind_of_one_process() {
    let endpoints = [&CONNECTED[..], &DATAGRAMS].concat();
    let server = Server::start(Pong::default(), &endpoints);
    for endpoint in &server.endpoints {
        let client = Client::connect(endpoint);
        for _ in 0..3 {
            client.say(b"ping");
            assert_eq!(client.hear(4), b"pong", "{endpoint}");
        }
    }
    let summary = server.finish();
    assert_eq!((summary.connections, summary.failed, summary.refused), (5, 0, 0));
    let Traffic { received, sent, exchanges, dropped } = summary.traffic;
    assert_eq!((received, sent, exchanges, dropped), (84, 84, 21, 0));
}

#[test]
fn echo_gives_back_streams_byte_for_byte_and_messages_one_for_one() {
    let endpoints = [&CONNECTED[..], &DATAGRAMS].concat();
    let server = Server::start_with(Echo, &endpoints, threads(2));
    for endpoint in &server.endpoints {
        let client = Client::connect(endpoint);
        for length in [1, 2, 63, 64, 1000, 1400, 30_000] {
            let bytes: Vec<u8> = (0..length).map(|i| u8::try_from(i % 251).unwrap()).collect();
            client.say(&bytes);
            assert_eq!(client.hear(length), bytes, "{endpoint} {length}");
        }
    }
    let summary = server.finish();
    assert_eq!(summary.traffic.received, summary.traffic.sent);
    assert_eq!(summary.traffic.dropped, 0);
}

#[test]
fn echo_keeps_the_boundaries_of_messages_that_wait_together() {
    for endpoint in ["unixpacket:{}/p", DATAGRAMS[0], DATAGRAMS[1]] {
        let server = Server::start(Echo, &[endpoint]);
        let client = server.connect();
        for message in [&b"a"[..], b"bc", b"def"] {
            client.say(message);
        }
        for message in [&b"a"[..], b"bc", b"def"] {
            assert_eq!(client.hear(100), message, "{endpoint}");
        }
    }
}

#[test]
fn an_empty_message_is_a_message_and_not_an_end() {
    let server = Server::start(Echo, &["unixpacket:{}/p", "unixgram:{}/g", "udp:127.0.0.1:0"]);
    for endpoint in &server.endpoints {
        let client = Client::connect(endpoint);
        client.0.send(b"").expect("sent");
        client.say(b"next");
        assert_eq!(client.0.receive(&mut [0; 8]).expect("received"), 0, "{endpoint}");
        assert_eq!(client.hear(100), b"next", "{endpoint}");
    }
}

#[test]
fn discard_takes_everything_says_nothing_and_counts() {
    let endpoints = [&CONNECTED[..], &DATAGRAMS].concat();
    let server = Server::start(Discard, &endpoints);
    for endpoint in &server.endpoints[..CONNECTED.len()] {
        let client = Client::connect(endpoint);
        client.say(b"anything");
        client.half_close();
        assert_eq!(client.hear_all(), b"", "{endpoint}");
    }
    for endpoint in &server.endpoints[CONNECTED.len()..] {
        Client::connect(endpoint).say(b"anything");
    }
    let summary = server.finish();
    assert_eq!((summary.traffic.received, summary.traffic.sent), (8 * 7, 0));
    assert_eq!(summary.traffic.dropped, 0);
}

#[test]
fn whoami_tells_connections_once_and_closes() {
    let server = Server::start(Whoami, &CONNECTED);
    for endpoint in &server.endpoints {
        let client = Client::connect(endpoint);
        let line = String::from_utf8(client.hear_all()).expect("text");
        check_identity(&client, &line);
    }
}

#[test]
fn whoami_tells_the_sender_of_each_message() {
    let server = Server::start(Whoami, &DATAGRAMS);
    for endpoint in &server.endpoints {
        let client = Client::connect(endpoint);
        for _ in 0..2 {
            client.say(b"?");
            let line = String::from_utf8(client.hear(1000)).expect("text");
            check_identity(&client, &line);
        }
    }
}

fn check_identity(client: &Client, line: &str) {
    let line = line.strip_suffix('\n').expect("a line");
    if let Some(Endpoint::Tcp(at) | Endpoint::Udp(at)) = client.0.local() {
        return assert_eq!(line, at.to_string());
    }
    let uid = format!("uid {}", rustix::process::geteuid().as_raw());
    let pid = format!(" pid {}", std::process::id());
    assert!(line.starts_with(&uid) && line.contains(&pid), "{line}");
}

#[test]
fn the_ticker_speaks_its_lines_and_closes_in_an_orderly_way() {
    let ticker = Ticker::new(Duration::from_millis(1), NonZeroU64::new(3));
    let server = Server::start(ticker, &CONNECTED);
    for endpoint in &server.endpoints {
        let client = Client::connect(endpoint);
        // What the client says does not matter, and does not turn the end into a reset.
        client.say(b"hello");
        assert_eq!(client.hear_all(), b"pong\n".repeat(3), "{endpoint}");
    }
    let summary = server.finish();
    assert_eq!((summary.connections, summary.failed), (5, 0));
}

#[test]
fn the_ticker_speaks_on_to_a_client_that_only_listens() {
    let ticker = Ticker::new(Duration::from_millis(1), NonZeroU64::new(3));
    let server = Server::start(ticker, &STREAMS);
    for endpoint in &server.endpoints {
        let client = Client::connect(endpoint);
        client.half_close();
        assert_eq!(client.hear_all(), b"pong\n".repeat(3), "{endpoint}");
    }
}

#[test]
fn the_ticker_is_refused_on_datagrams() {
    let endpoint: Endpoint = "udp:127.0.0.1:0".parse().expect("an endpoint");
    let listeners = Listener::bind(&endpoint, &BindOptions::default()).expect("bound");
    let name = listeners[0].local().to_string();
    let shutdown = Shutdown::new().expect("a handle");
    let ticker = Ticker::new(Duration::from_secs(1), None);
    let error = serve(listeners, &ticker, &Options::default(), &shutdown).expect_err("refused");
    assert!(matches!(error, ServeError::Datagrams { .. }));
    assert_eq!(error.to_string(), format!("the service needs connections, and {name} has none"));
    assert_eq!(error.hint().as_deref(), Some("serve a stream or seqpacket endpoint"));
}
