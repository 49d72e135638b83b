//! Snapshots: whole texts, compared exactly with committed files.
//!
//! `SNAPSHOTS=overwrite cargo test -p sockscope-report` writes them anew; read the difference
//! before you commit it.

use snapbox::{assert_data_eq, file};
use sockscope_report::model::{CellError, Unavailable, View};
use sockscope_report::render::{Style, gobench, plan_text, text, text_with_costs};
use sockscope_report::{Report, analyse};

use crate::fixture::{self, ARTICLE};

fn shown(report: &Report) -> String {
    text(report, &Style::plain())
}

#[test]
fn the_machine_of_the_article() {
    let report = fixture::report(&ARTICLE);
    assert_data_eq!(shown(&report), file!["snapshots/article.txt"].raw());
}

#[test]
fn one_cpu_leaves_two_views() {
    assert_data_eq!(shown(&fixture::one_cpu()), file!["snapshots/one-cpu.txt"].raw());
}

#[test]
fn servers_that_were_already_running() {
    let report = fixture::attached(["tcp:127.0.0.1:8080", "unix:jinsu.sock"]);
    assert_data_eq!(shown(&report), file!["snapshots/attached.txt"].raw());
}

#[test]
fn two_builds_with_long_paths() {
    let report = fixture::attached([
        "unix:/run/user/1000/service/old-build.sock",
        "unix:/run/user/1000/service/new-build.sock",
    ]);
    assert_data_eq!(shown(&report), file!["snapshots/attached-long.txt"].raw());
}

#[test]
fn identical_transports_read_same() {
    let levels = [(View::SameCore, 4_000, 4_000, 0.005), (View::CrossCore, 60_000, 60_000, 0.01)];
    assert_data_eq!(shown(&fixture::report(&levels)), file!["snapshots/same.txt"].raw());
}

#[test]
fn unix_may_be_slower() {
    let levels = [(View::SameCore, 5_140, 3_740, 0.005), (View::CrossCore, 6_500, 6_450, 0.01)];
    assert_data_eq!(shown(&fixture::report(&levels)), file!["snapshots/slower.txt"].raw());
}

#[test]
fn siblings_of_one_core_are_named_so() {
    assert_data_eq!(shown(&fixture::siblings()), file!["snapshots/siblings.txt"].raw());
}

#[test]
fn a_mean_that_a_few_stalls_made_is_no_cost() {
    let report = fixture::stalled("unix", &View::CrossCore);
    assert_data_eq!(shown(&report), file!["snapshots/stalled.txt"].raw());
}

#[test]
fn a_round_without_a_median_is_compared_by_mean() {
    let mut report = fixture::measured(&[ARTICLE[1].clone(), ARTICLE[3].clone()], 10);
    (report.cells[3].blocks[2].p50, report.cells[3].blocks[2].p99) = (None, None);
    report.cells[3].rtt_ns.as_mut().unwrap().p99 = None;
    analyse(&mut report);
    assert_data_eq!(shown(&report), file!["snapshots/by-mean.txt"].raw());
}

#[test]
fn every_view_has_its_cost_on_request() {
    let report = fixture::report(&ARTICLE);
    let text = text_with_costs(&report, &Style::plain());
    let section = text.split("\n\n").skip_while(|part| !part.starts_with("What an exchange costs"));
    let section: Vec<_> = section.take_while(|part| !part.starts_with("In short")).collect();
    assert_data_eq!(section.join("\n\n") + "\n", file!["snapshots/costs.txt"].raw());
}

#[test]
fn a_processor_that_counts_is_shown() {
    let text = shown(&fixture::with_hardware(false));
    let section = text.split("\n\n").skip_while(|part| !part.starts_with("What an exchange costs"));
    let section: Vec<_> = section.take_while(|part| !part.starts_with("In short")).collect();
    assert_data_eq!(section.join("\n\n") + "\n", file!["snapshots/hardware.txt"].raw());
}

#[test]
fn an_interrupted_run_says_what_it_has() {
    let mut report = fixture::measured(&ARTICLE[..3], 3);
    report.plan.rounds = 10;
    (report.partial, report.interrupted) = (true, true);
    analyse(&mut report);
    assert_data_eq!(shown(&report), file!["snapshots/interrupted.txt"].raw());
}

#[test]
fn a_failed_cell_leaves_the_others() {
    let mut report = fixture::measured(&ARTICLE[..2], 10);
    let cell = &mut report.cells[3];
    cell.blocks.clear();
    cell.rtt_ns = None;
    cell.histogram = None;
    cell.error = Some(CellError {
        kind: "environment".to_owned(),
        text: "the server process of unix died twice: killed by signal 9".to_owned(),
        round: Some(0),
    });
    report.partial = true;
    analyse(&mut report);
    assert_data_eq!(shown(&report), file!["snapshots/failed-cell.txt"].raw());
}

#[test]
fn nothing_measured_is_said() {
    let mut report = fixture::measured(&[], 10);
    let reason = "no network: tcp on loopback cannot be bound".to_owned();
    report.unavailable.push(Unavailable {
        view: Some(View::SameCore),
        reason,
        ..Unavailable::default()
    });
    analyse(&mut report);
    assert_data_eq!(shown(&report), file!["snapshots/nothing.txt"].raw());
}

#[test]
fn text_from_outside_does_not_reach_the_terminal_raw() {
    let hostile = "\x1b[2J\nroot\u{202e}#\u{2066}\u{200b}\t";
    let mut report = fixture::attached([hostile, "unix:ok.sock"]);
    report.host.cpu_model = Some(hostile.to_owned());
    report.host.kernel = Some(hostile.to_owned());
    report.host.governor = Some(hostile.to_owned());
    report.host.virtualisation = Some(hostile.to_owned());
    report.plan.service = hostile.to_owned();
    report.sockscope = hostile.to_owned();
    report.unavailable[0].reason = hostile.to_owned();
    report.cells[0].view = View::Other(hostile.to_owned());
    report.cells[1].error =
        Some(CellError { kind: hostile.to_owned(), text: hostile.to_owned(), round: None });
    analyse(&mut report);
    assert_data_eq!(shown(&report), file!["snapshots/hostile.txt"].raw());
}

#[test]
fn the_plan_in_words() {
    let mut report = fixture::one_cpu();
    report.seed = 1234;
    let shown = plan_text(&report);
    assert_data_eq!(shown, file!["snapshots/plan.txt"].raw());
}

#[test]
fn the_lines_for_benchstat() {
    let mut report = fixture::measured(&[(View::SameCore, 3_740, 5_140, 0.004)], 2);
    report.cells[0].blocks[1].p99 = None;
    analyse(&mut report);
    assert_data_eq!(gobench(&report), file!["snapshots/gobench.txt"].raw());
}

#[test]
fn colour_adds_nothing_but_colour() {
    let report = fixture::report(&ARTICLE);
    let coloured = text(&report, &Style::ansi());
    let mut pieces = coloured.split('\x1b');
    let first = pieces.next().unwrap().to_owned();
    let bare = pieces.fold(first, |bare, piece| bare + piece.split_once('m').unwrap().1);
    let trimmed: Vec<&str> = bare.lines().map(str::trim_end).collect();
    assert_eq!(trimmed.join("\n") + "\n", shown(&report));
    assert_ne!(coloured, bare);
}
