//! Table: every gated cell before and after, the cells of one name together.

use super::super::page::{Page, shorten};
use super::{CellComparison, CompareReport, Names, Style, Unit, Verdict, units};
use crate::escape::escape;

/// How wide the name of a row may be.
const NAME_WIDTH: usize = 17;

pub(super) fn write(report: &CompareReport, page: &mut Page) {
    let names = Names::of(report);
    page.line("");
    page.line(&row([
        what(report),
        "before",
        "after",
        "change",
        "95 % interval",
        "floor",
        "verdict",
    ]));
    let mut headings: Vec<String> = Vec::new();
    for one in report.gated() {
        let heading = names.heading(&one.cell);
        if !headings.contains(&heading) {
            headings.push(heading);
        }
    }
    for heading in headings {
        page.item("", &heading);
        for one in report.gated().filter(|one| names.heading(&one.cell) == heading) {
            page.line(&line(one, &names.row(&one.cell), page.style()));
        }
    }
    if let Some(legend) = names.legend() {
        page.aside("", &legend);
    }
    let has = |unit: &Unit| report.gated().any(|one| one.unit == *unit);
    if has(&Unit::Nanoseconds) {
        page.aside("", "change: of the median time; + is slower");
    }
    if has(&Unit::BytesPerSecond) {
        page.aside("", "change: of the bytes a second; - is slower");
    }
}

/// What the numbers are.
fn what(report: &CompareReport) -> &'static str {
    let all = |unit: &Unit| report.gated().all(|one| one.unit == *unit);
    if all(&Unit::Nanoseconds) {
        "median (p50)"
    } else if all(&Unit::BytesPerSecond) {
        "throughput, B/s"
    } else {
        ""
    }
}

fn line(one: &CellComparison, name: &str, style: &Style) -> String {
    let interval = match (one.lo, one.hi) {
        (Some(lo), Some(hi)) => {
            let mut ends = [lo, hi].map(|ratio| change(one, ratio));
            ends.sort_by(f64::total_cmp);
            let [least, most] = ends.map(signed);
            format!("{} to {most}", least.trim_end_matches(" %"))
        }
        _ => "—".to_owned(),
    };
    let text = row([
        &shorten(&escape(name), NAME_WIDTH),
        &level(one, &one.before, &one.before_ns),
        &level(one, &one.after, &one.after_ns),
        &signed(change(one, one.ratio)),
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

/// By how much the number itself changed, given a ratio above 1 where the later one is better.
fn change(one: &CellComparison, ratio: f64) -> f64 {
    if one.unit == Unit::Nanoseconds { ratio.recip() - 1.0 } else { ratio - 1.0 }
}

/// The middle of a side's levels.
fn level(one: &CellComparison, levels: &[f64], ns: &[u64]) -> String {
    // Written by a version that had only times.
    let of_times: Vec<f64> = ns.iter().map(|ns| *ns as f64).collect();
    let levels = if levels.is_empty() { &of_times } else { levels };
    let logs: f64 = levels.iter().map(|level| level.ln()).sum();
    let middle = (logs / levels.len().max(1) as f64).exp();
    match one.unit {
        Unit::BytesPerSecond => units::throughput(middle).replace("B/s", ""),
        Unit::PerSecond => units::amount(middle),
        _ => units::time(middle),
    }
}

/// A relative difference with its sign: `+5.1 %`.
fn signed(share: f64) -> String {
    let sign = if share < 0.0 { "-" } else { "+" };
    format!("{sign}{}", units::percent(share.abs()))
}
