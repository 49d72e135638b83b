//! The open loop on a simulated clock: what it must say of servers and senders whose faults are known exactly.

mod world;

use sockscope_proto::workload::Pipeline;

use super::{InTurn, Lane, OpenLoop, Outcome, Schedule};
use crate::work::Arrivals;
use world::{Habits, Server, World};

const MS: u64 = 1_000_000;
const SECOND: u64 = 1_000 * MS;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
struct Ask {
    rate: f64,
    depth: usize,
    connections: u32,
    arrivals: Arrivals,
    window: u64,
}

impl Default for Ask {
    fn default() -> Self {
        Self {
            rate: 10_000.0,
            depth: 4096,
            connections: 1,
            arrivals: Arrivals::Uniform,
            window: SECOND,
        }
    }
}

/// One window after 20 ms of warm-up, with half a second to wait for what is in flight.
fn run(world: &World, ask: Ask, habits: impl Fn(u32) -> Habits) -> Outcome {
    let each = 0..ask.connections;
    let servers: Vec<_> = each.clone().map(|index| Server::new(world, habits(index))).collect();
    let lanes = each
        .map(|index| {
            let wire = &servers[index as usize];
            let schedule = Schedule::new(ask.arrivals, ask.rate, (index, ask.connections), 1);
            Lane::new(wire, Pipeline::echo(habits(index).size), schedule, ask.depth)
        })
        .collect();
    let ready = InTurn::new(ask.connections as usize);
    let mut open = OpenLoop::new(lanes, world, ready, 64 << 10);
    open.warm_up(20 * MS).unwrap();
    let closing = open.measure(ask.window).unwrap();
    open.close(closing, SECOND / 2).unwrap()
}

fn against(habits: Habits, ask: Ask) -> Outcome {
    run(&World::default(), ask, |_| habits)
}

#[test]
fn a_server_that_keeps_up_gets_every_request_in_time() {
    for arrivals in [Arrivals::Uniform, Arrivals::Poisson] {
        for connections in [1, 7] {
            let ask = Ask { connections, arrivals, ..Ask::default() };
            let outcome = against(Habits::default(), ask);
            assert_eq!((outcome.missed, outcome.unanswered, outcome.held_back), (0, 0, 0));
            assert_eq!(outcome.latency.count(), outcome.due);
            assert!(outcome.answers.abs_diff(outcome.due) <= 2, "{outcome:?}");
            assert!(outcome.due.abs_diff(10_000) < 400, "{outcome:?}");
            assert!(outcome.lateness.quantile(0.99) < Some(5_000), "{outcome:?}");
            assert!(outcome.service.quantile(0.5) < Some(12_000), "{outcome:?}");
        }
    }
}

#[test]
fn the_window_that_was_asked_for_is_the_one_that_is_measured() {
    for window in [MS, 100 * MS, SECOND] {
        let outcome = against(Habits::default(), Ask { window, ..Ask::default() });
        assert!((window..window + 10_000).contains(&outcome.elapsed_ns), "{outcome:?}");
        assert_eq!(outcome.due, window / 100_000);
    }
}

const STALLING: Option<(u64, u64)> = Some((SECOND, 50 * MS));

#[test]
fn at_depth_one_a_stall_is_in_the_latency_and_hidden_from_the_service_time() {
    let habits = Habits { stall: STALLING, ..Habits::default() };
    let outcome = against(habits, Ask { depth: 1, window: 2 * SECOND, ..Ask::default() });
    assert!(outcome.latency.quantile(0.999) >= Some(40 * MS), "{outcome:?}");
    assert!(outcome.service.quantile(0.999) < Some(5 * MS), "{outcome:?}");
    // The one request that the server stalled on is all that a closed loop sees of it.
    assert!(outcome.service.max() >= Some(49 * MS), "{outcome:?}");
    assert_eq!((outcome.missed, outcome.unanswered), (0, 0));
    // 50 ms of each second: a twentieth of all requests left late, because the one before them was not answered.
    assert!((950..1_200).contains(&outcome.held_back), "{outcome:?}");
    assert!(outcome.lateness.quantile(0.999) >= Some(40 * MS), "{outcome:?}");
}

#[test]
fn with_depth_the_requests_pile_up_in_the_stall_and_the_service_time_sees_it_too() {
    let habits = Habits { stall: STALLING, ..Habits::default() };
    let outcome = against(habits, Ask { window: 2 * SECOND, ..Ask::default() });
    assert!(outcome.latency.quantile(0.999) >= Some(40 * MS), "{outcome:?}");
    assert!(outcome.service.quantile(0.999) >= Some(40 * MS), "{outcome:?}");
    assert_eq!((outcome.missed, outcome.held_back), (0, 0));
    assert!(outcome.lateness.quantile(0.99) < Some(5_000), "{outcome:?}");
}

