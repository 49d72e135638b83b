//! Decomposition: where the time of a round trip goes, from differences of views.
//!
//! Every view adds one thing to another, so what that thing costs is their difference: of the
//! means, because means of parts add up and medians do not, and round by round, so that what slows
//! a whole round down cancels out.

use std::collections::BTreeSet;

use sockscope_stats::between_runs::over_runs;
use sockscope_stats::comparison::Sides;
use sockscope_stats::{Estimate, estimate};

use super::series::{Paired, values_by_run};
use crate::model::{Cell, Decomposition, Part, Report, Statistic, View};

/// Each part with the view that has it, and the one that has everything but it.
const PARTS: [(Part, View, Option<View>); 4] = [
    (Part::Socket, View::Solo, None),
    (Part::Switch, View::SameCore, Some(View::Solo)),
    (Part::Cache, View::Spin, Some(View::Solo)),
    (Part::WakeUp, View::CrossCore, Some(View::Spin)),
];

/// The parts of every transport, engine and size whose views were measured. Servers that were already
/// running have none, and neither has what is more than one request under way: it overlaps.
pub(super) fn of(report: &Report) -> Vec<Decomposition> {
    if report.plan.is_attached() || report.plan.workload != "rr" {
        return Vec::new();
    }
    let mut seen = BTreeSet::new();
    let kinds: Vec<(&str, u64)> = single(report)
        .map(|cell| (cell.label.as_str(), cell.size))
        .filter(|kind| seen.insert(*kind))
        .collect();
    let parts_of = |kind| PARTS.iter().filter_map(move |part| one(report, kind, part));
    kinds.into_iter().flat_map(parts_of).collect()
}

/// The cells with one request under way.
fn single(report: &Report) -> impl Iterator<Item = &Cell> {
    report.originals().filter(|cell| cell.point().is_single())
}

fn one(
    report: &Report,
    (label, size): (&str, u64),
    (part, with, without): &(Part, View, Option<View>),
) -> Option<Decomposition> {
    let cell = |view: &View| -> Option<&Cell> {
        let mut cells = single(report);
        cells.find(|cell| cell.label == label && cell.size == size && cell.view == *view)
    };
    let of = cell(with)?;
    let estimate = match without {
        None => level(of)?,
        Some(without) => difference(of, cell(without)?)?,
    };
    let interval = estimate.interval;
    Some(Decomposition {
        transport: of.target().to_owned(),
        label: label.to_owned(),
        engine: Some(of.engine()),
        size,
        part: part.clone(),
        ns: rounded(estimate.value),
        lo: interval.map(|interval| rounded(interval.lo)),
        hi: interval.map(|interval| rounded(interval.hi)),
        resolved: interval.is_some_and(|interval| !interval.contains(0.0)),
    })
}

fn level(cell: &Cell) -> Option<Estimate> {
    let runs = values_by_run(cell, &Statistic::Mean)?;
    over_runs(&runs.iter().map(|run| estimate::centre(run)).collect::<Option<Vec<_>>>()?)
}

fn difference(with: &Cell, without: &Cell) -> Option<Estimate> {
    let pairs = Paired::new(with, without, &Statistic::Mean)?;
    let of_run = |sides: &Sides<'_>| estimate::difference(sides.baseline, sides.candidate);
    over_runs(&pairs.sides().iter().map(of_run).collect::<Option<Vec<_>>>()?)
}

#[expect(clippy::cast_possible_truncation, reason = "differences of times of at most 60 s")]
fn rounded(ns: f64) -> i64 {
    ns.round() as i64
}
