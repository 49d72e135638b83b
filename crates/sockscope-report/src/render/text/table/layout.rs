//! Layout: the first arrangement of a section that fits on the page.
//!
//! Side by side; below each other; below each other with the comparisons in a table of their own; a
//! list of lines, which always fits.

use unicode_width::UnicodeWidthStr as _;

use super::super::page::{Page, shorten};
use super::super::reading::{self, Reading};
use super::super::{WIDTH, phrases, tasks};
use super::sheet::{Align, Sheet};
use super::{BY_MEAN, NAME_WIDTH_MIN, Section, columns};
use crate::escape::escape;
use crate::model::{Cell, Comparison, Factor, Statistic};
use crate::render::Style;

/// How wide a name of what is compared is at most.
const NAME_WIDTH_MAX: usize = 40;
/// How wide a view or a value of the sweep may be.
const POINT_WIDTH: usize = 16;

pub(super) fn write(section: &Section<'_>, page: &mut Page) {
    let style = *page.style();
    // Measured without colour, which takes no room.
    let plain = Style::plain();
    let fits = |sheet: Sheet| sheet.lines().iter().all(|line| line.trim_end().width() <= WIDTH);
    let widest = |sheet: &dyn Fn(usize, &Style) -> Sheet| {
        (NAME_WIDTH_MIN..=NAME_WIDTH_MAX).rev().find(|width| fits(sheet(*width, &plain)))
    };
    let print = |page: &mut Page, sheet: Sheet| {
        sheet.lines().iter().for_each(|line| page.line(line));
    };
    if is_pair(section) && fits(wide(section, &plain)) {
        return print(page, wide(section, &style));
    }
    let baseline = &section.report.plan.baseline;
    let alone = section.comparisons.iter().all(|one| one.baseline == *baseline);
    let joined = |width: usize, style: &Style| long(section, width, Some(style));
    if let Some(width) = widest(&joined).filter(|_| alone) {
        return print(page, joined(width, &style));
    }
    let numbers = |width: usize, _: &Style| long(section, width, None);
    let compared = |width: usize, style: &Style| comparisons(section, width, style);
    let (Some(numbers_width), Some(compared_width)) = (widest(&numbers), widest(&compared)) else {
        return list(section, page);
    };
    print(page, numbers(numbers_width, &style));
    if !section.comparisons.is_empty() {
        page.line("");
        print(page, compared(compared_width, &style));
    }
}

/// Whether there are two sides with few numbers and one comparison, which fit beside each other.
fn is_pair(section: &Section<'_>) -> bool {
    let [_, baseline] = section.labels.as_slice() else { return false };
    let mut columns = section.columns.iter();
    let of_baseline = |one: &&Comparison| one.baseline == *baseline;
    let task = section.report.task();
    section.columns.len() <= 2
        && columns.all(|column| !column.header(task).contains('\n'))
        && section.comparisons.iter().all(of_baseline)
}

fn left(text: impl Into<String>) -> (String, Align) {
    (text.into(), Align::Left)
}

fn right(text: impl Into<String>) -> (String, Align) {
    (text.into(), Align::Right)
}

/// Side by side, the candidate before the baseline.
fn wide(section: &Section<'_>, style: &Style) -> Sheet {
    let task = section.report.task();
    let mut header = point_headers(section);
    for label in &section.labels {
        for (number, column) in section.columns.iter().enumerate() {
            let label = if number == 0 { escape(label) } else { String::new() };
            header.push(right(format!("{label}\n{}", column.header(task))));
        }
    }
    let names: Vec<String> = section.labels.iter().map(|label| escape(label)).collect();
    if let ([candidate, baseline], false) = (names.as_slice(), section.comparisons.is_empty()) {
        header.push(left(format!("{candidate} against {baseline},\nby {}", statistic(section))));
    }
    let mut sheet = Sheet::new(header, section.has_headings());
    rows(section, &mut sheet, |key, point| {
        let cells = || section.labels.iter().map(|label| section.find(key, label));
        let mut row = point;
        row.extend(cells().flat_map(|cell| columns::shown(&section.columns, cell)).map(right));
        row.push(left(
            cells().flatten().map(|cell| against(section, cell, style)).collect::<String>(),
        ));
        vec![row]
    });
    sheet
}

/// Below each other; with comparisons where there is a style for them.
fn long(section: &Section<'_>, name_width: usize, style: Option<&Style>) -> Sheet {
    let task = section.report.task();
    let mut header = point_headers(section);
    header.push(left(what(section)));
    header.extend(section.columns.iter().map(|column| right(column.header(task))));
    let style = style.filter(|_| !section.comparisons.is_empty());
    if style.is_some() {
        header.push(left(format!("against the baseline,\nby {}", statistic(section))));
    }
    let mut sheet = Sheet::new(header, section.has_headings());
    rows(section, &mut sheet, |key, point| {
        let cells = section.labels.iter().filter_map(|label| section.find(key, label));
        let of_cell = |(number, cell): (usize, &Cell)| {
            let mut row = if number == 0 { point.clone() } else { blank(&point) };
            row.push(left(shorten(&escape(&cell.label), name_width)));
            row.extend(columns::shown(&section.columns, Some(cell)).into_iter().map(right));
            row.extend(style.map(|style| left(in_row(section, cell, style))));
            row
        };
        cells.enumerate().map(of_cell).collect()
    });
    sheet
}

