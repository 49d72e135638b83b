//! The client of a closed loop, on a clock of its own.

use std::cell::Cell;

use super::*;
use crate::side::Ledger;

fn work(size: usize, depth: u32) -> Work {
    Work { size, depth, ..Work::default() }
}

/// Takes everything that is pending, in sends of at most `cut` bytes.
fn send<C: Clock>(side: &mut Pipeline<C>, cut: usize) -> Vec<u8> {
    let mut sent = Vec::new();
    while !side.pending().is_empty() {
        let count = side.pending().len().min(cut);
        sent.extend_from_slice(&side.pending()[..count]);
        side.sent(count);
    }
    sent
}

#[test]
fn as_many_requests_are_in_flight_as_asked_for_and_each_answer_makes_room_for_one() {
    for (size, depth) in [(1, 1), (64, 1), (64, 4), (5000, 7), (100_000, 3)] {
        for cut in [1, 63, usize::MAX] {
            let mut ledger = Rounds::new();
            ledger.open_until(u64::MAX);
            let mut side = Pipeline::new(&work(size, depth), false);
            side.on_start(0, &mut ledger);
            let mut wire = send(&mut side, cut);
            assert_eq!(wire.len(), size * depth as usize, "{size}, {depth}");
            for answers in 1..20 {
                let answer: Vec<u8> = wire.drain(..size).collect();
                side.on_bytes(&answer, answers, &mut ledger).unwrap();
                wire.extend(send(&mut side, cut));
                assert_eq!(wire.len(), size * depth as usize, "{size}, {depth}");
                assert_eq!(ledger.exchanges, answers);
            }
        }
    }
}

#[test]
fn a_round_trip_is_from_the_answer_that_made_room_to_the_answer() {
    let mut ledger = Rounds::new();
    ledger.open_until(1000);
    let mut side = Pipeline::new(&work(8, 2), false);
    side.on_start(100, &mut ledger);
    let wire = send(&mut side, usize::MAX);
    side.on_bytes(&wire[..8], 107, &mut ledger).unwrap();
    let third = send(&mut side, usize::MAX);
    side.on_bytes(&wire[8..], 120, &mut ledger).unwrap();
    side.on_bytes(&third, 150, &mut ledger).unwrap();
    // 100 to 107, 100 to 120, 107 to 150.
    assert_eq!(ledger.histogram.min(), Some(7));
    assert_eq!(ledger.histogram.quantile(0.5), Some(20));
    assert_eq!(ledger.histogram.max(), Some(43));
    assert_eq!((ledger.exchanges, ledger.last_ns), (3, 150));
}

impl Clock for &Cell<u64> {
    fn now(&self) -> u64 {
        self.get()
    }
}

#[test]
fn a_message_that_waits_until_others_are_sent_starts_when_it_is_its_turn() {
    let clock = Cell::new(0);
    let mut ledger = Rounds::new();
    ledger.open_until(u64::MAX);
    let mut side = Pipeline::with_clock(&work(8, 3), true, &clock);
    side.on_start(100, &mut ledger);
    let mut wire = Vec::new();
    for now in [150, 190, 400] {
        wire.extend_from_slice(side.pending());
        clock.set(now);
        side.sent(8);
    }
    // Sent at 100, 150 and 190.
    for (answer, now) in wire.chunks(8).zip([207, 255, 340]) {
        side.on_bytes(answer, now, &mut ledger).unwrap();
    }
    assert_eq!(ledger.histogram.min(), Some(105));
    assert_eq!(ledger.histogram.quantile(0.5), Some(107));
    assert_eq!(ledger.histogram.max(), Some(150));
}

#[test]
fn a_request_that_waits_for_the_outbox_starts_when_it_is_laid_out() {
    let clock = Cell::new(0);
    let mut ledger = Rounds::new();
    ledger.open_until(u64::MAX);
    let size = BATCH_BYTES;
    let mut side = Pipeline::with_clock(&work(size, 2), false, &clock);
    side.on_start(100, &mut ledger);
    let first = side.pending().to_vec();
    // A part of it is a beginning, and the rest changes nothing.
    side.sent(10);
    clock.set(160);
    side.sent(size - 10);
    let second = side.pending().to_vec();
    clock.set(999);
    side.sent(size);
    side.on_bytes(&first, 110, &mut ledger).unwrap();
    side.on_bytes(&second, 180, &mut ledger).unwrap();
    assert_eq!((ledger.histogram.min(), ledger.histogram.max()), (Some(10), Some(20)));
}

