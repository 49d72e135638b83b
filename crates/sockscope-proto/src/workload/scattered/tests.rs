//! Requests in flight whose answers come in any order, late, twice, or never.

use super::*;

fn started(size: usize, slots: usize) -> (Scattered, Vec<Vec<u8>>) {
    let mut scattered = Scattered::echo(size, slots).unwrap();
    let requests = (0..slots)
        .map(|slot| {
            scattered.start(slot);
            scattered.request(slot).to_vec()
        })
        .collect();
    (scattered, requests)
}

#[test]
fn answers_in_any_order_find_their_requests() {
    for (size, slots) in [(1, 1), (2, 100), (2, 7), (8, 3), (64, 1), (64, 64)] {
        let (mut scattered, mut requests) = started(size, slots);
        for round in 0..40 {
            for step in 0..slots {
                // Every slot once, backwards in every other round.
                let slot = if round % 2 == 0 { step } else { slots - 1 - step };
                let answer = scattered.on_message(&requests[slot]);
                assert_eq!(answer, Ok(Message::Answer(slot)), "{size}, {slots}, {round}");
                scattered.start(slot);
                requests[slot] = scattered.request(slot).to_vec();
            }
        }
    }
}

#[test]
fn an_answer_that_comes_late_or_twice_is_told_from_the_one_that_is_waited_for() {
    for size in [2, 8, 64] {
        let (mut scattered, requests) = started(size, 3);
        assert_eq!(scattered.on_message(&requests[1]), Ok(Message::Answer(1)));
        assert_eq!(scattered.on_message(&requests[1]), Ok(Message::Late), "twice");
        scattered.give_up(2);
        assert!(!scattered.is_open(2));
        assert_eq!(scattered.on_message(&requests[2]), Ok(Message::Late), "after it was given up");
        scattered.start(2);
        assert_eq!(scattered.on_message(&requests[2]), Ok(Message::Late), "while the next waits");
        let again = scattered.request(2).to_vec();
        assert_eq!(scattered.on_message(&again), Ok(Message::Answer(2)));
    }
}

#[test]
fn an_answer_is_late_however_many_requests_of_its_slot_came_in_between() {
    // The fewest bits that are left for them.
    for (size, slots) in [(1, 1), (2, 256)] {
        let (mut scattered, requests) = started(size, slots);
        let late = &requests[slots - 1];
        for between in 1..256 {
            scattered.give_up(slots - 1);
            scattered.start(slots - 1);
            assert_eq!(scattered.on_message(late), Ok(Message::Late), "{size}: {between}");
        }
    }
}

#[test]
fn what_was_never_asked_for_is_a_mismatch() {
    let (mut scattered, requests) = started(64, 3);
    let from_the_future = [&4_u64.to_le_bytes(), &requests[0][8..]].concat();
    let no_slot = [&3_u64.to_le_bytes(), &requests[0][8..]].concat();
    let mut wrong = requests[1].clone();
    wrong[40] ^= 1;
    let long = [requests[1].as_slice(), b"x"].concat();
    let rows: [(&str, &[u8], usize); 4] = [
        ("a number that was not given yet", &from_the_future, 0),
        ("a number of no slot", &no_slot, 0),
        ("a wrong byte", &wrong, 40),
        ("a byte too many", &long, 64),
    ];
    for (what, message, offset) in rows {
        assert_eq!(scattered.on_message(message).unwrap_err().offset, offset, "{what}");
    }
    for (slot, request) in requests.iter().enumerate() {
        assert_eq!(scattered.on_message(request), Ok(Message::Answer(slot)));
    }
    let mut fresh = Scattered::echo(64, 3).unwrap();
    assert!(fresh.on_message(&requests[0]).is_err(), "nothing was asked at all");
}

#[test]
fn a_shortened_answer_is_short_and_not_wrong() {
    let (mut scattered, requests) = started(64, 2);
    assert_eq!(scattered.on_message(&requests[1][..60]), Ok(Message::Short(4)));
    assert_eq!(scattered.on_message(&[]), Ok(Message::Short(64)));
}

#[test]
fn so_few_bytes_cannot_number_so_many() {
    let rows = [
        (1, 1, true),
        (1, 2, false),
        (2, 256, true),
        (2, 257, false),
        (4, 1 << 20, true),
        (8, 1 << 20, true),
    ];
    for (size, slots, fits) in rows {
        assert_eq!(Scattered::echo(size, slots).is_some(), fits, "{size} {slots}");
    }
    assert!(Scattered::pong(1 << 20).is_some());
}

#[test]
fn pongs_are_taken_in_the_order_of_their_requests() {
    let mut scattered = Scattered::pong(3).unwrap();
    assert!(!scattered.is_numbered());
    for slot in [2, 0, 1] {
        scattered.start(slot);
        assert_eq!(scattered.request(slot), b"ping");
    }
    for slot in [2, 0, 1] {
        assert_eq!(scattered.on_message(b"pong"), Ok(Message::Answer(slot)));
    }
    assert_eq!(scattered.on_message(b"pong"), Ok(Message::Late));
    assert_eq!(scattered.on_message(b"po"), Ok(Message::Short(2)));
    assert!(scattered.on_message(b"ping").is_err());
    assert!(scattered.on_message(b"pong\n").is_err());
}

#[test]
fn a_request_that_was_taken_back_is_started_again_with_its_number() {
    for size in [2, 8, 64] {
        let mut scattered = Scattered::echo(size, 2).unwrap();
        scattered.start(0);
        let first = scattered.request(0).to_vec();
        for _ in 0..1_000 {
            scattered.take_back(0);
            assert!(!scattered.is_open(0));
            scattered.start(0);
        }
        assert_eq!(scattered.request(0), first, "{size}");
        assert_eq!(scattered.on_message(&first), Ok(Message::Answer(0)), "{size}");
        // Of one that was answered before, the answer is late as ever.
        scattered.start(0);
        scattered.take_back(0);
        assert_eq!(scattered.on_message(&first), Ok(Message::Late), "{size}");
    }
}
