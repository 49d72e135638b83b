//! Alone: what there is to say without a comparison.

use super::super::table::is_measured;
use super::super::tasks;
use super::{MAIN, phrases};
use crate::model::{Cell, Report, Task, View};

pub(super) fn of(report: &Report) -> String {
    let is_open = report.task() == Task::Open;
    let measured = || report.originals().filter(|cell| is_measured(cell));
    let usable = |cell: &&Cell| cell.is_valid() && tasks::leading(report, cell).is_some();
    if measured().next().is_none() {
        return "Nothing was measured, so nothing can be said.".to_owned();
    }
    if is_open && !measured().any(Cell::is_valid) {
        return "No point is valid, so that no latency can be quoted: ask for lower rates."
            .to_owned();
    }
    let sockets = measured().filter(|cell| !cell.is_floor()).any(|cell| usable(&cell));
    let cells: Vec<&Cell> =
        measured().filter(usable).filter(|cell| !sockets || !cell.is_floor()).collect();
    let in_view = |view: &View| cells.iter().find(|cell| cell.view == *view).copied();
    let Some(first) = MAIN.iter().find_map(in_view).or_else(|| cells.first().copied()) else {
        return "There are too few samples for a median.".to_owned();
    };
    let like_first = |cell: &&&Cell| cell.view == first.view && cell.label == first.label;
    let last = cells.iter().rfind(like_first).copied().unwrap_or(first);
    let values = if last.id == first.id {
        at(report, first)
    } else {
        let other = tasks::level(report, last).unwrap_or_default();
        format!("{}, and {other} {}", at(report, first), report.at(&last.point()))
    };
    format!(
        "{} {values} {}. {}",
        tasks::subject(report.task(), &phrases::name(&first.label)),
        phrases::when(report, &first.view),
        rest(report, first)
    )
}

/// Why nothing is said of others.
fn rest(report: &Report, first: &Cell) -> &'static str {
    let mut others =
        report.originals().filter(|cell| is_measured(cell) && cell.label != first.label);
    match others.next() {
        None => "There is nothing to compare it with.",
        Some(_) if report.task() == Task::Open => "No other has a valid point to compare it with.",
        Some(_) => "There is no other socket to compare it with.",
    }
}

/// The number of a cell, and where it is in the sweep.
fn at(report: &Report, cell: &Cell) -> String {
    let value = tasks::leading(report, cell).unwrap_or_default();
    format!("{value} {}", report.at(&cell.point())).trim_end().to_owned()
}
