//! The open loop on a simulated clock: what it must say of servers and senders whose faults are known exactly.

mod world;

use sockscope_proto::workload::{Pipeline, Scattered};
use sockscope_stats::Histogram;

use super::{Flights, InTurn, LAST_NS, Lane, OpenLoop, Outcome, Schedule};
use crate::exchange::ExchangeError;
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
    /// Where messages may be lost: when one is.
    lost_after: Option<u64>,
}

impl Default for Ask {
    fn default() -> Self {
        Self {
            rate: 10_000.0,
            depth: 4096,
            connections: 1,
            arrivals: Arrivals::Uniform,
            window: SECOND,
            lost_after: None,
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
            let size = habits(index).size;
            let flights = match ask.lost_after {
                None => Flights::in_order(Pipeline::echo(size), ask.depth),
                Some(limit) => Flights::numbered(Scattered::echo(size, ask.depth).unwrap(), limit),
            };
            Lane::new(wire, flights, schedule)
        })
        .collect();
    let ready = InTurn::new(ask.connections as usize);
    let mut open = OpenLoop::new(lanes, world, ready, 64 << 10);
    open.warm_up(20 * MS).unwrap();
    let closing = open.measure(ask.window).unwrap();
    let outcome = open.close(closing, SECOND / 2).unwrap();
    check_accounts(&outcome, ask);
    outcome
}

/// Every request that was due was sent or missed, and every one that was sent is in all histograms, answered or given up.
fn check_accounts(outcome: &Outcome, ask: Ask) {
    let sent = outcome.latency.count();
    assert_eq!(sent + outcome.missed, outcome.due, "{outcome:?}");
    let all = [&outcome.service, &outcome.lateness, &outcome.own_lateness];
    assert_eq!(all.map(Histogram::count), [sent; 3], "{outcome:?}");
    assert!(outcome.unanswered + outcome.held_back.min(1) <= sent.max(1), "{outcome:?}");
    if ask.arrivals == Arrivals::Uniform {
        let due = (ask.rate * ask.window as f64 / SECOND as f64).ceil();
        assert!((outcome.due as f64 - due).abs() <= f64::from(ask.connections), "{outcome:?}");
    }
    assert!(outcome.own_lateness.max() <= outcome.lateness.max(), "{outcome:?}");
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
    // None of which was the sender's doing.
    assert!(outcome.own_lateness.max() < Some(10_000), "{outcome:?}");
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
    // When there is room again, the last of them waits until the others have left: that takes the sender's time.
    assert!(outcome.own_lateness.max() < Some(2 * MS), "{outcome:?}");
    assert_eq!((outcome.missed, outcome.latency.count()), (0, outcome.due));
}

#[test]
fn a_sender_that_was_paused_is_late_and_says_so() {
    let world = World::with_pauses(vec![(SECOND / 2, 10 * MS)]);
    let outcome = run(&world, Ask::default(), |_| Habits::default());
    assert!(outcome.lateness.max() >= Some(9 * MS), "{outcome:?}");
    assert_eq!(outcome.own_lateness.max(), outcome.lateness.max());
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
fn a_sender_that_is_too_slow_misses_what_it_cannot_send_and_does_not_catch_up_after_the_window() {
    // A turn of the loop takes at least 1.2 µs, and one request every 100 ns is asked for.
    for arrivals in [Arrivals::Uniform, Arrivals::Poisson] {
        let ask = Ask { rate: 1e7, depth: 1 << 20, window: 10 * MS, arrivals, ..Ask::default() };
        let outcome = against(Habits { serve_ns: 100, ..Habits::default() }, ask);
        let sent = outcome.latency.count();
        assert!(sent <= (ask.window + LAST_NS) / 1_000 + 2, "{outcome:?}");
        assert!(outcome.missed > 90_000 - 1_200, "{outcome:?}");
        assert!(outcome.own_lateness.quantile(0.99) > Some(8 * MS), "{outcome:?}");
        assert_eq!((outcome.unanswered, outcome.held_back), (0, 0));
    }
}

#[test]
fn a_server_that_never_answers_is_given_up_and_leaves_nothing_out() {
    let silent = Habits { dies_at: 0, ..Habits::default() };
    let shallow = against(silent, Ask { depth: 1, ..Ask::default() });
    // The one request that was sent is the warm-up's.
    assert_eq!((shallow.answers, shallow.unanswered, shallow.missed), (0, 0, 10_000));
    let deep = against(silent, Ask { depth: 1 << 20, ..Ask::default() });
    assert_eq!((deep.answers, deep.unanswered, deep.missed), (0, 10_000, 0));
    // The last one was waited for as long as the limit.
    assert!(deep.latency.min() >= Some(499 * MS), "{deep:?}");
    let room = 64 * 1_000;
    let full = against(Habits { room, ..silent }, Ask { depth: 1 << 20, ..Ask::default() });
    assert_eq!((full.answers, full.unanswered, full.missed), (0, 800, 9_200));
}

#[test]
fn a_server_that_stops_half_way_leaves_answered_given_up_and_missed_requests_behind() {
    let habits = Habits { dies_at: 520 * MS, ..Habits::default() };
    let outcome = against(habits, Ask { depth: 1_000, ..Ask::default() });
    assert!(outcome.answers.abs_diff(5_000) < 3, "{outcome:?}");
    assert_eq!(outcome.unanswered, 1_000);
    assert!(outcome.missed.abs_diff(4_000) < 3, "{outcome:?}");
}

#[test]
fn what_is_lost_is_given_up_in_the_window_makes_room_and_is_in_the_histogram() {
    let lossy = Habits { loses_every: 10, ..Habits::default() };
    let ask = Ask { depth: 512, lost_after: Some(200 * MS), ..Ask::default() };
    let outcome = against(lossy, ask);
    // 200 of them are in flight at any time, and there is room for the others.
    assert_eq!((outcome.missed, outcome.held_back), (0, 0), "{outcome:?}");
    assert!(outcome.unanswered.abs_diff(1_000) <= 1, "{outcome:?}");
    assert!(outcome.latency.quantile(0.91) >= Some(199 * MS), "{outcome:?}");
    assert!(outcome.latency.quantile(0.89) < Some(MS), "{outcome:?}");
    assert!(
        outcome.latency.max() < Some(202 * MS),
        "nobody is waited for without end: {outcome:?}"
    );
    assert!(outcome.answers.abs_diff(9_000) < 3, "{outcome:?}");
}

#[test]
fn answers_in_another_order_find_their_requests() {
    let habits = Habits { swaps: true, ..Habits::default() };
    let ask = Ask { lost_after: Some(200 * MS), ..Ask::default() };
    let outcome = against(habits, ask);
    assert_eq!((outcome.missed, outcome.unanswered), (0, 0));
    // The first of each pair waits for the second, 100 µs later.
    assert!(outcome.service.quantile(0.75) > Some(100_000), "{outcome:?}");
    assert!(outcome.service.quantile(0.25) < Some(20_000), "{outcome:?}");
}

#[test]
fn without_numbers_a_loss_ends_the_measurement() {
    let world = World::default();
    let silent = Habits { dies_at: 0, ..Habits::default() };
    let server = Server::new(&world, silent);
    let flights = Flights::unnumbered(Pipeline::pong(), 64, MS);
    let lane = Lane::new(&server, flights, Schedule::new(Arrivals::Uniform, 1e4, (0, 1), 1));
    let mut open = OpenLoop::new(vec![lane], &world, InTurn::new(1), 64 << 10);
    let ended = open.warm_up(SECOND);
    assert!(matches!(ended, Err(ExchangeError::Unnumbered)), "{ended:?}");
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
