//! Table: a row per view, with the times of each side and how they compare.
//!
//! Two short names fit side by side, the candidate before the baseline; anything else gets a row
//! per name.

use comfy_table::{Cell as Field, CellAlignment, ContentArrangement, Row, Table, presets};
use unicode_width::UnicodeWidthStr as _;

use super::page::{Page, shorten};
use super::reading::{self, Reading};
use super::{WIDTH, footnotes, phrases};
use crate::escape::escape;
use crate::model::{Cell, Report, Statistic, View};
use crate::render::Style;
use crate::units;

/// How wide a name of what is compared may be when each has a row of its own.
pub(super) const NAME_WIDTH_MIN: usize = 8;
const NAME_WIDTH_MAX: usize = 40;
/// How wide the name of a row may be.
const ROW_WIDTH: usize = 16;
/// What stands for a percentile that the samples do not support.
pub(super) const UNSUPPORTED: &str = "—";
/// What stands behind a comparison of means among those of medians.
pub(super) const BY_MEAN: &str = "*";

pub(super) fn write(report: &Report, page: &mut Page) {
    if report.cells.is_empty() {
        footnotes::unavailable(report, page);
        return;
    }
    page.line("");
    for line in fitting(report, page.style()).lines() {
        page.line(&line);
    }
    footnotes::write(report, page);
    footnotes::unavailable(report, page);
}

/// One row of the table: what all its cells have in common.
pub(super) type Key = (View, u64);

/// The rows, in the order of the plan; views that the plan does not name come last.
pub(super) fn keys(report: &Report) -> Vec<Key> {
    let mut keys: Vec<Key> = Vec::new();
    for cell in report.originals() {
        let key = (cell.view.clone(), cell.size);
        if !keys.contains(&key) {
            keys.push(key);
        }
    }
    let planned = |view: &View| report.plan.views.iter().position(|one| one == view);
    keys.sort_by_key(|(view, _)| planned(view).unwrap_or(usize::MAX));
    keys
}

fn find<'a>(report: &'a Report, (view, size): &Key, label: &str) -> Option<&'a Cell> {
    let mut cells = report.originals();
    cells.find(|cell| cell.view == *view && cell.size == *size && cell.label == label)
}

fn wide(report: &Report, style: &Style) -> Table {
    let labels = report.labels();
    let leading = report.leading_statistic();
    let mut header = vec![left("\nview".to_owned())];
    for label in &labels {
        header.push(right(format!("{}\n{leading}", escape(label))));
        header.push(right("\np99".to_owned()));
    }
    let baseline = escape(&report.plan.baseline);
    header.push(left(match labels.as_slice() {
        [candidate, _] => format!("{} against {baseline},\nby {leading}", escape(candidate)),
        _ => String::new(),
    }));
    let mut table = empty(header);
    for key in keys(report) {
        let mut row = vec![left(phrases::row(report, &key.0, key.1))];
        row.extend(labels.iter().flat_map(|label| times(report, find(report, &key, label))));
        row.push(left(match labels.as_slice() {
            [candidate, _] => compared(report, find(report, &key, candidate), style),
            _ => String::new(),
        }));
        table.add_row(Row::from(row));
    }
    table
}

/// The first layout that is narrow enough: side by side, else below each other with names as long
/// as there is room.
fn fitting(report: &Report, style: &Style) -> Table {
    // Measured without colour, which takes no room.
    let fits = |table: Table| table.lines().all(|line| line.trim_end().width() <= WIDTH);
    if fits(wide(report, &Style::plain())) {
        return wide(report, style);
    }
    let room = (NAME_WIDTH_MIN..=NAME_WIDTH_MAX).rev();
    let name_width = room.into_iter().find(|width| fits(long(report, *width, &Style::plain())));
    long(report, name_width.unwrap_or(NAME_WIDTH_MIN), style)
}

fn long(report: &Report, name_width: usize, style: &Style) -> Table {
    let labels = report.labels();
    let leading = report.leading_statistic();
    let name = if report.plan.is_attached() { "server" } else { "transport" };
    let mut table = empty(vec![
        left("view".to_owned()),
        left(name.to_owned()),
        right(leading.to_string()),
        right("p99".to_owned()),
        left(format!("against the baseline, {leading}")),
    ]);
    for key in keys(report) {
        // Only the first line of a view carries its name.
        let mut view = shorten(&phrases::row(report, &key.0, key.1), ROW_WIDTH);
        for label in &labels {
            let Some(cell) = find(report, &key, label) else { continue };
            let first = std::mem::take(&mut view);
            let mut row = vec![left(first), left(shorten(&escape(label), name_width))];
            row.extend(times(report, Some(cell)));
            row.push(left(compared(report, Some(cell), style)));
            table.add_row(Row::from(row));
        }
    }
    table
}

pub(super) fn empty(header: Vec<Field>) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(Row::from(header));
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    table
}

pub(super) fn left(text: String) -> Field {
    Field::new(text).set_alignment(CellAlignment::Left)
}

pub(super) fn right(text: String) -> Field {
    Field::new(text).set_alignment(CellAlignment::Right)
}

/// The leading statistic and the 99th percentile of a cell.
fn times(report: &Report, cell: Option<&Cell>) -> [Field; 2] {
    let Some(cell) = cell else {
        return [right(String::new()), right(String::new())];
    };
    let Some(rtt) = cell.rtt_ns else {
        let failed = if cell.error.is_some() { "failed" } else { UNSUPPORTED };
        return [right(failed.to_owned()), right(String::new())];
    };
    let shown = |ns: Option<u64>| ns.map_or(UNSUPPORTED.to_owned(), |ns| units::time(ns as f64));
    let leading = match report.leading_statistic() {
        Statistic::Mean => Some(rtt.mean),
        _ => rtt.p50,
    };
    [right(shown(leading)), right(shown(rtt.p99))]
}

/// How a cell compares with its baseline.
fn compared(report: &Report, cell: Option<&Cell>, style: &Style) -> String {
    let Some(cell) = cell else { return String::new() };
    if cell.label == report.plan.baseline {
        return "baseline".to_owned();
    }
    let comparison = report.leading_comparisons().find(|one| one.candidate_cell == cell.id);
    let Some(comparison) = comparison else { return String::new() };
    let words = reading::in_table(comparison);
    let colour = match Reading::of(comparison) {
        Reading::Faster => style.good,
        Reading::Slower => style.bad,
        Reading::Same => "",
        Reading::Hidden | Reading::Open => style.dim,
    };
    let reset = if colour.is_empty() { "" } else { style.reset };
    let by_mean = comparison.statistic != report.leading_statistic();
    let mark = if by_mean { format!(" {BY_MEAN}") } else { String::new() };
    format!("{colour}{words}{reset}{mark}")
}
