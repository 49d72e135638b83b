//! Loads: the texts of every workload and sweep, whole.

use snapbox::{assert_data_eq, file};
use sockscope_report::model::{CaveatCode, GrantedBuffers};
use sockscope_report::render::{Style, plan_text, text};
use sockscope_report::{Report, analyse};
use sockscope_stats::Histogram;

use crate::fixture::loads;

fn shown(report: &Report) -> String {
    text(report, &Style::plain())
}

#[test]
fn a_sweep_over_sizes_names_the_crossover() {
    let report = loads::report(&loads::sizes());
    assert_data_eq!(shown(&report), file!["snapshots/sizes.txt"].raw());
}

#[test]
fn engines_are_compared_by_exchanges_a_second() {
    let report = loads::report(&loads::engines());
    assert_data_eq!(shown(&report), file!["snapshots/engines.txt"].raw());
}

#[test]
fn two_factors_are_compared_one_at_a_time() {
    let report = loads::report(&loads::transports_and_engines());
    assert_data_eq!(shown(&report), file!["snapshots/two-factors.txt"].raw());
}

#[test]
fn nagles_algorithm_is_a_factor() {
    let report = loads::report(&loads::nodelay());
    assert_data_eq!(shown(&report), file!["snapshots/nodelay.txt"].raw());
}

#[test]
fn buffers_that_were_asked_for_are_shown_with_what_was_granted() {
    let mut report = loads::measured(&loads::transports_and_engines());
    report.plan.buffers = "20000".to_owned();
    let all = |bytes| Some(GrantedBuffers { send: Some(bytes), receive: Some(bytes) });
    for cell in &mut report.cells {
        (cell.granted_buffers, cell.granted_buffers_server) = (all(40_960), all(40_960));
    }
    let facts = |report: &Report| {
        let text = shown(report);
        text.lines().take(6).collect::<Vec<_>>().join(" ")
    };
    let told = facts(&report);
    assert!(told.contains("socket buffers of 20000 B (granted: 40 KiB)"), "{told}");
    for cell in report.cells.iter_mut().filter(|cell| cell.transport == "unix") {
        cell.granted_buffers_server = all(32_768);
    }
    let told = facts(&report);
    assert!(told.contains("(granted: tcp 40 KiB; unix 32 KiB to 40 KiB)"), "{told}");
}

#[test]
fn a_stream_is_bytes_a_second_and_what_they_cost() {
    let report = loads::report(&loads::stream());
    assert_data_eq!(shown(&report), file!["snapshots/stream.txt"].raw());
}

#[test]
fn what_the_kernel_copied_all_the_same_is_told() {
    let mut report = loads::measured(&loads::stream());
    report.plan.zero_copy = true;
    for (number, cell) in (0..).zip(&mut report.cells) {
        for block in &mut cell.blocks {
            block.zero_copy_sends = Some(10);
            block.zero_copy_told = Some(8);
            block.zero_copy_copied = Some(if number == 0 { 6 } else { 8 });
        }
        cell.summarise(&Histogram::new());
    }
    assert_eq!(report.cells[0].zero_copy.unwrap().copied_share, Some(0.75));
    analyse(&mut report);
    let text = shown(&report);
    let told = "75 % to 100 % of the sends were copied by the kernel after all";
    assert!(text.contains(told), "{text}");
    assert!(report.caveats.iter().any(|caveat| caveat.code == CaveatCode::Copied));
}

#[test]
fn connects_are_counted_and_timed() {
    let report = loads::report(&loads::connect());
    assert_data_eq!(shown(&report), file!["snapshots/connect.txt"].raw());
}

#[test]
fn an_open_loop_shows_both_latencies_and_marks_what_is_not_valid() {
    let mut report = loads::measured(&loads::open());
    let last = report.cells.len() - 2;
    let open = report.cells[last].open.as_mut().unwrap();
    (open.due, open.missed) = (open.due * 7 / 6, open.due / 6);
    open.achieved_per_second = 171_000.0;
    analyse(&mut report);
    assert_data_eq!(shown(&report), file!["snapshots/open.txt"].raw());
}

#[test]
fn floors_are_set_apart_and_never_recommended() {
    assert_data_eq!(shown(&loads::floors()), file!["snapshots/floors.txt"].raw());
}

#[test]
fn a_plan_names_every_factor_and_how_much_it_makes() {
    let report = loads::report(&loads::engines());
    assert_data_eq!(plan_text(&report), file!["snapshots/plan-engines.txt"].raw());
}
