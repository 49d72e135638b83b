//! Compare: what two sides of results say about a change, from cells to text.

mod loads;

use snapbox::{assert_data_eq, file};
use sockscope_report::compare::model::CompareReport;
use sockscope_report::compare::{CompareError, Input, Request, compare};
use sockscope_report::model::{CaveatCode, CellError, Verdict, View};
use sockscope_report::render::{Style, compare_json, compare_text};
use sockscope_report::{Report, analyse};

use crate::fixture;

/// A run on the machine of the fixture, with all its levels shifted by a share.
fn run(name: &str, shift: f64) -> Input {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few µs")]
    let level = |ns: f64| (ns * (1.0 + shift)) as u64;
    let levels = [
        (View::Solo, level(3_300.0), 4_800, 0.004),
        (View::SameCore, level(3_740.0), 5_140, 0.004),
    ];
    let mut report = fixture::measured(&levels, 10);
    report.seed = shift.to_bits();
    analyse(&mut report);
    Input { name: name.to_owned(), report }
}

fn side(name: &str, shifts: &[f64]) -> Vec<Input> {
    let named = shifts.iter().enumerate();
    named.map(|(index, shift)| run(&format!("{name}-{}.json", index + 1), *shift)).collect()
}

fn request(before: Vec<Input>, after: Vec<Input>) -> Request {
    Request {
        before,
        after,
        history: Vec::new(),
        min_effect: None,
        across_hosts: false,
        sockscope: "0.1.0".to_owned(),
    }
}

fn three_slower() -> CompareReport {
    let (before, after) = ([0.0, 0.004, -0.005], [0.062, 0.055, 0.068]);
    compare(&request(side("before", &before), side("after", &after))).expect("comparable sides")
}

/// The gated verdicts: `unix/solo slower`.
fn verdicts(report: &CompareReport) -> Vec<String> {
    report
        .gated()
        .map(|one| format!("{}/{} {}", one.cell.label, one.cell.view, one.verdict))
        .collect()
}

#[test]
fn three_runs_a_side_find_what_became_slower_and_nothing_else() {
    let report = three_slower();
    assert_eq!(
        verdicts(&report),
        ["unix/solo slower", "tcp/solo same", "unix/same-core slower", "tcp/same-core same"]
    );
    let unix = report.gated().next().unwrap();
    assert!((unix.slowdown() - 0.062).abs() < 0.003, "{unix:?}");
    assert_eq!((unix.before_ns.len(), unix.after_ns.len(), unix.degrees_of_freedom), (3, 3, 4));
    assert!(unix.lo.unwrap() < unix.ratio && unix.ratio < unix.hi.unwrap());
    assert!(unix.p_adjusted.unwrap() >= unix.p.unwrap());
    assert!(report.caveats.iter().all(|caveat| caveat.code != CaveatCode::SingleRun));
}

#[test]
fn only_medians_are_gated() {
    let report = three_slower();
    let of = |statistic: &'static str| {
        report.comparisons.iter().filter(move |one| one.statistic.as_str() == statistic)
    };
    assert!(of("p50").all(|one| one.gated));
    assert!(of("mean").chain(of("p99")).all(|one| !one.gated && one.p_adjusted.is_none()));
    assert_eq!((of("p50").count(), of("mean").count()), (4, 4));
}

#[test]
fn single_runs_need_more_than_three_percent_and_say_so() {
    for (shift, expected) in [(0.0, "unresolved"), (0.02, "unresolved"), (0.06, "slower")] {
        let report = compare(&request(side("a", &[0.001]), side("b", &[shift]))).unwrap();
        let unix = report.gated().next().unwrap();
        assert_eq!(unix.verdict.as_str(), expected, "{shift}: {unix:?}");
        assert_eq!(unix.replicate.as_str(), "block");
        assert!(unix.noise_floor >= 0.03);
        assert!(report.caveats.iter().any(|caveat| caveat.code == CaveatCode::SingleRun));
    }
}

#[test]
fn history_tells_single_runs_how_runs_differ() {
    let mut request = request(side("a", &[0.001]), side("b", &[0.06]));
    request.history = side("night", &[0.0, 0.003, -0.004, 0.002, -0.001]);
    let report = compare(&request).unwrap();
    let unix = report.gated().next().unwrap();
    assert_eq!((unix.replicate.as_str(), unix.degrees_of_freedom), ("run", 4));
    assert_eq!(unix.verdict, Verdict::Slower);
    assert!(report.caveats.iter().all(|caveat| caveat.code != CaveatCode::SingleRun));
}

#[test]
fn several_runs_in_one_result_are_several_runs() {
    let runs = |shifts: [f64; 3]| {
        let mut inputs = side("x", &shifts).into_iter();
        let mut whole = inputs.next().unwrap();
        for (number, other) in (1..).zip(inputs) {
            for (cell, more) in whole.report.cells.iter_mut().zip(other.report.cells) {
                let blocks = more.blocks.into_iter();
                cell.blocks.extend(
                    blocks.map(|block| sockscope_report::model::Block { run: number, ..block }),
                );
            }
        }
        whole.report.runs = 3;
        vec![whole]
    };
    let (before, after) = (runs([0.0, 0.004, -0.005]), runs([0.062, 0.055, 0.068]));
    let report = compare(&request(before, after)).unwrap();
    assert_eq!(verdicts(&report), verdicts(&three_slower()));
    assert_eq!((report.before.runs, report.before.files.len()), (3, 1));
}

