//! Parts: where the time of a round trip goes, as bars.

use unicode_width::UnicodeWidthStr as _;

use super::page::{Page, shorten};
use super::phrases;
use crate::escape::escape;
use crate::model::{Cell, Decomposition, Part, Report, Task, View};
use crate::units;

/// The longest bar, in columns.
const BAR_WIDTH: usize = 32;
/// A column in eighths.
const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

pub(super) fn write(report: &Report, page: &mut Page) {
    if report.decomposition.is_empty() {
        return;
    }
    page.heading(match report.task() {
        Task::ManyRoundTrips => "Where the time goes (mean of a round trip, one at a time)",
        _ => "Where the time goes (mean of a round trip)",
    });
    let shown = ordered(report);
    let costs = shown.iter().filter(|part| is_drawn(part));
    let longest = costs.map(|part| part.ns).max().unwrap_or(0);
    let width = name_width(report, &shown);
    let mut before = None;
    for part in &shown {
        let kind = (part.label(), part.size);
        let name = if before == Some(kind) { String::new() } else { name(report, part) };
        let name = shorten(&name, width);
        let room = " ".repeat(width - name.width());
        page.line(&format!("  {name}{room}  {}", row(part, longest)));
        before = Some(kind);
    }
    if sizes(report).len() > 2 {
        page.line("");
        page.aside(
            "  ",
            "of the first and the last size; those of the others are in the JSON result",
        );
    }
    legend(report, page);
    dominated(report, page);
}

/// The parts in the order of the table, the baseline last. Of many sizes, the first and the last.
fn ordered(report: &Report) -> Vec<&Decomposition> {
    let labels = report.labels();
    let sizes = sizes(report);
    let ends = [sizes.first(), sizes.last()];
    let of_end = |part: &&Decomposition| ends.contains(&Some(&part.size));
    let mut parts: Vec<&Decomposition> = report.decomposition.iter().filter(of_end).collect();
    parts.sort_by_key(|part| labels.iter().position(|label| *label == part.label()));
    parts
}

/// The sizes that were taken apart, in the order of the cells.
fn sizes(report: &Report) -> Vec<u64> {
    let mut sizes: Vec<u64> = Vec::new();
    for part in &report.decomposition {
        if !sizes.contains(&part.size) {
            sizes.push(part.size);
        }
    }
    sizes
}

/// How wide the names are: as the longest, within bounds.
fn name_width(report: &Report, parts: &[&Decomposition]) -> usize {
    const BOUNDS: [usize; 2] = [11, 18];
    let widest = parts.iter().map(|part| name(report, part).width()).max();
    widest.unwrap_or(0).clamp(BOUNDS[0], BOUNDS[1])
}

fn name(report: &Report, part: &Decomposition) -> String {
    let label = escape(part.label());
    if sizes(report).len() > 1 { format!("{label} {}", units::bytes(part.size)) } else { label }
}

fn row(part: &Decomposition, longest: i64) -> String {
    let name = shorten(&escape(part.part.as_str()), 8);
    if is_drawn(part) {
        let bar = bar(part.ns, longest);
        return format!("{name:<8} {bar:<BAR_WIDTH$} {}", amount(part));
    }
    let why = match part.lo {
        None => "not resolved (too few rounds)",
        Some(_) if part.resolved => "too uncertain for a bar",
        Some(_) => "not resolved (could be nothing)",
    };
    format!("{name:<8} {why}: {}", amount(part))
}

/// Whether a bar would tell the truth: not when the cost could as well be twice what it is.
fn is_drawn(part: &Decomposition) -> bool {
    part.resolved && distance(part).is_some_and(|distance| distance <= part.ns.unsigned_abs())
}

/// From the cost to the farther end of its interval.
fn distance(part: &Decomposition) -> Option<u64> {
    Some(part.hi?.abs_diff(part.ns).max(part.lo?.abs_diff(part.ns)))
}

/// The cost with the distance of the farther end of its interval.
fn amount(part: &Decomposition) -> String {
    match distance(part) {
        Some(distance) => units::time_within(part.ns as f64, distance as f64),
        None => units::time(part.ns as f64),
    }
}

/// A bar to the eighth of a column; a gain has none.
fn bar(ns: i64, longest: i64) -> String {
    if ns <= 0 || longest <= 0 {
        return String::new();
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 256")]
    let eighths = (ns as f64 / longest as f64 * (BAR_WIDTH * 8) as f64).round() as usize;
    // Something that was resolved is never shown as nothing.
    let eighths = eighths.max(1);
    "█".repeat(eighths / 8) + EIGHTHS[eighths % 8]
}

fn legend(report: &Report, page: &mut Page) {
    page.line("");
    let mut shown: Vec<&Part> = Vec::new();
    for Decomposition { part, .. } in &report.decomposition {
        if !shown.contains(&part) {
            shown.push(part);
            if let Some(text) = phrases::part(report, part) {
                page.aside(&format!("  {part:<9}"), text);
            }
        }
    }
}

/// Says where a few stalls of milliseconds, and not what is usual, made the means of the parts.
fn dominated(report: &Report, page: &mut Page) {
    const NAMED: usize = 4;
    const VIEWS: [View; 4] = [View::Solo, View::SameCore, View::Spin, View::CrossCore];
    let of_few = |cell: &&Cell| {
        let taken_apart = VIEWS.contains(&cell.view) && cell.point().is_single();
        taken_apart && cell.rtt_ns.is_some_and(|rtt| rtt.few_dominate_mean())
    };
    let mut cells: Vec<String> = report
        .originals()
        .filter(of_few)
        .map(|cell| format!("{} ({})", report.place(cell), cell.label))
        .collect();
    if cells.len() > NAMED {
        let more = cells.split_off(NAMED).len();
        cells.push(format!("and {more} more"));
    }
    if !cells.is_empty() {
        let cells = cells.join(", ");
        page.line("");
        page.item(
            "  ",
            &format!(
                "A few very slow round trips dominate the mean of {cells}: \
                 the parts made of it are not what a usual round trip costs."
            ),
        );
    }
}