/// The comparisons alone, a row each.
fn comparisons(section: &Section<'_>, name_width: usize, style: &Style) -> Sheet {
    let mut header = point_headers(section);
    header.extend([
        left(what(section)),
        left("against"),
        left(format!("by {}", statistic(section))),
    ]);
    let mut sheet = Sheet::new(header, section.has_headings());
    let name = |label: &str| left(shorten(&escape(label), name_width));
    rows(section, &mut sheet, |key, point| {
        let cells = section.labels.iter().filter_map(|label| section.find(key, label));
        let all = cells.flat_map(|cell| section.compared(cell));
        let of_one = |(number, one): (usize, &Comparison)| {
            let mut row = if number == 0 { point.clone() } else { blank(&point) };
            row.extend([name(&one.candidate), name(&baseline_of(section, one))]);
            row.push(left(in_words(section, one, style)));
            row
        };
        all.enumerate().map(of_one).collect()
    });
    sheet
}

/// What a candidate is compared with, as far as it is not the same.
fn baseline_of(section: &Section<'_>, one: &Comparison) -> String {
    let report = section.report;
    let cell = report.cell(&one.baseline_cell);
    match cell.filter(|_| phrases::compared(report).iter().filter(|varies| **varies).count() > 1) {
        None => one.baseline.clone(),
        Some(cell) => match one.factor {
            Factor::Engine => cell.engine(),
            Factor::Nodelay => phrases::value(report, &one.factor, cell),
            _ => cell.target().to_owned(),
        },
    }
}

type Field = (String, Align);

/// Adds the rows that each key makes of its own columns, below the names of the views.
fn rows(
    section: &Section<'_>,
    sheet: &mut Sheet,
    of_key: impl Fn(&Cell, Vec<Field>) -> Vec<Vec<Field>>,
) {
    let mut view = None;
    for key in section.keys() {
        let name = || escape(key.view.as_str());
        let point = if section.has_headings() {
            let point = key.point();
            let value =
                |column: &super::PointColumn| right(shorten(&column.show(&point), POINT_WIDTH));
            section.points.iter().map(value).collect()
        } else {
            vec![left(shorten(&name(), POINT_WIDTH))]
        };
        let rows = of_key(key, point);
        if section.has_headings() && view != Some(&key.view) && !rows.is_empty() {
            sheet.heading(shorten(&name(), WIDTH));
            view = Some(&key.view);
        }
        for row in rows {
            sheet.row(row);
        }
    }
}

fn point_headers(section: &Section<'_>) -> Vec<Field> {
    if section.has_headings() {
        section.points.iter().map(|column| right(column.header())).collect()
    } else {
        vec![left("view")]
    }
}

/// A later row of the same point does not repeat it.
fn blank(point: &[Field]) -> Vec<Field> {
    point.iter().map(|(_, align)| (String::new(), *align)).collect()
}

/// What the names in a column are.
fn what(section: &Section<'_>) -> &'static str {
    phrases::compared_kind(section.report)
}

fn statistic(section: &Section<'_>) -> String {
    tasks::statistic(section.report.task(), &section.report.leading_statistic())
}

/// How a cell compares, where it is compared with one other.
fn against(section: &Section<'_>, cell: &Cell, style: &Style) -> String {
    let all = section.compared(cell);
    all.first().map_or(String::new(), |one| in_words(section, one, style))
}

fn in_row(section: &Section<'_>, cell: &Cell, style: &Style) -> String {
    if cell.label == section.report.plan.baseline {
        "baseline".to_owned()
    } else {
        against(section, cell, style)
    }
}

fn in_words(section: &Section<'_>, one: &Comparison, style: &Style) -> String {
    let words = reading::in_table(one);
    let colour = match Reading::of(one) {
        Reading::Faster => style.good,
        Reading::Slower => style.bad,
        Reading::Same => "",
        Reading::Hidden | Reading::Open => style.dim,
    };
    let reset = if colour.is_empty() { "" } else { style.reset };
    let by_mean =
        one.statistic == Statistic::Mean && one.statistic != section.report.leading_statistic();
    let mark = if by_mean { format!(" {BY_MEAN}") } else { String::new() };
    format!("{colour}{words}{reset}{mark}")
}

/// A line per cell, broken where it is too long: for what no table has room for.
fn list(section: &Section<'_>, page: &mut Page) {
    let task = section.report.task();
    for key in section.keys() {
        page.item("", &section.report.place(key));
        for cell in section.labels.iter().filter_map(|label| section.find(key, label)) {
            let shown = columns::shown(&section.columns, Some(cell));
            let numbers = section.columns.iter().zip(shown);
            let named = numbers.map(|(column, number)| {
                format!("{} {number}", column.header(task).replace('\n', " "))
            });
            let mut words: Vec<String> = named.collect();
            let compared = section.compared(cell);
            words.extend(compared.iter().map(|one| {
                format!("{} ({})", in_words(section, one, &Style::plain()), one.baseline)
            }));
            page.item("  ", &format!("{}: {}", cell.label, words.join(", ")));
        }
    }
}
