//! Verdict: one to three plain sentences that follow from the numbers, and what to do.
//!
//! Every sentence is a function of verdicts and intervals and says no more than these: "faster"
//! only where a comparison says so, "but only" only where two intervals do not overlap, a cause
//! only where it was resolved.

mod advice;
mod claim;

use claim::Claim;

use super::page::Page;
use super::phrases;
use super::reading::Reading;
use crate::model::{Cell, Comparison, Decomposition, Part, Report, Statistic, View};
use crate::units;

/// Which view stands for "this machine": those that show the socket and not the scheduler come
/// first.
const MAIN: [View; 6] =
    [View::SameCore, View::ClientPinned, View::Spin, View::Solo, View::Free, View::CrossCore];
/// Which view is set against it: the one that costs most first.
const CONTRAST: [View; 3] = [View::CrossCore, View::Free, View::SameCore];

pub(super) fn write(report: &Report, page: &mut Page) {
    page.heading("In short");
    page.paragraph(&sentences(report).join(" "));
}

fn sentences(report: &Report) -> Vec<String> {
    let facing = facing(report);
    if facing.is_empty() {
        return vec![alone(report)];
    }
    let mut sentences: Vec<String> = facing.iter().map(|facing| claim::of(facing)).collect();
    let first = &facing[0];
    let Comparison { candidate, baseline, .. } = first.main.comparison;
    let wake_up = WakeUp::find(report, [candidate, baseline]);
    sentences.extend(wake_up.as_ref().and_then(WakeUp::sentence));
    sentences.push(advice::of(report, &facing, wake_up.as_ref()));
    sentences
}

/// A candidate's comparisons that a sentence is made of.
struct Facing<'a> {
    main: Claim<'a>,
    contrast: Option<Claim<'a>>,
}

/// For each candidate the comparison that matters most, and one that is set against it.
fn facing(report: &Report) -> Vec<Facing<'_>> {
    let statistic = report.leading_statistic();
    let size = report.cells.first().map(|cell| cell.size);
    let relevant = report.comparisons.iter().filter(|one| one.statistic == statistic);
    let claims: Vec<Claim<'_>> = relevant
        .filter(|one| Some(one.size) == size)
        .map(|one| Claim { comparison: one, reading: Reading::of(one, report.plan.margin) })
        .collect();
    let of_label = |label: &str| {
        let own = claims.iter().filter(|claim| claim.comparison.candidate == label).copied();
        let in_view = |view: &View| own.clone().find(|claim| claim.comparison.view == *view);
        let mut ranked = MAIN.iter().filter_map(in_view).chain(own.clone());
        let main = ranked.clone().find(|claim| claim.reading.tells()).or_else(|| ranked.next())?;
        let mut others = CONTRAST.iter().filter(|view| **view != main.comparison.view);
        Some(Facing { main, contrast: others.find_map(in_view) })
    };
    report.labels().into_iter().filter_map(of_label).collect()
}

/// What there is to say without a comparison.
fn alone(report: &Report) -> String {
    let statistic = report.leading_statistic();
    let value = |cell: &Cell| match statistic {
        Statistic::Mean => cell.rtt_ns.map(|rtt| rtt.mean),
        _ => cell.rtt_ns.and_then(|rtt| rtt.p50),
    };
    let of_view =
        |view: &View| report.originals().find(|cell| cell.view == *view && value(cell).is_some());
    let mut ranked = MAIN.iter().filter_map(of_view);
    let other = || report.originals().find(|cell| value(cell).is_some());
    let Some((cell, ns)) = ranked.next().or_else(other).and_then(|cell| Some((cell, value(cell)?)))
    else {
        return "Nothing was measured, so nothing can be said.".to_owned();
    };
    let name = phrases::name(&cell.label);
    let kind = if statistic == Statistic::Mean { "on average" } else { "in the median" };
    let time = units::time(ns as f64);
    format!(
        "A round trip over {name} takes {time} {kind} {}. \
         Nothing else was measured to compare it with.",
        phrases::when(&cell.view)
    )
}

/// What waking an idle CPU costs over one transport, next to its socket.
struct WakeUp<'a> {
    label: &'a str,
    cost: &'a Decomposition,
    socket: Option<&'a Decomposition>,
}

impl<'a> WakeUp<'a> {
    /// Of the first label that has it resolved, and positive.
    fn find(report: &'a Report, labels: [&'a str; 2]) -> Option<Self> {
        let part = |label: &str, part: Part| {
            let mut parts = report.decomposition.iter();
            parts.find(|one| {
                one.transport == label && one.part == part && one.resolved && one.ns > 0
            })
        };
        labels.into_iter().find_map(|label| {
            Some(Self {
                label,
                cost: part(label, Part::WakeUp)?,
                socket: part(label, Part::Socket),
            })
        })
    }

    /// The cost and how many times the socket's it is; `None` when it is less than that.
    fn sentence(&self) -> Option<String> {
        let socket = self.socket?;
        let times = self.cost.ns as f64 / socket.ns as f64;
        let times = match times {
            ..1.5 => return None,
            ..9.95 => format!("{times:.1}"),
            _ => format!("{times:.0}"),
        };
        Some(format!(
            "Waking idle CPUs costs {}{} of each round trip over {}, \
             {times} times the socket itself ({}).",
            if self.is_rough() { "roughly " } else { "" },
            units::time(self.cost.ns as f64),
            phrases::name(self.label),
            units::time(socket.ns as f64)
        ))
    }

    /// Whether the interval is wider than the digits of the estimate suggest.
    fn is_rough(&self) -> bool {
        const SHARE: f64 = 0.2;
        let below = self.cost.ns.abs_diff(self.cost.lo.unwrap_or(0));
        let above = self.cost.hi.unwrap_or(i64::MAX).abs_diff(self.cost.ns);
        below.max(above) as f64 > SHARE * self.cost.ns as f64
    }
}
