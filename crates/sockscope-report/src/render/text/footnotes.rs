//! Footnotes: what the names and marks of the table mean.

use super::page::Page;
use super::reading::Reading;
use super::table::{BY_MEAN, INVALID, UNSUPPORTED, lacks_percentile};
use super::{phrases, tasks};
use crate::model::{Cell, Comparison, Report, Statistic, Task, View};
use crate::units;

/// The column of the marks.
pub(super) const MARK_WIDTH: usize = 13;

pub(super) fn write(report: &Report, page: &mut Page) {
    page.line("");
    views(report, page);
    engines(report, page);
    for (name, meaning) in tasks::columns(report.task()) {
        page.aside(&mark(name), meaning);
    }
    let lost = |cell: &Cell| cell.lost.is_some_and(|lost| lost > 0);
    if report.originals().any(lost) {
        page.aside(&mark("lost"), "messages that never arrived, in all rounds together");
    }
    if let Some(copied) = copied(report) {
        page.aside(&mark("zero-copy"), &copied);
    }
    marks(report, page);
    invalid(report, page);
}

/// How much of what was to be sent without a copy was copied: the least and the most of all cells.
fn copied(report: &Report) -> Option<String> {
    let asked = || report.originals().filter_map(|cell| cell.zero_copy);
    let shares = asked().filter_map(|zero_copy| zero_copy.copied_share);
    asked().next()?;
    let Some((least, most)) = shares.clone().reduce(f64::min).zip(shares.reduce(f64::max)) else {
        return Some("the kernel has not told what it copied".to_owned());
    };
    let (least, most) = (units::percent(least), units::percent(most));
    let share = if least == most { most } else { format!("{least} to {most}") };
    Some(format!("{share} of the sends were copied by the kernel after all"))
}

/// What is said of every view.
fn views(report: &Report, page: &mut Page) {
    let mut shown: Vec<&View> = Vec::new();
    let cells = report.originals().map(|cell| &cell.view);
    let planned = report.plan.views.iter().filter(|view| cells.clone().any(|one| one == *view));
    for view in planned.chain(cells.clone()) {
        if !shown.contains(&view) {
            if let Some(text) = phrases::legend(report, view) {
                page.aside(&mark(view.as_str()), &text);
            }
            shown.push(view);
        }
    }
}

/// What two engines in one name are.
fn engines(report: &Report, page: &mut Page) {
    let two = |cell: &&Cell| cell.engine() != cell.client_engine;
    let Some(cell) = report.originals().find(two) else { return };
    let (client, server) = (&cell.client_engine, cell.server_engine.as_deref().unwrap_or("?"));
    page.aside(
        "  ",
        &format!("{} is a client on the engine {client} and a server on {server}", cell.engine()),
    );
}

fn marks(report: &Report, page: &mut Page) {
    let (comparisons, leading) = (report.leading_comparisons(), report.leading_statistic());
    if comparisons.iter().any(|one| one.lo.is_some()) {
        page.aside(
            &mark("[a, b]"),
            "95 % interval of the ratio; both come from the rounds and not from the columns, \
             so that they need not divide exactly",
        );
    }
    let unresolved =
        |one: &&Comparison| matches!(Reading::of(one), Reading::Hidden | Reading::Open);
    if comparisons.iter().any(unresolved) {
        page.aside(
            &mark("unresolved"),
            "these rounds do not tell: the interval has 1 in it, or identical cells differed as much",
        );
    }
    if report.originals().any(|cell| lacks_percentile(report, cell)) {
        page.aside(
            &mark(UNSUPPORTED),
            "too few samples, or of too few rounds: a longer --block or more --rounds",
        );
    }
    if leading == Statistic::P50 && comparisons.iter().any(|one| one.statistic != leading) {
        page.aside(
            &mark(BY_MEAN),
            "compared by mean: some round has too few samples for its median",
        );
    }
}

/// Why points of an open loop are marked as not valid: each reason once, with the points that it holds for.
fn invalid(report: &Report, page: &mut Page) {
    if report.task() != Task::Open {
        return;
    }
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for cell in report.originals() {
        let because = cell.open.as_ref().and_then(|open| open.invalid_because.as_deref());
        let Some(because) = because else { continue };
        let point = format!("{} ({})", report.place(cell), cell.label);
        match reasons.iter_mut().find(|(reason, _)| *reason == because) {
            Some((_, points)) => points.push(point),
            None => reasons.push((because, vec![point])),
        }
    }
    for (reason, points) in reasons {
        page.aside(&mark(INVALID), &format!("not valid in {}: {reason}", points.join(", ")));
    }
}

/// A mark in the column of marks.
pub(super) fn mark(name: &str) -> String {
    format!("  {name:<MARK_WIDTH$}  ")
}
