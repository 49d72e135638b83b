//! Sweep: what is said of two things over all points, in every order of what the points say.

use sockscope_report::Report;
use sockscope_report::model::{Statistic, Verdict, View};

use super::{Claim, FLOOR, short};
use crate::fixture::loads::{self, OVER_TCP, ROUND_TRIP, Recipe};

const WITHIN: &str = "Where latency decides, choose";

fn faster(ratio: f64) -> Claim {
    (Verdict::Faster, ratio, Some((ratio * 0.99, ratio * 1.01)))
}

fn slower(times: f64) -> Claim {
    (Verdict::Slower, times.recip(), Some((times.recip() * 0.99, times.recip() * 1.01)))
}

const SAME: Claim = (Verdict::Same, 1.0, Some((0.99, 1.012)));
const OPEN: Claim = (Verdict::Unresolved, 1.05, Some((0.9, 1.2)));

/// Unix against TCP on one core, at 64 B, 256 B, 1 KiB, … with these claims.
fn sizes(claims: &[Claim]) -> Report {
    let sizes = (0..claims.len()).map(|step| 64 << (2 * step));
    let at = |size| [Recipe { size, ..OVER_TCP }, Recipe { size, ..ROUND_TRIP }];
    claimed(sizes.flat_map(at).collect(), claims)
}

/// A result of these cells, whose leading comparisons say this.
fn claimed(recipes: Vec<Recipe>, claims: &[Claim]) -> Report {
    let twin = Recipe { twin: true, ..recipes[0].clone() };
    let mut report = loads::report(&[recipes, vec![twin]].concat());
    let leading = report.comparisons[0].statistic.clone();
    let compared = report.comparisons.iter_mut().filter(|one| one.statistic == leading);
    for (one, (verdict, ratio, interval)) in compared.zip(claims) {
        (one.verdict, one.ratio) = (verdict.clone(), *ratio);
        (one.lo, one.hi) = (interval.map(|ends| ends.0), interval.map(|ends| ends.1));
        one.noise_floor = Some(FLOOR);
    }
    report
}

#[track_caller]
fn check(rows: &[(&[Claim], &str)]) {
    for (claims, expected) in rows {
        assert_eq!(short(&sizes(claims)), *expected);
    }
}

#[test]
fn what_all_sizes_say_is_said_once() {
    check(&[
        (
            &[faster(1.6), faster(1.3), faster(1.1)],
            "Unix is faster than TCP at every size when both ends share a core: 1.60x at 64 B, \
             1.10x at 1 KiB. Where latency decides, choose Unix.",
        ),
        (
            &[faster(1.3), faster(1.6), faster(1.1)],
            "Unix is faster than TCP at every size when both ends share a core: from 1.10x at \
             1 KiB to 1.60x at 256 B. Where latency decides, choose Unix.",
        ),
        (
            &[slower(1.2), slower(1.5)],
            "Unix is slower than TCP at every size when both ends share a core: 1.20x at 64 B, \
             1.50x at 256 B. Where latency decides, choose TCP.",
        ),
        (
            &[SAME, SAME],
            "Unix and TCP take the same time at every size when both ends share a core (within \
             1.2 %). Choose by reach, permissions and tooling, not by speed.",
        ),
        (
            &[OPEN, OPEN],
            "These rounds do not tell whether Unix or TCP is faster at any size when both ends \
             share a core. Run more rounds (--rounds 30), or run it on a quieter machine, to tell.",
        ),
    ]);
}

#[test]
fn stretches_of_sizes_are_named_and_where_the_order_changes() {
    check(&[
        (
            &[faster(1.6), faster(1.3), slower(1.1), slower(1.2)],
            "Against TCP when both ends share a core, Unix is faster up to 256 B (1.60x at most) \
             and slower from 1 KiB on (1.20x at most). The order changes between 256 B and 1 KiB. \
             Which to choose depends on the size.",
        ),
        (
            &[slower(1.1), SAME, OPEN, faster(1.4)],
            "Against TCP when both ends share a core, Unix is faster at 1 of 4 sizes (1.40x), \
             slower at 1 (1.10x), the same at 1 and not told apart at 1. \
             Which to choose depends on the size.",
        ),
        (
            &[slower(1.1), SAME, SAME, faster(1.4)],
            "Against TCP when both ends share a core, Unix is slower at 64 B (1.10x), the same from \
             256 B to 1 KiB and faster at 4 KiB (1.40x). The order changes between 64 B and 4 KiB. \
             Which to choose depends on the size.",
        ),
        (
            &[faster(1.2), faster(1.1), SAME],
            "Against TCP when both ends share a core, Unix is faster up to 256 B (1.20x at most) \
             and the same at 1 KiB. Where latency decides, choose Unix.",
        ),
        (
            &[OPEN, slower(1.1), slower(1.3)],
            "Against TCP when both ends share a core, Unix is not told apart at 64 B and slower \
             from 256 B on (1.30x at most). Where latency decides, choose TCP.",
        ),
    ]);
}

