//! Factors: what is compared with what, and by which statistics.

use sockscope_report::model::{Better, Comparison, Statistic, Verdict};
use sockscope_report::{Report, analyse};

use crate::fixture::loads::{self, OVER_TCP, ROUND_TRIP, Recipe};

/// Each comparison of one statistic: `engine: epoll against blocking at c8`.
fn compared(report: &Report, statistic: &Statistic) -> Vec<String> {
    let of_statistic = report.comparisons.iter().filter(|one| one.statistic == *statistic);
    of_statistic
        .map(|one| format!("{}: {} against {}", one.factor, one.candidate, one.baseline))
        .collect()
}

#[test]
fn a_comparison_differs_in_one_factor_of_which_the_baseline_has_the_first_value() {
    let rows: [(Vec<Recipe>, &[&str]); 4] = [
        (
            loads::transports_and_engines(),
            &[
                "engine: tcp blocking-to-epoll against tcp blocking",
                "transport: unix blocking against tcp blocking",
                "transport: unix blocking-to-epoll against tcp blocking-to-epoll",
                "engine: unix blocking-to-epoll against unix blocking",
            ],
        ),
        (loads::nodelay(), &["nodelay: tcp nodelay off against tcp nodelay on"]),
        // A transport without Nagle's algorithm is compared with the first setting only.
        (
            [loads::nodelay(), vec![Recipe { label: "unix", depth: 8, ..ROUND_TRIP }]].concat(),
            &[
                "nodelay: tcp nodelay off against tcp nodelay on",
                "transport: unix against tcp nodelay on",
            ],
        ),
        // What has no cell with the first value is compared with nothing.
        (vec![OVER_TCP, Recipe { label: "epoll", engines: ["epoll"; 2], ..ROUND_TRIP }], &[]),
    ];
    for (recipes, expected) in rows {
        assert_eq!(compared(&loads::report(&recipes), &Statistic::P50), expected);
    }
}

#[test]
fn points_of_a_sweep_are_compared_within_themselves() {
    let report = loads::report(&loads::sizes());
    let cell = |id: &str| report.cells.iter().find(|cell| cell.id == id).unwrap();
    assert_eq!(compared(&report, &Statistic::P50).len(), 8);
    for one in &report.comparisons {
        let (baseline, candidate) = (cell(&one.baseline_cell), cell(&one.candidate_cell));
        assert_eq!((baseline.size, &baseline.view), (candidate.size, &candidate.view));
        assert_eq!((one.size, &one.view), (candidate.size, &candidate.view));
    }
}

#[test]
fn a_missing_baseline_takes_the_first_values_from_the_plan() {
    let mut report = loads::measured(&loads::transports_and_engines());
    report.cells.remove(0);
    analyse(&mut report);
    assert_eq!(
        compared(&report, &Statistic::P50),
        [
            "transport: unix blocking-to-epoll against tcp blocking-to-epoll",
            "engine: unix blocking-to-epoll against unix blocking",
        ]
    );
}

/// The comparisons of the last point, which has no twin of its own.
fn at_last_point(report: &Report) -> Vec<&Comparison> {
    let last =
        report.comparisons.iter().map(|one| one.connections).max().expect("something is compared");
    report.comparisons.iter().filter(|one| one.connections == last).collect()
}

#[test]
fn the_floor_of_the_first_point_stands_for_all_points_of_its_view() {
    let report = loads::report(&loads::engines());
    for one in at_last_point(&report) {
        assert_eq!((one.noise_floor.is_some(), one.verdict.as_str()), (true, "faster"), "{one:?}");
    }
    // The twin of another view is no twin of this one.
    let mut elsewhere = loads::measured(&loads::engines());
    elsewhere.cells[2].view = sockscope_report::model::View::CrossCore;
    analyse(&mut elsewhere);
    assert!(elsewhere.comparisons.iter().all(|one| one.noise_floor.is_none()));
    // A twin that does not support a statistic leaves it without a floor where there is no twin, and
    // leaves it out where there is.
    let mut unsupported = loads::measured(&loads::engines());
    unsupported.cells[2].blocks[3].p99 = None;
    analyse(&mut unsupported);
    let p99 = |report: &Report| -> Vec<(u32, Option<f64>)> {
        let all = report.comparisons.iter().filter(|one| one.statistic == Statistic::P99);
        all.map(|one| (one.connections, one.noise_floor)).collect()
    };
    assert_eq!(p99(&unsupported), [(8, None), (64, None)]);
    assert_eq!(p99(&report).len(), 3);
}

