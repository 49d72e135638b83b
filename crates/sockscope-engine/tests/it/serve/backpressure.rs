//! Slow readers: bounded memory, nothing lost, nobody else kept waiting.

use sockscope_engine::serve::Options;
use sockscope_proto::service::{Echo, Pong};

use super::support::{CONNECTED, STREAMS, Server};

#[test]
fn a_client_that_does_not_read_is_not_read_either_and_loses_nothing() {
    let server = Server::start(Echo, &CONNECTED);
    for (index, endpoint) in server.endpoints.iter().enumerate() {
        let slow = server.connect_to(index);
        let pattern: Vec<u8> = (0..1000).map(|i| u8::try_from(i % 251).unwrap()).collect();
        let taken = slow.fill(&pattern);
        let other = server.connect_to(index);
        other.say(b"not waiting");
        assert_eq!(other.hear(11), b"not waiting", "{endpoint}");
        slow.half_close();
        let heard = slow.hear_all();
        assert_eq!(heard.len(), taken, "{endpoint}");
        assert!(heard.chunks(1000).all(|chunk| pattern.starts_with(chunk)), "{endpoint}");
    }
    assert_eq!(server.finish().failed, 0);
}

#[test]
fn answers_that_outgrow_the_buffer_wait_for_the_reader_with_their_requests() {
    let options = Options { buffer: 1024, ..Options::default() };
    let server = Server::start_with(Pong::default(), &STREAMS, options);
    for (index, endpoint) in server.endpoints.iter().enumerate() {
        let slow = server.connect_to(index);
        let taken = slow.fill(&b"ping\n".repeat(200));
        slow.half_close();
        let heard = slow.hear_all();
        let whole = &heard[..taken / 5 * 5];
        assert!(whole.chunks(5).all(|answer| answer == b"pong\n"), "{endpoint}");
    }
}

#[test]
fn a_datagram_client_that_does_not_read_loses_its_answers_and_blocks_nothing() {
    const MORE_THAN_THE_BUFFER_HOLDS: u64 = 5000;
    let server = Server::start(Echo, &["unixgram:{}/g", "tcp:127.0.0.1:0"]);
    let (slow, stream) = (server.connect_to(0), server.connect_to(1));
    for _ in 0..MORE_THAN_THE_BUFFER_HOLDS {
        slow.say(&[7; 1000]);
    }
    stream.say(b"not waiting");
    assert_eq!(stream.hear(11), b"not waiting");
    drop(slow);
    // The kernel charges unread answers to the server's socket; with their reader they are gone.
    let other = server.connect_to(0);
    other.say(b"nor I");
    assert_eq!(other.hear(100), b"nor I");
    let traffic = server.finish().traffic;
    assert_eq!(traffic.dropped + traffic.exchanges, MORE_THAN_THE_BUFFER_HOLDS + 1 + 1);
    assert!(traffic.dropped > 0, "{traffic:?}");
}
