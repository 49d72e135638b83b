//! Floors: what lies below the sockets, said as such and never as advice.

use super::super::tasks;
use super::MAIN;
use crate::model::{Cell, Report, View};

pub(super) fn of(report: &Report) -> Option<String> {
    let floors: Vec<(&Cell, String)> = report
        .originals()
        .filter(|cell| cell.is_floor())
        .filter_map(|cell| Some((cell, tasks::level(report, cell)?)))
        .collect();
    let (anywhere, _) = floors.first()?;
    if report.originals().all(Cell::is_floor) {
        return Some(
            "These are floors: without an address, they say what lies below a socket and cannot \
             take its place."
                .to_owned(),
        );
    }
    let in_view =
        |view: &View| floors.iter().map(|(cell, _)| *cell).find(|cell| cell.view == *view);
    let first = MAIN.iter().find_map(in_view).unwrap_or(anywhere);
    let beside = floors.iter().filter(|(cell, _)| cell.shares_point(first));
    let named: Vec<String> =
        beside.map(|(cell, value)| format!("{} {value}", cell.label)).collect();
    let place = report.place(first);
    let statistic = tasks::statistic(report.task(), &report.leading_statistic());
    Some(format!(
        "Below the sockets lie the floors, in {place}, by {statistic}: {}. They have no address and cannot take a \
         socket's place.",
        named.join(", ")
    ))
}