#[test]
fn each_workload_is_compared_by_what_it_is_about() {
    use Statistic::{Mean, P50, P99, Rate, Throughput};
    let rows: [(Vec<Recipe>, &[Statistic]); 5] = [
        (loads::sizes(), &[P50, Mean, P99]),
        (loads::engines(), &[Rate, P50, Mean, P99]),
        (loads::open(), &[P50, P99]),
        (loads::stream(), &[Throughput]),
        (loads::connect(), &[Rate, P50]),
    ];
    for (recipes, expected) in rows {
        let report = loads::report(&recipes);
        let first = &report.comparisons[0];
        let of_first = report.comparisons.iter().filter(|one| {
            (&one.candidate_cell, &one.factor) == (&first.candidate_cell, &first.factor)
        });
        let statistics: Vec<&Statistic> = of_first.map(|one| &one.statistic).collect();
        assert_eq!(statistics, expected.iter().collect::<Vec<_>>(), "{}", recipes[0].workload);
        for one in &report.comparisons {
            let higher = matches!(one.statistic, Rate | Throughput);
            assert_eq!(one.better == Better::Higher, higher, "{one:?}");
        }
    }
}

#[test]
fn above_one_the_candidate_is_better_whatever_is_compared() {
    let rows = [
        (loads::sizes(), Statistic::P50, 5_140.0 / 3_740.0),
        (loads::engines(), Statistic::Rate, 3_740.0 / 4_300.0),
        (loads::stream(), Statistic::Throughput, 1_900.0 / 900.0),
        (loads::connect(), Statistic::Rate, 41_000.0 / 12_000.0),
        (loads::open(), Statistic::P50, 5_500.0 / 4_000.0),
    ];
    for (recipes, statistic, expected) in rows {
        let report = loads::report(&recipes);
        let one = report.comparisons.iter().find(|one| one.statistic == statistic).unwrap();
        assert!((one.ratio / expected - 1.0).abs() < 0.01, "{expected}: {one:?}");
        let verdict = if expected > 1.0 { Verdict::Faster } else { Verdict::Slower };
        assert_eq!((&one.verdict, one.rounds), (&verdict, 10), "{one:?}");
    }
}

#[test]
fn a_count_without_its_time_is_not_compared() {
    let mut report = loads::measured(&loads::engines());
    for cell in &mut report.cells {
        cell.blocks[2].elapsed = None;
    }
    analyse(&mut report);
    assert!(report.comparisons.iter().all(|one| one.statistic != Statistic::Rate));
    assert!(report.comparisons.iter().any(|one| one.statistic == Statistic::P50));
}

#[test]
fn only_round_trips_one_at_a_time_are_taken_apart() {
    use sockscope_report::model::View;
    let solo =
        |recipe: &Recipe| Recipe { view: View::Solo, level: recipe.level - 400, ..recipe.clone() };
    let with_solo = |recipes: Vec<Recipe>| {
        let solos: Vec<Recipe> = recipes.iter().map(solo).collect();
        loads::report(&[recipes, solos].concat())
    };
    let parts = |report: &Report| -> Vec<String> {
        let parts = report.decomposition.iter();
        parts.map(|one| format!("{} {} {}", one.label, one.size, one.part)).collect()
    };
    let engines = with_solo(loads::engines());
    assert_eq!(
        parts(&engines),
        ["blocking 64 socket", "blocking 64 switch", "epoll 64 socket", "epoll 64 switch"]
    );
    let of_epoll = &engines.decomposition[2];
    assert_eq!((of_epoll.transport.as_str(), of_epoll.engine.as_deref()), ("unix", Some("epoll")));
    assert_eq!(parts(&with_solo(loads::sizes()[..5].to_vec())).len(), 8);
    for recipes in [loads::connect(), loads::stream(), loads::open(), loads::nodelay()] {
        assert_eq!(parts(&with_solo(recipes)), Vec::<String>::new());
    }
}
