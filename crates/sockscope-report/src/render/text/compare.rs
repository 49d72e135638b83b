//! Compare: a comparison between runs for a person, 80 columns wide.

mod names;
mod table;

use super::page::Page;
use crate::compare::model::{CellComparison, CompareReport, Side, Unit};
use crate::model::Verdict;
use crate::render::Style;
use crate::units;
use names::Names;

/// The comparison in words and a table. Text that came from outside is escaped.
#[must_use]
pub fn compare_text(report: &CompareReport, style: &Style) -> String {
    let mut page = Page::new(*style);
    facts(report, &mut page);
    table::write(report, &mut page);
    in_short(report, &mut page);
    if !report.left_out.is_empty() {
        page.heading("Left out");
        for one in &report.left_out {
            page.item("  - ", &format!("{}: {}", one.what, one.reason));
        }
    }
    if !report.caveats.is_empty() {
        page.heading("Before you trust it");
        for caveat in &report.caveats {
            page.item("  - ", &format!("{} {}", caveat.text, caveat.advice));
        }
    }
    page.finish()
}

fn facts(report: &CompareReport, page: &mut Page) {
    let side = |side: &Side| {
        let runs = if side.runs == 1 { "1 run" } else { &format!("{} runs", side.runs) };
        format!("{runs}: {}", side.files.join(", "))
    };
    page.paragraph(&format!("sockscope {}: did {} change?", report.sockscope, subject(report)));
    page.item("before   ", &side(&report.before));
    page.item("after    ", &side(&report.after));
    if let Some(history) = &report.history {
        page.item("history  ", &side(history));
    }
}

/// What all cells are about.
fn subject(report: &CompareReport) -> &'static str {
    let mut workloads: Vec<&str> =
        report.comparisons.iter().map(|one| one.cell.workload.as_str()).collect();
    workloads.dedup();
    match workloads.as_slice() {
        ["rr"] => "round trips",
        ["open"] => "latencies on a schedule",
        ["stream"] => "throughput",
        ["connect"] => "connecting",
        _ => "anything",
    }
}

fn in_short(report: &CompareReport, page: &mut Page) {
    page.heading("In short");
    let names = Names::of(report);
    let with = |verdict: &Verdict| -> Vec<&CellComparison> {
        report.gated().filter(|one| one.verdict == *verdict).collect()
    };
    let (slower, faster) = (with(&Verdict::Slower), with(&Verdict::Faster));
    for (verdict, cells) in [("Slower", &slower), ("Faster", &faster)] {
        let named = cells.iter().map(|one| {
            let by = units::percent(one.slowdown().abs());
            format!("{} by {by}", names.sentence(&one.cell))
        });
        if !cells.is_empty() {
            page.item("  ", &format!("{verdict}: {}.", named.collect::<Vec<_>>().join(", ")));
        }
    }
    let rest = [
        (with(&Verdict::Same).len(), "the same within the floor"),
        (with(&Verdict::Unresolved).len(), "not resolved: the runs do not tell"),
    ];
    let none = slower.is_empty() && faster.is_empty();
    let mut words = if none { vec!["No cell is faster or slower".to_owned()] } else { Vec::new() };
    let counted = rest.iter().filter(|(count, _)| *count > 0);
    words.extend(counted.map(|(count, what)| match count {
        1 => format!("1 cell is {what}"),
        _ => format!("{count} cells are {what}"),
    }));
    if !words.is_empty() {
        page.item("  ", &format!("{}.", words.join("; ")));
    }
}
