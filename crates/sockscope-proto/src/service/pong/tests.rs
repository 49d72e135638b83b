//! Pong's rules as rows, and the property that only the bytes count, not how they arrive.

use proptest::prelude::*;

use super::Pong;
use crate::machine::{Close, Out};
use crate::service::script::{Heard, Script};

/// What a peer that sends `input` and then ends hears, and why the connection is closed.
fn check(input: &[u8], answer: &[u8], exchanges: u32, close: Close) {
    let heard = Script::new(Pong::default()).bytes(input).end();
    assert_eq!(
        (heard.bytes.as_slice(), heard.exchanges, heard.close),
        (answer, exchanges, Some(close)),
        "for {:?}",
        input.escape_ascii().to_string()
    );
    for at in 1..input.len() {
        let (head, tail) = input.split_at(at);
        let split = Script::new(Pong::default()).bytes(head).bytes(tail).end();
        assert_eq!(split, heard, "for {:?} cut at {at}", input.escape_ascii().to_string());
    }
    let bytewise = Script::new(Pong::default()).one_by_one(input).end();
    assert_eq!(bytewise, heard, "for {:?} byte by byte", input.escape_ascii().to_string());
}

const fn bad(byte: u8, offset: u64) -> Close {
    Close::BadByte { byte, offset }
}

#[test]
fn every_token_is_answered_however_the_tokens_arrive() {
    check(b"", b"", 0, Close::PeerEnded);
    check(b"ping", b"pong", 1, Close::PeerEnded);
    check(b"pingping", b"pongpong", 2, Close::PeerEnded);
    check(b"pingpingping", b"pongpongpong", 3, Close::PeerEnded);
}

#[test]
fn between_tokens_a_line_feed_is_answered_and_blanks_are_dropped() {
    check(b"ping\n", b"pong\n", 1, Close::PeerEnded);
    check(b"ping\r\n", b"pong\n", 1, Close::PeerEnded);
    check(b"\nping", b"\npong", 1, Close::PeerEnded);
    check(b" ping  ping \n\n", b"pongpong\n\n", 2, Close::PeerEnded);
    check(b"\r \n", b"\n", 0, Close::PeerEnded);
}

#[test]
fn any_other_byte_closes_after_what_was_whole_is_answered() {
    check(b"x", b"", 0, bad(b'x', 0));
    check(b"PING", b"", 0, bad(b'P', 0));
    check(b"ping\tping", b"pong", 1, bad(b'\t', 4));
    check(b"ping\npong", b"pong\n", 1, bad(b'o', 6));
    check(b"ping\0", b"pong", 1, bad(0, 4));
    check(b"ppping", b"", 0, bad(b'p', 1));
}

#[test]
fn a_line_end_or_a_blank_inside_a_token_closes() {
    check(b"pi\nng", b"", 0, bad(b'\n', 2));
    check(b"pin\r\n", b"", 0, bad(b'\r', 3));
    check(b"ping p ing", b"pong", 1, bad(b' ', 6));
}

#[test]
fn an_end_inside_a_token_is_told_apart_from_an_end_between_tokens() {
    check(b"p", b"", 0, Close::CutShort);
    check(b"pingpin", b"pong", 1, Close::CutShort);
}

#[test]
fn nothing_is_read_after_a_bad_byte() {
    let heard = Script::new(Pong::default()).bytes(b"x").bytes(b"ping").heard();
    assert_eq!((heard.bytes.as_slice(), heard.close), (&b""[..], Some(bad(b'x', 0))));
}

#[test]
fn a_full_answer_space_defers_the_rest_and_loses_nothing() {
    let pings = b"ping\n".repeat(Out::MIN_SPACE);
    let heard = Script::new(Pong::default()).bytes(&pings).end();
    assert_eq!(heard.bytes, b"pong\n".repeat(Out::MIN_SPACE));
}

#[test]
fn a_message_is_the_token_or_is_not_understood() {
    let pong = || Some(b"pong".to_vec());
    for (input, answer) in [
        (&b"ping"[..], pong()),
        (b"ping\n", None),
        (b"pingping", None),
        (b"pin", None),
        (b"g", None),
        (b"", None),
    ] {
        let exchanges = u32::from(answer.is_some()) + 1;
        let Heard { messages, exchanges: counted, close, .. } =
            Script::new(Pong::default()).message(input).message(b"ping").heard();
        assert_eq!((messages, counted, close), (vec![answer, pong()], exchanges, None));
    }
}

proptest! {
    #[test]
    fn any_split_gives_the_same_answers_as_the_whole(
        input in prop::collection::vec(prop::sample::select(b"ping\n\r x".to_vec()), 0..64),
        cuts: Vec<prop::sample::Index>,
    ) {
        let whole = Script::new(Pong::default()).bytes(&input).end();
        prop_assert_eq!(Script::new(Pong::default()).split(&input, &cuts).end(), whole);
    }

    #[test]
    fn any_split_of_well_formed_tokens_is_answered_in_full(
        words in prop::collection::vec(prop::sample::select(vec!["ping", "\n", " ", "\r"]), 0..64),
        cuts: Vec<prop::sample::Index>,
    ) {
        let input = words.concat();
        let answer = input.replace("ping", "pong").replace([' ', '\r'], "");
        let heard = Script::new(Pong::default()).split(input.as_bytes(), &cuts).end();
        prop_assert_eq!(heard.bytes, answer.into_bytes());
        prop_assert_eq!(heard.close, Some(Close::PeerEnded));
    }

    #[test]
    fn no_input_makes_it_panic(input: Vec<u8>) {
        Script::new(Pong::default()).bytes(&input).end();
    }
}
