//! The answering end, fed and drained byte by byte or at once.

use sockscope_proto::service::{Echo, Pong};

use super::*;

fn work(size: usize, depth: u32) -> Work {
    Work { size, depth, ..Work::default() }
}

/// Feeds `input` in pieces of `cut` bytes, as a socket would; the answers. Everything pending is sent in pieces of `cut`.
fn converse<S: Service>(side: &mut Responder<S>, input: &[u8], cut: usize) -> Vec<u8> {
    let (mut fed, mut answers) = (0, Vec::new());
    let mut ledger = Answers::default();
    while fed < input.len() {
        assert!(side.wants_input());
        let inlet = side.inlet(&mut []);
        let count = inlet.len().min(cut).min(input.len() - fed);
        inlet[..count].copy_from_slice(&input[fed..fed + count]);
        fed += count;
        side.on_input(&[], count, 0, &mut ledger).unwrap();
        while !side.pending().is_empty() {
            assert!(!side.wants_input(), "it reads nothing while it answers");
            let count = side.pending().len().min(cut);
            answers.extend_from_slice(&side.pending()[..count]);
            side.sent(count);
        }
    }
    answers
}

#[test]
fn requests_are_answered_in_order_however_they_are_cut() {
    for (size, depth) in [(1, 1), (1, 4), (7, 3), (64, 1), (64, 16), (100_000, 2)] {
        let input: Vec<u8> = (0..size * 9).map(|at| u8::try_from(at % 251).unwrap()).collect();
        for cut in [1, size, size + 1, usize::MAX] {
            let mut side = Responder::new(Echo, &work(size, depth), false);
            assert_eq!(converse(&mut side, &input, cut), input, "{size}, {depth}, {cut}");
            side.on_end().unwrap();
            assert!(side.is_over());
        }
    }
}

#[test]
fn answers_that_are_not_the_request_keep_their_order_too() {
    let pong = Work { service: crate::control::ServiceName::Pong, ..work(4, 3) };
    for cut in [1, 3, 4, 5, usize::MAX] {
        let mut side = Responder::new(Pong::default(), &pong, false);
        assert_eq!(converse(&mut side, &b"ping".repeat(7), cut), b"pong".repeat(7), "{cut}");
    }
}

#[test]
fn nothing_is_answered_before_the_request_is_whole() {
    let mut side = Responder::new(Echo, &work(64, 1), false);
    let mut ledger = Answers::default();
    side.on_input(&[], 63, 0, &mut ledger).unwrap();
    assert!(side.pending().is_empty() && side.wants_input());
    side.on_input(&[], 1, 0, &mut ledger).unwrap();
    assert_eq!((side.pending().len(), ledger.given), (64, 1));
}

#[test]
fn requests_that_arrive_together_are_answered_in_one_piece_and_the_rest_waits() {
    let mut side = Responder::new(Echo, &work(8, 4), false);
    assert_eq!(side.inlet(&mut []).len(), 33);
    let mut ledger = Answers::default();
    side.on_input(&[], 27, 0, &mut ledger).unwrap();
    assert_eq!(side.pending().len(), 24);
    side.sent(24);
    assert_eq!(side.inlet(&mut []).len(), 30);
}

#[test]
fn bytes_that_lie_elsewhere_are_taken_as_far_as_there_is_room() {
    let mut side = Responder::new(Echo, &work(8, 1), false);
    let input: Vec<u8> = (0..20).collect();
    let mut ledger = Answers::default();
    let mut answers = Vec::new();
    let mut taken = 0;
    while taken < input.len() {
        taken += side.on_bytes(&input[taken..], 0, &mut ledger).unwrap();
        answers.extend_from_slice(side.pending());
        side.sent(side.pending().len());
    }
    assert_eq!(answers, input[..16]);
    assert!(side.on_end().is_err(), "four bytes of a request are not a request");
}

#[test]
fn a_message_of_another_length_stays_without_an_answer() {
    let mut side = Responder::new(Echo, &work(8, 2), true);
    let mut ledger = Answers::default();
    assert_eq!(side.inlet(&mut []).len(), 9);
    for count in [7, 9] {
        side.on_input(&[], count, 0, &mut ledger).unwrap();
        assert!(side.pending().is_empty() && side.wants_input());
    }
    side.on_input(&[], 8, 0, &mut ledger).unwrap();
    assert_eq!((side.pending().len(), ledger.given), (8, 1));
}
