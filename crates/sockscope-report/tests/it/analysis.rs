//! Analysis: comparisons and decomposition, from cells whose true values are known.

mod factors;

use sockscope_report::model::{Block, Comparison, Factor, Part, Replica, Statistic, Verdict, View};
use sockscope_report::{Report, analyse};

use crate::fixture::{self, ARTICLE};

fn comparison<'a>(report: &'a Report, view: &View, statistic: &Statistic) -> &'a Comparison {
    let mut all = report.comparisons.iter();
    all.find(|one| one.view == *view && one.statistic == *statistic).expect("it was compared")
}

#[test]
fn every_view_is_compared_by_median_mean_and_tail() {
    let report = fixture::report(&ARTICLE);
    for (view, unix, tcp, scatter) in &ARTICLE {
        for statistic in [Statistic::P50, Statistic::Mean, Statistic::P99] {
            let found = comparison(&report, view, &statistic);
            let expected = *tcp as f64 / *unix as f64;
            assert!((found.ratio / expected - 1.0).abs() < scatter + 0.01, "{found:?}");
            assert!(found.lo.unwrap() <= found.ratio && found.ratio <= found.hi.unwrap());
            assert_eq!((found.verdict.clone(), found.rounds), (Verdict::Faster, 10), "{found:?}");
            assert_eq!((found.baseline.as_str(), found.candidate.as_str()), ("tcp", "unix"));
        }
    }
}

#[test]
fn a_comparison_differs_in_one_factor_and_never_concerns_a_twin() {
    let report = fixture::report(&ARTICLE);
    for found in &report.comparisons {
        let cell = |id: &str| report.cells.iter().find(|cell| cell.id == id).unwrap();
        let (baseline, candidate) = (cell(&found.baseline_cell), cell(&found.candidate_cell));
        assert_eq!((&baseline.view, baseline.size), (&candidate.view, candidate.size));
        assert_eq!((&baseline.replica, &candidate.replica), (&Replica::A, &Replica::A));
        assert_eq!(found.factor, Factor::Transport);
    }
    let attached = fixture::attached(["tcp:127.0.0.1:8080", "unix:jinsu.sock"]);
    assert!(attached.comparisons.iter().all(|found| found.factor == Factor::Endpoint));
}

#[test]
fn the_same_socket_against_itself_reads_same() {
    let report = fixture::report(&[(View::SameCore, 4_000, 4_000, 0.005)]);
    assert_eq!(comparison(&report, &View::SameCore, &Statistic::P50).verdict, Verdict::Same);
}

#[test]
fn rounds_are_paired_by_their_number_not_by_their_place() {
    let mut report = fixture::measured(&ARTICLE[1..2], 10);
    report.cells[0].blocks.remove(3);
    report.cells[0].blocks.reverse();
    report.cells[1].blocks.remove(7);
    analyse(&mut report);
    let found = comparison(&report, &View::SameCore, &Statistic::P50);
    assert_eq!((found.rounds, found.verdict.clone()), (8, Verdict::Faster));
    assert!((found.ratio - 1.375).abs() < 0.01, "{found:?}");
}

#[test]
fn six_rounds_resolve_and_five_do_not() {
    for (rounds, verdict) in [(5, Verdict::Unresolved), (6, Verdict::Faster)] {
        let report = fixture::analysed(&ARTICLE[1..2], rounds);
        let found = comparison(&report, &View::SameCore, &Statistic::P50);
        assert_eq!((found.lo.is_some(), &found.verdict), (rounds >= 6, &verdict));
        assert_eq!(found.noise_floor.is_some(), rounds >= 6);
    }
}

#[test]
fn an_unsupported_percentile_is_not_compared() {
    // Four blocks support no percentile of the cell; the mean needs no support.
    let report = fixture::analysed(&ARTICLE[1..2], 4);
    assert_eq!(report.cells[0].rtt_ns.unwrap().p50, None);
    let statistics: Vec<_> = report.comparisons.iter().map(|found| &found.statistic).collect();
    assert_eq!(statistics, [&Statistic::Mean]);
}

