//! Compare: a comparison between runs for a person, 80 columns wide.

use super::page::{Page, shorten};
use crate::compare::model::{CellComparison, CellKey, CompareReport, Side};
use crate::escape::escape;
use crate::model::Verdict;
use crate::render::Style;
use crate::units;

/// How wide the name of a row may be.
const NAME_WIDTH: usize = 17;

/// The comparison in words and a table. Text that came from outside is escaped.
#[must_use]
pub fn compare_text(report: &CompareReport, style: &Style) -> String {
    let mut page = Page::new(*style);
    facts(report, &mut page);
    table(report, &mut page);
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
    page.paragraph(&format!("sockscope {}: did round trips change?", report.sockscope));
    page.item("before   ", &side(&report.before));
    page.item("after    ", &side(&report.after));
    if let Some(history) = &report.history {
        page.item("history  ", &side(history));
    }
}

fn table(report: &CompareReport, page: &mut Page) {
    page.line("");
    page.line(&row([
        "median (p50)",
        "before",
        "after",
        "change",
        "95 % interval",
        "floor",
        "verdict",
    ]));
    let keys: Vec<&CellKey> = report.gated().map(|one| &one.cell).collect();
    let mut labels: Vec<&str> = Vec::new();
    for key in &keys {
        if !labels.contains(&key.label.as_str()) {
            labels.push(&key.label);
        }
    }
    for label in labels {
        page.item("", label);
        for one in report.gated().filter(|one| one.cell.label == label) {
            page.line(&line(one, &keys, page.style()));
        }
    }
    page.aside("", "change: of the time of a round trip; + is slower");
}

fn line(one: &CellComparison, keys: &[&CellKey], style: &Style) -> String {
    let level = |levels: &[u64]| units::time(middle(levels));
    let interval = match (one.lo, one.hi) {
        (Some(lo), Some(hi)) => {
            let (least, most) = (hi.recip() - 1.0, lo.recip() - 1.0);
            format!("{} to {}", signed(least).trim_end_matches(" %"), signed(most))
        }
        _ => "—".to_owned(),
    };
    let text = row([
        &shorten(&escape(&name(&one.cell, keys)), NAME_WIDTH),
        &level(&one.before_ns),
        &level(&one.after_ns),
        &signed(one.slowdown()),
        &interval,
        &units::percent(one.noise_floor),
        "",
    ]);
    let (colour, reset) = match one.verdict {
        Verdict::Faster => (style.good, style.reset),
        Verdict::Slower => (style.bad, style.reset),
        _ => ("", ""),
    };
    format!("{text}{colour}{}{reset}", escape(one.verdict.as_str()))
}

fn row([name, before, after, change, interval, floor, verdict]: [&str; 7]) -> String {
    format!(
        "  {name:<NAME_WIDTH$} {before:>8} {after:>8} {change:>7} {interval:>16} {floor:>6} {verdict}"
    )
}

/// What tells a row from the others under its label.
fn name(key: &CellKey, keys: &[&CellKey]) -> String {
    let mut parts = vec![key.view.to_string()];
    let mut add = |differs: fn(&CellKey, &CellKey) -> bool, part: String| {
        if keys.iter().any(|other| differs(other, key)) {
            parts.push(part);
        }
    };
    add(|a, b| a.size != b.size, units::bytes(key.size));
    add(|a, b| a.service != b.service, key.service.clone());
    add(|a, b| a.connections != b.connections, format!("c{}", key.connections));
    add(|a, b| a.depth != b.depth, format!("d{}", key.depth));
    add(|a, b| a.client_engine != b.client_engine && a.view == b.view, key.client_engine.clone());
    parts.join(" ")
}

/// A relative difference with its sign: `+5.1 %`.
fn signed(share: f64) -> String {
    let sign = if share < 0.0 { "-" } else { "+" };
    format!("{sign}{}", units::percent(share.abs()))
}

fn middle(levels: &[u64]) -> f64 {
    let logs: f64 = levels.iter().map(|ns| (*ns as f64).ln()).sum();
    (logs / levels.len().max(1) as f64).exp()
}

fn in_short(report: &CompareReport, page: &mut Page) {
    page.heading("In short");
    let with = |verdict: &Verdict| -> Vec<&CellComparison> {
        report.gated().filter(|one| one.verdict == *verdict).collect()
    };
    let (slower, faster) = (with(&Verdict::Slower), with(&Verdict::Faster));
    for (verdict, cells) in [("Slower", &slower), ("Faster", &faster)] {
        let named = cells.iter().map(|one| {
            let (label, view) = (&one.cell.label, &one.cell.view);
            format!("{label} in {view} by {}", units::percent(one.slowdown().abs()))
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
