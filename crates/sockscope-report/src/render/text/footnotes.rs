//! Footnotes: what the names and marks of the table mean, and which rows it lacks.

use unicode_width::UnicodeWidthStr as _;

use super::page::Page;
use super::phrases;
use super::table::{BY_MEAN, UNSUPPORTED, keys};
use crate::escape::escape;
use crate::model::{Cell, Report, Statistic, View};

/// The column of the marks.
const MARK_WIDTH: usize = 13;

pub(super) fn write(report: &Report, page: &mut Page) {
    page.line("");
    views(report, page);
    if report.leading_comparisons().any(|one| one.lo.is_some()) {
        page.aside(
            &mark("[a, b]"),
            "95 % interval of the ratio; both come from the rounds and not from the two columns, \
             so that they need not divide exactly",
        );
    }
    if report.originals().any(|cell| lacks_percentile(report, cell)) {
        page.aside(&mark(UNSUPPORTED), "too few samples for this percentile, or of too few rounds");
    }
    let leading = report.leading_statistic();
    if report.leading_comparisons().any(|one| one.statistic != leading) {
        page.aside(
            &mark(BY_MEAN),
            "compared by mean: some round has too few samples for its median",
        );
    }
}

fn views(report: &Report, page: &mut Page) {
    let mut shown: Vec<View> = Vec::new();
    for (view, _) in keys(report) {
        if !shown.contains(&view) {
            if let Some(text) = phrases::legend(report, &view) {
                page.aside(&mark(view.as_str()), &text);
            }
            shown.push(view);
        }
    }
}

/// Whether the table shows a mark in place of one of its percentiles.
fn lacks_percentile(report: &Report, cell: &Cell) -> bool {
    let by_median = report.leading_statistic() == Statistic::P50;
    match cell.rtt_ns {
        Some(rtt) => rtt.p99.is_none() || by_median && rtt.p50.is_none(),
        None => cell.error.is_none(),
    }
}

/// What was not measured, each with the reason.
pub(super) fn unavailable(report: &Report, page: &mut Page) {
    for missing in &report.unavailable {
        let name = escape(&missing.to_string());
        if name.width() <= MARK_WIDTH {
            page.item(&mark(&name), &format!("not measured: {}", missing.reason));
        } else {
            page.item("  ", &format!("{missing} was not measured: {}", missing.reason));
        }
    }
}

fn mark(name: &str) -> String {
    format!("  {name:<MARK_WIDTH$}  ")
}