#[test]
fn the_order_of_the_points_is_that_of_their_values_and_not_of_the_list() {
    let at = |size| [Recipe { size, ..OVER_TCP }, Recipe { size, ..ROUND_TRIP }];
    let recipes = [at(4_096), at(64), at(512)].concat();
    let text = short(&claimed(recipes, &[slower(1.2), faster(1.5), faster(1.1)]));
    assert!(
        text.contains("faster up to 512 B (1.50x at most) and slower at 4 KiB (1.20x)"),
        "{text}"
    );
}

#[test]
fn points_of_several_factors_are_counted() {
    let at = |(size, connections)| {
        [OVER_TCP, ROUND_TRIP].map(|recipe| Recipe { size, connections, ..recipe })
    };
    let recipes = || [(64, 1), (64, 8), (4_096, 1), (4_096, 8)].map(at).concat();
    let uniform = claimed(recipes(), &[faster(1.5), faster(1.4), faster(1.2), faster(1.1)]);
    assert_eq!(
        short(&uniform),
        "Unix is faster than TCP in exchanges a second at every point when both ends share a core: \
         1.50x at 64 B with 1 connection, 1.40x at 64 B with 8 connections, 1.20x at 4 KiB with \
         1 connection, 1.10x at 4 KiB with 8 connections. Where the number of exchanges decides, \
         choose Unix."
    );
    let mixed = claimed(recipes(), &[faster(1.5), slower(1.4), faster(1.2), OPEN]);
    assert_eq!(
        short(&mixed),
        "Against TCP when both ends share a core, Unix is 1.50x faster at 64 B with 1 connection, \
         1.40x slower at 64 B with 8 connections, 1.20x faster at 4 KiB with 1 connection and not \
         told apart at 4 KiB with 8 connections, in exchanges a second. \
         Which to choose depends on the point."
    );
}

#[test]
fn each_factor_has_its_sentence_and_its_place_in_the_advice() {
    let report = claimed(
        loads::transports_and_engines()[..4].to_vec(),
        &[slower(1.1), faster(1.4), faster(1.3), slower(1.2)],
    );
    assert_eq!(
        short(&report),
        "Unix is faster than TCP with every engine when both ends share a core: \
         1.40x with blocking, 1.30x with blocking-to-epoll. \
         blocking-to-epoll is slower than blocking over every transport when both ends share a core: \
         1.10x over TCP, 1.20x over Unix. Where latency decides, choose Unix with blocking."
    );
}

#[test]
fn views_that_differ_have_an_advice_each() {
    let recipes: Vec<Recipe> = [View::SameCore, View::CrossCore]
        .into_iter()
        .flat_map(|view| {
            [64, 4_096].into_iter().flat_map(move |size| {
                [OVER_TCP, ROUND_TRIP].map(|recipe| Recipe { view: view.clone(), size, ..recipe })
            })
        })
        .collect();
    let text = short(&claimed(recipes, &[faster(1.5), slower(1.2), slower(1.1), slower(1.3)]));
    assert!(
        text.ends_with(
            "Where both ends share a core, which to choose depends on the size; \
             where each message wakes an idle CPU, choose TCP."
        ),
        "{text}"
    );
    assert!(!text.contains(WITHIN), "{text}");
}

#[test]
fn a_point_that_is_not_valid_takes_no_part() {
    let mut report = loads::report(&loads::open());
    let text = short(&report);
    assert!(
        text.starts_with("Unix is faster than TCP at every rate when both ends poll"),
        "{text}"
    );
    for cell in &mut report.cells {
        let open = cell.open.as_mut().unwrap();
        open.invalid_because = (cell.rate > Some(20_000.0)).then(|| "too late".to_owned());
    }
    let text = short(&report);
    assert!(text.contains("at every valid rate"), "{text}");
    assert!(text.contains("1.38x at 1 k/s, 1.36x at 10 k/s"), "{text}");
    for cell in &mut report.cells {
        cell.open.as_mut().unwrap().invalid_because = Some("too late".to_owned());
    }
    assert!(short(&report).starts_with("No point is valid, so that no latency can be quoted"));
}

