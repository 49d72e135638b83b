//! Table: the numbers of every cell, and how they compare.
//!
//! A row is a point of the sweep: a view, or under the name of a view whatever else varies. Two
//! short names fit side by side, the candidate before the baseline; anything else gets a row per
//! name. Comparisons stand behind the numbers where there is room for them, and else below.
//! Floors are set apart: they have no address, so that nobody can use them in place of a socket.

mod columns;
mod layout;
mod points;
mod sheet;

use super::page::Page;
use super::{footnotes, unavailable};
use crate::model::{Cell, Comparison, Report};
use columns::Column;
pub(super) use columns::{is_measured, lacks_percentile};
use points::PointColumn;
pub(super) use sheet::{empty, left, right};

/// How wide a name of what is compared may be, when each has a row of its own.
pub(super) const NAME_WIDTH_MIN: usize = 8;
/// What stands for a number that the samples do not support.
pub(super) const UNSUPPORTED: &str = "—";
/// What stands behind a comparison of means among those of another statistic.
pub(super) const BY_MEAN: &str = "*";
/// What stands behind a point of an open loop that is not valid.
pub(super) const INVALID: &str = "!";

pub(super) fn write(report: &Report, page: &mut Page) {
    if report.cells.is_empty() {
        unavailable::write(report, page);
        return;
    }
    let (floors, sockets): (Vec<&Cell>, Vec<&Cell>) =
        report.originals().partition(|cell| cell.is_floor());
    let (main, apart) = if sockets.is_empty() { (floors, sockets) } else { (sockets, floors) };
    page.line("");
    layout::write(&Section::of(report, main), page);
    if !apart.is_empty() {
        page.heading("Floors: no address, so that they show what lies below a socket");
        layout::write(&Section::of(report, apart), page);
    }
    footnotes::write(report, page);
    unavailable::write(report, page);
}

/// Cells that are shown together.
struct Section<'a> {
    report: &'a Report,
    cells: Vec<&'a Cell>,
    /// Of these cells, the baseline last.
    labels: Vec<&'a str>,
    points: Vec<PointColumn>,
    columns: Vec<Column>,
    /// Those whose candidate is one of these cells.
    comparisons: Vec<&'a Comparison>,
}

impl<'a> Section<'a> {
    fn of(report: &'a Report, cells: Vec<&'a Cell>) -> Self {
        let has = |label: &&str| cells.iter().any(|cell| cell.label == *label);
        let compared = |one: &&Comparison| cells.iter().any(|cell| cell.id == one.candidate_cell);
        let comparisons = report.leading_comparisons().into_iter().filter(compared);
        Self {
            labels: report.labels().into_iter().filter(has).collect(),
            points: points::of(report),
            columns: columns::of(report),
            comparisons: comparisons.collect(),
            cells,
            report,
        }
    }

    /// The rows: every view and point of it that some cell has, those of a view together. Views that
    /// the plan does not name come last.
    fn keys(&self) -> Vec<&'a Cell> {
        let mut keys: Vec<&Cell> = Vec::new();
        for cell in &self.cells {
            if !keys.iter().any(|key| same_row(key, cell)) {
                keys.push(cell);
            }
        }
        let planned =
            |cell: &&Cell| self.report.plan.views.iter().position(|one| *one == cell.view);
        keys.sort_by_key(|cell| (planned(cell).unwrap_or(usize::MAX), cell.view.clone()));
        keys
    }

    fn find(&self, key: &Cell, label: &str) -> Option<&'a Cell> {
        let mut cells = self.cells.iter();
        cells.find(|cell| same_row(cell, key) && cell.label == label).copied()
    }

    /// How a cell compares, with each cell that it is compared with.
    fn compared(&self, cell: &Cell) -> Vec<&'a Comparison> {
        let of_cell = |one: &&&Comparison| one.candidate_cell == cell.id;
        self.comparisons.iter().filter(of_cell).copied().collect()
    }

    /// Whether the name of a view stands above its rows, and not in them.
    fn has_headings(&self) -> bool {
        !self.points.is_empty()
    }
}

fn same_row(one: &Cell, other: &Cell) -> bool {
    one.view == other.view && one.point() == other.point()
}