#[test]
fn other_cells_and_machines_are_left_out_by_name() {
    let mut after = side("b", &[0.0, 0.001]);
    after[0].report.cells[0].size = 4_096;
    after[1].report.host.cpu_model = Some("abacus".to_owned());
    after[1].report.cells[4].error = Some(CellError::default());
    let mut asked = request(side("a", &[0.0, 0.002]), after);
    let named = |report: &CompareReport| -> Vec<String> {
        report.left_out.iter().map(|one| format!("{}: {}", one.what, one.reason)).collect()
    };
    let report = compare(&asked).unwrap();
    assert_eq!(
        named(&report),
        [
            "b-2.json: another machine: its CPU is abacus, not Intel(R) Xeon(R) Processor @ 2.60GHz",
            "unix in solo, 64 B, echo: only before",
            "unix in solo, 4 KiB, echo: only after",
        ]
    );
    asked.across_hosts = true;
    let report = compare(&asked).unwrap();
    assert_eq!(report.after.files, ["b-1.json", "b-2.json"]);
    assert!(report.caveats.iter().any(|caveat| caveat.code == CaveatCode::HostsDiffer));
}

#[test]
fn a_container_changes_its_name_and_stays_the_same_machine() {
    let mut after = side("b", &[0.0]);
    after[0].report.host.hostname = Some("f00ba4".to_owned());
    let mut asked = request(side("a", &[0.001]), after);
    assert!(matches!(compare(&asked), Err(CompareError::OtherHosts { .. })));
    asked.after[0].report.host.container = Some("docker".to_owned());
    assert!(compare(&asked).is_ok());
}

#[test]
fn what_cannot_be_compared_is_refused_with_a_hint() {
    let twice = |name: &str| vec![run(name, 0.0), run("copy.json", 0.0)];
    let empty = Input { name: "empty.json".to_owned(), report: Report::default() };
    let rows = [
        (request(side("a", &[0.0]), twice("b.json")), "b.json and copy.json are the same result"),
        (request(side("a", &[0.0]), vec![empty]), "no cell was measured on both sides"),
        (request(Vec::new(), Vec::new()), "one side has no result"),
    ];
    for (request, expected) in rows {
        let error = compare(&request).unwrap_err();
        assert!(error.to_string().contains(expected), "{error}");
        assert!(error.hint().is_some(), "{error}");
    }
}

#[test]
fn what_a_result_says_against_itself_is_said_again() {
    let mut after = side("b", &[0.0, 0.001]);
    for input in &mut after {
        input.report.host.steal_share = Some(0.2);
        analyse(&mut input.report);
    }
    let report = compare(&request(side("a", &[0.0, 0.002]), after)).unwrap();
    let steal = report.caveats.iter().find(|caveat| caveat.code == CaveatCode::Steal).unwrap();
    assert!(steal.text.starts_with("b-1.json says, as does another result: "), "{}", steal.text);
}

#[test]
fn the_comparison_in_words() {
    let shown = compare_text(&three_slower(), &Style::plain());
    assert_data_eq!(shown, file!["snapshots/compare.txt"].raw());
}

#[test]
fn single_runs_in_words_and_hostile_names_stay_text() {
    let mut asked = request(side("a", &[0.0]), vec![run("\x1b[2J\n.json", 0.2)]);
    asked.after[0].report.cells[1].label = "unix:\u{202e}/run/user/1000/service.sock".to_owned();
    let report = compare(&asked).unwrap();
    let shown = compare_text(&report, &Style::plain());
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    assert!(!shown.chars().any(|c| c.is_control() && c != '\n' || c == '\u{202e}'), "{shown:?}");
    assert_data_eq!(shown, file!["snapshots/compare-single.txt"].raw());
}

#[test]
fn the_json_comes_back_as_it_was_written() {
    let report = three_slower();
    let read: CompareReport = serde_json::from_str(&compare_json(&report)).unwrap();
    assert_eq!(read, report);
}

#[test]
fn a_result_of_several_runs_has_the_interval_from_run_to_run() {
    let [mut several, other] = [run("a.json", 0.0), run("b.json", 0.05)];
    let one = several.report.comparisons[0].clone();
    for (cell, more) in several.report.cells.iter_mut().zip(other.report.cells) {
        let later = more.blocks.into_iter();
        cell.blocks.extend(later.map(|block| sockscope_report::model::Block { run: 1, ..block }));
    }
    several.report.runs = 2;
    analyse(&mut several.report);
    let two = &several.report.comparisons[0];
    assert_eq!((one.rounds, two.rounds), (10, 20));
    let width = |one: &sockscope_report::model::Comparison| one.hi.unwrap() - one.lo.unwrap();
    assert!(width(two) > 10.0 * width(&one), "two runs that differ by 5 % tell little: {two:?}");
}