#[test]
fn when_the_time_is_over_what_was_asked_is_answered_and_nothing_more_is_asked() {
    let mut ledger = Rounds::new();
    ledger.open_until(200);
    let mut side = Pipeline::new(&work(8, 2), false);
    side.on_start(100, &mut ledger);
    let wire = send(&mut side, usize::MAX);
    side.on_bytes(&wire[..8], 200, &mut ledger).unwrap();
    assert!(side.pending().is_empty());
    assert!(!ledger.is_done());
    side.on_bytes(&wire[8..], 201, &mut ledger).unwrap();
    assert!(ledger.is_done());
    // And it goes on where it stopped.
    ledger.clear();
    ledger.open_until(400);
    side.on_start(300, &mut ledger);
    let wire = send(&mut side, usize::MAX);
    side.on_bytes(&wire, 310, &mut ledger).unwrap();
    assert_eq!((ledger.exchanges, ledger.histogram.max()), (2, Some(10)));
}

#[test]
fn answers_that_arrive_together_are_followed_by_requests_in_one_piece() {
    let mut ledger = Rounds::new();
    ledger.open_until(u64::MAX);
    let mut side = Pipeline::new(&work(8, 4), false);
    side.on_start(0, &mut ledger);
    assert_eq!(side.pending().len(), 32);
    let wire = send(&mut side, usize::MAX);
    side.on_bytes(&wire[..24], 1, &mut ledger).unwrap();
    assert_eq!(side.pending().len(), 24);
}

#[test]
fn where_boundaries_are_kept_each_request_is_a_message() {
    let mut ledger = Rounds::new();
    ledger.open_until(u64::MAX);
    let mut side = Pipeline::new(&work(8, 3), true);
    side.on_start(0, &mut ledger);
    for number in 0..3_u8 {
        assert_eq!(side.pending(), [number, 0, 0, 0, 0, 0, 0, 0]);
        side.sent(8);
    }
    assert!(side.pending().is_empty());
}

#[test]
fn where_boundaries_are_kept_a_message_is_one_answer() {
    let started = |has_messages| {
        let mut ledger = Rounds::new();
        let mut side = Pipeline::with_clock(&work(8, 2), has_messages, Monotonic);
        side.on_start(0, &mut ledger);
        let wire = send(&mut side, usize::MAX);
        (side, ledger, wire)
    };
    let (mut side, mut ledger, wire) = started(true);
    let half = side.on_bytes(&wire[..4], 1, &mut ledger);
    assert!(matches!(half, Err(ExchangeError::Short { missing: 4 })), "{half:?}");
    let (mut side, mut ledger, wire) = started(true);
    let Err(ExchangeError::Wrong(two)) = side.on_bytes(&wire, 1, &mut ledger) else {
        panic!("two answers in one message")
    };
    assert_eq!((two.offset, two.expected), (8, None));
    let (mut side, mut ledger, wire) = started(true);
    for answer in wire.chunks(8) {
        side.on_bytes(answer, 1, &mut ledger).unwrap();
    }
    let (mut side, mut ledger, wire) = started(false);
    for piece in [&wire[..4], &wire[4..]] {
        side.on_bytes(piece, 1, &mut ledger).unwrap();
    }
    assert_eq!(ledger.exchanges, 2, "a stream has none");
}

#[test]
fn an_answer_out_of_order_and_one_too_many_are_wrong() {
    for wrong in [8..16, 0..32] {
        let mut ledger = Rounds::new();
        ledger.open_until(0);
        let mut side = Pipeline::new(&work(8, 3), false);
        side.on_start(0, &mut ledger);
        let mut wire = send(&mut side, usize::MAX);
        wire.extend_from_slice(&[3, 0, 0, 0, 0, 0, 0, 0]);
        let error = side.on_bytes(&wire[wrong], 1, &mut ledger).unwrap_err();
        assert!(matches!(error, ExchangeError::Wrong(_)), "{error}");
    }
}

#[test]
fn an_end_in_the_middle_of_an_answer_is_short_and_any_other_end_is_none() {
    let mut ledger = Rounds::new();
    let mut side = Pipeline::new(&work(8, 2), false);
    assert!(matches!(side.on_end(), Err(ExchangeError::Closed)));
    side.on_start(0, &mut ledger);
    let wire = send(&mut side, usize::MAX);
    assert!(matches!(side.on_end(), Err(ExchangeError::Closed)));
    side.on_bytes(&wire[..11], 1, &mut ledger).unwrap();
    assert!(matches!(side.on_end(), Err(ExchangeError::Short { missing: 5 })));
}

#[test]
fn the_inlet_takes_one_byte_more_than_all_answers_that_can_be_on_their_way() {
    let rows =
        [(64, 1, 65), (64, 16, 1025), (100_000, 16, (256 << 10) + 1), (1 << 20, 4, 1_048_577)];
    for (size, depth, len) in rows {
        assert_eq!(Pipeline::inlet_len(&work(size, depth)), len, "{size}, {depth}");
    }
}