#[test]
fn a_percentile_is_compared_only_when_every_common_round_supports_it() {
    type Disturb = fn(&mut Block);
    let of_p99: Disturb = |block| block.p99 = None;
    let of_p50: Disturb = |block| (block.p50, block.p99) = (None, None);
    let rows: [(&str, usize, Disturb, &[Statistic]); 4] = [
        ("candidate", 0, of_p99, &[Statistic::P50, Statistic::Mean]),
        ("baseline", 1, of_p99, &[Statistic::P50, Statistic::Mean]),
        ("twin", 2, of_p99, &[Statistic::P50, Statistic::Mean]),
        ("candidate", 0, of_p50, &[Statistic::Mean]),
    ];
    for (side, cell, disturb, expected) in rows {
        let mut report = fixture::measured(&ARTICLE[1..2], 10);
        disturb(&mut report.cells[cell].blocks[4]);
        analyse(&mut report);
        let statistics: Vec<_> =
            report.comparisons.iter().map(|found| found.statistic.clone()).collect();
        assert_eq!(statistics, expected, "{side}");
    }
}

#[test]
fn a_round_that_only_one_side_has_needs_no_support() {
    let mut report = fixture::measured(&ARTICLE[1..2], 10);
    report.cells[0].blocks[4].p99 = None;
    report.cells[1].blocks.remove(4);
    analyse(&mut report);
    assert_eq!(comparison(&report, &View::SameCore, &Statistic::P99).rounds, 9);
}

#[test]
fn without_a_twin_nothing_is_called_different() {
    let mut report = fixture::measured(&ARTICLE[1..2], 10);
    report.cells.retain(|cell| cell.replica == Replica::A);
    analyse(&mut report);
    let found = comparison(&report, &View::SameCore, &Statistic::P50);
    assert_eq!((found.noise_floor, found.verdict.clone()), (None, Verdict::Unresolved));
}

#[test]
fn the_parts_are_the_differences_of_the_views() {
    let report = fixture::report(&ARTICLE);
    // Means lie 2.6 % above the levels, by the slow samples of every block.
    let rows = [
        ("unix", Part::Socket, 3_300.0),
        ("unix", Part::Switch, 440.0),
        ("unix", Part::Cache, 150.0),
        ("unix", Part::WakeUp, 64_550.0),
        ("tcp", Part::Socket, 4_800.0),
        ("tcp", Part::WakeUp, 71_100.0),
    ];
    for (transport, part, level) in rows {
        let mut parts = report.decomposition.iter();
        let found = parts.find(|one| one.transport == transport && one.part == part).unwrap();
        assert!((found.ns as f64 / (level * 1.0236) - 1.0).abs() < 0.05, "{found:?}");
        assert!(found.lo.unwrap() <= found.ns && found.ns <= found.hi.unwrap());
        assert!(found.resolved);
    }
    assert_eq!(report.decomposition.len(), 8);
}

#[test]
fn parts_without_their_views_are_left_out() {
    let parts = |report: &Report| -> Vec<Part> {
        report.decomposition.iter().map(|one| one.part.clone()).collect()
    };
    assert_eq!(
        parts(&fixture::one_cpu()),
        [Part::Socket, Part::Switch, Part::Socket, Part::Switch]
    );
    assert!(parts(&fixture::attached(["tcp:a:1", "unix:b"])).is_empty());
    assert!(parts(&fixture::report(&ARTICLE[3..4])).is_empty());
}

#[test]
fn a_part_that_could_be_nothing_is_not_resolved() {
    let levels = [(View::Solo, 4_000, 4_800, 0.05), (View::SameCore, 4_000, 4_800, 0.05)];
    let report = fixture::report(&levels);
    let switch = report.decomposition.iter().find(|one| one.part == Part::Switch).unwrap();
    assert!(!switch.resolved, "{switch:?}");
    let few = fixture::analysed(&ARTICLE, 5);
    assert!(few.decomposition.iter().all(|one| !one.resolved && one.lo.is_none()));
}

#[test]
fn analysing_twice_changes_nothing() {
    let once = fixture::report(&ARTICLE);
    let mut twice = once.clone();
    analyse(&mut twice);
    assert_eq!(once, twice);
}
