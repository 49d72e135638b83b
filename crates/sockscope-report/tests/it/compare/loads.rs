//! Loads: runs of other workloads, engines and sweeps, compared.

use snapbox::{assert_data_eq, file};
use sockscope_report::analyse;
use sockscope_report::compare::model::{CompareReport, Unit};
use sockscope_report::compare::{Input, compare};
use sockscope_report::model::Verdict;
use sockscope_report::render::{Style, compare_json, compare_text};

use super::request;
use crate::fixture::loads::{self, ROUND_TRIP, Recipe};

/// Runs of these cells, of which unix takes longer by a share of its time.
fn side(name: &str, recipes: &[Recipe], shifts: &[f64]) -> Vec<Input> {
    let run = |(number, shift): (usize, &f64)| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few µs")]
        let shifted = |recipe: &Recipe| match recipe.target {
            "unix" => {
                Recipe { level: (recipe.level as f64 * (1.0 + shift)) as u64, ..recipe.clone() }
            }
            _ => recipe.clone(),
        };
        let mut report = loads::measured(&recipes.iter().map(shifted).collect::<Vec<_>>());
        report.seed = shift.to_bits();
        analyse(&mut report);
        Input { name: format!("{name}-{}.json", number + 1), report }
    };
    shifts.iter().enumerate().map(run).collect()
}

fn slower_by_six_percent(recipes: &[Recipe]) -> CompareReport {
    let (before, after) = ([0.0, 0.004, -0.005], [0.064, 0.055, 0.069]);
    let request = request(side("before", recipes, &before), side("after", recipes, &after));
    compare(&request).expect("comparable sides")
}

#[test]
fn each_workload_is_gated_by_what_it_is_about() {
    let rows = [
        (loads::sizes(), "p50"),
        (loads::engines(), "p50"),
        (loads::open(), "p50"),
        (loads::connect(), "p50"),
        (loads::stream(), "throughput"),
    ];
    for (recipes, statistic) in rows {
        let report = slower_by_six_percent(&recipes);
        assert!(report.gated().all(|one| one.statistic.as_str() == statistic), "{statistic}");
        for one in report.gated().filter(|one| one.cell.label == "unix") {
            assert_eq!(one.verdict, Verdict::Slower, "{one:?}");
            assert!((0.05..0.07).contains(&one.slowdown()), "{one:?}");
        }
        for one in report.gated().filter(|one| one.cell.label == "tcp") {
            assert_eq!(one.verdict, Verdict::Same, "{one:?}");
        }
    }
}

#[test]
fn throughput_is_in_bytes_a_second_and_less_of_it_is_slower() {
    let report = slower_by_six_percent(&loads::stream());
    let unix = report.gated().find(|one| one.cell.label == "unix").unwrap();
    assert_eq!(unix.unit, Unit::BytesPerSecond);
    assert!(unix.before_ns.is_empty() && unix.after_ns.is_empty());
    assert!((unix.before[0] / 4.45e9 - 1.0).abs() < 0.01, "{unix:?}");
    assert!((unix.after[0] / unix.before[0] - 1.0 / 1.064).abs() < 0.002, "{unix:?}");
    assert!(unix.noise_floor < 0.05, "{unix:?}");
    assert_data_eq!(
        compare_text(&report, &Style::plain()),
        file!["../snapshots/compare-stream.txt"].raw()
    );
}

#[test]
fn sweeps_and_engines_have_a_row_for_each_point() {
    let report = slower_by_six_percent(&loads::engines());
    assert_data_eq!(
        compare_text(&report, &Style::plain()),
        file!["../snapshots/compare-engines.txt"].raw()
    );
}

#[test]
fn a_cell_is_the_same_whatever_it_was_compared_with_in_its_own_result() {
    let alone = [Recipe { label: "unix", engines: ["epoll"; 2], ..ROUND_TRIP }];
    let among = [
        Recipe { label: "tcp blocking", target: "tcp", ..ROUND_TRIP },
        Recipe { label: "unix epoll", engines: ["epoll"; 2], ..ROUND_TRIP },
    ];
    let request = request(side("a", &alone, &[0.0, 0.001]), side("b", &among, &[0.06, 0.062]));
    let report = compare(&request).unwrap();
    let gated: Vec<String> = report.gated().map(|one| one.cell.to_string()).collect();
    assert_eq!(gated, ["unix in same-core, 64 B, echo, epoll"]);
    let left_out: Vec<&str> = report.left_out.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(left_out, ["tcp in same-core, 64 B, echo"]);
}

#[test]
fn every_factor_is_part_of_a_cells_identity() {
    let others = [
        Recipe { connections: 8, ..ROUND_TRIP },
        Recipe { depth: 8, ..ROUND_TRIP },
        Recipe { workload: "connect", ..ROUND_TRIP },
        Recipe { workload: "open", rate: Some(1_000.0), ..ROUND_TRIP },
        Recipe { engines: ["epoll", "blocking"], ..ROUND_TRIP },
        Recipe { nodelay: Some(false), ..ROUND_TRIP },
    ];
    for other in others {
        let name = format!("{other:?}");
        let request = request(side("a", &[ROUND_TRIP], &[0.0]), side("b", &[other], &[0.001]));
        assert!(compare(&request).is_err(), "{name}");
    }
    let mut threads = side("b", &[ROUND_TRIP], &[0.001]);
    threads[0].report.cells[0].threads = 2;
    assert!(compare(&request(side("a", &[ROUND_TRIP], &[0.0]), threads)).is_err());
}

#[test]
fn a_point_that_is_not_valid_is_left_out_by_name() {
    let mut after = side("b", &loads::open(), &[0.06, 0.062]);
    for input in &mut after {
        let last = input.report.cells.len() - 1;
        input.report.cells[last].open.as_mut().unwrap().invalid_because = Some("late".to_owned());
    }
    let report = compare(&request(side("a", &loads::open(), &[0.0, 0.001]), after)).unwrap();
    let left_out: Vec<String> =
        report.left_out.iter().map(|one| format!("{}: {}", one.what, one.reason)).collect();
    let cell = "unix in spin, 64 B, echo, open, 200 k/s";
    assert_eq!(
        left_out,
        [
            format!("{cell}: a point of an open loop that is not valid"),
            format!("{cell}: only before")
        ]
    );
}

#[test]
fn a_comparison_that_was_saved_before_there_were_units_is_read() {
    let report = slower_by_six_percent(&loads::connect());
    let mut value: serde_json::Value = serde_json::from_str(&compare_json(&report)).unwrap();
    for one in value["comparisons"].as_array_mut().unwrap() {
        let one = one.as_object_mut().unwrap();
        for field in ["unit", "before", "after"] {
            one.remove(field);
        }
        one["cell"].as_object_mut().unwrap().remove("threads");
    }
    let read: CompareReport = serde_json::from_value(value).unwrap();
    let (one, was) = (read.gated().next().unwrap(), report.gated().next().unwrap());
    assert_eq!((&one.cell, &one.unit), (&was.cell, &Unit::Nanoseconds));
    let line = |report: &CompareReport| {
        let text = compare_text(report, &Style::plain());
        text.lines().find(|line| line.starts_with("  same-core")).map(str::to_owned)
    };
    assert_eq!(line(&read), line(&report));
}