#[test]
fn a_full_socket_holds_requests_back_and_their_latency_counts_all_the_same() {
    let habits = Habits { stall: STALLING, room: 64 * 100, ..Habits::default() };
    let outcome = against(habits, Ask { window: 2 * SECOND, ..Ask::default() });
    assert!(outcome.latency.quantile(0.999) >= Some(40 * MS), "{outcome:?}");
    // 500 requests are due in each of two stalls, and 100 of them fit.
    assert!((700..950).contains(&outcome.held_back), "{outcome:?}");
    assert_eq!((outcome.missed, outcome.latency.count()), (0, outcome.due));
}

#[test]
fn a_sender_that_was_paused_is_late_and_says_so() {
    let world = World::with_pauses(vec![(SECOND / 2, 10 * MS)]);
    let outcome = run(&world, Ask::default(), |_| Habits::default());
    assert!(outcome.lateness.max() >= Some(9 * MS), "{outcome:?}");
    assert!(outcome.latency.max() >= Some(9 * MS), "{outcome:?}");
    // A hundred requests were due in the pause; nobody held them back.
    assert!(outcome.lateness.quantile(0.991) >= Some(MS), "{outcome:?}");
    assert_eq!((outcome.held_back, outcome.missed, outcome.due), (0, 0, 10_000));
    assert!(outcome.service.quantile(0.98) < Some(12_000), "{outcome:?}");
}

#[test]
fn more_than_the_server_can_do_is_missed_or_answered_too_late_to_count() {
    // 50 000 a second at most, and twice that is asked for.
    let habits = Habits { serve_ns: 20_000, ..Habits::default() };
    let ask = Ask { rate: 100_000.0, window: 100 * MS, ..Ask::default() };
    let shallow = against(Habits { room: 64 * 10, ..habits }, Ask { depth: 1 << 20, ..ask });
    let deep = against(habits, Ask { depth: 1 << 20, ..ask });
    for outcome in [&shallow, &deep] {
        assert_eq!(outcome.due, 10_000);
        assert!(outcome.answers.abs_diff(5_000) < 60, "{outcome:?}");
    }
    assert!(shallow.missed > 4_000, "{shallow:?}");
    // A socket that takes everything leaves nothing to be missed; the answers still come at the server's pace.
    assert_eq!((deep.missed, deep.unanswered), (0, 0));
}

#[test]
fn answers_that_take_long_count_for_the_rate_like_any_other() {
    let habits = Habits { way_ns: 10 * MS, ..Habits::default() };
    let outcome = against(habits, Ask { window: 100 * MS, ..Ask::default() });
    assert!(outcome.answers.abs_diff(outcome.due) <= 3, "{outcome:?}");
    assert_eq!(outcome.latency.count(), outcome.due);
}

#[test]
fn who_is_never_answered_is_in_the_histogram_with_the_time_that_was_waited() {
    let habits = Habits { dies_at: 920 * MS, ..Habits::default() };
    let outcome = against(habits, Ask::default());
    // The window is from 20 to 1020 ms.
    assert!(outcome.unanswered.abs_diff(1_000) < 5, "{outcome:?}");
    assert_eq!((outcome.latency.count(), outcome.missed), (10_000, 0));
    assert!(outcome.latency.quantile(0.91) >= Some(500 * MS), "{outcome:?}");
    assert!(outcome.answers.abs_diff(9_000) < 5, "{outcome:?}");
}

#[test]
fn one_connection_that_is_stuck_does_not_hold_up_the_others() {
    let world = World::default();
    let stuck = |index| Habits {
        dies_at: if index == 0 { 0 } else { u64::MAX },
        room: 64,
        ..Habits::default()
    };
    let ask = Ask { connections: 10, ..Ask::default() };
    let outcome = run(&world, ask, stuck);
    assert!(outcome.missed.abs_diff(1_000) < 3, "{outcome:?}");
    assert!(outcome.answers.abs_diff(9_000) < 3, "{outcome:?}");
    assert!(outcome.lateness.quantile(0.99) < Some(5_000), "{outcome:?}");
}

#[test]
fn a_request_larger_than_the_socket_is_sent_in_parts_and_timed_from_the_first() {
    let habits = Habits { size: 300_000, room: 70_000, ..Habits::default() };
    let outcome = against(habits, Ask { rate: 1_000.0, ..Ask::default() });
    assert_eq!((outcome.missed, outcome.due, outcome.latency.count()), (0, 1_000, 1_000));
    // Five attempts to send, the server, and the way back.
    assert!(outcome.service.min() >= Some(5 * 800 + 8_000), "{outcome:?}");
}
