//! Cost: what an exchange takes besides time: processor time, switches, system calls, cycles, instructions.
//!
//! By default of the one view that the verdict speaks of first, so that the page stays short; on request of every view,
//! with everything that was counted.

mod counted;

use comfy_table::{Cell as Field, Row, Table};
use unicode_width::UnicodeWidthStr as _;

use super::page::{Page, shorten};
use super::table::{self, UNSUPPORTED};
use super::{WIDTH, verdict};
use crate::escape::escape;
use crate::model::{Cell, Report, View};
use crate::units;

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Extent {
    /// Only the main view, and of a long sweep only its beginning.
    Main,
    /// Every view, and every count.
    Every,
}

/// How many rows the short form has.
const ROWS_MAX: usize = 6;
/// How wide the name of a row may be.
const NAME_WIDTH: usize = 40;

pub(super) fn write(report: &Report, extent: Extent, page: &mut Page) {
    let cells = cells(report, extent);
    if cells.is_empty() {
        return;
    }
    let shown = if extent == Extent::Main { &cells[..cells.len().min(ROWS_MAX)] } else { &cells };
    let views = distinct(shown.iter().map(|cell| &cell.view));
    let place = match views.as_slice() {
        [view] => format!(" ({})", escape(view.as_str())),
        _ => String::new(),
    };
    page.heading(&format!("What {} costs{place}", operation(&cells[0].workload)));
    let naming = Naming { report, with_view: views.len() > 1 };
    for line in fitting(|width| usage(&naming, shown, width)).lines() {
        page.line(&line);
    }
    if shown.len() < cells.len() {
        page.aside("  ", &format!("and {} more: --cost shows all", cells.len() - shown.len()));
    }
    if shown.iter().any(|cell| cell.view == View::Solo) {
        page.aside("  ", "in solo one thread is both ends, shown as the client");
    }
    counted::write(&naming, shown, extent, page);
}

/// The cells that are shown, and of which anything is known.
fn cells(report: &Report, extent: Extent) -> Vec<&Cell> {
    let known = |cell: &&Cell| cell.cpu_ns_per_op.client.is_some() && cell.workload != "stream";
    let in_view =
        |view: &View| report.originals().filter(known).any(move |cell| cell.view == *view);
    let main = verdict::MAIN.iter().find(|view| in_view(view));
    let labels = report.labels();
    let mut cells: Vec<&Cell> = report
        .originals()
        .filter(known)
        .filter(|cell| extent == Extent::Every || main.is_none_or(|view| cell.view == *view))
        .collect();
    let views = &report.plan.views;
    cells.sort_by_key(|cell| {
        let view = views.iter().position(|view| *view == cell.view).unwrap_or(usize::MAX);
        (view, labels.iter().position(|label| *label == cell.label))
    });
    cells
}

fn operation(workload: &str) -> &'static str {
    if workload == "connect" { "a connection" } else { "an exchange" }
}

/// What rows are called.
struct Naming<'a> {
    report: &'a Report,
    with_view: bool,
}

impl Naming<'_> {
    /// What tells a cell from the others that are shown.
    fn name(&self, cell: &Cell) -> String {
        let name = format!("{} {}", escape(&cell.label), self.report.at(&cell.point()));
        name.trim_end().to_owned()
    }

    /// The first fields of each row; only the first row of a view carries its name.
    fn fields(&self, cells: &[&Cell], index: usize, width: usize) -> Vec<Field> {
        let cell = cells[index];
        let repeats = index > 0 && cells[index - 1].view == cell.view;
        let view = if repeats { String::new() } else { escape(cell.view.as_str()) };
        let name = table::left(shorten(&self.name(cell), width));
        self.with_view.then(|| table::left(view)).into_iter().chain([name]).collect()
    }

    /// The heads of these fields.
    fn heads(&self) -> Vec<Field> {
        let empty = || table::left("\n".to_owned());
        if self.with_view { vec![table::left("\nview".to_owned()), empty()] } else { vec![empty()] }
    }
}

/// What both ends used of the machine.
fn usage(naming: &Naming<'_>, cells: &[&Cell], name_width: usize) -> Table {
    let mut header = naming.heads();
    let heads = [
        "CPU of\nclient",
        "CPU of\nserver",
        "switches\nof both",
        "system calls\nof client",
        "system calls\nof server",
    ];
    header.extend(heads.map(|head| table::right(head.to_owned())));
    let mut table = table::empty(header);
    for (index, cell) in cells.iter().enumerate() {
        let mut row = naming.fields(cells, index, name_width);
        let switches = cell.switches_per_op;
        let switches = switches.voluntary.zip(switches.involuntary).map(|(one, other)| one + other);
        let of_server = |text: String| if cell.view == View::Solo { String::new() } else { text };
        row.extend(
            [
                time(cell.cpu_ns_per_op.client),
                of_server(time(cell.cpu_ns_per_op.server)),
                count(switches),
                count(cell.syscalls_per_op.client),
                of_server(count(cell.syscalls_per_op.server)),
            ]
            .map(table::right),
        );
        table.add_row(Row::from(row));
    }
    table
}

/// The table with names as long as there is room.
fn fitting(table: impl Fn(usize) -> Table) -> Table {
    let fits = |width: &usize| table(*width).lines().all(|line| line.trim_end().width() <= WIDTH);
    table((table::NAME_WIDTH_MIN..=NAME_WIDTH).rev().find(fits).unwrap_or(table::NAME_WIDTH_MIN))
}

fn time(ns: Option<f64>) -> String {
    ns.map_or(UNSUPPORTED.to_owned(), units::time)
}

fn count(count: Option<f64>) -> String {
    count.map_or(UNSUPPORTED.to_owned(), units::count)
}

fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut distinct = Vec::new();
    for one in all {
        if !distinct.contains(&one) {
            distinct.push(one);
        }
    }
    distinct
}