#[test]
fn one_cell_or_a_sweep_of_one_thing_is_told_without_a_comparison() {
    let stream = Recipe { workload: "stream", size: 65_536, level: 8_800, ..ROUND_TRIP };
    let open = Recipe { workload: "open", rate: Some(10_000.0), ..ROUND_TRIP };
    let rows: [(Vec<Recipe>, &str); 6] = [
        (
            vec![ROUND_TRIP],
            "A round trip over Unix takes 3.73 µs in the median when both ends share a core.",
        ),
        (
            vec![ROUND_TRIP, Recipe { size: 4_096, level: 5_300, ..ROUND_TRIP }],
            "A round trip over Unix takes 3.73 µs in the median at 64 B, and 5.29 µs at 4 KiB when both ends share a core.",
        ),
        (
            vec![Recipe { connections: 64, level: 260_000, ..ROUND_TRIP }],
            "Unix makes 240 k exchanges a second when both ends share a core.",
        ),
        (vec![stream], "Unix carries 7.28 GB/s when both ends share a core."),
        (
            vec![Recipe { workload: "connect", level: 12_000, ..ROUND_TRIP }],
            "Unix makes 81.5 k connects a second when both ends share a core.",
        ),
        (
            vec![open],
            "A request over Unix, from its intended time to the answer, takes 3.73 µs in the median \
             when both ends share a core.",
        ),
    ];
    for (recipes, expected) in rows {
        let text = short(&loads::report(&recipes));
        assert_eq!(text, format!("{expected} There is nothing to compare it with."));
    }
}

#[test]
fn engines_and_options_are_called_by_their_names() {
    let engines = |claim: Claim| {
        let epoll = Recipe { label: "epoll", engines: ["epoll"; 2], ..ROUND_TRIP };
        short(&claimed(vec![Recipe { label: "blocking", ..ROUND_TRIP }, epoll], &[claim]))
    };
    assert_eq!(
        engines(slower(1.2)),
        "epoll is 1.20x slower than blocking when both ends share a core. \
         Where latency decides, choose blocking."
    );
    assert_eq!(
        engines(SAME),
        "epoll and blocking take the same time when both ends share a core (within 1.2 %). \
         Choose by what else matters to you, not by speed."
    );
    let nodelay = short(&claimed(loads::nodelay()[..2].to_vec(), &[slower(9.0)]));
    assert_eq!(
        nodelay,
        "TCP with TCP_NODELAY off is 9.00x slower than TCP with TCP_NODELAY on in exchanges a \
         second when both ends share a core. Where the number of exchanges decides, choose TCP \
         with TCP_NODELAY on."
    );
}

#[test]
fn a_floor_is_never_recommended() {
    let floor = |target, level| Recipe { label: target, target, level, ..ROUND_TRIP };
    let [pair, pipe] = [floor("socketpair", 2_000), floor("pipe", 1_000)];
    let with = |recipes: &[Recipe]| {
        let twin = Recipe { twin: true, ..recipes[0].clone() };
        short(&loads::report(&[recipes, &[twin]].concat()))
    };
    let text = with(&[OVER_TCP, ROUND_TRIP, pair.clone(), pipe.clone()]);
    assert!(
        text.contains("Where latency decides, choose Unix. Below the sockets lie the floors, in"),
        "{text}"
    );
    assert!(
        text.contains("in same-core, by p50: socketpair 2.00 µs, pipe 998 ns. They have no"),
        "{text}"
    );
    // A floor as the baseline compares nothing.
    let text = with(&[pair.clone(), ROUND_TRIP]);
    assert!(text.starts_with("A round trip over Unix takes 3.73 µs"), "{text}");
    assert!(!text.contains("choose"), "{text}");
    // Among themselves they are compared, and nothing follows.
    let text = with(&[pair, pipe]);
    assert!(text.starts_with("pipe is 2.00x faster than socketpair when"), "{text}");
    assert!(text.ends_with("These are floors: without an address, they say what lies below a socket and cannot take its place."), "{text}");
    assert!(!text.contains("choose"), "{text}");
}

#[test]
fn a_stream_is_compared_in_bytes_and_saves_no_time() {
    let text = short(&loads::report(&loads::stream()));
    assert_eq!(
        text,
        "Unix is faster than TCP in bytes a second at every size when each message wakes an idle \
         CPU: 2.11x at 4 KiB, 1.59x at 64 KiB. Where throughput decides, choose Unix."
    );
    let all = loads::report(&loads::connect());
    assert!(all.comparisons.iter().any(|one| one.statistic == Statistic::Rate));
    assert!(!short(&all).contains("saves"));
}
